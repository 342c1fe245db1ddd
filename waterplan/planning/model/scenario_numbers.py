"""All numbers of one scenario, with the place of each: what the model states, whoever writes it down."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from waterplan.planning.model.flows import Array, Flows, Values
from waterplan.planning.model.prices import Prices
from waterplan.planning.model.structure import Index, Structure, pool_draw, starts, totals
from waterplan.planning.model.value_added import fresh_limit
from waterplan.study.scenario import Levers


@dataclass(frozen=True)
class Given:
    """All numbers of one scenario, with the place of each in the packed arrays."""

    structure: Structure
    flows: Flows
    prices: Prices
    values: Values
    levers: Levers

    @cached_property
    def supply_technology(self) -> Index:
        """Technology of each pair supply app."""
        return self.structure.supply_technology[self.structure.pair_supply]

    @cached_property
    def supply_province(self) -> Index:
        """Province of each pair supply app."""
        return self.structure.pair_province[self.structure.pair_supply_pair]

    @cached_property
    def supply_is_available(self) -> NDArray[np.bool_]:
        """Whether the source of each pair supply app exists in its province."""
        return self.structure.supply_available[self.supply_technology, self.supply_province]

    @cached_property
    def step_app(self) -> Index:
        """App of each local step."""
        return self.structure.step_app[self.structure.local_step]

    @cached_property
    def step_technology(self) -> Index:
        """Technology of each local step."""
        return self.structure.app_technology[self.step_app]

    @cached_property
    def site_technology(self) -> Index:
        """Technology of each pair site app."""
        return self.structure.site_technology[self.structure.pair_site]

    @cached_property
    def step_pair(self) -> Index:
        """Pair of each local step."""
        return self.structure.local_pair[self.structure.local_step_local]

    @cached_property
    def local_step_start(self) -> Index:
        """Where the steps of each local begin."""
        return starts(self.structure.local_step_local, len(self.structure.local_use))

    @cached_property
    def step_capacity(self) -> Array:
        """Capacity added by a unit of each local step: saving_fraction."""
        return self.flows.saving_fraction[self.step_app]

    @cached_property
    def step_saving(self) -> Array:
        """Water saved by a unit of each local step: remaining_fraction times saving_fraction."""
        return self.flows.remaining_fraction[self.structure.step_from[self.structure.local_step]] * self.step_capacity

    @cached_property
    def on_site(self) -> Array:
        """What site technologies added before save of what reaches the site [pair]."""
        return self.flows.on_site(self.structure)

    @cached_property
    def replaced(self) -> Array:
        """What sources added before replace of what is left behind the site [pair]."""
        return self.flows.replaced(self.structure)

    @cached_property
    def uncounted(self) -> Array:
        """How much of a m3 that is left behind the site is not counted as saved [pair]."""
        return 1.0 - self.replaced if self.levers.count_alternative_supply else np.ones(len(self.replaced))

    @cached_property
    def counted_from(self) -> float:
        """The withdrawal that the target counts from [hm3/a]: frozen efficiency, or where nothing is added."""
        s, flows = self.structure, self.flows
        if self.levers.count_from == "frozen":
            return float(sum(flows.reference_withdrawal.tolist()))
        return float(sum((self.uncounted * flows.after_site(s)).tolist()))

    @cached_property
    def pooled_share(self) -> Array:
        """What sources of a pool added before replace of what is left behind the site [pool, pair]."""
        s, pairs = self.structure, len(self.structure.pair_fleet)
        pool = s.technology_pool[self.supply_technology]
        pooled = pool >= 0
        share = totals(
            (pool * pairs + s.pair_supply_pair)[pooled], self.flows.source_share[pooled], len(s.pools) * pairs
        )
        return share.reshape(len(s.pools), pairs)

    @cached_property
    def pool_bound(self) -> Array:
        """What all sources of a pool can draw, those added before too [pool, province], hm3/a."""
        s, flows = self.structure, self.flows
        drawn = flows.source_share * flows.after_site(s)[s.pair_supply_pair]
        return flows.pool_limit + pool_draw(s, drawn)

    @cached_property
    def fresh_limit(self) -> float:
        """The most fresh water that can be withdrawn under ``value_added_cut`` [hm3/a]."""
        return fresh_limit(self.flows, self.values, self.levers)
