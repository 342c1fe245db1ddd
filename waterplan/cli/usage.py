"""What is wrong with the words of a command line, as messages: our own, and those of the library by their class."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from inspect import unwrap
from typing import Any, get_args, get_type_hints

import typer

from waterplan.base.errors import either
from waterplan.base.messages import Message, in_language

UsageProblem: type[Exception] = typer.BadParameter.__mro__[1]  # of the click that typer brings
QUOTED = re.compile(r"'([^']*)'")
IN_BRACKETS = re.compile(r"\(([^()]*)\)$")


class WrongUseError(typer.BadParameter):
    """Words that cannot be meant, as a command finds them; said in the language asked for."""

    def __init__(self, message: object, hint: str = ""):
        super().__init__(str(in_language(message, "en")), param_hint=hint or None)
        self.said = Message("usage.wrong", hint=hint, message=message) if hint else message


def usage_line(context: typer.Context) -> Message:
    """How a command is used, in one line."""
    pieces = context.command.collect_usage_pieces(context)
    return Message("usage.usage", line=" ".join((context.command_path, *pieces)))


def usage_message(error: Exception, words: Sequence[str]) -> object:
    """What is wrong, from an error of the command line; words: as they were typed."""
    say = {
        "WrongUseError": lambda: error.said,  # type: ignore[attr-defined]
        "NoSuchOption": lambda: _no_option(error),
        "MissingParameter": lambda: _missing(error),
        "BadOptionUsage": lambda: _no_value(error, words),
        "BadParameter": lambda: _wrong_value(error, words),
        "UsageError": lambda: _no_command(error),
    }.get(type(error).__name__)
    return say() if say else Message("usage.other", words=error.format_message())  # type: ignore[attr-defined]


def _no_option(error: Any) -> Message:
    if not error.possibilities:
        return Message("usage.no_option", option=error.option_name)
    return Message("usage.no_option_but", option=error.option_name, near=sorted(error.possibilities))


def _missing(error: Any) -> Message:
    return Message(f"usage.missing_{error.param.param_type_name}", name=_hint(error.param))


def _no_value(error: Any, words: Sequence[str]) -> Message:
    is_given = any(word.startswith(f"{error.option_name}=") for word in words)
    return Message("usage.takes_no_value" if is_given else "usage.needs_value", option=error.option_name)


def _wrong_value(error: Any, words: Sequence[str]) -> Message:
    if error.param is None or error.ctx is None:
        return Message("usage.other", words=error.format_message())
    wanted = _wanted(error.param, error.ctx.command)
    message = Message("usage.got", given=_given(error.param, words), wanted=wanted)
    return Message("usage.wrong", hint=_hint(error.param), message=message)


def _no_command(error: Any) -> Message:
    """An unknown command where there are commands, or a word too many behind one."""
    commands = getattr(error.ctx.command, "commands", None) if error.ctx is not None else None
    pattern = IN_BRACKETS if commands is None else QUOTED
    found = pattern.search(error.message)
    if found is None:
        return Message("usage.other", words=error.format_message())
    if commands is None:
        return Message("usage.words_too_many", words=found[1])
    return Message("usage.no_command", name=found[1], commands=sorted(commands))


def _hint(param: Any) -> str:
    """A parameter as it is named: the option's names, or what stands for an argument in the usage."""
    names = param.opts if param.param_type_name == "option" else [param.metavar or param.name.upper()]
    return " / ".join(f"'{name}'" for name in names)


def _given(param: Any, words: Sequence[str]) -> str:
    """What was typed behind an option."""
    at = [n for n, word in enumerate(words) if word.partition("=")[0] in param.opts]
    return words[at[-1]].partition("=")[2] or " ".join(words[at[-1] + 1 : at[-1] + 2]) if at else ""


def _wanted(param: Any, command: Any) -> object:
    """What a parameter may be, from the annotation of the command."""
    annotated = get_type_hints(unwrap(command.callback), include_extras=True)[param.name]
    kind, option, *_ = get_args(annotated)
    kind = next((one for one in get_args(kind) if one is not type(None)), kind)
    if issubclass(kind, Enum):
        return either([f'"{choice.value}"' for choice in kind])
    key = "whole" if kind is int else "number"
    if option.min is None:
        return Message(f"usage.{key}")
    if option.max is None:
        return Message(f"usage.from_{key}", lower=option.min)
    return Message(f"usage.between_{key}", lower=option.min, upper=option.max)
