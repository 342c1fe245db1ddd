"""The accounts of a choice: what each technology costs, saves and earns at its product and end use."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from waterplan.planning.model.prices import capital_recovery_factor
from waterplan.planning.model.scenario_numbers import Given
from waterplan.plants.measures.finance import internal_rate, payback, present_value
from waterplan.plants.measures.optimum import Choice, Chosen
from waterplan.plants.measures.options import ProductChoices

LEVELS = ("end_use", "site", "supply")
SITE = "site"
COLUMNS = (
    "level", "product", "end_use", "technology", "capacity", "saving", "investment", "outlay", "running_cost",
    "energy_cost", "electricity", "heat", "charges_saved", "net_benefit", "annual_investment", "annual_cost",
    "levelised_cost", "lifetime", "payback", "npv", "irr",
)  # fmt: skip


def plan_steps(given: Given, choices: tuple[ProductChoices, ...], choice: Choice, horizon: float) -> pd.DataFrame:
    """A row for each technology that a choice adds (columns: PlantPlan.steps), in the order of levelised cost."""
    rows = [
        _row(given, product.product, horizon, *technology)
        for product, chosen in zip(choices, choice, strict=True)
        for technology in added(product, chosen)
    ]
    steps = pd.DataFrame(rows, columns=list(COLUMNS))
    return steps.sort_values(["levelised_cost", "technology"], kind="stable").reset_index(drop=True)


def added(product: ProductChoices, chosen: Chosen) -> Iterator[tuple[str, str, int, float, float]]:
    """(level, end_use, technology, capacity, saving) of what a choice adds to a product."""
    reaching = product.fixed
    for use, at in zip(product.uses, chosen.uses, strict=True):
        reaching += float(use.left[at])
        for technology, capacity, saving in use.members[at]:
            yield "end_use", use.end_use, technology, capacity, saving
    for level, sets in (("site", product.whole.site), ("supply", product.whole.supply)):
        for technology, share in sets[chosen.whole]:
            yield level, SITE, technology, share * reaching, share * reaching


def _row(
    given: Given,
    product: str,
    horizon: float,
    level: str,
    end_use: str,
    technology: int,
    capacity: float,
    saving: float,
) -> dict[str, object]:
    s, values, levers, prices = given.structure, given.values, given.levers, given.prices
    pair = [s.products[p] for p in s.pair_product.tolist()].index(product)
    sector, province = int(s.pair_sector[pair]), int(s.pair_province[pair])
    terms = prices.terms
    investment = float(values["investment_per_m3"][technology] * levers.technology_cost_scale[technology]) * capacity
    outlay = investment * (1 - float(levers.investment_subsidy[sector]))
    running = float(terms["running_cost"][technology, 0, 0]) * capacity
    energy = float(terms["heat"][technology, 0, 0] + terms["electricity"][technology, 0, province]) * capacity
    effluent = 0.0 if level == "supply" else float(values["effluent_share"][s.end_uses.index(end_use)])
    credit = prices.withdrawal_credit[sector, province] + effluent * prices.effluent_credit[sector, province]
    charges = float(credit) * saving
    lifetime = np.array([float(values["lifetime"][technology])])
    benefit = charges - running - energy
    annual = float(capital_recovery_factor(levers.hurdle_rate, lifetime)[0]) * outlay
    return {
        "level": level, "product": product, "end_use": end_use, "technology": s.technologies[technology],
        "capacity": capacity, "saving": saving, "investment": investment, "outlay": outlay,
        "running_cost": running, "energy_cost": energy,
        "electricity": float(values["electricity_per_m3"][technology]) * capacity,
        "heat": float(values["heat_per_m3"][technology]) * capacity,
        "charges_saved": charges, "net_benefit": benefit, "annual_investment": annual, "annual_cost": annual - benefit,
        "levelised_cost": (annual - benefit) / saving, "lifetime": float(lifetime[0]),
        "payback": payback(outlay, benefit),
        "npv": present_value(np.array([outlay]), lifetime, benefit, levers.hurdle_rate, horizon),
        "irr": internal_rate(np.array([outlay]), lifetime, benefit),
    }  # fmt: skip
