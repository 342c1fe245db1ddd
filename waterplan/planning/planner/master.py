"""Many limits at once: a small LP of prices, fed with the answers of all pairs (column generation).

The master mixes answers that the kernel has given: one convexity row a block of pairs, one row a limit. Its duals are
the next prices to ask; when no block has a better answer to them, the mixture is the optimum of the whole problem.
"""

from __future__ import annotations

import highspy
import numpy as np

from waterplan.base.errors import SolverError
from waterplan.base.highs import quiet_highs
from waterplan.base.messages import Message
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index
from waterplan.planning.planner.shared_limits import KEPT, Limits

TARGET = "shadow_price"
MISSING_FIRST = 1e4  # MCNY per unit of the limit that gives way first, times the dearness of the scenario
SCALE = 1e3  # once penalties are gone costs are taken larger, so that duals resolve the canonical tie-break
TOLERANCES = ("primal_feasibility_tolerance", "dual_feasibility_tolerance")
PRIMAL_SIMPLEX, DUAL_SIMPLEX = 4, 1  # new columns leave the basis primal feasible
ATTEMPTS = ((PRIMAL_SIMPLEX, 1e-10), (DUAL_SIMPLEX, 1e-10), (PRIMAL_SIMPLEX, 1e-7), (DUAL_SIMPLEX, 1e-7))
MISSING_LIMIT = 1e6  # the same for every other limit


class Master:
    """The small LP. Blocks are numbered from 0; usage is [row, block], cost [block].

    unit: the whole volume of the study; HiGHS is given all volumes and costs as multiples of it, since its tolerances
    are absolute. gives_way: the kind of limit that is missed first when not all can be kept. dearness: how much dearer
    than usual capacity is; HiGHS is given costs as multiples of it.
    """

    def __init__(self, limits: Limits, blocks: int, unit: float, gives_way: str = TARGET, dearness: float = 1.0):
        self.limits = limits
        self.unit = unit
        self.size = limits.size(unit)
        self.blocks = blocks
        self.owner: list[tuple[int, int]] = []  # (question, block) of each column
        self._elastic, self._scale = True, 1.0 / dearness
        self._counted: Array | None = None  # the limits of which only what is missing counts
        self._cost: list[Array] = []
        self._highs = quiet_highs(presolve="off")
        infinity = highspy.kHighsInf
        bound, nothing = limits.bound / self.size, np.empty(0, np.int32)
        low = np.append(np.where(limits.sign > 0, bound, -infinity), np.ones(blocks))
        high = np.append(np.where(limits.sign > 0, infinity, bound), np.ones(blocks))
        self._highs.addRows(len(low), low, high, 0, nothing, nothing, np.empty(0))
        for row, (kind, sign) in enumerate(zip(limits.kind, limits.sign, strict=True)):
            penalty = MISSING_FIRST if kind == gives_way else MISSING_LIMIT
            self._highs.addCol(penalty, 0.0, infinity, 1, [row], [float(sign)])

    def add(self, question: int, usage: Array, cost: Array, wanted: Index) -> None:
        """Columns of the blocks ``wanted``, from the answer to one question."""
        rows = len(self.limits)
        count, cost = len(wanted), cost / self.unit
        entries = np.hstack([(usage[:, wanted] / self.size[:, None]).T, np.ones((count, 1))])
        filled = entries != 0
        column, index = np.nonzero(filled)
        index = np.where(index == rows, rows + wanted[column], index)
        value = entries[filled]
        start = np.concatenate([[0], np.cumsum(filled.sum(axis=1))[:-1]])
        self._highs.addCols(
            count,
            (self._scale if self._counted is None else 0.0) * cost[wanted],
            np.zeros(count),
            np.full(count, highspy.kHighsInf),
            len(index),
            start.astype(np.int32),
            index.astype(np.int32),
            value.astype(float),
        )
        self._cost.append(cost[wanted])
        self.owner += [(question, int(block)) for block in wanted]

    def shares(self) -> Array:
        """How much of each column is taken, in the order in which they were added."""
        return np.maximum(np.array(self._highs.getSolution().col_value)[len(self.limits) :], 0.0)

    def solve(self) -> tuple[float, Array, Array, Array]:
        """Cost, price of each limit (never negative), dual of each block, and how much of each limit is not kept."""
        answer = self._solved(self._scale)
        if self._elastic and (answer[3] < KEPT * self.size).all():
            self.close()
        return answer

    def count_only(self, rows: Array) -> None:
        """From now on only what is missing of some limits counts, whatever it costs; what the others miss is free, and
        those that were counted before stay kept."""
        count = len(self.limits)
        columns = np.arange(count + len(self.owner), dtype=np.int32)
        self._highs.changeColsCost(len(columns), columns, np.append(rows.astype(float), np.zeros(len(self.owner))))
        if self._counted is not None:
            kept = np.flatnonzero(self._counted).astype(np.int32)
            self._highs.changeColsBounds(len(kept), kept, np.zeros(len(kept)), np.zeros(len(kept)))
        self._counted = rows

    def missing(self) -> tuple[float, Array, Array, Array]:
        """What is missing in all, as :meth:`solve` says costs: prices, duals, and how much of each limit."""
        return self._solved(1.0)

    def _solved(self, scale: float) -> tuple[float, Array, Array, Array]:
        self._run()
        solution = self._highs.getSolution()
        dual = np.array(solution.row_dual) / scale
        rows = len(self.limits)
        missing = np.maximum(np.array(solution.col_value)[:rows], 0.0)
        objective = self._highs.getInfo().objective_function_value / scale
        prices = np.maximum(dual[:rows] * self.limits.sign, 0.0) * (self.unit / self.size)
        return objective * self.unit, prices, dual[rows:] * self.unit, missing * self.size

    def _run(self) -> None:
        for strategy, tolerance in ATTEMPTS:
            self._highs.setOptionValue("simplex_strategy", strategy)
            for name in TOLERANCES:
                self._highs.setOptionValue(name, tolerance)
            self._highs.run()
            if self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal:
                return
            self._highs.clearSolver()  # a basis can be too bad to go on from
        raise SolverError(Message("planner_errors.master", status=str(self._highs.getModelStatus())))

    def close(self) -> None:
        """Once all limits are kept they stay kept: the penalties go, and with them their bad scaling."""
        if self._elastic:
            self._elastic, self._scale = False, SCALE * self._scale
        self._counted = None
        count = len(self.limits)
        columns = np.arange(count + len(self.owner), dtype=np.int32)
        self._highs.changeColsBounds(count, columns[:count], np.zeros(count), np.zeros(count))
        cost = np.concatenate([np.zeros(count), self._scale * np.concatenate(self._cost)])
        self._highs.changeColsCost(len(columns), columns, cost)

    def weights(self, questions: int) -> Array:
        """How much each question's answer counts in each block [question, block]."""
        weight = np.zeros((questions, self.blocks))
        for (question, block), amount in zip(self.owner, self.shares(), strict=True):
            weight[question, block] += amount
        weight[weight < 1e-13] = 0.0
        return weight / weight.sum(axis=0)
