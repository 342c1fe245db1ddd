"""The best answer of one product in one province to a price of water: exact, in well under a microsecond.

Each level acts on what the level before left over, so the answer is worked out backwards: what a cubic metre that
reaches the other sources would still earn there, then on the site, then at each end use. See
:mod:`waterplan.planner.vertices` for the end uses.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from waterplan.model.flows import Array
from waterplan.model.structure import Index
from waterplan.planner.compiled import compiled, inlined, released
from waterplan.planner.store import Uses
from waterplan.planner.vertices import TINY, climb

APPS_MAX = 64
ROUNDING = 1e-13


class Pairs(NamedTuple):
    """Volumes and limits of a scenario [packed; hm3/a, shares]; ``*_start`` by pair, app_start by local."""

    reference: Array
    local_start: Index
    local_use: Index
    gross_flow: Array
    app_start: Index
    site_start: Index
    site_limit: Array
    site_together: Array
    supply_start: Index
    supply_limit: Array
    alternative_share_max: float
    count_supply: float


class Costs(NamedTuple):
    """What capacity costs and what a saved m3 earns besides the price [packed; CNY/m3]."""

    app: Array
    site: Array
    supply: Array
    use_credit: Array
    site_credit: Array
    supply_credit: Array


class Answers(NamedTuple):
    """The decisions of all pairs to the last price asked, and how far each holds.

    share [local app], use_saving [local]: per unit of gross flow; site_saving, supply: hm3/a; counted [pair] hm3/a;
    cost [pair] MCNY/a. entry, low, high, spent [local]: the stored dictionary in use, the worths between which the
    choice stands, and what it costs (net of credits) per unit of gross flow.
    """

    share: Array
    use_saving: Array
    site_saving: Array
    supply: Array
    counted: Array
    cost: Array
    entry: Index
    low: Array
    high: Array
    spent: Array


def fresh_answers(pairs: Pairs, costs: Costs, entry: Index) -> Answers:
    """Answers that hold for no price yet; ``entry`` [local] says where to look first."""
    locals_, count = len(pairs.local_use), len(pairs.reference)
    return Answers(
        share=np.zeros(len(costs.app)),
        use_saving=np.zeros(locals_),
        site_saving=np.zeros(len(costs.site)),
        supply=np.zeros(len(costs.supply)),
        counted=np.zeros(count),
        cost=np.zeros(count),
        entry=entry.copy(),
        low=np.full(locals_, np.inf),
        high=np.full(locals_, -np.inf),
        spent=np.zeros(locals_),
    )


# Helpers are inlined and get plain arrays: reading arrays out of tuples inside the loops costs ten times the
# arithmetic.


@inlined
def _fill_in_order(first: int, last: int, cost: Array, limit: Array, worth: float, room: float, chosen: Array) -> float:
    """Takes the best margins first, each up to its limit, together up to ``room``; returns the benefit per m3 of
    flow."""
    benefit = 0.0
    for a in range(first, last):
        chosen[a] = 0.0
    while room > 0.0:
        best, found = 0.0, -1
        for a in range(first, last):
            margin = worth - cost[a]
            if margin > best and chosen[a] == 0.0 and limit[a] > 0.0:
                best, found = margin, a
        if found < 0:
            break
        part = min(limit[found], room)
        chosen[found] = part
        benefit += part * best
        room -= part
    return benefit


@inlined
def _interval(
    reduced: Array, first: int, moves: int, apps: int, worth: float, kappa: Array, limit: float
) -> tuple[bool, float, float]:
    """Whether nothing is gained by moving away, and the worths between which that holds."""
    low, high, holds = -np.inf, np.inf, True
    place = first
    for _ in range(moves):
        gain, cost = reduced[place], 0.0
        for t in range(apps):
            cost -= kappa[t] * reduced[place + 1 + t]
        place += apps + 1
        if worth * gain + cost > limit:
            holds = False
            break
        if gain > TINY:
            high = min(high, -cost / gain)
        elif gain < -TINY:
            low = max(low, -cost / gain)
    return holds, low, high


@inlined
def _best_entry(first: int, last: int, entry_value: Index, value: Array, apps: int, worth: float, kappa: Array) -> int:
    """The stored dictionary with the largest profit."""
    best, found = -np.inf, -1
    for e in range(first, last):
        place = entry_value[e]
        profit = worth * value[place]
        for t in range(apps):
            profit -= kappa[t] * value[place + 1 + t]
        if profit > best:
            best, found = profit, e
    return found


@compiled
def _climb_from(local: int, pairs: Pairs, costs: Costs, uses: Uses, worth: float, answers: Answers) -> None:
    """Pivots from the nearest stored dictionary to the optimum; the rare case."""
    u, first = pairs.local_use[local], pairs.app_start[local]
    app, apps = uses.app_start[u], uses.app_start[u + 1] - uses.app_start[u]
    rows, moves = uses.rows[u], uses.move_start[u + 1] - uses.move_start[u]
    kappa = uses.saving_fraction[app : app + apps] * costs.app[first : first + apps]
    entry = answers.entry[local]
    place, start = uses.entry_place[entry], uses.entry_basis[entry]
    table = uses.dictionary[place : place + (rows + 1 + apps) * (moves + 1)].copy().reshape((-1, moves + 1))
    if climb(table, uses.basis[start : start + rows + moves].copy(), rows, worth, kappa) < 0:
        raise ArithmeticError("pivoting at an end use did not end")
    reduced = np.empty(moves * (apps + 1))
    for j in range(moves):
        for t in range(apps + 1):
            reduced[j * (apps + 1) + t] = -table[rows + t, j]
    _, low, high = _interval(reduced, 0, moves, apps, worth, kappa, np.inf)
    answers.low[local], answers.high[local] = low, high
    answers.use_saving[local] = table[rows, moves]
    answers.spent[local] = -costs.use_credit[local] * table[rows, moves]
    for t in range(apps):
        answers.share[first + t] = max(table[rows + 1 + t, moves], 0.0)
        answers.spent[local] += kappa[t] * answers.share[first + t]


@inlined
def _choose(
    local: int,
    first: int,
    app: int,
    apps: int,
    moves: int,
    worth: float,
    credit: float,
    app_cost: Array,
    saving_fraction: Array,
    added_share: Array,
    entry: Index,
    entry_first: int,
    entry_last: int,
    entry_value: Index,
    value: Array,
    entry_reduced: Index,
    reduced: Array,
    kappa: Array,
    share: Array,
    use_saving: Array,
    spent: Array,
    low: Array,
    high: Array,
) -> bool:
    """Best shares to add at a local, what they save and cost, and how long that stands; False: look further."""
    if apps == 1:
        taken = worth > app_cost[first]
        share[first] = added_share[app] if taken else 0.0
        low[local] = app_cost[first] if taken else -np.inf
        high[local] = np.inf if taken else app_cost[first]
        use_saving[local] = share[first] * saving_fraction[app]
        spent[local] = use_saving[local] * (app_cost[first] - credit)
        return True
    scale = max(abs(worth), 1e-6)
    for t in range(apps):
        kappa[t] = saving_fraction[app + t] * app_cost[first + t]
        scale = max(scale, abs(kappa[t]))
    at = entry[local]
    holds, least, most = _interval(reduced, entry_reduced[at], moves, apps, worth, kappa, ROUNDING * scale)
    if not holds:
        at = _best_entry(entry_first, entry_last, entry_value, value, apps, worth, kappa)
        entry[local] = at
        holds, least, most = _interval(reduced, entry_reduced[at], moves, apps, worth, kappa, ROUNDING * scale)
    if holds:
        low[local], high[local] = least, most
        use_saving[local] = value[entry_value[at]]
        spent[local] = -credit * use_saving[local]
        for t in range(apps):
            share[first + t] = max(value[entry_value[at] + 1 + t], 0.0)
            spent[local] += kappa[t] * share[first + t]
    return holds


@released
def ask(
    members: Index, worth: float, extra: Array, pairs: Pairs, costs: Costs, uses: Uses, answers: Answers
) -> tuple[float, float, float]:
    """``members`` answer a worth (plus ``extra`` [pair] for each); returns what they save, cost, and their value."""
    (reference, local_start, local_use, gross_flow, app_start, site_start, site_limit, site_together, supply_start,
     supply_limit, alternative_share_max, count_supply) = pairs  # fmt: skip
    app_cost, site_cost, supply_cost, use_credit, site_credit, supply_credit = costs
    share, use_saving, site_saving, supply, counted, cost, entry, low, high, spent = answers
    use_app, saving_fraction, added_share, move_start = (
        uses.app_start, uses.saving_fraction, uses.added_share, uses.move_start
    )  # fmt: skip
    entry_start, entry_value, value, entry_reduced, reduced = (
        uses.entry_start, uses.entry_value, uses.value, uses.entry_reduced, uses.reduced
    )  # fmt: skip
    kappa = np.empty(APPS_MAX)
    all_counted, all_cost, all_value = 0.0, 0.0, 0.0
    for i in members:
        price = worth + extra[i]
        beyond_site = _fill_in_order(
            supply_start[i], supply_start[i + 1], supply_cost, supply_limit,
            price * count_supply + supply_credit[i], alternative_share_max, supply,
        )  # fmt: skip
        beyond_use = beyond_site + _fill_in_order(
            site_start[i], site_start[i + 1], site_cost, site_limit,
            price + site_credit[i] - beyond_site, site_together[i], site_saving,
        )  # fmt: skip
        saved, paid = 0.0, 0.0
        for local in range(local_start[i], local_start[i + 1]):
            earned = price + use_credit[local] - beyond_use
            if not (low[local] < earned <= high[local]):
                u = local_use[local]
                apps = use_app[u + 1] - use_app[u]
                if not _choose(
                    local, app_start[local], use_app[u], apps, move_start[u + 1] - move_start[u], earned,
                    use_credit[local], app_cost, saving_fraction, added_share, entry, entry_start[u],
                    entry_start[u + 1], entry_value, value, entry_reduced, reduced, kappa, share, use_saving, spent,
                    low, high,
                ):  # fmt: skip
                    _climb_from(local, pairs, costs, uses, earned, answers)
            saved += gross_flow[local] * use_saving[local]
            paid += gross_flow[local] * spent[local]
        counted[i], cost[i] = _whole_plant(
            site_start[i], site_start[i + 1], site_cost, site_saving, site_credit[i],
            supply_start[i], supply_start[i + 1], supply_cost, supply, supply_credit[i],
            count_supply, reference[i], saved, paid,
        )  # fmt: skip
        all_counted += counted[i]
        all_cost += cost[i]
        all_value += price * counted[i] - cost[i]
    return all_counted, all_cost, all_value


@inlined
def _whole_plant(
    site_first: int,
    site_last: int,
    site_cost: Array,
    site_saving: Array,
    site_credit: float,
    supply_first: int,
    supply_last: int,
    supply_cost: Array,
    supply: Array,
    supply_credit: float,
    count_supply: float,
    reference: float,
    saved: float,
    paid: float,
) -> tuple[float, float]:
    """Turns the shares chosen on the site and of other sources into volumes; returns counted saving and cost."""
    left, site, replaced = reference - saved, 0.0, 0.0
    for a in range(site_first, site_last):
        site_saving[a] *= left
        site += site_saving[a]
        paid += site_saving[a] * (site_cost[a] - site_credit)
    for a in range(supply_first, supply_last):
        supply[a] *= left - site
        replaced += supply[a]
        paid += supply[a] * (supply_cost[a] - supply_credit)
    return saved + site + count_supply * replaced, paid
