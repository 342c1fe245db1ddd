"""Records of plants as the pool takes them: per product an output, a graded withdrawal, an intensity; checked."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from waterplan.plants.norms.indicators import water_reuse_rate
from waterplan.plants.pool.door import checked, checked_published, number, word
from waterplan.plants.pool.points import size_class
from waterplan.plants.records.balance import REUSED, whole_withdrawal
from waterplan.plants.records.records import GRADED, OTHER_SOURCES, Records
from waterplan.study.study import Study


@dataclass(frozen=True)
class PlantPart:
    """One product of a plant and year, as it is stored."""

    product: str
    route: str
    size: str
    output: float | None
    withdrawal: float | None
    intensity: float
    reuse_rate: float | None


@dataclass(frozen=True)
class PlantYear:
    """A plant and year with what it makes; ``skipped`` are products whose withdrawal is not known."""

    plant: str
    year: int
    parts: tuple[PlantPart, ...]
    skipped: tuple[str, ...] = ()


def plant_years(records: Records) -> list[PlantYear]:
    """The plants and years of records. Raises DataError, with all problems and no figure in them.

    A product's withdrawal is what the record says of it; where it says nothing and the plant makes nothing else, it is
    the plant's graded withdrawal. Otherwise the product is skipped: its part is not known.
    """
    records = checked(records)
    made = dict(list(records.products.groupby(["plant", "year"], sort=True)))
    sites = zip(records.sites.index, records.sites.to_dict("records"), _reuse_rates(records.sites), strict=True)
    return [_plant_year(key, site, reuse, made.get(key)) for key, site, reuse in sites]


def published(study: Study) -> list[PlantYear]:
    """The published enterprises of a study: intensity and reuse rate, no output. Raises DataError with all problems."""
    rows = checked_published(study)
    return [
        PlantYear(
            f"{row['enterprise']}, {row['product']}",
            int(row["year"]),
            (PlantPart(str(row["product"]), "", "", None, None, float(row["intensity"]), number(row["reuse_rate"])),),
        )
        for _, row in rows.iterrows()
    ]


def _plant_year(
    key: tuple[str, int], site: Mapping[Hashable, object], reuse: float | None, made: pd.DataFrame | None
) -> PlantYear:
    graded, others = _summed(site, GRADED), _summed(site, OTHER_SOURCES)
    whole = 0.0 if graded is None and others is not None else graded
    parts, skipped = [], []
    for _, row in () if made is None else made.iterrows():
        withdrawal = number(row.get("withdrawal"))
        if withdrawal is None and made is not None and len(made) == 1:
            withdrawal = whole
        if withdrawal is None:
            skipped.append(str(row["product"]))
            continue
        output, route = float(row["output"]), word(row.get("route"))
        parts.append(
            PlantPart(str(row["product"]), route, size_class(output), output, withdrawal, withdrawal / output, reuse)
        )
    return PlantYear(str(key[0]), int(key[1]), tuple(sorted(parts, key=repr)), tuple(skipped))


def _reuse_rates(sites: pd.DataFrame) -> list[float | None]:
    """The water reuse rate of each plant-year by the formula of the indicators; None where a part of it is missing."""
    missing = np.full(len(sites), np.nan)
    reused = [sites[name].to_numpy(np.float64) if name in sites else missing for name in REUSED]
    return [number(rate) for rate in water_reuse_rate(whole_withdrawal(sites), *reused)]


def _summed(site: Mapping[Hashable, object], columns: Iterable[str]) -> float | None:
    """The sum of what is given; None if nothing is."""
    given = [volume for column in columns if (volume := number(site.get(column))) is not None]
    return math.fsum(given) if given else None
