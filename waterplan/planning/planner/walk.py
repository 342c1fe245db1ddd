"""Every price at which a pair changes its answer: the walk over all prices, exactly.

Between two prices with different answers the lines cross at a third; if the answer there lies on both lines, the two
are
neighbours and the crossing is a price at which the pair changes, otherwise both halves are walked in the same way. All
pairs walk at the same time: one question answers one price of each.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from waterplan.base.errors import SolverError
from waterplan.base.messages import Message
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index
from waterplan.planning.planner.answer import ask
from waterplan.planning.planner.compilation import released
from waterplan.planning.planner.dictionaries import Uses
from waterplan.planning.planner.kernel_arrays import Answers, Costs, Pairs

DEEPEST = 96
ROUNDS_MAX = 100_000
ROUNDING = 1e-13
APART = 1e-11  # of the whole volume of the study


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


@released
def _crossings(
    members: Index,
    stack: Array,
    depth: Index,
    pairs: Pairs,
    costs: Costs,
    uses: Uses,
    answers: Answers,
) -> Array:
    """Halves the intervals on each pair's stack until all neighbours are known; ``depth`` is 0 then.

    A row is price_a, counted_a, cost_a, price_b, counted_b, cost_b; what is found: pair, crossing, and the row.
    """
    found = np.empty((8192, 8))
    count = 0
    price = np.zeros(len(stack))
    active = members[depth[members] > 0]
    for _ in range(ROUNDS_MAX):
        if len(active) == 0 or depth.max() > DEEPEST:
            break
        for i in active:
            a = stack[i, depth[i] - 1]
            price[i] = min(max((a[5] - a[2]) / (a[4] - a[1]), a[0]), a[3])
        ask(active, 0.0, price, pairs, costs, uses, answers)
        for i in active:
            depth[i] -= 1
            a = stack[i, depth[i]].copy()
            here, counted, cost = price[i], answers.counted[i], answers.cost[i]
            gap = (a[2] - here * a[1]) - (cost - here * counted)
            size = abs(a[2]) + abs(a[5]) + here * (abs(a[1]) + abs(a[4]))
            near = counted - a[1] <= APART * pairs.unit or a[4] - counted <= APART * pairs.unit
            if gap <= ROUNDING * size or near or here <= a[0] or here >= a[3]:
                if count == len(found):
                    wider = np.empty((2 * count, 8))
                    wider[:count] = found
                    found = wider
                found[count, 0], found[count, 1] = i, here
                found[count, 2:] = a
                count += 1
            else:
                upper, lower = stack[i, depth[i]], stack[i, depth[i] + 1]
                upper[0], upper[1], upper[2] = here, counted, cost
                upper[3:] = a[3:]
                lower[:3] = a[:3]
                lower[3], lower[4], lower[5] = here, counted, cost
                depth[i] += 2
        active = active[depth[active] > 0]
    return found[:count].copy()


@released
def _describe(
    found: Array,
    first: Index,
    last: Index,
    pairs: Pairs,
    costs: Costs,
    uses: Uses,
    answers: Answers,
    technologies: tuple[Index, Index, Index],
    capacities: tuple[Array, Array, Array],
    investments: tuple[Array, Array, Array],
) -> tuple[Array, Index]:
    """Investment added by each change, and the technology whose capacity grows most: answers before and after each."""
    added, technology = np.zeros(len(found)), np.full(len(found), -1)
    shares = (answers.share, answers.site_saving, answers.supply)
    before = (np.zeros_like(answers.share), np.zeros_like(answers.site_saving), np.zeros_like(answers.supply))
    price = np.zeros(len(pairs.reference))
    active = np.flatnonzero(last > first)
    turn = 0
    while len(active):
        for i in active:
            price[i] = found[first[i], 2] if turn == 0 else found[first[i] + turn - 1, 5]
        ask(active, 0.0, price, pairs, costs, uses, answers)
        for i in active:
            place = first[i] + turn - 1
            ranges = (
                (pairs.app_start[pairs.local_start[i]], pairs.app_start[pairs.local_start[i + 1]]),
                (pairs.site_start[i], pairs.site_start[i + 1]),
                (pairs.supply_start[i], pairs.supply_start[i + 1]),
            )
            most = -np.inf
            for level in range(3):
                for a in range(ranges[level][0], ranges[level][1]):
                    change = shares[level][a] - before[level][a]
                    before[level][a] = shares[level][a]
                    if turn > 0 and change != 0.0:
                        added[place] += investments[level][a] * change
                        grown = capacities[level][a] * change
                        if grown > most:
                            most = grown
                            technology[place] = technologies[level][a]
        turn += 1
        active = active[last[active] - first[active] >= turn]
    return added, technology


def walk_prices(
    members: Index,
    low: float,
    high: float,
    pairs: Pairs,
    costs: Costs,
    uses: Uses,
    answers: Answers,
    technologies: tuple[Index, Index, Index],
    capacities: tuple[Array, Array, Array],
    investments: tuple[Array, Array, Array],
) -> Changes:
    """All changes of ``members`` between two prices.

    technologies, capacities, investments: technology of each local app, pair site app and pair supply app, and its
    capacity [hm3/a] and investment [MCNY] per unit of what answers hold there (share of a local app, hm3/a of the
    others).
    """
    count = len(pairs.reference)
    nothing = np.zeros(count)
    stack = np.zeros((count, DEEPEST + 1, 6))
    for price, columns in ((low, slice(0, 3)), (high, slice(3, 6))):
        ask(members, price, nothing, pairs, costs, uses, answers)
        stack[:, 0, columns] = np.stack([np.full(count, price), answers.counted, answers.cost], axis=1)
    depth = np.zeros(count, dtype=np.int64)
    depth[members] = stack[members, 0, 4] - stack[members, 0, 1] > APART * pairs.unit
    found = _crossings(members, stack, depth, pairs, costs, uses, answers)
    if depth.any():
        raise SolverError(Message("planner_errors.walk"))
    found = found[np.lexsort((found[:, 1], found[:, 0]))]
    pair = found[:, 0].astype(np.int64)
    ends = np.cumsum(np.bincount(pair, minlength=count))
    first = np.concatenate([[0], ends[:-1]])
    investment, technology = _describe(
        found, first, ends, pairs, costs, uses, answers, technologies, capacities, investments
    )
    for place in np.flatnonzero(technology < 0)[::-1]:  # a tie, told with the next change of the same pair
        following = min(place + 1, len(pair) - 1)
        technology[place] = technology[following] if pair[following] == pair[place] else technology[max(place - 1, 0)]
    return Changes(pair, found[:, 1], found[:, 6] - found[:, 3], found[:, 7] - found[:, 4], investment, technology)
