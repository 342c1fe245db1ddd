"""Twin of pools.cpp: the part of the cost curve of pairs that share pools, with HiGHS as the master of their prices.

All answers of all pairs are kept as columns, and whole arrays are asked for; nothing is done as the core does it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from waterplan.planning.core.kernel_arrays import Answers, Costs
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index
from waterplan.planning.planner.answer import ask
from waterplan.planning.planner.master import Master
from waterplan.planning.planner.search import Search
from waterplan.planning.planner.shared_limits import Limits

ROUNDING = 1e-12
BETTER = 1e-11
APART = 1e-10  # of the whole volume of the study
ROUNDS_MAX = 100
KEEPS_ALL_OUT = 1e4  # CNY/m3 on a pool, times the dearness of the scenario: nobody draws from it


@dataclass(frozen=True)
class Point:
    """The answer of the block to a price: counted saving, cost, investment, capacity by technology."""

    price: float
    counted: float
    cost: float
    investment: float
    capacity: Array


class PooledBlock:
    """The pairs of a province that reach for the same pools; prices of pools are found anew at every price of water."""

    def __init__(self, search: Search, costs: Costs, answers: Answers, members: Index, places: list[tuple[int, int]]):
        s, flows = search.places.structure, search.instance.flows
        self.search, self.costs, self.answers, self.members = search, costs, answers, members
        bound = np.array([flows.pool_limit[place] for place in places])
        self.limits = Limits(("pool",) * len(places), tuple(places), -np.ones(len(places)), bound)
        technology = s.supply_technology[s.pair_supply]
        province = s.pair_province[s.pair_supply_pair]
        pool = s.technology_pool[technology]
        self.draws = np.array([(pool == k) & (province == r) for k, r in places])
        position = np.full(len(s.pair_product), -1)
        position[members] = np.arange(len(members))
        pair = np.concatenate([s.local_pair[s.local_app_local], s.pair_site_pair, s.pair_supply_pair])
        self._rows = np.flatnonzero(position[pair] >= 0)
        self._owner = position[pair[self._rows]]
        self._supply_owner = position[s.pair_supply_pair]
        tech = np.concatenate([s.app_technology[s.local_app], s.site_technology[s.pair_site], technology])
        self._technology = tech[self._rows]
        gross = search.pairs.gross_flow[s.local_app_local] * flows.saving_fraction[s.local_app]
        self._gross = np.concatenate([gross, np.ones(len(s.pair_site)), np.ones(len(s.pair_supply))])[self._rows]
        values, levers = search.instance.values, search.instance.levers
        self._investment = values["investment_per_m3"] * levers.technology_cost_scale
        # of each question: counted saving, cost, capacity [member, technology]
        self._columns: list[tuple[Array, Array, Array]] = []
        self._taken: list[tuple[int, Array, Index]] = []  # question, draw of each member, members that take the answer
        self._column_of: list[tuple[int, int]] = []
        self._ask(0.0, np.full(len(places), KEEPS_ALL_OUT * search.dearness))

    def _ask(self, price: float, pool_price: Array) -> tuple[Array, Array, Array]:
        """Counted saving, cost and draw of each member at prices of water and pools; remembers the answer."""
        surcharge = (self.draws * pool_price[:, None]).sum(axis=0)
        costs = replace(self.costs, supply=self.costs.supply + surcharge)
        self.answers.low[:], self.answers.high[:] = np.inf, -np.inf
        nothing = np.zeros(len(self.search.all))
        ask(self.members, price, nothing, self.search.pairs, costs, self.search.uses, self.answers)
        drawn = np.zeros((len(self.draws), len(self.members)))
        for row, mine in enumerate(self.draws):
            drawn[row] = np.bincount(
                self._supply_owner[mine & (self._supply_owner >= 0)],
                self.answers.supply[mine & (self._supply_owner >= 0)],
                minlength=len(self.members),
            )
        counted = self.answers.counted[self.members].copy()
        cost = self.answers.cost[self.members] - pool_price @ drawn
        amount = np.concatenate([self.answers.share, self.answers.site_saving, self.answers.supply])[self._rows]
        capacity = np.zeros((len(self.members), len(self._investment)))
        np.add.at(capacity, (self._owner, self._technology), amount * self._gross)
        self._columns.append((counted, cost, capacity))
        return counted, cost, drawn

    def answer(self, price: float) -> Point:
        """The best answer of all members together within the pools."""
        pool_price, dual = np.zeros(len(self.draws)), np.full(len(self.members), -np.inf)
        self.master = Master(
            self.limits, len(self.members), self.search.instance.flows.unit, dearness=self.search.dearness
        )
        for question, drawn, wanted in self._taken:
            counted, cost, _ = self._columns[question]
            self.master.add(question, drawn, cost - price * counted, wanted)
        if self._taken:
            _, pool_price, dual, _ = self.master.solve()
        for _ in range(ROUNDS_MAX):
            counted, cost, drawn = self._ask(price, pool_price)
            value = cost + pool_price @ drawn - price * counted
            wanted = (
                np.arange(len(self.members))
                if not self._column_of
                else np.flatnonzero(value < dual - BETTER * (self.search.pairs.unit + np.abs(dual)))
            )
            if not len(wanted):
                break
            if not self._column_of:
                self._add_first(price)
            self._add(len(self._columns) - 1, drawn, cost - price * counted, wanted)
            _, pool_price, dual, _ = self.master.solve()
        return self._mixed(price)

    def _add_first(self, price: float) -> None:
        """The answers that draw nothing: a plan within the pools exists from the start."""
        counted, cost, _ = self._columns[0]
        everyone = np.arange(len(self.members))
        self._add(0, np.zeros((len(self.draws), len(self.members))), cost - price * counted, everyone)

    def _add(self, question: int, drawn: Array, net_cost: Array, wanted: Index) -> None:
        self.master.add(question, drawn, net_cost, wanted)
        self._taken.append((question, drawn, wanted))
        self._column_of += [(question, int(member)) for member in wanted]

    def _mixed(self, price: float) -> Point:
        counted = cost = 0.0
        capacity = np.zeros(len(self._investment))
        for (question, member), share in zip(self._column_of, self.master.shares(), strict=True):
            if share > 0:
                counted += share * self._columns[question][0][member]
                cost += share * self._columns[question][1][member]
                capacity += share * self._columns[question][2][member]
        return Point(price, counted, cost, float(self._investment @ capacity), capacity)

    def last_price_within(self, prices: Array) -> float:
        """The highest price up to which no pool is overdrawn although nothing is paid for it; ``prices`` are those at
        which a member changes its answer, sorted."""
        free, bound = np.zeros(len(self.draws)), self.limits.bound
        last = 0.0
        for low, high in zip(np.append(0.0, prices), np.append(prices, 2 * prices[-1:]), strict=False):
            _, _, drawn = self._ask((low + high) / 2, free)
            self._columns.pop()
            if (drawn.sum(axis=1) > bound).any():
                break
            last = (low + high) / 2
        return last

    def points(self, low: float, high: float) -> list[Point]:
        """The breakpoints of the block's part of the curve between two prices."""
        first, last = self.answer(low), self.answer(high)
        stack, found = [(first, last)], [first]
        apart = APART * self.search.pairs.unit
        while stack:
            a, b = stack.pop()
            if b.counted - a.counted <= apart:
                continue
            price = min(max((b.cost - a.cost) / (b.counted - a.counted), a.price), b.price)
            middle = self.answer(price)
            gap = (a.cost - price * a.counted) - (middle.cost - price * middle.counted)
            size = abs(a.cost) + abs(b.cost) + price * (abs(a.counted) + abs(b.counted))
            near = middle.counted - a.counted <= apart or b.counted - middle.counted <= apart
            if gap <= ROUNDING * size or near or price in (a.price, b.price):
                found.append(b)
            else:
                stack += [(middle, b), (a, middle)]
        return found
