"""Every price at which a pair changes its answer: the walk over all prices, exactly (see core/walk.cpp)."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from waterplan.base.errors import SolverError
from waterplan.base.messages import Message
from waterplan.planning.core.kernel_arrays import KINDS, Answers, Costs, Handed, Pairs, Uses
from waterplan.planning.core.library import Column, call, taken
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index

NOT_ENDED = 1


class Changes(NamedTuple):
    """Changes of answer, sorted by pair, then price.

    price [CNY/m3]; counted [hm3/a], cost [MCNY/a] and investment [MCNY] added by the change; technology: the one whose
    capacity grows most.
    """

    pair: Index
    price: Array
    counted: Array
    cost: Array
    investment: Array
    technology: Index


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
) -> Changes:
    """All changes of ``members`` between two prices."""
    column = Column()
    kernel = pairs, costs, uses, answers
    if call("walk", members, len(members), low, high, *kernel, ctypes.byref(column)) == NOT_ENDED:
        raise SolverError(Message("planner_errors.walk"))
    found = taken(column, KINDS["Array"], 8)  # pair, price, then price, counted and cost before and after
    found = found[np.lexsort((found[:, 1], found[:, 0]))]
    pair, investment, technology = found[:, 0].astype(np.int64), np.zeros(len(found)), np.full(len(found), -1)
    call("describe", found, len(found), len(pairs.reference), *kernel, levels, investment, technology)
    for row in np.flatnonzero(technology < 0)[::-1]:  # a tie, told with the next change of the same pair
        following = min(row + 1, len(pair) - 1)
        technology[row] = technology[following] if pair[following] == pair[row] else technology[max(row - 1, 0)]
    return Changes(pair, found[:, 1], found[:, 6] - found[:, 3], found[:, 7] - found[:, 4], investment, technology)
