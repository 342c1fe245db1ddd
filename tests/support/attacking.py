"""An attacker of the peer pool: two owners, fifty plants, three releases, and every answer that can be had.

The attacker knows the rules, who is in the pool, what each makes and by which route, and when each joined or left: all
but intensities. Of these it knows that they are between LOW and HIGH, and may know one from elsewhere. It claims
nothing that does not follow: an interval for an owner is all that its intensity can be, given the answers; so claims
are never wrong, and luck plays no part.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from pooling import Made, Owners
from scipy.optimize import linprog

from waterplan.base.errors import WaterplanError
from waterplan.plants.pool.deciles import Deciles, deciles, group_count
from waterplan.plants.pool.points import Point
from waterplan.plants.pool.rules import Rules
from waterplan.plants.pool.statistics import Statistics

LOW, HIGH = 0.0, 1000.0  # m3/unit
OWN = ("A", "B")
PLANTS = 50


@dataclass(frozen=True)
class Claim:
    """An owner's intensity is between these."""

    victim: str
    low: float
    high: float


@dataclass(frozen=True)
class Seen:
    """An answer, and who was in its groups: the number of groups follows from the places that are told.

    ``groups`` says more than an attacker can know, never less: the rules must hold even then.
    """

    groups: tuple[tuple[str, ...], ...]
    answer: Deciles


def half_step(value: float, digits: int | None) -> float:
    """How far a figure may be from what it was before it was rounded."""
    if digits is None or value == 0:
        return 1e-9 * max(abs(value), 1.0)
    return 0.5 * 10.0 ** (math.floor(math.log10(abs(value))) - digits + 1)


def deduced(
    seen: Sequence[Seen], outputs: Mapping[str, float], own: Mapping[str, float], digits: int | None
) -> dict[str, Claim]:
    """All that follows from the answers for each owner that is in one, by linear programming."""
    victims = sorted({owner for one in seen for group in one.groups for owner in group} - own.keys())
    names: list[object] = list(victims)
    for place, one in enumerate(seen):
        names += [(place, side) for side in range(len(one.groups))]
        names += [(place, side, "border") for side in range(len(one.groups) - 1)]
    column = {name: place for place, name in enumerate(names)}
    rows, limits = [], []

    def between(row: np.ndarray, low: float, high: float) -> None:
        rows.extend((row, -row))
        limits.extend((high, -low))

    for place, one in enumerate(seen):
        slack = max(half_step(value, digits) for _, value in one.answer)
        stands = 100 * (np.arange(len(one.groups)) + 0.5) / len(one.groups)
        for side, group in enumerate(one.groups):
            row, made = np.zeros(len(names)), sum(outputs[owner] for owner in group)
            row[column[place, side]] = -1
            known = 0.0
            for owner in group:
                if owner in own:
                    known += own[owner] * outputs[owner] / made
                else:
                    row[column[owner]] = outputs[owner] / made
            between(row, -slack - known, slack - known)
            for owner in group:  # nobody is above who stands in a group above
                for step, sign in ((side, 1.0), (side - 1, -1.0)):
                    if 0 <= step < len(one.groups) - 1:
                        row, limit = np.zeros(len(names)), -sign * own.get(owner, 0.0)
                        row[column[place, step, "border"]] = -sign
                        if owner not in own:
                            row[column[owner]] = sign
                        rows.append(row)
                        limits.append(limit)
        for at, value in one.answer:
            row = np.zeros(len(names))
            for side, weight in enumerate(np.eye(len(stands))):
                row[column[place, side]] = np.interp(at, stands, weight)
            own_slack = half_step(value, digits) if len(stands) > 1 else 1e-12
            between(row, value - own_slack, value + own_slack)
    return {victim: _extremes(column[victim], victim, rows, limits, len(names)) for victim in victims}


def _extremes(at: int, victim: str, rows: list[np.ndarray], limits: list[float], size: int) -> Claim:
    ends = []
    for sign in (1.0, -1.0):
        cost = np.zeros(size)
        cost[at] = sign
        ways = {"A_ub": np.array(rows), "b_ub": limits} if rows else {}
        found = linprog(cost, **ways, bounds=(LOW, HIGH), method="highs")
        assert found.status == 0, "what the attacker believes contradicts what it saw: the attack is not sound"
        ends.append(sign * found.fun)
    return Claim(victim, *ends)


def decile_width(intensity: float, told: Deciles) -> float:
    """How narrowly what is told places an intensity by itself [m3/unit].

    Between two told deciles it is their distance; above the last, and below the first, the largest distance that is
    told, but not more than from nought to the first; with one told decile, from nought to it.
    """
    values = [value for _, value in told]
    if not values:
        return HIGH - LOW
    if len(values) == 1:
        return values[0]
    gaps = [(high - low, low, high) for low, high in pairwise(values)]
    inside = [gap for gap, low, high in gaps if low <= intensity <= high]
    if inside:
        return min(inside)
    largest = max(gap for gap, _, _ in gaps)
    return min(largest, values[0]) if intensity < values[0] else largest


def own_decile_width(intensity: float, told: Deciles, others: Sequence[Point]) -> float:
    """As decile_width, but an attacker that pulls deciles apart with plants of its own gains nothing: what would be
    told of the other owners alone counts where it is narrower."""
    rules = Rules(coalition=0, dominance=1.0)
    alone = deciles(sorted(others, key=lambda point: point.intensity), rules)
    widths = [decile_width(intensity, told)]
    if alone is not None:
        widths.append(decile_width(intensity, alone))
    return min(widths)


class World:
    """A pool with honest owners and the attacker's two; what the attacker sees of it.

    What an owner says is remembered under a label of its own, so that an owner who says something new is two unknowns.
    """

    def __init__(self, folder: Path, rules: Rules):
        self.rules = rules
        self.owners = Owners(folder / "pool.sqlite", rules)
        self.labels: dict[str, str] = {}
        self.truth: dict[str, float] = {}
        self.outputs: dict[str, float] = {}
        self.seen: list[Seen] = []

    def says(self, owner: str, *made: Made) -> None:
        self.owners.says(owner, *made)
        self._remembers(owner, made)

    def attacks(self, route: str, output: float, intensity: float, other: float | None = None, plants: int = 1) -> None:
        """Both owners of the attacker submit: so many plants in a route, the rest of the fifty on another product."""
        for owner, figure in zip(OWN, (intensity, intensity if other is None else other), strict=True):
            here = tuple((f"{owner}{place}", "steel", route, output / plants, figure) for place in range(plants))
            rest = ((f"{owner}{place}", "wool", "", 1e6, 30.0 + place) for place in range(plants, PLANTS // 2))
            self.owners.says(owner, *here, *rest)
            self._remembers(owner, here)

    def leaves(self, owner: str) -> None:
        self.owners.pool.withdraw(self.owners.keys.pop(owner))
        self.labels.pop(owner)

    def release(self) -> bool:
        """Makes a release if the rules allow one."""
        before = self.owners.pool.releases()
        with suppress(WaterplanError):
            self.owners.pool.release()
        return self.owners.pool.releases() > before

    def elsewhere(self, start: int) -> None:
        """Enough owners join another product for a release to be made."""
        for place in range(start, start + 8):
            self.owners.says(f"brewer {place}", ("plant", "beer", "", 1e6, 5.0 + place))

    def asks(self, route: str, size: str, members: Iterable[str] | None = None) -> Statistics:
        """Asks for a cell; ``members``: who is behind a told answer, None if nothing is to be concluded.

        The attacker is even told how many are in which group, and which of them stay there: all but their names.
        """
        answer = self.owners.pool.statistics(("steel", route, size))
        if members is not None and answer.told:
            self.seen.append(Seen(self._groups([self.labels[owner] for owner in members], answer), answer.deciles))
        return answer

    def placed(self, known: Sequence[str] = ()) -> list[Claim]:
        """Claims that place another owner more narrowly than its decile; all claims must be right.

        ``known``: owners whose intensity the attacker has from elsewhere.
        """
        owners = (*OWN, *known)
        own = {label: value for label, value in self.truth.items() if label.rpartition("#")[0] in owners}
        claims = deduced(self.seen, self.outputs, own, self.rules.digits)
        return [
            claim for claim in map(self._nameless, claims.values(), [claims] * len(claims)) if self.is_narrow(claim)
        ]

    def _nameless(self, claim: Claim, claims: Mapping[str, Claim]) -> Claim:
        """A claim for whoever came and went together: within a group of an answer with several, ranks have no names."""

        def history(label: str) -> list[bool]:
            return [any(label in group for group in one.groups) for one in self.seen]

        mine = history(claim.victim)
        if all(len(one.groups) == 1 for one, is_in in zip(self.seen, mine, strict=True) if is_in):
            return claim
        alike = [other for label, other in claims.items() if history(label) == mine]
        return Claim(claim.victim, min(one.low for one in alike), max(one.high for one in alike))

    def is_narrow(self, claim: Claim) -> bool:
        """Whether a claim is narrower than the decile of its victim in each answer that the victim is behind."""
        intensity = self.truth[claim.victim]
        assert claim.low - 1e-6 <= intensity <= claim.high + 1e-6, "a claim is wrong: the attack is not sound"
        widths = []
        for one in self.seen:
            members = {label for group in one.groups for label in group}
            if claim.victim in members:
                others = [self._point(label) for label in members if label.rpartition("#")[0] not in OWN]
                widths.append(own_decile_width(intensity, one.answer, others))
        return bool(widths) and claim.high - claim.low < min(widths) * (1 - 1e-9)

    def _remembers(self, owner: str, made: Sequence[Made]) -> None:
        label = f"{owner}#{sum(one.rpartition('#')[0] == owner for one in self.truth)}"
        self.labels[owner] = label
        self.outputs[label] = sum(output for *_, output, _ in made)
        self.truth[label] = sum(output * intensity for *_, output, intensity in made) / self.outputs[label]

    def _point(self, label: str) -> Point:
        return Point(0, False, self.truth[label], self.outputs[label])

    def _groups(self, labels: Sequence[str], answer: Statistics) -> tuple[tuple[str, ...], ...]:
        """Who is in which group: the largest number of groups that the rules allow, as in telling.py."""
        is_small = not self.rules.merges and len(answer.deciles) > 1
        rules = Rules(k=1, coalition=0, dominance=1.0) if is_small else self.rules
        ordered = sorted(labels, key=self.truth.__getitem__)
        count = group_count([self.outputs[label] for label in ordered], rules)
        assert count, "what was told may not be told"
        parts = np.array_split(range(len(ordered)), count)
        return tuple(tuple(ordered[place] for place in part) for part in parts)
