"""Twin of walk.cpp: all prices at which pairs change their answer, found in another way.

Plain Python that asks for whole answers only: where the lines of two answers of a pair cross, it asks for a third,
until the answer there lies on both lines. What changes is then the difference of two answers.
"""

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from twin_answers import ask

from waterplan.planning.core.kernel_arrays import Answers, Costs, Pairs, Uses
from waterplan.planning.model.flows import Array
from waterplan.planning.planner.walk import Levels

SAME, APART = 1e-13, 1e-11


@dataclass
class Question:
    """The answer of a pair to a price, and its volumes at the three levels."""

    price: float
    counted: float
    cost: float
    volumes: Array


class Change(NamedTuple):
    """As the core tells a change; grown: by how much the capacity of each technology grows [hm3/a]."""

    price: float
    counted: float
    cost: float
    investment: float
    grown: dict[int, float]


class Walk:
    """The walks of pairs, one at a time."""

    def __init__(self, pairs: Pairs, costs: Costs, uses: Uses, answers: Answers, levels: Levels):
        self.kernel, self.pairs = (pairs, costs, uses, answers), pairs
        given = [getattr(levels, field.name) for field in fields(levels)]
        self.technology, self.capacity, self.investment = given[:3], given[3:6], given[6:]

    def ask(self, i: int, price: float) -> Question:
        """The answer to a price."""
        answers = self.kernel[3]
        ask(np.array([i]), price, np.zeros(len(self.pairs.start)), *self.kernel)
        levels = zip((answers.share, answers.site_saving, answers.supply), self.rows(i), strict=True)
        volumes = np.concatenate([amount[rows] for amount, rows in levels])
        return Question(price, float(answers.counted[i]), float(answers.cost[i]), volumes)

    def rows(self, i: int) -> tuple[slice, slice, slice]:
        """Where the volumes of a pair stand."""
        p = self.pairs
        app = p.app_start[p.local_start[i]], p.app_start[p.local_start[i + 1]]
        levels = app, p.site_start[i : i + 2], p.supply_start[i : i + 2]
        at_uses, on_site, supply = (slice(int(first), int(last)) for first, last in levels)
        return at_uses, on_site, supply

    def of(self, numbers: list[Array], i: int) -> Array:
        """The numbers of a pair's rows."""
        return np.concatenate([number[rows] for number, rows in zip(numbers, self.rows(i), strict=True)])

    def start(self, i: int, low: float) -> tuple[float, float, float]:
        """What a pair saves, costs and invests at a price."""
        asked = self.ask(i, low)
        return asked.counted, asked.cost, float(self.of(self.investment, i) @ asked.volumes)

    def changes(self, i: int, low: float, high: float) -> list[Change]:
        """All changes of a pair between two prices."""
        found = []
        stack = [(self.ask(i, low), self.ask(i, high))]
        while stack:
            a, b = stack.pop()
            if not b.counted - a.counted > APART * self.pairs.unit:
                continue
            price = min(max((b.cost - a.cost) / (b.counted - a.counted), a.price), b.price)
            here = self.ask(i, price)
            gap = (a.cost - price * a.counted) - (here.cost - price * here.counted)
            size = abs(a.cost) + abs(b.cost) + price * (abs(a.counted) + abs(b.counted))
            if gap <= SAME * size or price in (a.price, b.price):
                found.append(self._change(i, price, a, b))
            else:
                stack += [(here, b), (a, here)]
        return found

    def _change(self, i: int, price: float, a: Question, b: Question) -> Change:
        more = b.volumes - a.volumes
        grown: dict[int, float] = {}
        for technology, volume in zip(self.of(self.technology, i), self.of(self.capacity, i) * more, strict=True):
            grown[int(technology)] = grown.get(int(technology), 0.0) + float(volume)
        return Change(price, b.counted - a.counted, b.cost - a.cost, float(self.of(self.investment, i) @ more), grown)
