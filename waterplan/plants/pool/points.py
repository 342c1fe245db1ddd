"""One owner, one point: what the plants of an owner make and withdraw together in a cell."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

Leaf = tuple[str, str]  # route, size class
STEP = math.sqrt(10.0)  # from one coarse class of outputs to the next


@dataclass(frozen=True)
class Contribution:
    """What one plant of an owner says of one product in its newest year.

    ``output`` [unit/a] and ``withdrawal`` [m3/a] are None for published enterprises: only their intensity is known.
    """

    key: int
    owner: int
    is_public: bool
    product: str
    route: str
    size: str
    intensity: float
    output: float | None = None
    withdrawal: float | None = None

    @property
    def leaf(self) -> Leaf:
        return self.route, self.size

    @property
    def coarse(self) -> int | None:
        """The coarse class of its output: half powers of ten, all that is kept of it with a release."""
        return None if self.output is None else math.floor(2.0 * math.log10(self.output))


@dataclass(frozen=True)
class Point:
    """An owner in a cell: its intensity [m3/unit] over all its plants there, and its output [unit/a]."""

    owner: int
    is_public: bool
    intensity: float
    output: float | None


def points_of(contributions: Iterable[Contribution]) -> list[Point]:
    """A point for each owner, in order of intensity; fifty plants of one owner are one point."""
    plants: dict[int, list[Contribution]] = {}
    for one in contributions:
        plants.setdefault(one.owner, []).append(one)
    return sorted((_point(owner, own) for owner, own in plants.items()), key=lambda one: (one.intensity, one.owner))


def _point(owner: int, plants: list[Contribution]) -> Point:
    if any(one.output is None or one.withdrawal is None for one in plants):
        return Point(owner, plants[0].is_public, sum(one.intensity for one in plants) / len(plants), None)
    output = math.fsum(one.output or 0.0 for one in plants)
    withdrawal = math.fsum(one.withdrawal or 0.0 for one in plants)
    return Point(owner, plants[0].is_public, withdrawal / output, output)


def least_of(coarse: int) -> float:
    """The least output [unit/a] of a coarse class."""
    return float(STEP**coarse)


def size_class(output: float | None) -> str:
    """The power of ten of a plant's output [unit/a], a class that does not move with the pool; empty if unknown.

    >>> size_class(35_000.0), size_class(1e6), size_class(None)
    ('1e4', '1e6', '')
    """
    if output is None:
        return ""
    power = math.floor(math.log10(output))
    return f"1e{power + (10.0 ** (power + 1) <= output)}"
