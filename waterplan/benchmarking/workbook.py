"""A plant's Excel workbook, told into tables: values only; formulas, dates and errors are refused where they stand."""

from __future__ import annotations

import datetime
import io
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import openpyxl

from waterplan.benchmarking.csv_text import CELL_LENGTH_MAX, Raw
from waterplan.benchmarking.faults import Faults, shown
from waterplan.benchmarking.headers import NOT_READ, are_units, bare, heading, layout_of, sheet_names
from waterplan.benchmarking.packed import Merge, may_be_opened, merges
from waterplan.tables.sheet import COLUMNS_MAX, CONTROL

SHEET_ROWS_MAX = 20_000
SHEETS_MAX = 50
HEADINGS_WITHIN = 10
FORMULA, ERROR = "f", "e"


def read_workbook(data: bytes, faults: Faults) -> dict[str, Raw]:
    """Tables by name (headers.LAYOUTS; "" for a lone sheet whose layout its headings tell); problems in ``faults``."""
    if not may_be_opened(data, faults):
        return {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of fonts and rules that openpyxl does not keep
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
            try:
                return _tables(book, faults)
            finally:
                book.close()
    except Exception as error:
        faults.add("", 0, "", faults.say("cannot_be_opened", what=shown(f"{type(error).__name__}: {error}")))
        return {}


def _tables(book: Any, faults: Faults) -> dict[str, Raw]:
    if len(book.worksheets) > SHEETS_MAX:
        faults.add("", 0, "", faults.say("too_many_sheets", most=SHEETS_MAX))
        return {}
    names = sheet_names()
    tables = {sheet.title: names.get(bare(sheet.title), "") for sheet in book.worksheets}
    chosen = {title: table for title, table in tables.items() if table not in ("", *NOT_READ)}
    if not chosen:
        others = [sheet for sheet in book.worksheets if not tables[sheet.title] and _is_open(sheet)]
        if len(others) != 1:
            faults.add("", 0, "", faults.say("which_sheet", sheets=", ".join(shown(sheet.title) for sheet in others)))
            return {}
        chosen = {others[0].title: ""}
    found: dict[str, Raw] = {}
    for sheet in book.worksheets:
        title = sheet.title
        if title not in chosen:
            if not tables[title]:
                faults.changed(title, 0, "", title, faults.say("sheet_not_read"))
            continue
        if not _is_open(sheet):
            faults.add(title, 0, "", faults.say("hidden_sheet"))
        elif chosen[title] in found:
            faults.add(title, 0, "", faults.say("second_sheet", first=shown(found[chosen[title]].sheet)))
        elif (raw := _table(book, sheet, chosen[title], faults)) is not None:
            found[chosen[title]] = raw
    return found


def _is_open(sheet: Any) -> bool:
    return bool(sheet.sheet_state == "visible")


def _rows(sheet: Any, faults: Faults) -> Iterator[tuple[int, list[Any]]]:
    """Row number and values of the rows that are not blank; what is no value is a problem and becomes None."""
    told: dict[str, list[tuple[int, str]]] = {}
    for number, cells in enumerate(sheet.iter_rows(max_col=COLUMNS_MAX + 1, max_row=SHEET_ROWS_MAX + 1), start=1):
        values = [_value(cell, told, number) for cell in cells]
        if all(value is None for value in values):
            continue
        if number > SHEET_ROWS_MAX:
            faults.add(sheet.title, number, "", faults.say("too_many_rows_in_sheet", most=SHEET_ROWS_MAX))
            break
        if values[-1] is not None and len(values) > COLUMNS_MAX:
            message = faults.say("too_many_columns", count=f"> {COLUMNS_MAX}", most=COLUMNS_MAX)
            faults.add(sheet.title, number, "", message)
            break
        yield number, values
    for key, places in told.items():
        for column in dict.fromkeys(column for _, column in places):
            faults.add_rows(sheet.title, [row for row, at in places if at == column], column, faults.say(key))


def _value(cell: Any, told: dict[str, list[tuple[int, str]]], row: int) -> Any:
    """Number, text or None of a cell; anything else is noted in ``told`` under the key of its message."""
    value = cell.value
    if value is None:
        return None
    if cell.data_type == FORMULA or not isinstance(value, str | int | float | datetime.date | datetime.time | bool):
        fault = "is_formula" if not isinstance(value, datetime.timedelta) else "is_date"
    elif cell.data_type == ERROR:
        fault = "is_error"
    elif isinstance(value, bool):
        fault = "is_truth"
    elif isinstance(value, datetime.date | datetime.time):
        fault = "is_date"
    elif isinstance(value, str):
        text = value.strip()
        fault = "too_long" if len(text) > CELL_LENGTH_MAX else "has_control" if CONTROL.search(text) else ""
        value = text or None
    else:
        fault = "" if abs(value) < float("inf") else "is_error"
        value = float(value) if not fault else None
    if fault:
        told.setdefault(fault, []).append((row, cell.column_letter))
        return None
    return value


def _table(book: Any, sheet: Any, table: str, faults: Faults) -> Raw | None:
    records = list(_rows(sheet, faults))
    if not records:
        if table in ("", "sites"):
            faults.add(sheet.title, 0, "", faults.say("is_empty"))
        return None
    begin = _headings_at([values for _, values in records[:HEADINGS_WITHIN]], table)
    for row, values in records[:begin]:
        written = next(value for value in values if value is not None)
        faults.changed(sheet.title, row, "", written, faults.say("above_not_read"))
    (header_row, first), records = records[begin], records[begin + 1 :]
    header = ["" if value is None else str(value).strip() for value in first]
    while header and not header[-1]:
        header.pop()
    units: list[str] = []
    if records and are_units(header, following := ["" if value is None else str(value) for value in records[0][1]]):
        units = following
        records.pop(0)
    width = len(header)
    for row, values in records:
        if any(value is not None for value in values[width:]):
            faults.add(sheet.title, row, "", faults.say("beyond_headings"))
    grid = np.empty((len(records), width), dtype=object)
    for at, (_, values) in enumerate(records):
        grid[at] = (values + [None] * width)[:width]
    rows = np.array([row for row, _ in records], dtype=np.int64)
    joined = _merged(merges(book._archive, sheet._worksheet_path), header_row, header, sheet.title, faults)
    return Raw(sheet.title, header, header_row, rows, list(grid.T), units, joined)


def _headings_at(rows: Sequence[Sequence[Any]], table: str) -> int:
    """Which of the first rows has the headings: the first with two that are known; without any, the first row."""
    for at, values in enumerate(rows):
        texts = [value for value in values if isinstance(value, str)]
        layout = table or layout_of(texts)
        if sum(1 for text in texts if heading(text, layout).column) >= 2:
            return at
    return 0


def _merged(
    found: Sequence[Merge], header_row: int, header: list[str], title: str, faults: Faults
) -> tuple[tuple[int, int, int], ...]:
    """Cells merged down one column; those merged sideways, or over the headings, are problems."""
    down = []
    for merge in found:
        if merge.bottom < header_row or merge.left >= len(header):
            continue
        name = header[merge.left]
        if merge.left != merge.right or merge.top <= header_row:
            faults.add(title, merge.top, name, faults.say("merged_cells"))
        else:
            down.append((merge.left, merge.top, merge.bottom))
    return tuple(down)
