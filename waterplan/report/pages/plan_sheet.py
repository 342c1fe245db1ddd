"""A plan as its printed page tells it: with its levers, its size and the words of a language."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

from waterplan.base.texts import Texts
from waterplan.planning.explain.other_plans import OtherPlans
from waterplan.planning.plan import figures
from waterplan.planning.plan.lines import FROZEN, Lines, build_lines
from waterplan.planning.plan.plan import Plan
from waterplan.report.pages.layout import number
from waterplan.study.scenario import Levers
from waterplan.study.tables.schema import CATALOGUE_OF

LARGE, SMALL = 5000, 50  # hm3/a of reference withdrawal


@dataclass(frozen=True)
class Sheet:
    """A plan and the language in which it is told."""

    plan: Plan
    levers: Levers
    say: Texts
    others: OtherPlans | None = None
    names: dict[str, dict[str, str]] = field(default_factory=dict)

    @cached_property
    def lines(self) -> Lines | None:
        """The four lines of the plan, as far as they are known; None where nobody has asked what comes anyway."""
        if self.others is not None:
            return self.others.lines
        if self.levers.baseline == FROZEN:
            return None
        return build_lines(self.plan.statement, self.plan.study, self.plan.scenario)

    def total(self, name: str) -> float:
        """The sum of a variable of the plan over all labels."""
        return figures.total(self.plan.statement, name)

    def volume(self, value: float) -> str:
        """A volume with as many digits as the size of the study asks for [hm3/a]."""
        withdrawal = self.total("reference_withdrawal")
        if withdrawal >= SMALL:
            return number(value, 0 if withdrawal >= LARGE else 1)
        return number(value, 3 - (math.floor(math.log10(withdrawal)) if 0 < withdrawal < 1 else 0))

    def money(self, value: float) -> str:
        """An amount of money in whole millions where the study is large [MCNY/a]."""
        return number(value, 0 if self.total("reference_withdrawal") >= LARGE else 1)

    def name(self, dim: str, label: str) -> str:
        """What a sector, province or technology is called; a pool by its technologies."""
        study = self.plan.study
        if dim == "pool":
            members = [one for one, pool in zip(study.labels["technology"], study.pools, strict=True) if pool == label]
            return " / ".join(self.name("technology", one) for one in members)
        return self._names(dim)[label] or label

    def _names(self, dim: str) -> dict[str, str]:
        """What the labels of a dim are called."""
        if dim not in self.names:
            names = self.plan.study.column(CATALOGUE_OF[dim], f"name_{self.say.language}").tolist()
            self.names[dim] = dict(zip(self.plan.study.labels[dim], names, strict=True))
        return self.names[dim]
