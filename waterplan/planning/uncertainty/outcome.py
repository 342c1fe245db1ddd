"""A plan carried out as it stands in a world whose figures are other than those it was made with.

A plan is what plants do: it keeps its shares of plants and sites, and where a roll-out limit, the plants that exist, or
a pool holds less in that world, it is cut to what there is. Nothing is optimised again; savings and costs are counted
anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from waterplan.planning.model.decisions import Decisions
from waterplan.planning.model.fleets import LocalConfigurations
from waterplan.planning.model.flows import Array, Flows, build_flows
from waterplan.planning.model.prices import build_prices
from waterplan.planning.model.structure import Index, Structure, totals
from waterplan.planning.plan.deployment import Deployment, deployment_of
from waterplan.planning.plan.ledger import Ledger, build_ledger
from waterplan.planning.plan.result import Result, must_start_from_base


@dataclass(frozen=True, eq=False)
class Carried:
    """A plan as shares, to be carried out under other figures.

    step [local step]: share of an end use's plants that take the step; site [pair site], supply [pair supply]: share of
    what the site withdraws before that level.
    """

    result: Result
    step: Array
    site: Array
    supply: Array

    @classmethod
    def of(cls, result: Result) -> Carried:
        """The shares of a plan."""
        must_start_from_base(result)
        i, s, decisions = result.instance, result.instance.structure, result.decisions()
        after_uses, after_sites = _left(s, i.flows, result.deployment.use_saving, decisions.site_saving)
        return cls(
            result,
            step=_share(decisions.step, i.flows.gross_flow[s.local_step_local]),
            site=_share(decisions.site_saving, after_uses[s.pair_site_pair]),
            supply=_share(decisions.supply, after_sites[s.pair_supply_pair]),
        )

    def under(self, values: Mapping[str, Array]) -> Ledger:
        """The accounts of the plan when the study's figures are these; the scenario's levers stay.

        values: all input values by name, as :func:`waterplan.planning.model.instance.input_values` gives them.
        """
        i, s = self.result.instance, self.result.instance.structure
        flows = build_flows(s, values, i.levers, i.study.target_year - i.study.base_year)
        prices = {name: build_prices(s, values, i.levers, flows.reference_withdrawal, name) for name in i.prices}
        return build_ledger(s, flows, values, i.levers, prices, self.deployment(flows))

    def deployment(self, flows: Flows) -> Deployment:
        """What the plan comes to under other flows [hm3/a]."""
        s = self.result.instance.structure
        gross = flows.gross_flow[s.local_step_local]
        nothing = Decisions(self._steps(flows) * gross, np.zeros(len(self.site)), np.zeros(len(self.supply)))
        at_uses = deployment_of(s, flows, nothing)
        after_uses, _ = _left(s, flows, at_uses.use_saving, nothing.site_saving)
        site = np.minimum(self.site, flows.site_limit) * after_uses[s.pair_site_pair]
        site = _within(site, s.pair_site_pair, flows.site_limit_together * after_uses)
        after_sites = after_uses - totals(s.pair_site_pair, site, len(after_uses))
        supply = np.minimum(self.supply, flows.supply_limit) * after_sites[s.pair_supply_pair]
        supply = _within(supply, s.pair_supply_pair, flows.alternative_share * after_sites)
        return Deployment(at_uses.capacity, at_uses.use_saving, site, self._within_pools(supply, flows))

    def _steps(self, flows: Flows) -> Array:
        """Shares of plants that take each step, cut to the roll-out and to the plants that exist."""
        s = self.result.instance.structure
        added = totals(s.local_step_app, self.step, len(s.local_app))
        step = self.step * _cut(flows.added_share[s.local_app], added)[s.local_step_app]
        stock = flows.start_share[self._local.configuration].copy()
        for rows in self._by_size:
            leaving = totals(self._local.step_from[rows], step[rows], len(stock))
            step[rows] *= _cut(stock, leaving)[self._local.step_from[rows]]
            stock += totals(self._local.step_to[rows], step[rows], len(stock))
        return step

    def _within_pools(self, supply: Array, flows: Flows) -> Array:
        """Sources of a pool share what it holds in proportion to what each would draw."""
        s = self.result.instance.structure
        pool = s.technology_pool[s.supply_technology[s.pair_supply]]
        pooled, provinces = pool >= 0, len(s.provinces)
        place = pool[pooled] * provinces + s.pair_province[s.pair_supply_pair[pooled]]
        out = supply.copy()
        out[pooled] = _within(supply[pooled], place, flows.pool_limit.reshape(-1))
        return out

    @cached_property
    def _local(self) -> LocalConfigurations:
        return LocalConfigurations(self.result.instance.structure)

    @cached_property
    def _by_size(self) -> list[Index]:
        """Local steps that the plan takes, by how many technologies the plants have before, fewest first."""
        s = self.result.instance.structure
        taken = np.flatnonzero(self.step > 0)
        size = np.bitwise_count(s.configuration_members[s.step_from[s.local_step[taken]]])
        return [taken[size == n] for n in np.unique(size)]


def _left(s: Structure, flows: Flows, use_saving: Array, site_saving: Array) -> tuple[Array, Array]:
    """What pairs withdraw after level 1, and after level 2."""
    count = len(flows.reference_withdrawal)
    after_uses = flows.reference_withdrawal - totals(s.local_pair, use_saving, count)
    return after_uses, after_uses - totals(s.pair_site_pair, site_saving, count)


def _share(volume: Array, whole: Array) -> Array:
    return np.divide(volume, whole, out=np.zeros(len(volume)), where=whole > 0)


def _cut(limit: Array, wanted: Array) -> Array:
    """By what each is to be multiplied to stay within its limit."""
    return np.minimum(1.0, np.divide(limit, wanted, out=np.ones(len(wanted)), where=wanted > limit))


def _within(volume: Array, owner: Index, limit: Array) -> Array:
    """Volumes cut in proportion where those of an owner together pass its limit."""
    return volume * _cut(np.maximum(limit, 0.0), totals(owner, volume, len(limit)))[owner]
