"""What a plant's plan is made for: a grade, a budget, or what pays back; and what is taken where nothing is asked."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from waterplan.base.errors import WaterplanError, must_be, suggest
from waterplan.base.messages import Message
from waterplan.planning.plan.norms import TOLERANCE
from waterplan.plants.measures.plant_plan import PlantPlanner
from waterplan.plants.norms.ladders import GRADES
from waterplan.plants.standing.sentence import NOTHING

GRADE, BUDGET, PAYBACK = "grade", "budget", "payback"
KINDS = (GRADE, BUDGET, PAYBACK)
USUAL_YEARS = 5.0


@dataclass(frozen=True)
class Goal:
    """What a plan is made for.

    kind ``grade``: value is one of leading, advanced, access, limit, or its number, 1 the best; the least yearly cost
    that brings the plant's mix there. ``budget``: an investment [CNY]; the most water saved within it. ``payback``: a
    number of years [a]; all that pays back in them. Raises WaterplanError for anything else.

    >>> Goal("grade", 2).grade
    'advanced'
    """

    kind: str
    value: str | float

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise WaterplanError(Message("standing.no_such_goal", given=self.kind, kinds=KINDS))
        must_be(self.value, (str, int, float, np.number), "goal", Message("standing.a_goal_value"))
        if self.kind == GRADE:
            self._check_grade()
        elif isinstance(self.value, str) or not math.isfinite(self.value) or self.value < 0:
            raise WaterplanError(Message("standing.no_amount", given=self.value, kind=self.kind))
        elif self.kind == PAYBACK and self.value == 0:
            raise WaterplanError(Message("standing.payback_of_nought"))

    def _check_grade(self) -> None:
        numbers = range(1, len(GRADES) + 1)
        if self.value not in GRADES and self.value not in numbers:
            named = [
                Message("standing.grade_and_number", grade=grade, number=number)
                for number, grade in zip(numbers, GRADES, strict=True)
            ]
            near = suggest(str(self.value), GRADES)
            raise WaterplanError(Message("standing.no_such_grade", given=self.value, near=near, grades=named))

    @property
    def grade(self) -> str:
        """The name of the grade; empty for a goal of another kind."""
        if self.kind != GRADE:
            return ""
        return str(self.value) if self.value in GRADES else GRADES[int(self.value) - 1]


def usual_goal(mix: pd.Series, planner: PlantPlanner) -> tuple[Goal, Message]:
    """The next better grade that the plant does not meet and can attain, else what pays back within five years.

    mix: the plant's row of Grades.sites. The sentence says why it is not a grade; it is empty where it is one.
    """
    before = planner.plant.graded_withdrawal
    graded = [grade for grade in reversed(GRADES) if not pd.isna(mix[f"allowed_{grade}"])]
    better = [grade for grade in graded if before > mix[f"allowed_{grade}"] * (1 + TOLERANCE)]
    for grade in better:
        if before - planner.attainable <= mix[f"allowed_{grade}"]:
            return Goal(GRADE, grade), NOTHING
    years = f"{USUAL_YEARS:g}"
    if not graded:
        return Goal(PAYBACK, USUAL_YEARS), Message("standing.goal_no_norm", years=years)
    if not better:
        return Goal(PAYBACK, USUAL_YEARS), Message("standing.goal_all_met", years=years)
    return Goal(PAYBACK, USUAL_YEARS), Message(
        "standing.goal_out_of_reach",
        years=years,
        grade=Message(f"standing.grade_{better[0]}"),
        allowed=f"{float(mix[f'allowed_{better[0]}']):,.0f}",
        reached=f"{before - planner.attainable:,.0f}",
    )
