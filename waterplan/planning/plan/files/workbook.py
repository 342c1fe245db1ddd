"""A plan as an Excel workbook: numbers are numbers, text is never a formula or a link."""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import xlsxwriter

from waterplan.base.errors import WaterplanError
from waterplan.base.messages import LANGUAGES, Message
from waterplan.base.whole_files import write_whole
from waterplan.planning.plan.files.sheet_columns import Column, Sheet
from waterplan.planning.plan.files.sheets import Book
from waterplan.planning.plan.lines import Lines
from waterplan.study.study import Study

TEXT_IS_TEXT = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
    "in_memory": True,
}
LOCALE = {"en": "[$-409]", "zh": "[$-804]"}
NUMBER_FORMATS = {
    "whole": "#,##0",
    "year": "0",
    "share": "0.0%",
    "volume": "#,##0.0",
    "price": "#,##0.000",
    "intensity": "#,##0.00",
    "figure": "General",
}
FONT = {"en": "Calibri", "zh": "Microsoft YaHei"}
TEXT_LENGTH_MAX = 32_767  # what a cell of Excel holds
NARROWEST, WIDEST = 8, 60
ROWS_MEASURED = 500
NOTE_ROW, HEADING_ROW, FIRST_ROW = 0, 1, 2


def save_excel(
    dataset: xr.Dataset, study: Study, path: str | Path, language: str = "en", lines: Lines | None = None
) -> None:
    """Saves a plan as a workbook in English (en) or Chinese (zh), with a sheet of the lines of withdrawal.

    In each sheet the first row says how to read it, the second has the headings and stays in view.
    Raises WaterplanError for another language, OutputError when the path cannot be written.
    """
    if language not in LANGUAGES:
        raise WaterplanError(Message("errors.language", given=language, languages=LANGUAGES))
    packed = io.BytesIO()
    book = xlsxwriter.Workbook(packed, TEXT_IS_TEXT)
    made_of = f"study {dataset.attrs['study_digest']}, scenario {dataset.attrs['scenario_digest']}"
    book.set_properties({"title": _text(dataset.attrs["title"])[:200], "comments": made_of})
    formats = cell_formats(book, language)
    for sheet in Book(dataset, study, language, lines).sheets():
        write_sheet(book.add_worksheet(sheet.name), sheet, formats)
    book.close()
    write_whole(path, packed.getvalue())


def cell_formats(book: xlsxwriter.Workbook, language: str) -> dict[str, Any]:
    """The looks of cells by style."""
    font = {"font_name": FONT[language], "valign": "top"}
    shown = {name: LOCALE[language] + how for name, how in NUMBER_FORMATS.items()}
    return {
        **{name: book.add_format({**font, "num_format": how}) for name, how in shown.items()},
        "text": book.add_format(font),
        "note": book.add_format({**font, "italic": True}),
        "heading": book.add_format({**font, "bold": True, "text_wrap": True, "bottom": 1, "bg_color": "#E8F0F6"}),
    }


def write_sheet(worksheet: Any, sheet: Sheet, formats: dict[str, Any]) -> None:
    """Writes a note, headings and cells; texts as texts, numbers as numbers."""
    worksheet.write_string(NOTE_ROW, 0, _text(sheet.note), formats["note"])
    rows = max((len(column.cells) for column in sheet.columns), default=0)
    for place, column in enumerate(sheet.columns):
        worksheet.set_column(place, place, _width(column))
        worksheet.write_string(HEADING_ROW, place, _text(column.heading), formats["heading"])
        for row, cell in enumerate(column.cells, start=FIRST_ROW):
            if column.style == "text" and cell:
                worksheet.write_string(row, place, _text(cell), formats["text"])
            elif column.style != "text" and np.isfinite(cell):
                worksheet.write_number(row, place, float(cell), formats[column.style])
    worksheet.freeze_panes(FIRST_ROW, min(2, len(sheet.columns) - 1))
    worksheet.autofilter(HEADING_ROW, 0, HEADING_ROW + max(rows, 1), len(sheet.columns) - 1)


def _text(value: object) -> str:
    """A text that a cell can hold."""
    return str(value).encode("utf-8", "replace").decode()[:TEXT_LENGTH_MAX]


def _width(column: Column) -> int:
    """Wide enough for the cells, or half the heading, which wraps."""
    wide = _signs(column.heading) / 2
    if column.style == "text":
        wide = max([wide, *(_signs(_text(cell)) for cell in column.cells[:ROWS_MEASURED])])
    else:
        wide = max(wide, 12)
    return int(min(max(wide + 2, NARROWEST), WIDEST))


def _signs(text: str) -> int:
    """Width of a text in Latin letters; a Chinese sign takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text[:200])
