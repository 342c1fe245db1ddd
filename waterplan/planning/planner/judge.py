"""The judge: the full LP solved by HiGHS, in the form that the planner's answers have.

The LP is the readable Pyomo model, or the same matrices written straight from arrays, in a third of the time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from waterplan.base.errors import SolverError
from waterplan.base.messages import Message
from waterplan.planning.model.instance import Instance, build_instance
from waterplan.planning.model.matrices import Compiled, build_matrices
from waterplan.planning.model.scenario_numbers import Given
from waterplan.planning.model.tie_break import build_tie_break, tie_break_of
from waterplan.planning.plan.deployment import deployment_of
from waterplan.planning.plan.result import Deployed, Result, no_plan
from waterplan.planning.planner.shared_limits import KEPT
from waterplan.planning.planner.stages import market_instance, programme_instance
from waterplan.planning.solver import Settings, Solution, largest_saving, solve, with_less_saving
from waterplan.study.scenario import Scenario
from waterplan.study.study import Study


def judge(study: Study, scenario: Scenario, settings: Settings | None = None) -> Result:
    """The least-cost plan by the Pyomo model, certified; raises InfeasibleError as the planner does."""
    return _judged(study, scenario, lambda instance: judge_stage(instance, settings))


def judge_by_arrays(study: Study, scenario: Scenario, settings: Settings | None = None) -> Result:
    """The same by the same LP, written without Pyomo."""
    return _judged(study, scenario, lambda instance: judge_stage_by_arrays(instance, settings))


def _judged(study: Study, scenario: Scenario, solved: Callable[[Instance], Result]) -> Result:
    """The plan of a scenario, after that of the stage before it."""
    instance = build_instance(study, scenario)
    if instance.levers.baseline != "market":
        return solved(instance)
    market = solved(market_instance(instance))
    return replace(solved(programme_instance(instance, market)), before=market)


def judge_stage(instance: Instance, settings: Settings | None = None) -> Result:
    """The plan of a stage by the Pyomo model, from wherever it starts."""
    from waterplan.planning.model.build import build_model, compile_model

    started, i = time.perf_counter(), instance
    compiled = compile_model(build_model(i.structure, i.flows, i.own_prices, i.values, i.levers))
    return _answer(i, compiled, settings, started)


def judge_stage_by_arrays(instance: Instance, settings: Settings | None = None) -> Result:
    """The same by the same LP, written without Pyomo."""
    started, i = time.perf_counter(), instance
    compiled = build_matrices(Given(i.structure, i.flows, i.own_prices, i.values, i.levers))
    return _answer(i, compiled, settings, started)


def _answer(instance: Instance, compiled: Compiled, settings: Settings | None, started: float) -> Result:
    solution = solve(compiled, instance.structure, settings)
    if solution.status != "optimal":
        solution = _at_the_most(instance, compiled, settings)
    deployment = deployment_of(instance.structure, instance.flows, solution.decisions)
    tie = build_tie_break(instance.structure)
    d = deployment
    tie_break = tie_break_of(tie, d.capacity, d.use_saving, d.site_saving, d.supply)
    return Result(
        instance=instance,
        planned=Deployed(instance, deployment, tie_break, lambda: solution.decisions),
        duals=solution.duals,
        dual_bound=solution.dual_bound,
        solver="highs",
        seconds=time.perf_counter() - started,
    ).checked()


def _at_the_most(instance: Instance, compiled: Compiled, settings: Settings | None) -> Solution:
    """The solution that saves as much as can be, where that misses the target by rounding alone, as the planner has it.

    InfeasibleError with the largest saving where more is missing.
    """
    s, unit, target = instance.structure, instance.flows.unit, instance.levers.saving_target
    attainable = largest_saving(compiled, s, settings)
    if attainable is None or target - attainable >= KEPT * unit:
        raise no_plan(target, attainable)
    missing = max(target - attainable, 0.0)
    for less in (missing, missing + unit * (settings or Settings()).tolerance):
        solution = solve(with_less_saving(compiled, less), s, settings)
        if solution.status == "optimal":
            return solution
    figures = {"target": f"{target:.10g}", "attainable": f"{attainable:.10g}"}
    raise SolverError(Message("planner_errors.judge", **figures))


def difference(first: Result, second: Result) -> tuple[float, float]:
    """How far two answers to one scenario are apart: cost [share of gross cost] and largest volume [hm3/a]."""
    cost = (first.ledger.objective - second.ledger.objective) / max(first.ledger.gross_cost, first.instance.flows.unit)
    volumes = [
        np.abs(getattr(first.deployment, name) - getattr(second.deployment, name)).max(initial=0.0)
        for name in ("capacity", "use_saving", "site_saving", "supply")
    ]
    return abs(float(cost)), float(max(volumes))
