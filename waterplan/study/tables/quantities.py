"""Numbers with units: brings the values of a table to canonical units and holds them against the data dictionary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from waterplan.base.messages import Message
from waterplan.base.units import UnitError, factor
from waterplan.base.vocabulary import Term, of_kind
from waterplan.study.tables.sheet import Cells, Findings, Mask, Rows, Sheet, numbered
from waterplan.study.tables.tolerances import ROUNDING, outside

Numbers = NDArray[np.float64]

BOUNDED = ("value", "low", "high")


@cache
def inputs_of(table: str) -> dict[str, Term]:
    """The inputs that stand in a table, by the word in its column ``variable`` ("" where it has no such column)."""
    return {term.variable: term for term in of_kind("input") if term.table == table}


@dataclass(frozen=True)
class Grid:
    """One input over its labels, before the study is known to be sound.

    value: NaN where there is no row. row: its line in the file, 0 where there is none. suspect: something is wrong
    with that row, so it must not be judged again. file: the table.
    """

    term: Term
    file: str
    value: Numbers
    row: Rows
    suspect: Mask


def check_quantities(sheet: Sheet, output_units: Mapping[str, str], findings: Findings) -> None:
    """Converts value, low and high of a value table in place; reports bad units, values out of bounds or of range.

    output_units: of each product, for units such as m3/output_unit.
    """
    terms = inputs_of(sheet.table.name)
    words, names = numbered(sheet.columns["variable"]) if "variable" in sheet.columns else (_zeros(sheet), [""])
    canonical = np.array([terms[name].unit if name in terms else "" for name in names] or [""], dtype=object)[words]
    if "product" in sheet.columns and any("output_unit" in term.unit for term in terms.values()):
        product = [output_units.get(name, "") for name in sheet.columns["product"]]
        unknown = np.array(
            ["output_unit" in unit and not made for unit, made in zip(canonical, product, strict=True)], dtype=bool
        )
        canonical[unknown] = ""
        canonical = np.array(
            [unit.replace("output_unit", made) for unit, made in zip(canonical, product, strict=True)], dtype=object
        )
    _convert(sheet, "unit", canonical, BOUNDED, findings)
    for code, name in enumerate(names):
        if name in terms:
            _check_bounds(sheet, words == code, terms[name], canonical, findings)
    check_range(sheet, findings)


def convert_records(sheet: Sheet, output_units: Mapping[str, str], findings: Findings) -> None:
    """Converts the numbers of a record table that have a unit in place; holds them against its ranges and their own."""
    table = sheet.table
    columns = tuple(name for name in (*BOUNDED, "intensity") if name in table.columns)
    canonical = None
    if table.columns.get("unit") == "unit":
        canonical = _canonical(sheet, output_units)
        _convert(sheet, "unit", canonical, columns, findings)
    for name, bounds in table.ranges.items():
        everywhere = np.ones(len(sheet), dtype=bool)
        _out_of_bounds(sheet, name, everywhere, bounds, canonical if name in columns else None, findings)
    if set(BOUNDED) <= set(columns):
        check_range(sheet, findings)


def _canonical(sheet: Sheet, output_units: Mapping[str, str]) -> Cells:
    """The unit to which each record's numbers are brought: the table's own, or that of an intensity; "": not known."""
    if sheet.table.own_unit:
        return np.full(len(sheet), sheet.table.own_unit, dtype=object)
    made = [output_units.get(name, "") for name in sheet.columns["product"]]
    return np.array([f"m3/{unit}" if unit else "" for unit in made], dtype=object)


def _convert(sheet: Sheet, column: str, canonical: Cells, numbers: Sequence[str], findings: Findings) -> None:
    """Multiplies number columns by the factor of each row's unit; rows whose unit cannot be known ("") are unsound."""
    if column in sheet.missing:
        sheet.sound[:] = False
        return
    written = sheet.columns[column]
    pairs: dict[tuple[str, str], int] = {}  # of texts, not one joined text: older pandas cuts texts at a NUL
    codes = np.array([pairs.setdefault(pair, len(pairs)) for pair in zip(canonical, written, strict=True)], np.int64)
    factors = np.ones(len(pairs))
    for (goal, unit), code in pairs.items():
        if not goal:
            sheet.sound[codes == code] = False
            continue
        if not unit:
            continue
        try:
            factors[code] = factor(unit, goal)
        except UnitError as error:
            at = (codes == code) & sheet.sound
            findings.add_rows(sheet.row[at], column, error.message)
            sheet.sound[codes == code] = False
    if len(codes):
        for name in numbers:
            sheet.numbers[name] = sheet.numbers[name] * factors[codes]
    sheet.columns["canonical_unit"] = canonical


def _check_bounds(sheet: Sheet, of_term: Mask, term: Term, canonical: Cells, findings: Findings) -> None:
    bounds = (-np.inf if term.lower is None else term.lower, np.inf if term.upper is None else term.upper)
    for name in BOUNDED:
        _out_of_bounds(sheet, name, of_term, bounds, canonical, findings)


def _out_of_bounds(
    sheet: Sheet,
    name: str,
    among: Mask,
    bounds: tuple[float, float],
    canonical: Cells | None,
    findings: Findings,
) -> None:
    if name in sheet.missing:
        return
    lower, upper = bounds
    numbers = sheet.numbers[name]
    wrong = among & outside(numbers, lower, upper) & sheet.sound
    for at in np.flatnonzero(wrong):
        unit = "" if canonical is None or canonical[at] == "1" else f" {canonical[at]}"
        got: object = f"{numbers[at]:.10g}{unit}"
        if canonical is not None and sheet.columns["unit"][at] not in (canonical[at], ""):
            written = f"{sheet.columns[name][at]} {sheet.columns['unit'][at]}"
            got = Message("tables.as_in_the_file", number=got, written=written)
        span = {"lower": f"{lower:.10g}", "upper": f"{upper:.10g}", "unit": unit}
        findings.add(Message("tables.out_of_bounds", got=got, **span), int(sheet.row[at]), name)
    sheet.sound[wrong] = False


def check_range(sheet: Sheet, findings: Findings) -> None:
    """low <= value <= high, as each row says itself."""
    if set(BOUNDED) & set(sheet.missing):
        return
    value, low, high = (sheet.numbers[name] for name in BOUNDED)
    slack = ROUNDING * np.maximum(np.abs(low), np.abs(high))
    crossed = (low > high + slack) & sheet.sound
    outside = ((value < low - slack) | (value > high + slack)) & sheet.sound & ~crossed
    written = [sheet.columns[name] for name in BOUNDED]
    for at in np.flatnonzero(crossed):
        message = Message("tables.crossed", low=written[1][at], high=written[2][at])
        findings.add(message, int(sheet.row[at]), "low")
    for at in np.flatnonzero(outside):
        message = Message("tables.outside", given=written[0][at], low=written[1][at], high=written[2][at])
        findings.add(message, int(sheet.row[at]), "value")
    sheet.sound[crossed | outside] = False


def grids_of(sheet: Sheet, labels: Mapping[str, Sequence[str]]) -> dict[str, Grid]:
    """The inputs of a value table over their labels; records with labels that are not in ``labels`` are left out."""
    grids = {}
    known_at = {dim: {label: n for n, label in enumerate(found)} for dim, found in labels.items()}
    for variable, term in inputs_of(sheet.table.name).items():
        at = np.flatnonzero(sheet.columns["variable"] == variable) if variable else np.arange(len(sheet))
        places = [
            np.array([known_at[dim].get(label, -1) for label in sheet.columns[dim][at].tolist()], dtype=np.int64)
            for dim in term.dims
        ]
        known = np.all([place >= 0 for place in places], axis=0) if places else np.ones(len(at), dtype=bool)
        at, index = at[known], tuple(place[known] for place in places)
        shape = tuple(len(labels[dim]) for dim in term.dims)
        value, row, suspect = np.full(shape, np.nan), np.zeros(shape, np.int64), np.zeros(shape, bool)
        if len(at):
            order = slice(None) if places else -1
            value[index] = sheet.numbers["value"][at][order]
            row[index] = sheet.row[at][order]
            suspect[index] = ~sheet.sound[at][order]
        grids[term.name] = Grid(term, sheet.table.file, value, row, suspect)
    return grids


def cells_needed(labels: Mapping[str, Sequence[str]]) -> int:
    """The number of cells of the largest input."""
    sizes = {dim: len(found) for dim, found in labels.items()}
    return max(int(np.prod([sizes[dim] for dim in term.dims], dtype=object)) for term in of_kind("input"))


def _zeros(sheet: Sheet) -> Rows:
    return np.zeros(len(sheet), dtype=np.int64)
