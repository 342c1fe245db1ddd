"""Floors: what each sector and province must save at least, what all do per value added, which share other sources
replace, and how much of a technology must be built."""

from __future__ import annotations

import numpy as np

from waterplan.planning.model.capacity import technology_capacity
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index
from waterplan.planning.model.target import counted_saving
from waterplan.planning.model.unknowns import Columns, Given, Rows, weighted


def sector_saving_meets_floor(x: Columns, given: Given) -> Rows:
    r"""Counted saving of a sector reaches its floor, where it has one.

    .. math:: \sum_{p \in s, r} \mathrm{counted\_saving}_{p,r} \ge \mathrm{sector\_floor}_s
        \sum_{p \in s, r} \mathrm{reference\_withdrawal}_{p,r} \quad [\mathrm{hm^3/a}]

    The dual is ``sector_floor_price``.
    """
    s = given.structure
    return _saving_meets_floor(x, given, given.levers.sector_floor, s.pair_sector, s.sectors)


def province_saving_meets_floor(x: Columns, given: Given) -> Rows:
    r"""Counted saving of a province reaches its floor, where it has one.

    .. math:: \sum_p \mathrm{counted\_saving}_{p,r} \ge \mathrm{province\_floor}_r
        \sum_p \mathrm{reference\_withdrawal}_{p,r} \quad [\mathrm{hm^3/a}]

    The dual is ``province_floor_price``.
    """
    s = given.structure
    return _saving_meets_floor(x, given, given.levers.province_floor, s.pair_province, s.provinces)


def withdrawal_per_value_added_falls(x: Columns, given: Given) -> object | None:
    r"""Fresh water that is planned per value added falls by the cut at least, if one is asked for.

    .. math:: \sum_{p,r} (M_{p,r} - \sum_t (\mathrm{source\_share}_{t,p,r} \, M_{p,r} + \mathrm{supply}_{t,p,r}))
        \le (1 - \mathrm{value\_added\_cut}) \cdot \mathrm{value\_added\_ratio}
        \sum_{p,r} \mathrm{base\_withdrawal}_{p,r} \quad [\mathrm{hm^3/a}]

    The dual is ``value_added_cut_price``: what one more cubic metre would be worth.
    """
    if not np.isfinite(given.fresh_limit):
        return None
    weights = [*(1.0 - given.replaced).tolist(), *[-1.0] * len(x.supply)]
    return weighted(weights, [*x.after_site, *x.supply]) <= given.fresh_limit


def other_sources_reach_minimum(x: Columns, given: Given) -> Rows:
    r"""Sources added since the base year replace a share of what a province still withdraws, where one is asked for.

    .. math:: \sum_p \sum_t (\mathrm{source\_share}_{t,p,r} \, M_{p,r} + \mathrm{supply}_{t,p,r})
        \ge \mathrm{non\_conventional\_min}_r \sum_p M_{p,r} \quad [\mathrm{hm^3/a}]

    The dual is ``non_conventional_min_price``: a subsidy of every cubic metre of other sources there.
    """
    s, share = given.structure, given.levers.non_conventional_min
    rows: Rows = {}
    for r in np.flatnonzero(share > 0).tolist():
        pairs = np.flatnonzero(s.pair_province == r).tolist()
        sources = np.flatnonzero(given.supply_province == r).tolist()
        if pairs:
            weights = [*(given.replaced[pairs] - share[r]).tolist(), *[1.0] * len(sources)]
            variables = [*(x.after_site[n] for n in pairs), *(x.supply[i] for i in sources)]
            rows[(s.provinces[r],)] = weighted(weights, variables) >= 0.0
    return rows


def technology_meets_floor(x: Columns, given: Given) -> Rows:
    r"""Capacity of a technology reaches the demanded share of its largest capacity, where one is demanded.

    .. math:: \mathrm{capacity}_t \ge \mathrm{technology\_floor}_t \cdot \mathrm{largest\_capacity}_t
        \quad [\mathrm{hm^3/a}]

    The dual is ``technology_floor_price``.
    """
    largest, floor = given.flows.largest_capacity, given.levers.technology_floor
    return {
        (given.structure.technologies[t],): technology_capacity(x, given, t) >= float(floor[t] * largest[t])
        for t in np.flatnonzero((floor > 0) & (largest > 0)).tolist()
    }


def _saving_meets_floor(x: Columns, given: Given, floor: Array, owner: Index, names: tuple[str, ...]) -> Rows:
    rows: Rows = {}
    for place in np.flatnonzero(floor > 0).tolist():
        pairs = np.flatnonzero(owner == place).tolist()
        if pairs:
            saving, reference = counted_saving(x, given, pairs)
            rows[(names[place],)] = saving >= float(floor[place] - 1.0) * reference
    return rows
