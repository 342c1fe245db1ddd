"""Figures that more than one override sets: which overrides are left without effect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from waterplan.base.errors import Problem
from waterplan.base.messages import Message
from waterplan.study.scenario.overrides import Override

Labels = tuple[str, tuple[str, ...]]


class _Later:
    """Values that come later, found by the labels that they are given for."""

    def __init__(self) -> None:
        self.dims: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        self.whole: dict[Labels, set[int]] = defaultdict(set)
        self.by_label: dict[tuple[Labels, str, str], set[int]] = defaultdict(set)

    def add(self, place: int, override: Override) -> None:
        kind = override.name, tuple(override.where)
        self.dims[override.name].add(kind[1])
        self.whole[kind].add(place)
        for dim, labels in override.where.items():
            for label in labels:
                self.by_label[kind, dim, label].add(place)

    def covering(self, override: Override) -> int | None:
        """The first that sets every figure of an override; a label it does not name means every label."""
        found: set[int] = set()
        for dims in self.dims[override.name]:
            if set(dims) <= set(override.where):
                kind = override.name, dims
                named = [self.by_label[kind, dim, label] for dim in dims for label in override.where[dim]]
                found |= set.intersection(*named) if named else self.whole[kind]
        return min(found, default=None)


def covered(overrides: Sequence[Override]) -> dict[int, int]:
    """By the place of an override that has no effect, the place of the later one that sets all of its figures.

    A factor takes nothing from what is below it: it multiplies.

    >>> price = Override("water_price", {}, 5, "CNY/m3", "tariff of May"), Override("water_price", {}, factor=2)
    >>> covered(price), covered(price[::-1])
    ({}, {0: 1})
    """
    later, found = _Later(), {}
    for place in range(len(overrides) - 1, -1, -1):
        override = overrides[place]
        over = later.covering(override)
        if over is not None:
            found[place] = over
        if override.factor is None:
            later.add(place, override)
    return found


def set_twice(overrides: Sequence[Override]) -> list[Problem]:
    """A problem for each override of one file that a later one of the file leaves without effect."""
    problems = []
    for place, over in sorted(covered(overrides).items()):
        one, other = overrides[place], overrides[over]
        line = Message("scenario.in_row", row=other.row) if other.row else ""
        places = {"other": other.place, "line": line, "one": one.place}
        problems.append(one.problem("name", Message("scenario.set_twice", name=one.name, **places)))
    return problems
