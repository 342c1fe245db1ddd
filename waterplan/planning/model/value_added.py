"""Fresh water per value added: how much it can be when it has to fall."""

from __future__ import annotations

import numpy as np

from waterplan.planning.model.flows import Flows, Values
from waterplan.study.scenario import Levers


def value_added_ratio(values: Values, levers: Levers, years: int) -> float:
    r"""Value added of all sectors so many years after the base year, as a multiple of that of the base year.

    .. math::

        \mathrm{value\_added\_ratio} = \frac{\sum_s \mathrm{sector\_value\_added}_s
            (1 + \mathrm{value\_added\_growth}_s)^{y - y_0} \, \mathrm{output\_scale}_s}
            {\sum_s \mathrm{sector\_value\_added}_s}

    At constant prices.
    """
    base = values["sector_value_added"]
    grown = base * (1.0 + values["value_added_growth"]) ** years * levers.output_scale
    return float(grown.sum() / base.sum())


def fresh_limit(flows: Flows, values: Values, levers: Levers) -> float:
    r"""The most fresh water that can be withdrawn [hm3/a]; infinite where no cut is asked for.

    .. math:: (1 - \mathrm{value\_added\_cut}) \cdot \mathrm{value\_added\_ratio}
        \sum_{p,r} \mathrm{base\_withdrawal}_{p,r} \quad [\mathrm{hm^3/a}]
    """
    if levers.value_added_cut <= 0:
        return float(np.inf)
    ratio = value_added_ratio(values, levers, flows.years)
    return (1.0 - levers.value_added_cut) * ratio * float(flows.base_withdrawal.sum())
