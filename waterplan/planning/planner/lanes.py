"""Provinces side by side: what the core reads for a light answer (see core/lanes.h)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from waterplan.planning.core.kernel_arrays import Handed
from waterplan.planning.model.flows import Array, Flows, Values
from waterplan.planning.model.structure import Index
from waterplan.planning.planner.kernel_input import Places
from waterplan.study.scenario import Levers

BLOCK = 8


@dataclass(frozen=True)
class Lanes(Handed):
    """Structure and coefficients of a scenario, block by block: a product in eight of its provinces.

    A block names its own uses and apps, and where its rows begin; ``*_tie`` and supply_limit [row, lane], reference and
    province [lane], use_flow: gross flow per unit of reference withdrawal.
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
    use_flow: Array
    use_effluent: Array
    split: Array
    site_limit: Array
    site_together: Array
    supply_limit: Array
    app_tie: Array
    site_tie: Array
    supply_tie: Array
    site_effluent: float
    alternative_share_max: float
    count_supply: float
    unit: float
    blocks: int
    technologies: int
    sectors: int
    provinces: int
    pools: int


class Layout:
    """Where the lanes of a study stand; the same for all its scenarios.

    pair_lane [pair], lane_pair [lane] (-1 where a block is only filled up). ``app``, ``site`` and ``supply`` [packed]:
    the place of each row of the structure among the rows of the blocks.
    """

    def __init__(self, places: Places):
        s, self.places = places.structure, places
        count = np.bincount(s.pair_product, minlength=len(s.products))
        blocks = -(-count // BLOCK)
        self.product = np.repeat(np.arange(len(count)), blocks)
        first_pair = np.cumsum(count) - count
        first_block = np.cumsum(blocks) - blocks
        within = np.arange(len(s.pair_product)) - first_pair[s.pair_product]
        self.pair_lane = first_block[s.pair_product] * BLOCK + within
        self.lane_pair = np.full(len(self.product) * BLOCK, -1)
        self.lane_pair[self.pair_lane] = np.arange(len(s.pair_product))
        place_in_product = np.arange(len(self.product)) - first_block[self.product]
        self.inside = np.minimum(count[self.product] - place_in_product * BLOCK, BLOCK)
        app_start = s.use_app_start[s.product_use_start]
        self.app_row, self.app_rows = _rows(np.diff(app_start)[self.product])
        self.site_row, self.site_rows = _rows(np.diff(s.product_site_start)[self.product])
        self.supply_row, self.supply_rows = _rows(np.diff(s.product_supply_start)[self.product])
        local_app_pair = s.local_pair[s.local_app_local]
        self.app = self._place(self.app_row, local_app_pair, s.local_app - app_start[s.pair_product[local_app_pair]])
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

    def lanes(self, flows: Flows, values: Values, levers: Levers) -> Lanes:
        """The lanes of a scenario's coefficients."""
        s = self.places.structure
        reference = np.zeros(len(self.lane_pair))
        reference[self.pair_lane] = flows.reference_withdrawal
        supply_limit = flows.supply_limit[s.pair_supply] * self.places.supply_open
        return self._blank.changed(
            reference=reference,
            use_flow=flows.use_flow,
            use_effluent=values["effluent_share"][s.use_end_use],
            split=-np.log1p(-np.minimum(flows.saving_fraction, 1 - 1e-12)),
            site_limit=flows.site_limit,
            site_together=flows.site_limit_together[self.product],
            supply_limit=_spread(self.supply_rows, self.supply, supply_limit),
            site_effluent=float(values["effluent_share"][s.end_uses.index("site")]),
            alternative_share_max=float(flows.alternative_share_max),
            count_supply=1.0 if levers.count_alternative_supply else 0.0,
            unit=flows.unit,
        )

    @cached_property
    def _blank(self) -> Lanes:
        """Lanes with the structure alone."""
        s, product, nothing = self.places.structure, self.product, np.empty(0)
        return Lanes(
            use_first=s.product_use_start[product],
            use_last=s.product_use_start[product + 1],
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
            reference=nothing,
            use_flow=nothing,
            use_effluent=nothing,
            split=nothing,
            site_limit=nothing,
            site_together=nothing,
            supply_limit=nothing,
            app_tie=self._ties[0],
            site_tie=self._ties[1],
            supply_tie=self._ties[2],
            site_effluent=0.0,
            alternative_share_max=0.0,
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
