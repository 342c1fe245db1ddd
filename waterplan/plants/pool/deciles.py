"""What is told of a cell: deciles between the means of groups that are each as large as the rules ask."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from waterplan.plants.pool.points import Point
from waterplan.plants.pool.rules import Rules

PLACES = tuple(range(10, 100, 10))
GROUPS_MAX = 10
Deciles = tuple[tuple[int, float], ...]


def deciles(points: Sequence[Point], rules: Rules) -> Deciles | None:
    r"""Deciles of intensity [m3/unit] that may be told of a cell, as (place, value); None if nothing may.

    Owners in order of intensity are cut into as many groups of equal count as the rules allow for any order, ten at
    most. The level
    of group :math:`i` of :math:`g` is what its owners withdraw over what they make,

    .. math:: L_i = \sum_{o \in i} W_o \Big/ \sum_{o \in i} Q_o ,

    rounded, and stands at the place :math:`(i - 1/2)/g`. A decile between the first place and the last is read off the
    line between its neighbours, and rounded; the others, where single owners would show, are not told.
    """
    private = [point for point in points if not point.is_public]
    count = group_count([point.output or 0.0 for point in private], rules)
    if count == 0:
        return None
    levels = [rounded(_level(group), rules.digits) for group in _groups(points, private, count)]
    return _between(levels, rules.digits)


def group_count(outputs: Sequence[float], rules: Rules) -> int:
    """Into how many groups of equal count owners of these outputs may be cut, whoever stands in which.

    In each no owner has more than its share of the output, the largest others (the asker's) left out. So that the count
    tells nothing of ranks it is that of the worst order: the largest owners in one group, with the smallest.
    """
    outputs = sorted(outputs)
    for count in range(min(GROUPS_MAX, len(outputs) // rules.owners_needed), 0, -1):
        rest = math.fsum(outputs[: max(0, len(outputs) // count - 1 - rules.coalition)])
        if outputs[-1] <= rules.dominance * (outputs[-1] + rest):
            return count
    return 0


def rounded(value: float, digits: int | None) -> float:
    """A value to so many significant digits.

    >>> rounded(12.49, 2), rounded(0.0449, 2), rounded(12.49, None)
    (12.0, 0.045, 12.49)
    """
    if digits is None or value == 0:
        return value
    return float(f"{value:.{digits - 1}e}")


def _groups(points: Sequence[Point], private: Sequence[Point], count: int) -> list[list[Point]]:
    """Private owners cut into equal counts, each public one with those it stands beside."""
    parts = np.array_split(np.arange(len(private)), count)
    groups = [[private[place] for place in part] for part in parts]
    starts = [group[0].intensity for group in groups[1:]]
    for point in points:
        if point.is_public:
            groups[int(np.searchsorted(starts, point.intensity, side="right"))].append(point)
    return groups


def _level(group: Sequence[Point]) -> float:
    """Withdrawal over output of a group [m3/unit]; an unknown output stands at the median of the known."""
    known = [point.output for point in group if point.output is not None]
    usual = float(np.median(known)) if known else 1.0
    outputs = [usual if point.output is None else point.output for point in group]
    withdrawals = [point.intensity * output for point, output in zip(group, outputs, strict=True)]
    return math.fsum(withdrawals) / math.fsum(outputs)


def _between(levels: Sequence[float], digits: int | None) -> Deciles:
    stands = 100 * (np.arange(len(levels)) + 0.5) / len(levels)
    told = [place for place in PLACES if stands[0] <= place <= stands[-1]]
    return tuple((place, rounded(float(np.interp(place, stands, levels)), digits)) for place in told)


def place_among(intensity: float, told: Deciles) -> tuple[float, float, float]:
    """The share of peers [percent] that make do with less, and between which told places it stands.

    Interpolated between told deciles. Beyond the first or the last of them nothing is known, and the place is missing;
    all three are, for what is no intensity.

    >>> place_among(6.0, ((40, 5.0), (50, 7.0), (60, 9.0)))
    (45.0, 40.0, 50.0)
    >>> place_among(4.0, ((40, 5.0), (50, 7.0), (60, 9.0)))
    (nan, 0.0, 40.0)
    """
    if not math.isfinite(intensity):
        return (math.nan,) * 3
    places, values = [float(place) for place, _ in told], [value for _, value in told]
    if intensity < values[0]:
        return math.nan, 0.0, places[0]
    if intensity > values[-1]:
        return math.nan, places[-1], 100.0
    same = [place for place, value in told if value == intensity]
    if same:
        return (same[0] + same[-1]) / 2, float(same[0]), float(same[-1])
    after = next(place for place, value in enumerate(values) if value > intensity)
    share = (intensity - values[after - 1]) / (values[after] - values[after - 1])
    return places[after - 1] + share * (places[after] - places[after - 1]), places[after - 1], places[after]
