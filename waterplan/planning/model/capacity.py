"""Capacity: what costs, energy, floors and caps are counted on."""

from __future__ import annotations

import numpy as np
from pyomo.core.expr.numeric_expr import LinearExpression

from waterplan.planning.model.flows import Array
from waterplan.planning.model.unknowns import Columns, Given, weighted


def capacity_weighted(x: Columns, given: Given, weight: Array) -> LinearExpression:
    r"""Capacity of all technologies, each times a weight [technology].

    .. math:: \sum_t w_t \, \mathrm{capacity}_t, \qquad \mathrm{capacity}_t =
        \sum \mathrm{saving\_fraction}_t \, \mathrm{step} + \sum \mathrm{site\_saving} + \sum \mathrm{supply}
        \quad [\mathrm{hm^3/a}]

    The capacity of a step is what its technology would save on its own.
    """
    steps = weight[given.step_technology] * given.step_capacity
    weights = np.concatenate([steps, weight[given.site_technology], weight[given.supply_technology]])
    variables = [*x.step, *x.site_saving, *x.supply]
    used = np.flatnonzero(weights).tolist()
    return weighted(weights[used], [variables[i] for i in used])


def technology_capacity(x: Columns, given: Given, technology: int) -> LinearExpression:
    """Capacity of one technology [hm3/a]."""
    chosen = np.zeros(len(given.structure.technologies))
    chosen[technology] = 1.0
    return capacity_weighted(x, given, chosen)
