"""A plant's Excel workbook, told into tables: values only; formulas, dates and errors are refused where they stand."""

from __future__ import annotations

import datetime
import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from itertools import count, islice
from typing import Any

import numpy as np
import openpyxl

from waterplan.base.errors import StoppedError, WaterplanError
from waterplan.base.messages import Message
from waterplan.plants.records.csv_text import CELL_LENGTH_MAX, Raw
from waterplan.plants.records.faults import FAULTS_MAX, Faults, shown
from waterplan.plants.records.headers import HEADINGS_WITHIN, NOT_READ, are_units, bare, headings_at, sheet_names
from waterplan.plants.records.sheet_scan import HIDDEN_TOLD, Merge, Scan, scan
from waterplan.plants.records.upload import may_be_opened
from waterplan.study.tables.sheet import COLUMNS_MAX, CONTROL

SHEET_ROWS_MAX = 20_000
SHEETS_MAX = 50
GLANCE = 500  # rows that are looked at before the others are read; then twice as many each time, so that work is linear
FORMULA, ERROR = "f", "e"
Told = dict[tuple[str, str], list[int]]  # key of a message and column -> rows
Record = tuple[int, list[Any]]  # number of a row and its values
Glance = Callable[[Raw, str, Faults], object]  # tells what is wrong in the first rows of a table
Cancelled = Callable[[], bool]


def read_workbook(data: bytes, faults: Faults, glance: Glance, cancelled: Cancelled) -> dict[str, Raw]:
    """Tables by name (headers.LAYOUTS; "" for a lone sheet whose layout its headings tell); problems in ``faults``.

    Raises DataError where the rows that were looked at (the first 500, 1000, 2000, ...) have so many faults that the
    others need not be read, and StoppedError once ``cancelled`` holds.
    """
    if not may_be_opened(data, faults):
        return {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of fonts and rules that openpyxl does not keep
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
            try:
                return _tables(book, faults, glance, cancelled)
            finally:
                book.close()
    except WaterplanError:
        raise
    except Exception as error:
        faults.add("", 0, "", Message("plants.cannot_be_opened", what=shown(str(error) or type(error).__name__)))
        return {}


def _tables(book: Any, faults: Faults, glance: Glance, cancelled: Cancelled) -> dict[str, Raw]:
    if len(book.worksheets) > SHEETS_MAX:
        faults.add("", 0, "", Message("plants.too_many_sheets", most=SHEETS_MAX))
        return {}
    names = sheet_names()
    tables = {sheet.title: names.get(bare(sheet.title), "") for sheet in book.worksheets}
    chosen = {title: table for title, table in tables.items() if table not in ("", *NOT_READ)}
    if not chosen:
        others = [sheet for sheet in book.worksheets if not tables[sheet.title] and _is_open(sheet)]
        if len(others) != 1:
            titles = [shown(sheet.title) for sheet in others]
            faults.add("", 0, "", Message("plants.which_sheet", sheets=titles))
            return {}
        chosen = {others[0].title: ""}
    found: dict[str, Raw] = {}
    for sheet in book.worksheets:
        title = sheet.title
        if title not in chosen:
            if not tables[title]:
                faults.changed(title, 0, "", title, Message("plants.sheet_not_read"))
            continue
        if not _is_open(sheet):
            faults.add(title, 0, "", Message("plants.hidden_sheet"))
        elif chosen[title] in found:
            faults.add(title, 0, "", Message("plants.second_sheet", first=shown(found[chosen[title]].sheet)))
        elif (raw := _table(book, sheet, chosen[title], faults, glance, cancelled)) is not None:
            found[chosen[title]] = raw
    return found


def _is_open(sheet: Any) -> bool:
    return bool(sheet.sheet_state == "visible")


def _rows(sheet: Any, told: Told, cancelled: Cancelled) -> Iterator[Record]:
    """The rows that are not blank; what is no value is noted in ``told`` and becomes None."""
    sheet.reset_dimensions()  # what the file says of its size may be anything; rows are as long as they are
    for number, cells in enumerate(sheet.iter_rows(max_row=SHEET_ROWS_MAX), start=1):
        if number % GLANCE == 0 and cancelled():
            raise StoppedError(Message("plants.nobody_waits"))
        values = [_value(cell, told, number) for cell in cells]
        if any(value is not None for value in values):
            yield number, values


def _told(sheet: Any, told: Told, faults: Faults) -> None:
    for (key, column), rows in told.items():
        faults.add_rows(sheet.title, rows, column, Message(f"plants.{key}"))


def _value(cell: Any, told: Told, row: int) -> Any:
    """Number, text or None of a cell, a percentage as the text that is seen; anything else is noted in ``told``."""
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
        if value is not None and "%" in (cell.number_format or ""):
            value = f"{100 * value:.15g}%"
    if fault:
        told.setdefault((fault, cell.column_letter), []).append(row)
        return None
    return value


def _table(book: Any, sheet: Any, table: str, faults: Faults, glance: Glance, cancelled: Cancelled) -> Raw | None:
    seen = scan(book._archive.read(sheet._worksheet_path), SHEET_ROWS_MAX, COLUMNS_MAX)
    if seen.row_beyond:
        message = Message("plants.too_many_rows_in_sheet", most=SHEET_ROWS_MAX)
        faults.add(sheet.title, seen.row_beyond, "", message)
    if seen.column_beyond:
        faults.add(sheet.title, 0, "", Message("plants.cell_beyond_columns", most=COLUMNS_MAX))
    if seen.row_beyond or seen.column_beyond:
        return None
    told: Told = {}
    rows = _rows(sheet, told, cancelled)
    records: list[Record] = []
    for most in (GLANCE << times for times in count()):
        records += islice(rows, most - len(records))
        if len(records) < most:
            break
        _look(sheet, table, records, seen, told, faults, glance)
    _told(sheet, told, faults)
    return _raw(sheet, table, records, seen, faults)


def _look(
    sheet: Any, table: str, records: list[Record], seen: Scan, told: Told, faults: Faults, glance: Glance
) -> None:
    """Looks at the first rows. Raises DataError with what is wrong in them where that is much."""
    here = Faults(faults.file)
    _told(sheet, told, here)
    first = _raw(sheet, table, records, seen, here)
    if first is not None:
        glance(first, table, here)
    if len(here.problems) >= FAULTS_MAX:
        here.add(sheet.title, 0, "", Message("plants.rest_not_read", count=len(here.problems), row=records[-1][0]))
        faults.problems += here.problems
        faults.stop()


def _raw(sheet: Any, table: str, records: list[Record], seen: Scan, faults: Faults) -> Raw | None:
    """The table that rows make."""
    if not records:
        if table in ("", "sites"):
            faults.add(sheet.title, 0, "", Message("plants.is_empty"))
        return None
    begin = headings_at([values for _, values in records[:HEADINGS_WITHIN]], table)
    for row, values in records[:begin]:
        written = next(value for value in values if value is not None)
        faults.changed(sheet.title, row, "", written, Message("plants.above_not_read"))
    (header_row, first), records = records[begin], records[begin + 1 :]
    header = ["" if value is None else str(value).strip() for value in first]
    while header and not header[-1]:
        header.pop()
    units: list[str] = []
    if records and are_units(header, following := ["" if value is None else str(value) for value in records[0][1]]):
        units = following
        records.pop(0)
    width = len(header)
    beyond = [row for row, values in records if any(value is not None for value in values[width:])]
    faults.add_rows(sheet.title, beyond, "", Message("plants.beyond_headings"))
    grid = np.empty((len(records), width), dtype=object)
    for at, (_, values) in enumerate(records):
        grid[at] = (values + [None] * width)[:width]
    rows = np.array([row for row, _ in records], dtype=np.int64)
    joined = _merged(seen.merges, header_row, header, sheet.title, faults)
    _hidden(seen, header_row, header, sheet.title, faults)
    return Raw(sheet.title, header, header_row, rows, list(grid.T), units, joined)


def _hidden(seen: Scan, header_row: int, header: Sequence[str], title: str, faults: Faults) -> None:
    """Reports hidden rows and columns, which hold like those that are seen."""
    rows = [row for row in seen.hidden_rows if row >= header_row]
    if rows:
        more = ", ..." if len(rows) > HIDDEN_TOLD else ""
        written = ", ".join(map(str, rows[:HIDDEN_TOLD])) + more
        faults.changed(title, rows[0], "", written, Message("plants.hidden_rows"))
    for first, last in seen.hidden_columns:
        for name in filter(None, header[first : last + 1]):
            faults.changed(title, header_row, name, name, Message("plants.hidden_column"))


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
            faults.add(title, merge.top, name, Message("plants.merged_cells"))
        else:
            down.append((merge.left, merge.top, merge.bottom))
    return tuple(down)
