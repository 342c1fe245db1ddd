"""What the plan of a plant comes to by technology, wherever in the plant each goes."""

from __future__ import annotations

import pandas as pd

from waterplan.plants.measures.plant_plan import PlantPlan


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
    """What some steps of a plan come to (PlantPlan.together), and ``running``: running cost and energy [CNY/a]."""
    sums = plan.together(steps)
    return sums | {"running": sums["running_cost"] + sums["energy_cost"]}
