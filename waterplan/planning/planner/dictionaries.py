"""The store of dictionaries: for every use of a scenario, the vertices met on sample walks, laid out for the kernel.

Made once for each set of coefficients. Completeness is not needed: where the store has no optimal dictionary for a
question, the kernel pivots on from the nearest one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from waterplan.planning.model.flows import Array, Flows
from waterplan.planning.model.structure import Index, Structure
from waterplan.planning.planner.compilation import compiled
from waterplan.planning.planner.vertices import PIVOTS_MAX, TINY, first_dictionary, leaving_row, pivot

ENTRIES_MAX = 160


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


@compiled
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


@compiled
def _remember(table: Array, basis: Index, rows: int, tables: Array, bases: Index, count: int) -> int:
    if count < len(bases) and not _known(basis, rows, bases, count):
        tables[count] = table
        bases[count] = basis
        return count + 1
    return count


@compiled
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


@compiled
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


@compiled
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


@compiled
def _grown(flat: Array, used: int, more: int) -> Array:
    """The same flat array, with room for ``more`` behind what is used."""
    if used + more <= len(flat):
        return flat
    wider = np.empty(max(2 * len(flat), used + more), dtype=flat.dtype)
    wider[:used] = flat[:used]
    return wider


@compiled
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


@compiled
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
