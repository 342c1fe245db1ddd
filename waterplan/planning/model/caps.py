"""Caps: how much of a technology may be built, and how much money and electricity the whole may take.

Investment and electricity are whole quantities, of joint products too; only the money in the objective is allocated.
"""

from __future__ import annotations

import numpy as np

from waterplan.planning.model.capacity import capacity_weighted, technology_capacity
from waterplan.planning.model.unknowns import Columns, Given, Rows


def technology_stays_below_cap(x: Columns, given: Given) -> Rows:
    r"""Capacity of a technology stays within the allowed share of its largest capacity, where one is set.

    .. math:: \mathrm{capacity}_t \le \mathrm{technology\_cap}_t \cdot \mathrm{largest\_capacity}_t
        \quad [\mathrm{hm^3/a}]

    The dual is ``technology_cap_price``.
    """
    largest, cap = given.flows.largest_capacity, given.levers.technology_cap
    return {
        (given.structure.technologies[t],): technology_capacity(x, given, t) <= float(cap[t] * largest[t])
        for t in np.flatnonzero((cap < 1) & (largest > 0)).tolist()
    }


def investment_stays_below_cap(x: Columns, given: Given) -> object | None:
    r"""Investment stays below the cap, if there is one.

    .. math:: \sum_t \mathrm{investment\_per\_m3}_t \cdot \mathrm{technology\_cost\_scale}_t \cdot \mathrm{capacity}_t
        \le \mathrm{investment\_cap} \quad [\mathrm{MCNY}]

    The dual is ``investment_cap_price``: what one more MCNY of investment saves each year.
    """
    if not np.isfinite(given.levers.investment_cap):
        return None
    weight = given.values["investment_per_m3"] * given.levers.technology_cost_scale
    return capacity_weighted(x, given, weight) <= float(given.levers.investment_cap)


def electricity_stays_below_cap(x: Columns, given: Given) -> object | None:
    r"""Net added electricity stays below the cap, if there is one.

    .. math:: \sum_t \mathrm{electricity\_per\_m3}_t \cdot \mathrm{capacity}_t \le \mathrm{electricity\_cap}
        \quad [\mathrm{GWh}]

    The dual is ``electricity_cap_price``: what one more GWh saves.
    """
    if not np.isfinite(given.levers.electricity_cap):
        return None
    return capacity_weighted(x, given, given.values["electricity_per_m3"]) <= float(given.levers.electricity_cap)
