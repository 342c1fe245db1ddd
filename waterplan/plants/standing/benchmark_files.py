"""What ``benchmark`` gives, as files: netCDF, an Excel workbook, or CSV; no text is a formula or a link."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import xarray as xr
import xlsxwriter

from waterplan.base.errors import WaterplanError, suggest
from waterplan.base.messages import LANGUAGES, Message
from waterplan.base.spreadsheet import pack_csv
from waterplan.base.texts import Texts
from waterplan.base.vocabulary import term
from waterplan.base.whole_files import write_whole
from waterplan.planning.plan.files.sheets import Column, Sheet
from waterplan.planning.plan.files.workbook import TEXT_IS_TEXT, cell_formats, write_sheet
from waterplan.plants.records.headers import label as heading_of
from waterplan.plants.standing.benchmark import GRADE, MADE, TERMS, YEARLY

SUFFIXES = (".nc", ".xlsx", ".csv")
ROOM = "standing"
WHOLE, SHARES = ("year", "site"), ("1",)
KEYS = 2  # plant and year stand first
CATALOGUES, VARIANT = ("product", "province"), "variant"
SPOKEN = {  # words of the answer: beginning of their texts
    "mix_grade": "grade", "mix_grade_estimated": "grade", "mix_grade_all_sources": "grade", "product_grade": "grade",
    "product_grade_estimated": "grade", "mix_status": "status", "product_status": "status",
    "product_allocation": "allocation", "place_basis": "among",
}  # fmt: skip


def write_benchmark(answer: xr.Dataset, path: str | Path, language: str = "en") -> None:
    """Writes what ``benchmark`` gave; the end of the name says how.

    ``.nc``: everything, as netCDF. ``.xlsx``: a sheet of plants, one of their products, one of what reading changed.
    ``.csv``: a row for each product, with the columns of its plant. Headings, names of products and provinces, and
    words such as grades are in the language asked for; netCDF keeps the keys. Raises WaterplanError
    for another end or language, DataError when the path cannot be written.
    """
    goal = Path(path)
    suffix = goal.suffix.lower()
    if suffix not in SUFFIXES:
        raise WaterplanError(Message("standing.no_such_end", path=goal, ends=SUFFIXES, near=suggest(suffix, SUFFIXES)))
    if language not in LANGUAGES:
        raise WaterplanError(Message("errors.language", given=language, languages=LANGUAGES))
    packed = {".nc": _netcdf, ".xlsx": _workbook, ".csv": _csv}[suffix](answer, language)
    write_whole(goal, packed)


def _netcdf(answer: xr.Dataset, _: str) -> bytes:
    content = io.BytesIO()
    answer.to_netcdf(content, engine="h5netcdf")
    return content.getvalue()


def _columns(answer: xr.Dataset, dim: str, language: str) -> list[Column]:
    """A column for each variable of a dim, and for each grade of those that have grades."""
    say, made, labels = Texts(ROOM, language), [], _labels(answer)
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
            style = "text" if values.dtype.kind in "UO" else "year" if name in WHOLE else _style(found.unit)
            cells = values.tolist()
            if name in (*CATALOGUES, VARIANT, *SPOKEN):
                spoken = {cell: _word(str(name), cell, labels, say) for cell in np.unique(values).tolist()}
                cells = [spoken[cell] for cell in cells]
            made.append(Column(found.label(language) + of_grade + unit, cells, style))
    return made


def _labels(answer: xr.Dataset) -> dict[str, list[str]]:
    """What products, provinces and variants are called, English and Chinese, and the unit of a product's output."""
    return dict(json.loads(str(answer.attrs.get("labels", "{}"))))


def _word(name: str, cell: str, labels: dict[str, list[str]], say: Texts) -> str:
    """A key or a word of the answer as people say it; what has no name stays as it is."""
    if name in (*CATALOGUES, VARIANT):
        key = f"variant:{cell}" if name == VARIANT else cell
        return labels[key][LANGUAGES.index(say.language)] if key in labels else cell
    texts = {
        "grade": f"grade_{cell}", "status": f"status_{cell}", "allocation": f"allocation_{cell}",
        "among": f"among_{cell}",
    }  # fmt: skip
    return say(texts[SPOKEN[name]]) if cell else cell


def _of_products(answer: xr.Dataset, language: str, plants: list[Column]) -> list[Column]:
    """Columns of the products, after some of their plants."""
    site = answer["site"].to_numpy()
    own = [replace(column, cells=np.asarray(column.cells, dtype=object)[site].tolist()) for column in plants]
    row, labels = term(YEARLY).label(language), _labels(answer)
    units = [labels[key][len(LANGUAGES)] if key in labels else "" for key in answer["product"].values.tolist()]
    made = [column for column in _columns(answer, MADE, language) if column.heading != row]
    return [*own, *made, Column(heading_of("output_unit", language), units)]


def _style(unit: str) -> str:
    return "share" if unit in SHARES else "figure"


def _workbook(answer: xr.Dataset, language: str) -> bytes:
    say, content = Texts(ROOM, language), io.BytesIO()
    book = xlsxwriter.Workbook(content, TEXT_IS_TEXT)
    formats = cell_formats(book, language)
    title = answer.attrs.get(f"title_{language}", answer.attrs["title"])
    made_of = say("study", title=title, name=answer.attrs["study"])
    plants = _columns(answer, YEARLY, language)
    products = _of_products(answer, language, plants[:KEYS])
    for name, columns in (("sheet_plants", plants), ("sheet_products", products)):
        sheet = Sheet(say(name), made_of, columns)
        write_sheet(book.add_worksheet(sheet.name), sheet, formats)
    english = answer.attrs["conversions"]
    changed = str(answer.attrs.get(f"conversions_{language}", english)).splitlines()
    sheet = Sheet(say("sheet_changed"), made_of, [Column(say("changed"), changed)])
    write_sheet(book.add_worksheet(sheet.name), sheet, formats)
    book.close()
    return content.getvalue()


def _csv(answer: xr.Dataset, language: str) -> bytes:
    columns = _of_products(answer, language, _columns(answer, YEARLY, language))
    rows = zip(*(column.cells for column in columns), strict=True)
    return pack_csv((column.heading for column in columns), rows)
