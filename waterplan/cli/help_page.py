"""What --help prints, in the language asked for: the library says its own words in English only."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from waterplan.base.messages import Message, in_language, usual_language
from waterplan.cli.usage import bounds, declared, placeholder, usage_line
from waterplan.report.pages.layout import GAP, paragraph, width

WIDEST, AT_LEFT = 80, 28  # columns: of the page, and of what stands at its left
SECTIONS = {"argument": "usage.arguments", "option": "usage.options", "command": "usage.commands"}
AS_IT_IS = "\b"  # the lines between it and the next one, or the end, stay as they are


class SpokenCommand(TyperCommand):
    """A command whose help follows the language."""

    def get_help(self, ctx: Any) -> str:
        return help_page(ctx)


class SpokenGroup(TyperGroup):
    """Commands whose help follows the language."""

    def get_help(self, ctx: Any) -> str:
        return help_page(ctx)


@dataclass(frozen=True)
class Row:
    """An argument, option or command: how it is written, the message of what it does, and what holds for it."""

    name: object
    does: Message
    holds: list[Message] = field(default_factory=list)


def help_page(context: typer.Context) -> str:
    """The help of a command: its use, what it does, its arguments, options and commands, examples.

    The language is that of the outermost context (its ``obj``); commands and options carry keys of messages as help.
    """
    command: Any = context.command
    language = str(context.find_root().obj or usual_language())
    rows: dict[str, list[Row]] = {kind: [] for kind in SECTIONS}
    for param in command.get_params(context):
        rows[param.param_type_name].append(_row(param, context))
    rows["command"] = [Row(name, Message(one.help)) for name, one in getattr(command, "commands", {}).items()]
    blocks = [
        [usage_line(context).text(language)],
        _prose(Message(command.help).text(language)),
        *(_section(SECTIONS[kind], found, language) for kind, found in rows.items() if found),
        _prose(Message(command.epilog).text(language)) if command.epilog else [],
    ]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines)


def _row(param: Any, context: typer.Context) -> Row:
    """An argument or an option."""
    option = ", ".join(sorted(param.opts, key=len)) if param.param_type_name == "option" else ""
    if "--help" in param.opts:
        return Row(option, Message("usage.help"))
    kind, told = declared(param, context.command)
    if kind is bool:
        return Row(option, Message(told.help))
    holds = [Message("usage.environment", name=param.envvar)] if param.envvar else []
    default = context.lookup_default(param.name) or param.default
    if default not in (None, ""):
        holds.append(Message("usage.default", value=default.value if isinstance(default, Enum) else default))
    if told.min is not None:
        holds.append(bounds(kind, told.min, told.max))
    if param.required:
        holds.append(Message("usage.required"))
    return Row(placeholder(f"{option} {param.metavar or _value(kind)}".strip()), Message(told.help), holds)


def _value(kind: Any) -> str:
    """What stands for the value of an option that has no word of its own for it."""
    if issubclass(kind, Enum):
        return "|".join(choice.value for choice in kind)
    return "NUMBER" if kind in (int, float) else "TEXT"


def _section(heading: str, rows: Sequence[Row], language: str) -> list[str]:
    """Rows in two columns below a heading; what is too long for the left one has a line of its own."""
    names = [str(in_language(row.name, language)) for row in rows]
    left = min(max(map(width, names)), AT_LEFT)
    lines = [Message(heading).text(language)]
    for name, row in zip(names, rows, strict=True):
        holds = "".join(f" [{one.text(language)}]" for one in row.holds)
        text = row.does.text(language).partition("\n")[0] + holds
        below = paragraph(text, " " * (left + 2 * len(GAP)), _columns())
        if width(name) > left:
            lines += [GAP + name, *below]
        else:
            lines += [f"{GAP}{name}{' ' * (left - width(name))}{GAP}{below[0].lstrip()}", *below[1:]]
    return lines


def _prose(text: str) -> list[str]:
    """Paragraphs with a line between them, each wrapped, or in a block as it is."""
    lines: list[str] = []
    for n, block in enumerate(text.split(AS_IT_IS)):
        for part in [block.strip("\n")] if n else block.strip("\n").split("\n\n"):
            told = [f"{GAP}{line}" for line in part.split("\n")] if n else paragraph(part, GAP, _columns())
            lines += ["", *told] if lines and part else told
    return lines


def _columns() -> int:
    return min(shutil.get_terminal_size().columns, WIDEST)
