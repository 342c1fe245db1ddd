"""What a plan states of what would happen anyway: turnover, the market stage, and water consumption."""

from __future__ import annotations

import numpy as np

from waterplan.planning.model.flows import Array, Flows, Values
from waterplan.planning.model.prices import annual_investment, charged_share
from waterplan.planning.model.structure import Structure
from waterplan.planning.plan.deployment import Deployment, Effect, saving_by_choice
from waterplan.planning.plan.result import Result
from waterplan.planning.plan.stage_rows import StageRows, Variables

PAIR = ("product", "province")
OF_STAGES = (  # what a plan states only where its baseline or its study gives reason to
    "turnover_withdrawal", "market_withdrawal", "consumption_saved", "market_consumption_saved", "step_flow_by_group",
    "choice_technology", "choice_product", "choice_volume", "market_step_technology", "market_step_product",
    "market_step_end_use", "market_step_configuration", "market_step_flow", "market_choice_technology",
    "market_choice_product", "market_choice_volume", "market_pool_price", "market_saving_by_technology", "market_cost",
    "public_market_subsidy", "value_added_cut_price", "non_conventional_min_price",
)  # fmt: skip


def stage_variables(result: Result) -> Variables:
    """Nothing but consumption with the baseline ``frozen``; lines and rows of the stages otherwise."""
    i, before = result.instance, result.before
    found: Variables = {}
    if saves_consumption(i.values):
        saved = consumption_saved(i.structure, i.values, i.flows, result.deployment)
        found["consumption_saved"] = ((), np.asarray(saved))
    if i.levers.baseline == "frozen":
        return found
    found["turnover_withdrawal"] = (PAIR, pair_table(i.structure, i.flows.existing_withdrawal + i.flows.new_withdrawal))
    return found if before is None else {**found, **_by_group(result), **_market(before)}


def pair_table(structure: Structure, volume: Array) -> Array:
    """Volumes of pairs [product, province], groups added up; NaN where a product is not made."""
    s, shape = structure, (len(structure.products), len(structure.provinces))
    place = s.pair_product * shape[1] + s.pair_province
    table = np.full(shape[0] * shape[1], np.nan)
    table[place] = 0.0
    np.add.at(table, place, volume)
    return table.reshape(shape)


def saves_consumption(values: Values) -> bool:
    """Whether a study tells what of a saved cubic metre would have come back."""
    return not bool(np.isnan(values["return_share"]).all())


def consumption_saved(structure: Structure, values: Values, flows: Flows, deployment: Deployment) -> float:
    r"""Water that no basin loses any more through a stage [hm3/a]: differences of states.

    .. math:: \sum_e \mathrm{saving}_e (1 - \mathrm{return\_share}_e)
        + \mathrm{site\ saving} (1 - \mathrm{return\_share}_{\mathrm{site}})
        + \sum_t \mathrm{supply}_t \, \mathrm{depletion\_share}_t
    """
    s, effect = structure, Effect.of(structure, flows, deployment)
    share, depleted = values["return_share"], np.nan_to_num(values["depletion_share"])
    at_uses = ((1.0 - share[s.use_end_use[s.local_use]]) * deployment.use_saving).sum()
    on_site = (1.0 - share[s.end_uses.index("site")]) * effect.site.sum()
    return float(at_uses + on_site + (depleted[s.supply_technology[s.pair_supply]] * effect.supply).sum())


def _by_group(result: Result) -> Variables:
    rows = StageRows(result.instance, result.decisions())
    _, row = rows.steps()
    found: Variables = {"step_flow_by_group": (("step", "group"), rows.flow_by_group(row))}
    return {**found, **{f"choice_{name}": one for name, one in rows.wide_choices().items()}}


def _market(market: Result) -> Variables:
    i, s = market.instance, market.instance.structure
    rows = StageRows(i, market.decisions())

    def renamed(dims: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"market_{dim}" if dim in ("step", "choice") else dim for dim in dims)

    found: Variables = {}
    for kind, columns in (("step", rows.wide_steps()), ("choice", rows.wide_choices())):
        found |= {f"market_{kind}_{name}": (renamed(dims), column) for name, (dims, column) in columns.items()}
    left = i.flows.programme_free(s) - Effect.of(s, i.flows, market.deployment).fresh
    found |= {
        "market_pool_price": (("pool", "province"), market.duals.pool),
        "market_withdrawal": (PAIR, pair_table(s, left)),
        "market_saving_by_technology": (("technology",), saving_by_technology(market)),
        "market_cost": ((), np.asarray(market.ledger.annual_cost)),
    }
    if saves_consumption(i.values):
        saved = consumption_saved(s, i.values, i.flows, market.deployment)
        found["market_consumption_saved"] = ((), np.asarray(saved))
    return found


def market_subsidy(result: Result) -> float:
    """Subsidies paid before the programme, as annuities at its rate [MCNY/a]: one budget, one rate."""
    i, market = result.instance, result.before
    if market is None:
        return 0.0
    annuity = annual_investment(i.values, i.levers, i.levers.perspective) * charged_share(
        i.structure, i.values, market.instance.levers
    )
    return float(annuity @ market.ledger.capacity.sum(axis=2) @ i.levers.investment_subsidy)


def saving_by_technology(result: Result) -> Array:
    """Real saving of each technology [technology, hm3/a]."""
    i = result.instance
    return np.asarray(saving_by_choice(i.structure, i.flows, result.deployment).sum(axis=(1, 2)))
