"""The least that a combination of rows leaves beside one contribution: a small linear programme, on HiGHS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csc_array

from waterplan.errors import SolverError

INFEASIBLE = 2  # of scipy.optimize.milp


class Weighing:
    """Weights of rows, what they come to in each pattern (the rows that a contribution stands in), and who covers whom.

    ``largest``: how much the largest in each pattern counts where the weight is one. No combination is looked at that
    makes one of them count more than one, for then that one is to be looked at instead.
    """

    def __init__(self, rows: int, patterns: Sequence[Sequence[int]], largest: NDArray[np.float64]):
        self._rows, self._patterns = rows, patterns
        with np.errstate(divide="ignore"):
            self._most = 1.0 / largest
        self._covers: list[tuple[Mapping[int, float], int | None]] = []
        self._made: csc_array | None = None

    def covers(self, counts: Mapping[int, float], owner: int | None = None) -> None:
        """Adds what counts so much by the weight of each of its patterns, the most of them; ``owner``: who may be the
        asker's."""
        self._covers.append((counts, owner))

    def least(self, column: int, coalition: int = 0, whole: bool = False) -> float:
        """The least that any combination leaves in which a pattern has weight one.

        ``coalition``: so many owners, at the asker's choice, count one less; unless ``whole``, parts of more owners
        may, which is quicker and never leaves more. Infinite if no combination is to be looked at.
        """
        if self._made is None:
            self._made = self._assembled()
        matrix = self._made
        first, last = self._rows + len(self._covers), matrix.shape[1]
        cost, bottom, top, integral = np.zeros(last), np.zeros(last), np.full(last, np.inf), np.zeros(last)
        cost[self._rows : first] = 1.0
        bottom[: self._rows] = -np.inf
        top[first:] = 1.0
        integral[first:] = whole
        low, high = np.zeros(matrix.shape[0]), np.full(matrix.shape[0], np.inf)
        at = len(self._patterns)
        low[:at], high[:at] = -self._most, self._most
        low[at] = -float(coalition)
        if high[column] < 1 - 1e-12:
            return np.inf
        low[column] = high[column] = 1.0
        limits, bounds = LinearConstraint(matrix, low, high), Bounds(bottom, top)
        found = milp(cost, constraints=limits, bounds=bounds, integrality=integral)
        if found.status == INFEASIBLE:
            return np.inf
        if found.status != 0:
            raise SolverError(f"The audit of the pool has no answer: {found.message}")
        return float(found.fun)

    def _assembled(self) -> csc_array:
        """Columns: weights of rows, what covers, owners of the asker. Lines: patterns, the asker's, what covers."""
        owners = sorted({owner for _, owner in self._covers if owner is not None})
        first = self._rows + len(self._covers)
        taken = {owner: first + place for place, owner in enumerate(owners)}
        entries = [(line, row, 1.0) for line, pattern in enumerate(self._patterns) for row in pattern]
        line = len(self._patterns)
        entries += [(line, at, -1.0) for at in taken.values()]
        for place, (counts, owner) in enumerate(self._covers, start=self._rows):
            for column, count in counts.items():
                for sign in (-count, count):
                    line += 1
                    entries.append((line, place, 1.0))
                    entries += [(line, row, sign) for row in self._patterns[column]]
                    if owner is not None:
                        entries.append((line, taken[owner], 1.0))
        lines, columns, values = zip(*entries, strict=True)
        return coo_array((values, (lines, columns)), shape=(line + 1, first + len(owners))).tocsc()
