r"""In which crowd an owner stays, whatever is added to and taken from all that was ever told.

A cell that was told is one equation: its owners together withdraw so much. Whoever has all releases may combine
their equations as he likes; a combination that is left with one owner places it. So the rules of one figure are asked
of every combination :math:`u = y R`, where row :math:`r` of :math:`R` has a one for each contribution told in it:

.. math::
    \sum_o |u_o| \ge (k + m) \max_o |u_o|, \qquad
    \sum_{o \ne v, o \notin C} |u_o| Q_o \ge s \frac{1 - d}{d} |u_v| Q_v

for each owner :math:`v` and all sets :math:`C` of :math:`m` others. A weight counts as much as it is of the largest, so
that an owner with nearly all of a combination is found; and :math:`m` owners of one asker, wherever they stand, take
away :math:`m` at most, so that nobody needs to know who they are. Whatever an owner said in other releases counts once,
the most of it. :math:`Q` is the least output of a coarse class, which is kept when somebody withdraws, and :math:`s`
the step to the next class: an owner may make as much. So what was found large enough once stays so, whoever goes. No
figure of anybody is looked at but outputs, which everybody may know: that something is not told tells nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain

import numpy as np

from waterplan.plants.pool.combinations import Cover, Weighing
from waterplan.plants.pool.points import least_of
from waterplan.plants.pool.pool_cells import Cell, Member
from waterplan.plants.pool.rules import Rules

CLOSE = 1e-6  # of a crowd; what is so near to the rule keeps it
Pattern = tuple[int, ...]  # the rows that a contribution stands in


def told_apart(
    former: Sequence[Cell], new: Sequence[Cell], rules: Rules, sizes: Mapping[int, int] | None = None
) -> bool:
    """Whether somebody's crowd would be too small in a combination if the new cells were told.

    ``former``: all cells ever told, whether or not they still are; ``sizes``: the coarse class of output of every
    contribution in any cell; without them only owners are counted. What was told alone is told, and is not looked at
    again; with anything new it must obey the rules, also where it does not by itself (in a pool of before the rules).
    """
    told = {cell.members for cell in former}
    rows = {cell.members for cell in new} - told
    return any(
        _is_too_small(together, rules, sizes) for together in _together(told | rows) if not rows.isdisjoint(together)
    )


def _is_too_small(rows: Sequence[frozenset[Member]], rules: Rules, sizes: Mapping[int, int] | None) -> bool:
    """Whether somebody's crowd is too small in some combination of rows that hang together."""
    crowd = _Crowd(rows)
    found = crowd.few(min(rules.owners_needed, rules.changes_needed))
    if sizes is not None and rules.output_needed > 0:
        found = chain(found, crowd.large(_Outputs(crowd, sizes, rules.coalition), rules.output_needed))
    return any(size < 1 - CLOSE for size in found)


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

    def few(self, needed: int) -> Iterator[float]:
        """Of each pattern that is not enough alone, the fewest owners that a combination leaves, over those needed."""
        stands: dict[int, set[int]] = {}
        for pattern, owners in self.inside.items():
            for owner in owners:
                stands.setdefault(owner, set()).add(self.column[pattern])
        alike = Counter(tuple(sorted(columns)) for columns in stands.values())
        covers = [Cover(dict.fromkeys(columns, float(count))) for columns, count in alike.items()]
        weighing = Weighing(self.patterns, np.ones(len(self.patterns)), covers)
        for pattern, owners in self.inside.items():
            if len(owners) < needed:
                yield weighing.least(self.column[pattern]) / needed

    def large(self, outputs: _Outputs, needed: float) -> Iterator[float]:
        """Of the largest contribution of each pattern, the least output that a combination leaves beside it, without
        the largest others, over what is needed."""
        for pattern in self.patterns:
            yield outputs.beside(pattern, outputs.largest(pattern), needed)


class _Outputs:
    """The least that owners make in each pattern by their coarse classes, over what one usually makes."""

    def __init__(self, crowd: _Crowd, sizes: Mapping[int, int], coalition: int):
        self.crowd, self.coalition = crowd, coalition
        made: dict[int, dict[int, float]] = {}
        for column, owners in enumerate(crowd.inside.values()):
            for owner, parts in owners.items():
                made.setdefault(owner, {})[column] = sum(least_of(sizes[part]) for part in parts if part in sizes)
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
