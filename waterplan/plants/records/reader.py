"""Records of plants from CSV and Excel: everything wrong at once, every conversion reported, nothing guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from waterplan.base.errors import PATHS, DataError, WaterplanError, must_be
from waterplan.base.messages import Message
from waterplan.base.plain_files import TooLargeError, read_plain, why_unreadable
from waterplan.plants.records.balance import BALANCE_TOLERANCE, SHARES_SLACK, inconsistencies
from waterplan.plants.records.columns import Sheet, names_of, read_sheet
from waterplan.plants.records.csv_text import BYTES_MAX, Cells, Raw, read_csv
from waterplan.plants.records.excel_book import read_workbook
from waterplan.plants.records.faults import Faults, shown
from waterplan.plants.records.headers import SITE_NUMBERS, heading_name, layout_of
from waterplan.plants.records.links import (
    Places,
    end_use_shares_of,
    products_of,
    sites_of,
    technologies_of,
    variants_known,
)  # fmt: skip
from waterplan.plants.records.record_cells import Rows
from waterplan.plants.records.records import Conversion, Records
from waterplan.study.study import Study
from waterplan.study.tables.path_faults import not_a_file

PACKED = b"PK"
TOLD = 100


def read_records(
    source: str | Path | bytes,
    study: Study,
    name: str = "",
    tolerance: float = BALANCE_TOLERANCE,
    cancelled: Callable[[], bool] = lambda: False,
) -> Records:
    """The records in a CSV or Excel file, given as a path or as its content.

    name: what the file is called in messages. tolerance: of the water balance [1].
    What the file is is told by its content, never by its name. Raises DataError with all problems: file [sheet], row,
    column and what to do, of a workbook that has many in its first 500 (1000, 2000, ...) rows those; WaterplanError
    for a tolerance that is none; StoppedError once ``cancelled`` holds.
    """
    must_be(source, (bytes, *PATHS), "records", Message("plants.a_source"), DataError)
    must_be(study, Study, "study", Message("plants.a_study"), DataError)
    _check_asked(tolerance)
    faults = Faults(shown(name or (Path(source).name if not isinstance(source, bytes) else "upload")))
    data = source if isinstance(source, bytes) else _content(Path(source), faults)
    if data is not None and data.startswith(PACKED):
        names = names_of(study)

        def glance(raw: Raw, table: str, here: Faults) -> None:
            read_sheet(raw, table or layout_of(raw.header), names, here)

        tables = read_workbook(data, faults, glance, cancelled)
    else:
        raw = read_csv(data, faults) if data is not None else None
        tables = {} if raw is None else {"": raw}
    return _records(tables, study, faults, tolerance)


def read_table(
    cells: Mapping[str, Sequence[object]],
    study: Study,
    name: str = "form",
    tolerance: float = BALANCE_TOLERANCE,
) -> Records:
    """The records of a flat table that is no file, such as a form: heading (with unit) -> cells, text or numbers."""
    _check_asked(tolerance)
    columns: list[NDArray[np.float64] | NDArray[np.object_]] = []
    for given in cells.values():
        made = np.empty(len(given), dtype=object)
        made[:] = [float(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) and cell == cell
                   else (str(cell).strip() or None) if cell is not None and cell == cell else None
                   for cell in given]  # fmt: skip
        columns.append(made)
    length = len(columns[0]) if columns else 0
    raw = Raw("", list(cells), 1, np.arange(2, length + 2), columns)
    return _records({"": raw}, study, Faults(shown(name)), tolerance)


def _check_asked(tolerance: float) -> None:
    if not tolerance >= 0:
        raise WaterplanError(Message("plants.no_tolerance", given=tolerance))


def _content(path: Path, faults: Faults) -> bytes | None:
    fault = not_a_file(path)
    if not fault:
        try:
            return read_plain(path, BYTES_MAX)
        except TooLargeError as error:
            size = f"{error.size / 2**20:.0f}"
            fault = Message("plants.too_many_bytes", size=size, most=f"{BYTES_MAX / 2**20:.0f}")
        except OSError as error:
            fault = why_unreadable(error)
    faults.add("", 0, "", fault)
    return None


@dataclass(frozen=True)
class Again:
    """The tables as they were written, to tell what reading changed in the rows of one plant and year.

    tables: layout -> the table, and the plant and the year of each of its rows. of_file: what was changed before there
    were rows, such as sheets that are not read.
    """

    tables: Mapping[str, tuple[Raw, Cells, Rows]]
    study: Study
    file: str
    of_file: tuple[Conversion, ...]
    tolerance: float

    @property
    def cells(self) -> int:
        """How many cells the tables have."""
        return sum(len(raw.rows) * len(raw.columns) for raw, _, _ in self.tables.values())

    def __call__(self, plant: str, year: int) -> tuple[Conversion, ...]:
        """What was changed in the rows of a plant and year, and in the headings above them: they are read again."""
        faults = Faults(self.file, conversions=list(self.of_file))
        parts = {}
        for layout, (raw, plants, years) in self.tables.items():
            wanted = (plants == plant) & (years == year)
            if wanted.any():
                parts[layout] = raw.part(wanted)
        return _records(parts, self.study, faults, self.tolerance).conversions


def _records(tables: dict[str, Raw], study: Study, faults: Faults, tolerance: float) -> Records:
    names, of_file = names_of(study), tuple(faults.conversions)
    if (lone := tables.pop("", None)) is not None:
        tables[layout_of(lone.header)] = lone
    if tables and "flat" not in tables:
        for needed in ("sites", "products"):
            if needed not in tables and not faults.problems:
                faults.add("", 0, "", Message(f"plants.no_{needed}"))
    written = {layout: replace(raw, columns=list(raw.columns)) for layout, raw in tables.items()}
    sheets = {layout: read_sheet(raw, layout, names, faults) for layout, raw in tables.items()}
    faults.stop()
    whole = {layout: sheet for layout, sheet in sheets.items() if sheet is not None}
    main = whole.get("flat") or whole["sites"]
    if not len(main.rows):
        faults.add(main.raw.sheet, 0, "", Message("plants.no_rows"))
        faults.stop()
    sites, places = sites_of(main, faults)
    products = products_of(whole.get("flat") or whole["products"], places, variants_known(study), faults)
    technologies = technologies_of(whole.get("flat") or whole.get("technologies"), places, names, faults)
    shares = end_use_shares_of(whole.get("end_uses"), places, SHARES_SLACK, faults)
    _not_in_the_file(main, faults)
    again = Again(
        {layout: (raw, whole[layout].text("plant"), np.asarray(whole[layout].columns["year"]))
         for layout, raw in written.items()},
        study, faults.file, of_file, tolerance,
    )  # fmt: skip
    records = Records(sites, products, technologies, shares, tuple(faults.conversions), again)
    _consistent(records, main, places, tolerance, faults)
    faults.stop()
    return records


def _not_in_the_file(main: Sheet, faults: Faults) -> None:
    """Sources without a column, or whose column is empty: said once, because sums leave them out."""
    empty = [name for name in SITE_NUMBERS if name.startswith("withdrawal_") and np.isnan(main.number(name)).all()]
    if empty:
        columns = Message("plants.columns", columns=[heading_name(name) for name in empty])
        became = Message("plants.not_counted")
        faults.conversions.append(
            Conversion(faults.file, shown(main.raw.sheet), main.raw.header_row, "", columns, became)
        )


def _consistent(records: Records, main: Sheet, places: Places, tolerance: float, faults: Faults) -> None:
    """Tells what cannot be true of a plant-year, in the row where it begins."""
    for finding in inconsistencies(records, tolerance):
        column = main.headings.get(finding.column, heading_name(finding.column) if finding.column else "")
        for at in finding.where[:TOLD].tolist():
            faults.add(main.raw.sheet, int(places.rows[at]), column, finding.says(at))
        if len(finding.where) > TOLD:
            faults.add(main.raw.sheet, 0, column, Message("plants.more_rows", count=len(finding.where) - TOLD))
