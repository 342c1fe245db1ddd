"""Pairs of a fleet side by side: what the core reads for a light answer (see core/lanes.h)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from waterplan.planning.core.kernel_arrays import Handed
from waterplan.planning.model.flows import Array, Flows, Values
from waterplan.planning.model.structure import Index
from waterplan.planning.planner.kernel_input import Places
from waterplan.study.scenario import Levers

BLOCK = 8
OF_FLOWS = (
    "reference", "existing", "built", "start", "on_site", "replaced", "barrier", "use_flow", "use_effluent", "split",
    "site_together", "alternative_share", "site_limit", "supply_limit", "site_share", "source_share",
)  # fmt: skip


@dataclass(frozen=True)
class Lanes(Handed):
    """Structure and coefficients of a scenario, block by block: eight pairs of a fleet.

    A block names its own uses and apps, and where its rows begin. [lane]: province, reference, existing, built,
    on_site, replaced, barrier, site_together, alternative_share; [row, lane]: ``*_limit``, ``*_share`` of site and
    sources, ``*_tie``; start [block], use_flow: per unit of existing withdrawal.
    """

    use_first: Index
    use_last: Index
    site_first: Index
    site_last: Index
    supply_first: Index
    supply_last: Index
    app_row: Index
    site_row: Index
    supply_row: Index
    sector: Index
    inside: Index
    province: Index
    app_technology: Index
    site_technology: Index
    supply_technology: Index
    pool: Index
    reference: Array
    existing: Array
    built: Array
    start: Array
    on_site: Array
    replaced: Array
    barrier: Array
    use_flow: Array
    use_effluent: Array
    split: Array
    site_together: Array
    alternative_share: Array
    site_limit: Array
    supply_limit: Array
    site_share: Array
    source_share: Array
    app_tie: Array
    site_tie: Array
    supply_tie: Array
    site_effluent: float
    count_supply: float
    unit: float
    blocks: int
    technologies: int
    sectors: int
    provinces: int
    pools: int


class Layout:
    """Where the lanes of a structure stand; the same for all scenarios that have its fleets.

    pair_lane [pair], lane_pair [lane] (-1 where a block is only filled up). ``app``, ``site`` and ``supply`` [packed]:
    the place of each row of the structure among the rows of the blocks.
    """

    def __init__(self, places: Places):
        s, self.places = places.structure, places
        count = np.bincount(s.pair_fleet, minlength=len(s.fleet_product))
        blocks = -(-count // BLOCK)
        self.fleet = np.repeat(np.arange(len(count)), blocks)
        self.product = s.fleet_product[self.fleet]
        first_block = np.cumsum(blocks) - blocks
        by_fleet = np.argsort(s.pair_fleet, kind="stable")
        within = np.arange(len(by_fleet)) - np.repeat(np.cumsum(count) - count, count)
        self.pair_lane = np.empty(len(by_fleet), dtype=np.int64)
        self.pair_lane[by_fleet] = np.repeat(first_block, count) * BLOCK + within
        self.lane_pair = np.full(len(self.fleet) * BLOCK, -1)
        self.lane_pair[self.pair_lane] = np.arange(len(by_fleet))
        place_in_fleet = np.arange(len(self.fleet)) - first_block[self.fleet]
        self.inside = np.minimum(count[self.fleet] - place_in_fleet * BLOCK, BLOCK)
        app_start = s.use_app_start[s.fleet_use_start]
        self.app_row, self.app_rows = _rows(np.diff(app_start)[self.fleet])
        self.site_row, self.site_rows = _rows(np.diff(s.product_site_start)[self.product])
        self.supply_row, self.supply_rows = _rows(np.diff(s.product_supply_start)[self.product])
        local_app_pair = s.local_pair[s.local_app_local]
        self.app = self._place(self.app_row, local_app_pair, s.local_app - app_start[s.pair_fleet[local_app_pair]])
        site_pair, supply_pair = s.pair_site_pair, s.pair_supply_pair
        self.site = self._place(self.site_row, site_pair, s.pair_site - s.product_site_start[s.pair_product[site_pair]])
        first = s.product_supply_start[s.pair_product[supply_pair]]
        self.supply = self._place(self.supply_row, supply_pair, s.pair_supply - first)
        self._ties = (
            _spread(self.app_rows, self.app, places.tie.app),
            _spread(self.site_rows, self.site, places.tie.site),
            _spread(self.supply_rows, self.supply, places.tie.supply),
        )
        self.province = np.zeros(len(self.lane_pair), dtype=np.int64)
        self.province[self.pair_lane] = s.pair_province

    def _place(self, row: Index, pair: Index, number: Index) -> Index:
        lane = self.pair_lane[pair]
        return (row[lane // BLOCK] + number) * BLOCK + lane % BLOCK

    def _by_lane(self, value: Array) -> Array:
        """Of each lane what its pair has [pair]; nothing where a block is only filled up."""
        lanes = np.zeros(len(self.lane_pair))
        lanes[self.pair_lane] = value
        return lanes

    def lanes(self, flows: Flows, values: Values, levers: Levers) -> Lanes:
        """The lanes of a scenario's coefficients."""
        s, fleet = self.places.structure, self.fleet
        return self._blank.changed(
            reference=self._by_lane(flows.reference_withdrawal),
            existing=self._by_lane(flows.existing_withdrawal),
            built=self._by_lane(flows.new_withdrawal),
            start=flows.start_left[fleet],
            on_site=self._by_lane(flows.on_site(s)),
            replaced=self._by_lane(flows.replaced(s)),
            barrier=self._by_lane(flows.barrier),
            use_flow=flows.use_flow,
            use_effluent=values["effluent_share"][s.use_end_use],
            split=-np.log1p(-np.minimum(flows.saving_fraction, 1 - 1e-12)),
            site_together=self._by_lane(flows.site_limit_together),
            alternative_share=self._by_lane(flows.alternative_share),
            site_limit=_spread(self.site_rows, self.site, flows.site_limit),
            supply_limit=_spread(self.supply_rows, self.supply, flows.supply_limit * self.places.supply_open),
            site_share=_spread(self.site_rows, self.site, flows.site_share),
            source_share=_spread(self.supply_rows, self.supply, flows.source_share),
            site_effluent=float(values["effluent_share"][s.end_uses.index("site")]),
            count_supply=1.0 if levers.count_alternative_supply else 0.0,
            unit=flows.unit,
        )

    @cached_property
    def _blank(self) -> Lanes:
        """Lanes with the structure alone."""
        s, product, fleet = self.places.structure, self.product, self.fleet
        nothing: dict[str, Any] = dict.fromkeys(OF_FLOWS, np.empty(0))
        return Lanes(
            use_first=s.fleet_use_start[fleet],
            use_last=s.fleet_use_start[fleet + 1],
            site_first=s.product_site_start[product],
            site_last=s.product_site_start[product + 1],
            supply_first=s.product_supply_start[product],
            supply_last=s.product_supply_start[product + 1],
            app_row=self.app_row,
            site_row=self.site_row,
            supply_row=self.supply_row,
            sector=s.product_sector[product],
            inside=self.inside,
            province=self.province,
            app_technology=s.app_technology,
            site_technology=s.site_technology,
            supply_technology=s.supply_technology,
            pool=s.technology_pool,
            **nothing,
            app_tie=self._ties[0],
            site_tie=self._ties[1],
            supply_tie=self._ties[2],
            site_effluent=0.0,
            count_supply=0.0,
            unit=0.0,
            blocks=len(product),
            technologies=len(s.technologies),
            sectors=len(s.sectors),
            provinces=len(s.provinces),
            pools=len(s.pools),
        )


def _rows(count: Index) -> tuple[Index, int]:
    """Where the rows of each block begin, and how many there are."""
    ends = np.cumsum(count)
    return ends - count, int(ends[-1]) if len(ends) else 0


def _spread(rows: int, place: Index, value: Array) -> Array:
    out = np.zeros(rows * BLOCK)
    out[place] = value
    return out
