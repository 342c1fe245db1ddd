"""Plans that aim higher than the target, and how each turns out in every run of a sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from waterplan.base.errors import InfeasibleError
from waterplan.planning.batch.runs import Runs
from waterplan.planning.model.flows import Array
from waterplan.planning.plan.result import Result
from waterplan.planning.planner.planner import Planner
from waterplan.planning.uncertainty.outcome import Carried
from waterplan.study.scenario import Scenario

STEPS = 12  # plans between the target and the most that can be saved, twice: the second time between two of the first
REACHED = 1e-6  # hm3/a, or of the target where that is less
Tell = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Plans made with the study's figures for raised targets, the scenario's own first, and their fate.

    aim [candidate]: saving that each was made for [hm3/a]; plan_cost [candidate]: objective with the study's figures
    [MCNY/a]; carried_saving, carried_cost [candidate, run]: counted saving [hm3/a] and objective [MCNY/a] when it is
    carried out as it stands in a run.
    """

    target: float
    aim: Array
    plan_cost: Array
    carried_saving: Array
    carried_cost: Array

    @property
    def reach(self) -> Array:
        """Share of the runs in which each reaches the target."""
        return reached(self.carried_saving, self.target).mean(axis=1)

    def merged(self, other: Candidates) -> Candidates:
        """Both, in the order of their aims."""
        order = np.argsort(np.concatenate([self.aim, other.aim]), kind="stable")
        names = ("aim", "plan_cost", "carried_saving", "carried_cost")
        both = {name: np.concatenate([getattr(self, name), getattr(other, name)])[order] for name in names}
        return Candidates(self.target, **both)


def reached(saving: Any, target: float) -> Any:
    """Whether a saving is enough [an array or DataArray of hm3/a]."""
    return saving >= target - REACHED * min(target, 1.0)


def first_secure(reach: Array, probability: float) -> int | None:
    """The first candidate that reaches the target with a probability; None where none does."""
    enough = np.flatnonzero(reach >= probability)
    return int(enough[0]) if len(enough) else None


def candidates(
    planner: Planner, result: Result, runs: Runs, probability: float, tell: Tell = lambda done, of: None
) -> Candidates:
    """Plans for the target of an answered scenario and for higher ones, finer where the probability of reaching it
    passes the one that is asked for."""
    scenario, target = result.instance.scenario, result.instance.levers.saving_target
    most = planner.attainable(scenario) or target
    aims = np.unique([*np.linspace(target, most, STEPS), target])
    found = _carried(planner, scenario, runs, target, aims, lambda done: tell(done, 2 * len(runs)))
    secure = first_secure(found.reach, probability)
    if secure:
        below, above = found.aim[secure - 1], found.aim[secure]
        between = np.linspace(below, above, STEPS + 2)[1:-1]
        finer = _carried(planner, scenario, runs, target, between, lambda done: tell(len(runs) + done, 2 * len(runs)))
        found = found.merged(finer)
    return found


def _carried(
    planner: Planner, scenario: Scenario, runs: Runs, target: float, aims: Array, tell: Callable[[int], None]
) -> Candidates:
    """The plans for some aims, each carried out in every run."""
    plans = list(_plans(planner, scenario, aims))
    saving, cost = (np.empty((len(plans), len(runs))) for _ in range(2))
    for run in range(len(runs)):
        values = runs.values(run) or plans[0][1].result.instance.values
        for n, (_, plan) in enumerate(plans):
            ledger = plan.under(values)
            saving[n, run], cost[n, run] = ledger.counted_saving, ledger.objective
        tell(run + 1)
    own = np.array([plan.result.ledger.objective for _, plan in plans])
    return Candidates(target, np.array([aim for aim, _ in plans]), own, saving, cost)


def _plans(planner: Planner, scenario: Scenario, aims: Array) -> Iterator[tuple[float, Carried]]:
    """The least-cost plans for some savings; an aim that rounding has put out of reach is left out."""
    for aim in aims.tolist():
        try:
            yield aim, Carried.of(planner.solve(scenario.with_levers(saving_target=aim)))
        except InfeasibleError:
            if aim == aims[0]:
                raise
