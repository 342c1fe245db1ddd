"""The least that a combination of rows leaves beside one contribution: a small linear programme, on HiGHS.

It is made once for all contributions; from one to the next only bounds change, and the basis stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from waterplan.base.errors import SolverError
from waterplan.base.highs import quiet_highs
from waterplan.base.messages import Message

NODES = 200  # of a search for owners that leave too little; what is not found to be enough by then is too little


@dataclass(frozen=True)
class Cover:
    """An owner, or several alike: how much of it covers others in each pattern where the weight is one.

    It covers as much as the most of its patterns. ``owner``: who may be the asker's, and then covers less by one, which
    is all that it can cover.
    """

    counts: Mapping[int, float]
    owner: int | None = None


class Weighing:
    """Weights of rows, what they come to in each pattern (the rows that a contribution stands in), and who covers whom.

    ``largest``: how much the largest in each pattern counts where the weight is one. No combination is looked at that
    makes one of them count more than one, for then that one is to be looked at instead. ``coalition``: how many owners
    are the asker's, at his choice.
    """

    def __init__(
        self,
        patterns: Sequence[Sequence[int]],
        largest: NDArray[np.float64],
        covers: Sequence[Cover],
        coalition: int = 0,
    ):
        self._rows = 1 + max(row for pattern in patterns for row in pattern)
        self._first = self._rows + len(patterns)  # the first cover
        with np.errstate(divide="ignore"):
            self._most = 1.0 / largest
        self._highs = quiet_highs(mip_max_nodes=NODES, mip_max_improving_sols=1)
        if self._highs.passModel(self._assembled(patterns, covers, coalition)) == highspy.HighsStatus.kError:
            raise SolverError(Message("peer_pool.audit_refused"))

    def least(self, column: int, weight: float = 1.0, without: int | None = None) -> float:
        """The least that any combination leaves that gives a pattern this weight; infinite if there is none.

        ``without``: a cover that is not counted. Parts of more owners may be the asker's: never more than the least of
        whole ones.
        """
        if weight > self._most[column] * (1 + 1e-12):
            return np.inf
        highs, at = self._highs, self._rows + column
        highs.changeColBounds(at, weight, weight)
        if without is not None:
            highs.changeColCost(self._first + without, 0.0)
        found = self._run()
        most = min(self._most[column], highspy.kHighsInf)
        highs.changeColBounds(at, -most, most)
        if without is not None:
            highs.changeColCost(self._first + without, 1.0)
        return found

    def can_be_less(self, than: float, column: int, weight: float, without: int | None) -> bool:
        """Whether something leaves less, where an owner is the asker's or not; also where the search is given up."""
        highs, owners = self._highs, range(self._owners, self._size)
        for owner in owners:
            highs.changeColIntegrality(owner, highspy.HighsVarType.kInteger)
        highs.changeRowBounds(self._all, -highspy.kHighsInf, than)
        try:
            return self.least(column, weight, without) < np.inf
        finally:
            highs.changeRowBounds(self._all, -highspy.kHighsInf, highspy.kHighsInf)
            for owner in owners:
                highs.changeColIntegrality(owner, highspy.HighsVarType.kContinuous)

    def _run(self) -> float:
        self._highs.run()
        status = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return np.inf
        if status == highspy.HighsModelStatus.kSolutionLimit:
            return 0.0
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverError(Message("peer_pool.audit_ended", status=self._highs.modelStatusToString(status)))
        return float(self._highs.getInfo().objective_function_value)

    def _assembled(
        self, patterns: Sequence[Sequence[int]], covers: Sequence[Cover], coalition: int
    ) -> highspy.HighsLp:  # fmt: skip
        """Columns: weights of rows, patterns, covers, owners. Lines: patterns, the asker's owners, what covers, all."""
        self._owners = self._first + len(covers)
        owners = sorted({cover.owner for cover in covers if cover.owner is not None})
        taken = {owner: self._owners + place for place, owner in enumerate(owners)}
        self._size = self._owners + len(owners)
        entries = [(line, row, -1.0) for line, pattern in enumerate(patterns) for row in pattern]
        entries += [(line, self._rows + line, 1.0) for line in range(len(patterns))]
        line = len(patterns)
        entries += [(line, at, -1.0) for at in taken.values()]
        for place, cover in enumerate(covers, start=self._first):
            for column, count in cover.counts.items():
                for sign in (-count, count):
                    line += 1
                    entries += [(line, place, 1.0), (line, self._rows + column, sign)]
                    if cover.owner is not None:
                        entries.append((line, taken[cover.owner], 1.0))
        self._all = line + 1
        entries += [(self._all, at, 1.0) for at in range(self._first, self._owners)]
        lines, columns, values = zip(*entries, strict=True)
        matrix = coo_array((values, (lines, columns)), shape=(self._all + 1, self._size)).tocsc()
        programme = highspy.HighsLp()
        programme.num_col_, programme.num_row_ = self._size, self._all + 1
        cost = np.zeros(self._size)
        cost[self._first : self._owners] = 1.0
        bottom, top = np.zeros(self._size), np.full(self._size, highspy.kHighsInf)
        bottom[: self._rows] = -highspy.kHighsInf
        top[self._rows : self._first] = np.minimum(self._most, highspy.kHighsInf)
        bottom[self._rows : self._first] = -top[self._rows : self._first]
        top[self._owners :] = 1.0
        low, high = np.zeros(self._all + 1), np.full(self._all + 1, highspy.kHighsInf)
        high[: len(patterns)] = 0.0
        low[len(patterns)] = -float(coalition)
        programme.col_cost_, programme.col_lower_, programme.col_upper_ = cost, bottom, top
        programme.row_lower_, programme.row_upper_ = low, high
        programme.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        programme.a_matrix_.start_, programme.a_matrix_.index_ = matrix.indptr, matrix.indices
        programme.a_matrix_.value_ = matrix.data
        return programme
