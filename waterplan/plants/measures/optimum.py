r"""The best choice for one plant: exact, as a small mixed-integer program on HiGHS, or by price where nothing couples.

For a product with sets q of site technologies and sources, and configurations S at its end uses e, binaries
:math:`z_q` and :math:`w_{e,S,q}`:

.. math::

    \sum_q z_q = 1, \qquad \sum_S w_{e,S,q} = z_q, \qquad
    \sum (\mathrm{left}_{e,S} \, \mathrm{left}_q) \, w_{e,S,q} + \sum \mathrm{fixed} \, \mathrm{left}_q \, z_q
        \le \text{withdrawal}, \qquad \sum \mathrm{investment} \le \text{budget}

A choice that another one beats in all that counts is left out before. Given prices of water and of investment the
choices are independent of each other, and no solver is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import highspy
import numpy as np

from waterplan.base.errors import SolverError
from waterplan.base.highs import quiet_highs
from waterplan.base.messages import Message
from waterplan.planning.model.flows import Array
from waterplan.plants.measures.options import PlantProblem, ProductChoices, unbeaten

WITHDRAWAL, COST, INVESTMENT = 0, 1, 2
TOLERANCE = 1e-9
MIP_GAP = 1e-8
TIME_LIMIT = 60.0
TINY = 1e-12


@dataclass(frozen=True)
class Chosen:
    """One choice of a product: its set of site technologies and sources, and the configuration of each end use."""

    whole: int
    uses: tuple[int, ...]


Choice = tuple[Chosen, ...]


def weigh(problem: PlantProblem, choice: Choice) -> Array:
    """Withdrawal [m3/a], yearly cost less charges saved [CNY/a] and investment [CNY] of a choice."""
    return np.sum([_weigh_one(p, chosen) for p, chosen in zip(problem.choices, choice, strict=True)], axis=0)


def nothing(problem: PlantProblem) -> Choice:
    """The plant as it is."""
    return tuple(Chosen(0, (0,) * len(product.uses)) for product in problem.choices)


def least(problem: PlantProblem, weights: Array) -> Choice:
    """The choice with the least weighted sum of withdrawal, cost and investment; of equals the first.

    Exact, because the choices of products and end uses are then independent of each other.
    """
    return tuple(_least_of(product, weights) for product in problem.choices)


def thriftiest(problem: PlantProblem) -> Choice:
    """The choice that withdraws least, whatever it costs."""
    return least(problem, np.array([1.0, 0.0, 0.0]))


def solve(problem: PlantProblem, objective: int, limited: int, most: float) -> Choice | None:
    """The choice with the least of one measure, with at most so much of another; None if there is none.

    Raises SolverError when HiGHS ends without an answer.
    """
    aim, limit = np.eye(3)[objective], np.eye(3)[limited]
    free = least(problem, aim)
    if weigh(problem, free)[limited] <= most:
        return free
    tight = least(problem, limit)
    if weigh(problem, tight)[limited] > most + TOLERANCE * abs(most):
        return None
    price, room, best = _price(problem, objective, limited, most, free, tight)
    found = _Program(problem, aim + price * limit, room, (objective, limited)).run(objective, limited, most)
    return best if found is None or weigh(problem, best)[objective] < weigh(problem, found)[objective] else found


def _price(
    problem: PlantProblem, objective: int, limited: int, most: float, over: Choice, within: Choice
) -> tuple[float, float, Choice]:
    """The price of what is limited at which the bound is best, how far the bound is from a choice, and that choice.

    ``over`` breaks the limit and ``within`` keeps it. The bound is the least of objective + price * (limited - most);
    no better choice than ``within`` has more than the difference above it.
    """
    weights = np.eye(3)[objective]
    while True:
        high, low = weigh(problem, over), weigh(problem, within)
        price = max(0.0, (low[objective] - high[objective]) / (high[limited] - low[limited]))
        between = least(problem, weights + price * np.eye(3)[limited])
        new = weigh(problem, between)
        line = low[objective] + price * (low[limited] - most)
        bound = new[objective] + price * (new[limited] - most)
        if line - bound <= TOLERANCE * max(abs(line), abs(low[objective]), 1.0):
            return price, max(0.0, float(low[objective] - bound)), within
        if new[limited] <= most:
            within = between
        else:
            over = between


def _weigh_one(product: ProductChoices, chosen: Chosen) -> Array:
    uses = [(use, at) for use, at in zip(product.uses, chosen.uses, strict=True)]
    reaching = product.fixed + sum(float(use.left[at]) for use, at in uses)
    w = product.whole
    per_m3 = np.array([w.left[chosen.whole], w.cost[chosen.whole], w.investment[chosen.whole]])
    own = np.array(
        [0.0, sum(float(use.cost[at]) for use, at in uses), sum(float(use.investment[at]) for use, at in uses)]
    )
    return own + reaching * per_m3


def _least_of(product: ProductChoices, weights: Array) -> Chosen:
    worth = _worth(product, weights)
    total = worth.fixed + sum((use.min(axis=1) for use in worth.uses), np.zeros(len(worth.fixed)))
    best = int(total.argmin())
    return Chosen(best, tuple(int(use[best].argmin()) for use in worth.uses))


@dataclass(frozen=True)
class _Worth:
    """Weighted measures of a product: fixed [set], uses: [set, configuration]."""

    fixed: Array
    uses: list[Array]


def _worth(product: ProductChoices, weights: Array) -> _Worth:
    water, money, invested = weights.tolist()
    whole = product.whole
    price = water * whole.left + money * whole.cost + invested * whole.investment  # of what reaches the site, by set
    own = [money * use.cost + invested * use.investment for use in product.uses]
    return _Worth(
        price * product.fixed,
        [price[:, None] * use.left + cost for use, cost in zip(product.uses, own, strict=True)],
    )


class _Program:
    """The mixed-integer program of a plant: columns with their measures, rows that hold choices together.

    With the weights of a bound, no choice that costs more than ``room`` above the least can be part of a better plan.
    """

    def __init__(self, problem: PlantProblem, weights: Array, room: float, counts: Sequence[int]):
        self.problem = problem
        self.measures: list[Array] = []  # withdrawal, cost, investment of each column
        self.rows: list[tuple[list[int], list[float], float]] = []
        self.whole: list[list[tuple[int, int]]] = []  # by product: (set, column)
        self.uses: list[dict[tuple[int, int], list[tuple[int, int]]]] = []  # by product: (use, set) -> (S, column)
        for product in problem.choices:
            self._add(product, _worth(product, weights), room, list(counts))

    def _add(self, product: ProductChoices, worth: _Worth, room: float, counts: list[int]) -> None:
        per_m3 = np.stack([product.whole.left, product.whole.cost, product.whole.investment], axis=1)
        total = worth.fixed + sum((use.min(axis=1) for use in worth.uses), np.zeros(len(worth.fixed)))
        room += TOLERANCE * float(np.abs(total).max())
        above = total - total.min()
        near = np.flatnonzero(above <= room)
        sets = [int(near[n]) for n in unbeaten(per_m3[near][:, counts])]
        self.whole.append([(q, self._column(product.fixed * per_m3[q])) for q in sets])
        self.uses.append({})
        self.rows.append(([column for _, column in self.whole[-1]], [1.0] * len(sets), 1.0))
        for number, use in enumerate(product.uses):
            own = np.stack([np.zeros_like(use.cost), use.cost, use.investment], axis=1)
            for q, z in self.whole[-1]:
                measures = own + use.left[:, None] * per_m3[q]
                price = worth.uses[number][q]
                near = np.flatnonzero(above[q] + price - price.min() <= room)
                kept = [int(near[n]) for n in unbeaten(measures[near][:, counts])]
                columns = [(s, self._column(measures[s])) for s in kept]
                self.uses[-1][number, q] = columns
                self.rows.append(([*(c for _, c in columns), z], [*(1.0 for _ in columns), -1.0], 0.0))

    def _column(self, measures: Array) -> int:
        self.measures.append(measures)
        return len(self.measures) - 1

    def run(self, objective: int, limited: int, most: float) -> Choice | None:
        """The best choice; None where there is none."""
        measures = np.array(self.measures)
        scale = np.maximum(np.abs(measures).max(axis=0), TINY)
        highs, count = _highs(), len(measures)
        cost, weight = measures[:, objective] / scale[objective], measures[:, limited] / scale[limited]
        highs.addCols(count, cost, np.zeros(count), np.ones(count), 0, [], [], [])
        everywhere = np.arange(count, dtype=np.int32)
        highs.changeColsIntegrality(count, everywhere, np.full(count, highspy.HighsVarType.kInteger))
        for columns, weights, side in self.rows:
            highs.addRow(side, side, len(columns), np.array(columns, np.int32), np.array(weights))
        highs.addRow(-highspy.kHighsInf, most / scale[limited], count, everywhere, weight)
        highs.run()
        status = highs.getModelStatus()
        if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            said = highs.modelStatusToString(status)
            raise SolverError(Message("plant_plan.ended", plant=self.problem.plant.plant, status=said))
        return self._choice(np.array(highs.getSolution().col_value))

    def _choice(self, values: Array) -> Choice:
        def taken(columns: Iterable[tuple[int, int]]) -> int:
            return max(columns, key=lambda pair: values[pair[1]])[0]

        choice = []
        for product, sets, uses in zip(self.problem.choices, self.whole, self.uses, strict=True):
            q = taken(sets)
            choice.append(Chosen(q, tuple(taken(uses[number, q]) for number in range(len(product.uses)))))
        return tuple(choice)


def _highs() -> highspy.Highs:
    tolerances = ("mip_feasibility_tolerance", "primal_feasibility_tolerance", "dual_feasibility_tolerance")
    gaps = {"mip_rel_gap": MIP_GAP, "mip_abs_gap": 0.0}
    return quiet_highs(**gaps, **dict.fromkeys(tolerances, TOLERANCE), time_limit=TIME_LIMIT)
