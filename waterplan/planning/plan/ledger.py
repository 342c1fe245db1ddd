"""The accounts of a plan: physical quantities whole, money in every perspective.

Money is MCNY of the price year, volumes hm3/a, electricity GWh, heat TJ (hm3 times CNY, kWh or MJ per m3: no factor).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from waterplan.planning.model.flows import Array, Flows, Values
from waterplan.planning.model.prices import PERSPECTIVES, Prices, annual_investment, charged_share
from waterplan.planning.model.structure import Structure
from waterplan.planning.plan.deployment import (
    Deployment,
    barrier_paid,
    capacity_cube,
    counted_saving,
    effluent_saved,
    saving_by_level,
)
from waterplan.study.scenario import Levers

COST_LINES = (
    "investment",
    "running_cost",
    "heat",
    "electricity",
    "barrier_cost",
    "avoided_withdrawal",
    "avoided_effluent",
)


@dataclass(frozen=True)
class Ledger:
    """What a plan needs, saves and costs.

    saving [level, sector, province]; effluent [sector, province]: more than at the start, hm3/a. counted_saving: what
    is held against the target.
    cost_lines [perspective, line] MCNY/a: positive is spent, negative earned; cost [perspective] is their sum.
    gross_cost: the positive terms of the perspective minimised; gains: its negative terms, as a positive number.
    scarcity_credit: the preference for scarce places, not part of any cost; objective = annual_cost - scarcity_credit.
    capacity_of and budget_of work out what only pages need, when it is asked for.
    """

    saving: Array
    effluent: Array
    counted_saving: float
    cost_lines: Array
    gross_cost: float
    annual_cost: float
    scarcity_credit: float
    investment: float
    electricity: float
    heat: float
    capacity_of: Callable[[], Array]
    budget_of: Callable[[Ledger], dict[str, float]]

    @cached_property
    def capacity(self) -> Array:
        """Capacity [technology, sector, province], hm3/a."""
        return self.capacity_of()

    @cached_property
    def public_budget(self) -> dict[str, float]:
        """What the plan takes from the public budget each year [MCNY/a], by line."""
        return self.budget_of(self)

    @property
    def gains(self) -> float:
        """The negative terms of the perspective minimised, as a positive number [MCNY/a]."""
        return self.gross_cost - self.annual_cost

    @property
    def objective(self) -> float:
        """What is minimised [MCNY/a]."""
        return self.annual_cost - self.scarcity_credit

    @property
    def cost(self) -> Array:
        """Yearly cost in each perspective [perspective, MCNY/a]."""
        return self.cost_lines.sum(axis=1)


def build_ledger(
    structure: Structure,
    flows: Flows,
    values: Values,
    levers: Levers,
    prices: Mapping[str, Prices],
    deployment: Deployment,
) -> Ledger:
    """The accounts of a deployment; ``prices`` in every perspective."""
    capacity = capacity_cube(structure, deployment)
    saving = saving_by_level(structure, flows, deployment)
    effluent = effluent_saved(structure, flows, deployment, values["effluent_share"])
    by_technology = capacity.sum(axis=(1, 2))
    totals = _Totals(capacity)
    lines = np.stack([_cost_lines(prices[name], totals, saving, effluent) for name in PERSPECTIVES])
    barrier = barrier_paid(structure, flows, deployment)
    lines[PERSPECTIVES.index("enterprise"), COST_LINES.index("barrier_cost")] += barrier
    own = prices[levers.perspective]
    terms = [totals.weighted(np.maximum(term, 0.0)) for term in own.terms.values()]
    annual_cost = float(lines[PERSPECTIVES.index(levers.perspective)].sum())
    gross = float(sum(terms)) + (barrier if levers.perspective == "enterprise" else 0.0)
    scarcity = float((saving.sum(axis=(0, 1)) * own.scarcity_credit).sum())
    return Ledger(
        saving=saving,
        effluent=effluent,
        counted_saving=counted_saving(structure, flows, levers, saving),
        cost_lines=lines,
        gross_cost=gross,
        annual_cost=annual_cost,
        scarcity_credit=scarcity,
        investment=float((values["investment_per_m3"] * levers.technology_cost_scale) @ by_technology),
        electricity=float(values["electricity_per_m3"] @ by_technology),
        heat=float(values["heat_per_m3"] @ by_technology),
        capacity_of=partial(np.asarray, capacity),
        budget_of=partial(public_budget, structure, values, levers),
    )


class _Totals:
    """Sums of a cube [technology, sector, province], weighted by terms that do not differ along all of its dims."""

    def __init__(self, cube: Array):
        self._sums = {(False, False): cube}
        for over_sectors, over_provinces in ((True, False), (False, True), (True, True)):
            axes = tuple(axis for axis, over in ((1, over_sectors), (2, over_provinces)) if over)
            self._sums[over_sectors, over_provinces] = cube.sum(axis=axes, keepdims=True)

    def weighted(self, term: Array) -> float:
        """The sum of the cube times the term."""
        cube = self._sums[term.shape[1] == 1, term.shape[2] == 1]
        return float((term * cube).sum())


def _cost_lines(prices: Prices, totals: _Totals, saving: Array, effluent: Array) -> Array:
    spent = [totals.weighted(prices.terms[name]) if name in prices.terms else 0.0 for name in COST_LINES[:5]]
    return np.array(
        [
            *spent,
            -(saving.sum(axis=0) * prices.withdrawal_credit).sum(),
            -(effluent * prices.effluent_credit).sum(),
        ]
    )


def public_budget(structure: Structure, values: Values, levers: Levers, ledger: Ledger) -> dict[str, float]:
    """What the plan takes from the public budget each year [MCNY/a]: subsidies as annuities at the plan's rate, and the
    resource fee, water tax and sewage fee that are no longer paid."""
    annuity = annual_investment(values, levers, levers.perspective) * charged_share(structure, values, levers)
    saved = ledger.saving.sum(axis=0)
    public, sewer = values["public_supply_share"][:, None], values["sewer_share"][:, None]
    return {
        "subsidy": float(annuity @ ledger.capacity.sum(axis=2) @ levers.investment_subsidy),
        "resource_fee": float(((1 - public) * values["resource_fee"] * saved).sum()),
        "water_tax": float(levers.water_tax * saved.sum()),
        "sewage_fee": float((sewer * values["sewage_fee"] * ledger.effluent).sum()),
    }
