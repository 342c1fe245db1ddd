"""Twin of lane_search.h and walk.cpp: the price of a target, and all prices at which pairs change their answer.

Plain Python, number by number what the core does in the same order, so that both agree to the last bit.
"""

from dataclasses import fields

import numpy as np
from twin_answers import ROUNDING, ask

from waterplan.planning.core.kernel_arrays import Answers, Costs, Pairs, Uses
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index
from waterplan.planning.planner.walk import Changes, Levels

ROUNDS_MAX = 200
WALK_ROUNDS_MAX = 100_000
DEEPEST = 96
SLACK, FOUND, OUT_OF_REACH, NOT_ENDED = 0, 1, 2, 3
PRICE_MAX = 1e5
SAME = 4e-15
APART = 1e-11


def _keep(members: Index, pairs: Pairs, answers: Answers, kept: Answers) -> None:
    """Copies the answers of members."""
    for i in members:
        first, last = pairs.local_start[i], pairs.local_start[i + 1]
        for local in range(first, last):
            kept.use_saving[local], kept.spent[local] = answers.use_saving[local], answers.spent[local]
            kept.entry[local] = answers.entry[local]
            kept.low[local], kept.high[local] = answers.low[local], answers.high[local]
        for a in range(pairs.app_start[first], pairs.app_start[last]):
            kept.share[a] = answers.share[a]
        for a in range(pairs.site_start[i], pairs.site_start[i + 1]):
            kept.site_saving[a] = answers.site_saving[a]
        for a in range(pairs.supply_start[i], pairs.supply_start[i + 1]):
            kept.supply[a] = answers.supply[a]
        kept.counted[i], kept.cost[i] = answers.counted[i], answers.cost[i]


def _sums(members: Index, unit: float, extra: Array, counted: Array, cost: Array) -> tuple[float, float, float]:
    """Counted saving and cost of members, what is earned beside the price taken off, and their size."""
    all_counted, all_cost, size = 0.0, 0.0, 1e-12 * unit
    for i in members:
        net = cost[i] - extra[i] * counted[i]
        all_counted += counted[i]
        all_cost += net
        size += abs(counted[i]) + abs(net)
    return all_counted, all_cost, size


def _differ(members: Index, unit: float, low: Array, high: Array) -> Index:
    out = np.empty(len(members), dtype=np.int64)
    count = 0
    for i in members:
        if abs(high[i] - low[i]) > 1e-12 * (unit + abs(low[i])):
            out[count] = i
            count += 1
    return out[:count]


def find_price(
    members: Index,
    pairs: Pairs,
    costs: Costs,
    uses: Uses,
    extra: Array,
    target: float,
    guess: float,
    dearness: float,
    answers: Answers,
    below: Answers,
    above: Answers,
) -> tuple[int, float, float, Index]:
    """The price at which ``members`` save ``target``; dearness: how much dearer than usual capacity is.

    Returns status, price, the share of the answers ``above`` in the plan, and the pairs in which the answers ``below``
    and ``above`` differ; where they do not, ``below`` is the plan.
    """
    price_max = PRICE_MAX * dearness
    guess = min(max(guess, 0.0), price_max)
    price_low = price_high = guess
    counted_low, _, _ = ask(members, guess, extra, pairs, costs, uses, answers)
    counted_high = counted_low
    _keep(members, pairs, answers, below)
    step = 0.01 * guess + 1e-3
    for _ in range(ROUNDS_MAX):
        if counted_low < target:
            break
        if price_low <= 0.0:
            return SLACK, 0.0, 0.0, members[:0]
        price_high, counted_high = price_low, counted_low
        _keep(members, pairs, below, above)
        price_low = max(price_low - step, 0.0)
        step *= 4.0
        counted_low, _, _ = ask(members, price_low, extra, pairs, costs, uses, answers)
        _keep(members, pairs, answers, below)
    for count in range(ROUNDS_MAX):
        if counted_high >= target:
            break
        if price_high >= price_max:
            return OUT_OF_REACH, price_high, 1.0, members[:0]
        price_low, counted_low = price_high, counted_high
        if count > 0:
            _keep(members, pairs, above, below)
        price_high = min(price_high + step, price_max)
        step *= 4.0
        counted_high, _, _ = ask(members, price_high, extra, pairs, costs, uses, answers)
        _keep(members, pairs, answers, above)
    if not counted_low < target <= counted_high:
        return NOT_ENDED, price_high, 0.0, members[:0]
    return _between(
        members, pairs, costs, uses, extra, target, answers, below, above, price_low, price_high, counted_low
    )


def _between(
    members: Index,
    pairs: Pairs,
    costs: Costs,
    uses: Uses,
    extra: Array,
    target: float,
    answers: Answers,
    below: Answers,
    above: Answers,
    price_low: float,
    price_high: float,
    counted_low: float,
) -> tuple[int, float, float, Index]:
    """Narrows two prices, with their answers, to the one where their lines cross on the dual."""
    active = _differ(members, pairs.unit, below.counted, above.counted)
    price = price_high
    for _ in range(ROUNDS_MAX):
        before = _sums(active, pairs.unit, extra, below.counted, below.cost)
        after = _sums(active, pairs.unit, extra, above.counted, above.cost)
        price = (after[1] - before[1]) / (after[0] - before[0])
        price = min(max(price, price_low), price_high)
        counted, _, value = ask(active, price, extra, pairs, costs, uses, answers)
        cost = price * counted - value
        gap = (before[1] - price * before[0]) - (cost - price * counted)
        if gap <= SAME * (before[2] + after[2]) or price in (price_low, price_high):
            share = (target - counted_low) / (after[0] - before[0])
            return FOUND, price, share, active
        if counted_low + counted - before[0] >= target:
            price_high = price
            _keep(active, pairs, answers, above)
        else:
            price_low = price
            counted_low += counted - before[0]
            _keep(active, pairs, answers, below)
        active = _differ(active, pairs.unit, below.counted, above.counted)
    return NOT_ENDED, price, 0.0, active


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
    for _ in range(WALK_ROUNDS_MAX):
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
    levels: Levels,
) -> Changes:
    """All changes of ``members`` between two prices."""
    given = [getattr(levels, field.name) for field in fields(levels)]
    technologies, capacities, investments = tuple(given[:3]), tuple(given[3:6]), tuple(given[6:])
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
        raise AssertionError("the walk did not end")
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
