"""Floors: what each sector and province must save at least, and how much of a technology must be built."""

from __future__ import annotations

import numpy as np

from waterplan.planning.model.capacity import technology_capacity
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index
from waterplan.planning.model.target import counted_saving
from waterplan.planning.model.unknowns import Columns, Given, Rows


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
