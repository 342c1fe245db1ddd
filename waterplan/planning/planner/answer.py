"""The best answer of one product in one province to a price of water: exact, in well under a microsecond.

Each level acts on what the level before left over, so the answer is worked out backwards: what a cubic metre that
reaches the other sources would still earn there, then on the site, then at each end use. See
:mod:`waterplan.planning.planner.vertices` for the end uses.
"""

from __future__ import annotations

import numpy as np

from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index
from waterplan.planning.planner.choices import choose
from waterplan.planning.planner.compilation import compiled, released
from waterplan.planning.planner.dictionaries import Uses
from waterplan.planning.planner.kernel_arrays import Answers, Costs, Pairs


@compiled
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


@compiled
def _add_up(
    members: Index,
    count_supply: float,
    reference: Array,
    local_start: Index,
    gross_flow: Array,
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
    site_start, site_cost, site_credit, site_saving = level
    supply_start, supply_cost, supply_credit, supply = next_level
    for i in members:
        saved, paid = 0.0, 0.0
        for local in range(local_start[i], local_start[i + 1]):
            saved += gross_flow[local] * use_saving[local]
            paid += gross_flow[local] * spent[local]
        left, site, replaced = reference[i] - saved, 0.0, 0.0
        for a in range(site_start[i], site_start[i + 1]):
            site_saving[a] *= left
            site += site_saving[a]
            paid += site_saving[a] * (site_cost[a] - site_credit[i])
        for a in range(supply_start[i], supply_start[i + 1]):
            supply[a] *= left - site
            replaced += supply[a]
            paid += supply[a] * (supply_cost[a] - supply_credit[i])
        counted[i] = saved + site + count_supply * replaced
        cost[i] = paid


@released
def ask(
    members: Index, worth: float, extra: Array, pairs: Pairs, costs: Costs, uses: Uses, answers: Answers
) -> tuple[float, float, float]:
    """``members`` answer a worth (plus ``extra`` [pair] for each); returns what they save, cost, and their value."""
    price = worth + extra[members]
    most = np.full(len(members), pairs.alternative_share_max)
    beyond = _fill_in_order(
        members, pairs.supply_start, costs.supply, pairs.supply_limit,
        price * pairs.count_supply + costs.supply_credit[members], most, answers.supply,
    )  # fmt: skip
    beyond = beyond + _fill_in_order(
        members, pairs.site_start, costs.site, pairs.site_limit,
        price + costs.site_credit[members] - beyond, pairs.site_together[members], answers.site_saving,
    )  # fmt: skip
    choose(members, price - beyond, pairs, costs, uses, answers)
    _add_up(
        members, pairs.count_supply, pairs.reference, pairs.local_start, pairs.gross_flow, answers.use_saving,
        answers.spent, (pairs.site_start, costs.site, costs.site_credit, answers.site_saving),
        (pairs.supply_start, costs.supply, costs.supply_credit, answers.supply), answers.counted, answers.cost,
    )  # fmt: skip
    counted, cost, value = 0.0, 0.0, 0.0
    for n in range(len(members)):
        counted += answers.counted[members[n]]
        cost += answers.cost[members[n]]
        value += price[n] * answers.counted[members[n]] - answers.cost[members[n]]
    return counted, cost, value
