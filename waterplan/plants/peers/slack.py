r"""The second phase of the frontier: what a plant could still save, or make more, once all its inputs have shrunk to θ.

.. math::
    \max \sum_i s_i^- / \bar x_i + \sum_r s_r^+ / \bar y_r \quad \text{s.t.} \quad
    \theta x_{io} - \sum_j \lambda_j x_{ij} = s_i^- \ge 0, \quad
    \sum_j \lambda_j y_{rj} - y_{ro} = s_r^+ \ge 0, \quad \lambda \ge 0, \quad
    \sum_j \lambda_j = 1 \text{ (variable returns only)}

θ is the score of the first phase. Slacks are weighed by the means of all plants, so units do not matter. The
programme is that of ``envelopment`` with θ fixed. A mixture with most slack consists of plants that no mixture of
others outdoes, and in the first phase each of these (or its twin) is its own peer: only peers are put in.
"""

from __future__ import annotations

import highspy
import numpy as np

from waterplan.base.errors import SolverError
from waterplan.base.highs import quiet_highs
from waterplan.base.messages import Message
from waterplan.plants.peers.envelopment import TOLERANCE, TOLERANCES, Array, Envelopment

ROOM = 1e-9  # share of a row's size by which θ may be passed, since θ itself is a rounded number


def most_slack(inputs: Array, outputs: Array, found: Envelopment, variable: bool) -> tuple[Array, Array]:
    """Slack of each plant's inputs and outputs [their units], of the answer that has most of it.

    Raises SolverError where HiGHS ends without an optimum.
    """
    mean_x, mean_y = inputs.mean(axis=0), outputs.mean(axis=0)
    x, y = inputs / mean_x, outputs / mean_y
    size = np.ones(len(x)) if variable else x.sum(axis=1)  # as in the first phase
    x, y = x / size[:, None], y / size[:, None]
    peers = np.unique(found.peer)
    programme = _Programme(x[peers], y[peers], variable)
    slack_x, slack_y = np.empty_like(x), np.empty_like(y)
    for plant, score in enumerate(found.score):
        weight = programme.solve(score * x[plant], y[plant])
        slack_x[plant] = np.maximum(score * x[plant] - weight @ x[peers], 0.0)
        slack_y[plant] = np.maximum(weight @ y[peers] - y[plant], 0.0)
    return slack_x * size[:, None] * mean_x, slack_y * size[:, None] * mean_y


class _Programme:
    """The one programme of all plants: rows are inputs, outputs and, with variable returns, the sum; columns peers."""

    def __init__(self, x: Array, y: Array, variable: bool):
        entries = np.column_stack([-x, y, np.ones((len(x), int(variable)))])
        rows = np.arange(entries.shape[1], dtype=np.int32)
        self._highs = quiet_highs(presolve="off", **dict.fromkeys(TOLERANCES, TOLERANCE))
        for row in rows:
            is_sum = row == x.shape[1] + y.shape[1]
            self._highs.addRow(float(is_sum), 1.0 if is_sum else highspy.kHighsInf, 0, [], [])
        for column, gain in zip(entries, y.sum(axis=1) - x.sum(axis=1), strict=True):
            self._highs.addCol(-gain, 0.0, highspy.kHighsInf, len(column), rows, column)

    def solve(self, needs: Array, makes: Array) -> Array:
        """Weights of the peers that need at most, make at least what is given, and leave most slack."""
        for row, value in enumerate([*-needs, *makes]):
            self._highs.changeRowBounds(row, value - ROOM * abs(value), highspy.kHighsInf)
        for _ in range(2):
            self._highs.run()
            if self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal:
                return np.array(self._highs.getSolution().col_value)
            self._highs.clearSolver()  # a basis can be too bad to go on from
        raise SolverError(Message("grades.slack_ended", status=str(self._highs.getModelStatus())))
