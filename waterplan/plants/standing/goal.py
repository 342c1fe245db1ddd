"""What a plant's plan is made for: a grade, a budget, or what pays back; and what is taken where nothing is asked."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from waterplan.base.errors import WaterplanError, must_be, suggest
from waterplan.planning.plan.norms import TOLERANCE
from waterplan.plants.measures.plant_plan import PlantPlanner
from waterplan.plants.norms.ladders import GRADES
from waterplan.plants.standing.sentence import NOTHING, Said

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
            raise WaterplanError(f'goal: "{self.kind}" is none. Ask for one of {", ".join(KINDS)}.')
        must_be(self.value, (str, int, float, np.number), "goal", "a number, or the name of a grade")
        if self.kind == GRADE:
            self._check_grade()
        elif isinstance(self.value, str) or not math.isfinite(self.value) or self.value < 0:
            raise WaterplanError(f'goal: "{self.value}" is no {self.kind}. Give a number of 0 or more.')
        elif self.kind == PAYBACK and self.value == 0:
            raise WaterplanError("goal: a payback of 0 years. Give a number above 0.")

    def _check_grade(self) -> None:
        numbers = range(1, len(GRADES) + 1)
        if self.value not in GRADES and self.value not in numbers:
            named = ", ".join(f"{grade} ({number})" for number, grade in zip(numbers, GRADES, strict=True))
            hint = suggest(str(self.value), GRADES)
            raise WaterplanError(f'goal: "{self.value}" is no grade.{hint} Grades: {named}.')

    @property
    def grade(self) -> str:
        """The name of the grade; empty for a goal of another kind."""
        if self.kind != GRADE:
            return ""
        return str(self.value) if self.value in GRADES else GRADES[int(self.value) - 1]


def usual_goal(mix: pd.Series, planner: PlantPlanner) -> tuple[Goal, Said]:
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
        return Goal(PAYBACK, USUAL_YEARS), Said("goal_no_norm", {"years": years})
    if not better:
        return Goal(PAYBACK, USUAL_YEARS), Said("goal_all_met", {"years": years})
    least = float(mix[f"allowed_{better[0]}"])
    values = {"years": years, "grade": Said(f"grade_{better[0]}"), "allowed": f"{least:,.0f}"}
    return Goal(PAYBACK, USUAL_YEARS), Said(
        "goal_out_of_reach", values | {"reached": f"{before - planner.attainable:,.0f}"}
    )
