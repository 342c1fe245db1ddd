"""From tables to records: one row a plant-year, and products, technologies and end uses that belong to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waterplan.base.messages import LANGUAGES, Message, Name
from waterplan.plants.records.columns import Names, Sheet
from waterplan.plants.records.faults import Faults, shown
from waterplan.plants.records.headers import KEYS, SITE_NUMBERS, SITE_TEXTS, bare
from waterplan.plants.records.names import former_names, in_a_row
from waterplan.plants.records.record_cells import Rows, first_of_each, nearest
from waterplan.plants.records.records import KEY
from waterplan.study.study import Study

TECHNOLOGY_MARKS = re.compile(r"[;；、|\n]")
SAME = 1e-9
PLANTS_LOOKED_AT = 2000  # for the nearest name
Variants = Mapping[str, Mapping[str, Name]]


@dataclass(frozen=True)
class Places:
    """Where the plant-years stand: ``of`` each row of the main table its plant-year, ``rows`` where each begins."""

    index: pd.MultiIndex
    of: Rows
    rows: Rows

    def find(self, sheet: Sheet, faults: Faults) -> Rows:
        """The plant-year of each row of another table, -1 where there is none, which is a problem."""
        keys = pd.MultiIndex.from_arrays([sheet.text("plant"), sheet.columns["year"]], names=KEY)
        at = self.index.get_indexer(keys).astype(np.int64)
        plants = self.index.get_level_values(0).unique().tolist()
        for lost in np.flatnonzero(at < 0)[:100]:
            plant, year = keys[lost]
            if plant and year:
                near = "" if plant in plants or len(plants) > PLANTS_LOOKED_AT else nearest(plant, map(shown, plants))
                message = Message("plants.plant_not_in_sites", plant=shown(plant), year=year, near=near)
                faults.add(sheet.raw.sheet, int(sheet.rows[lost]), sheet.headings["plant"], message)
        return at


def sites_of(main: Sheet, faults: Faults) -> tuple[pd.DataFrame, Places]:
    """The plant-years; in a flat table the rows of one plant-year must agree, or leave a cell empty."""
    plants, names = pd.factorize(main.text("plant"))
    years = np.asarray(main.columns["year"], dtype=np.int64)
    joined = plants * 10_000 + years
    of, keys = pd.factorize(joined)
    first = np.zeros(len(keys), dtype=np.int64)
    first[of[::-1]] = np.arange(len(of))[::-1]
    year_codes, year_names = pd.factorize(years[first])
    index = pd.MultiIndex(
        levels=[pd.Index(names, dtype=object), pd.Index(year_names)],  # type: ignore[list-item]
        codes=[plants[first], year_codes],  # type: ignore[list-item]
        names=KEY,
        verify_integrity=False,
    )
    columns: dict[str, NDArray[np.float64] | NDArray[np.object_]] = {}
    alone = len(keys) == len(of)
    if not alone and main.layout == "sites":
        for at in np.flatnonzero(first[of] != np.arange(len(of)))[:100]:
            message = Message("plants.plant_twice", row=main.rows[first[of[at]]])
            faults.add(main.raw.sheet, int(main.rows[at]), main.headings["plant"], message)
        alone = True
    for name in (*SITE_TEXTS, *SITE_NUMBERS):
        if name in KEYS:
            continue
        text = name in SITE_TEXTS
        values = main.text(name) if text else main.number(name)
        if len(keys) < len(of):
            values = values[first] if alone else _agreed(main, name, values, of, first, faults)
        columns[name] = values
    sites = pd.DataFrame(as_they_are(columns, index), index=index, copy=False)
    for name in ("province", "consumed"):
        missing = columns[name] == "" if name == "province" else np.isnan(columns[name].astype(np.float64))
        rows = main.rows[first[np.asarray(missing)]]
        faults.add_rows(main.raw.sheet, rows, main.headings[name], Message("plants.empty"))
    return sites, Places(index, of, main.rows[first])


def _agreed(
    main: Sheet, name: str, values: NDArray[np.float64] | NDArray[np.object_], of: Rows, first: Rows, faults: Faults
) -> NDArray[np.float64] | NDArray[np.object_]:
    """The value of each plant-year: the first cell that is not empty; others that differ are problems."""
    given = values != "" if values.dtype.kind == "O" else ~np.isnan(values.astype(np.float64))
    places = np.flatnonzero(given)
    made = values[first].copy()
    made[of[places[::-1]]] = values[places[::-1]]
    here = made[of[places]]
    if values.dtype.kind == "O":
        differs = here != values[places]
    else:
        differs = np.abs(here - values[places]) > SAME * np.abs(here)
    if differs.any():
        message = Message("plants.differs_from_first")
        faults.add_rows(main.raw.sheet, main.rows[places[differs]], main.headings[name], message)
    return made


def products_of(sheet: Sheet, places: Places, variants: Variants, faults: Faults) -> pd.DataFrame:
    """What the plants make; a variant must be one of the norms of its product."""
    at = places.of if sheet.layout == "flat" else places.find(sheet, faults)
    product = sheet.text("product")
    variant = _variants(sheet, product, variants, faults)
    columns = {
        "plant": sheet.text("plant"), "year": np.asarray(sheet.columns["year"]), "product": product,
        "route": sheet.text("route"), "variant": variant, "output": sheet.number("output"),
        "withdrawal": sheet.number("withdrawal"),
    }  # fmt: skip
    frame = pd.DataFrame(as_they_are(columns, pd.RangeIndex(len(product))), copy=False)
    if len(places.index) < len(frame) or sheet.layout != "flat":
        twice = frame.duplicated(["plant", "year", "product", "route", "variant"]).to_numpy() & (product != "")
        faults.add_rows(sheet.raw.sheet, sheet.rows[twice], sheet.headings["product"], Message("plants.product_twice"))
    made = np.bincount(at[at >= 0], minlength=len(places.index))
    for lost in np.flatnonzero(made == 0)[:100]:
        plant, year = places.index[lost]
        faults.add("", 0, "", Message("plants.no_product", plant=shown(plant), year=year))
    return frame


def as_they_are(columns: Mapping[str, NDArray], index: pd.Index) -> dict[str, pd.Series]:
    """Columns for a frame with texts as objects: pandas would copy each into strings of its own."""
    return {
        name: pd.Series(values, index=index, dtype=object if values.dtype.kind == "O" else None, copy=False)
        for name, values in columns.items()
    }


def variants_known(study: Study) -> dict[str, dict[str, Name]]:
    """The variants of the norms of each product: bare, in either language -> what it is called."""
    found: dict[str, dict[str, Name]] = {}
    for product, variant in zip(study.norms["product"], study.norms["variant"], strict=True):
        if isinstance(variant, str) and variant:
            name = study.variant_names[variant]
            before = [text for text, key in former_names("norms").items() if key == variant]
            written = [*before, *(name.text(language) for language in LANGUAGES)]
            found.setdefault(product, {}).update({bare(text): name for text in written})
    return found


def _variants(sheet: Sheet, product: NDArray[np.object_], known: Variants, faults: Faults) -> NDArray[np.object_]:
    written = sheet.text("variant")
    given = np.flatnonzero(written != "")
    if not len(given):
        return written
    made = written.copy()
    codes, names = pd.factorize(product[given])
    text_codes, texts = pd.factorize(written[given])
    each, pairs = pd.factorize(codes * len(texts) + text_codes)
    found, wrong, changed = np.full(len(pairs), "", dtype=object), 0, []
    firsts, counts = first_of_each(each, len(pairs)), np.bincount(each)
    for place, pair in enumerate(pairs.tolist()):
        name, text = names[pair // len(texts)], texts[pair % len(texts)]
        allowed = known.get(name, {})
        found[place] = str(allowed.get(bare(text), ""))
        if name and not found[place]:
            if not faults.is_one_more(wrong := wrong + 1, sheet.raw.sheet, sheet.headings["variant"]):
                break
            listed = in_a_row(dict.fromkeys(allowed.values())) or Message("plants.none")
            message = Message("plants.unknown_variant", text=shown(text), product=name, allowed=listed)
            faults.add_rows(sheet.raw.sheet, sheet.rows[given[each == place]], sheet.headings["variant"], message)
        elif name and found[place] != text:
            changed.append((int(sheet.rows[given[firsts[place]]]), int(counts[place]), text, str(found[place])))
    faults.changed_cells(sheet.raw.sheet, sheet.headings["variant"], changed)
    made[given] = found[each]
    return made


def technologies_of(sheet: Sheet | None, places: Places, names: Names, faults: Faults) -> pd.DataFrame:
    """What is in place already; in a flat table a cell may list several, and they are of its product."""
    empty = pd.DataFrame({name: pd.Series(dtype="str") for name in ("plant", "product", "technology")})
    empty.insert(1, "year", pd.Series(dtype=np.int64))
    if sheet is None or "technology" not in sheet.columns:
        return empty
    if sheet.layout != "flat":
        places.find(sheet, faults)
        frame = pd.DataFrame({name: sheet.columns[name] for name in ("plant", "year")})
        frame["product"], frame["technology"] = sheet.text("product"), sheet.text("technology")
        empty_cells = sheet.text("technology") == ""
        frame = frame[~empty_cells]
        return frame.drop_duplicates(ignore_index=True)
    made = _listed(sheet, names, faults)
    return made if len(places.index) == len(places.of) else made.drop_duplicates(ignore_index=True)


def _listed(sheet: Sheet, names: Names, faults: Faults) -> pd.DataFrame:
    """The technologies that cells of a flat table list; different lists are read once."""
    known, allowed = names.known["technologies"], names.allowed["technologies"]
    codes, lists = pd.factorize(sheet.text("technology"))
    told: dict[str, str] = {}
    keys: list[list[str]] = []
    wrong = 0
    for code, listed in enumerate(lists):
        keys.append([])
        for text in dict.fromkeys(filter(None, map(str.strip, TECHNOLOGY_MARKS.split(listed)))):
            key = told.setdefault(text, known.get(bare(text), ""))
            if key:
                keys[-1].append(key)
            elif faults.is_one_more(wrong := wrong + 1, sheet.raw.sheet, sheet.headings["technology"]):
                message = Message("plants.unknown_technologies", text=shown(text), near=nearest(text, allowed))
                where = sheet.rows[codes == code]
                faults.add_rows(sheet.raw.sheet, where, sheet.headings["technology"], message)
    for text, key in told.items():
        if key and key != text:
            faults.changed(sheet.raw.sheet, 0, sheet.headings["technology"], text, key)
    counts = np.array([len(one) for one in keys], dtype=np.int64)
    start = np.cumsum(counts) - counts
    flat = np.array([key for one in keys for key in one], dtype=object)
    each = counts[codes]  # technologies in each row
    row = np.repeat(np.arange(len(codes)), each)
    within = np.arange(len(row)) - np.repeat(np.cumsum(each) - each, each)
    columns = {
        "plant": sheet.text("plant")[row], "year": np.asarray(sheet.columns["year"])[row],
        "product": sheet.text("product")[row], "technology": flat[start[codes[row]] + within],
    }  # fmt: skip
    return pd.DataFrame(as_they_are(columns, pd.RangeIndex(len(row))), copy=False)


def end_use_shares_of(sheet: Sheet | None, places: Places, slack: float, faults: Faults) -> pd.DataFrame:
    """Shares of end uses, which sum to 1 for each product of a plant-year."""
    if sheet is None:
        frame = pd.DataFrame({name: pd.Series(dtype="str") for name in ("plant", "product", "end_use")})
        frame.insert(1, "year", pd.Series(dtype=np.int64))
        return frame.assign(share=pd.Series(dtype=np.float64))
    places.find(sheet, faults)
    frame = pd.DataFrame({name: sheet.columns[name] for name in ("plant", "year", "product", "end_use", "share")})
    keys = ["plant", "year", "product"]
    twice = frame.duplicated([*keys, "end_use"]).to_numpy()
    faults.add_rows(sheet.raw.sheet, sheet.rows[twice], sheet.headings["end_use"], Message("plants.end_use_twice"))
    empty = frame["share"].isna().to_numpy() | (frame["end_use"] == "").to_numpy()
    faults.add_rows(sheet.raw.sheet, sheet.rows[empty], sheet.headings["share"], Message("plants.empty"))
    sums = frame.groupby(keys, sort=False)["share"].transform("sum").to_numpy()
    wrong = (np.abs(sums - 1) > slack) & ~frame.duplicated(keys).to_numpy() & ~empty
    for at in np.flatnonzero(wrong)[:100]:
        message = Message("plants.shares_sum", sum=f"{sums[at]:.4g}")
        faults.add(sheet.raw.sheet, int(sheet.rows[at]), sheet.headings["share"], message)
    return frame
