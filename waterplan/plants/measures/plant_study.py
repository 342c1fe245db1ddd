"""One plant in one year as a study of its own, so that the same model plans for it.

The plant's products with its own intensities, its province's prices or its own tariffs, its end-use shares where it
knows them; what is in place has penetration 1, everything else that the study lists for the product may be added to
the whole plant (applicable share 1). Base year and target year are the plant's year: nothing grows. Every figure that
is not the study's has ``plant_record`` or ``plant_assumption`` as its source, so ``Study.trace`` tells them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from waterplan.base.errors import DataError, Problem, WaterplanError, suggest
from waterplan.base.messages import Message
from waterplan.base.vocabulary import term
from waterplan.plants.measures.product_water import PlantWater, read_water
from waterplan.plants.records.headers import column_name
from waterplan.plants.records.names import key_name, names_in
from waterplan.plants.records.records import Records
from waterplan.study.study import Study
from waterplan.study.tables.arrays import dataset_of
from waterplan.study.tables.bundle import DIMS, numbers_of
from waterplan.study.tables.schema import CATALOGUE_OF, GROUP

RECORD, ASSUMPTION = "plant_record", "plant_assumption"
TARIFFS = ("water_price", "resource_fee", "sewage_fee", "electricity_price", "heat_price")
SHARE_TOLERANCE = 0.005
PENETRATIONS = ("applicable_share", "penetration_base", "penetration_max")


@dataclass(frozen=True)
class PlantStudy:
    """A plant in a year as a one-plant study, and what was assumed on the way.

    withdrawal, output: by product [m3/a, output_unit/a]; unallocated: graded withdrawal of the site that no product
    accounts for, where all are metered [m3/a]. in_place: (product, technology) that the plant has already.
    """

    plant: str
    year: int
    study: Study
    withdrawal: Mapping[str, float]
    output: Mapping[str, float]
    unallocated: float
    in_place: tuple[tuple[str, str], ...]
    remarks: tuple[Message, ...]

    @property
    def graded_withdrawal(self) -> float:
        """Surface, ground, public supply and purchased water of the whole site [m3/a]."""
        return sum(self.withdrawal.values()) + self.unallocated


def plant_study(records: Records, plant: str, year: int, study: Study) -> PlantStudy:
    """The one-plant study of a plant in a year.

    ``study`` gives technologies, costs and what the record does not say; its money is of its price year. Raises
    DataError with everything that keeps the record from being planned for, WaterplanError if there is no such record.
    """
    site = _site(records, plant, year)
    problems: list[Problem] = []
    _check_labels(records, plant, year, site, study, problems)
    if problems:
        raise DataError(problems)
    water = read_water(records, plant, year, site, study)
    in_place, remarks = _in_place(records, water, study)
    cells, said = _own_cells(records, water, site, study)
    remarks = [*water.remarks, *remarks, *said, Message("plant_plan.sector_averages", year=study.price_year)]
    made = _reduced(study, water, str(site["province"]), in_place, cells)
    return PlantStudy(
        plant=plant,
        year=year,
        study=replace(
            made, name=plant, title=f"{plant}, {year}", base_year=year, target_year=year, description=study.title
        ),
        withdrawal=water.withdrawal,
        output=water.output,
        unallocated=water.unallocated,
        in_place=tuple(in_place),
        remarks=tuple(remarks),
    )


def rows_of_plant(frame: pd.DataFrame, plant: str, year: int) -> pd.DataFrame:
    """The rows of one plant in one year."""
    return frame[(frame["plant"] == plant) & (frame["year"] == year)]


def fault(plant: str, year: int, column: str, message: Message) -> Problem:
    """A problem of a plant's record."""
    return Problem(Message("plant_plan.record", plant=plant, year=year), 0, column_name(column), message)


def _site(records: Records, plant: str, year: int) -> pd.Series:
    if (plant, year) not in records.sites.index:
        known = [str(name) for name in records.sites.index.get_level_values(0).unique()]
        hint = suggest(plant, known) if plant not in known else Message("plant_plan.of_another_year")
        raise WaterplanError(Message("plant_plan.no_record", plant=plant, year=year, hint=hint))
    found = records.sites.loc[[(plant, year)]]
    if len(found) > 1:
        raise WaterplanError(Message("plant_plan.stands_often", plant=plant, count=len(found), year=year))
    return found.iloc[0]


def _check_labels(
    records: Records, plant: str, year: int, site: pd.Series, study: Study, problems: list[Problem]
) -> None:
    province = site.get("province")
    if province not in study.provinces.index:
        near = suggest(str(province), study.provinces.index)
        message = Message("plant_plan.no_province", given=province, near=near)
        problems.append(fault(plant, year, "province", message))
    products = rows_of_plant(records.products, plant, year)
    if not len(products):
        problems.append(fault(plant, year, "product", Message("plant_plan.no_product")))
    for frame, column, known in (
        (products, "product", study.products.index),
        (rows_of_plant(records.technologies, plant, year), "technology", study.technologies.index),
        (rows_of_plant(records.end_use_shares, plant, year), "end_use", study.end_uses.index),
    ):
        for label in frame[column].unique():
            if label not in known:
                message = Message("plant_plan.not_in_study", given=label, near=suggest(str(label), map(str, known)))
                problems.append(fault(plant, year, column, message))


def _in_place(records: Records, water: PlantWater, study: Study) -> tuple[list[tuple[str, str]], list[Message]]:
    """(product, technology) in place; one that the study does not list for what the plant makes is said."""
    listed = _is_there(study, "saving_fraction").any("end_use").to_pandas()  # [technology, product]
    given = rows_of_plant(records.technologies, water.plant, water.year)
    found: list[tuple[str, str]] = []
    remarks: list[Message] = []
    for technology, product in zip(given["technology"], given["product"], strict=True):
        wanted = [product] if isinstance(product, str) and product else list(water.withdrawal)
        places = [(name, technology) for name in wanted if name in water.withdrawal and listed.loc[technology, name]]
        found += [place for place in places if place not in found]
        if not places:
            remarks.append(Message("plant_plan.not_listed", technology=names_in(study.technologies, [technology])))
    _check_groups(found, water, study)
    return found, remarks


def _is_there(study: Study, name: str) -> xr.DataArray:
    """Where an input has a row."""
    return study.values[name] == study.values[name]  # NaN where there is none


def _check_groups(in_place: list[tuple[str, str]], water: PlantWater, study: Study) -> None:
    """Two of a group may both be in place only where they are listed at different end uses."""
    listed = _is_there(study, "saving_fraction")
    group = study.technologies["exclusive_group"]
    problems = []
    for n, (product, technology) in enumerate(in_place):
        for other_product, other in in_place[:n]:
            if other_product != product or not group[technology] or group[other] != group[technology]:
                continue
            if bool((listed.sel(product=product, technology=[technology, other]).all("technology")).any()):
                message = Message(
                    "plant_plan.exclude_each_other",
                    one=key_name(study.technologies, other),
                    other=key_name(study.technologies, technology),
                    group=group[technology],
                    product=key_name(study.products, product),
                )
                problems.append(fault(water.plant, water.year, "technology", message))
    if problems:
        raise DataError(problems)


@dataclass(frozen=True)
class Cell:
    """One figure of the plant's study that is not the study's own."""

    name: str
    labels: Mapping[str, str]
    value: float
    source: str = RECORD


def _own_cells(records: Records, water: PlantWater, site: pd.Series, study: Study) -> tuple[list[Cell], list[Message]]:
    province, remarks = str(site["province"]), []
    cells: list[Cell] = []
    for product, volume in water.withdrawal.items():
        cells += [
            Cell("intensity", {"product": product}, volume / water.output[product]),
            Cell("output", {"product": product, "province": province}, water.output[product]),
            Cell("national_output", {"product": product}, water.output[product]),
            Cell("output_growth", {"product": product}, 0.0, ASSUMPTION),
        ]
    for sector in dict.fromkeys(study.products.loc[list(water.withdrawal), "sector"]):
        cells.append(Cell("intensity_factor", {"province": province, "sector": sector}, 1.0, ASSUMPTION))
        cells.append(Cell("public_supply_share", {"sector": sector}, water.public_supply_share))
    own = [name for name in TARIFFS if pd.notna(site.get(f"plant_{name}", np.nan))]
    for name in own:
        labels = {"province": province} if "province" in term(name).dims else {}
        cells.append(Cell(name, labels, float(site[f"plant_{name}"])))
    if len(own) < len(TARIFFS):
        remarks.append(Message("plant_plan.study_tariffs", count=len(TARIFFS) - len(own), year=study.price_year))
    shares, said = _end_use_shares(records, water, study)
    return cells + shares, remarks + said


def _end_use_shares(records: Records, water: PlantWater, study: Study) -> tuple[list[Cell], list[Message]]:
    """End-use shares of the products for which the plant knows them; they must sum to 1."""
    given = rows_of_plant(records.end_use_shares, water.plant, water.year)
    cells: list[Cell] = []
    problems = []
    for product, rows in given.groupby("product", sort=False):
        if product not in water.withdrawal:
            continue
        shares = rows.groupby("end_use", sort=False)["share"].sum()
        if not abs(shares.sum() - 1) <= SHARE_TOLERANCE or (shares < 0).any():
            named = key_name(study.products, str(product))
            message = Message("plant_plan.shares_sum", product=named, sum=f"{shares.sum():.4g}")
            problems.append(fault(water.plant, water.year, "share", message))
        known = study.values["end_use_share"].sel(product=product).dropna("end_use").to_series()
        for end_use in dict.fromkeys([*known.index, *shares.index]):
            share = float(shares.get(end_use, 0.0)) / float(shares.sum())
            cells.append(Cell("end_use_share", {"product": str(product), "end_use": end_use}, share))
    if problems:
        raise DataError(problems)
    rest = [product for product in water.withdrawal if product not in set(given["product"])]
    return cells, [Message("plant_plan.study_shares", products=names_in(study.products, rest))] if rest else []


def _reduced(
    study: Study, water: PlantWater, province: str, in_place: list[tuple[str, str]], cells: list[Cell]
) -> Study:
    """The study with nothing but what concerns the plant, and the plant's own figures in it."""
    products = list(water.withdrawal)
    sectors = list(dict.fromkeys(study.products.loc[products, "sector"]))
    labels = {
        "sector": [name for name in study.sectors.index if name in sectors],
        "product": [name for name in study.products.index if name in products],
        "province": [province],
        "end_use": list(study.end_uses.index),
        "technology": _technologies(study, products, province),
        GROUP: study.values[GROUP].values.tolist(),
    }
    rows = study.rows
    kept = np.logical_and.reduce([rows[dim].isin(["", *labels[dim]]) for dim in CATALOGUE_OF])
    rows = _with_cells(_with_penetrations(rows[kept].copy(), study, in_place), cells, study)
    frames = {CATALOGUE_OF[dim]: getattr(study, CATALOGUE_OF[dim]).loc[labels[dim]] for dim in CATALOGUE_OF}
    attrs = dict(study.values.attrs) | {"title": water.plant, "base_year": water.year, "target_year": water.year}
    coords, columns = _coords(study, labels), {str(name): rows[name].to_numpy() for name in rows}
    numbers = {part: dataset_of(found, coords, attrs) for part, found in numbers_of(labels, columns).items()}
    return replace(
        study,
        lever_defaults={name: value for name, value in study.lever_defaults.items() if np.isscalar(value)},
        rows=rows,
        values=numbers["value"],
        low=numbers["low"],
        high=numbers["high"],
        sources=pd.concat([study.sources, _sources(study, water)]),
        **frames,
    )


def _technologies(study: Study, products: list[str], province: str) -> list[str]:
    """Technologies listed for the products; those of a source that the province does not have are left out."""
    listed = _is_there(study, "saving_fraction").sel(product=products).any(["product", "end_use"]).values
    potential = _is_there(study, "supply_potential")
    missing = potential.any("province").values & ~potential.sel(province=province).values
    return [str(name) for name in study.technologies.index[listed & ~missing]]


def _with_penetrations(rows: pd.DataFrame, study: Study, in_place: list[tuple[str, str]]) -> pd.DataFrame:
    """Penetration 1 of what is in place, 0 to 1 of the rest, 0 of what excludes itself with what is in place."""
    group = study.technologies["exclusive_group"].fillna("")
    at = rows["name"].isin(PENETRATIONS)
    places = rows.loc[at, ["name", "product", "technology", "end_use"]]
    has = pd.Index(list(zip(places["product"], places["technology"], strict=True))).isin(in_place)
    key = places["product"] + "|" + places["end_use"] + "|" + places["technology"].map(group)
    taken = set(key[has & (places["technology"].map(group) != "")])
    blocked = key.isin(taken) & ~has
    value = np.where(places["name"] == "penetration_base", has, ~blocked).astype(float)
    value = np.where(places["name"] == "applicable_share", 1.0, value)
    rows.loc[at, ["value", "low", "high"]] = np.stack([value] * 3, axis=1)
    rows.loc[at, ["basis", "source", "note", "file", "written"]] = ["assumed", ASSUMPTION, "", "", ""]
    rows.loc[at, "row"] = 0
    return rows


def _with_cells(rows: pd.DataFrame, cells: list[Cell], study: Study) -> pd.DataFrame:
    """The rows with the plant's own figures in place of the study's."""
    units = study.products["output_unit"]
    new: list[dict[str, object]] = []
    for cell in cells:
        unit = term(cell.name).unit
        new.append(
            {**dict.fromkeys(DIMS, ""), **cell.labels} | {
                "name": cell.name, "value": cell.value, "low": cell.value, "high": cell.value,
                "unit": term(cell.name).unit_of(units[cell.labels["product"]]) if "output_unit" in unit else unit,
                "basis": "reported" if cell.source == RECORD else "assumed", "source": cell.source, "note": "",
                "file": "", "row": 0, "written": "",
            }
        )  # fmt: skip
    added = pd.DataFrame(new, columns=list(rows.columns)).astype(rows.dtypes)
    keys = ["name", *DIMS]
    both = pd.concat([rows, added], ignore_index=True)
    return both[~both.duplicated(keys, keep="last")].reset_index(drop=True)


def _coords(study: Study, labels: Mapping[str, list[str]]) -> dict[str, xr.Variable]:
    place = study.technologies.index.get_indexer(pd.Index(labels["technology"]))
    coords = {dim: xr.Variable((dim,), np.array(names, dtype=str), fastpath=True) for dim, names in labels.items()}
    for name in ("level", "exclusive_group", "joint_product", "pool"):
        carried = study.values[name].values[place]
        coords[name] = xr.Variable(("technology",), carried, fastpath=True)
    return coords


def _sources(study: Study, water: PlantWater) -> pd.DataFrame:
    titles = {
        RECORD: f"Record of {water.plant}, {water.year}",
        ASSUMPTION: "Assumed for one plant: a technology is there or not, and fits where the study lists it",
    }
    frame = pd.DataFrame("", index=pd.Index(list(titles), name="source"), columns=study.sources.columns)
    frame["title"], frame["kind"], frame["verified"] = list(titles.values()), "record", "no"
    frame["year"] = pd.array([water.year, water.year], dtype="Int64")
    return frame.astype(study.sources.dtypes)
