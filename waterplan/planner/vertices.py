"""What the plants of one end use can do: the vertices of a small polytope, found by pivoting.

At an end use with technologies a, b, ... plants start in configurations S (shares ``base_share``) and end in larger
ones. Per unit of gross flow the choice is how much moves from S to S':

.. math:: \\max \\; w \\sum_{S \\to S'} (\\rho_S - \\rho_{S'}) \\, y_{S,S'} - \\sum_t \\kappa_t x_t, \\qquad
          x_t = \\sum_{S' \\setminus S \\ni t} y_{S,S'} \\le \\mathrm{added\\_share}_t, \\quad
          \\sum_{S'} y_{S,S'} \\le m^0_S

with ``w`` the worth of a saved cubic metre and ``kappa`` the cost of adding t everywhere. A move is a path of the
steps of
the full model, so both have the same answers; here there are fewer rows and none is degenerate by construction.

A dictionary (Chvatal) holds one basis: the basic rows, then a row for the saving, then one for each ``x_t``; the last
column
is their value. Dictionaries met on the way are kept in a *store*, so that most questions are answered by a look and a
check of
reduced profits; where the check fails, pivoting goes on from there. So completeness of the store is never assumed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from waterplan.model.flows import Array, Flows
from waterplan.model.structure import Index, Structure

ENTRIES_MAX = 160
PIVOTS_MAX = 500
TINY = 1e-11


class Uses(NamedTuple):
    """The uses of a scenario and the stored dictionaries of each [packed by use].

    rows: basic variables of a use's dictionaries. Moves of use u stand from move_start[u]: move_from and move_to are
    configurations, move_members the bit mask of what is added. Its dictionaries stand from entry_start[u]: each
    begins at
    entry_place in the flat ``dictionary`` (shape rows + 1 + apps, moves + 1) and at entry_basis in ``basis``. What is
    looked
    at most stands again without gaps: ``value`` (saving, then the shares) from entry_value, and ``reduced`` (for each
    nonbasic variable its gain in saving, then in shares) from entry_reduced.
    """

    app_start: Index
    saving_fraction: Array
    added_share: Array
    rows: Index
    move_start: Index
    move_from: Index
    move_to: Index
    move_members: Index
    entry_start: Index
    entry_place: Index
    entry_basis: Index
    dictionary: Array
    basis: Index
    entry_value: Index
    value: Array
    entry_reduced: Index
    reduced: Array


@njit(cache=True)
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


@njit(cache=True)
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


@njit(cache=True)
def reduced_profit(table: Array, rows: int, worth: float, kappa: Array, column: int) -> float:
    """What one unit of a nonbasic variable would add to the profit."""
    profit = -worth * table[rows, column]
    for t in range(len(kappa)):
        profit += kappa[t] * table[rows + 1 + t, column]
    return profit


@njit(cache=True)
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


@njit(cache=True)
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


@njit(cache=True)
def _known(basis: Index, rows: int, kept: Index, count: int) -> bool:
    for e in range(count):
        same = True
        for i in range(rows):
            found = False
            for j in range(rows):
                if kept[e, j] == basis[i]:
                    found = True
                    break
            if not found:
                same = False
                break
        if same:
            return True
    return False


@njit(cache=True)
def _remember(table: Array, basis: Index, rows: int, tables: Array, bases: Index, count: int) -> int:
    if count < len(bases) and not _known(basis, rows, bases, count):
        tables[count] = table
        bases[count] = basis
        return count + 1
    return count


@njit(cache=True)
def explore(table: Array, basis: Index, rows: int, kappas: Array, tables: Array, bases: Index) -> int:
    """Walks the worth from nothing to infinity for each row of ``kappas``, keeping every dictionary met."""
    first_table, first_basis = table.copy(), basis.copy()
    count = _remember(table, basis, rows, tables, bases, 0)
    for sample in range(len(kappas)):
        kappa = kappas[sample]
        table[:] = first_table
        basis[:] = first_basis
        for _ in range(PIVOTS_MAX):
            best, column = np.inf, -1
            for j in range(table.shape[1] - 1):
                gain = -table[rows, j]
                if gain > TINY:
                    cost = 0.0
                    for t in range(len(kappa)):
                        cost -= kappa[t] * table[rows + 1 + t, j]
                    if cost / gain < best:
                        best, column = cost / gain, j
            if column < 0:
                break
            row = leaving_row(table, rows, column)
            if row < 0:
                break
            pivot(table, basis, rows, row, column)
            count = _remember(table, basis, rows, tables, bases, count)
    return count


@njit(cache=True)
def _moves_of_use(
    members: Index, base: Array, remaining: Array, added: Array
) -> tuple[Index, Index, Index, Array, Index]:
    """Moves (start row, end configuration, added members, saving) and the configuration of each start row."""
    count = len(members)
    row_of = np.full(count, -1, dtype=np.int64)
    starts = np.empty(count, dtype=np.int64)
    rows, allowed, moves = 0, 0, 0
    for t in range(len(added)):
        if added[t] > 0:
            allowed |= 1 << t
    move = np.empty((count * count, 3), dtype=np.int64)
    saving = np.empty(count * count)
    for a in range(count):
        if base[a] <= 0.0:
            continue
        for b in range(count):
            new = members[b] & ~members[a]
            if new and members[a] & ~members[b] == 0 and new & ~allowed == 0 and remaining[a] > remaining[b]:
                if row_of[a] < 0:
                    row_of[a] = rows
                    starts[rows] = a
                    rows += 1
                move[moves, 0], move[moves, 1], move[moves, 2] = row_of[a], b, new
                saving[moves] = remaining[a] - remaining[b]
                moves += 1
    return move[:moves, 0].copy(), move[:moves, 1].copy(), move[:moves, 2].copy(), saving[:moves], starts[:rows]


@njit(cache=True)
def _explore_use(
    members: Index, base: Array, remaining: Array, share: Array, kappas: Array
) -> tuple[Index, Index, Index, Array, Index]:
    """Moves of one use (from, to, added members), the dictionaries met there and their bases."""
    start, to, new, saving, starts = _moves_of_use(members, base, remaining, share)
    apps, rows = len(share), len(starts) + len(share)
    limits = np.empty(rows)
    for i in range(len(starts)):
        limits[i] = base[starts[i]]
    limits[len(starts) :] = share
    table, basis = first_dictionary(rows, apps, start, new, saving, limits)
    tables = np.empty((ENTRIES_MAX if apps > 1 else 2, table.shape[0], table.shape[1]))
    kept = np.empty((len(tables), len(basis)), dtype=np.int64)
    count = explore(table, basis, rows, kappas, tables, kept)
    return starts[start], to, new, tables[:count], kept[:count]


@njit(cache=True)
def _grown(flat: Array, used: int, more: int) -> Array:
    """The same flat array, with room for ``more`` behind what is used."""
    if used + more <= len(flat):
        return flat
    wider = np.empty(max(2 * len(flat), used + more), dtype=flat.dtype)
    wider[:used] = flat[:used]
    return wider


@njit(cache=True)
def _fill(
    app_start: Index,
    configuration_start: Index,
    members: Index,
    base: Array,
    remaining: Array,
    added: Array,
    kappas: Array,
) -> tuple[Index, Index, Index, Index, Index, Index, Index, Index, Array, Index]:
    """The fields of :class:`Uses` from ``rows`` to ``basis``."""
    uses = len(app_start) - 1
    rows_of, move_start = np.zeros(uses, dtype=np.int64), np.zeros(uses + 1, dtype=np.int64)
    entry_start, used, used_basis = np.zeros(uses + 1, dtype=np.int64), 0, 0
    move_from, move_to, move_members = np.empty(64, np.int64), np.empty(64, np.int64), np.empty(64, np.int64)
    dictionary, bases = np.empty(1 << 16), np.empty(1 << 14, dtype=np.int64)
    place, basis_place = np.zeros(1 << 12, dtype=np.int64), np.zeros(1 << 12, dtype=np.int64)
    for u in range(uses):
        first, last = configuration_start[u], configuration_start[u + 1]
        share = added[app_start[u] : app_start[u + 1]]
        start, to, new, tables, kept = _explore_use(
            members[first:last],
            base[first:last],
            remaining[first:last],
            share,
            kappas[:, app_start[u] : app_start[u + 1]].copy(),
        )
        here, entry = move_start[u], entry_start[u]
        rows_of[u] = kept.shape[1] - len(start)
        move_start[u + 1], entry_start[u + 1] = here + len(start), entry + len(tables)
        move_from, move_to = _grown(move_from, here, len(start)), _grown(move_to, here, len(start))
        move_members = _grown(move_members, here, len(start))
        for j in range(len(start)):
            move_from[here + j], move_to[here + j], move_members[here + j] = start[j] + first, to[j] + first, new[j]
        dictionary, bases = _grown(dictionary, used, tables.size), _grown(bases, used_basis, kept.size)
        place, basis_place = _grown(place, entry, len(tables)), _grown(basis_place, entry, len(tables))
        dictionary[used : used + tables.size] = tables.copy().reshape(-1)
        bases[used_basis : used_basis + kept.size] = kept.copy().reshape(-1)
        for e in range(len(tables)):
            place[entry + e] = used + e * tables[0].size
            basis_place[entry + e] = used_basis + e * kept.shape[1]
        used += tables.size
        used_basis += kept.size
    moves, entries = move_start[uses], entry_start[uses]
    return (
        rows_of, move_start, move_from[:moves].copy(), move_to[:moves].copy(), move_members[:moves].copy(), entry_start,
        place[:entries].copy(), basis_place[:entries].copy(), dictionary[:used].copy(), bases[:used_basis].copy(),
    )  # fmt: skip


@njit(cache=True)
def _unpack(
    app_start: Index, rows: Index, move_start: Index, entry_start: Index, entry_place: Index, dictionary: Array
) -> tuple[Index, Array, Index, Array]:
    entries = len(entry_place)
    value_place, reduced_place = np.empty(entries, dtype=np.int64), np.empty(entries, dtype=np.int64)
    values, reductions = 0, 0
    for u in range(len(rows)):
        apps, moves = app_start[u + 1] - app_start[u], move_start[u + 1] - move_start[u]
        for e in range(entry_start[u], entry_start[u + 1]):
            value_place[e], reduced_place[e] = values, reductions
            values += apps + 1
            reductions += moves * (apps + 1)
    value, reduced = np.empty(values), np.empty(reductions)
    for u in range(len(rows)):
        apps, moves = app_start[u + 1] - app_start[u], move_start[u + 1] - move_start[u]
        for e in range(entry_start[u], entry_start[u + 1]):
            for t in range(apps + 1):
                place = entry_place[e] + (rows[u] + t) * (moves + 1)
                value[value_place[e] + t] = dictionary[place + moves]
                for j in range(moves):
                    reduced[reduced_place[e] + j * (apps + 1) + t] = -dictionary[place + j]
    return value_place, value, reduced_place, reduced


def build_uses(structure: Structure, flows: Flows, kappas: Array) -> Uses:
    """The uses of a scenario, with the dictionaries met for the sample costs ``kappas`` [sample, app]."""
    packed = _fill(
        structure.use_app_start,
        structure.use_configuration_start,
        structure.configuration_members,
        flows.base_share,
        flows.remaining_fraction,
        flows.added_share,
        np.ascontiguousarray(kappas),
    )
    looked_at = _unpack(structure.use_app_start, packed[0], packed[1], packed[5], packed[6], packed[8])
    return Uses(structure.use_app_start, flows.saving_fraction, flows.added_share, *packed, *looked_at)
