"""Scenario files: TOML with a reason, the files that they extend, and the line on which each thing stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from waterplan.base.errors import Problem, ScenarioError, suggest
from waterplan.base.messages import Message
from waterplan.base.plain_files import TooLargeError, read_plain, why_unreadable
from waterplan.base.toml_text import TomlError, read_toml
from waterplan.study.study import shipped
from waterplan.study.tables.path_faults import is_nothing_there, not_a_file

Places = Mapping[str, tuple[str, int]]  # of what is written, the file (or --set, link ...) and line; "" for the rest

BYTES_MAX = 1_000_000
DEPTH_MAX = 8
HEADER = re.compile(r"\s*(\[\[?)([\w.\"' -]+)\]\]?\s*(#.*)?$")
KEY = re.compile(r"\s*([\w.\"'*-]+)\s*=")


@dataclass(frozen=True)
class Layer:
    """One file as it stands: content, name for messages, and line of each key."""

    file: str
    content: Mapping[str, Any]
    rows: Mapping[str, int]


def read_layers(path: Path) -> list[Layer]:
    """The files of a scenario, what is extended before what extends it.

    Raises ScenarioError if a file is missing, too large or not TOML, if the chain is a circle or longer than
    DEPTH_MAX, or if it leaves the folder of the scenario for anything but a scenario that comes with waterplan.
    """
    layers: list[Layer] = []
    seen: list[Path] = []
    start, step = path, path
    while True:
        layer = _read_layer(step)
        layers.insert(0, layer)
        seen.append(step.resolve())
        if "extends" not in layer.content:
            return layers
        target = _extended(layer, step, start.parent.resolve(), seen)
        start = target if layer.content["extends"] == target.stem else start  # a shipped one: now in its folder
        step = target


def scenario_files() -> list[Path]:
    """The scenario files that come with waterplan, in the checkout or in the installed package."""
    return sorted(shipped("", "scenarios").glob("*.toml"))


def _refuse(file: str | Path, message: Message, row: int = 0, column: str = "") -> ScenarioError:
    return ScenarioError([Problem(str(file), row, column, message)])


def _read_layer(path: Path) -> Layer:
    fault = not_a_file(path)
    if path.suffix != ".toml" and (fault is None or is_nothing_there(fault)):
        raise _refuse(path, Message("scenario.no_toml"))
    if fault is not None and is_nothing_there(fault):
        names = sorted(other.name for other in path.parent.glob("*.toml"))
        hint = suggest(path.name, names) or (Message("scenario.in_its_folder", names=names[:20]) if names else "")
        raise _refuse(path, Message("scenario.no_file", fault=fault, hint=hint))
    if fault:
        raise _refuse(path, fault)
    try:
        raw = read_plain(path, BYTES_MAX)
    except TooLargeError as error:
        raise _refuse(path, Message("scenario.too_large", fault=why_unreadable(error))) from None
    except OSError as error:
        raise _refuse(path, why_unreadable(error)) from None
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
        content = read_toml(text)
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        raise _refuse(path, Message("files.not_utf8"), row) from None
    except TomlError as error:
        raise _refuse(path, Message("files.toml", reason=error.message), error.line) from None
    return Layer(str(path), content, key_rows(text))


def _extended(layer: Layer, path: Path, tree: Path, seen: list[Path]) -> Path:
    """The file that a layer extends, if it may: one in the tree, or a shipped scenario by its name alone."""
    name = layer.content["extends"]
    known = {file.stem: file for file in scenario_files()}

    def refuse(message: Message) -> ScenarioError:
        return _refuse(layer.file, message, layer.rows.get("extends", 0), "extends")

    if not isinstance(name, str) or not name:
        raise refuse(Message("scenario.extends_nothing"))
    shown = f'"{name[:100]}"'
    if name not in known and not name.endswith(".toml"):
        near = suggest(name, known)
        raise refuse(Message("scenario.extends_no_toml", given=shown, near=near))
    if PurePosixPath(name).is_absolute() or PureWindowsPath(name).anchor or "\0" in name:
        raise refuse(Message("scenario.extends_absolute", given=shown))
    target = known.get(name, path.parent / name)
    try:
        where = target.resolve()
    except (OSError, RuntimeError):  # a link that leads to itself
        raise refuse(Message("errors.at", place=shown, message=not_a_file(target))) from None
    if name not in known and not where.is_relative_to(tree):
        raise refuse(Message("scenario.extends_outside", given=shown))
    if where in seen:
        chain = " > ".join(step.name for step in [*seen[seen.index(where) :], where])
        raise refuse(Message("scenario.extends_circle", chain=chain))
    if len(seen) > DEPTH_MAX:
        raise refuse(Message("scenario.extends_deep", most=DEPTH_MAX))
    fault = not_a_file(target)
    if is_nothing_there(fault):
        names = sorted(other.name for other in target.parent.glob("*.toml"))
        raise refuse(Message("scenario.extends_missing", given=shown, near=suggest(target.name, names)))
    if fault:
        raise refuse(Message("errors.at", place=shown, message=fault))
    return target


def key_rows(text: str) -> dict[str, int]:
    """Line of each key: ``levers.saving_target``, ``set 2`` (its header), ``set 2.value``. Good enough for messages.

    >>> key_rows("why = 'x'\\n[levers]\\ncarbon_price = 5\\n[[set]]\\nname = 'y'")["set 1.name"]
    5
    """
    rows: dict[str, int] = {}
    section, sets = "", 0
    for row, line in enumerate(text.split("\n"), start=1):
        if header := HEADER.match(line):
            section = re.sub(r"[\"' ]", "", header[2])
            sets += section == "set" and header[1] == "[["
            section = re.sub(r"^set\b", f"set {sets}", section)
            rows.setdefault(section, row)
        elif key := KEY.match(line):
            name = re.sub(r"[\"']", "", key[1])
            rows.setdefault(f"{section}.{name}" if section else name, row)
    return rows


def row_of(rows: Mapping[str, int], where: str) -> int:
    """Line of a key, or of the nearest thing around it that has one; 0 if nothing has."""
    while where:
        if where in rows:
            return rows[where]
        where = where.rpartition(".")[0]
    return 0


def problem_at(places: Places, where: str, message: Message) -> Problem:
    """Something wrong with what is written, named by the place where it, or the nearest thing around it, stands.

    >>> lever = {"levers.a": ("--set", 0), "": ("x.toml", 0)}
    >>> problem_at(lever, "levers.a.paper", Message("scenario.no_toml")).file
    '--set'
    """
    around = where
    while around and around not in places:
        around = around.rpartition(".")[0]
    file, row = places.get(around, ("scenario", 0))
    return Problem(file, row, where, message)
