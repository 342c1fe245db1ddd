r"""The second phase of the frontier: what a plant could still save, or make more, once all its inputs have shrunk to θ.

.. math::
    \max \sum_i s_i^- / \bar x_i + \sum_r s_r^+ / \bar y_r \quad \text{s.t.} \quad
    \theta x_{io} - \sum_j \lambda_j x_{ij} = s_i^- \ge 0, \quad
    \sum_j \lambda_j y_{rj} - y_{ro} = s_r^+ \ge 0, \quad \lambda \ge 0, \quad
    \sum_j \lambda_j = 1 \text{ (variable returns only)}

θ is the score of the first phase. Slacks are weighed by the means of all plants, so units do not matter. The
programme is that of ``envelopment`` with θ fixed: it starts from the peers found there, which give a first answer, and
other plants join as their prices ask for it.
"""

from __future__ import annotations

import highspy
import numpy as np

from waterplan.benchmarking.envelopment import TOLERANCE, TOLERANCES, Array, Envelopment, Index, QuietHighs
from waterplan.errors import SolverError

PRICE = 1e-9  # a plant joins if a unit of it adds more than this to the slack
ROOM = 1e-9  # share of a row's size by which θ may be passed, since θ itself is a rounded number


def most_slack(inputs: Array, outputs: Array, found: Envelopment, variable: bool) -> tuple[Array, Array]:
    """Slack of each plant's inputs and outputs [their units], of the answer that has most of it.

    Raises SolverError where HiGHS ends without an optimum.
    """
    mean_x, mean_y = inputs.mean(axis=0), outputs.mean(axis=0)
    x, y = inputs / mean_x, outputs / mean_y
    size = np.ones(len(x)) if variable else x.sum(axis=1)  # as in the first phase
    x, y = x / size[:, None], y / size[:, None]
    programme = _Programme(x, y, variable, np.unique(found.peer))
    slack_x, slack_y = np.empty_like(x), np.empty_like(y)
    for plant, score in enumerate(found.score):
        peers, weight = programme.solve(score * x[plant], y[plant])
        slack_x[plant] = np.maximum(score * x[plant] - weight @ x[peers], 0.0)
        slack_y[plant] = np.maximum(weight @ y[peers] - y[plant], 0.0)
    return slack_x * size[:, None] * mean_x, slack_y * size[:, None] * mean_y


class _Programme:
    """The one programme of all plants: rows are inputs, outputs and, with variable returns, the sum."""

    def __init__(self, x: Array, y: Array, variable: bool, first: Index):
        self._variable = variable
        self._plants = np.column_stack([-x, y, np.ones((len(x), int(variable)))])
        self._gain = y.sum(axis=1) - x.sum(axis=1)
        self._owner: list[int] = []
        self._highs = QuietHighs()
        options: dict[str, object] = {"output_flag": False, "threads": 1, "parallel": "off", "presolve": "off"}
        for name, value in {**options, **dict.fromkeys(TOLERANCES, TOLERANCE)}.items():
            if self._highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
                raise SolverError(f"HiGHS does not take {name} = {value!r}.")
        for _ in range(self._plants.shape[1]):
            self._highs.addRow(1.0, highspy.kHighsInf, 0, [], [])
        if variable:
            self._highs.changeRowBounds(self._plants.shape[1] - 1, 1.0, 1.0)
        self._rows = np.arange(self._plants.shape[1], dtype=np.int32)
        for plant in first.tolist():
            self._add(plant)

    def solve(self, needs: Array, makes: Array) -> tuple[Index, Array]:
        """Peers and weights that need at most, make at least what is given, and leave most slack."""
        for row, value in enumerate([*-needs, *makes]):
            self._highs.changeRowBounds(row, value - ROOM * abs(value), highspy.kHighsInf)
        while True:
            self._run()
            solution = self._highs.getSolution()
            price = self._gain + self._plants @ np.array(solution.row_dual)
            price[self._owner] = -np.inf
            best = int(price.argmax())
            if price[best] <= PRICE:
                return np.array(self._owner), np.array(solution.col_value)
            self._add(best)

    def _run(self) -> None:
        for _ in range(2):
            self._highs.run()
            if self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal:
                return
            self._highs.clearSolver()  # a basis can be too bad to go on from
        raise SolverError(f"The programme of slacks ended without an optimum: {self._highs.getModelStatus()}.")

    def _add(self, plant: int) -> None:
        self._owner.append(plant)
        entries = self._plants[plant]
        self._highs.addCol(-self._gain[plant], 0.0, highspy.kHighsInf, len(entries), self._rows, entries)
