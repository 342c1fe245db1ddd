"""What one unit of each decision costs, credits taken off."""

from __future__ import annotations

import numpy as np

from waterplan.planning.model.flows import Array
from waterplan.planning.model.scenario_numbers import Given
from waterplan.planning.model.structure import Index
from waterplan.planning.model.tie_break import WASTE, TieBreak, build_tie_break


def decision_costs(given: Given, tie_broken: bool = True) -> tuple[Array, Array, Array]:
    r"""Cost less credits of one unit of each step, site saving and supply [CNY/m3], with or without the tie-break.

    A m3 that does not reach the site is one that what was added there before cannot save, and likewise for sources.
    With :math:`\sigma` and :math:`\rho` for what all site technologies and sources added before save and replace, a
    m3 saved earns

    .. math::

        \text{step: } & (1 - \sigma_{p,r}) (1 - \rho_{p,r}) \, \mathrm{withdrawal\_credit}
            + (\mathrm{effluent\_share}_e - \sigma_{p,r} \, \mathrm{effluent\_share}_{\mathrm{site}})
            \, \mathrm{effluent\_credit} \\
        \text{site\_saving: } & (1 - \rho_{p,r}) \, \mathrm{withdrawal\_credit}
            + \mathrm{effluent\_share}_{\mathrm{site}} \, \mathrm{effluent\_credit} \\
        \text{supply: } & \mathrm{withdrawal\_credit}
            \quad [\mathrm{CNY/m^3}]

    where withdrawal_credit includes scarcity_credit.
    """
    s = given.structure
    effluent_share = given.values["effluent_share"]
    tie = (
        build_tie_break(s)
        if tie_broken
        else TieBreak(*(np.zeros(len(n)) for n in (s.local_app, s.pair_site, s.pair_supply)))
    )
    on_site, fresh = given.on_site, 1.0 - given.replaced
    of_site = effluent_share[s.end_uses.index("site")]
    capacity = _unit_cost(given, given.step_technology, given.step_pair) + tie.app[s.local_step_app]
    pair, at_use = given.step_pair, effluent_share[s.use_end_use[s.local_use][s.local_step_local]]
    saving = _credit(given, pair, ((1.0 - on_site) * fresh)[pair], at_use - on_site[pair] * of_site)
    saving = saving + (WASTE if tie_broken else 0.0)
    site = _unit_cost(given, given.site_technology, s.pair_site_pair) + tie.site
    supply = _unit_cost(given, given.supply_technology, s.pair_supply_pair) + tie.supply
    return (
        given.step_capacity * capacity - given.step_saving * saving,
        site - _credit(given, s.pair_site_pair, fresh[s.pair_site_pair], of_site),
        supply - _credit(given, s.pair_supply_pair, 1.0, 0.0),
    )


def _unit_cost(given: Given, technology: Index, pair: Index) -> Array:
    s = given.structure
    cost: Array = given.prices.unit_cost[technology, s.pair_sector[pair], s.pair_province[pair]]
    return cost + given.flows.barrier[pair]


def _credit(given: Given, pair: Index, fresh_share: Array | float, effluent_share: Array | float) -> Array:
    """What a m3 saved earns that lowers fresh withdrawal and effluent by these shares of it."""
    s, prices = given.structure, given.prices
    sector, province = s.pair_sector[pair], s.pair_province[pair]
    withdrawal = prices.withdrawal_credit[sector, province] + prices.scarcity_credit[province]
    return fresh_share * withdrawal + effluent_share * prices.effluent_credit[sector, province]
