"""What ``benchmark`` gives, as files: netCDF, an Excel workbook, or CSV; no text is a formula or a link."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import xarray as xr
import xlsxwriter

from waterplan.errors import WaterplanError, suggest
from waterplan.messages import LANGUAGES, Texts
from waterplan.plan.files.sheets import Column, Sheet
from waterplan.plan.files.tidy import BYTE_ORDER_MARK, csv_cell
from waterplan.plan.files.workbook import TEXT_IS_TEXT, cell_formats, write_sheet
from waterplan.plan.files.writing import write_whole
from waterplan.standing.many import GRADE, MADE, TERMS, YEARLY
from waterplan.vocabulary import term

SUFFIXES = (".nc", ".xlsx", ".csv")
ROOM = "standing"
WHOLE, SHARES = ("year", "site"), ("1",)


def write_benchmark(answer: xr.Dataset, path: str | Path, language: str = "en") -> None:
    """Writes what ``benchmark`` gave; the end of the name says how.

    ``.nc``: everything, as netCDF. ``.xlsx``: a sheet of plants, one of their products, one of what reading changed.
    ``.csv``: a row for each product, with the columns of its plant. Headings are in the language asked for. Raises
    WaterplanError for another end or language, DataError when the path cannot be written.
    """
    goal = Path(path)
    suffix = goal.suffix.lower()
    if suffix not in SUFFIXES:
        raise WaterplanError(f"{goal}: ends in none of {', '.join(SUFFIXES)}.{suggest(suffix, SUFFIXES)}")
    if language not in LANGUAGES:
        raise WaterplanError(f'language "{language}": there is {" and ".join(LANGUAGES)}.')
    packed = {".nc": _netcdf, ".xlsx": _workbook, ".csv": _csv}[suffix](answer, language)
    write_whole(goal, packed)


def _netcdf(answer: xr.Dataset, _: str) -> bytes:
    content = io.BytesIO()
    answer.to_netcdf(content, engine="h5netcdf")
    return content.getvalue()


def _columns(answer: xr.Dataset, dim: str, language: str) -> list[Column]:
    """A column for each variable of a dim, and for each grade of those that have grades."""
    say, made = Texts(ROOM, language), []
    names = [name for name, array in answer.variables.items() if array.dims[:1] == (dim,)]
    coords = [name for name in names if name in answer.coords]
    for name in [*coords, *(name for name in names if name not in coords)]:
        array = answer[name]
        found = term(TERMS.get(str(name), str(name)))
        unit = f" ({found.unit})" if found.unit not in ("", "1") else ""
        parts = (
            [(grade, array.sel(grade=grade)) for grade in answer[GRADE].values]
            if GRADE in array.dims
            else [("", array)]
        )
        for grade, part in parts:
            of_grade = f"{say('between')}{say(f'grade_{grade}')}" if grade else ""
            values = part.to_numpy()
            if name == "site":
                values = values + 1  # counted from one, as rows of the sheet of plants are
            style = "text" if values.dtype.kind in "UO" else "year" if name in WHOLE else _style(found.unit)
            made.append(Column(found.label(language) + of_grade + unit, values.tolist(), style))
    return made


def _style(unit: str) -> str:
    return "share" if unit in SHARES else "figure"


def _workbook(answer: xr.Dataset, language: str) -> bytes:
    say, content = Texts(ROOM, language), io.BytesIO()
    book = xlsxwriter.Workbook(content, TEXT_IS_TEXT)
    formats = cell_formats(book, language)
    made_of = say("study", title=answer.attrs["title"], name=answer.attrs["study"])
    for name, dim in (("sheet_plants", YEARLY), ("sheet_products", MADE)):
        sheet = Sheet(say(name), made_of, _columns(answer, dim, language))
        write_sheet(book.add_worksheet(sheet.name), sheet, formats)
    changed = str(answer.attrs["conversions"]).splitlines()
    sheet = Sheet(say("sheet_changed"), made_of, [Column(say("changed"), changed)])
    write_sheet(book.add_worksheet(sheet.name), sheet, formats)
    book.close()
    return content.getvalue()


def _csv(answer: xr.Dataset, language: str) -> bytes:
    site = answer["site"].to_numpy()
    plants = _columns(answer, YEARLY, language)
    products = [column for column in _columns(answer, MADE, language) if column.heading != term(YEARLY).label(language)]
    columns = [np.asarray(column.cells, dtype=object)[site].tolist() for column in plants]
    columns += [list(column.cells) for column in products]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([csv_cell(column.heading) for column in (*plants, *products)])
    writer.writerows([csv_cell(cell) for cell in row] for row in zip(*columns, strict=True))
    return (BYTE_ORDER_MARK + text.getvalue()).encode("utf-8", "replace")
