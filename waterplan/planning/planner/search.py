"""The search for the prices of one request: first the target's alone, then, if they bind, those of all other limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from waterplan.base.errors import InfeasibleError, SolverError
from waterplan.base.messages import Message
from waterplan.planning.model.decisions import Duals
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index, totals
from waterplan.planning.plan.deployment import Deployment
from waterplan.planning.plan.result import no_plan
from waterplan.planning.planner.generation import Columns
from waterplan.planning.planner.light import LOST, NOT_ENDED, OUT_OF_REACH, Accounts, answer_runs, asked_of
from waterplan.planning.planner.light_plan import LightPlan
from waterplan.planning.planner.mixture import Mixture, Part
from waterplan.planning.planner.request import PRICE_MAX, Request
from waterplan.planning.planner.shared_limits import pool_draw, with_pools

ROUNDS_MAX = 50  # vertices that a store lacks are met in a few
SLACK = 1e-9  # of a limit and of the whole volume of the study


class Search(Request):
    """The search for the prices of one request."""

    def run(self, guess: float) -> tuple[LightPlan | Mixture, Duals, float]:
        """The optimal plan, its prices and the dual bound."""
        found = self._by_target(guess)
        if found is None:
            highest = PRICE_MAX * self.dearness
            return self._by_columns([0.0, min(guess, highest), highest])
        plan, duals, bound = found
        broken = self._broken_by(plan)
        if broken is None:
            return plan, duals, bound
        self.limits = with_pools(self.limits, self.instance.flows, broken)
        return self._by_columns([0.0, duals.shadow_price, 10.0 * duals.shadow_price + 1.0])

    def _mixture(self, parts: list[Part]) -> Mixture:
        return Mixture(self.places, self.instance, self.pairs, self.uses, tuple(parts))

    def _by_target(self, guess: float) -> tuple[LightPlan, Duals, float] | None:
        """The plan when nothing but the target couples pairs; None when the target is out of reach."""
        s, levers = self.places.structure, self.instance.levers
        asked = asked_of(s, levers, self.bonus)
        accounts = Accounts.blank(self.coefficients.lanes)
        for _ in range(ROUNDS_MAX):
            self.go_on()
            known = self.coefficients
            lost = answer_runs(known.lanes, known.uses, known.money, asked, guess, accounts)
            if not lost.count:
                break
            self.coefficients = known.joined_by(lost)
        status, price, bound = accounts.figure[0, :3].tolist()
        if status in (NOT_ENDED, LOST):
            raise SolverError(Message("planner_errors.no_price", target=f"{levers.saving_target:g}"))
        if status == OUT_OF_REACH:
            return None
        duals = replace(Duals.zero(s), shadow_price=price)
        plan = LightPlan(self.layout, self.instance, known.lanes, known.uses, known.money, asked, self.bonus, accounts)
        return plan, duals, bound

    def _broken_by(self, plan: LightPlan) -> list[tuple[int, int]] | None:
        """The pools that a plan overdraws; an empty list when only other limits are not kept; None when all are."""
        if len(self.limits) > 1:
            return self._broken(plan.deployment)
        return self._overdrawn(plan.accounts.draw[0]) or None

    def _overdrawn(self, draw: Array) -> list[tuple[int, int]]:
        flows = self.instance.flows
        over = np.argwhere(draw > flows.pool_limit + SLACK * (flows.unit + flows.pool_limit))
        return [(int(k), int(r)) for k, r in over]

    def _broken(self, deployment: Deployment) -> list[tuple[int, int]] | None:
        over = self._overdrawn(pool_draw(self.places.structure, deployment.supply))
        if over:
            return over
        if len(self.limits) == 1:
            return None
        usage = self.usage().of(self.limits, deployment, self._counted(deployment)).sum(axis=1)
        room = self.limits.sign * (usage - self.limits.bound)
        unit = self.instance.flows.unit
        return None if (room >= -SLACK * (unit + np.abs(self.limits.bound))).all() else []

    def _counted(self, deployment: Deployment) -> Array:
        s, count = self.places.structure, len(self.all)
        counted = totals(s.local_pair, deployment.use_saving, count)
        counted += totals(s.pair_site_pair, deployment.site_saving, count)
        return counted + self.pairs.count_supply * totals(s.pair_supply_pair, deployment.supply, count)

    def _by_columns(self, first_prices: list[float]) -> tuple[Mixture, Duals, float]:
        """The plan when several limits bind, by column generation; pools are joined as answers overdraw them."""
        start = [np.append(price, np.zeros(len(self.limits) - 1)) for price in first_prices]
        while True:
            columns = Columns(self, self.limits)
            prices, bound, missing = columns.run(start)
            mixture = self._mixture(columns.parts())
            known = set(zip(self.limits.kind, self.limits.label, strict=True))
            new = [place for place in self._broken(mixture.deployment) or [] if ("pool", place) not in known]
            if not new:
                break
            self.limits = with_pools(self.limits, self.instance.flows, new)
            start = [np.append(price, np.zeros(len(new))) for price in (*columns.asked[:1], prices)]
        self.missing = missing
        if len(self._short()):
            raise self._infeasible(mixture.deployment)
        return mixture, self.limits.duals(self.places.structure, prices), bound

    def shortfalls(self) -> dict[tuple[str, tuple[int, ...]], float] | None:
        """By how much each limit has to give way for a plan to exist, when ``gives_way`` gives way first; None when
        that alone is not enough."""
        try:
            self._by_columns([0.0, 1.0, PRICE_MAX * self.dearness])
        except InfeasibleError:
            short = self._short()
            if any(self.limits.kind[row] != self.gives_way for row in short):
                return None
            return {(self.limits.kind[row], self.limits.label[row]): float(self.missing[row]) for row in short}
        return {}

    def _short(self) -> Index:
        """The limits that are not kept."""
        return np.flatnonzero(self.missing >= self.limits.kept(self.pairs.unit))

    def _infeasible(self, deployment: Deployment) -> InfeasibleError:
        """Where only the target is missed, the plan that misses it says what is attainable: asked for again, it is."""
        target = float(self.instance.levers.saving_target)
        broken = tuple(sorted({self.limits.kind[row] for row in self._short() if row}))
        return no_plan(target, None if broken else float(self._counted(deployment).sum()), broken)
