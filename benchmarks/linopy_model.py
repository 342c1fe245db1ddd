"""The same linear programme once more, written in linopy: what building it there costs."""

from __future__ import annotations

import linopy
import numpy as np
import pandas as pd
import xarray as xr

from waterplan.planning.model.objective import decision_costs
from waterplan.planning.model.scenario_numbers import Given


def build(given: Given) -> linopy.Model:
    """The planning problem with a target and pools; floors and caps are not set in what is measured."""
    s, flows, levers = given.structure, given.flows, given.levers
    model = linopy.Model()
    gross = flows.gross_flow[s.local_step_local]
    pairs = pd.RangeIndex(len(s.pair_product), name="pair")
    step = _variables(model, "step", flows.added_share[given.step_app] * gross)
    reference = flows.reference_withdrawal
    site = _variables(model, "site", flows.site_limit[s.pair_site] * reference[s.pair_site_pair])
    reach = flows.supply_limit[s.pair_supply] * reference[s.pair_supply_pair] * given.supply_is_available
    supply = _variables(model, "supply", reach)
    after_use = model.add_variables(0, xr.DataArray(reference, coords=[pairs]), name="after_end_use")
    after_site = model.add_variables(0, xr.DataArray(reference, coords=[pairs]), name="after_site")

    _end_uses(model, given, step)
    saved = _sum_by(step * given.step_saving, given.step_pair, "pair")
    model.add_constraints(after_use + saved == xr.DataArray(reference, coords=[pairs]), name="end_use_lowers")
    _whole_plant(model, "site", site, after_use, s.pair_site_pair, flows.site_limit[s.pair_site])
    together = xr.DataArray(flows.site_limit_together[s.pair_product], coords=[pairs])
    sites = _sum_by(site, s.pair_site_pair, "pair")
    model.add_constraints(sites - together * after_use <= 0, name="site_together")
    model.add_constraints(after_site + sites - after_use == 0, name="site_lowers")
    _whole_plant(model, "supply", supply, after_site, s.pair_supply_pair, flows.supply_limit[s.pair_supply])
    sources = _sum_by(supply, s.pair_supply_pair, "pair")
    model.add_constraints(sources - flows.alternative_share_max * after_site <= 0, name="supply_together")
    pool = s.technology_pool[given.supply_technology]
    draws = np.flatnonzero((pool >= 0) & given.supply_is_available)
    place = (pool * len(s.provinces) + given.supply_province)[draws]
    drawn = _sum_by(supply.isel(supply=draws), place, "place")
    limit = xr.DataArray(flows.pool_limit.reshape(-1)[np.unique(place)], coords={"place": np.unique(place)})
    model.add_constraints(drawn <= limit, name="pools")
    counted = supply.sum() - after_site.sum() if levers.count_alternative_supply else -1.0 * after_site.sum()
    model.add_constraints(counted >= levers.saving_target - reference.sum(), name="target")
    costs = decision_costs(given)
    model.add_objective(
        sum((variable * cost).sum() for variable, cost in zip((step, site, supply), costs, strict=True))
    )
    return model


def _variables(model: linopy.Model, name: str, upper: np.ndarray) -> linopy.Variable:
    most = xr.DataArray(np.maximum(upper, 0.0), coords=[pd.RangeIndex(len(upper), name=name)])
    return model.add_variables(0, most, name=name)


def _sum_by(terms: linopy.LinearExpression, owner: np.ndarray, name: str) -> linopy.LinearExpression:
    expression = 1.0 * terms
    dim = next(str(d) for d in expression.dims if d != "_term")
    return expression.groupby(pd.Series(owner, index=expression.indexes[dim], name=name)).sum()


def _end_uses(model: linopy.Model, given: Given, step: linopy.Variable) -> None:
    """Steps leave from plants that exist; a technology stays within its roll-out: where several are on a use."""
    s, flows = given.structure, given.flows
    local = s.local_step_local
    shared = np.flatnonzero((np.diff(s.use_app_start) > 1)[s.local_use][local])
    count = len(s.configuration_use)
    leaves = local[shared] * count + s.step_from[s.local_step[shared]]
    arrives = local[shared] * count + s.step_to[s.local_step[shared]]
    onward = np.isin(arrives, leaves)
    plants = np.concatenate([leaves, arrives[onward]])
    moved = step.isel(step=np.concatenate([shared, shared[onward]]))
    sign = np.concatenate([np.ones(len(shared)), -np.ones(onward.sum())])
    moved = (1.0 * moved).assign_coords(step=np.arange(len(plants)))
    there = np.unique(plants)
    have = flows.base_share[there % count] * flows.gross_flow[there // count]
    rows = _sum_by(moved * xr.DataArray(sign, coords={"step": np.arange(len(plants))}), plants, "plants")
    model.add_constraints(rows <= xr.DataArray(have, coords={"plants": there}), name="plants")
    app = s.local_step_app[shared]
    several = np.isin(app, np.flatnonzero(np.bincount(app) > 1))
    rows = _sum_by(step.isel(step=shared[several]), app[several], "app")
    there = np.unique(app[several])
    room = flows.added_share[s.local_app[there]] * flows.gross_flow[s.local_app_local[there]]
    model.add_constraints(rows <= xr.DataArray(room, coords={"app": there}), name="rollout")


def _whole_plant(
    model: linopy.Model, name: str, variable: linopy.Variable, flow: linopy.Variable, pair: np.ndarray, c: np.ndarray
) -> None:
    there = xr.DataArray(pair, coords={name: np.arange(len(pair))})
    passing = linopy.Variable(flow.data.isel(pair=there).drop_vars("pair"), model, flow.name)
    limit = xr.DataArray(c, coords={name: np.arange(len(c))})
    model.add_constraints(variable - limit * passing <= 0, name=f"{name}_alone")
