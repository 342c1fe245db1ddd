"""Sourced overrides: figures of the study that a scenario sets otherwise, and what must still hold then."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from waterplan.base.errors import PROBLEMS_MAX, Problem, either, suggest
from waterplan.base.messages import Message
from waterplan.base.vocabulary import Term, of_kind, terms
from waterplan.study.scenario.levers import as_number, shown
from waterplan.study.scenario.scenario_file import row_of

PLACE = "set"
BASES = ("measured", "reported", "estimated", "assumed")
KEYS = ("name", "where", "value", "factor", "unit", "source", "low", "high", "basis", "note")
TEXT_MAX = 2000
OVERRIDES_MAX = 20_000  # of a scenario: more than a study has values, all of which a run of a batch may set
WORDS_OF_A_SOURCE, SIGNS_OF_A_SOURCE = 3, 6


@dataclass(frozen=True)
class Override:
    """One figure set otherwise: its name, the labels where, and a new value with unit and source.

    where: labels by dimension; a dimension left out means every label that has a row. Instead of ``value`` a ``factor``
    multiplies every row that is meant, with its low and high.
    """

    name: str
    where: Mapping[str, Sequence[str]]
    value: float | None = None
    unit: str = ""
    source: str = ""
    factor: float | None = None
    low: float | None = None
    high: float | None = None
    basis: str = "assumed"
    note: str = ""
    file: str = field(default="", compare=False)
    row: int = field(default=0, compare=False)
    place: str = field(default=PLACE, compare=False)

    def __post_init__(self) -> None:
        labels = {dim: (names,) if isinstance(names, str) else tuple(names) for dim, names in self.where.items()}
        object.__setattr__(self, "where", dict(sorted(labels.items())))

    def __hash__(self) -> int:
        return hash(
            (
                self.name,
                tuple((dim, tuple(names)) for dim, names in self.where.items()),
                self.value,
                self.unit,
                self.factor,
                self.source,
            )
        )

    def __str__(self) -> str:
        where = ", ".join(" and ".join(labels) for labels in self.where.values())
        what = f"times {self.factor:g}" if self.factor is not None else f"= {self.value:g} {self.unit}".rstrip(" 1")
        return f"{self.name}{f' ({where})' if where else ''} {what}"

    def as_mapping(self) -> dict[str, Any]:
        """The [[set]] table; what was not given is left out."""
        where = {dim: labels[0] if len(labels) == 1 else list(labels) for dim, labels in self.where.items()}
        written = {key: getattr(self, key) for key in KEYS if getattr(self, key) not in (None, "")}
        return {**written, "where": where} if where else {key: item for key, item in written.items() if key != "where"}

    def problem(self, column: str, message: Message) -> Problem:
        """Something wrong with this override, at its place in its file."""
        where = f"{self.place}, {column}" if column else self.place
        return Problem(self.file or "scenario", self.row, where, message)


def is_text(text: str) -> bool:
    """Whether text can be written to a file: JSON from a browser may hold half of a pair of UTF-16.

    >>> is_text("取水"), is_text("\\ud800")
    (True, False)
    """
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


class _EnoughError(Exception):
    """So much is wrong that the rest is not read."""


class _Reader:
    """One [[set]] table on its way to an Override; collects what is wrong with it, up to so many problems."""

    def __init__(
        self, table: Mapping[str, Any], file: str, number: int, rows: Mapping[str, int], most: int = PROBLEMS_MAX
    ):
        self.table, self.file, self.rows, self.place, self.most = table, file, rows, f"set {number}", most
        self.problems: list[Problem] = []

    def fault(self, key: str, message: Message) -> None:
        row = row_of(self.rows, f"{self.place}.{key}")
        self.problems.append(Problem(self.file, row, f"{self.place}, {key}", message))
        if len(self.problems) >= self.most:
            raise _EnoughError

    def text(self, key: str) -> str:
        value = self.table.get(key, "")
        if not isinstance(value, str):
            self.fault(key, Message("scenario.no_text", given=shown(value)))
            return ""
        if not is_text(value):
            self.fault(key, Message("scenario.half_a_sign"))
        if len(value) > TEXT_MAX:
            self.fault(key, Message("scenario.text_too_long", signs=len(value), most=TEXT_MAX))
        return value.strip()

    def number(self, key: str) -> float | None:
        if key not in self.table:
            return None
        number = as_number(self.table[key])
        if number is None:
            self.fault(key, Message("scenario.give_number", given=shown(self.table[key])))
        return number

    def where(self) -> dict[str, tuple[str, ...]]:
        given = self.table.get("where", {})
        if not isinstance(given, Mapping):
            self.fault("where", Message("scenario.where_no_table", given=shown(given)))
            return {}
        labels: dict[str, tuple[str, ...]] = {}
        for dim, names in given.items():
            many = (names,) if isinstance(names, str) else names
            if not isinstance(many, Sequence) or not many or not all(isinstance(name, str) for name in many):
                self.fault(f"where.{dim}", Message("scenario.where_no_labels", given=shown(names)))
            else:
                labels[dim] = tuple(dict.fromkeys(many))
        return labels

    def input(self, where: Mapping[str, Any]) -> Term | None:
        """The input meant: by its name, or by its name in the tables where the labels tell which."""
        name = self.text("name")
        found = terms().get(name)
        if found is not None and found.kind == "input":
            return found
        same = [item for item in of_kind("input") if item.variable == name]
        fitting = [item for item in same if set(where) <= set(item.dims)] if where or len(same) == 1 else []
        if len(fitting) == 1:
            return fitting[0]
        if not name:
            self.fault("name", Message("scenario.name_missing"))
        elif same:
            choices = either([f'"{item.name}"' for item in same])
            self.fault("name", Message("scenario.name_unclear", name=name, choices=choices))
        elif found is not None and found.kind == "lever":
            self.fault("name", Message("scenario.name_of_lever", name=name))
        else:
            hint = suggest(name, [item.name for item in of_kind("input")])
            self.fault("name", Message("scenario.no_input", name=name, near=hint))
        return None

    def read(self) -> Override | None:
        """The override, or None if anything is wrong."""
        try:
            return self._read()
        except _EnoughError:
            return None

    def _read(self) -> Override | None:
        for key in self.table:
            if key not in KEYS:
                self.fault(key, Message("scenario.no_key_of_set", near=suggest(key, KEYS), keys=KEYS))
        where = self.where()
        item = self.input(where)
        for dim in where:
            if item is not None and dim not in item.dims:
                key = "scenario.given_by" if item.dims else "scenario.one_figure"
                near = suggest(dim, item.dims)
                self.fault(f"where.{dim}", Message(key, name=item.name, dims=item.dims, near=near))
        numbers = {key: self.number(key) for key in ("value", "factor", "low", "high")}
        texts = {key: self.text(key) for key in ("unit", "source", "note")}
        basis = self.text("basis") or "assumed"
        self.check(numbers, texts, basis)
        if self.problems or item is None:
            return None
        row = self.rows.get(self.place, 0)
        extra = {"basis": basis, "file": self.file, "row": row, "place": self.place}
        return Override(item.name, where, **numbers, **texts, **extra)  # type: ignore[arg-type]

    def check(self, numbers: Mapping[str, float | None], texts: Mapping[str, str], basis: str) -> None:
        if ("value" in self.table) == ("factor" in self.table):
            self.fault("value", Message("scenario.value_or_factor"))
        if "value" in self.table and not texts["unit"]:
            self.fault("unit", Message("scenario.unit_missing"))
        if "factor" in self.table:
            for key in ("low", "high"):
                if key in self.table:
                    self.fault(key, Message("scenario.factor_has_range"))
            if texts["unit"] not in ("", "1"):
                self.fault("unit", Message("scenario.factor_has_no_unit"))
            if (numbers["factor"] or 0.0) < 0:
                self.fault("factor", Message("scenario.negative_factor", given=f"{numbers['factor']:g}"))
        elif numbers["value"] is not None:
            for key, wrong in (("low", 1), ("high", -1)):
                edge = numbers[key]
                if edge is not None and (edge - numbers["value"]) * wrong > 0:
                    side = "scenario.low_above" if wrong > 0 else "scenario.high_below"
                    self.fault(key, Message(side, edge=f"{edge:g}", value=f"{numbers['value']:g}"))
        if not texts["source"]:
            self.fault("source", Message("scenario.source_missing"))
        if basis not in BASES:
            near = suggest(basis, BASES)
            self.fault("basis", Message("scenario.no_basis", given=basis, allowed=BASES, near=near))


def read_overrides(given: Any, file: str, rows: Mapping[str, int]) -> tuple[list[Override], list[Problem]]:
    """The [[set]] tables of a file as overrides, and what is wrong with them."""
    if not isinstance(given, Sequence) or isinstance(given, str) or not all(isinstance(t, Mapping) for t in given):
        return [], [Problem(file, row_of(rows, "set"), "set", Message("scenario.no_sets"))]
    if len(given) > OVERRIDES_MAX:
        return [], [Problem(file, row_of(rows, f"set {OVERRIDES_MAX + 1}"), "set", too_many(len(given)))]
    overrides: list[Override] = []
    problems: list[Problem] = []
    for number, table in enumerate(given, start=1):
        reader = _Reader(table, file, number, rows, PROBLEMS_MAX - len(problems))
        override = reader.read()
        overrides += [] if override is None else [override]
        problems += reader.problems
        if len(problems) >= PROBLEMS_MAX:
            message = Message("scenario.stopped", most=PROBLEMS_MAX)
            return overrides, [*problems, Problem(file, row_of(rows, f"set {number}"), f"set {number}", message)]
    return overrides, problems


def too_many(count: int) -> Message:
    """The sentence about more overrides than a scenario may have."""
    return Message("scenario.too_many_sets", count=f"{count:,}", most=f"{OVERRIDES_MAX:,}")


def made_wrong(override: Override) -> list[Problem]:
    """What is wrong with an override that was made in Python; one read from a file was checked there."""
    if override.place != PLACE:
        return []
    reader = _Reader(override.as_mapping(), override.file or "scenario", 0, {})
    reader.place = PLACE
    read = reader.read()
    if read is not None and read.name != override.name:
        reader.fault("name", Message("scenario.other_name", given=override.name, name=read.name))
    return reader.problems


def names_a_source(text: str, keys: Sequence[str]) -> Message | None:
    """What is wrong with a source, or nothing: a key of the study's sources, or at least a few words."""
    if text in keys:
        return None
    written_in_words = len(text.split()) >= WORDS_OF_A_SOURCE
    if written_in_words or len(re.findall(r"[\u4e00-\u9fff]", text)) >= SIGNS_OF_A_SOURCE:
        return None
    return Message("scenario.no_source", given=text, near=suggest(text, keys))
