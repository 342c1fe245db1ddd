"""Twin of vertices.h: pivoting on one dictionary.

Plain Python, number by number what the core does in the same order, so that both agree to the last bit.
"""

import numpy as np

from waterplan.planning.core.kernel_arrays import Uses
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index

PIVOTS_MAX = 500
TINY = 1e-11


def pivot(table: Array, basis: Index, rows: int, row: int, column: int) -> None:
    """Exchanges the basic variable of ``row`` with the nonbasic one of ``column``."""
    count, width = table.shape
    scale = 1.0 / table[row, column]
    for j in range(width):
        table[row, j] *= scale
    table[row, column] = scale
    for i in range(count):
        if i != row:
            factor = table[i, column]
            if factor != 0.0:
                for j in range(width):
                    table[i, j] -= factor * table[row, j]
                table[i, column] = -factor * scale
    basis[row], basis[rows + column] = basis[rows + column], basis[row]


def leaving_row(table: Array, rows: int, column: int) -> int:
    """The basic variable that first falls to zero when the column's variable grows; -1 if none does."""
    best, found = np.inf, -1
    last = table.shape[1] - 1
    for i in range(rows):
        if table[i, column] > TINY:
            ratio = table[i, last] / table[i, column]
            if ratio < best - 1e-14:
                best, found = ratio, i
    return found


def reduced_profit(table: Array, rows: int, worth: float, kappa: Array, column: int) -> float:
    """What one unit of a nonbasic variable would add to the profit."""
    profit = -worth * table[rows, column]
    for t in range(len(kappa)):
        profit += kappa[t] * table[rows + 1 + t, column]
    return profit


def climb(table: Array, basis: Index, rows: int, worth: float, kappa: Array) -> int:
    """Pivots to the best vertex for a worth and costs; returns the number of pivots, -1 when it does not end."""
    scale = abs(worth)
    for t in range(len(kappa)):
        scale = max(scale, abs(kappa[t]))
    limit = 1e-13 * max(scale, 1e-6)
    for count in range(PIVOTS_MAX):
        best, column = limit, -1
        for j in range(table.shape[1] - 1):
            profit = reduced_profit(table, rows, worth, kappa, j)
            if profit > best:
                best, column = profit, j
                if count > PIVOTS_MAX // 2:
                    break
        if column < 0:
            return count
        row = leaving_row(table, rows, column)
        if row < 0:
            return -1
        pivot(table, basis, rows, row, column)
    return -1


def first_dictionary(
    rows: int, apps: int, move_from: Index, move_members: Index, saving: Array, limits: Array
) -> tuple[Array, Index]:
    """The dictionary in which nobody moves: ``limits`` are the start shares, then the added shares."""
    moves = len(move_from)
    table = np.zeros((rows + 1 + apps, moves + 1))
    basis = np.empty(rows + moves, dtype=np.int64)
    for i in range(rows):
        basis[i] = moves + i
        table[i, moves] = limits[i]
    for j in range(moves):
        basis[rows + j] = j
        table[move_from[j], j] = 1.0
        table[rows, j] = -saving[j]
        for t in range(apps):
            if move_members[j] >> t & 1:
                table[rows - apps + t, j] = 1.0
                table[rows + 1 + t, j] = -1.0
    return table, basis


def stored(uses: Uses, u: int, entry: int) -> tuple[Array, Index]:
    """A stored dictionary of a use, put together so that it can be pivoted, and its basis."""
    apps, moves = uses.app_start[u + 1] - uses.app_start[u], uses.move_start[u + 1] - uses.move_start[u]
    rows, place, named = uses.rows[u], uses.entry_place[entry], uses.entry_basis[entry]
    one, basis = uses.dictionary[place:], uses.basis[named:]
    if place < 0:
        one, basis = uses.late_dictionary[~place:], uses.late_basis[~named:]
    coefficients = one[: (rows + apps) * moves].reshape(rows + apps, moves)
    table = np.empty((rows + 1 + apps, moves + 1))
    table[:rows, :moves], table[rows + 1 :, :moves] = coefficients[:rows], coefficients[rows:]
    table[rows, :moves] = -uses.reduced[uses.entry_reduced[entry] :][: moves * (apps + 1) : apps + 1]
    table[:rows, moves] = uses.amount[uses.entry_amount[entry] :][:rows]
    table[rows:, moves] = uses.value[uses.entry_value[entry] :][: apps + 1]
    return table, basis[: rows + moves].copy()
