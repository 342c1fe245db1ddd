"""What is wrong with the words of a command line, as messages: our own, and those of the library by their class."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from inspect import unwrap
from typing import Any, get_args, get_type_hints

import typer

from waterplan.base.errors import either
from waterplan.base.messages import LANGUAGES, Message, Name, in_language

UsageProblem: type[Exception] = typer.BadParameter.__mro__[1]  # of the click that typer brings
QUOTED = re.compile(r"'([^']*)'")
PLACEHOLDER = re.compile(r"[A-Z_]{2,}")
IN_BRACKETS = re.compile(r"\(([^()]*)\)$")


class WrongUseError(typer.BadParameter):
    """Words that cannot be meant, as a command finds them; said in the language asked for."""

    def __init__(self, message: object, hint: str = ""):
        super().__init__(str(in_language(message, "en")), param_hint=hint or None)
        self.said = Message("usage.wrong", hint=placeholder(hint), message=message) if hint else message


def usage_line(context: typer.Context) -> Message:
    """How a command is used, in one line."""
    command: Any = context.command
    pieces = [_in_usage(param) for param in command.params if param.param_type_name == "argument"]
    below = ["COMMAND [ARGS]..."] if hasattr(command, "commands") else []
    line = " ".join([context.command_path, "[OPTIONS]", *pieces, *below])
    return Message("usage.usage", line=placeholder(line))


def _in_usage(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    many = "" if argument.nargs == 1 else "..."
    return f"{name}{many}" if argument.required else f"[{name}]{many}"


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
    """No command or an unknown one where there are commands, or a word too many behind one."""
    commands = getattr(error.ctx.command, "commands", None) if error.ctx is not None else None
    pattern = IN_BRACKETS if commands is None else QUOTED
    found = pattern.search(error.message)
    if found is None and commands is not None:
        return Message("usage.give_command", commands=sorted(commands))
    if found is None:
        return Message("usage.other", words=error.format_message())
    if commands is None:
        return Message("usage.words_too_many", words=found[1])
    return Message("usage.no_command", name=found[1], commands=sorted(commands))


def _hint(param: Any) -> Name:
    """A parameter as it is named: the option's names, or what stands for an argument in the usage."""
    if param.param_type_name == "option":
        return placeholder(" / ".join(f"'{name}'" for name in param.opts))
    return placeholder(f"'{param.metavar or param.name.upper()}'")


def _given(param: Any, words: Sequence[str]) -> str:
    """What was typed behind an option."""
    at = [n for n, word in enumerate(words) if word.partition("=")[0] in param.opts]
    return words[at[-1]].partition("=")[2] or " ".join(words[at[-1] + 1 : at[-1] + 2]) if at else ""


def _wanted(param: Any, command: Any) -> object:
    """What a parameter may be."""
    kind, option = declared(param, command)
    if issubclass(kind, Enum):
        return either([f'"{choice.value}"' for choice in kind])
    return bounds(kind, option.min, option.max)


def declared(param: Any, command: Any) -> tuple[Any, Any]:
    """The type of a parameter and what was declared of it (help, min, max), from the annotation of the command."""
    annotated = get_type_hints(unwrap(command.callback), include_extras=True)[param.name]
    kind, option, *_ = get_args(annotated)
    kind = next((one for one in get_args(kind) if one is not type(None)), kind)
    return kind, option


def bounds(kind: type, least: float | None, most: float | None) -> Message:
    """Which numbers are allowed."""
    key = "whole" if kind is int else "number"
    if least is None:
        return Message(f"usage.{key}")
    if most is None:
        return Message(f"usage.from_{key}", lower=least)
    return Message(f"usage.between_{key}", lower=least, upper=most)


def placeholder(text: str) -> Name:
    """What stands for words of the user, such as FILE; in Chinese its words are Chinese, endings of files are not."""
    texts = {language: Message("usage.placeholders").text(language).split() for language in LANGUAGES}
    chinese = dict(zip(texts["en"], texts["zh"], strict=True))
    return Name(text, PLACEHOLDER.sub(lambda found: chinese.get(found[0], found[0]), text))
