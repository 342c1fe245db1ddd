"""Twin of answer.cpp and choices.cpp: what pairs and their end uses answer to a price.

Plain Python, number by number what the core does in the same order, so that both agree to the last bit.
"""

import numpy as np
from twin_vertices import TINY, climb, stored

from waterplan.planning.core.kernel_arrays import Answers, Costs, Pairs, Uses
from waterplan.planning.core.library import PivotingError
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index

APPS_MAX = 64
ROUNDING = 1e-13


def _choose_alone(
    members: Index,
    worth: Array,
    local_start: Index,
    local_use: Index,
    app_start: Index,
    use_app: Index,
    use_credit: Array,
    app_cost: Array,
    saving_fraction: Array,
    added_share: Array,
    share: Array,
    use_saving: Array,
    spent: Array,
    low: Array,
    high: Array,
) -> Index:
    """Uses with one technology decide; returns the locals with several whose choice no longer stands, and their worth
    is left in ``high`` for a moment."""
    open_locals = np.empty(len(local_use), dtype=np.int64)
    count = 0
    for n in range(len(members)):
        for local in range(local_start[members[n]], local_start[members[n] + 1]):
            earned = worth[n] + use_credit[local]
            if low[local] < earned <= high[local]:
                continue
            u = local_use[local]
            first, app = app_start[local], use_app[u]
            if use_app[u + 1] - app > 1:
                open_locals[count] = local
                count += 1
                low[local], high[local] = earned, earned
                continue
            taken = earned > app_cost[first]
            share[first] = added_share[app] if taken else 0.0
            low[local] = app_cost[first] if taken else -np.inf
            high[local] = np.inf if taken else app_cost[first]
            use_saving[local] = share[first] * saving_fraction[app]
            spent[local] = use_saving[local] * (app_cost[first] - use_credit[local])
    return open_locals[:count]


def _choose_together(
    locals_: Index,
    local_use: Index,
    app_start: Index,
    use_app: Index,
    app_cost: Array,
    saving_fraction: Array,
    move_start: Index,
    entry_reduced: Index,
    reduced: Array,
    entry: Index,
    low: Array,
    high: Array,
) -> Index:
    """Uses with several technologies keep their dictionary where nothing is gained by moving away; ``low`` and ``high``
    become the worths between which that holds. Returns the locals where something would be gained."""
    kappa = np.empty(APPS_MAX)
    moved = np.empty(len(locals_), dtype=np.int64)
    count = 0
    for local in locals_:
        u = local_use[local]
        first, app = app_start[local], use_app[u]
        apps = use_app[u + 1] - app
        worth = low[local]
        scale = max(abs(worth), 1e-6)
        for t in range(apps):
            kappa[t] = saving_fraction[app + t] * app_cost[first + t]
            scale = max(scale, abs(kappa[t]))
        place, least, most, holds = entry_reduced[entry[local]], -np.inf, np.inf, True
        for _ in range(move_start[u + 1] - move_start[u]):
            gain, cost = reduced[place], 0.0
            for t in range(apps):
                cost -= kappa[t] * reduced[place + 1 + t]
            place += apps + 1
            if worth * gain + cost > ROUNDING * scale:
                holds = False
                break
            if gain > TINY:
                most = min(most, -cost / gain)
            elif gain < -TINY:
                least = max(least, -cost / gain)
        if holds:
            low[local], high[local] = least, most
        else:
            moved[count] = local
            count += 1
    return moved[:count]


def _best_entries(
    locals_: Index,
    local_use: Index,
    app_start: Index,
    use_app: Index,
    app_cost: Array,
    saving_fraction: Array,
    entry_start: Index,
    entry_value: Index,
    value: Array,
    worth: Array,
    entry: Index,
) -> None:
    """The stored dictionary with the largest profit at each local's worth."""
    kappa = np.empty(APPS_MAX)
    for local in locals_:
        u = local_use[local]
        first, app = app_start[local], use_app[u]
        apps = use_app[u + 1] - app
        for t in range(apps):
            kappa[t] = saving_fraction[app + t] * app_cost[first + t]
        best = -np.inf
        for e in range(entry_start[u], entry_start[u + 1]):
            place = entry_value[e]
            profit = worth[local] * value[place]
            for t in range(apps):
                profit -= kappa[t] * value[place + 1 + t]
            if profit > best:
                best = profit
                entry[local] = e


def _read_entries(
    locals_: Index,
    local_use: Index,
    app_start: Index,
    use_app: Index,
    use_credit: Array,
    app_cost: Array,
    saving_fraction: Array,
    entry_value: Index,
    value: Array,
    entry: Index,
    share: Array,
    use_saving: Array,
    spent: Array,
) -> None:
    """Shares, saving and cost of the dictionaries chosen."""
    for local in locals_:
        u = local_use[local]
        first, app = app_start[local], use_app[u]
        place = entry_value[entry[local]]
        use_saving[local] = value[place]
        spent[local] = -use_credit[local] * value[place]
        for t in range(use_app[u + 1] - app):
            share[first + t] = max(value[place + 1 + t], 0.0)
            spent[local] += saving_fraction[app + t] * app_cost[first + t] * share[first + t]


def _climb_from(local: int, pairs: Pairs, costs: Costs, uses: Uses, worth: float, answers: Answers) -> None:
    """Pivots from the nearest stored dictionary to the optimum; the rare case."""
    u, first = pairs.local_use[local], pairs.app_start[local]
    app, apps = uses.app_start[u], uses.app_start[u + 1] - uses.app_start[u]
    rows, moves = uses.rows[u], uses.move_start[u + 1] - uses.move_start[u]
    kappa = uses.saving_fraction[app : app + apps] * costs.app[first : first + apps]
    table, basis = stored(uses, u, answers.entry[local])
    if climb(table, basis, rows, worth, kappa) < 0:
        raise PivotingError
    low, high = -np.inf, np.inf
    for j in range(moves):
        gain, cost = -table[rows, j], 0.0
        for t in range(apps):
            cost += kappa[t] * table[rows + 1 + t, j]
        if gain > TINY:
            high = min(high, -cost / gain)
        elif gain < -TINY:
            low = max(low, -cost / gain)
    answers.low[local], answers.high[local] = low, high
    answers.use_saving[local] = table[rows, moves]
    answers.spent[local] = -costs.use_credit[local] * table[rows, moves]
    for t in range(apps):
        answers.share[first + t] = max(table[rows + 1 + t, moves], 0.0)
        answers.spent[local] += kappa[t] * answers.share[first + t]


def choose(members: Index, worth: Array, pairs: Pairs, costs: Costs, uses: Uses, answers: Answers) -> None:
    """Brings the choices at all end uses of ``members`` up to their worth [member]."""
    several = _choose_alone(
        members, worth, pairs.local_start, pairs.local_use, pairs.app_start, uses.app_start, costs.use_credit,
        costs.app, uses.saving_fraction, uses.added_share, answers.share, answers.use_saving, answers.spent,
        answers.low, answers.high,
    )  # fmt: skip
    moved = _choose_together(
        several, pairs.local_use, pairs.app_start, uses.app_start, costs.app, uses.saving_fraction, uses.move_start,
        uses.entry_reduced, uses.reduced, answers.entry, answers.low, answers.high,
    )  # fmt: skip
    _best_entries(
        moved, pairs.local_use, pairs.app_start, uses.app_start, costs.app, uses.saving_fraction, uses.entry_start,
        uses.entry_value, uses.value, answers.low, answers.entry,
    )  # fmt: skip
    stuck = _choose_together(
        moved, pairs.local_use, pairs.app_start, uses.app_start, costs.app, uses.saving_fraction, uses.move_start,
        uses.entry_reduced, uses.reduced, answers.entry, answers.low, answers.high,
    )  # fmt: skip
    _read_entries(
        several, pairs.local_use, pairs.app_start, uses.app_start, costs.use_credit, costs.app, uses.saving_fraction,
        uses.entry_value, uses.value, answers.entry, answers.share, answers.use_saving, answers.spent,
    )  # fmt: skip
    for local in stuck:
        _climb_from(local, pairs, costs, uses, answers.low[local], answers)


def _fill_in_order(
    members: Index, start: Index, cost: Array, limit: Array, worth: Array, room: Array, chosen: Array
) -> Array:
    """Takes the best margins first, each up to its limit, together up to ``room``.

    worth, room [member]; fills in ``chosen`` (shares of the passing flow); returns the benefit per m3 of flow [member].
    """
    benefit = np.zeros(len(members))
    for n in range(len(members)):
        first, last = start[members[n]], start[members[n] + 1]
        for a in range(first, last):
            chosen[a] = 0.0
        left = room[n]
        for _ in range(first, last):
            if not left > 0.0:
                break
            best, found = 0.0, -1
            for a in range(first, last):
                margin = worth[n] - cost[a]
                if margin > best and chosen[a] == 0.0 and limit[a] > 0.0:
                    best, found = margin, a
            if found < 0:
                break
            part = min(limit[found], left)
            chosen[found] = part
            benefit[n] += part * best
            left -= part
    return benefit


def _add_up(
    members: Index,
    pairs: Pairs,
    behind: Array,
    use_saving: Array,
    spent: Array,
    level: tuple[Index, Array, Array, Array],
    next_level: tuple[Index, Array, Array, Array],
    counted: Array,
    cost: Array,
) -> None:
    """Turns the shares chosen on the site and of other sources into volumes, and adds up each pair.

    level, next_level: start, cost, credit [pair] and what is chosen, on the site and of other sources.
    """
    count_supply, local_start, gross_flow = pairs.count_supply, pairs.local_start, pairs.gross_flow
    site_start, site_cost, site_credit, site_saving = level
    supply_start, supply_cost, supply_credit, supply = next_level
    for i in members:
        saved, paid = 0.0, 0.0
        for local in range(local_start[i], local_start[i + 1]):
            saved += gross_flow[local] * use_saving[local]
            paid += gross_flow[local] * spent[local]
        at_uses, site, replaced = pairs.start[i] - saved, 0.0, 0.0
        for a in range(site_start[i], site_start[i + 1]):
            site_saving[a] *= at_uses
            site += site_saving[a]
            paid += site_saving[a] * (site_cost[a] - site_credit[i])
        left = (1.0 - pairs.on_site[i]) * at_uses - site + pairs.built[i]
        for a in range(supply_start[i], supply_start[i + 1]):
            supply[a] *= left
            replaced += supply[a]
            paid += supply[a] * (supply_cost[a] - supply_credit[i])
        less = (1.0 - pairs.on_site[i]) * saved + site
        counted[i] = less - count_supply * pairs.replaced[i] * less + count_supply * replaced
        cost[i] = paid - behind[i] * less


def ask(
    members: Index, worth: float, extra: Array, pairs: Pairs, costs: Costs, uses: Uses, answers: Answers
) -> tuple[float, float, float]:
    """``members`` answer a worth (plus ``extra`` [pair] for each); returns what they save, cost, and their value."""
    price = worth + extra[members]
    beyond_site = _fill_in_order(
        members, pairs.supply_start, costs.supply, pairs.supply_limit,
        price * pairs.count_supply + costs.supply_credit[members], pairs.alternative_share[members],
        answers.supply,
    )  # fmt: skip
    behind = price * (1.0 - pairs.count_supply * pairs.replaced[members]) + costs.behind[members]
    beyond = _fill_in_order(
        members, pairs.site_start, costs.site, pairs.site_limit,
        behind + costs.site_credit[members] - beyond_site, pairs.site_together[members], answers.site_saving,
    )  # fmt: skip
    passes = 1.0 - pairs.on_site[members]
    choose(members, passes * behind - (passes * beyond_site + beyond), pairs, costs, uses, answers)
    _add_up(
        members, pairs, costs.behind, answers.use_saving, answers.spent,
        (pairs.site_start, costs.site, costs.site_credit, answers.site_saving),
        (pairs.supply_start, costs.supply, costs.supply_credit, answers.supply), answers.counted, answers.cost,
    )  # fmt: skip
    counted, cost, value = 0.0, 0.0, 0.0
    for n in range(len(members)):
        counted += answers.counted[members[n]]
        cost += answers.cost[members[n]]
        value += price[n] * answers.counted[members[n]] - answers.cost[members[n]]
    return counted, cost, value
