"""Column generation over blocks of pairs: the master asks for prices, the kernel answers, until nothing is better.

While limits are missed the master pays for it; a penalty says nothing certain, since the last cubic metre can be dearer
than any penalty. So what still seems out of reach is asked for once more with all costs left out: how much of the
limits must be missing whatever is paid. Only what is missing then is out of reach.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from waterplan.base.errors import SolverError
from waterplan.base.messages import Message
from waterplan.planning.core.kernel_arrays import Answers, Costs, fresh_answers
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import totals
from waterplan.planning.planner.answer import ask
from waterplan.planning.planner.kernel_input import cost_of, deployed, extra_worth, surcharges
from waterplan.planning.planner.master import Master
from waterplan.planning.planner.mixture import Part
from waterplan.planning.planner.request import Request
from waterplan.planning.planner.shared_limits import Limits

GAP = 1e-13
BETTER = 1e-13  # of the whole volume of the study
AGREE = 1e-8  # of the whole volume of the study: what is missing at a penalty, and at least
QUESTIONS_MAX = 100


class Columns:
    """The columns of one request: a block is a sector in a province."""

    def __init__(self, request: Request, limits: Limits):
        self.request = request
        self.limits = limits
        self.unit = request.pairs.unit
        self.usage = request.usage()
        self.block, self.blocks = self.usage.block, self.usage.blocks
        self.master = Master(limits, self.blocks, self.unit, request.gives_way, request.dearness)
        self.asked: list[Array] = []
        self._answers: list[tuple[Answers, Costs]] = []
        self._best = -np.inf
        self._best_price = np.empty(0)
        self._weights: Array | None = None

    def run(self, start: list[Array]) -> tuple[Array, float, Array]:
        """Prices, dual bound and what of each limit is missing."""
        for price in start:
            usage, cost = self._ask(price)
            self.master.add(len(self._answers) - 1, usage, cost, np.arange(self.blocks))
        missing = self._cheapest()
        if self._short(missing).any():
            missing = self._surely(missing)
        return self._best_price, self._best, missing

    def _short(self, missing: Array) -> NDArray[np.bool_]:
        return np.greater_equal(missing, self.limits.kept(self.unit))

    def _cheapest(self) -> Array:
        """The least cost, with what is missing paid for; what of each limit is missing."""
        objective, prices, block_dual, missing = self.master.solve()
        for _ in range(QUESTIONS_MAX):
            if objective - self._best <= GAP * (self.unit + abs(objective)):
                return missing
            usage, cost = self._ask(prices)
            reduced = cost - (self.limits.sign * prices) @ usage - block_dual
            wanted = np.flatnonzero(reduced < -BETTER * (self.unit + np.abs(block_dual)))
            if len(wanted):
                self.master.add(len(self._answers) - 1, usage, cost, wanted)
            objective, prices, block_dual, missing = self.master.solve()
            if not len(wanted):
                return missing
        raise SolverError(Message("planner_errors.no_prices"))

    def _surely(self, supposed: Array) -> Array:
        """What of each limit is missing whatever is paid: all others first, then the kind that may give way.

        Where that is as much as supposed, the answer found before stays, which is the cheapest of those that miss it.
        """
        weights = self.master.weights(len(self._answers))
        first = np.array([kind == self.request.gives_way for kind in self.limits.kind])
        missing = np.zeros(len(first))
        for rows in (~first, first):
            if rows.any():
                missing = np.where(rows, self._least_missing(rows), 0.0)
            if self._short(missing).any():
                agree = abs(float(missing[rows].sum() - supposed[rows].sum())) <= AGREE * self.unit
                if agree and (rows is not first or rows[self._short(supposed)].all()):
                    self._weights, missing = weights, supposed
                return missing
        self.master.close()
        return self._cheapest()

    def _least_missing(self, rows: Array) -> Array:
        self.master.count_only(rows)
        for _ in range(QUESTIONS_MAX):
            amount, prices, block_dual, missing = self.master.missing()
            if not self._short(np.where(rows, missing, 0.0)).any():
                return missing
            self.request.go_on()
            usage, cost, net = self._ask_without_costs(prices)
            least = float((self.limits.sign * prices) @ self.limits.bound + net.sum())
            wanted = np.flatnonzero(net - block_dual < -BETTER * (self.unit + np.abs(block_dual)))
            if amount - least <= GAP * self.unit or not len(wanted):
                return missing
            self.master.add(len(self._answers) - 1, usage, cost, wanted)
        raise SolverError(Message("planner_errors.no_most"))

    def _ask(self, price: Array) -> tuple[Array, Array]:
        """Usage [row, block] and cost [block] of the answers to a price; keeps the best lower bound."""
        request, s = self.request, self.request.places.structure
        self.request.go_on()
        duals = self.limits.duals(s, price)
        costs, extra = request.costs(duals), request.extra_worth(duals)
        answers, used = self._answered(duals.shadow_price, extra, costs)
        lagrangian = totals(self.block, answers.cost - (duals.shadow_price + extra) * answers.counted, self.blocks)
        bound = float((self.limits.sign * price) @ self.limits.bound + lagrangian.sum())
        if bound > self._best:
            self._best, self._best_price = bound, price
        self.asked.append(price)
        return used, lagrangian + (self.limits.sign * price) @ used

    def _ask_without_costs(self, price: Array) -> tuple[Array, Array, Array]:
        """Usage and true cost of the answers to a price when nothing costs but the limits, and the net value."""
        request, s, i = self.request, self.request.places.structure, self.request.instance
        duals = self.limits.duals(s, price)
        extra = extra_worth(s, duals)
        costs = surcharges(request.places, i.flows, i.values, i.levers, duals)
        answers, used = self._answered(duals.shadow_price, extra, costs)
        net = totals(self.block, answers.cost - (duals.shadow_price + extra) * answers.counted, self.blocks)
        true = cost_of(s, request.costs(), deployed(request.pairs, request.uses, s, answers))
        true = true - request.extra_worth() * answers.counted
        return used, totals(self.block, true, self.blocks), net

    def _answered(self, worth: float, extra: Array, costs: Costs) -> tuple[Answers, Array]:
        """The answers to a price, remembered, and what blocks use of each limit [row, block]."""
        request, s = self.request, self.request.places.structure
        answers = fresh_answers(request.pairs, costs, request.entry)
        ask(request.all, worth, extra, request.pairs, costs, request.uses, answers)
        request.entry = answers.entry
        self._answers.append((answers, costs))
        return answers, self.usage.of(deployed(request.pairs, request.uses, s, answers), answers.counted)

    def parts(self) -> list[Part]:
        """The answers that the master mixes."""
        questions = len(self._answers)
        weights = self.master.weights(questions) if self._weights is None else self._weights
        used = np.flatnonzero(weights.any(axis=1))
        return [Part(weights[n][self.block], *self._answers[n]) for n in used]
