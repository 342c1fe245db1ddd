"""Derived values: a result as the plain numbers that the page draws, the same in every language."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from waterplan import plan_variables, what_binds
from waterplan.planning.plan.binding import foremost

USED = 1e-6  # of the whole volume of the study: smaller is rounding
TOTALS = (
    "annual_cost", "shadow_price", "counted_saving", "saving", "investment", "electricity", "heat", "carbon_dioxide",
    "public_budget", "gross_cost", "gains", "scarcity_credit", "base_withdrawal", "reference_withdrawal",
    "planned_withdrawal",
)  # fmt: skip
BINDING_MAX = 12

Numbers = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """The board of a scenario, or why there is none: the attainable saving and what is missing [hm3/a]."""

    digest: str
    board: Numbers | None
    attainable: float = math.nan
    shortfall: float = math.nan


def build_board(result: Any) -> Numbers:
    """Everything that the Plan page redraws at a move, as JSON knows it."""
    variables = {name: values for name, (_, values) in plan_variables(result).items()}
    s = result.instance.structure
    return {
        "headline": headline(variables, USED * result.instance.flows.unit),
        "cost": dict(zip(("programme", "enterprise", "society"), map(float, variables["cost"]), strict=True)),
        "sectors": by_sector(variables, s),
        "path": {name: rounded(variables[f"{name}_path"]) for name in ("reference", "planned", "saving", "investment")},
        "provinces": by_province(variables, s),
        "technologies": by_technology(variables, s, USED * result.instance.flows.unit),
        "binds": limits(result, variables),
        "seconds": result.seconds,
    }


def headline(variables: Numbers, least: float) -> dict[str, float]:
    """The totals of a plan, and the mean cost of a cubic metre saved where more than ``least`` is saved [hm3/a]."""
    totals = {name: float(np.nansum(variables[name])) for name in TOTALS}
    saving = totals["saving"]
    return {**totals, "mean_cost": totals["annual_cost"] / saving if saving > least else 0.0}


def by_sector(variables: Numbers, structure: Any) -> list[Numbers]:
    """Reference, base and planned withdrawal and the saving of each level [hm3/a]."""
    choice = variables["saving_by_choice"].sum(axis=2)
    sector, level = np.asarray(structure.product_sector), np.asarray(structure.technology_level)
    volumes = {name: np.nansum(variables[f"{name}_withdrawal"], axis=1) for name in ("base", "reference", "planned")}
    return [
        {
            "label": label,
            "levels": [float(choice[level == n][:, sector == place].sum()) for n in range(3)],
            **{name: float(volume[sector == place].sum()) for name, volume in volumes.items()},
        }
        for place, label in enumerate(structure.sectors)
    ]


def by_province(variables: Numbers, structure: Any) -> list[Numbers]:
    """Saving, reference and planned withdrawal of each province [hm3/a], in the study's order."""
    reference, planned = (np.nansum(variables[f"{name}_withdrawal"], axis=0) for name in ("reference", "planned"))
    return [
        {"label": label, "saving": _r(saving), "reference": _r(volume), "planned": _r(left)}
        for label, saving, volume, left in zip(
            structure.provinces, variables["saving_by_province"], reference, planned, strict=True
        )
    ]


def by_technology(variables: Numbers, structure: Any, least: float) -> list[Numbers]:
    """Saving, levelised cost, investment and energy of what saves more than ``least`` [hm3/a], most first."""
    saving, cost = variables["saving_by_technology"], variables["levelised_cost"]
    whole = {name: variables[name].sum(axis=(1, 2)) for name in ("investment", "electricity", "heat", "carbon_dioxide")}
    return [
        {
            "label": structure.technologies[n],
            "saving": _r(saving[n]),
            "cost": _r(cost[n]),
            **{name: _r(values[n]) for name, values in whole.items()},
        }
        for n in np.argsort(-saving, kind="stable")
        if saving[n] > least
    ]


def limits(result: Any, variables: Numbers) -> Numbers:
    """Limits with a price, those with the largest bill first: ``list`` has all, ``shown`` are the places of those to
    show at once."""
    found = what_binds(result, variables)
    shown, _ = foremost(found, BINDING_MAX)
    told = [
        {
            "kind": limit.kind,
            "labels": dict(zip(limit.dims, limit.labels, strict=True)),
            "price": _r(limit.price),
            "unit": limit.price_unit,
            "bound": _r(limit.bound),
            "bound_unit": limit.unit,
            "worth": _r(limit.worth),
        }
        for limit in found
    ]
    return {"list": told, "shown": [found.index(limit) for limit in shown]}


def rounded(values: Any) -> list[float | None]:
    """Numbers short enough to send; what does not exist is null."""
    return [_r(value) for value in np.asarray(values).tolist()]


def _r(value: float) -> float | None:
    """Seven digits, which a screen never shows."""
    return float(f"{value:.7g}") if math.isfinite(value) else None
