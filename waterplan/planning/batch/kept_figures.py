"""What is kept of each run: headline and ledger always, other variables of a plan where they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from waterplan.base.errors import suggest
from waterplan.base.messages import Message
from waterplan.base.vocabulary import Term, term, terms
from waterplan.planning.batch.triangular import Array
from waterplan.planning.model.prices import PERSPECTIVES
from waterplan.planning.model.structure import Structure, totals
from waterplan.planning.plan.dataset import carbon_added, deployment_variables, plan_variables
from waterplan.planning.plan.deployment import LEVELS, use_saving_by_app
from waterplan.planning.plan.ledger import COST_LINES
from waterplan.planning.plan.result import Result
from waterplan.study.study import Study

CUBES = ("capacity", "investment", "running_cost", "electricity", "heat", "carbon_dioxide", "technology_cost")
BY = ("technology", "sector", "province")
SCALARS = (
    "annual_cost", "objective", "gross_cost", "gains", "scarcity_credit", "public_budget", "counted_saving",
    "saving", "shadow_price", "total_investment", "total_electricity", "total_heat", "total_carbon_dioxide",
    "total_reference_withdrawal", "total_planned_withdrawal",
)  # fmt: skip
ALWAYS = (
    *SCALARS,
    "cost",
    "cost_lines",
    *(f"saving_by_{dim}" for dim in ("level", "sector", "province", "technology")),
    *(f"{cube}_by_{dim}" for cube in CUBES for dim in BY),
)
DEPLOYMENT = ("capacity", "deployed_share", "saving_by_choice", "site_saving", "supply")
OF_A_PLAN = ("decision", "ledger", "result", "dual")


def kept_names(variables: Sequence[str], deployment: bool) -> list[str]:
    """Names of all variables kept, in the order of a store."""
    return list(dict.fromkeys([*ALWAYS, *(DEPLOYMENT if deployment else ()), *variables]))


def figure_faults(variables: Sequence[str]) -> Iterator[tuple[str, Message]]:
    """What is wrong with the variables asked for."""
    known = [name for name, item in terms().items() if _can_be_kept(item)]
    for name in variables:
        if name not in known:
            item = terms().get(name)
            why = "not_kept" if item is not None and item.kind in OF_A_PLAN else "not_of_a_plan"
            yield name, Message(f"design_errors.{why}", name=name, near=suggest(name, known))


def _can_be_kept(item: Term) -> bool:
    return item.name in ALWAYS or (item.kind in OF_A_PLAN and "step" not in item.dims)


def labels_of(study: Study, structure: Structure) -> dict[str, list[str] | list[int]]:
    """Labels of the dimensions that a plan's variables have."""
    return {
        "technology": list(structure.technologies),
        "sector": list(structure.sectors),
        "product": list(structure.products),
        "province": list(structure.provinces),
        "level": list(LEVELS),
        "perspective": list(PERSPECTIVES),
        "cost_line": list(COST_LINES),
        "pool": list(structure.pools),
        "year": list(range(study.base_year, study.target_year + 1)),
    }


def shapes_of(names: Sequence[str], labels: dict[str, list[str] | list[int]]) -> dict[str, dict[str, int]]:
    """Dimensions and lengths of each variable."""
    return {name: {dim: len(labels[dim]) for dim in term(name).dims} for name in names}


def figures_of(result: Result, names: Sequence[str]) -> dict[str, Array]:
    """The variables kept of a plan: the usual ones in a millisecond, others as the plan has them."""
    found = _usual(result)
    others = [name for name in names if name not in found]
    for group in (plan_variables, deployment_variables):
        if any(name not in found for name in others):
            found |= {name: values for name, (_, values) in group(result).items()}
    return {name: np.asarray(found[name]) for name in names}


def _usual(result: Result) -> dict[str, Array]:
    i, ledger, d = result.instance, result.ledger, result.duals
    found: dict[str, Array] = {
        "cost": ledger.cost,
        "cost_lines": ledger.cost_lines,
        "saving_by_level": ledger.saving.sum(axis=(1, 2)),
        "saving_by_sector": ledger.saving.sum(axis=(0, 2)),
        "saving_by_province": ledger.saving.sum(axis=(0, 1)),
        "saving_by_technology": _saving_by_technology(result),
        **_sums(result),
    }
    saving = float(ledger.saving.sum())
    reference = float(i.flows.reference_withdrawal.sum())
    numbers = {
        **{name: getattr(ledger, name) for name in ("annual_cost", "objective", "gross_cost", "gains")},
        "scarcity_credit": ledger.scarcity_credit,
        "public_budget": sum(ledger.public_budget.values()),
        "counted_saving": ledger.counted_saving,
        "saving": saving,
        "shadow_price": d.shadow_price,
        "total_investment": ledger.investment,
        "total_electricity": ledger.electricity,
        "total_heat": ledger.heat,
        "total_carbon_dioxide": float(found["carbon_dioxide_by_sector"].sum()),
        "total_reference_withdrawal": reference,
        "total_planned_withdrawal": float(i.flows.programme_free(i.structure).sum()) - saving,
    }
    return found | {name: np.asarray(float(number)) for name, number in numbers.items()}


def _sums(result: Result) -> dict[str, Array]:
    """The cubes of the ledger, summed over all but one dimension.

    Most differ by technology only, so that sums of capacity do; the others are [technology, sector, province].
    """
    i, capacity = result.instance, result.ledger.capacity
    values, own = i.values, i.own_prices
    sums = capacity.sum(axis=2), capacity.sum(axis=1)
    weights = {
        "capacity": np.ones(len(capacity)),
        "investment": values["investment_per_m3"] * i.levers.technology_cost_scale,
        "running_cost": own.terms["running_cost"][:, 0, 0],
        "electricity": values["electricity_per_m3"],
        "heat": values["heat_per_m3"],
    }
    found: dict[str, Array] = {}
    for name, weight in weights.items():
        of = (weight * sums[0].sum(axis=1), weight @ sums[0], weight @ sums[1])
        found |= {f"{name}_by_{dim}": total for dim, total in zip(BY, of, strict=True)}
    for name, cube in (
        ("carbon_dioxide", carbon_added(values, capacity)),
        ("technology_cost", own.unit_cost * capacity),
    ):
        by_sector, by_province = cube.sum(axis=2), cube.sum(axis=1)
        of = (by_sector.sum(axis=1), by_sector.sum(axis=0), by_province.sum(axis=0))
        found |= {f"{name}_by_{dim}": total for dim, total in zip(BY, of, strict=True)}
    return found


def _saving_by_technology(result: Result) -> Array:
    s, d = result.instance.structure, result.deployment
    count = len(s.technologies)
    at_uses = use_saving_by_app(s, result.instance.flows, d)
    return (
        totals(s.app_technology[s.local_app], at_uses, count)
        + totals(s.site_technology[s.pair_site], d.site_saving, count)
        + totals(s.supply_technology[s.pair_supply], d.supply, count)
    )


def lever_coordinate(name: str) -> str:
    """The name of a lever as a coordinate: itself, but for the lever that is a dimension of costs at the same time.

    >>> lever_coordinate("perspective"), lever_coordinate("carbon_price")
    ('perspective_minimised', 'carbon_price')
    """
    return "perspective_minimised" if name == "perspective" else name
