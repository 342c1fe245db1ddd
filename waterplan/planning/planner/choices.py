"""What plants at the end uses choose at a worth of a saved cubic metre, and between which worths the choice stands.

One technology alone is used where the worth passes its cost. Where there are several, the stored dictionary in use is
kept while nothing is gained by moving away; otherwise the best stored one is taken, and if even that can be bettered,
pivoting goes on from it.
"""

from __future__ import annotations

import numpy as np

from waterplan.base.errors import SolverError
from waterplan.base.messages import Message
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index
from waterplan.planning.planner.compilation import compiled
from waterplan.planning.planner.dictionaries import Uses
from waterplan.planning.planner.kernel_arrays import Answers, Costs, Pairs
from waterplan.planning.planner.vertices import TINY, climb

APPS_MAX = 64
ROUNDING = 1e-13


class PivotingError(SolverError):
    """Pivoting at an end use did not end; raised by compiled code, which can hand no values over."""

    def __init__(self, message: Message | None = None):
        super().__init__(message or Message("planner_errors.pivoting"))


# Plain loops over plain arrays, a function each: reading arrays out of tuples, or handing them to a function (even an
# inlined one), inside a loop costs ten times the arithmetic.


@compiled
def _choose_alone(
    members: Index,
    worth: Array,
    local_start: Index,
    local_use: Index,
    app_start: Index,
    use_app: Index,
    use_credit: Array,
    app_cost: Array,
    saving_fraction: Array,
    added_share: Array,
    share: Array,
    use_saving: Array,
    spent: Array,
    low: Array,
    high: Array,
) -> Index:
    """Uses with one technology decide; returns the locals with several whose choice no longer stands, and their worth
    is left in ``high`` for a moment."""
    open_locals = np.empty(len(local_use), dtype=np.int64)
    count = 0
    for n in range(len(members)):
        for local in range(local_start[members[n]], local_start[members[n] + 1]):
            earned = worth[n] + use_credit[local]
            if low[local] < earned <= high[local]:
                continue
            u = local_use[local]
            first, app = app_start[local], use_app[u]
            if use_app[u + 1] - app > 1:
                open_locals[count] = local
                count += 1
                low[local], high[local] = earned, earned
                continue
            taken = earned > app_cost[first]
            share[first] = added_share[app] if taken else 0.0
            low[local] = app_cost[first] if taken else -np.inf
            high[local] = np.inf if taken else app_cost[first]
            use_saving[local] = share[first] * saving_fraction[app]
            spent[local] = use_saving[local] * (app_cost[first] - use_credit[local])
    return open_locals[:count]


@compiled
def _choose_together(
    locals_: Index,
    local_use: Index,
    app_start: Index,
    use_app: Index,
    app_cost: Array,
    saving_fraction: Array,
    move_start: Index,
    entry_reduced: Index,
    reduced: Array,
    entry: Index,
    low: Array,
    high: Array,
) -> Index:
    """Uses with several technologies keep their dictionary where nothing is gained by moving away; ``low`` and ``high``
    become the worths between which that holds. Returns the locals where something would be gained."""
    kappa = np.empty(APPS_MAX)
    moved = np.empty(len(locals_), dtype=np.int64)
    count = 0
    for local in locals_:
        u = local_use[local]
        first, app = app_start[local], use_app[u]
        apps = use_app[u + 1] - app
        worth = low[local]
        scale = max(abs(worth), 1e-6)
        for t in range(apps):
            kappa[t] = saving_fraction[app + t] * app_cost[first + t]
            scale = max(scale, abs(kappa[t]))
        place, least, most, holds = entry_reduced[entry[local]], -np.inf, np.inf, True
        for _ in range(move_start[u + 1] - move_start[u]):
            gain, cost = reduced[place], 0.0
            for t in range(apps):
                cost -= kappa[t] * reduced[place + 1 + t]
            place += apps + 1
            if worth * gain + cost > ROUNDING * scale:
                holds = False
                break
            if gain > TINY:
                most = min(most, -cost / gain)
            elif gain < -TINY:
                least = max(least, -cost / gain)
        if holds:
            low[local], high[local] = least, most
        else:
            moved[count] = local
            count += 1
    return moved[:count]


@compiled
def _best_entries(
    locals_: Index,
    local_use: Index,
    app_start: Index,
    use_app: Index,
    app_cost: Array,
    saving_fraction: Array,
    entry_start: Index,
    entry_value: Index,
    value: Array,
    worth: Array,
    entry: Index,
) -> None:
    """The stored dictionary with the largest profit at each local's worth."""
    kappa = np.empty(APPS_MAX)
    for local in locals_:
        u = local_use[local]
        first, app = app_start[local], use_app[u]
        apps = use_app[u + 1] - app
        for t in range(apps):
            kappa[t] = saving_fraction[app + t] * app_cost[first + t]
        best = -np.inf
        for e in range(entry_start[u], entry_start[u + 1]):
            place = entry_value[e]
            profit = worth[local] * value[place]
            for t in range(apps):
                profit -= kappa[t] * value[place + 1 + t]
            if profit > best:
                best = profit
                entry[local] = e


@compiled
def _read_entries(
    locals_: Index,
    local_use: Index,
    app_start: Index,
    use_app: Index,
    use_credit: Array,
    app_cost: Array,
    saving_fraction: Array,
    entry_value: Index,
    value: Array,
    entry: Index,
    share: Array,
    use_saving: Array,
    spent: Array,
) -> None:
    """Shares, saving and cost of the dictionaries chosen."""
    for local in locals_:
        u = local_use[local]
        first, app = app_start[local], use_app[u]
        place = entry_value[entry[local]]
        use_saving[local] = value[place]
        spent[local] = -use_credit[local] * value[place]
        for t in range(use_app[u + 1] - app):
            share[first + t] = max(value[place + 1 + t], 0.0)
            spent[local] += saving_fraction[app + t] * app_cost[first + t] * share[first + t]


@compiled
def _climb_from(local: int, pairs: Pairs, costs: Costs, uses: Uses, worth: float, answers: Answers) -> None:
    """Pivots from the nearest stored dictionary to the optimum; the rare case."""
    u, first = pairs.local_use[local], pairs.app_start[local]
    app, apps = uses.app_start[u], uses.app_start[u + 1] - uses.app_start[u]
    rows, moves = uses.rows[u], uses.move_start[u + 1] - uses.move_start[u]
    kappa = uses.saving_fraction[app : app + apps] * costs.app[first : first + apps]
    entry = answers.entry[local]
    place, start = uses.entry_place[entry], uses.entry_basis[entry]
    table = uses.dictionary[place : place + (rows + 1 + apps) * (moves + 1)].copy().reshape((-1, moves + 1))
    if climb(table, uses.basis[start : start + rows + moves].copy(), rows, worth, kappa) < 0:
        raise PivotingError
    low, high = -np.inf, np.inf
    for j in range(moves):
        gain, cost = -table[rows, j], 0.0
        for t in range(apps):
            cost += kappa[t] * table[rows + 1 + t, j]
        if gain > TINY:
            high = min(high, -cost / gain)
        elif gain < -TINY:
            low = max(low, -cost / gain)
    answers.low[local], answers.high[local] = low, high
    answers.use_saving[local] = table[rows, moves]
    answers.spent[local] = -costs.use_credit[local] * table[rows, moves]
    for t in range(apps):
        answers.share[first + t] = max(table[rows + 1 + t, moves], 0.0)
        answers.spent[local] += kappa[t] * answers.share[first + t]


@compiled
def choose(members: Index, worth: Array, pairs: Pairs, costs: Costs, uses: Uses, answers: Answers) -> None:
    """Brings the choices at all end uses of ``members`` up to their worth [member]."""
    several = _choose_alone(
        members, worth, pairs.local_start, pairs.local_use, pairs.app_start, uses.app_start, costs.use_credit,
        costs.app, uses.saving_fraction, uses.added_share, answers.share, answers.use_saving, answers.spent,
        answers.low, answers.high,
    )  # fmt: skip
    moved = _choose_together(
        several, pairs.local_use, pairs.app_start, uses.app_start, costs.app, uses.saving_fraction, uses.move_start,
        uses.entry_reduced, uses.reduced, answers.entry, answers.low, answers.high,
    )  # fmt: skip
    _best_entries(
        moved, pairs.local_use, pairs.app_start, uses.app_start, costs.app, uses.saving_fraction, uses.entry_start,
        uses.entry_value, uses.value, answers.low, answers.entry,
    )  # fmt: skip
    stuck = _choose_together(
        moved, pairs.local_use, pairs.app_start, uses.app_start, costs.app, uses.saving_fraction, uses.move_start,
        uses.entry_reduced, uses.reduced, answers.entry, answers.low, answers.high,
    )  # fmt: skip
    _read_entries(
        several, pairs.local_use, pairs.app_start, uses.app_start, costs.use_credit, costs.app, uses.saving_fraction,
        uses.entry_value, uses.value, answers.entry, answers.share, answers.use_saving, answers.spent,
    )  # fmt: skip
    for local in stuck:
        _climb_from(local, pairs, costs, uses, answers.low[local], answers)
