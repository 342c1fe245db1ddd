"""What is minimised: the cost of all capacity less what the saved water earns, in the perspective of the scenario."""

from __future__ import annotations

import numpy as np
from pyomo.core.expr.numeric_expr import LinearExpression

from waterplan.planning.model.decision_costs import decision_costs
from waterplan.planning.model.unknowns import Columns, Given, weighted


def annual_cost(x: Columns, given: Given) -> LinearExpression:
    r"""Yearly cost of the plan, which is made as small as possible.

    .. math:: \sum (\mathrm{unit\_cost} + \mathrm{barrier} + \mathrm{tie\_break}) \cdot \mathrm{capacity}
        - \sum (\mathrm{withdrawal\_credit} + \mathrm{scarcity\_credit}) \cdot \mathrm{saving}
        - \sum \mathrm{effluent\_share}_e \cdot \mathrm{effluent\_credit} \cdot \mathrm{saving}_e
        \quad [\mathrm{MCNY/a}]

    A saving is the difference to the start (see ``decision_costs``). Effluent is credited at level 1 by end use and at
    level 2 by the share of ``site``; a source that replaces fresh water leaves the effluent as it is.
    """
    step, site, supply = decision_costs(given)
    return weighted(np.concatenate([step, site, supply]), [*x.step, *x.site_saving, *x.supply])
