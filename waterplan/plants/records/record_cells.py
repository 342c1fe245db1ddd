"""The cells of a plant's table: numbers, years, names and labels of the study, whole columns at a time.

A clean column of numbers is only compared with its bounds. Anything else is worked on text by different text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waterplan.base.errors import suggest
from waterplan.base.messages import Message
from waterplan.plants.records.csv_text import Cells, Raw
from waterplan.plants.records.faults import Faults, shown
from waterplan.plants.records.headers import bare
from waterplan.study.tables.schema import LABEL_LENGTH_MAX

Numbers = NDArray[np.float64]
Rows = NDArray[np.int64]

YEARS = (1949, 2100)
SMALLEST = 1e-9  # in canonical units; what is smaller but not 0 is a slip, and quotients of it are endless
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}(?P<mark>[,' ])[0-9]{3}(?:(?P=mark)[0-9]{3})*(?:\.[0-9]+)?")
DATE = re.compile(r"[0-9]{4}\s*[-/.年]\s*[0-9]{1,2}(\s*[-/.月]\s*[0-9]{0,2}.*)?|[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}")
WITH_UNIT = re.compile(r"[+-]?[0-9][0-9.,]*\s*[^\W\d_].*")
EMPTY_MARKS = {
    "-", "--", "/", "\\", "—", "——", "–", "...", "无", "暂无", "未计量", "na", "n/a", "null", "none", "nan", "nil",
}  # fmt: skip
MINUS = str.maketrans("\u2212\u2013\u2014\ufe63", "----")


@dataclass
class Column:
    """One column of a table with its place: what its cells are told apart by in messages."""

    raw: Raw
    at: int
    heading: str

    @property
    def cells(self) -> Numbers | Cells:
        """The cells as read."""
        return self.raw.columns[self.at]

    @property
    def is_numbers(self) -> bool:
        """Whether all cells are numbers or empty."""
        return self.cells.dtype.kind == "f"


def numbers(column: Column, faults: Faults, share: bool = False) -> Numbers:
    """The numbers of a column, NaN where empty or wrong; as written, without units. share: 95% is 0.95."""
    if column.is_numbers:
        values = np.asarray(column.cells, dtype=np.float64)
        endless = np.isinf(values)
        if endless.any():
            _tell(column, endless, Message("plants.not_finite"), faults)
            values = np.where(endless, np.nan, values)
        return values
    cells = column.cells
    is_text = np.fromiter((type(cell) is str for cell in cells), dtype=bool, count=len(cells))
    values = np.full(len(cells), np.nan)
    given = ~is_text & (cells != np.array(None))
    values[given] = cells[given].astype(np.float64)
    codes, texts = pd.factorize(cells[is_text])
    rows = column.raw.rows[is_text]
    found, changed, wrong = np.full(len(texts), np.nan), [], 0
    counts = np.bincount(codes, minlength=len(texts))
    firsts = first_of_each(codes, len(texts))
    for code, text in enumerate(texts):
        value, plain, fault = _number(text, share)
        if not fault:
            found[code] = value
            if plain != text or column.raw.sheet:
                changed.append((int(rows[firsts[code]]), int(counts[code]), text, f"{value:.15g}"))
        elif faults.is_one_more(wrong := wrong + 1, column.raw.sheet, column.heading):
            message = Message(f"plants.{fault}", text=shown(text))
            faults.add_rows(column.raw.sheet, rows[codes == code], column.heading, message)
        else:
            break
    faults.changed_cells(column.raw.sheet, column.heading, changed)
    if len(codes):
        values[is_text] = found[codes]
    return values


def _number(text: str, share: bool) -> tuple[float, str, str]:
    """Value of a text, the text that was read for it, and the key of the message if it is none.

    >>> _number("１，２３４．５", False)
    (1234.5, '1234.5', '')
    """
    plain = unicodedata.normalize("NFKC", text).strip().translate(MINUS)
    percent = share and plain.endswith("%")
    if percent:
        plain = plain[:-1].strip()
    if GROUPED.fullmatch(plain):
        plain = re.sub(r"[,' ]", "", plain)
    raised = any(sign.isnumeric() and not sign.isdecimal() for sign in text)  # ² and ① look like 2 and 1
    if NUMBER.fullmatch(plain) and not raised:
        value = float(plain) / (100 if percent else 1)
        return (value, plain, "") if np.isfinite(value) else (np.nan, plain, "not_finite")
    if plain.casefold() in EMPTY_MARKS:
        return np.nan, plain, "mark_for_missing"
    if plain.startswith("#"):
        return np.nan, plain, "is_error"
    if plain.startswith("="):
        return np.nan, plain, "is_formula"
    if DATE.fullmatch(plain):
        return np.nan, plain, "is_date"
    return np.nan, plain, "unit_in_cell" if WITH_UNIT.fullmatch(plain) else "not_a_number"


def years(column: Column, faults: Faults) -> Rows:
    """The years of a column; 0 where one is missing or wrong."""
    if not column.is_numbers:
        cells = [re.sub(r"年度?$", "", cell.strip()) if isinstance(cell, str) else cell for cell in column.cells]
        changed = [(row, 1, text, now) for row, text, now in zip(column.raw.rows, column.cells, cells, strict=True)
                   if isinstance(text, str) and text != now]  # fmt: skip
        faults.changed_cells(column.raw.sheet, column.heading, changed)
        plain = np.empty(len(cells), dtype=object)
        plain[:] = cells
        column.raw.columns[column.at] = plain
    values = numbers(column, faults)
    wrong = ~np.isnan(values) & ~((values >= YEARS[0]) & (values <= YEARS[1]) & (values == np.floor(values)))
    _tell(column, wrong, Message("plants.not_a_year", lower=YEARS[0], upper=YEARS[1]), faults)
    return np.where(wrong | np.isnan(values), 0, values).astype(np.int64)


def texts(column: Column, faults: Faults, most: int = LABEL_LENGTH_MAX) -> Cells:
    """The texts of a column as written, "" where empty; what no name may hold is a problem."""
    codes, found = _told_apart(column, faults, most)
    return found[codes]


def _told_apart(column: Column, faults: Faults, most: int) -> tuple[Rows, Cells]:
    """Which of the different texts each cell has, and those texts; the last is "", whose code is -1 where empty."""
    known = column.raw.told_apart.get(column.at)
    codes, written = known or pd.factorize(np.asarray(column.cells, dtype=object))
    found = np.empty(len(written) + 1, dtype=object)
    found[:-1] = [text if type(text) is str else f"{text:.15g}" for text in written]
    found[-1] = ""
    wrong = 0
    joined = "".join(found.tolist())
    if joined.isprintable() and max(map(len, found.tolist())) <= most:
        return codes, found
    for code, text in enumerate(found.tolist()):
        plain = text if text.isprintable() else " ".join(text.split())
        fault = "name_too_long" if len(plain) > most else "" if plain.isprintable() else "hidden_signs"
        found[code] = "" if fault else plain
        if fault:
            if not faults.is_one_more(wrong := wrong + 1, column.raw.sheet, column.heading):
                break
            _tell(column, codes == code, Message(f"plants.{fault}", most=most), faults)
    return codes, found


def labels(column: Column, known: Mapping[str, str], faults: Faults, allowed: Sequence[str], catalogue: str) -> Cells:
    """The keys that the texts of a column name, "" where empty or unknown.

    known: bare name -> key ("" where two share it). allowed: names to suggest from.
    """
    codes, names = _told_apart(column, faults, LABEL_LENGTH_MAX)
    rows, changed, wrong = column.raw.rows, [], 0
    keys = np.full(len(names), "", dtype=object)
    firsts, counts = first_of_each(codes, len(names)), np.bincount(codes + 1, minlength=len(names) + 1)[1:]
    for code, name in enumerate(names.tolist()):
        keys[code] = key = known.get(bare(name), "") if name else ""
        if name and not key:
            if not faults.is_one_more(wrong := wrong + 1, column.raw.sheet, column.heading):
                break  # looking for the nearest name takes long
            message = Message(f"plants.unknown_{catalogue}", text=shown(name), near=nearest(name, allowed))
            faults.add_rows(column.raw.sheet, rows[codes == code], column.heading, message)
        elif key != name:
            changed.append((int(rows[firsts[code]]), int(counts[code]), name, key))
    faults.changed_cells(column.raw.sheet, column.heading, changed)
    return keys[codes]


def nearest(name: str, allowed: Iterable[str]) -> str:
    """A sentence with the nearest name, or nothing."""
    return suggest(name[:LABEL_LENGTH_MAX], allowed)


def lookup(frame: pd.DataFrame, former: Mapping[str, str]) -> dict[str, str]:
    """Every name of a catalogue, bare -> key; "" where two labels share a name that is the key of neither.

    former: names that older templates offered, and their keys; one that means something else today is not among them.
    """
    found: dict[str, str] = {}
    for column in ("name_en", "name_zh"):
        for key, name in frame[column].items():
            if isinstance(name, str) and (plain := bare(name)):
                found[plain] = str(key) if found.get(plain, key) == key else ""
    before = {bare(name): key for name, key in former.items() if key in frame.index}
    return before | found | {bare(str(key)): str(key) for key in frame.index}


def required(column: Column, missing: NDArray[np.bool_], faults: Faults) -> None:
    """Tells where a cell is empty that must not be."""
    _tell(column, missing, Message("plants.empty"), faults)


def bounded(column: Column, values: Numbers, factors: Numbers | float, bounds: tuple[float, float, str],
            faults: Faults) -> Numbers:  # fmt: skip
    """Values times the factor of their unit, NaN where out of bounds, which are lower, upper and the unit."""
    lower, upper, unit = bounds
    made: Numbers = values * factors
    small = (made > 0) & (made < SMALLEST)
    for wrong, key in ((made < lower, "negative"), (made > upper, "above"), (small, "too_small")):
        if wrong.any():
            first = made[wrong][0]
            message = Message(f"plants.{key}", got=f"{first:.6g} {unit}".strip(), upper=f"{upper:g}")
            _tell(column, wrong, message, faults)
            made = np.where(wrong, np.nan, made)
    return made


def first_of_each(codes: Rows, count: int) -> Rows:
    """The first place of each code."""
    firsts = np.zeros(count, dtype=np.int64)
    firsts[codes[::-1]] = np.arange(len(codes))[::-1]
    return firsts


def _tell(column: Column, wrong: NDArray[np.bool_], message: Message, faults: Faults) -> None:
    if wrong.any():
        faults.add_rows(column.raw.sheet, column.raw.rows[wrong], column.heading, message)
