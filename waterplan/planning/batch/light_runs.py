"""Runs planned over arrays of levers: one call of the core for many, no Scenario or Result for each.

Only levers of price, and the target, may differ from run to run; a run that needs more than a price of the target, such
as one that overdraws a pool, is left to be planned on its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from waterplan.base.vocabulary import term
from waterplan.planning.batch.light_figures import figures_of_runs
from waterplan.planning.batch.triangular import Array
from waterplan.planning.model.instance import Instance
from waterplan.planning.model.prices import PERSPECTIVES
from waterplan.planning.plan.result import GAP_MAX
from waterplan.planning.planner.light import FIGURES, FOUND, SLACK, Accounts, Asked, answer_runs, asked_of
from waterplan.planning.planner.planner import USUAL_PRICE, Planner
from waterplan.planning.planner.search import SLACK as SLACK_OF_LIMIT
from waterplan.planning.planner.search import Search
from waterplan.study.scenario import Scenario

TOGETHER = 64  # runs asked from one guess on, each from the price of the one before
NUMBERS = (
    "saving_target", "perspective", "cost_accounting", "discount_rate", "hurdle_rate", "electricity_price_scale",
    "water_price_scale", "carbon_price", "water_tax", "barrier_cost", "scarcity_value",
)  # fmt: skip
LABELLED = {"technology_cost_scale": "technologies", "investment_subsidy": "sectors"}
CHOICES = {"perspective": PERSPECTIVES, "cost_accounting": ("water_share", "full_credit")}


@dataclass(frozen=True)
class Answered:
    """Which runs are planned [run], and what is found of them; rows of the others mean nothing."""

    planned: np.ndarray
    figures: dict[str, Array]


def light_runs(
    planner: Planner, scenario: Scenario, levers: Mapping[str, np.ndarray], threads: int = 1
) -> Answered | None:
    """Plans runs that start from a scenario; None where they differ in other levers, or it has other limits or another
    baseline than frozen efficiency.

    levers: by name, or name and label (``technology_cost_scale.*``), the value in each run.
    """
    search = planner.search(scenario)
    if len(search.limits) > 1 or search.instance.levers.baseline != "frozen" or not _are_of_price(scenario, levers):
        return None
    asked = _asked(search, levers)
    count = len(asked.lever)
    starts = range(0, count, TOGETHER)
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(lambda first: _answered(planner, search, _part(asked, first)), starts))
    accounts = Accounts.joined(parts)
    planned = _is_planned(search.instance, asked, accounts, levers)
    return Answered(planned, figures_of_runs(search.instance, asked, accounts))


def _are_of_price(scenario: Scenario, levers: Mapping[str, np.ndarray]) -> bool:
    if not levers:
        return False
    for name in levers:
        lever, dot, _ = name.partition(".")
        if lever not in (LABELLED if dot else (*NUMBERS, *LABELLED)):
            return False
        if lever in LABELLED and lever in scenario.levers:
            return False
    return True


def _asked(search: Search, levers: Mapping[str, np.ndarray]) -> Asked:
    """The levers of all runs; those not given are the scenario's."""
    i, count = search.instance, len(next(iter(levers.values())))
    base = asked_of(i.structure, i.levers, i.wanted)
    asked = replace(
        base,
        lever=np.tile(base.lever, (count, 1)),
        cost_scale=np.tile(base.cost_scale, (count, 1)),
        subsidy=np.tile(base.subsidy, (count, 1)),
    )
    rows = {"technology_cost_scale": asked.cost_scale, "investment_subsidy": asked.subsidy}
    for name in sorted(
        levers, key=lambda name: "." in name and not name.endswith(".*")
    ):  # all labels, then single ones
        lever, _, label = name.partition(".")
        if lever not in LABELLED:
            asked.lever[:, NUMBERS.index(lever)] = _as_numbers(lever, levers[name])
        elif label in ("", "*"):
            rows[lever][:] = np.asarray(levers[name], dtype=float)[:, None]
        else:
            names = getattr(search.places.structure, LABELLED[lever])
            rows[lever][:, names.index(label)] = levers[name]
    return asked


def _as_numbers(lever: str, values: np.ndarray) -> Array:
    if lever in CHOICES:
        return np.array([CHOICES[lever].index(str(value)) for value in values], dtype=float)
    return np.asarray(values, dtype=float)


def _part(asked: Asked, first: int) -> Asked:
    rows = slice(first, first + TOGETHER)
    return replace(asked, lever=asked.lever[rows], cost_scale=asked.cost_scale[rows], subsidy=asked.subsidy[rows])


def _answered(planner: Planner, search: Search, asked: Asked) -> Accounts:
    """The accounts of some runs; vertices that the store lacks join it."""
    known, count = search.coefficients, len(asked.lever)
    accounts = Accounts.blank(known.lanes, count, is_all_wanted=True)
    while True:
        lost = answer_runs(known.lanes, known.uses, known.money, asked, USUAL_PRICE, accounts, last=count)
        if not lost.count:
            return accounts
        known = known.joined_by(lost)
        planner.keep(known)


def _is_planned(instance: Instance, asked: Asked, accounts: Accounts, levers: Mapping[str, np.ndarray]) -> np.ndarray:
    """Which runs have a plan that is certified and overdraws no pool, from levers within their bounds."""
    figure, flows = dict(zip(FIGURES, accounts.figure.T, strict=False)), instance.flows
    scale = np.maximum(np.maximum(figure["gross_cost"], np.abs(figure["objective"])), flows.unit)
    gap = (figure["objective"] + figure["tie_break"] - figure["bound"]) / scale
    most = flows.pool_limit + SLACK_OF_LIMIT * (flows.unit + flows.pool_limit)
    planned = np.isin(figure["status"], (SLACK, FOUND)) & (np.abs(gap) <= GAP_MAX)
    planned &= (accounts.draw <= most).all(axis=(1, 2))
    planned &= (asked.subsidy == asked.subsidy[:, :1]).all(axis=1)  # else costs by province need all sectors apart
    for name, values in levers.items():
        known = term(name.partition(".")[0])
        if not known.choices:
            numbers = np.asarray(values, dtype=float)
            above = known.lower is None or numbers >= known.lower
            planned &= above & (known.upper is None or numbers <= known.upper) & np.isfinite(numbers)
    return planned
