"""What binds in a plan: every limit that has a price, the one with the largest bill first.

A limit that binds is used up, so what it stands for is read off the plan itself. Everything that shows limits (page,
report, dashboard, explain) takes them from here, in this order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from waterplan.base.vocabulary import term
from waterplan.planning.certificate.statement import Statement
from waterplan.planning.model.flows import Array
from waterplan.planning.model.instance import build_instance
from waterplan.planning.plan.dataset import plan_variables
from waterplan.planning.plan.result import Result
from waterplan.study.scenario import Levers, Scenario
from waterplan.study.study import Study

SLACK = 1e-6  # smaller prices are rounding
TARGET, POOL = "saving_target", "pool"
BY_LABEL = {
    "sector_floor": "sector",
    "province_floor": "province",
    "non_conventional_min": "province",
    "technology_floor": "technology",
    "technology_cap": "technology",
}
UNITS = {"investment_cap": "MCNY", "electricity_cap": "GWh/a"}
PRICE_UNITS = {"investment_cap": "CNY/a per CNY", "electricity_cap": "CNY/kWh"}
OWN, ALL, NOT_ASKED = "own", "all", ""


@dataclass(frozen=True)
class Binding:
    """A limit that binds: its lever or ``pool``, its labels, and where it stands among the prices.

    value: as the lever is written (of a pool 1, a factor on its potential); bound: what it stands for [unit]; price of
    one unit of it; worth: price times bound, and where the bound is 0 what one step of the lever would change [MCNY/a].
    asked: ``own`` where the scenario sets it by itself, ``all`` where it sets all labels at once, else empty.
    """

    kind: str
    labels: tuple[str, ...]
    place: tuple[int, ...]
    value: float
    bound: float
    price: float
    worth: float
    asked: str

    @property
    def dims(self) -> tuple[str, ...]:
        """What its labels are labels of."""
        return ("pool", "province") if self.kind == POOL else tuple(term(self.kind).dims)

    @property
    def unit(self) -> str:
        """Unit of its bound."""
        return UNITS.get(self.kind, "hm3/a")

    @property
    def price_unit(self) -> str:
        """Unit of its price."""
        return PRICE_UNITS.get(self.kind, "CNY/m3")


def what_binds(result: Result, variables: Mapping[str, Array] | None = None) -> list[Binding]:
    """Every limit of a result that has a price: the target, then those with the largest worth.

    variables: of :func:`waterplan.plan_variables`, name -> values, if they are at hand.
    """
    i = result.instance
    if variables is None:
        variables = {name: values for name, (_, values) in plan_variables(result).items()}
    capacity = result.ledger.capacity.sum(axis=(1, 2))
    book = _Book(i.study, i.scenario, i.levers, variables, capacity, lambda: i.flows.largest_capacity)
    return book.ranked()


def what_binds_in(statement: Statement, study: Study, scenario: Scenario) -> list[Binding]:
    """The same of what a plan states."""
    variables = {name: values for name, (_, values) in statement.variables.items()}
    capacity = variables["capacity"].sum(axis=(1, 2))

    def largest() -> Array:
        return build_instance(study, scenario).flows.largest_capacity

    return _Book(study, scenario, scenario.resolve(study), variables, capacity, largest).ranked()


def foremost(found: Sequence[Binding], most: int) -> tuple[list[Binding], int]:
    """The first of the limits, and how many are left out.

    What the scenario itself asks for is never left out: each limit that it sets by itself, and of a lever that it sets
    for all labels at once the first.
    """
    shown = list(found[:most])
    for limit in found[most:]:
        if limit.asked == OWN or (limit.asked == ALL and limit.kind not in {one.kind for one in shown}):
            shown.append(limit)
    return shown, len(found) - len(shown)


@dataclass(frozen=True)
class _Book:
    """A plan's amounts and prices by name; capacity by technology; largest: what caps of technologies are shares of."""

    study: Study
    scenario: Scenario
    levers: Levers
    variables: Mapping[str, Array]
    capacity: Array
    largest: Callable[[], Array]

    def ranked(self) -> list[Binding]:
        """All limits with a price, the target first."""
        target, *others = self._limits()
        found = [target, *sorted(others, key=lambda one: -one.worth)]
        return [one for one in found if one.price > SLACK]

    def _limits(self) -> Iterator[Binding]:
        values, levers = self.variables, self.levers
        yield self._one(TARGET, levers.saving_target, float(values["shadow_price"]))
        for kind in ("investment_cap", "electricity_cap"):
            yield self._one(kind, float(getattr(levers, kind)), float(values[f"{kind}_price"]))
        if "value_added_cut_price" in values:
            planned = float(np.nansum(values["planned_withdrawal"]))
            price = float(values["value_added_cut_price"])
            yield self._limit("value_added_cut", (), (), levers.value_added_cut, planned, price)
        for kind, dim in BY_LABEL.items():
            prices = values.get(f"{kind}_price", np.zeros(0))
            labels = self.study.labels[dim]
            for n in np.flatnonzero(prices > SLACK):
                bound, value = self._amount(kind, int(n)), float(getattr(levers, kind)[n])
                yield self._limit(kind, (str(labels[n]),), (int(n),), value, bound, float(prices[n]))
        yield from self._pools()

    def _one(self, kind: str, value: float, price: float) -> Binding:
        return self._limit(kind, (), (), value, value, price)

    def _pools(self) -> Iterator[Binding]:
        prices = self.variables["pool_price"]
        pool_of, provinces = np.array(self.study.pools), self.study.labels["province"]
        pools = list(dict.fromkeys(pool for pool in self.study.pools if pool))
        supplied = self.variables["saving_by_choice"].sum(axis=1)
        for k, r in np.argwhere(prices > SLACK):
            bound = float(supplied[pool_of == pools[k], r].sum())
            yield self._limit(POOL, (pools[k], str(provinces[r])), (int(k), int(r)), 1.0, bound, float(prices[k, r]))

    def _amount(self, kind: str, n: int) -> float:
        """What a floor or a cap of a label stands for [hm3/a]: what the plan has there, for the limit binds."""
        if BY_LABEL[kind] == "technology":
            return float(self.capacity[n])
        if kind == "non_conventional_min":
            share, fresh = float(self.levers.non_conventional_min[n]), self.variables["planned_withdrawal"]
            return share / (1.0 - share) * float(np.nansum(fresh[:, n])) if share < 1.0 else 0.0
        choice = self.variables["saving_by_choice"]
        if not self.levers.count_alternative_supply:
            choice = choice[self.study.column("technologies", "level") != "supply"]
        if kind == "province_floor":
            return float(choice[:, :, n].sum())
        sector = self.study.labels["sector"][n]
        return float(choice[:, self.study.column("products", "sector") == sector].sum())

    def _limit(
        self, kind: str, labels: tuple[str, ...], place: tuple[int, ...], value: float, bound: float, price: float
    ) -> Binding:
        worth = price * (bound if bound > 0 else self._step(kind, place)) if price > SLACK else 0.0
        return Binding(kind, labels, place, value, bound, price, worth, self._asked(kind, labels))

    def _step(self, kind: str, place: tuple[int, ...]) -> float:
        """What one step of the lever would add to a bound of 0; nothing to a pool that is empty."""
        if kind == POOL:
            return 0.0
        step = float(term(kind).step or 0.0)
        return step * float(self.largest()[place]) if kind == "technology_cap" else step

    def _asked(self, kind: str, labels: tuple[str, ...]) -> str:
        given = self.scenario.levers.get(kind)
        if given is None:
            return NOT_ASKED
        if isinstance(given, Mapping):
            return OWN if labels[0] in given else ALL if "*" in given else NOT_ASKED
        return ALL if labels else OWN
