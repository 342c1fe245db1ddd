"""Withdrawal per value added: what a cut of it allows to be withdrawn."""

from __future__ import annotations

import numpy as np

from waterplan.planning.model.flows import Array, Values
from waterplan.study.scenario import Levers


def growth_of_value_added(values: Values, output_scale: Array, years: int) -> float:
    r"""Value added of the year over that of the base year, at constant prices.

    .. math:: \frac{\sum_s \mathrm{sector\_value\_added}_s (1 + \mathrm{value\_added\_growth}_s)^{y - y_0}
        \mathrm{output\_scale}_s}{\sum_s \mathrm{sector\_value\_added}_s}
    """
    base = values["sector_value_added"]
    return float((base * (1 + values["value_added_growth"]) ** years * output_scale).sum() / base.sum())


def largest_withdrawal(values: Values, levers: Levers, base_withdrawal: Array, years: int) -> float:
    r"""Fresh water that all may withdraw together so that withdrawal per value added falls by the cut [hm3/a].

    .. math:: (1 - \mathrm{value\_added\_cut}) \sum_{p,r} \mathrm{base\_withdrawal}_{p,r}
        \frac{\mathrm{VA}_y}{\mathrm{VA}_{y_0}}
    """
    grown = growth_of_value_added(values, levers.output_scale, years)
    return (1.0 - levers.value_added_cut) * float(np.sum(base_withdrawal)) * grown
