"""Which figures to check first: rows by what half their range is worth, the first planned again at both ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from waterplan.base.errors import InfeasibleError, ScenarioError
from waterplan.planning.explain.sensitivity import weights
from waterplan.planning.plan.result import Result
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Override, Scenario

PLANNED_AGAIN = 30
DIMS = ("technology", "product", "end_use", "sector", "province", "pool")
Tell = Callable[[int, int], None]


def check_first(
    planner: Planner, result: Result, count: int = PLANNED_AGAIN, tell: Tell = lambda done, of: None
) -> pd.DataFrame:
    """The rows of the scenario that the least cost depends on, heaviest first, with what it would be at low and high.

    Columns of ``scenario.rows``, derivative [MCNY/a per unit], weight [MCNY/a], and of the first ``count`` cost_at_low
    and cost_at_high [MCNY/a]: the least cost when that row alone has that value; missing where no plan exists then, or
    the value contradicts another row.
    """
    rows = weights(result)
    rows = rows[rows["weight"] > 0].reset_index(drop=True)
    ends = np.full((len(rows), 2), np.nan)
    first: list[Any] = list(rows.head(count).itertuples())
    for n, row in enumerate(first):
        ends[n] = [_cost(planner, result.instance.scenario, row, end) for end in (row.low, row.high)]
        tell(n + 1, len(first))
    return rows.assign(cost_at_low=ends[:, 0], cost_at_high=ends[:, 1])


def weight_by(rows: pd.DataFrame, column: str) -> pd.Series:
    """The weight of the rows of each technology, source or basis, as a share of all weight, heaviest first."""
    named = rows[rows[column].astype(str) != ""]
    share = named.groupby(named[column].astype(str))["weight"].sum() / rows["weight"].sum()
    return share.sort_values(ascending=False, kind="stable")


def labels_of_row(row: Any) -> dict[str, str]:
    """The labels that a row of the study has, by dimension."""
    found = {dim: str(getattr(row, dim, "") or "") for dim in DIMS}
    return {dim: label for dim, label in found.items() if label and label != "nan"}


def _cost(planner: Planner, scenario: Scenario, row: Any, value: float) -> float:
    where = {str(dim): [getattr(row, str(dim))] for dim in planner.study.values[row.name].dims}
    override = Override(name=row.name, where=where, value=float(value), unit=row.unit, source=row.source)
    try:
        return planner.solve(replace(scenario, overrides=(*scenario.overrides, override))).ledger.objective
    except (InfeasibleError, ScenarioError):
        return float("nan")
