"""Every price at which a pair changes its answer: the walk over all prices, exactly (see core/walk.cpp)."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np

from waterplan.base.errors import SolverError
from waterplan.base.messages import Message
from waterplan.planning.core.kernel_arrays import Answers, Costs, Handed, Pairs, Uses
from waterplan.planning.core.library import Column, call, taken
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index

NOT_ENDED = 1
# As changes.h: the pair, the technology whose capacity grows most; price [CNY/m3]; counted [hm3/a], cost [MCNY/a] and
# investment [MCNY] added by the change.
CHANGE = np.dtype([(name, np.int64) for name in ("pair", "technology")]
                  + [(name, np.float64) for name in ("price", "counted", "cost", "investment")])  # fmt: skip
Changes = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Levels(Handed):
    """Of each local app, pair site app and pair supply app: its technology, and its capacity [hm3/a] and investment
    [MCNY] per unit of what answers hold there (share of a local app, hm3/a of the others)."""

    use_technology: Index
    site_technology: Index
    supply_technology: Index
    use_capacity: Array
    site_capacity: Array
    supply_capacity: Array
    use_investment: Array
    site_investment: Array
    supply_investment: Array


def walk_prices(
    members: Index,
    low: float,
    high: float,
    pairs: Pairs,
    costs: Costs,
    uses: Uses,
    answers: Answers,
    levels: Levels,
) -> tuple[Changes, Array]:
    """All changes of ``members`` between two prices, by member, then price; and what each pair saves [hm3/a], costs
    [MCNY/a] and invests [MCNY] at the lower one [pair, 3]."""
    column, start = Column(), np.zeros((len(pairs.start), 3))
    kernel = pairs, costs, uses, answers, levels
    if call("walk", members, len(members), low, high, *kernel, start, ctypes.byref(column)) == NOT_ENDED:
        raise SolverError(Message("planner_errors.walk"))
    return taken(column, CHANGE), start
