"""What each binding limit costs, and how far it can move before its price is another one.

On a large study a price is exact on tiny stretches only, so beside the exact stretch of the target every limit gets the
range within which its price stays near today's. Every number is found by planning again; those of the target are read
off its curve where that is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from waterplan.base.errors import CertificateError, InfeasibleError, ScenarioError, SolverError
from waterplan.base.vocabulary import term
from waterplan.planning.curve.kept import exact_curve
from waterplan.planning.model.decisions import Duals
from waterplan.planning.plan.binding import POOL, TARGET, Binding, what_binds
from waterplan.planning.plan.result import Result
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Override, Scenario

NEAR = 0.1
LARGEST = 12
PLANS = 12
FIRST_STEP = 0.01
TIE, CLOSE = 2e-6, 1e-10  # CNY/m3 that the canonical tie-break may add; rounding of a cost
BREAKPOINT = 1e-9  # of the whole volume of the study: a target so near to one is at it
ROUNDS_MAX = 60
POOL_FACTOR_MAX = 10.0
SOURCE = "Range of a binding limit, planned again"
COLUMNS = (
    *("kind", "label", "province", "value", "bound", "unit", "price", "price_unit", "exact_from", "exact_to"),
    *("holds_from", "holds_to", "bound_from", "bound_to", "price_from", "price_to"),
    *("fails_below", "fails_above", "ends_from", "ends_to"),
)


def _price(limit: Binding, duals: Duals) -> float:
    """The price of a limit in another plan."""
    if limit.kind == TARGET:
        return duals.shadow_price
    price = getattr(duals, limit.kind)
    return float(price[limit.place] if limit.place else price)


def _moved(limit: Binding, scenario: Scenario, value: float, technologies: tuple[str, ...]) -> Scenario:
    """The scenario with a limit at another value of its lever; technologies: those that draw from the pool."""
    if limit.kind == POOL:
        where = {"technology": technologies, "province": limit.labels[1]}
        factor = Override("supply_potential", where, factor=value, source=SOURCE)
        return replace(scenario, overrides=(*scenario.overrides, factor))
    return scenario.with_levers(**{limit.kind: {limit.labels[0]: value} if limit.labels else value})


def binding_limits(
    planner: Planner,
    result: Result,
    largest: int = LARGEST,
    told: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Every limit that binds, in the order of :func:`waterplan.what_binds`.

    Columns: kind (a lever, or pool), label, province; value (as the lever is written; of a pool 1, a factor on its
    potential), bound [unit], price [price_unit]; exact_from, exact_to: the stretch of targets on which the price is
    exactly today's; holds_from, holds_to: values of the lever within which the price stays within 10 % of today's,
    price_from, price_to: the prices there, bound_from, bound_to: the bounds there; ends_from, ends_to: what ends the
    range (price, no_plan, lever: the end of the lever's own range); fails_below, fails_above: the nearest values tried
    at which it did not hold (NaN where the lever ends). The ranges of the ``largest`` first are found, others are NaN.

    told: called with how many ranges are found, and how many there will be.
    """
    limits = what_binds(result)
    rows = []
    for number, limit in enumerate(limits):
        label, province = (*limit.labels, "", "")[:2]
        row: dict[str, object] = {"kind": limit.kind, "label": label, "province": province}
        row |= {name: getattr(limit, name) for name in ("value", "bound", "unit", "price", "price_unit")}
        if number < largest:
            row |= _range(planner, result, limit)
            if told is not None:
                told(number + 1, min(len(limits), largest))
        rows.append(row)
    return pd.DataFrame(rows, columns=list(COLUMNS))


class _Again:
    """Plans with one limit at other values of its lever."""

    def __init__(self, planner: Planner, result: Result, limit: Binding):
        self.planner, self.result, self.limit = planner, result, limit
        s, potential = result.instance.structure, result.instance.values["supply_potential"]
        here = [
            t
            for t, pool in enumerate(s.technology_pool)
            if limit.kind == POOL and pool == limit.place[0] and not np.isnan(potential[t, limit.place[1]])
        ]
        self.technologies = tuple(s.technologies[t] for t in here)
        self.guess = max(result.duals.shadow_price, 1e-3)
        self.curve = exact_curve(planner, result.instance.scenario) if limit.kind == TARGET else None

    def plan(self, value: float) -> Result | None:
        """The plan at a value; None where there is none, or where it could not be found and certified."""
        try:
            moved = _moved(self.limit, self.result.instance.scenario, value, self.technologies)
            return self.planner.solve(moved, self.guess)
        except (InfeasibleError, ScenarioError, SolverError, CertificateError):
            return None

    def price(self, value: float) -> float | None:
        """The limit's price at a value; of the target read off the curve, where it is exact: at a breakpoint, where
        both sides are right, the one nearer to today's."""
        if self.curve is not None:
            close = BREAKPOINT * self.result.instance.flows.unit
            sides = self.curve.price_at(value - close), self.curve.price_at(value + close)
            known = [side for side in sides if side is not None]
            return min(known, key=lambda side: abs(side - self.limit.price), default=None)
        found = self.plan(value)
        return None if found is None else _price(self.limit, found.duals)


def _range(planner: Planner, result: Result, limit: Binding) -> dict[str, object]:
    again = _Again(planner, result, limit)
    lower, upper = _edges(limit)
    row: dict[str, object] = {}
    for side, sign, edge in (("from", -1.0, lower), ("to", 1.0, upper)):
        end = _side(again, sign, edge)
        row |= {
            f"holds_{side}": end.value,
            f"price_{side}": end.price,
            f"bound_{side}": end.value * limit.bound / limit.value if limit.value > 0 else np.nan,
            f"ends_{side}": end.why,
            "fails_below" if sign < 0 else "fails_above": end.fails,
        }
    if limit.kind == TARGET:
        ends = (0.0, _most(planner, result)) if again.curve is None else ()
        exact = again.curve.stretch(limit.price, TIE) if again.curve else (_stretch_end(again, far) for far in ends)
        row |= dict(zip(("exact_from", "exact_to"), exact, strict=True))
    return row


def _edges(limit: Binding) -> tuple[float, float]:
    """The lever's own range."""
    if limit.kind == POOL:
        return 0.0, POOL_FACTOR_MAX
    lever = term(limit.kind)
    return lever.lower or 0.0, np.inf if lever.upper is None else float(lever.upper)


@dataclass(frozen=True)
class _End:
    """One end of a range: the last value at which the price holds, the price there, and what ends it."""

    value: float
    price: float
    why: str
    fails: float


def _side(again: _Again, sign: float, edge: float) -> _End:
    """Away from today's value: doubling until the price no longer holds, then halving; every value is planned."""
    limit = again.limit
    inside, at, why, fails = limit.value, limit.price, "lever", np.nan
    step = FIRST_STEP * abs(limit.value) or float(term(limit.kind).step or FIRST_STEP)
    for _ in range(PLANS):
        if np.isnan(fails):
            value = limit.value + sign * step
            value = min(value, edge) if sign > 0 else max(value, edge)
            step *= 2.0
        else:
            value = (inside + fails) / 2.0
        if value == inside:
            break
        price = again.price(value)
        if price is not None and abs(price - limit.price) <= NEAR * limit.price:
            inside, at = value, price
        else:
            fails, why = value, "no_plan" if price is None else "price"
    return _End(inside, at, why if inside != edge else "lever", fails)


def _most(planner: Planner, result: Result) -> float:
    return planner.attainable(result.instance.scenario) or result.instance.levers.saving_target


def _stretch_end(again: _Again, far: float) -> float:
    """Where the straight stretch of least cost around today's target ends, looking towards ``far`` [hm3/a].

    Least cost is convex in the target: the lines of two plans cross above no plan, so planning where they cross ends at
    the breakpoint itself.
    """
    here, today = again.limit.value, again.result
    price, cost, unit = today.duals.shadow_price, _cost(today), today.instance.flows.unit
    other = again.plan(far - 1e-9 * max(far, unit) if far > here else far)
    for _ in range(ROUNDS_MAX):
        if other is None:
            return here
        there = float(other.instance.levers.saving_target)
        if abs(other.duals.shadow_price - price) <= TIE:
            return there
        gap = _cost(other) - other.duals.shadow_price * there - (cost - price * here)
        crossing = float(gap / (price - other.duals.shadow_price))
        if not min(here, there) <= crossing <= max(here, there):
            return here
        other = again.plan(crossing)
        if other is not None and _cost(other) - cost - price * (crossing - here) <= (
            CLOSE * (unit + abs(cost)) + TIE * abs(crossing - here)
        ):
            return crossing
    return here


def _cost(result: Result) -> float:
    """What is minimised, with the canonical tie-break [MCNY/a]."""
    return result.ledger.objective + result.tie_break
