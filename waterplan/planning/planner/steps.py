"""From the kernel's answers back to the steps of the model: which plants add what."""

from __future__ import annotations

import numpy as np

from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index, Structure
from waterplan.planning.planner.choices import ROUNDING
from waterplan.planning.planner.compilation import compiled, released
from waterplan.planning.planner.dictionaries import Uses
from waterplan.planning.planner.kernel_arrays import Answers, Costs, Pairs
from waterplan.planning.planner.vertices import climb, reduced_profit


@compiled
def _worth_inside(low: float, high: float) -> float:
    if np.isfinite(low) and np.isfinite(high):
        return 0.5 * (low + high)
    if np.isfinite(low):
        return low + 1.0
    return high - 1.0 if np.isfinite(high) else 0.0


@compiled
def _best_dictionary(u: int, entry: int, uses: Uses, worth: float, kappa: Array) -> tuple[Array, Index]:
    """The dictionary that is optimal at a worth, and its basis."""
    apps, rows, moves = len(kappa), uses.rows[u], uses.move_start[u + 1] - uses.move_start[u]
    place, start = uses.entry_place[entry], uses.entry_basis[entry]
    table = uses.dictionary[place : place + (rows + 1 + apps) * (moves + 1)].copy().reshape((-1, moves + 1))
    basis = uses.basis[start : start + rows + moves].copy()
    limit = ROUNDING * max(abs(worth), np.abs(kappa).max(), 1e-6)
    for j in range(moves):
        if reduced_profit(table, rows, worth, kappa, j) > limit:
            climb(table, basis, rows, worth, kappa)
            break
    return table, basis


@compiled
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


@released
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
