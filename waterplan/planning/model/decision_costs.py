"""What one unit of each decision costs, credits taken off."""

from __future__ import annotations

import numpy as np

from waterplan.planning.model.flows import Array
from waterplan.planning.model.scenario_numbers import Given
from waterplan.planning.model.structure import Index
from waterplan.planning.model.tie_break import WASTE, TieBreak, build_tie_break


def decision_costs(given: Given, tie_broken: bool = True) -> tuple[Array, Array, Array]:
    """Cost less credits of one unit of each step, site saving and supply [CNY/m3], with or without the tie-break."""
    s = given.structure
    effluent_share = given.values["effluent_share"]
    tie = (
        build_tie_break(s)
        if tie_broken
        else TieBreak(*(np.zeros(len(n)) for n in (s.local_app, s.pair_site, s.pair_supply)))
    )
    capacity = _unit_cost(given, given.step_technology, given.step_pair) + tie.app[s.local_step_app]
    saving = _credit(given, given.step_pair, effluent_share[s.use_end_use[s.local_use][s.local_step_local]])
    saving = saving + (WASTE if tie_broken else 0.0)
    site = _unit_cost(given, given.site_technology, s.pair_site_pair) + tie.site
    supply = _unit_cost(given, given.supply_technology, s.pair_supply_pair) + tie.supply
    return (
        given.step_capacity * capacity - given.step_saving * saving,
        site - _credit(given, s.pair_site_pair, effluent_share[s.end_uses.index("site")]),
        supply - _credit(given, s.pair_supply_pair, 0.0),
    )


def _unit_cost(given: Given, technology: Index, pair: Index) -> Array:
    s = given.structure
    return given.prices.unit_cost[technology, s.pair_sector[pair], s.pair_province[pair]]


def _credit(given: Given, pair: Index, effluent_share: Array | float) -> Array:
    s, prices = given.structure, given.prices
    sector, province = s.pair_sector[pair], s.pair_province[pair]
    withdrawal = prices.withdrawal_credit[sector, province] + prices.scarcity_credit[province]
    return withdrawal + effluent_share * prices.effluent_credit[sector, province]
