"""The price at which all answers add up to the target: secants on the concave dual, ended exactly.

At a price each pair is at a vertex of what it can do. Two prices, one below and one above the target, give two
supporting
lines; where they cross is the next price. When the answer there lies on both lines the price is found, and the plan
is the
mixture of the two. Pairs that answer the same to both prices answer the same in between and are not asked again.
"""

from __future__ import annotations

import numpy as np

from waterplan.model.flows import Array
from waterplan.model.structure import Index
from waterplan.planner.answer import ask
from waterplan.planner.compiled import released
from waterplan.planner.packs import Answers, Costs, Pairs
from waterplan.planner.store import Uses

ROUNDS_MAX = 200
SLACK, FOUND, OUT_OF_REACH, NOT_ENDED = 0, 1, 2, 3
PRICE_MAX = 1e5
ROUNDING = 4e-15


@released
def _keep(members: Index, extra: Array, answers: Answers, kept: Array) -> None:
    """Counted saving and cost of each member; what is earned beside the price is taken off the cost."""
    for i in members:
        kept[i, 0], kept[i, 1] = answers.counted[i], answers.cost[i] - extra[i] * answers.counted[i]


@released
def _sums(members: Index, kept: Array) -> tuple[float, float, float]:
    counted, cost, size = 0.0, 0.0, 1e-12
    for i in members:
        counted += kept[i, 0]
        cost += kept[i, 1]
        size += abs(kept[i, 0]) + abs(kept[i, 1])
    return counted, cost, size


@released
def _differ(members: Index, low: Array, high: Array) -> Index:
    out = np.empty(len(members), dtype=np.int64)
    count = 0
    for i in members:
        if abs(high[i, 0] - low[i, 0]) > 1e-12 * (1.0 + abs(low[i, 0])):
            out[count] = i
            count += 1
    return out[:count]


@released
def find_price(
    members: Index,
    pairs: Pairs,
    costs: Costs,
    uses: Uses,
    extra: Array,
    target: float,
    guess: float,
    answers: Answers,
) -> tuple[int, float, float, float, float, Index]:
    """The price at which ``members`` save ``target``.

    Returns status, price, the two prices whose answers are mixed, the share of the upper one, and the pairs that
    differ.
    """
    count = len(pairs.reference)
    low, high = np.empty((count, 2)), np.empty((count, 2))
    price_low = price_high = guess
    counted_low, _, _ = ask(members, guess, extra, pairs, costs, uses, answers)
    counted_high = counted_low
    _keep(members, extra, answers, low)
    _keep(members, extra, answers, high)
    step = 0.01 * guess + 1e-3
    while counted_low >= target:
        if price_low <= 0.0:
            return SLACK, 0.0, 0.0, 0.0, 0.0, members[:0]
        price_high, counted_high = price_low, counted_low
        high[:] = low
        price_low = max(price_low - step, 0.0)
        step *= 4.0
        counted_low, _, _ = ask(members, price_low, extra, pairs, costs, uses, answers)
        _keep(members, extra, answers, low)
    while counted_high < target:
        if price_high >= PRICE_MAX:
            return OUT_OF_REACH, price_high, price_low, price_high, 1.0, members[:0]
        price_low, counted_low = price_high, counted_high
        low[:] = high
        price_high = min(price_high + step, PRICE_MAX)
        step *= 4.0
        counted_high, _, _ = ask(members, price_high, extra, pairs, costs, uses, answers)
        _keep(members, extra, answers, high)
    return _between(
        members, pairs, costs, uses, extra, target, answers, low, high, price_low, price_high, counted_low
    )


@released
def _between(
    members: Index,
    pairs: Pairs,
    costs: Costs,
    uses: Uses,
    extra: Array,
    target: float,
    answers: Answers,
    low: Array,
    high: Array,
    price_low: float,
    price_high: float,
    counted_low: float,
) -> tuple[int, float, float, float, float, Index]:
    """Narrows two prices, with their answers, to the one where their lines cross on the dual."""
    active = _differ(members, low, high)
    price = price_high
    for _ in range(ROUNDS_MAX):
        before, after = _sums(active, low), _sums(active, high)
        price = (after[1] - before[1]) / (after[0] - before[0])
        price = min(max(price, price_low), price_high)
        counted, _, value = ask(active, price, extra, pairs, costs, uses, answers)
        cost = price * counted - value
        gap = (before[1] - price * before[0]) - (cost - price * counted)
        if gap <= ROUNDING * (before[2] + after[2]) or price in (price_low, price_high):
            share = (target - counted_low) / (after[0] - before[0])
            return FOUND, price, price_low, price_high, share, active
        if counted_low + counted - before[0] >= target:
            price_high = price
            _keep(active, extra, answers, high)
        else:
            price_low = price
            counted_low += counted - before[0]
            _keep(active, extra, answers, low)
        active = _differ(active, low, high)
    return NOT_ENDED, price, price_low, price_high, 0.0, active
