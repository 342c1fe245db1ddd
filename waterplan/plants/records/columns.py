"""One table of a plant's file, its columns found, checked and converted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waterplan.base.errors import nearest, suggest
from waterplan.base.messages import Message
from waterplan.base.units import UnitError
from waterplan.base.vocabulary import term
from waterplan.plants.records.csv_text import CELL_LENGTH_MAX, Cells, Raw
from waterplan.plants.records.faults import Faults, shown
from waterplan.plants.records.headers import (
    IGNORED,
    LAYOUTS,
    REQUIRED,
    SITE_NUMBERS,
    SITE_TEXTS,
    TERM_OF,
    VOLUME,
    bare,
    canonical_unit,
    factor_of,
    heading,
    heading_name,
    is_mass,
    label,
)  # fmt: skip
from waterplan.plants.records.names import former_names, names_in
from waterplan.plants.records.record_cells import (
    Column,
    Numbers,
    Rows,
    bounded,
    first_of_each,
    labels,
    lookup,
    numbers,
    required,
    texts,
    years,
)  # fmt: skip
from waterplan.plants.records.totals import totals_among
from waterplan.study.study import Study
from waterplan.study.tables.schema import LABEL_LENGTH_MAX

TOTAL = "withdrawal"
WRITTEN = {  # units as plants write them, the usual one first
    VOLUME: ("万m³", "m³", "亿m³", "万t", "t"),
    "CNY/a": ("万元", "元", "亿元"),
    "CNY/m3": ("元/m³",),
    "CNY/kWh": ("元/kWh",),
    "CNY/MJ": ("元/GJ", "元/MJ"),
    "1": ("%", "1"),
}


@dataclass(frozen=True)
class Names:
    """The labels of a study, by every name they have."""

    study: Study

    @cached_property
    def known(self) -> dict[str, dict[str, str]]:
        """Catalogue -> bare name -> key."""
        found = {name: lookup(getattr(self.study, name), former_names(name)) for name in CATALOGUES}
        provinces = found["provinces"]
        whole = {f"{name}{bare(ending)}": key for name, key in provinces.items() for ending in PROVINCE_ENDINGS}
        return found | {"provinces": whole | provinces}

    @cached_property
    def allowed(self) -> dict[str, list[str]]:
        """Catalogue -> every name, to suggest from."""
        found = {}
        for name in CATALOGUES:
            frame = getattr(self.study, name)
            shown_names = [*frame.index, *frame["name_en"], *frame["name_zh"]]
            found[name] = [str(each) for each in shown_names if isinstance(each, str) and each]
        return found


@lru_cache(maxsize=8)
def names_of(study: Study) -> Names:
    """The labels of a study, found once."""
    return Names(study)


PROVINCE_ENDINGS = (  # of names in full, such as 河北省 and Hebei Province
    "省", "市", "自治区", "壮族自治区", "回族自治区", "维吾尔自治区", "province", "municipality", "autonomous region",
    "zhuang autonomous region", "hui autonomous region", "uygur autonomous region", "uyghur autonomous region",
)  # fmt: skip
CATALOGUES = ("provinces", "products", "technologies", "end_uses")


@dataclass
class Sheet:
    """A table with its columns in canonical units: numbers NaN, texts "" and years 0 where empty."""

    raw: Raw
    layout: str
    columns: dict[str, Numbers | Cells | Rows]
    headings: dict[str, str]

    @property
    def rows(self) -> Rows:
        """Line or row of each record."""
        return self.raw.rows

    def text(self, name: str) -> Cells:
        """A column of texts; all empty where the table has none."""
        found = self.columns.get(name)
        return np.full(len(self.rows), "", dtype=object) if found is None else np.asarray(found, dtype=object)

    def number(self, name: str) -> Numbers:
        """A column of numbers; all NaN where the table has none."""
        found = self.columns.get(name)
        return np.full(len(self.rows), np.nan) if found is None else np.asarray(found, dtype=np.float64)


def read_sheet(raw: Raw, layout: str, names: Names, faults: Faults) -> Sheet | None:
    """The table of a layout; None if its rows mean nothing without a column that is missing or double."""
    found, units = _columns(raw, layout, faults)
    missing = [name for name in REQUIRED[layout] if name not in found]
    for name in missing:
        heading_of = heading_name(name)
        near = [shown(text) for text in raw.header if text and not heading(text, layout).column]
        hit = nearest(heading_of, near) or nearest(heading_of.chinese, near)
        hint = Message("plants.did_you_mean_heading", name=hit) if hit else ""
        told = Message("plants.column_missing", column=heading_of, near=hint)
        faults.add(raw.sheet, raw.header_row, heading_of, told)
    if missing:
        return None
    _fill_merged(raw, layout, found, faults)
    sheet = Sheet(raw, layout, {}, {name: column.heading for name, column in found.items()})
    for name, column in found.items():
        kind = LAYOUTS[layout][name]
        bare_kind = kind.removesuffix("?")
        if bare_kind.startswith("of "):
            catalogue = bare_kind.removeprefix("of ")
            sheet.columns[name] = labels(column, names.known[catalogue], faults, names.allowed[catalogue], catalogue)
        elif bare_kind == "year":
            sheet.columns[name] = years(column, faults)
        elif bare_kind == "number" and name != "output":
            values = numbers(column, faults, share=name == "share")
            sheet.columns[name] = _converted(column, name, units.get(name, ""), values, faults)
        elif bare_kind != "number":
            listed = bare_kind.startswith("list of ")
            sheet.columns[name] = texts(column, faults, CELL_LENGTH_MAX if listed else LABEL_LENGTH_MAX)
    if "output" in found:
        sheet.columns["output"] = _outputs(found["output"], sheet, units.get("output", ""), names.study, faults)
    _no_totals(found["plant"], sheet.text("plant"), faults)
    for name in ("plant", "year", *(("product",) if layout in ("products", "end_uses", "flat") else ())):
        _whole(found[name], sheet.columns[name], faults)
    return sheet


def _columns(raw: Raw, layout: str, faults: Faults) -> tuple[dict[str, Column], dict[str, str]]:
    """Columns and units by name; headings that are not known, double, or empty above cells are problems."""
    found: dict[str, Column] = {}
    units: dict[str, str] = {}
    known = [label(name, language) for name in LAYOUTS[layout] for language in ("en", "zh")]
    for at, text in enumerate(raw.header):
        read = heading(text, layout)
        column = Column(raw, at, text)
        if not text:
            if any(cell == cell and cell is not None for cell in raw.columns[at].tolist()):
                faults.add(raw.sheet, raw.header_row, "", Message("plants.no_heading", number=at + 1))
        elif read.column == IGNORED:
            faults.changed(raw.sheet, raw.header_row, text, text, Message("plants.column_not_read"))
        elif not read.column:
            name = text.partition("(")[0].partition("（")[0].strip()
            total = name.casefold() in ("取水量", "新水量", "用水量", TOTAL, "water use", "water withdrawal")
            key = "which_source" if total else "unknown_heading"
            told = Message(f"plants.{key}", text=shown(text), near=suggest(name[:100], known))
            faults.add(raw.sheet, raw.header_row, text, told)
        elif read.column in found:
            first = found[read.column].heading
            faults.add(raw.sheet, raw.header_row, text, Message("plants.column_twice", first=shown(first)))
        else:
            found[read.column] = column
            units[read.column] = read.unit or (raw.units[at] if at < len(raw.units) else "")
    return found, units


def _fill_merged(raw: Raw, layout: str, found: Mapping[str, Column], faults: Faults) -> None:
    """Cells merged down: a name or year holds for all its rows, and is reported; an amount must stand in one cell."""
    named = {column.at: name for name, column in found.items()}
    for at, top, bottom in sorted(raw.merged, key=lambda merge: named.get(merge[0], "") not in SITE_TEXTS):
        name = named.get(at, "")
        if not name:
            continue
        inside = (raw.rows >= top) & (raw.rows <= bottom)
        if not inside.any():
            continue
        if name in ("plant", "year", "owner", "province", "product"):
            first = raw.columns[at][np.flatnonzero(inside)[0]]
            raw.columns[at][inside] = first
            became = Message("plants.merged_filled", rows=f"{top}-{bottom}")
            faults.changed(raw.sheet, top, raw.header[at], first, became)
        elif layout != "flat" or name not in SITE_NUMBERS or not _one_plant(raw, found, inside):
            faults.add(raw.sheet, top, raw.header[at], Message("plants.merged_cells"))


def _one_plant(raw: Raw, found: Mapping[str, Column], rows: NDArray[np.bool_]) -> bool:
    """Whether rows are of one plant and year."""
    return all(len({str(cell) for cell in raw.columns[found[name].at][rows]}) == 1 for name in ("plant", "year"))


def _no_totals(column: Column, names: Cells, faults: Faults) -> None:
    """Tells where a row of sums stands among those of plants."""
    for count, name in enumerate(totals_among(pd.unique(names).tolist()), start=1):
        if not faults.is_one_more(count, column.raw.sheet, column.heading):
            break
        rows = column.raw.rows[names == name]
        faults.add_rows(column.raw.sheet, rows, column.heading, Message("plants.total_row", text=shown(name)))


def _whole(column: Column, values: Numbers | Cells | Rows, faults: Faults) -> None:
    """Told where a key is empty; what was wrong in the file is told already."""
    cells = column.cells
    empty = np.isnan(cells) if column.is_numbers else cells == np.array(None)
    required(column, np.asarray(empty, dtype=bool), faults)


def _converted(column: Column, name: str, unit: str, values: Numbers, faults: Faults) -> Numbers:
    """Values in the canonical unit; a unit must be written, for 万m³ and m³ are ten thousand apart."""
    raw, goal = column.raw, canonical_unit(name)
    if name == "share":
        unit = unit or "1"
    if not unit:
        example = f"{column.heading}({WRITTEN[goal][0]})"
        faults.add(raw.sheet, raw.header_row, column.heading, Message("plants.no_unit", example=shown(example)))
        return np.full(len(values), np.nan)
    try:
        by = factor_of(name, unit)
    except UnitError:
        message = Message("plants.wrong_unit", text=shown(unit), allowed=WRITTEN[goal])
        faults.add(raw.sheet, raw.header_row, column.heading, message)
        return np.full(len(values), np.nan)
    if (by != 1 or (goal == VOLUME and is_mass(unit))) and not np.isnan(values).all():
        key = "plants.tonnes_are_cubic_metres" if goal == VOLUME and is_mass(unit) else "plants.times"
        faults.changed(raw.sheet, raw.header_row, column.heading, unit, Message(key, by=f"{by:.10g}", unit=goal))
    found = term(TERM_OF.get(name, name))
    upper = np.inf if found.upper is None else found.upper
    return bounded(column, values, by, (0.0, upper, goal), faults)


def _output_factor(unit: str, goal: str) -> tuple[float, str]:
    """What to multiply an output by for the unit of its product; NaN and the key of the message if there is none."""
    if not unit:
        return np.nan, "no_output_unit"
    try:
        return factor_of("output", unit, goal), ""
    except UnitError:
        return np.nan, "wrong_output_unit"


def _outputs(column: Column, sheet: Sheet, unit: str, study: Study, faults: Faults) -> Numbers:
    """Outputs in the unit of each product: the unit of the row, or that of the heading."""
    values = numbers(column, faults)
    raw, product, said = column.raw, sheet.text("product"), sheet.text("output_unit")
    made = {str(key): str(unit) for key, unit in study.products["output_unit"].items()}
    codes, products = pd.factorize(product)
    unit_codes, row_units = pd.factorize(said)
    each, pairs = pd.factorize(codes * (len(row_units) + 1) + unit_codes)
    labels_of = dict(zip(made, names_in(study.products, made), strict=True))
    factors, wrong = np.ones(len(pairs)), 0
    first_rows = raw.rows[first_of_each(each, len(pairs))]
    for at, pair in enumerate(pairs.tolist()):
        name, written = products[pair // (len(row_units) + 1)], row_units[pair % (len(row_units) + 1)] or unit
        if not name:
            continue
        factors[at], fault = _output_factor(written, goal := made[name])
        if fault:
            if not faults.is_one_more(wrong := wrong + 1, raw.sheet, column.heading):
                break
            message = Message(f"plants.{fault}", text=shown(written), unit=goal, product=labels_of[name])
            faults.add_rows(raw.sheet, raw.rows[each == at], column.heading, message)
        elif factors[at] != 1:
            by = f"{factors[at]:.10g}"
            became = Message("plants.times_of", by=by, unit=f"{goal}/a", product=labels_of[name])
            faults.changed(raw.sheet, int(first_rows[at]), column.heading, written, became)
    made_of = bounded(column, values, factors[each] if len(each) else 1.0, (0.0, 1e11, ""), faults)
    nought: NDArray[np.bool_] = made_of == 0
    if nought.any():
        faults.add_rows(raw.sheet, raw.rows[nought], column.heading, Message("plants.no_output"))
    if not column.is_numbers:
        required(column, np.asarray(column.cells == np.array(None), dtype=bool), faults)
    else:
        required(column, np.isnan(np.asarray(column.cells, dtype=np.float64)), faults)
    return made_of
