"""A study as one file of plain arrays: all that its tables say, without pandas and without reading them again.

A bundle begins with a mark of its format and the SHA-256 of all that follows: a header (JSON: settings, digest, and
where each array stands) and the arrays. A column of words is two arrays, the words and which of them each row has.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from waterplan.base.vocabulary import of_kind
from waterplan.study.tables.draft import Draft
from waterplan.study.tables.quantities import inputs_of
from waterplan.study.tables.schema import CATALOGUE_OF, GROUP, TABLES
from waterplan.study.tables.schema import DIMS as LABELLED
from waterplan.study.tables.sheet import Sheet
from waterplan.study.tables.study_file import Settings

Array = np.ndarray[Any, Any]


class Whole(NamedTuple):
    """Whole numbers, some of which are missing."""

    values: Array
    missing: Array


Columns = dict[str, Any]  # arrays, or whole numbers some of which are missing

MARK = b"waterplan study 1\n"
DIGITS, ALIGNED = 64, 16
DIMS = (*LABELLED, "pool")
NUMBERS = ("value", "low", "high")
PROVENANCE = ("basis", "source", "note")
CHINESE = ("title_zh", "description_zh")
KEYS = ("title", "base_year", "target_year", "price_year", "currency")
ROWS, BETWEEN, NOTHING = "rows", "\0", "nan"


@dataclass(frozen=True)
class Bundle:
    """What a study's tables say. settings: of study.toml; digest: of the content, see :func:`digest_of`.

    The columns of a table, or of all its values together (``rows``), are asked for by their names.
    """

    settings: Settings
    digest: str
    arrays: Mapping[str, Array]

    def names(self, table: str) -> list[str]:
        """The columns of a table, its key first."""
        marks = (name.split("/") for name in self.arrays if name.startswith(f"{table}/"))
        return list(dict.fromkeys(name for _, name, _ in marks))

    def column(self, table: str, name: str) -> Any:
        """A column: words as objects, flags as bool, numbers, or whole numbers some of which are missing."""
        place = f"{table}/{name}/"
        if f"{place}codes" in self.arrays:
            return np.array(self.words(table, name), dtype=object)[self.arrays[f"{place}codes"]]
        values = self.arrays[f"{place}values"]
        if f"{place}missing" in self.arrays:
            return Whole(values, self.arrays[f"{place}missing"])
        return values

    def words(self, table: str, name: str) -> list[str]:
        """The different words of a column."""
        return self.arrays[f"{table}/{name}/words"].tobytes().decode().split(BETWEEN)

    @cached_property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """The labels of each dimension, in file order."""
        listed = {dim: tuple(self.column(catalogue, dim)) for dim, catalogue in CATALOGUE_OF.items()}
        return listed | {GROUP: tuple(sorted(filter(None, self.words(ROWS, GROUP)), key=int))}

    @cached_property
    def pools(self) -> tuple[str, ...]:
        """The pool of each technology, "" for none."""
        named = zip(*(self.column(ROWS, name) for name in ("technology", "pool")), strict=True)
        pools = {technology: pool for technology, pool in named if pool}
        return tuple(pools.get(label, "") for label in self.labels["technology"])

    @cached_property
    def numbers(self) -> dict[str, dict[str, Array]]:
        """Value, low and high of each input over its dims, NaN where there is no row."""
        return numbers_of(self.labels, {name: self.column(ROWS, name) for name in ("name", *LABELLED, *NUMBERS)})


def numbers_of(labels: Mapping[str, Sequence[str]], rows: Mapping[str, Array]) -> dict[str, dict[str, Array]]:
    """Value, low and high of each input over its dims, from the columns of all value rows; NaN where there is none.

    A study without barriers has no group: that input has no cell then.
    """
    names = rows["name"]
    found: dict[str, dict[str, Array]] = {column: {} for column in NUMBERS}
    places = {dim: {label: n for n, label in enumerate(labels[dim])} for dim in LABELLED}
    order = np.argsort(names.astype(str), kind="stable")
    starts = dict(zip(*np.unique(names[order].astype(str), return_index=True), strict=True))
    ends = dict(zip(starts, [*list(starts.values())[1:], len(names)], strict=True))
    for term in of_kind("input"):
        at = order[starts[term.name] : ends[term.name]] if term.name in starts else order[:0]
        index = tuple(
            np.array([places[dim][label] for label in rows[dim][at].tolist()], dtype=np.int64) for dim in term.dims
        )
        for column in NUMBERS:
            array = np.full([len(labels[dim]) for dim in term.dims], np.nan)
            given = rows[column][at]
            array[index] = given if term.dims else given[0]
            found[column][term.name] = array
    return found


def pack(draft: Draft, settings: Settings) -> bytes:
    """The bundle of tables that are known to be sound."""
    tables = {name: _records(draft.sheets[name]) for name, table in TABLES.items() if table.form != "values"}
    rows = _rows(draft.sheets)
    told = {key: settings[key] for key in KEYS} | {"description": settings.get("description", "")}
    told |= {key: settings[key] for key in CHINESE if settings.get(key, told[key[:-3]]) != told[key[:-3]]}
    told["levers"] = dict(settings["levers"])
    listed = {
        name: [_comparable(column) for column in said(columns, TABLES[name].later_columns).values()]
        for name, columns in tables.items()
        if not (TABLES[name].optional and not len(draft.sheets[name]))
    }
    kept = {name: column for name, column in rows.items() if name not in ("file", "row", "written")}
    listed[ROWS] = list(said(kept, (GROUP,)).values())
    return write_bundle(told, digest_of(told, listed), tables | {ROWS: rows})


def said(columns: Columns, later: Sequence[str]) -> Columns:
    """Columns without those of the later ones that are all empty."""
    return {name: column for name, column in columns.items() if name not in later or (column != "").any()}


def write_bundle(settings: Settings, digest: str, tables: Mapping[str, Columns]) -> bytes:
    """A bundle of columns by table and name."""
    arrays: Columns = {}
    for table, columns in tables.items():
        for name, column in columns.items():
            arrays |= {f"{table}/{name}/{part}": array for part, array in _parts(column).items()}
    listed, blocks, at = [], [], 0
    for name, array in arrays.items():
        listed.append((name, array.dtype.str, array.shape[0], at))
        block = np.ascontiguousarray(array).tobytes()
        blocks.append(block + b"\0" * (-len(block) % ALIGNED))
        at += len(blocks[-1])
    header = json.dumps({"settings": settings, "digest": digest, "arrays": listed}, ensure_ascii=False).encode()
    header += b" " * (-(len(MARK) + DIGITS + 1 + len(header) + 1) % ALIGNED) + b"\n"
    content = b"\n" + header + b"".join(blocks)
    return MARK + hashlib.sha256(content).hexdigest().encode() + content


def is_sound(content: bytes) -> bool:
    """Whether some bytes are a bundle of this format, as it was written."""
    begin = len(MARK) + DIGITS
    told = content[len(MARK) : begin]
    return content[: len(MARK)] == MARK and hashlib.sha256(content[begin:]).hexdigest().encode() == told


def read_bundle(content: bytes) -> Bundle:
    """The bundle that some sound bytes are."""
    begin = len(MARK) + DIGITS + 1
    end = content.index(b"\n", begin) + 1
    header = json.loads(content[begin:end])
    arrays = {
        name: np.frombuffer(content, np.dtype(kind), count, end + at) for name, kind, count, at in header["arrays"]
    }
    return Bundle(header["settings"], header["digest"], arrays)


def digest_of(settings: Mapping[str, Any], tables: Mapping[str, Sequence[Array]]) -> str:
    """SHA-256 of a study's content: the same whatever the order of rows, number formats, units, quoting or encoding.

    What only newer studies say counts where a study says it, so that older ones keep their digests.
    tables: the columns of each, those of all value rows as ``rows`` at the end.
    """
    levers = {name: _canonical(value) for name, value in settings["levers"].items()}
    told = {key: value for key, value in settings.items() if key != "levers"} | {"levers": levers}
    content = hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode())
    for name, columns in tables.items():
        content.update(f"\n{name}\n".encode())
        content.update("\n".join(sorted(_lines(columns))).encode())
    return content.hexdigest()


def _canonical(value: object) -> str:
    """A value as text that does not depend on how it was written."""
    return f"{value:.12g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _lines(columns: Sequence[Array]) -> Iterator[str]:
    """Each row as one line of canonical text."""
    texts = [
        [f"{number:.12g}" for number in column] if np.issubdtype(column.dtype, np.floating) else map(str, column)
        for column in columns
    ]
    return ("\x1f".join(record) for record in zip(*texts, strict=True))


def _comparable(column: Any) -> Array:
    return np.where(column.missing, NOTHING, column.values.astype(object)) if isinstance(column, Whole) else column


def _parts(column: Any) -> Columns:
    """What is stored of a column."""
    if isinstance(column, Whole):
        return column._asdict()
    if column.dtype == object:
        words: dict[str, int] = {}
        codes = np.array([words.setdefault(word, len(words)) for word in column.tolist()], dtype=np.int32)
        return {"codes": codes, "words": np.frombuffer(BETWEEN.join(words).encode(), np.uint8)}
    return {"values": column}


def _records(sheet: Sheet) -> Columns:
    """The columns of a catalogue or a record table: flags as bool, years as whole numbers, some of them masked."""
    columns: Columns = {}
    for name, kind in sheet.table.columns.items():
        cells = sheet.columns[name]
        if kind.startswith("flag"):
            columns[name] = cells == "1"
        elif name in sheet.numbers and not kind.startswith("number"):
            empty = np.isnan(sheet.numbers[name])
            whole = np.where(empty, 0, sheet.numbers[name]).astype(np.int64)
            columns[name] = Whole(whole, empty) if kind.endswith("?") else whole
        elif name in sheet.numbers:
            columns[name] = sheet.numbers[name]
        else:
            columns[name] = sheet.columns["canonical_unit"] if kind == "unit" else cells
    key = sheet.table.keys[0]
    return {key: columns.pop(key), **columns}


def _rows(sheets: Mapping[str, Sheet]) -> Columns:
    """Every value row of a study, canonical and as written, with the file and line where it stands."""
    columns: dict[str, list[Array]] = {name: [] for name in ("name", *DIMS, *NUMBERS, "unit", *PROVENANCE)}
    columns |= {"file": [], "row": [], "written": []}
    for sheet in (sheets[table.name] for table in TABLES.values() if table.form == "values"):
        terms, nothing = inputs_of(sheet.table.name), np.full(len(sheet), "", dtype=object)
        columns["name"].append(np.array([terms[word].name for word in sheet.columns.get("variable", nothing)], object))
        for name in (*DIMS, *PROVENANCE):
            columns[name].append(sheet.columns.get(name, nothing))
        for name in NUMBERS:
            columns[name].append(sheet.numbers[name])
        columns["unit"].append(sheet.columns["canonical_unit"])
        columns["file"].append(np.full(len(sheet), sheet.table.file, dtype=object))
        columns["row"].append(sheet.row)
        written = zip(sheet.columns["value"], sheet.columns["unit"], strict=True)
        columns["written"].append(np.array([f"{value} {unit}" for value, unit in written], dtype=object))
    return {name: np.concatenate(parts) for name, parts in columns.items()}
