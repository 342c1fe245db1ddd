"""How much of a plant's graded withdrawal each product takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from waterplan.base.errors import DataError, Problem
from waterplan.base.messages import Message
from waterplan.plants.records.headers import column_name
from waterplan.plants.records.names import key_name, names_in
from waterplan.plants.records.records import GRADED, Records
from waterplan.study.study import Study

PAID = ("withdrawal_public_supply", "withdrawal_purchased")
TOLERANCE = 1e-6


@dataclass(frozen=True)
class PlantWater:
    """Output [output_unit/a] and graded withdrawal [m3/a] by product; what no product accounts for [m3/a].

    public_supply_share: part of the graded withdrawal that is paid at the tariff of public supply (public supply,
    purchased water and steam).
    """

    plant: str
    year: int
    output: Mapping[str, float]
    withdrawal: Mapping[str, float]
    unallocated: float
    public_supply_share: float
    remarks: tuple[Message, ...]


def read_water(records: Records, plant: str, year: int, site: pd.Series, study: Study) -> PlantWater:
    r"""The products of a plant with their parts of its graded withdrawal.

    Metered products take what they meter; the rest is split among the others,

    .. math:: W_p = W_\text{rest} \cdot \frac{\mathrm{output}_p \, \mathrm{intensity}_p}
        {\sum_q \mathrm{output}_q \, \mathrm{intensity}_q} \quad [\mathrm{m^3/a}]

    with the study's intensities, and a remark says so. Raises DataError where that cannot be.
    """
    rows = records.products[(records.products["plant"] == plant) & (records.products["year"] == year)]
    output = rows.groupby("product", sort=False)["output"].sum(min_count=1)
    unmetered = rows["withdrawal"].isna().groupby(rows["product"]).any()
    metered = rows.groupby("product", sort=False)["withdrawal"].sum(min_count=1)
    metered = metered.where(~unmetered.reindex(metered.index))
    volumes = site.reindex(list(GRADED)).astype(float)
    graded = float(volumes.sum(min_count=1))
    problems = _problems(plant, year, study, output, metered, graded)
    if problems:
        raise DataError(problems)
    rest = graded - float(metered.sum())
    open_products = list(metered.index[metered.isna()])
    remarks = []
    if open_products:
        weight = output[open_products] * study.values["intensity"].sel(product=open_products).values
        metered = metered.fillna(rest * weight / float(weight.sum()))
        if len(metered) > 1:
            remarks.append(Message("plant_plan.split", products=names_in(study.products, open_products)))
        rest = 0.0
    elif rest > TOLERANCE * graded:
        remarks.append(Message("plant_plan.unallocated", volume=f"{rest:,.0f}"))
    return PlantWater(
        plant=plant,
        year=year,
        output={str(name): float(value) for name, value in output.items()},
        withdrawal={str(name): float(value) for name, value in metered.items()},
        unallocated=max(rest, 0.0),
        public_supply_share=min(1.0, float(volumes.reindex(list(PAID)).sum()) / graded),
        remarks=tuple(remarks),
    )


def _problems(
    plant: str, year: int, study: Study, output: pd.Series, metered: pd.Series, graded: float
) -> list[Problem]:
    def fault(column: str, message: Message) -> Problem:
        record = Message("plant_plan.record", plant=plant, year=year)
        return Problem(record, 0, column_name(column), message)

    names = {str(product): key_name(study.products, str(product)) for product in output.index}
    problems = [
        fault("output", Message("plant_plan.no_output", product=names[str(product)], value=_value(value)))
        for product, value in output.items()
        if not value > 0
    ]
    problems += [
        fault("withdrawal", Message("plant_plan.no_withdrawal_of", product=names[str(product)], value=f"{value:g}"))
        for product, value in metered.items()
        if value <= 0
    ]
    if not (np.isfinite(graded) and graded > 0):
        columns = [column_name(name) for name in GRADED]
        return [*problems, fault("withdrawal", Message("plant_plan.nothing_to_save", columns=columns))]
    taken = float(metered.sum())
    told = {"taken": f"{taken:,.0f}", "graded": f"{graded:,.0f}"}
    if taken > graded * (1 + TOLERANCE):
        problems.append(fault("withdrawal", Message("plant_plan.more_than_site", **told)))
    elif metered.isna().any() and not graded - taken > TOLERANCE * graded:
        problems.append(fault("withdrawal", Message("plant_plan.nothing_left", **told)))
    return problems


def _value(given: float) -> object:
    return Message("plant_plan.empty") if pd.isna(given) else given
