"""What each pair adds to the dual value of a plan at its prices, as a function of the study's figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waterplan.planning.core.kernel_arrays import Answers, Pairs, Uses, fresh_answers
from waterplan.planning.model.decisions import Duals
from waterplan.planning.model.flows import Array, Flows, Values, build_flows, flows_at_uses, limits_behind_uses
from waterplan.planning.model.instance import Instance
from waterplan.planning.model.structure import totals
from waterplan.planning.plan.result import Result
from waterplan.planning.planner.answer import ask
from waterplan.planning.planner.dictionaries import build_uses
from waterplan.planning.planner.kernel_input import Places, build_costs, build_pairs, extra_worth

STEP = 1e-6
Place = tuple[NDArray[Any], ...]


class AtPrices:
    """A plan at its prices: what its pairs, and their end uses, add to the dual value when figures move a little.

    A pair's value is that of its end uses, each at the worth of a cubic metre less what it would earn later on the way,
    and of the whole reference withdrawal at what a cubic metre earns there. So figures of technologies at end uses move
    the end uses alone, and those of technologies behind them leave every choice there as it is until its worth does.
    """

    def __init__(self, result: Result):
        i: Instance = result.instance
        s = i.structure
        self.instance, self.duals, self.cut = i, result.duals, cut_by_pool(i)
        self.places = Places.of(s)
        self.costs = build_costs(self.places, i.flows, i.own_prices, i.values, i.levers, self.duals)
        self.extra = extra_worth(s, self.duals)
        self.worth = self.duals.shadow_price + self.extra
        self.everyone = np.arange(len(s.pair_product))
        self.pairs, self.uses = build_pairs(self.places, i.flows, i.levers), self._uses(i.flows)
        self.answers = self._answers(self.pairs, self.uses)
        self.use_saving, self.spent = self.answers.use_saving.copy(), self.answers.spent.copy()
        self.later = self._later()
        self.base = self._of_pairs(i.flows, self.pairs)
        self.base_of_uses = self._of_uses(i.flows, self.use_saving, self.spent)

    def moved_at_uses(self, name: str, place: Place) -> tuple[Array, Array]:
        """Change of the parts of end uses when some figures of them grow a little [local]; by how much each has
        grown."""
        i, (values, step) = self.instance, self._values(name, place)
        moved: dict[str, Any] = flows_at_uses(i.structure, values, i.levers, i.flows.existing_withdrawal)
        flows = replace(i.flows, **moved)
        if name == "end_use_share":  # more of the same
            return self._of_uses(flows, self.use_saving, self.spent) - self.base_of_uses, step
        answers = self._answers(replace(self.pairs, gross_flow=flows.gross_flow), self._uses(flows))
        return self._of_uses(flows, answers.use_saving, answers.spent) - self.base_of_uses, step

    def moved_behind_uses(self, name: str, place: Place) -> tuple[Array, Array]:
        """Change of the parts of pairs when some figures of technologies on the site and of other sources grow."""
        i, (values, step) = self.instance, self._values(name, place)
        moved: dict[str, Any] = limits_behind_uses(i.structure, values, i.levers)
        flows = replace(i.flows, **moved)
        return self._of_pairs(flows, build_pairs(self.places, flows, i.levers)) - self.base, step

    def moved_outputs(self, name: str, place: Place) -> tuple[Array, Array]:
        """Change of the parts of pairs when some figures of their outputs and intensities grow a little."""
        i, (values, step) = self.instance, self._values(name, place)
        flows = build_flows(i.structure, values, i.levers, i.study.target_year - i.study.base_year)
        return self._of_pairs(flows, build_pairs(self.places, flows, i.levers)) - self.base, step

    def _values(self, name: str, place: Place) -> tuple[Values, Array]:
        values = dict(self.instance.values)
        changed = np.array(values[name], dtype=float)
        step = STEP * np.maximum(np.abs(changed[place]), 1e-2)
        changed[place] += step
        values[name] = changed
        return values, step

    def _uses(self, flows: Flows) -> Uses:
        s = self.instance.structure
        mean = totals(s.local_app, self.costs.app, len(s.app_use))
        mean /= np.maximum(np.bincount(s.local_app, minlength=len(s.app_use)), 1)
        return build_uses(s, flows, (mean * flows.saving_fraction)[None, :])

    def _answers(self, pairs: Pairs, uses: Uses) -> Answers:
        answers = fresh_answers(pairs, self.costs, uses.entry_start[:-1][self.instance.structure.local_use])
        ask(self.everyone, self.duals.shadow_price, self.extra, pairs, self.costs, uses, answers)
        return answers

    def _later(self) -> Array:
        """What a cubic metre that passes the end uses earns later on [pair, CNY/m3]."""
        s, flows, count = self.instance.structure, self.instance.flows, len(self.everyone)
        saved = flows.gross_flow * self.use_saving
        earned = self.worth[s.local_pair] * saved - flows.gross_flow * self.spent
        left = flows.after_uses(s) - totals(s.local_pair, saved, count)
        later = self.worth * self.answers.counted - self.answers.cost - totals(s.local_pair, earned, count)
        return np.divide(later, left, out=np.zeros(count), where=left > 0)

    def _of_pairs(self, flows: Flows, pairs: Pairs) -> Array:
        """What pairs add, with the end uses as they are; those asked before answer at once where their worth stays."""
        ask(self.everyone, self.duals.shadow_price, self.extra, pairs, self.costs, self.uses, self.answers)
        value = self.worth * self.answers.counted - self.answers.cost
        return np.asarray(self._floors(flows) - value)

    def _of_uses(self, flows: Flows, use_saving: Array, spent: Array) -> Array:
        """What end uses add, with what is behind them as it is."""
        pair = self.instance.structure.local_pair
        saved = flows.gross_flow * use_saving
        earned = (self.worth - self.later)[pair] * saved - flows.gross_flow * spent
        return np.asarray(self._floors_at_uses(flows) - earned)

    def _floors_at_uses(self, flows: Flows) -> Array:
        """What floors and caps of technologies add at end uses [local]: price x bound."""
        s, price = self.instance.structure, floor_price(self.instance, self.duals)
        if not price.any():
            return np.zeros(len(s.local_use))
        reach = (flows.saving_fraction * flows.added_share)[s.local_app] * flows.gross_flow[s.local_app_local]
        return totals(s.local_app_local, price[s.app_technology[s.local_app]] * reach, len(s.local_use))

    def _floors(self, flows: Flows) -> Array:
        """What floors and caps that are shares of a volume add in all [pair]: price x bound."""
        i, s, d = self.instance, self.instance.structure, self.duals
        floor = (d.sector_floor * i.levers.sector_floor)[s.pair_sector]
        floor = floor + (d.province_floor * i.levers.province_floor)[s.pair_province]
        bound, price = floor * flows.reference_withdrawal, floor_price(i, d)
        if price.any():
            count = len(s.pair_product)
            bound = bound + totals(s.local_pair, self._floors_at_uses(flows), count)
            bound = bound + totals(s.pair_site_pair, price[s.site_technology[s.pair_site]] * flows.site_reach(s), count)
            supply = flows.supply_reach(s)
            technology = s.supply_technology[s.pair_supply]
            free = (s.supply_available & ~self.cut)[technology, s.pair_province[s.pair_supply_pair]]
            bound = bound + totals(s.pair_supply_pair, free * price[technology] * supply, count)
        return np.asarray(bound)


def floor_price(instance: Instance, duals: Duals) -> Array:
    """What a cubic metre of largest capacity costs through floors and caps of technologies [technology, CNY/m3]."""
    levers = instance.levers
    return duals.technology_floor * levers.technology_floor - duals.technology_cap * levers.technology_cap


def cut_by_pool(instance: Instance) -> NDArray[np.bool_]:
    """Where a pool, not its sites, sets the largest capacity of a technology [technology, province]."""
    s, flows = instance.structure, instance.flows
    technology, province = s.supply_technology[s.pair_supply], s.pair_province[s.pair_supply_pair]
    shape = (len(s.technologies), len(s.provinces))
    volume = flows.supply_reach(s) * s.supply_available[technology, province]
    wanted = totals(technology * shape[1] + province, volume, shape[0] * shape[1]).reshape(shape)
    pooled = (s.technology_pool >= 0)[:, None]
    if not len(s.pools):
        return np.zeros(shape, dtype=bool)
    return np.asarray(pooled & (wanted > flows.pool_limit[s.technology_pool]))
