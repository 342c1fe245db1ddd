"""The search for the prices of one request: first the target's alone, then, if they bind, those of all other limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from waterplan.base.errors import InfeasibleError, SolverError
from waterplan.base.messages import Message
from waterplan.planning.model.decisions import Duals
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index, pool_draw
from waterplan.planning.plan.deployment import Deployment, Effect
from waterplan.planning.plan.result import no_plan
from waterplan.planning.planner.generation import Columns
from waterplan.planning.planner.kernel_input import capacity_surcharge
from waterplan.planning.planner.light import (
    FIGURES,
    LOST,
    NOT_ENDED,
    OUT_OF_REACH,
    Accounts,
    Floors,
    answer_runs,
    asked_of,
)
from waterplan.planning.planner.light_plan import LightPart, LightPlan
from waterplan.planning.planner.mixture import Mixture, Part
from waterplan.planning.planner.request import PRICE_MAX, Request
from waterplan.planning.planner.shared_limits import with_pools

ROUNDS_MAX = 50  # vertices that a store lacks are met in a few
CAPS = {"investment_cap", "electricity_cap"}
FIRST_CAP_PRICE, DEARER, QUESTIONS_MAX = 0.02, 4.0, 60  # MCNY/a per MCNY, or per GWh
SAME = 1e-13  # of cost: answers that only rounding sets apart
SLACK = 1e-9  # of a limit and of the whole volume of the study


class Search(Request):
    """The search for the prices of one request."""

    def run(self, guess: float) -> tuple[LightPlan | Mixture, Duals, float]:
        """The optimal plan, its prices and the dual bound."""
        if self.bonus is None and self.limits.kinds in ({"sector_floor"}, {"province_floor"}):
            found = self._by_floors(guess)
            if found is not None and not self._overdrawn(found[0].draw):
                return found
        found = self._by_target(guess)
        if found is None:
            highest = PRICE_MAX * self.dearness
            return self._by_columns([0.0, min(guess, highest), highest])
        plan, duals, bound = found
        broken = self._broken_by(plan)
        if broken is None:
            return plan, duals, bound
        if self._has_one_cap() and not broken:
            found = self._by_cap(plan)
            if found is not None and not (broken := self._overdrawn(found[0].draw)):
                return found
        self.limits = with_pools(self.limits, self.instance.flows, broken)
        return self._by_columns([0.0, duals.shadow_price, 10.0 * duals.shadow_price + 1.0])

    def _mixture(self, parts: list[Part]) -> Mixture:
        return Mixture(self.places, self.instance, self.pairs, self.uses, tuple(parts))

    def _by_target(self, guess: float) -> tuple[LightPlan, Duals, float] | None:
        """The plan when nothing but the target couples pairs; None when the target is out of reach."""
        answer = self._light(Duals.zero(self.places.structure), guess)
        return None if answer is None else (self._plan([answer[0]]), answer[0].duals, answer[1])

    def _by_floors(self, guess: float) -> tuple[LightPlan, Duals, float] | None:
        """The plan when beside the target only floors of one kind bind; None where that finds no end."""
        (kind,) = self.limits.kinds
        s, lane_pair = self.places.structure, self.layout.lane_pair
        owner = s.pair_sector if kind == "sector_floor" else s.pair_province
        bound = np.zeros(len(s.sectors) if kind == "sector_floor" else len(s.provinces))
        bound[[label[0] for label in self.limits.label[1:]]] = self.limits.bound[1:]
        group = np.where(lane_pair < 0, -1, owner[lane_pair])
        floors = Floors(group, bound, np.zeros(len(bound)), len(bound))
        try:
            answer = self._light(Duals.zero(s), guess, floors)
        except SolverError:
            return None
        if answer is None:
            return None
        prices: dict[str, Any] = {kind: floors.price}
        part = replace(answer[0], duals=replace(answer[0].duals, **prices))
        return self._plan([part]), part.duals, answer[1]

    def _light(self, duals: Duals, guess: float, floors: Floors | None = None) -> tuple[LightPart, float] | None:
        """The light answer when limits have these duals, whose shadow price is then the one found, and its dual bound;
        None when the target is out of reach."""
        s, i = self.places.structure, self.instance
        surcharge = capacity_surcharge(i.values, i.levers, duals)
        asked = asked_of(s, i.levers, float(self.limits.bound[0]), self.bonus, surcharge)
        accounts = Accounts.blank(self.coefficients.lanes)
        for _ in range(ROUNDS_MAX):
            self.go_on()
            known = self.coefficients
            kernel = known.lanes, known.uses, known.money
            lost = answer_runs(*kernel, asked, guess, accounts, floors=floors)
            if not lost.count:
                break
            self.coefficients = known.joined_by(lost)
        status, price, bound = accounts.figure[0, :3].tolist()
        if status in (NOT_ENDED, LOST):
            raise SolverError(Message("planner_errors.no_price", target=f"{i.levers.saving_target:g}"))
        if status == OUT_OF_REACH:
            return None
        return LightPart(1.0, asked, replace(duals, shadow_price=price), accounts), bound

    def _plan(self, parts: list[LightPart]) -> LightPlan:
        return LightPlan(self.layout, self.instance, self.coefficients, self.bonus, tuple(parts))

    def _by_cap(self, unkept: LightPlan) -> tuple[LightPlan, Duals, float] | None:
        """The plan when beside the target one cap binds, on investment or electricity: secants in its price, a light
        answer each; None where that finds no end, such as where the cap is out of reach."""
        (kind,), cap = self.limits.kinds, float(self.limits.bound[1])
        name = kind.removesuffix("_cap")
        low, high, price, scale = unkept.parts[0], None, FIRST_CAP_PRICE, self.pairs.unit
        for _ in range(QUESTIONS_MAX):
            priced: dict[str, Any] = {kind: price}
            answer = self._light(replace(low.duals, **priced), low.duals.shadow_price)
            if answer is None:
                return None
            here, bound = answer
            used, cost = _line(here, name)
            if high is not None:
                at_low, at_high = _line(low, name), _line(high, name)
                gap = at_low[1] + price * at_low[0] - cost - price * used
                if gap <= SAME * (scale + abs(at_low[1]) + price * at_low[0]):
                    share = (at_low[0] - cap) / (at_low[0] - at_high[0])
                    parts = [replace(low, weight=1.0 - share), replace(high, weight=share)]
                    return self._plan(parts), here.duals, bound - price * cap
            low, high = (low, here) if used <= cap else (here, high)
            if high is None:
                price *= DEARER
                continue
            (used_low, cost_low), (used_high, cost_high) = _line(low, name), _line(high, name)
            price = (cost_high - cost_low) / (used_low - used_high)
        return None

    def _broken_by(self, plan: LightPlan) -> list[tuple[int, int]] | None:
        """The pools that a plan overdraws; an empty list when only other limits are not kept; None when all are."""
        if len(self.limits) > 1 and not self._has_one_cap():
            return self._broken(plan.deployment)
        over = self._overdrawn(plan.draw)
        if over or len(self.limits) == 1:
            return over or None
        used, cap = _line(plan.parts[0], next(iter(self.limits.kinds)).removesuffix("_cap"))[0], self.limits.bound[1]
        return None if used <= cap + SLACK * (self.pairs.unit + abs(cap)) else []

    def _has_one_cap(self) -> bool:
        return len(self.limits) == 2 and self.limits.kinds <= CAPS

    def _overdrawn(self, draw: Array) -> list[tuple[int, int]]:
        flows = self.instance.flows
        over = np.argwhere(draw > flows.pool_limit + SLACK * (flows.unit + flows.pool_limit))
        return [(int(k), int(r)) for k, r in over]

    def _broken(self, deployment: Deployment) -> list[tuple[int, int]] | None:
        s, flows = self.places.structure, self.instance.flows
        over = self._overdrawn(pool_draw(s, Effect.of(s, flows, deployment).supply))
        if over:
            return over
        if len(self.limits) == 1:
            return None
        usage = self.usage().of(deployment, self._counted(deployment)).sum(axis=1)
        room = self.limits.sign * (usage - self.limits.bound)
        unit = self.instance.flows.unit
        return None if (room >= -SLACK * (unit + np.abs(self.limits.bound))).all() else []

    def _counted(self, deployment: Deployment) -> Array:
        effect = Effect.of(self.places.structure, self.instance.flows, deployment)
        return effect.at_site + self.pairs.count_supply * effect.others

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
        counted = float(self.instance.counted_at_start.sum() + self._counted(deployment).sum())
        return no_plan(target, None if broken else counted, broken)


def _line(part: LightPart, name: str) -> tuple[float, float]:
    """How much a light answer takes of what is capped, and what it costs, the tie-break with it [MCNY/a]."""
    figure = dict(zip(FIGURES, part.accounts.figure[0].tolist(), strict=False))
    return figure[name], figure["objective"] + figure["tie_break"]
