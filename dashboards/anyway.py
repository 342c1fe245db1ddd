"""What would happen anyway, as the numbers that the Plan page draws: the lines of turnover and of the market, in all
and by sector and province; and what a programme has to add to them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from waterplan import Scenario, Study
from waterplan.planning.model.flows import Array
from waterplan.planning.model.instance import Instance
from waterplan.planning.model.structure import Structure, totals
from waterplan.planning.model.value_added import value_added_ratio
from waterplan.planning.plan.deployment import Effect
from waterplan.planning.plan.lines import consumption_of, market_table
from waterplan.planning.plan.result import Result
from waterplan.planning.plan.stage_variables import pair_table
from waterplan.planning.planner.stages import market_levers
from waterplan.study.scenario.baseline_faults import PARTS_OF, lacking

from .board import Answer, Numbers, rounded

SHORT = 1e-6  # of the largest saving: how far below it a plan is asked for


def what_lacks(study: Study) -> dict[str, list[str]]:
    """The inputs that a study does not tell, by what needs them: a baseline, value added."""
    parts = {**PARTS_OF, "value_added": ("value_added",)}
    return {name: [each for part in needed for each in lacking(study, part)] for name, needed in parts.items()}


def anyway_scenario(scenario: Scenario, study: Study) -> Scenario:
    """The scenario without what enterprises do not meet: all that have the same one have the same market."""
    levers = scenario.resolve(study)
    met = vars(market_levers(levers))
    return scenario.with_levers(
        **{name: None for name in scenario.levers if not np.array_equal(met[name], vars(levers)[name])}
    )


def told_market(market: Result) -> Numbers:
    """What a market stage leaves: its lines, what of its saving counts, and the water that is consumed no more."""
    i, s = market.instance, market.instance.structure
    effect = Effect.of(s, i.flows, market.deployment)
    return {
        **told_turnover(i),
        **_line("market", s, market_table(market)),
        "own": float((i.flows.reference_withdrawal - i.flows.after_site(s) + effect.at_site).sum()),
        "consumption": _told_number(consumption_of(market)),
    }


def told_turnover(instance: Instance) -> Numbers:
    """The line after turnover, of the numbers of a stage that knows it."""
    s, flows = instance.structure, instance.flows
    return _line("turnover", s, pair_table(s, flows.existing_withdrawal + flows.new_withdrawal))


def told_of_plan(result: Result) -> Numbers:
    """Consumption that a programme saves [hm3/a], and the withdrawal at which water per value added would be as in the
    base year [hm3/a]; null where the study does not tell it."""
    i = result.instance
    even = value_added_ratio(i.values, i.levers, i.flows.years) * float(i.flows.base_withdrawal.sum())
    return {"even": _told_number(even), "consumption": _told_number(consumption_of(result))}


def on_top(scenario: Scenario, plan: Callable[[Scenario], Answer]) -> dict[str, Numbers]:
    """What a programme has to add to the market: ``in_all``, for the target counted from frozen efficiency, and
    ``more``, for as much on top of what comes anyway.

    Each: what it saves and costs, null where there is no plan, and then the largest saving. Where as much cannot be
    added but something can, ``more`` is of the most (``is_most``).
    """
    beside = scenario.with_levers(baseline="market", count_from="baseline")
    more = _told(plan(beside))
    if (more["largest"] or 0.0) > 0:
        most = beside.with_levers(saving_target=more["largest"] * (1.0 - SHORT))
        more = {**_told(plan(most)), "largest": more["largest"], "is_most": True}
    return {"in_all": _told(plan(scenario.with_levers(baseline="market", count_from="frozen"))), "more": more}


def _told(answer: Answer) -> Numbers:
    """What is told of a plan beside the plan."""
    head = answer.board["headline"] if answer.board else {}
    figures = {name: head.get(name) for name in ("saving", "annual_cost", "investment", "shadow_price")}
    return {**figures, "largest": None if answer.board else _told_number(answer.attainable)}


def _told_number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _line(name: str, structure: Structure, table: Array) -> Numbers:
    """A line in all, by sector and by province [hm3/a]; ``table`` [product, province]."""
    volume = np.nan_to_num(table)
    sector = totals(np.asarray(structure.product_sector), volume.sum(axis=1), len(structure.sectors))
    province = volume.sum(axis=0)
    return {name: float(volume.sum()), f"{name}_by_sector": rounded(sector), f"{name}_by_province": rounded(province)}
