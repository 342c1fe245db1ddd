"""From the words of a command line to an exit code: one code a kind of error, and no stack trace for its user."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Sequence
from copy import copy

import typer

from waterplan.base.errors import INTERRUPTED, WaterplanError
from waterplan.base.messages import LANGUAGES, Message, in_language, usual_language
from waterplan.base.plain_files import words_of
from waterplan.cli.app import app
from waterplan.cli.output import BROKEN_PIPE, USAGE, error_content, error_text, tell_json
from waterplan.cli.usage import UsageProblem, usage_line, usage_message

UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code: 0 good, 1 a crash (it is raised), otherwise as errors.py says."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if sys.stdout is None:
        return _lost(Message("commands.output_closed"), words)
    try:
        return _told(words)
    except BrokenPipeError:
        _silence()
        return BROKEN_PIPE
    except OSError as error:
        if error.filename is not None or error.errno not in UNWRITABLE:  # not the output: a crash
            raise
        _silence()
        return _lost(Message("commands.output_lost", reason=words_of(error)), words)


def _silence() -> None:
    """Leads the output nowhere, so that nothing fails when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _lost(message: Message, words: list[str]) -> int:
    """Tells that the output cannot be written."""
    with contextlib.suppress(OSError):
        typer.echo(message.text(_language(words)), err=True)
    return WaterplanError.exit_code


def _told(words: list[str]) -> int:
    """Runs, and tells what went wrong in words or as an object."""
    as_json, language = "--json" in words, _language(words)
    try:
        return _run(words)
    except UsageProblem as error:
        return _usage(error, words)
    except WaterplanError as error:
        if as_json:
            tell_json(error_content(error, language))
        else:
            typer.echo(error_text(error, language), err=True)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        with contextlib.suppress(OSError):
            typer.echo(Message("commands.interrupted").text(language), err=True)
        return INTERRUPTED


def _run(words: list[str]) -> int:
    """Runs without the wrapper of typer, which would choose exit codes of its own."""
    try:
        command, language = typer.main.get_command(_app_of(words)), _language(words)
        defaults = _defaults(command, language)
        with command.make_context("waterplan", list(words), obj=language, default_map=defaults) as context:
            context.command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as finished:
        return finished.exit_code
    return 0


def _defaults(command: object, language: str) -> dict[str, object]:
    """The language, for a command and those below it: it may be given before them too."""
    below = getattr(command, "commands", {}).items()
    return {"language": language, **{name: _defaults(one, language) for name, one in below}}


def _app_of(words: list[str]) -> typer.Typer:
    """The commands with none but the one that is asked for, if one is: to prepare the options of all takes long."""
    asked = [one for one in app.registered_commands if one.callback and words[:1] == [one.callback.__name__]]
    if not asked:
        return app
    alone = copy(app)
    alone.registered_commands, alone.registered_groups = asked, []
    return alone


def _usage(error: Exception, words: list[str]) -> int:
    language, context = _language(words), getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError" and context is not None:
        typer.echo(context.get_help(), err=True)
        return USAGE
    message = str(in_language(usage_message(error, words), language))
    if "--json" in words:
        tell_json({"error": "usage", "message": message, "exit_code": USAGE})
    else:
        if context is not None:
            typer.echo(usage_line(context).text(language), err=True)
        typer.echo(message, err=True)
    return USAGE


def _language(words: list[str]) -> str:
    """The language asked for, even where the command line as a whole is wrong."""
    asked = [n for n, word in enumerate(words) if word.partition("=")[0] == "--language"]
    given = [words[n].partition("=")[2] or "".join(words[n + 1 : n + 2]) for n in asked]
    return given[-1] if given and given[-1] in LANGUAGES else usual_language()
