"""Sobol indices: how the spread of what a plan saves and costs divides among groups of the study's figures.

They are of the plan carried out as it stands, which has a saving and a cost in every run; the least cost of a run does
not exist where the run has no plan, and indices of the other runs alone would be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr
from SALib.analyze import sobol

from waterplan.planning.batch.design import Design
from waterplan.planning.batch.runs import Runs
from waterplan.planning.batch.sampling import problem_of
from waterplan.planning.explain.sensitivity import weights
from waterplan.planning.model.flows import Array
from waterplan.planning.plan.result import Result
from waterplan.planning.uncertainty.outcome import Carried

GROUPS_MAX = 30
CONFIDENCE = 0.95
OUTCOMES = ("carried_saving", "carried_cost")
DRAWN_AS = {"penetration_max": "penetration_gap"}
Tell = Callable[[int, int], None]


def outcome_indices(result: Result, points: int, seed: int, tell: Tell = lambda done, of: None) -> xr.Dataset:
    """What the plan saves and costs in a Saltelli sample of the study's figures, and the indices of both.

    points: a power of two; the sample has ``points`` times groups + 2 runs. Groups are the thirty variables that weigh
    most; the others stay as they are. Gives carried_saving [hm3/a] and carried_cost [MCNY/a] by point, and first_order,
    total_order and the half widths of their 95 % intervals by outcome and group.
    """
    i, plan = result.instance, Carried.of(result)
    design = Design(scenarios=(i.scenario,)).sample(
        points, study="variable", method="saltelli", seed=seed, variables=_heaviest(result)
    )
    runs = Runs.of(design, i.study)
    outcomes = np.empty((len(runs), len(OUTCOMES)))
    for run in range(len(runs)):
        ledger = plan.under(runs.values(run) or i.values)
        outcomes[run] = ledger.counted_saving, ledger.objective
        tell(run + 1, len(runs))
    found = [sobol_indices(outcome, len(runs.groups), seed) for outcome in outcomes.T]
    by_group = {name: (("outcome", "group"), np.stack([one[name] for one in found])) for name in found[0]}
    coords = {"group": list(runs.groups), "outcome": list(OUTCOMES)}
    return xr.Dataset({name: ("point", outcomes[:, n]) for n, name in enumerate(OUTCOMES)} | by_group, coords)


def sobol_indices(outcome: Sequence[float] | Array, groups: int, seed: int) -> dict[str, Array]:
    """First-order and total index of each group, and the half widths of their 95 % intervals (bootstrap of SALib).

    outcome: by run of a Saltelli sample without second order. An outcome that does not move has indices of 0.

    Source: Saltelli et al. (2010), Computer Physics Communications 181(2), 259-270, as implemented in SALib.
    """
    values = np.asarray(outcome, dtype=float)
    if np.ptp(values) == 0.0:
        return {name: np.zeros(groups) for name in ("first_order", "first_interval", "total_order", "total_interval")}
    found = sobol.analyze(
        problem_of(groups), values, calc_second_order=False, conf_level=CONFIDENCE, seed=seed, print_to_console=False
    )
    return {
        "first_order": np.asarray(found["S1"]),
        "first_interval": np.asarray(found["S1_conf"]),
        "total_order": np.asarray(found["ST"]),
        "total_interval": np.asarray(found["ST_conf"]),
    }


def _heaviest(result: Result) -> list[str]:
    """The variables that weigh most in the least cost, as they are drawn."""
    weight = weights(result).groupby("name")["weight"].sum().sort_values(ascending=False, kind="stable")
    return [DRAWN_AS.get(str(name), str(name)) for name in weight.head(GROUPS_MAX).index]
