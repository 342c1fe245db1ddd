"""The planning problem of one scenario as a Pyomo model: unknowns, objective and every family of equations by name."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
from pyomo.common.gc_manager import PauseGC
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy.sparse import csc_array

from waterplan.planning.model import caps, end_use, floors, objective, site, supply, target
from waterplan.planning.model.flows import Flows, Values
from waterplan.planning.model.matrices import Compiled, RowPlaces
from waterplan.planning.model.prices import Prices
from waterplan.planning.model.structure import Structure
from waterplan.planning.model.unknowns import Columns, Given, add_columns
from waterplan.study.scenario import Levers

EQUATIONS = (
    end_use.steps_leave_from_plants_that_exist,
    end_use.technology_stays_within_its_rollout,
    end_use.end_use_saving_lowers_withdrawal,
    site.site_technology_stays_within_its_sites,
    site.site_technologies_together_stay_within_their_sites,
    site.site_saving_lowers_withdrawal,
    supply.source_stays_within_its_sites,
    supply.sources_together_stay_below_alternative_share_max,
    supply.pool_is_not_overdrawn,
    target.saving_meets_target,
    floors.sector_saving_meets_floor,
    floors.province_saving_meets_floor,
    floors.withdrawal_per_value_added_falls,
    floors.other_sources_reach_minimum,
    floors.technology_meets_floor,
    caps.technology_stays_below_cap,
    caps.investment_stays_below_cap,
    caps.electricity_stays_below_cap,
)


def build_model(
    structure: Structure, flows: Flows, prices: Prices, values: Values, levers: Levers
) -> pyo.ConcreteModel:
    """The planning problem of a scenario.

    Each constraint has the name of the function that states it. A limit on the whole that a scenario does not set has
    no component.
    """
    given = Given(structure, flows, prices, values, levers)
    with PauseGC():
        model = pyo.ConcreteModel("waterplan")
        columns = add_columns(model, given)
        model.annual_cost = pyo.Objective(expr=objective.annual_cost(columns, given), sense=pyo.minimize)
        model.counted_from = given.counted_from
        for equation in EQUATIONS:
            _add_rows(model, equation.__name__, equation(columns, given))
    return model


def columns_of(model: pyo.ConcreteModel) -> Columns:
    """The unknowns of a built model in packed order."""
    return Columns(
        step=list(model.step.values()),
        site_saving=list(model.site_saving.values()),
        supply=list(model.supply.values()),
        after_end_use=list(model.after_end_use.values()),
        after_site=list(model.after_site.values()),
    )


def compile_model(model: pyo.ConcreteModel) -> Compiled:
    """The matrices of a model, its columns in packed order whether or not a row mentions them."""
    variables = columns_of(model).all()
    form = LinearStandardFormCompiler().write(model, mixed_form=True, column_order=variables)
    place = {id(variable): n for n, variable in enumerate(variables)}
    kept = np.array([place[id(variable)] for variable in form.columns], dtype=np.int64)
    cost = np.zeros(len(variables))
    cost[kept] = form.c.toarray()[0]
    coordinates = form.A.tocoo()
    shape = (len(form.rows), len(variables))
    matrix = csc_array((coordinates.data, (coordinates.row, kept[coordinates.col])), shape=shape)
    matrix.sort_indices()
    sense = np.array([row.bound_type for row in form.rows], dtype=np.int64)
    bound = np.asarray(form.rhs, dtype=float)
    rows: RowPlaces = {}
    for number, row in enumerate(form.rows):
        rows.setdefault(row.constraint.parent_component().name, {})[row.constraint.index()] = number
    return Compiled(
        cost=cost,
        matrix=matrix,
        row_lower=np.where(sense <= 0, bound, -np.inf),
        row_upper=np.where(sense >= 0, bound, np.inf),
        lower=np.array([variable.lb for variable in variables], dtype=float),
        upper=np.array([variable.ub for variable in variables], dtype=float),
        rows=rows,
        counted_from=model.counted_from,
    )


def _add_rows(model: pyo.ConcreteModel, name: str, rows: object) -> None:
    if isinstance(rows, dict):
        if rows:
            width = len(next(iter(rows)))
            labels = list(rows) if width > 1 else [label for (label,) in rows]
            relations = rows if width > 1 else {label: row for (label,), row in rows.items()}
            model.add_component(name, pyo.Constraint(pyo.Set(initialize=labels, dimen=width), rule=relations))
    elif rows is not None:
        model.add_component(name, pyo.Constraint(expr=rows))
