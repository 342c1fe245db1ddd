"""Twin of lane_search.h: the price of a target.

Plain Python, number by number what the core does in the same order, so that both agree to the last bit.
"""

import numpy as np
from twin_answers import ask

from waterplan.planning.core.kernel_arrays import Answers, Costs, Pairs, Uses
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index

ROUNDS_MAX = 200
SLACK, FOUND, OUT_OF_REACH, NOT_ENDED = 0, 1, 2, 3
PRICE_MAX = 1e5
SAME = 4e-15


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
