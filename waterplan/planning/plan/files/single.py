"""One table as a file of its own, CSV or Excel, with the manners of the others: no text is a formula or a link."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import xlsxwriter

from waterplan.base.errors import WaterplanError, suggest
from waterplan.base.messages import LANGUAGES, Message
from waterplan.base.spreadsheet import pack_csv
from waterplan.planning.plan.files.sheets import Column, Sheet
from waterplan.planning.plan.files.workbook import TEXT_IS_TEXT, cell_formats, write_sheet

KINDS = ("csv", "xlsx")
SHEET_NAME_MAX = 31
NOT_IN_A_NAME = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))

Cell = str | float | int | None


def pack_table(
    kind: str, columns: Sequence[tuple[str, Sequence[Cell]]], title: str = "", note: str = "", language: str = "en"
) -> bytes:
    """One table as the content of a file. columns: heading and cells, texts or numbers; None is an empty cell.

    kind: csv (the table alone, with a byte order mark) or xlsx (``title`` names the sheet, ``note`` stands above).
    Raises WaterplanError for another kind or language, or columns of different lengths.
    """
    if kind not in KINDS:
        raise WaterplanError(Message("plan_errors.table_kind", given=kind, known=KINDS, near=suggest(kind, KINDS)))
    if language not in LANGUAGES:
        raise WaterplanError(Message("errors.language", given=language, languages=LANGUAGES))
    if len({len(cells) for _, cells in columns}) > 1:
        raise WaterplanError(Message("plan_errors.uneven_columns"))
    return _csv(columns) if kind == "csv" else _workbook(columns, title, note, language)


def _csv(columns: Sequence[tuple[str, Sequence[Cell]]]) -> bytes:
    return pack_csv((heading for heading, _ in columns), zip(*(cells for _, cells in columns), strict=True))


def _workbook(columns: Sequence[tuple[str, Sequence[Cell]]], title: str, note: str, language: str) -> bytes:
    packed = io.BytesIO()
    book = xlsxwriter.Workbook(packed, TEXT_IS_TEXT)
    name = title.translate(NOT_IN_A_NAME).strip()[:SHEET_NAME_MAX]
    sheet = Sheet(name, note, [_column(heading, cells) for heading, cells in columns])
    write_sheet(book.add_worksheet(name or None), sheet, cell_formats(book, language))
    book.close()
    return packed.getvalue()


def _column(heading: str, cells: Sequence[Cell]) -> Column:
    if any(isinstance(cell, str) for cell in cells):
        return Column(heading, ["" if cell is None else str(cell) for cell in cells])
    return Column(heading, [np.nan if cell is None else float(cell) for cell in cells], "figure")
