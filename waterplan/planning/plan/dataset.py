"""What a plan states: everything that pages, files and comparisons show, as plain arrays or as one labelled Dataset."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from waterplan.base.late import late_module
from waterplan.base.units import whole_volume
from waterplan.base.vocabulary import terms
from waterplan.planning.certificate.statement import Statement
from waterplan.planning.model.flows import Array
from waterplan.planning.model.prices import PERSPECTIVES, charged_share
from waterplan.planning.model.structure import totals
from waterplan.planning.plan.deployment import LEVELS, Effect, capacity_by_choice, saving_by_choice, use_saving_by_app
from waterplan.planning.plan.ledger import COST_LINES
from waterplan.planning.plan.result import Result
from waterplan.planning.plan.stage_rows import StageRows
from waterplan.planning.plan.stage_variables import market_subsidy, pair_table, stage_variables

if TYPE_CHECKING:
    import xarray as xr
else:
    xr = late_module("xarray")

NOTHING = 1e-9  # of the plants of an end use, or of the whole volume of the study: smaller is rounding
CUBE = ("technology", "sector", "province")
CHOICE = ("technology", "product", "province")
PAIR = ("product", "province")
PACKAGES = ("xarray", "pandas", "numpy", "pyomo", "highspy")

Variables = dict[str, tuple[tuple[str, ...], Array]]


def build_statement(result: Result) -> Statement:
    """The plan of a result as plain arrays; attrs say where it comes from."""
    steps, _ = StageRows(result.instance, result.decisions()).steps()
    variables = {
        **deployment_variables(result),
        **plan_variables(result),
        **{f"step_{name}": column for name, column in steps.items()},
        **stage_variables(result),
    }
    return Statement(variables, *_labels(result), _attrs(result))


def labelled(statement: Statement) -> xr.Dataset:
    """What a plan states as a Dataset, with the versions of the packages that are here."""
    coords = {**{dim: list(labels) for dim, labels in statement.labels.items()}, **statement.coords}
    dataset, known = xr.Dataset(dict(statement.variables), coords=coords), terms()
    for name, array in dataset.data_vars.items():
        term = known[str(name)]
        array.attrs = {"units": term.unit, "long_name": term.label_en}
    return dataset.assign_attrs(
        {
            **statement.attrs,
            "python": ".".join(map(str, sys.version_info[:3])),
            "versions": "; ".join(f"{name} {version(name)}" for name in ("waterplan", *PACKAGES)),
        }
    )


def unit_of(plan: xr.Dataset | Statement) -> float:
    """The volume that tolerances are shares of [hm3/a], of a plan."""
    return whole_volume(float(np.nansum(np.asarray(plan["reference_withdrawal"]))))


def plan_variables(result: Result) -> Variables:
    """Savings, withdrawal, accounts, path and duals as name -> (dims, values), in a few milliseconds.

    What a page draws anew at each move; the Dataset has the same arrays, and deployment and steps beside them.
    """
    return {**_savings(result), **_withdrawal(result), **_accounts(result), **_path(result), **_duals(result)}


def _labels(result: Result) -> tuple[dict[str, Sequence[object]], Variables]:
    """The labels of each dim, and what else is known of them."""
    s, study = result.instance.structure, result.instance.study
    labels: dict[str, Sequence[object]] = {
        "technology": s.technologies,
        "sector": s.sectors,
        "product": s.products,
        "province": s.provinces,
        "level": LEVELS,
        "perspective": PERSPECTIVES,
        "cost_line": COST_LINES,
        "pool": s.pools,
        "year": range(study.base_year, study.target_year + 1),
    }
    if result.before is not None:
        labels["group"] = range(1, s.barrier_groups + 1)
    return labels, {
        "technology_level": (("technology",), np.array(LEVELS)[s.technology_level]),
        "product_sector": (("product",), np.array(s.sectors)[s.product_sector]),
    }


def _attrs(result: Result) -> dict[str, object]:
    study, scenario = result.instance.study, result.instance.scenario
    return {
        "title": scenario.title,
        "status": "optimal",
        "solver": result.solver,
        "study": study.name,
        "study_digest": study.digest,
        "scenario": scenario.to_toml(),
        "scenario_digest": scenario.digest(study),
        "base_year": study.base_year,
        "target_year": study.target_year,
        "price_year": study.price_year,
        "currency": study.currency,
        "dual_bound": result.dual_bound,
        "tie_break": result.tie_break,
        "gap": result.gap,
    }


def deployment_variables(result: Result) -> Variables:
    """Capacity, share deployed, and decisions on sites and of other sources, by technology, product and province."""
    s, deployment = result.instance.structure, result.deployment
    capacity = capacity_by_choice(s, deployment)
    site, supply = np.zeros_like(capacity), np.zeros_like(capacity)
    at, pair = s.site_technology[s.pair_site], s.pair_site_pair
    np.add.at(site, (at, s.pair_product[pair], s.pair_province[pair]), deployment.site_saving)
    place = (
        s.supply_technology[s.pair_supply],
        s.pair_product[s.pair_supply_pair],
        s.pair_province[s.pair_supply_pair],
    )
    np.add.at(supply, place, deployment.supply)
    largest = largest_by_choice(result)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(largest > 0, capacity / largest, 0.0)
    return {
        "capacity": (CHOICE, capacity),
        "deployed_share": (CHOICE, share),
        "site_saving": (CHOICE, site),
        "supply": (CHOICE, supply),
    }


def largest_by_choice(result: Result) -> Array:
    """Largest capacity of each choice [technology, product, province], hm3/a: all plants and sites that can still be
    reached, of what flows at the start."""
    s, flows = result.instance.structure, result.instance.flows
    largest = np.zeros((len(s.technologies), len(s.products), len(s.provinces)))
    reach = (flows.saving_fraction * flows.added_share)[s.local_app] * flows.gross_flow[s.local_app_local]
    pair = s.local_pair[s.local_app_local]
    np.add.at(largest, (s.app_technology[s.local_app], s.pair_product[pair], s.pair_province[pair]), reach)
    for technology, pair, volume in (
        (s.site_technology[s.pair_site], s.pair_site_pair, flows.site_reach(s)),
        (s.supply_technology[s.pair_supply], s.pair_supply_pair, flows.supply_reach(s)),
    ):
        np.add.at(largest, (technology, s.pair_product[pair], s.pair_province[pair]), volume)
    return largest


def _savings(result: Result) -> Variables:
    s, ledger = result.instance.structure, result.ledger
    choice = saving_by_choice(s, result.instance.flows, result.deployment)
    return {
        "saving_by_choice": (CHOICE, choice),
        "saving_by_level": (("level",), ledger.saving.sum(axis=(1, 2))),
        "saving_by_sector": (("sector",), ledger.saving.sum(axis=(0, 2))),
        "saving_by_province": (("province",), ledger.saving.sum(axis=(0, 1))),
        "saving_by_technology": (("technology",), choice.sum(axis=(1, 2))),
        "saving": ((), np.asarray(ledger.saving.sum())),
        "counted_saving": ((), np.asarray(ledger.counted_saving)),
    }


def _withdrawal(result: Result) -> Variables:
    s, flows = result.instance.structure, result.instance.flows
    planned = flows.programme_free(s) - Effect.of(s, flows, result.deployment).fresh
    products = len(s.products)

    def per_output(volume: Array, output: Array) -> Array:
        made = totals(s.pair_product, output, products)
        taken = totals(s.pair_product, volume, products)
        return np.divide(taken * 1e6, made, out=np.full(products, np.nan), where=made > 0)

    return {
        "base_withdrawal": (PAIR, pair_table(s, flows.base_withdrawal)),
        "reference_withdrawal": (PAIR, pair_table(s, flows.reference_withdrawal)),
        "planned_withdrawal": (PAIR, pair_table(s, planned)),
        "base_intensity": (("product",), per_output(flows.reference_withdrawal, flows.output_target)),
        "planned_intensity": (("product",), per_output(planned, flows.output_target)),
    }


def _accounts(result: Result) -> Variables:
    i, ledger = result.instance, result.ledger
    values, levers, capacity = i.values, i.levers, ledger.capacity
    prices = i.own_prices
    whole = (values["investment_per_m3"] * levers.technology_cost_scale)[:, None, None] * capacity
    charged = charged_share(i.structure, values, levers)[:, None, None] * whole
    cost = prices.unit_cost * capacity
    budget = ledger.public_budget
    if result.before is not None:
        budget = {**budget, "market_subsidy": market_subsidy(result)}
    return {
        "investment": (CUBE, whole),
        "investment_charged": (CUBE, charged),
        "running_cost": (CUBE, prices.terms["running_cost"] * capacity),
        "heat": (CUBE, values["heat_per_m3"][:, None, None] * capacity),
        "electricity": (CUBE, values["electricity_per_m3"][:, None, None] * capacity),
        "technology_cost": (CUBE, cost),
        "carbon_dioxide": (CUBE, carbon_added(values, capacity)),
        "levelised_cost": (("technology",), levelised_cost(result, cost.sum(axis=(1, 2)))),
        "cost_lines": (("perspective", "cost_line"), ledger.cost_lines),
        "cost": (("perspective",), ledger.cost),
        "gross_cost": ((), np.asarray(ledger.gross_cost)),
        "gains": ((), np.asarray(ledger.gains)),
        "annual_cost": ((), np.asarray(ledger.annual_cost)),
        "scarcity_credit": ((), np.asarray(ledger.scarcity_credit)),
        "objective": ((), np.asarray(ledger.objective)),
        "public_budget": ((), np.asarray(sum(budget.values()))),
        **{f"public_{name}": ((), np.asarray(amount)) for name, amount in budget.items()},
    }


def carbon_added(values: Mapping[str, Array], capacity: Array) -> Array:
    """Carbon dioxide added by electricity and heat, negative where it is saved [technology, sector, province], kt/a.

    GWh times kg/kWh is kt; TJ times kg/MJ is kt.
    """
    electricity = values["electricity_per_m3"][:, None, None] * values["grid_emission_factor"][None, None, :]
    heat = values["heat_per_m3"] * values["heat_emission_factor"]
    return (electricity + heat[:, None, None]) * capacity


def levelised_cost(result: Result, technology_cost: Array) -> Array:
    """Yearly cost less avoided charges per m3 that a technology really saves, in the perspective minimised
    [technology, CNY/m3]; NaN where it is not used, negative if it pays."""
    i, s, d = result.instance, result.instance.structure, result.deployment
    prices, share = i.own_prices, i.values["effluent_share"]
    count = len(s.technologies)
    saved, earned = np.zeros(count), np.zeros(count)
    at_uses = use_saving_by_app(s, i.flows, d)
    effluent = share[s.use_end_use[s.local_use]][s.local_app_local]
    for technology, pair, volume, discharged in (
        (s.app_technology[s.local_app], s.local_pair[s.local_app_local], at_uses, effluent),
        (s.site_technology[s.pair_site], s.pair_site_pair, d.site_saving, share[s.end_uses.index("site")]),
        (s.supply_technology[s.pair_supply], s.pair_supply_pair, d.supply, 0.0),
    ):
        sector, province = s.pair_sector[pair], s.pair_province[pair]
        credit = prices.withdrawal_credit[sector, province] + discharged * prices.effluent_credit[sector, province]
        saved += totals(technology, volume, count)
        earned += totals(technology, volume * credit, count)
    return np.divide(technology_cost - earned, saved, out=np.full(count, np.nan), where=saved > NOTHING * i.flows.unit)


def _path(result: Result) -> Variables:
    """Along a linear adoption path: the share of the plan reached grows evenly from the base year to the target
    year."""
    i, s = result.instance, result.instance.structure
    study = i.study
    years = np.arange(study.base_year, study.target_year + 1)
    passed = years - study.base_year
    span = study.target_year - study.base_year
    growth = (1 + i.values["output_growth"])[s.pair_product]
    scale = (i.levers.output_scale[s.pair_sector])[None, :] ** (passed[:, None] / span)
    reference = (i.flows.base_withdrawal * growth ** passed[:, None] * scale).sum(axis=1)
    saving, cut = (total * passed / span for total in (result.ledger.saving.sum(), _cut(result)))
    yearly = np.where(passed > 0, result.ledger.investment / span, 0.0)
    return {
        "reference_path": (("year",), reference),
        "planned_path": (("year",), reference - cut),
        "saving_path": (("year",), saving),
        "investment_path": (("year",), yearly),
    }


def _cut(result: Result) -> float:
    """By how much withdrawal falls below frozen efficiency, whatever brings it about [hm3/a]."""
    i, saving = result.instance, float(result.ledger.saving.sum())
    return saving + float((i.flows.reference_withdrawal - i.flows.programme_free(i.structure)).sum())


def _duals(result: Result) -> Variables:
    d = result.duals
    return {
        "shadow_price": ((), np.asarray(d.shadow_price)),
        "sector_floor_price": (("sector",), d.sector_floor),
        "province_floor_price": (("province",), d.province_floor),
        "value_added_cut_price": ((), np.asarray(d.value_added_cut)),
        "non_conventional_min_price": (("province",), d.non_conventional_min),
        "technology_floor_price": (("technology",), d.technology_floor),
        "technology_cap_price": (("technology",), d.technology_cap),
        "investment_cap_price": ((), np.asarray(d.investment_cap)),
        "electricity_cap_price": ((), np.asarray(d.electricity_cap)),
        "pool_price": (("pool", "province"), d.pool),
    }
