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
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from waterplan.peer_pool.cells import Cell, Member
from waterplan.peer_pool.rules import Rules
from waterplan.peer_pool.weighing import Cover, Weighing

CLOSE = 1e-6  # of a crowd; what is so near to the rule keeps it
Pattern = tuple[int, ...]  # the rows that a contribution stands in


@dataclass(frozen=True)
class Known:
    """What the pool still knows of outputs [unit/a]: each that was not withdrawn, the size class of the others."""

    outputs: Mapping[int, float] | None
    cells: Sequence[Cell] = ()
    least: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for cell in self.cells if self.outputs is not None else ():
            least = min((10.0 ** int(size.removeprefix("1e")) for _, size in cell.leaves if size), default=0.0)
            for _, part in cell.members:
                self.least[part] = max(least, self.least.get(part, 0.0))

    def of(self, part: int) -> float:
        """The output of a contribution; the least that it can be where that was withdrawn."""
        exact = (self.outputs or {}).get(part)
        return self.least.get(part, 0.0) if exact is None else exact


def told_apart(
    former: Sequence[Cell], new: Sequence[Cell], rules: Rules, outputs: Mapping[int, float] | None = None
) -> bool:
    """Whether somebody's crowd would be too small if the new cells were told, and smaller than it is already.

    ``former``: all cells ever told, whether or not they still are; ``outputs``: of contributions that still exist
    [unit/a]; without them only owners are counted.
    """
    rows, told = {cell.members for cell in new}, {cell.members for cell in former}
    known = Known(outputs, [*former, *new])
    for together in _together(told | rows):
        if rows.isdisjoint(together):
            continue
        before: dict[Member, float] | None = None
        for member, size in _too_small(together, known, rules):
            if before is None:
                old = _together(told.intersection(together))
                before = dict(one for of_old in old for one in _too_small(of_old, known, rules))
            if size < before.get(member, 1.0) - CLOSE:
                return True
    return False


def _too_small(rows: Sequence[frozenset[Member]], known: Known, rules: Rules) -> Iterator[tuple[Member, float]]:
    """Contributions whose crowd is too small, and which part it is of what it must be; of rows that hang together."""
    crowd = _Crowd(rows)
    found = crowd.few(min(rules.owners_needed, rules.changes_needed))
    if known.outputs is not None and rules.dominance < 1:
        outputs = _Outputs(crowd, known, rules.coalition)
        found = chain(found, crowd.large(outputs, (1 - rules.dominance) / rules.dominance))
    return (one for one in found if one[1] < 1 - CLOSE)


def _together(rows: Collection[frozenset[Member]]) -> list[list[frozenset[Member]]]:
    """Rows that share contributions, directly or through each other."""
    groups: list[tuple[set[Member], list[frozenset[Member]]]] = []
    for row in sorted((row for row in rows if row), key=sorted):
        near = [group for group in groups if not group[0].isdisjoint(row)]
        groups = [group for group in groups if group[0].isdisjoint(row)]
        members = set(row).union(*(group[0] for group in near))
        groups.append((members, [*(one for group in near for one in group[1]), row]))
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

    def few(self, needed: int) -> Iterator[tuple[Member, float]]:
        """Of each contribution, the fewest owners among whom a combination leaves it, over those needed."""
        stands: dict[int, set[int]] = {}
        for pattern, owners in self.inside.items():
            for owner in owners:
                stands.setdefault(owner, set()).add(self.column[pattern])
        alike = Counter(tuple(sorted(columns)) for columns in stands.values())
        covers = [Cover(dict.fromkeys(columns, float(count))) for columns, count in alike.items()]
        weighing = Weighing(self.patterns, np.ones(len(self.patterns)), covers)
        for pattern, owners in self.inside.items():
            if len(owners) < needed:
                size = weighing.least(self.column[pattern]) / needed
                yield from (((owner, part), size) for owner, parts in owners.items() for part in parts)

    def large(self, outputs: _Outputs, needed: float) -> Iterator[tuple[Member, float]]:
        """Of the largest contribution of each pattern, the least output that a combination leaves beside it, without
        the largest others, over what is needed."""
        for pattern, owners in self.inside.items():
            owner = outputs.largest(pattern)
            size = outputs.beside(pattern, owner, needed)
            yield from (((owner, part), size) for part in owners[owner])


class _Outputs:
    """What owners make in each pattern, over what one usually makes."""

    def __init__(self, crowd: _Crowd, known: Known, coalition: int):
        self.crowd, self.coalition = crowd, coalition
        made: dict[int, dict[int, float]] = {}
        for column, owners in enumerate(crowd.inside.values()):
            for owner, parts in owners.items():
                made.setdefault(owner, {})[column] = sum(map(known.of, parts))
        usual = float(np.median([output for of_owner in made.values() for output in of_owner.values()])) or 1.0
        self.sizes = {owner: {at: output / usual for at, output in own.items()} for owner, own in made.items()}
        self.weighing = self._weighing()

    def largest(self, pattern: Pattern) -> int:
        """The largest owner of a pattern: what holds for it holds for the others."""
        column = self.crowd.column[pattern]
        return max(self.crowd.inside[pattern], key=lambda owner: self.sizes[owner][column])

    def beside(self, pattern: Pattern, owner: int, needed: float) -> float:
        """The least output that a combination leaves beside an owner, over what is needed."""
        column = self.crowd.column[pattern]
        own = self.sizes[owner][column]
        others = sorted(self.sizes[other][column] for other in self.crowd.inside[pattern] if other != owner)
        if own == 0 or sum(others[: max(0, len(others) - self.coalition)]) >= own * needed:
            return 1.0
        asked = column, 1.0 / own, self.place[owner]
        size = self.weighing.least(*asked) / needed
        if size >= 1 - CLOSE or self.weighing.can_be_less(needed * (1 - CLOSE), *asked):
            return size
        return 1.0

    def _weighing(self) -> Weighing:
        """Owners of one pattern cover as one, but for the largest, who may be the asker's or the one looked at."""
        alone: dict[int, list[tuple[float, int]]] = {}
        apart: list[int] = []
        for owner, of_owner in self.sizes.items():
            if len(of_owner) > 1:
                apart.append(owner)
                continue
            for column, size in of_owner.items():
                alone.setdefault(column, []).append((size, owner))
        covers = []
        for column, owners in alone.items():
            owners.sort(reverse=True)
            near = {owner for _, owner in owners[: self.coalition + 1]}.union(
                [self.largest(self.crowd.patterns[column])]
            )
            apart += sorted(near & {owner for _, owner in owners})
            covers.append(Cover({column: sum(size for size, owner in owners if owner not in near)}))
        self.place = {owner: place for place, owner in enumerate(apart, start=len(covers))}
        covers += [Cover(self.sizes[owner], owner) for owner in apart]
        largest = [self.sizes[self.largest(one)][self.crowd.column[one]] for one in self.crowd.patterns]
        return Weighing(self.crowd.patterns, np.array(largest), covers, self.coalition)
