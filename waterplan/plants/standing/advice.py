"""What a plant should do next: its plan, cost curve and contract, or a sentence why there is none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from waterplan.base.errors import DataError, InfeasibleError
from waterplan.base.messages import Message
from waterplan.plants.measures.contract import Project, Shared, region
from waterplan.plants.measures.plant_plan import PlantPlan, PlantPlanner
from waterplan.plants.measures.plant_study import plant_study
from waterplan.plants.records.balance import graded_withdrawal
from waterplan.plants.records.names import in_a_row
from waterplan.plants.records.records import Records
from waterplan.plants.standing.goal import BUDGET, PAYBACK, Goal, usual_goal
from waterplan.plants.standing.sentence import NOTHING
from waterplan.study.study import Study


@dataclass(frozen=True)
class Advice:
    """A plan and what belongs to it; plan is None where ``fault`` says why.

    goal: the one asked for, or the usual one. chosen: why the usual goal is no grade. attainable: the largest saving of
    graded withdrawal whatever it costs [m3/a], NaN where no plan can be made.
    """

    goal: Goal | None = None
    chosen: Message = NOTHING
    plan: PlantPlan | None = None
    fault: Message = NOTHING
    curve: pd.DataFrame | None = None
    attainable: float = math.nan
    contract: pd.DataFrame | None = None


def advise(
    records: Records,
    plant: str,
    year: int,
    study: Study,
    mix: pd.Series,
    goal: Goal | None,
    levers: Mapping[str, object],
) -> Advice:
    """The advice for one plant-year. levers: of PlantPlanner. Raises ScenarioError for a lever that is none."""
    if fault := _not_planned(records, study):
        return Advice(goal, fault=fault)
    try:
        made = plant_study(records, plant, year, study)
    except DataError as error:
        problems = in_a_row(Message("standing.problem", problem=problem) for problem in error.problems)
        return Advice(goal, fault=Message("standing.plan_no_record", problems=problems))
    planner = PlantPlanner(made, **levers)  # type: ignore[arg-type]
    asked, chosen = (goal, NOTHING) if goal else usual_goal(mix, planner)
    plan, fault = _plan(planner, asked, mix)
    return Advice(asked, chosen, plan, fault, planner.curve(), planner.attainable, _contract(plan))


def _not_planned(records: Records, study: Study) -> Message:
    """What is most often missing for a plan, in either language; plant_study finds the rest."""
    site, products = records.sites.iloc[0], records.products["product"]
    foreign = sorted(set(products) - set(study.products.index))
    if not len(products):
        return Message("standing.plan_no_product")
    if foreign:
        return Message("standing.plan_foreign_product", products=foreign)
    if site.get("province") not in study.provinces.index:
        return Message("standing.plan_no_province")
    if not graded_withdrawal(records.sites)[0] > 0:
        return Message("standing.plan_no_withdrawal")
    return NOTHING


def _plan(planner: PlantPlanner, goal: Goal, mix: pd.Series) -> tuple[PlantPlan | None, Message]:
    if goal.kind == BUDGET:
        return planner.within_budget(float(goal.value)), NOTHING
    if goal.kind == PAYBACK:
        return planner.paying_back(float(goal.value)), NOTHING
    allowed = float(mix[f"allowed_{goal.grade}"])
    grade = Message(f"standing.grade_{goal.grade}")
    if math.isnan(allowed):
        return None, Message("standing.plan_no_grade", grade=grade)
    try:
        return planner.reach(withdrawal=allowed), NOTHING
    except InfeasibleError as error:
        before = planner.plant.graded_withdrawal
        reached = before - planner.attainable
        values = {"before": before, "allowed": allowed, "reached": reached, "short": error.shortfall}
        told = {name: f"{value:,.0f}" for name, value in values.items()}
        return None, Message("standing.plan_out_of_reach", grade=grade, **told)


def _contract(plan: PlantPlan | None) -> pd.DataFrame | None:
    """Between which sharing ratios both sides gain, for each term; None where there is nothing to share."""
    if plan is None or not len(plan.steps):
        return None
    return region(Project.of(plan), Shared(share=0.5, term=1))
