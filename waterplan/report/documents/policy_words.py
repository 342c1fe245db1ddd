"""A plan as the policy report tells it: with its levers, what its figures weigh, and the words of a language."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from waterplan.base.texts import Texts
from waterplan.planning.plan import figures
from waterplan.planning.plan.plan import Plan
from waterplan.report.charts.chart_words import Words
from waterplan.study.scenario import Levers


@dataclass(frozen=True)
class Report:
    """A plan, its levers, and the words in which it is told; weights: rows of the study by what they weigh."""

    plan: Plan
    levers: Levers
    say: Texts
    words: Words
    weights: pd.DataFrame | None

    @property
    def language(self) -> str:
        """The language of the report."""
        return self.words.language

    def total(self, name: str) -> float:
        """The sum of a variable of the plan over all labels."""
        return figures.total(self.plan.statement, name)

    @property
    def years(self) -> dict[str, int]:
        """Base and target year, as sentences ask for them."""
        return {"base": self.plan.study.base_year, "target": self.plan.study.target_year}
