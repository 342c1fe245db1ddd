"""The same question asked otherwise: what would come anyway, a programme on top of it, other accounting and roll-out.

Each is the least-cost plan of a scenario of its own. They are planned only where they are shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from waterplan.base.errors import InfeasibleError
from waterplan.planning.plan.lines import FROZEN, MARKET, Lines, build_lines, consumption_of, is_told
from waterplan.planning.plan.plan import Plan
from waterplan.planning.plan.result import Result
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Levers, Scenario

ACCOUNTING = {"water_share": "full_credit", "full_credit": "water_share"}
ROLLOUT = (0.8, 1.2)
ALL_TOLD, MORE, MOST = "on_top_in_all", "on_top_more", "on_top_most"
SHORT = 1e-9  # of the largest saving: how far below it a plan is asked for


@dataclass(frozen=True)
class OtherPlan:
    """One of them: ``kind`` says what is asked otherwise, ``value`` how much of it.

    result: None where there is no plan; largest: the largest counted saving where that is too little [hm3/a].
    """

    kind: str
    value: float
    result: Result | None
    largest: float = float("nan")

    @property
    def saving(self) -> float:
        """Saving of the programme [hm3/a]; NaN where there is no plan."""
        return float("nan") if self.result is None else float(self.result.ledger.saving.sum())

    @property
    def consumption(self) -> float:
        """Consumption saved by the programme [hm3/a]; NaN where it is not told."""
        return float("nan") if self.result is None else consumption_of(self.result)


@dataclass(frozen=True)
class OtherPlans:
    """What is shown beside a plan: its lines, and the plans of the same question asked otherwise.

    counted_anyway: of what comes without a programme, what counts from frozen efficiency [hm3/a]; NaN where the study
    does not tell it.
    """

    lines: Lines
    plans: tuple[OtherPlan, ...]
    counted_anyway: float

    def of_kind(self, *kinds: str) -> OtherPlan | None:
        """The first of some kinds; None where it was not asked."""
        return next((one for one in self.plans if one.kind in kinds), None)


def other_plans(planner: Planner, plan: Plan) -> OtherPlans:
    """What is shown beside a plan of the planner's study."""
    scenario = plan.scenario
    plans = tuple(_planned(planner, scenario, scenario.resolve(plan.study)))
    return OtherPlans(lines_of(planner, plan), plans, _counted_anyway(planner, scenario))


def lines_of(planner: Planner, plan: Plan) -> Lines:
    """The four lines of a plan, with what enterprises would do by themselves where the study tells it."""
    study, scenario = plan.study, plan.scenario
    stated = scenario.resolve(study).baseline == MARKET or not is_told(study, scenario, MARKET)
    return build_lines(plan.statement, study, scenario, None if stated else planner.anyway(scenario))


def _planned(planner: Planner, scenario: Scenario, levers: Levers) -> Iterator[OtherPlan]:
    ask = partial(_asked, planner, scenario)
    if planner.structure.joint_product.any():
        accounting = ACCOUNTING[levers.cost_accounting]
        yield ask(accounting, float("nan"), cost_accounting=accounting)
    target = levers.saving_target
    if levers.baseline == FROZEN and target > 0 and is_told(planner.study, scenario, MARKET):
        yield ask(ALL_TOLD, target, baseline=MARKET, count_from=FROZEN)
        on_top = ask(MORE, target, baseline=MARKET, count_from="baseline")
        yield on_top if on_top.result is not None else _most(planner, scenario, on_top)
    for scale in ROLLOUT:
        if scale != levers.rollout_scale:
            yield ask("rollout", scale, rollout_scale=scale)


def _counted_anyway(planner: Planner, scenario: Scenario) -> float:
    if not is_told(planner.study, scenario, MARKET):
        return float("nan")
    started = planner.search(scenario.with_levers(baseline=MARKET, count_from=FROZEN)).instance
    return float(started.counted_at_start.sum())


def _asked(planner: Planner, scenario: Scenario, kind: str, value: float, **levers: object) -> OtherPlan:
    try:
        return OtherPlan(kind, value, planner.solve(scenario.with_levers(**levers)))
    except InfeasibleError as error:
        return OtherPlan(kind, value, None, error.attainable)


def _most(planner: Planner, scenario: Scenario, missed: OtherPlan) -> OtherPlan:
    """The plan of the largest saving that can be added to what comes anyway; the one that is missed where none can."""
    if np.isnan(missed.largest) or missed.largest <= 0:
        return missed
    largest = missed.largest * (1.0 - SHORT)
    levers = {"baseline": MARKET, "count_from": "baseline", "saving_target": largest}
    found = _asked(planner, scenario, MOST, missed.value, **levers)
    return OtherPlan(MOST, missed.value, found.result, missed.largest)
