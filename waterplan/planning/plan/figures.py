"""The figures of the printed page: what is told of a plan, before it is put into words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from waterplan.planning.plan.dataset import unit_of

USED = 1e-6  # of the whole volume of the study; smaller savings are rounding


@dataclass(frozen=True)
class Part:
    """A group of technologies: how much they save [hm3/a], how many they are, and what they cost [MCNY/a]."""

    saving: float
    count: int
    cost: float


def least_used(dataset: xr.Dataset) -> float:
    """The saving up to which a technology, or a whole plan, saves nothing [hm3/a]."""
    return USED * unit_of(dataset)


def total(dataset: xr.Dataset, name: str) -> float:
    """The sum of a variable over all its labels; pairs that do not exist do not count."""
    return float(dataset[name].sum(skipna=True))


def by_level_and_sector(dataset: xr.Dataset) -> pd.DataFrame:
    """Saving by sector (rows) and level (columns) [hm3/a]."""
    choice = dataset["saving_by_choice"].sum("province").values
    level, sector = dataset["technology_level"].values, dataset["product_sector"].values
    savings = {
        str(one): [choice[level == one][:, sector == branch].sum() for branch in dataset["sector"].values]
        for one in dataset["level"].values
    }
    return pd.DataFrame(savings, index=list(map(str, dataset["sector"].values)))


def reference_by_sector(dataset: xr.Dataset) -> pd.Series:
    """Reference withdrawal by sector [hm3/a]."""
    volume, sector = np.nansum(dataset["reference_withdrawal"].values, axis=1), dataset["product_sector"].values
    return pd.Series({str(branch): volume[sector == branch].sum() for branch in dataset["sector"].values})


def by_technology(dataset: xr.Dataset) -> pd.DataFrame:
    """Level, saving [hm3/a], levelised cost [CNY/m3] and whole investment [MCNY] of what is used, most saving first."""
    frame = pd.DataFrame(
        {
            "level": dataset["technology_level"].values,
            "saving": dataset["saving_by_technology"].values,
            "levelised_cost": dataset["levelised_cost"].values,
            "investment": dataset["investment"].sum(("sector", "province")).values,
        },
        index=list(map(str, dataset["technology"].values)),
    )
    return frame[frame["saving"] > least_used(dataset)].sort_values("saving", ascending=False, kind="stable")


def what_pays(technologies: pd.DataFrame) -> tuple[Part, Part]:
    """The technologies that pay for themselves as a whole, and those that cost; the two costs add up to the plan's."""
    cost = technologies["levelised_cost"] * technologies["saving"]
    pays = technologies["levelised_cost"] < 0
    parts = [Part(float(technologies["saving"][m].sum()), int(m.sum()), float(cost[m].sum())) for m in (pays, ~pays)]
    return parts[0], parts[1]


def by_province(dataset: xr.Dataset) -> pd.DataFrame:
    """Saving [hm3/a], share of the saving and share of reference withdrawal, most saving first."""
    saving = dataset["saving_by_province"].values
    withdrawal = np.nansum(dataset["reference_withdrawal"].values, axis=0)
    shares = saving / saving.sum() if saving.sum() > least_used(dataset) else np.full(len(saving), np.nan)
    frame = pd.DataFrame(
        {"saving": saving, "of_saving": shares, "of_withdrawal": withdrawal / withdrawal.sum()},
        index=list(map(str, dataset["province"].values)),
    )
    return frame.sort_values("saving", ascending=False, kind="stable")


def change(value: float, before: float) -> float:
    """By what share something has become more or less [1]; missing where there was nothing.

    >>> change(80.0, 100.0)
    -0.19999999999999996
    """
    return value / before - 1.0 if before > 0 else float("nan")
