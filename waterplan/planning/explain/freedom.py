"""What a plan could leave and what it could not: the least and the most of each choice at nearly the least cost.

Many technologies cost nearly the same, so plans quite unlike the best one cost little more. For each sector and each
of the
largest technologies the ends of its range are found exactly: a bonus (or a penalty) on its contribution is raised
until the plan's cost has risen by the tolerance.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from waterplan.planning.model.flows import Array
from waterplan.planning.plan.ledger import build_ledger
from waterplan.planning.plan.result import Result
from waterplan.planning.planner.kernel_input import Bonus
from waterplan.planning.planner.planner import Planner

TOLERANCE = 0.02
LARGEST = 15
UTMOST = 1e3  # CNY/m3: a bonus for which everything is done
ROUNDS_MAX = 40
CLOSE = 1e-9  # of the whole volume of the study
FORCED, FREE = 0.9, 0.1


def freedom(planner: Planner, result: Result, tolerance: float = TOLERANCE, largest: int = LARGEST) -> pd.DataFrame:
    """The range of every sector's counted saving and of the largest technologies' capacity [hm3/a].

    Plans may cost ``tolerance`` of gross cost more than the least. Columns: kind (sector, technology), label, planned,
    least, most, and verdict: forced (even the least is 90 % of what is planned), free (it can nearly be left out), or
    between.
    """
    s, ledger, unit = result.instance.structure, result.ledger, result.instance.flows.unit
    budget = ledger.objective + tolerance * max(ledger.gross_cost, CLOSE * unit)
    capacity = ledger.capacity.sum(axis=(1, 2))
    chosen = [t for t in np.argsort(-capacity, kind="stable")[:largest] if capacity[t] > CLOSE * unit]
    wanted = [("sector", n) for n in range(len(s.sectors))] + [("technology", int(t)) for t in chosen]
    rows = []
    for kind, n in wanted:
        ends = _Range(planner, result, kind, n, budget)
        least, most = ends.end(-1.0), ends.end(1.0)
        label = s.sectors[n] if kind == "sector" else s.technologies[n]
        rows.append((kind, label, ends.planned, least, most, _verdict(ends.planned, least, CLOSE * unit)))
    return pd.DataFrame(rows, columns=["kind", "label", "planned", "least", "most", "verdict"])


def _verdict(planned: float, least: float, nothing: float) -> str:
    if planned <= nothing:
        return "free"
    return "forced" if least >= FORCED * planned else "free" if least <= FREE * planned else "between"


class _Range:
    """One choice's range within a budget [MCNY/a]."""

    def __init__(self, planner: Planner, result: Result, kind: str, label: int, budget: float):
        self.planner, self.result, self.kind, self.label, self.budget = planner, result, kind, label, budget
        self.planned, self.cost = self._measured(result)

    def end(self, direction: float) -> float:
        """The most (direction 1) or least (-1) contribution within the budget."""
        near, unit = (self.planned, self.cost), self.result.instance.flows.unit
        far = self._at(direction * UTMOST)
        if far[1] <= self.budget:
            return far[0]
        for _ in range(ROUNDS_MAX):
            if abs(far[0] - near[0]) <= CLOSE * (unit + abs(near[0])):
                return near[0]
            slope = (far[1] - near[1]) / (far[0] - near[0])
            middle = self._at(slope)
            on_the_line = (near[1] - slope * near[0]) - (middle[1] - slope * middle[0])
            if on_the_line <= CLOSE * (unit + abs(near[1])):
                break
            near, far = (middle, far) if middle[1] <= self.budget else (near, middle)
        share = (self.budget - near[1]) / (far[1] - near[1])
        return float(near[0] + share * (far[0] - near[0]))

    def _at(self, bonus: float) -> tuple[float, float]:
        """Contribution and cost of the plan that is best with a bonus on the contribution [CNY/m3]."""
        i = self.result.instance
        search = self.planner.search(i.scenario, bonus=Bonus.on(i.structure, self.kind, self.label, bonus))
        mixture, _, _ = search.run(max(self.result.duals.shadow_price, 1e-3))
        ledger = build_ledger(i.structure, i.flows, i.values, i.levers, i.prices, mixture.deployment)
        return self._contribution(ledger.capacity, ledger.saving), ledger.objective

    def _measured(self, result: Result) -> tuple[float, float]:
        return self._contribution(result.ledger.capacity, result.ledger.saving), result.ledger.objective

    def _contribution(self, capacity: Array, saving: Array) -> float:
        if self.kind == "technology":
            return float(capacity[self.label].sum())
        counted = saving if self.result.instance.levers.count_alternative_supply else saving[:2]
        return float(counted[:, self.label].sum())
