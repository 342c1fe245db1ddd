"""One request: a scenario's numbers, ready to be asked of the kernel at any price."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cached_property

import numpy as np

from waterplan.planning.core.kernel_arrays import Costs, Pairs, Uses, fresh_answers
from waterplan.planning.model.decisions import Duals
from waterplan.planning.model.flows import Array
from waterplan.planning.model.instance import Instance
from waterplan.planning.model.structure import Index
from waterplan.planning.planner.answer import ask
from waterplan.planning.planner.kept_coefficients import Coefficients
from waterplan.planning.planner.kernel_input import Bonus, build_costs, dearness, extra_worth, surcharges
from waterplan.planning.planner.lanes import Layout
from waterplan.planning.planner.master import TARGET
from waterplan.planning.planner.shared_limits import KEPT, Usage, build_limits

PRICE_MAX = 1e4  # times the dearness of the scenario
DEARER, PRICES_MAX = 100.0, 5


class Request:
    """What one scenario asks of the pairs. Holds nothing that outlives it.

    gives_way: the kind of limit that is missed first when not all can be kept. bonus: what is paid beside the cost.
    stop: called before every question; raises StoppedError when the answer is not wanted any more.
    """

    def __init__(
        self,
        layout: Layout,
        instance: Instance,
        coefficients: Coefficients,
        gives_way: str = TARGET,
        bonus: Bonus | None = None,
        stop: Callable[[], None] | None = None,
    ):
        self._stop = stop
        self.bonus = bonus
        self.gives_way = gives_way
        self.layout, self.places = layout, layout.places
        self.instance = instance
        self.coefficients = coefficients
        self.limits = build_limits(instance)

    @property
    def pairs(self) -> Pairs:
        """Volumes and limits."""
        return self.coefficients.pairs

    @property
    def uses(self) -> Uses:
        """The uses with their stores."""
        return self.coefficients.uses

    @cached_property
    def all(self) -> Index:
        """All pairs."""
        return np.arange(len(self.places.pair_place))

    @cached_property
    def entry(self) -> Index:
        """The stored dictionary that each local is likely to need first."""
        return np.asarray(self.uses.entry_start[:-1][self.places.structure.local_use])

    def highest_price(self) -> float:
        """A price at which all pairs save as much as they can [CNY/m3]."""
        s, i, nothing = self.places.structure, self.instance, np.zeros(len(self.all))
        free = surcharges(self.places, i.flows, i.values, i.levers, Duals.zero(s))
        answers = fresh_answers(self.pairs, free, self.entry)
        most, _, _ = ask(self.all, 1.0, nothing, self.pairs, free, self.uses, answers)
        price, costs = PRICE_MAX * self.dearness, self.costs()
        for _ in range(PRICES_MAX):
            answers = fresh_answers(self.pairs, costs, self.entry)
            counted, _, _ = ask(self.all, price, nothing, self.pairs, costs, self.uses, answers)
            if counted >= most - KEPT * self.pairs.unit:
                break
            price *= DEARER
        return price

    @cached_property
    def dearness(self) -> float:
        """How much dearer than usual capacity is."""
        return dearness(self.costs())

    def costs(self, duals: Duals | None = None) -> Costs:
        """Unit costs and credits, with what limits of these duals add."""
        i, costs = self.instance, self._costs
        if duals is None:
            return costs
        added = surcharges(self.places, i.flows, i.values, i.levers, duals)
        names = [field.name for field in fields(Costs)]
        return Costs(**{name: getattr(costs, name) + getattr(added, name) for name in names})

    @cached_property
    def _costs(self) -> Costs:
        i = self.instance
        return build_costs(self.places, i.flows, i.own_prices, i.values, i.levers, None, self.bonus)

    def extra_worth(self, duals: Duals | None = None) -> Array:
        """What floors, and a bonus if there is one, add to the worth of a counted m3 [pair]."""
        s = self.places.structure
        worth = np.zeros(len(self.all)) if duals is None else extra_worth(s, duals)
        return worth if self.bonus is None else worth + self.bonus.on_saving[s.pair_sector]

    def go_on(self) -> None:
        """Raises StoppedError when the answer is not wanted any more."""
        if self._stop is not None:
            self._stop()

    def usage(self) -> Usage:
        """What answers take of the limits."""
        return Usage(self.instance, self.limits)
