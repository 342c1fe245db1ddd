"""The figures of the printed page: what is told of a plan, before it is put into words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from waterplan.planning.certificate.statement import Statement
from waterplan.planning.model.flows import Array
from waterplan.planning.plan.dataset import unit_of

USED = 1e-6  # of the whole volume of the study; smaller savings are rounding


@dataclass(frozen=True)
class Used:
    """A technology that a plan uses: saving [hm3/a], levelised cost [CNY/m3] and whole investment [MCNY]."""

    technology: str
    level: str
    saving: float
    levelised_cost: float
    investment: float


@dataclass(frozen=True)
class Carried:
    """What a province carries: saving [hm3/a], and its shares of the saving and of reference withdrawal."""

    province: str
    saving: float
    of_saving: float
    of_withdrawal: float


@dataclass(frozen=True)
class Part:
    """A group of technologies: how much they save [hm3/a], how many they are, what they cost and take in all.

    cost [MCNY/a], investment [MCNY], mean: cost of a cubic metre [CNY/m3], missing where nothing is saved.
    """

    saving: float
    count: int
    cost: float
    investment: float

    @property
    def mean(self) -> float:
        """Cost of a cubic metre saved [CNY/m3]."""
        return self.cost / self.saving if self.saving > 0 else float("nan")


def least_used(plan: Statement) -> float:
    """The saving up to which a technology, or a whole plan, saves nothing [hm3/a]."""
    return USED * unit_of(plan)


def total(plan: Statement, name: str) -> float:
    """The sum of a variable over all its labels; pairs that do not exist do not count."""
    return float(np.nansum(plan[name]))


def by_level_and_sector(plan: Statement) -> Array:
    """Saving [sector, level], hm3/a."""
    choice = plan["saving_by_choice"].sum(axis=2)
    level, sector = plan["technology_level"], plan["product_sector"]
    return np.array(
        [
            [choice[level == one][:, sector == branch].sum() for one in plan.labels["level"]]
            for branch in plan.labels["sector"]
        ]
    )


def reference_by_sector(plan: Statement) -> Array:
    """Reference withdrawal [sector], hm3/a."""
    volume, sector = np.nansum(plan["reference_withdrawal"], axis=1), plan["product_sector"]
    return np.array([volume[sector == branch].sum() for branch in plan.labels["sector"]])


def by_technology(plan: Statement) -> list[Used]:
    """What is used, most saving first."""
    saving, least = plan["saving_by_technology"], least_used(plan)
    cost, investment = plan["levelised_cost"], plan["investment"].sum(axis=(1, 2))
    level, names = plan["technology_level"], plan.labels["technology"]
    return [
        Used(str(names[n]), str(level[n]), float(saving[n]), float(cost[n]), float(investment[n]))
        for n in np.argsort(-saving, kind="stable")
        if saving[n] > least
    ]


def together(technologies: Sequence[Used]) -> Part:
    """Some technologies as one."""
    saving = sum(one.saving for one in technologies)
    cost = sum(one.saving * one.levelised_cost for one in technologies)
    return Part(saving, len(technologies), cost, sum(one.investment for one in technologies))


def what_pays(technologies: Sequence[Used]) -> tuple[Part, Part]:
    """The technologies that pay for themselves as a whole, and those that cost; the two costs add up to the plan's."""
    pays = [one for one in technologies if one.levelised_cost < 0]
    return together(pays), together([one for one in technologies if not one.levelised_cost < 0])


def by_province(plan: Statement) -> list[Carried]:
    """What each province carries, most saving first."""
    saving = plan["saving_by_province"]
    withdrawal = np.nansum(plan["reference_withdrawal"], axis=0)
    shares = saving / saving.sum() if saving.sum() > least_used(plan) else np.full(len(saving), np.nan)
    of_withdrawal, names = withdrawal / withdrawal.sum(), plan.labels["province"]
    return [
        Carried(str(names[n]), float(saving[n]), float(shares[n]), float(of_withdrawal[n]))
        for n in np.argsort(-saving, kind="stable")
    ]


def change(value: float, before: float) -> float:
    """By what share something has become more or less [1]; missing where there was nothing.

    >>> change(80.0, 100.0)
    -0.19999999999999996
    """
    return value / before - 1.0 if before > 0 else float("nan")
