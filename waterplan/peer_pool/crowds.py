r"""In which crowd an owner stays, whatever is added to and taken from all that was ever told.

A cell that was told is one equation: its owners together withdraw so much. Whoever has all releases may combine
their equations as he likes; a combination that is left with one owner places it. So the rules of one figure are asked
of every combination :math:`u = y R`, where row :math:`r` of :math:`R` has a one for each contribution told in it:

.. math::
    \sum_o |u_o| \ge (k + m) \max_o |u_o|, \qquad
    \sum_{o \ne v, o \notin C} |u_o| Q_o \ge \frac{1 - d}{d} |u_v| Q_v

for each owner :math:`v` and all sets :math:`C` of :math:`m` others. A weight counts as much as it is of the largest, so
that an owner with nearly all of a combination is found; and :math:`m` owners of one asker, wherever they stand, take
away :math:`m` at most, so that nobody needs to know who they are. Whatever an owner said in other releases counts once,
the most of it. No figure of anybody is looked at but outputs, which everybody may know: that something is not told
tells nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from waterplan.peer_pool.cells import Cell, Member
from waterplan.peer_pool.rules import Rules
from waterplan.peer_pool.weighing import Weighing

CLOSE = 1e-6  # of a crowd; what is so near to the rule keeps it
Pattern = tuple[int, ...]  # the rows that a contribution stands in
Output = tuple[float, float]  # the least and the most that it can be [unit/a]


@dataclass(frozen=True)
class Known:
    """What the pool still knows of outputs [unit/a]: each that was not withdrawn, bounds of the others."""

    outputs: Mapping[int, float] | None
    cells: Sequence[Cell] = ()
    classes: dict[int, Output] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for cell in self.cells if self.outputs is not None else ():
            powers = [int(size.removeprefix("1e")) for _, size in cell.leaves if size]
            least, most = (10.0 ** min(powers), 10.0 ** (max(powers) + 1)) if powers else (0.0, np.inf)
            for _, part in cell.members:
                low, high = self.classes.get(part, (0.0, np.inf))
                self.classes[part] = max(low, least), min(high, most)

    def of(self, part: int) -> Output:
        """Bounds of the output of a contribution."""
        assert self.outputs is not None
        exact = self.outputs.get(part)
        return self.classes.get(part, (0.0, np.inf)) if exact is None else (exact, exact)


def told_apart(
    former: Sequence[Cell], new: Sequence[Cell], rules: Rules, outputs: Mapping[int, float] | None = None
) -> set[Member]:
    """Contributions whose crowd would be too small if the new cells were told, and smaller than it is already.

    ``former``: all cells ever told, whether or not they still are; ``outputs``: of contributions that still exist
    [unit/a]; without them only owners are counted.
    """
    rows = [cell.members for cell in new]
    told = [cell.members for cell in former]
    known = Known(outputs, [*former, *new])
    small = _too_small([*told, *rows], rows, known, rules)
    before = _too_small(told, told, known, rules) if small else {}
    return {member for member, size in small.items() if size < before.get(member, 1.0) - CLOSE}


def _too_small(
    rows: Iterable[frozenset[Member]], near: Collection[frozenset[Member]], known: Known, rules: Rules
) -> dict[Member, float]:
    """Contributions whose crowd is too small, and which part it is of what it must be; of the rows that hang together
    with those that are asked about."""
    found: dict[Member, float] = {}
    for together in _together(sorted({row for row in rows if row}, key=sorted)):
        if set(together).isdisjoint(near):
            continue
        crowd = _Crowd(together)
        sizes = [crowd.few(min(rules.owners_needed, rules.changes_needed))]
        if known.outputs is not None and rules.dominance < 1:
            sizes.append(crowd.large(known, rules.coalition, (1 - rules.dominance) / rules.dominance))
        for member, size in (one for of_rule in sizes for one in of_rule.items() if one[1] < 1 - CLOSE):
            found[member] = min(size, found.get(member, 1.0))
    return found


def _together(rows: Sequence[frozenset[Member]]) -> list[list[frozenset[Member]]]:
    """Rows that share contributions, directly or through each other."""
    groups: list[tuple[set[Member], list[frozenset[Member]]]] = []
    for row in rows:
        near = [group for group in groups if not group[0].isdisjoint(row)]
        groups = [group for group in groups if group[0].isdisjoint(row)]
        groups.append(
            (set(row).union(*(group[0] for group in near)), [*(one for group in near for one in group[1]), row])
        )
    return [group[1] for group in groups]


class _Crowd:
    """Rows that hang together: who stands in which of them."""

    def __init__(self, rows: Sequence[frozenset[Member]]):
        self.rows = rows
        standing: dict[Member, list[int]] = {}
        for place, row in enumerate(rows):
            for member in row:
                standing.setdefault(member, []).append(place)
        self.inside: dict[Pattern, dict[int, list[int]]] = {}
        for (owner, part), places in sorted(standing.items()):
            self.inside.setdefault(tuple(places), {}).setdefault(owner, []).append(part)
        self.patterns = list(self.inside)
        self.column = {pattern: place for place, pattern in enumerate(self.patterns)}

    def few(self, needed: int) -> dict[Member, float]:
        """Of each contribution, the fewest owners among whom a combination leaves it, over those needed."""
        stands: dict[int, set[int]] = {}
        for pattern, owners in self.inside.items():
            for owner in owners:
                stands.setdefault(owner, set()).add(self.column[pattern])
        weighing = Weighing(len(self.rows), self.patterns, np.ones(len(self.patterns)))
        for columns, count in Counter(tuple(sorted(columns)) for columns in stands.values()).items():
            weighing.covers(dict.fromkeys(columns, float(count)))
        return {
            (owner, part): size
            for pattern, owners in self.inside.items()
            for size in [weighing.least(self.column[pattern]) / needed]
            for owner, parts in owners.items()
            for part in parts
        }

    def large(self, known: Known, coalition: int, needed: float) -> dict[Member, float]:
        """Of the largest contribution of each pattern, the least output that a combination leaves beside it, without
        the largest others, over what is needed."""
        bounds = {
            (pattern, owner): _summed(known.of(part) for part in parts)
            for pattern, owners in self.inside.items()
            for owner, parts in owners.items()
        }
        return {
            (owner, part): size
            for pattern in self.patterns
            for owner in _largest(self.inside[pattern], pattern, bounds)
            for size in [self._beside((pattern, owner), bounds, coalition, needed)]
            for part in self.inside[pattern][owner]
        }

    def _beside(
        self, victim: tuple[Pattern, int], bounds: Mapping[tuple[Pattern, int], Output], coalition: int, needed: float
    ) -> float:
        own, column = bounds[victim][1], self.column[victim[0]]
        sizes: dict[int, dict[int, float]] = {}
        for (pattern, owner), (low, _) in bounds.items():
            if owner != victim[1]:
                sizes.setdefault(owner, {})[self.column[pattern]] = low / own
        largest = np.zeros(len(self.patterns))
        largest[column] = 1.0
        alone: dict[int, list[tuple[float, int]]] = {}
        apart: list[int] = []
        for owner, of_owner in sizes.items():
            for at, size in of_owner.items():
                largest[at] = max(largest[at], size)
            if len(of_owner) == 1:
                alone.setdefault(at, []).append((size, owner))
            else:
                apart.append(owner)
        weighing = Weighing(len(self.rows), self.patterns, largest)
        for at, others in alone.items():
            others.sort(reverse=True)
            apart += [owner for _, owner in others[:coalition]]
            weighing.covers({at: sum(size for size, _ in others[coalition:])})
        for owner in apart:
            weighing.covers(sizes[owner], owner)
        quickly = weighing.least(column, coalition) / needed
        return quickly if quickly >= 1 - CLOSE else weighing.least(column, coalition, whole=True) / needed


def _summed(bounds: Iterable[Output]) -> Output:
    lows, highs = zip(*bounds, strict=True)
    return sum(lows), sum(highs)


def _largest(owners: Iterable[int], pattern: Pattern, bounds: Mapping[tuple[Pattern, int], Output]) -> list[int]:
    """The largest owner of a pattern: what holds for it holds for the others. None if all have withdrawn."""
    exact = {owner: high for owner in owners if (both := bounds[pattern, owner])[0] == (high := both[1])}
    return [max(exact, key=lambda owner: exact[owner])] if exact else []
