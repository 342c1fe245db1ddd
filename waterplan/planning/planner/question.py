"""One question, one answer: by price or by the full model, and the one confirmed by the other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from waterplan.base.messages import Message
from waterplan.planning.model.tie_break import TIE_BREAK_MAX
from waterplan.planning.plan.plan import Plan
from waterplan.planning.plan.result import Result
from waterplan.planning.planner.judge import difference, judge, judge_by_arrays
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Scenario, open_scenario
from waterplan.study.study import Study, open_study

SOLVERS = ("planner", "highs")
COST_TOLERANCE = 1e-9  # of gross cost
VOLUME_TOLERANCE = 1e-6  # of the whole volume of the study
SAME_COST = 1e-12  # of gross cost: what only rounding sets apart
SAME_TIE_BREAK = 1e-9 * TIE_BREAK_MAX  # CNY/m3 of the whole volume of the study


@dataclass(frozen=True)
class Verdict:
    """How far the full model's answer is from a plan: cost [share of gross cost], largest volume [hm3/a].

    unit: what the tolerance of volumes is a share of [hm3/a]. tie_break: how far what the canonical tie-break adds is
    apart [MCNY/a].
    """

    seconds: float
    cost: float
    volume: float
    unit: float = 1.0
    tie_break: float = math.inf

    @property
    def agrees(self) -> bool:
        """Whether both are the same plan within the tolerances of the model, or cost the same to the last digit."""
        return self.cost <= COST_TOLERANCE and (self._same_volumes or self.is_tie)

    @property
    def is_tie(self) -> bool:
        """Whether it is another plan that costs exactly the same, even with what the tie-break adds: where unit costs
        are equal, exchanges between several rows can cost nothing."""
        same = self.cost <= SAME_COST and self.tie_break <= SAME_TIE_BREAK * self.unit
        return same and not self._same_volumes

    @property
    def _same_volumes(self) -> bool:
        return self.volume <= VOLUME_TOLERANCE * self.unit


def answer(study: Study | str | Path, scenario: Scenario | str | Path, solver: str = "planner") -> Result:
    """The least-cost plan in packed form, by price (planner) or by the Pyomo model on HiGHS (highs).

    Study and scenario may be given by name or path. Raises DataError, ScenarioError, InfeasibleError, SolverError
    or CertificateError; ValueError for another solver.
    """
    if solver not in SOLVERS:
        raise ValueError(Message("planner_errors.solver", given=solver, allowed=SOLVERS))
    study = study if isinstance(study, Study) else open_study(study)
    scenario = scenario if isinstance(scenario, Scenario) else open_scenario(scenario)
    if solver == "planner":
        return Planner(study).solve(scenario)
    return judge(study, scenario)


def solve(study: Study | str | Path, scenario: Scenario | str | Path, solver: str = "planner") -> Plan:
    """The least-cost plan of a scenario. Raises like :func:`answer`.

    .. code-block:: python

        plan = solve(open_study("china-2015"), open_scenario("reference").with_levers(saving_target=2500))
        plan.headline()["annual_cost"]  # MCNY/a
    """
    return Plan.of(answer(study, scenario, solver))


def confirm(result: Result) -> Verdict:
    """Solves the scenario of a result again as the full LP on HiGHS and compares."""
    judged = judge_by_arrays(result.instance.study, result.instance.scenario)
    cost, volume = difference(result, judged)
    tie_break = abs(result.tie_break - judged.tie_break)
    return Verdict(judged.seconds, cost, volume, result.instance.flows.unit, tie_break)
