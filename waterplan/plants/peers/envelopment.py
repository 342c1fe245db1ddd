r"""The linear programmes of the frontier, on HiGHS, warm from plant to plant.

Each plant o has a programme of its own; all share their columns but two and their rows but the right-hand sides:

.. math::
    \min \theta \quad \text{s.t.} \quad \theta x_{io} - \sum_j \lambda_j x_{ij} \ge 0, \quad
    \sum_j \lambda_j y_{rj} \ge y_{ro}, \quad \lambda \ge 0, \quad
    \sum_j \lambda_j = 1 \text{ (variable returns only)}

One programme is built. Going on to the next plant changes the column of θ, a column for the plant itself (so that there
is always an answer) and the right-hand sides; the basis stays. Most plants are nobody's peer, so columns come only when
they are wanted (column generation): after each run the duals price all plants in one product, and the plant that
promises most joins, until none does. Then no column that is missing could lower θ, and the optimum is that of the
whole programme.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt

from waterplan.base.errors import SolverError
from waterplan.base.highs import quiet_highs
from waterplan.base.messages import Message

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
PRICE = 1e-9  # a column joins if it lowers theta by more than this a unit
AGREED = 1e-7  # primal and dual value of a plant may differ by this
TOLERANCES = ("primal_feasibility_tolerance", "dual_feasibility_tolerance")
TOLERANCE = 1e-10
THETA, ITSELF, FIRST = 0, 1, 2  # columns


@dataclass(frozen=True)
class Envelopment:
    """Scores [1] and the peers that prove them: plant ``of`` is held against ``peer`` with weight ``weight`` [1].

    columns, runs: how many plants joined the programme, and how often it was run.
    """

    score: Array
    of: Index
    peer: Index
    weight: Array
    columns: int
    runs: int


def envelop(inputs: Array, outputs: Array, variable: bool) -> Envelopment:
    """Input-oriented scores of all plants against one another; inputs [plant, input], outputs [plant, output].

    Any units: a score does not depend on them. Raises SolverError where HiGHS ends without an optimum, or where its
    primal and dual values do not agree.
    """
    x = inputs / inputs.mean(axis=0)
    y = outputs / outputs.mean(axis=0)
    size = np.ones(len(x)) if variable else x.sum(axis=1)  # with constant returns a plant's size does not matter
    x, y = x / size[:, None], y / size[:, None]
    programme = _Programme(x, y, variable)
    answers = [programme.solve(plant) for plant in range(len(x))]
    of = np.repeat(np.arange(len(x)), [len(peers) for _, peers, _ in answers])
    peer = np.concatenate([peers for _, peers, _ in answers])
    weight = np.concatenate([weights for _, _, weights in answers])
    score = np.array([score for score, _, _ in answers])
    return Envelopment(score, of, peer, weight * size[of] / size[peer], programme.columns, programme.runs)


class _Programme:
    """The one programme that serves all plants: rows are inputs, outputs and, with variable returns, the sum."""

    def __init__(self, x: Array, y: Array, variable: bool):
        self._x, self._y = x, y
        self._inputs, self._rows = x.shape[1], x.shape[1] + y.shape[1] + variable
        self._plants = np.column_stack([-x, y, np.ones((len(x), int(variable)))])
        self._owner: list[int] = []
        self._is_in = np.zeros(len(x), dtype=bool)
        self._row_numbers = np.arange(self._rows, dtype=np.int32)
        self.runs = 0
        self._highs = quiet_highs(presolve="off", **dict.fromkeys(TOLERANCES, TOLERANCE))
        for row in range(self._rows):
            is_sum = row == x.shape[1] + y.shape[1]
            self._highs.addRow(float(is_sum), 1.0 if is_sum else highspy.kHighsInf, 0, [], [])
        self._add(1.0, np.ones(self._inputs))
        self._add(0.0, np.ones(self._rows))

    @property
    def columns(self) -> int:
        """How many plants have joined."""
        return len(self._owner)

    def solve(self, plant: int) -> tuple[float, Index, Array]:
        """Score of a plant, its peers and their weights."""
        self._turn_to(plant)
        for _ in range(2):
            value, dual = self._run_with_all_that_are_wanted()
            score, peers, weights = self._peers(plant)
            priced = float(dual[self._inputs :] @ self._plants[plant, self._inputs :])
            if abs(score - value) <= AGREED and abs(priced - value) <= AGREED:
                return score, peers, weights
            self._highs.clearSolver()  # a basis can be too bad to go on from
        told = {"number": plant + 1, "priced": f"{value:.9g}", "proven": f"{score:.9g}"}
        raise SolverError(Message("grades.no_agreement", **told))

    def _turn_to(self, plant: int) -> None:
        for row, value in enumerate(self._x[plant]):
            self._highs.changeCoeff(row, THETA, value)
        for row, value in enumerate(self._plants[plant]):
            self._highs.changeCoeff(row, ITSELF, value)
        for number, value in enumerate(self._y[plant]):
            self._highs.changeRowBounds(self._inputs + number, value, highspy.kHighsInf)

    def _run_with_all_that_are_wanted(self) -> tuple[float, Array]:
        while True:
            self._highs.run()
            self.runs += 1
            if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                self._highs.clearSolver()
                self._highs.run()
            status = self._highs.getModelStatus()
            if status != highspy.HighsModelStatus.kOptimal:
                raise SolverError(Message("grades.frontier_ended", status=str(status)))
            dual = np.array(self._highs.getSolution().row_dual)
            price = self._plants @ dual
            price[self._is_in] = -np.inf
            best = int(price.argmax())
            if price[best] <= PRICE:
                return float(self._highs.getInfo().objective_function_value), dual
            self._is_in[best] = True
            self._owner.append(best)
            self._add(0.0, self._plants[best])

    def _peers(self, plant: int) -> tuple[float, Index, Array]:
        """Peers of the answer, and the score that they prove: the largest share of an input that they need."""
        weight = np.array(self._highs.getSolution().col_value)[ITSELF:]
        owner = np.array([plant, *self._owner])
        there = weight > 0
        peers, place = np.unique(owner[there], return_inverse=True)
        weights = np.asarray(np.bincount(place, weight[there]), dtype=np.float64)
        needed, has = weights @ self._x[peers], self._x[plant]
        short = (self._y[plant] - weights @ self._y[peers]).max()
        score = (needed[has > 0] / has[has > 0]).max()
        if short > AGREED or (needed[has == 0] > AGREED).any():
            score = np.inf  # not an answer
        return float(score), peers, weights

    def _add(self, cost: float, entries: Array) -> None:
        count = len(entries)
        self._highs.addCol(cost, 0.0, highspy.kHighsInf, count, self._row_numbers[:count], entries)
