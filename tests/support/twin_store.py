"""Twin of store.cpp and steps.cpp: the dictionaries met on sample walks, and the steps of plants.

Plain Python, number by number what the core does in the same order, so that both agree to the last bit.
"""

import numpy as np
from twin_answers import ROUNDING
from twin_vertices import PIVOTS_MAX, TINY, climb, first_dictionary, leaving_row, pivot, reduced_profit, stored

from waterplan.planning.core.kernel_arrays import Answers, Costs, Pairs, Uses
from waterplan.planning.model.flows import Array, Flows
from waterplan.planning.model.structure import Index, Structure

ENTRIES_MAX = 160


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


def _remember(table: Array, basis: Index, rows: int, tables: Array, bases: Index, count: int) -> int:
    if count < len(bases) and not _known(basis, rows, bases, count):
        tables[count] = table
        bases[count] = basis
        return count + 1
    return count


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


def _grown(flat: Array, used: int, more: int) -> Array:
    """The same flat array, with room for ``more`` behind what is used."""
    if used + more <= len(flat):
        return flat
    wider = np.empty(max(2 * len(flat), used + more), dtype=flat.dtype)
    wider[:used] = flat[:used]
    return wider


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


def _unpack(
    app_start: Index, rows: Index, move_start: Index, entry_start: Index, entry_place: Index, dictionary: Array
) -> tuple[Index, Array, Index, Array, Index, Array, Index, Array]:
    """What moves alone decide of dictionaries, and what does not, each with its places (the fields of Uses)."""
    whole, values, amounts, reductions = [], [], [], []
    for u in range(len(rows)):
        apps, moves = app_start[u + 1] - app_start[u], move_start[u + 1] - move_start[u]
        for e in range(entry_start[u], entry_start[u + 1]):
            size = (rows[u] + 1 + apps) * (moves + 1)
            table = dictionary[entry_place[e] : entry_place[e] + size].reshape(-1, moves + 1)
            whole.append(np.delete(table[:, :moves], rows[u], axis=0).reshape(-1))
            values.append(table[rows[u] :, moves])
            amounts.append(table[: rows[u], moves])
            reductions.append(-table[rows[u] :, :moves].T.reshape(-1))
    place, (table, value, amount, reduced) = [], (np.concatenate(one) for one in (whole, values, amounts, reductions))
    for parts in (whole, values, amounts, reductions):
        place.append(np.cumsum([0, *map(len, parts)])[:-1])
    return place[0], table, place[1], value, place[2], amount, place[3], reduced


def build_uses(structure: Structure, flows: Flows, kappas: Array) -> Uses:
    """The uses of a scenario, with the dictionaries met for the sample costs ``kappas`` [sample, app]."""
    packed = _fill(
        structure.use_app_start,
        structure.use_configuration_start,
        structure.configuration_members,
        flows.start_share,
        flows.remaining_fraction,
        flows.added_share,
        np.ascontiguousarray(kappas),
    )
    *before, place, basis_place, dictionary, basis = packed
    place, dictionary, *rest = _unpack(structure.use_app_start, packed[0], packed[1], packed[5], place, dictionary)
    given = structure.use_app_start, flows.saving_fraction, flows.added_share
    late = np.empty(0), np.empty(0, np.int64)
    return Uses(*given, *before, place, basis_place, dictionary, basis, *late, *rest)


def _worth_inside(low: float, high: float) -> float:
    if np.isfinite(low) and np.isfinite(high):
        return 0.5 * (low + high)
    if np.isfinite(low):
        return low + 1.0
    return high - 1.0 if np.isfinite(high) else 0.0


def _best_dictionary(u: int, entry: int, uses: Uses, worth: float, kappa: Array) -> tuple[Array, Index]:
    """The dictionary that is optimal at a worth, and its basis."""
    rows, moves = uses.rows[u], uses.move_start[u + 1] - uses.move_start[u]
    table, basis = stored(uses, u, entry)
    limit = ROUNDING * max(abs(worth), np.abs(kappa).max(), 1e-6)
    for j in range(moves):
        if reduced_profit(table, rows, worth, kappa, j) > limit:
            climb(table, basis, rows, worth, kappa)
            break
    return table, basis


def _add_path(
    start: int,
    members: int,
    amount: float,
    first: int,
    last: int,
    app: int,
    steps: tuple[Index, Index, Index],
    out: Array,
) -> None:
    """Adds the steps of one move, technologies in the order of the catalogue; ``out`` are the steps of one local."""
    step_from, step_to, step_app = steps
    here = start
    t = 0
    while members:
        if members & 1:
            for n in range(first, last):
                if step_from[n] == here and step_app[n] == app + t:
                    out[n - first] += amount
                    here = step_to[n]
                    break
        members >>= 1
        t += 1


def _steps(
    pairs: Pairs,
    uses: Uses,
    answers: Answers,
    app_cost: Array,
    weight: Array,
    local_pair: Index,
    step_start: Index,
    steps: tuple[Index, Index, Index],
    out: Array,
) -> None:
    place = 0
    for local in range(len(pairs.local_use)):
        u = pairs.local_use[local]
        first, last = step_start[u], step_start[u + 1]
        here = out[place : place + last - first]
        place += last - first
        part = weight[local_pair[local]] * pairs.gross_flow[local]
        if part <= 0.0:
            continue
        app, at = uses.app_start[u], pairs.app_start[local]
        apps = uses.app_start[u + 1] - app
        if apps == 1:
            here[0] += part * answers.share[at]
            continue
        kappa = uses.saving_fraction[app : app + apps] * app_cost[at : at + apps]
        worth = _worth_inside(answers.low[local], answers.high[local])
        table, basis = _best_dictionary(u, answers.entry[local], uses, worth, kappa)
        rows, moves = uses.rows[u], uses.move_start[u + 1] - uses.move_start[u]
        for i in range(rows):
            if basis[i] < moves and table[i, moves] > 0.0:
                move = uses.move_start[u] + basis[i]
                amount = part * table[i, moves]
                _add_path(uses.move_from[move], uses.move_members[move], amount, first, last, app, steps, here)


def steps_of(
    structure: Structure,
    pairs: Pairs,
    uses: Uses,
    answers: Answers,
    costs: Costs,
    weight: Array,
) -> Array:
    """Gross flow of the plants that take each step [local step], hm3/a, weighted by pair."""
    out = np.zeros(len(structure.local_step))
    steps = (structure.step_from, structure.step_to, structure.step_app)
    _steps(pairs, uses, answers, costs.app, weight, structure.local_pair, structure.use_step_start, steps, out)
    return out
