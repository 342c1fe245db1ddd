"""The browser's types of what it may say, written from the messages: ``python -m dashboards.declarations``."""

from __future__ import annotations

from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints

from waterplan.base.whole_files import write_whole

from .messages import Message, is_optional

PLACE = Path(__file__).parent / "browser" / "messages.d.ts"
HEAD = "// What the page may say, written from messages.py by `python -m dashboards.declarations`; change it there.\n"
PLAIN = {str: "string", int: "number", float: "number", bool: "boolean", NoneType: "null", None: "null", Any: "unknown"}


def kind_of(kind: Any) -> str:
    """A kind of value in TypeScript.

    >>> kind_of(list[str]), kind_of(dict[str, Any]), kind_of(Literal["csv", "excel"]), kind_of(str | None)
    ('string[]', 'Record<string, unknown>', '"csv" | "excel"', 'string | null')
    """
    origin, parts = get_origin(kind), get_args(kind)
    if origin is NotRequired:
        return kind_of(parts[0])
    if origin is Literal:
        return " | ".join(f'"{part}"' for part in parts)
    if origin in (Union, UnionType):
        return " | ".join(dict.fromkeys(map(kind_of, parts)))
    if origin is list:
        return f"{kind_of(parts[0])}[]"
    if origin is dict:
        return f"Record<string, {kind_of(parts[1])}>"
    return PLAIN[kind]


def declarations() -> str:
    """The whole file."""
    messages = get_args(Message)
    listed = "".join(f"\n  | {one.__name__}" for one in messages)
    lines = [f"{HEAD}export type Message ={listed};"]
    for one in messages:
        fields = get_type_hints(one, include_extras=True)
        keys = [f"  {key}{'?' if is_optional(kind) else ''}: {kind_of(kind)};" for key, kind in fields.items()]
        lines.append("\n".join((f"/** {one.__doc__} */", f"export interface {one.__name__} {{", *keys, "}")))
    return "\n\n".join(lines) + "\n"


if __name__ == "__main__":
    write_whole(PLACE, declarations().encode())
