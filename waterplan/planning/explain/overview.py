"""The plan as a whole: what is in for nothing, what moves with the target, what comes next, what is forced and free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from waterplan.planning.explain.causes import Around, saving
from waterplan.planning.explain.freedom import TOLERANCE, freedom
from waterplan.planning.explain.limit_prices import binding_limits
from waterplan.planning.explain.reasons import reasons
from waterplan.planning.plan.result import Result
from waterplan.planning.planner.planner import Planner

NEXT = 8
RANGES = 5
MOVED = 1e-6  # of the whole volume of the study

Told = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Overview:
    """What an overview tells.

    free: technology, saving [hm3/a] of what would be built without target and floors; free_cost [MCNY/a, negative is a
    gain]. margin: technology, lower, higher: what a target 1 % lower would take away and 1 % higher would add [hm3/a].
    following: the technologies that are nowhere in the plan and enter next, by the shadow price at which they do.
    limits, freedom: as the functions of these names; None where they were not asked for.
    """

    free: pd.DataFrame
    free_cost: float
    margin: pd.DataFrame
    following: pd.DataFrame
    limits: pd.DataFrame
    freedom: pd.DataFrame | None
    tolerance: float


def overview(
    planner: Planner,
    result: Result,
    tolerance: float = TOLERANCE,
    fast: bool = False,
    told: Told | None = None,
) -> Overview:
    """The plan as a whole.

    fast: without the ranges of limits and without near-optimal freedom. told: called with what is being worked out (a
    word), how much of it is done, and how much there is.
    """

    def tell(what: str, done: int = 0, of: int = 0) -> None:
        if told is not None:
            told(what, done, of)

    tell("reasons")
    around = Around.of(planner, result)
    following = _following(reasons(planner, result), MOVED * result.instance.flows.unit)
    tell("limits")
    limits = binding_limits(planner, result, 0 if fast else RANGES, lambda done, of: tell("limits", done, of))
    ranges = None
    if not fast:
        tell("freedom")
        ranges = freedom(planner, result, tolerance)
    cost = np.nan if around.free is None else around.free.ledger.annual_cost
    return Overview(_free(around), float(cost), _margin(around), following, limits, ranges, tolerance)


def _free(around: Around) -> pd.DataFrame:
    labels, least = around.result.instance.structure.technologies, MOVED * around.result.instance.flows.unit
    saved = np.zeros(len(labels)) if around.free is None else saving(around.free)
    return _table(labels, {"saving": saved}, saved, least)


def _margin(around: Around) -> pd.DataFrame:
    labels, now = around.result.instance.structure.technologies, saving(around.result)
    least = MOVED * around.result.instance.flows.unit
    lower, higher = (
        np.zeros(len(labels)) if one is None else sign * (saving(one) - now)
        for one, sign in ((around.lower, -1.0), (around.higher, 1.0))
    )
    return _table(labels, {"lower": lower, "higher": higher}, np.maximum(np.abs(lower), np.abs(higher)), least)


def _table(labels: tuple[str, ...], columns: dict[str, np.ndarray], weight: np.ndarray, least: float) -> pd.DataFrame:
    order = [n for n in np.argsort(-weight, kind="stable") if weight[n] > least]
    table = {"technology": [labels[n] for n in order]}
    return pd.DataFrame({**table, **{name: column[order] for name, column in columns.items()}})


def _following(table: pd.DataFrame, least: float) -> pd.DataFrame:
    """Of each technology that is nowhere in the plan: the sector where it enters first, the price and its largest
    capacity there."""
    used = table.groupby("technology")["capacity"].sum()
    out = table[(table["state"] == "out") & table["technology"].map(used <= least) & table["enters_at_price"].notna()]
    first = out.sort_values(["enters_at_price", "enters_below"], kind="stable").drop_duplicates("technology")
    columns = ["technology", "sector", "enters_at_price", "enters_below", "investment", "enters_investment", "largest"]
    return first[columns].head(NEXT).reset_index(drop=True)
