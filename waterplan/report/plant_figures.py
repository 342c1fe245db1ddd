"""What the plan of a plant comes to by technology, wherever in the plant each goes."""

from __future__ import annotations

import math

import pandas as pd

from waterplan.plant.finance import internal_rate, payback, present_value
from waterplan.plant.plan import PlantPlan


def by_technology(plan: PlantPlan) -> pd.DataFrame:
    """The steps of a plan, one row a technology wherever it goes, in the order of levelised_cost.

    Columns technology, products and end_uses (tuples), and what :func:`together` gives.
    """
    rows = [
        {"technology": str(technology), "products": tuple(dict.fromkeys(map(str, steps["product"]))),
         "end_uses": tuple(dict.fromkeys(map(str, steps["end_use"])))} | together(plan, steps)
        for technology, steps in plan.steps.groupby("technology", sort=False)
    ]  # fmt: skip
    return pd.DataFrame(rows).sort_values("levelised_cost", kind="stable").reset_index(drop=True)


def together(plan: PlantPlan, steps: pd.DataFrame) -> dict[str, float]:
    """What some steps of a plan come to: saving [m3/a], investment [CNY], running (with energy) [CNY/a],
    levelised_cost [CNY/m3], payback [a], npv [CNY], irr [1/a], by the conventions of finance.py."""
    names = ("saving", "investment", "outlay", "running_cost", "energy_cost", "net_benefit", "annual_cost")
    sums = {name: float(steps[name].sum()) for name in names}
    outlay, lifetime = steps["outlay"].to_numpy(float), steps["lifetime"].to_numpy(float)
    return {
        "saving": sums["saving"],
        "investment": sums["investment"],
        "running": sums["running_cost"] + sums["energy_cost"],
        "levelised_cost": sums["annual_cost"] / sums["saving"] if sums["saving"] > 0 else math.nan,
        "payback": payback(sums["outlay"], sums["net_benefit"]),
        "npv": present_value(outlay, lifetime, sums["net_benefit"], plan.rate, plan.horizon),
        "irr": internal_rate(outlay, lifetime, sums["net_benefit"]),
    }
