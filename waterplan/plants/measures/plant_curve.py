"""The cost curve of a plant: least cost over all savings, as the planning model's optimum over all prices of water."""

from __future__ import annotations

import numpy as np
import pandas as pd

from waterplan.plants.measures.optimum import COST, INVESTMENT, WITHDRAWAL, Choice, least, nothing, weigh
from waterplan.plants.measures.options import PlantProblem
from waterplan.plants.measures.plant_accounts import added

COLUMNS = ("saving", "annual_cost", "investment", "width", "price", "added", "removed")
ROUNDING = 1e-12
SAME = 1e-10


def plant_curve(problem: PlantProblem) -> pd.DataFrame:
    """Where least cost over the saving bends, from nothing to all that can be saved.

    Each row is a plan that no other plan with the same saving undercuts, by the price of water at which it comes in:
    saving [m3/a], annual_cost [CNY/a] and investment [CNY] so far; width [m3/a] and price [CNY/m3] of the piece that
    leads to it (negative: it pays for itself); technologies added and removed there, as ``technology (product,
    end_use)``. Prices rise from row to row. Between two rows, plans of whole technologies lie on the line or above it.
    """
    ends = nothing(problem), least(problem, np.array([1.0, ROUNDING, 0.0]))
    plans = [ends[0], *_bends(problem, *ends), ends[1]]
    weights = [weigh(problem, choice) for choice in plans]
    names = [_names(problem, choice) for choice in plans]
    rows = []
    for n in range(1, len(plans)):
        before, after = weights[n - 1], weights[n]
        width = float(before[WITHDRAWAL] - after[WITHDRAWAL])
        if width > ROUNDING * weights[0][WITHDRAWAL]:
            come, gone = set(names[n]) - set(names[n - 1]), set(names[n - 1]) - set(names[n])
            rows.append(
                {
                    "saving": float(weights[0][WITHDRAWAL] - after[WITHDRAWAL]),
                    "annual_cost": float(after[COST]),
                    "investment": float(after[INVESTMENT]),
                    "width": width,
                    "price": float(after[COST] - before[COST]) / width,
                    "added": tuple(sorted(come)),
                    "removed": tuple(sorted(gone)),
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _bends(problem: PlantProblem, left: Choice, right: Choice) -> list[Choice]:
    """The choices at which least cost bends between two of them, from left to right."""
    high, low = weigh(problem, left), weigh(problem, right)
    width = float(high[WITHDRAWAL] - low[WITHDRAWAL])
    if width <= ROUNDING * max(float(high[WITHDRAWAL]), 1.0):
        return []
    price = float(low[COST] - high[COST]) / width
    between = least(problem, np.array([price, 1.0, 0.0]))
    new = weigh(problem, between)
    gain = (high[COST] + price * high[WITHDRAWAL]) - (new[COST] + price * new[WITHDRAWAL])
    scale = max(abs(float(high[COST])), abs(float(low[COST])), abs(price) * float(high[WITHDRAWAL]), 1.0)
    if gain <= SAME * scale:
        return []
    return [*_bends(problem, left, between), between, *_bends(problem, between, right)]


def _names(problem: PlantProblem, choice: Choice) -> list[str]:
    technologies = problem.given.structure.technologies
    return [
        f"{technologies[technology]} ({product.product}, {end_use})"
        for product, chosen in zip(problem.choices, choice, strict=True)
        for _, end_use, technology, _, _ in added(product, chosen)
    ]
