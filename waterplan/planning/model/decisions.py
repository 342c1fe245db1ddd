"""What a solution consists of: the decisions and the prices (duals), as packed arrays.

The full LP, the fast planner and the plan exchange these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Structure


@dataclass(frozen=True)
class Decisions:
    """How much of everything is done [hm3/a].

    step [local_step]: gross flow of the plants that take the step; site_saving [pair_site]; supply [pair_supply].
    """

    step: Array
    site_saving: Array
    supply: Array


@dataclass(frozen=True)
class Duals:
    """What the last unit of each limit on the whole is worth, never negative; 0 where a limit is slack or not set.

    shadow_price, value_added_cut, sector_floor [sector], province_floor and non_conventional_min [province],
    technology_floor and technology_cap [technology], pool [pool, province]: CNY/m3. investment_cap: MCNY/a per MCNY.
    electricity_cap: MCNY/a per GWh.
    """

    shadow_price: float
    sector_floor: Array
    province_floor: Array
    value_added_cut: float
    non_conventional_min: Array
    technology_floor: Array
    technology_cap: Array
    investment_cap: float
    electricity_cap: float
    pool: Array

    @classmethod
    def zero(cls, structure: Structure) -> Duals:
        """All prices nought."""
        technologies = len(structure.technologies)
        return cls(
            shadow_price=0.0,
            sector_floor=np.zeros(len(structure.sectors)),
            province_floor=np.zeros(len(structure.provinces)),
            value_added_cut=0.0,
            non_conventional_min=np.zeros(len(structure.provinces)),
            technology_floor=np.zeros(technologies),
            technology_cap=np.zeros(technologies),
            investment_cap=0.0,
            electricity_cap=0.0,
            pool=np.zeros((len(structure.pools), len(structure.provinces))),
        )
