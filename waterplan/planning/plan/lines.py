"""Four lines of withdrawal in the target year: frozen, turnover, market (without a programme) and planned.

Each is told by product and province. A plan states those that its baseline needs; the others are worked out from the
study, and the market from what enterprises do by themselves (``Planner.anyway``). A line that the study does not tell
is missing, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from waterplan.base.errors import ScenarioError
from waterplan.planning.certificate.statement import Statement
from waterplan.planning.model.flows import Array, build_flows
from waterplan.planning.model.instance import build_instance
from waterplan.planning.model.value_added import value_added_ratio
from waterplan.planning.plan.deployment import Effect
from waterplan.planning.plan.result import Result
from waterplan.planning.plan.stage_variables import consumption_saved, pair_table, saves_consumption
from waterplan.study.scenario import Scenario
from waterplan.study.study import Study
from waterplan.study.tables.bundle import Whole

FROZEN, TURNOVER, MARKET, PLANNED = LINES = ("frozen", "turnover", "market", "planned")
STATED = {
    FROZEN: "reference_withdrawal",
    TURNOVER: "turnover_withdrawal",
    MARKET: "market_withdrawal",
    PLANNED: "planned_withdrawal",
}
BEFORE = {TURNOVER: FROZEN, MARKET: TURNOVER}  # what a line is less than by what happens anyway


@dataclass(frozen=True)
class Lines:
    """The lines of a plan that its study tells.

    table: line -> withdrawal [product, province], hm3/a; NaN where a product is not made. base: that of the base year.
    value_added_ratio: value added of the target year as a multiple of the base year's; NaN where it is not told.
    consumption, market_consumption: consumption saved by the programme and by enterprises themselves [hm3/a]; NaN where
    it is not told. official_cut: what the state asks for per value added; NaN where no target fits the years.
    """

    table: Mapping[str, Array]
    base: Array
    baseline: str
    sector: Array
    sectors: tuple[str, ...]
    provinces: tuple[str, ...]
    value_added_ratio: float
    consumption: float
    market_consumption: float
    official_cut: float

    @property
    def told(self) -> tuple[str, ...]:
        """The lines that are told, from the highest on."""
        return tuple(name for name in LINES if name in self.table)

    def total(self, name: str) -> float:
        """Withdrawal of a line in all [hm3/a]; NaN where it is not told."""
        return float(np.nansum(self.table[name])) if name in self.table else float("nan")

    def by_sector(self, name: str) -> Array:
        """Withdrawal of a line [sector, hm3/a]."""
        volume = np.nansum(self.table[name], axis=1)
        return np.array([volume[self.sector == one].sum() for one in self.sectors])

    def by_province(self, name: str) -> Array:
        """Withdrawal of a line [province, hm3/a]."""
        return np.asarray(np.nansum(self.table[name], axis=0))

    def saving(self, name: str) -> float:
        """By how much a line falls below the one before it [hm3/a]: turnover below frozen, market below turnover."""
        return self.total(BEFORE[name]) - self.total(name)

    @property
    def anyway(self) -> float:
        """What comes without a programme, from frozen efficiency [hm3/a]; NaN where it is not told."""
        return self.total(FROZEN) - self.total(MARKET)

    @property
    def programme_saving(self) -> float:
        """By how much the plan falls below the line without a programme of its own baseline [hm3/a]."""
        return self.total(self.baseline) - self.total(PLANNED)

    def value_added_cut(self, name: str) -> float:
        r"""By what share withdrawal per value added falls below the base year's along a line; NaN where it is not told.

        .. math:: 1 - \frac{\sum \mathrm{withdrawal}}
            {\mathrm{value\_added\_ratio} \sum \mathrm{base\_withdrawal}}
        """
        allowed = self.value_added_ratio * float(np.nansum(self.base))
        return 1.0 - self.total(name) / allowed if allowed > 0 else float("nan")

    @property
    def official_saving(self) -> float:
        """Saving of fresh water from frozen efficiency that would reach the official cut [hm3/a]."""
        allowed = (1.0 - self.official_cut) * self.value_added_ratio * float(np.nansum(self.base))
        return self.total(FROZEN) - allowed

    def headline(self) -> dict[str, object]:
        """Totals as plain numbers; None where the study does not tell one."""
        return {
            "withdrawal": {name: _number(self.total(name)) for name in LINES},
            "programme_saving": _number(self.programme_saving),
            "market_saving": _number(self.saving(MARKET)),
            "turnover_saving": _number(self.saving(TURNOVER)),
            "consumption_saved": _number(self.consumption),
            "value_added_cut": _number(self.value_added_cut(PLANNED)),
        }


def build_lines(statement: Statement, study: Study, scenario: Scenario, market: Result | None = None) -> Lines:
    """The lines of a plan.

    market: of ``Planner.anyway`` for the same scenario, where the plan does not state that line itself.
    """
    stated = statement.variables
    table = {name: stated[variable][1] for name, variable in STATED.items() if variable in stated}
    if TURNOVER not in table and is_told(study, scenario, TURNOVER):
        table[TURNOVER] = _turnover(study, scenario)
    spent = float(stated["market_consumption_saved"][1]) if "market_consumption_saved" in stated else float("nan")
    if MARKET not in table and market is not None:
        table[MARKET], spent = market_table(market), consumption_of(market)
    numbers = build_instance(study, scenario.with_levers(baseline=FROZEN))
    years = study.target_year - study.base_year
    return Lines(
        table={name: table[name] for name in LINES if name in table},
        base=stated["base_withdrawal"][1],
        baseline=scenario.resolve(study).baseline,
        sector=np.asarray(statement["product_sector"]),
        sectors=tuple(map(str, statement.labels["sector"])),
        provinces=tuple(map(str, statement.labels["province"])),
        value_added_ratio=value_added_ratio(numbers.values, numbers.levers, years),
        consumption=float(stated["consumption_saved"][1]) if "consumption_saved" in stated else float("nan"),
        market_consumption=spent,
        official_cut=official_cut(study),
    )


def is_told(study: Study, scenario: Scenario, baseline: str) -> bool:
    """Whether a study has the figures for a baseline."""
    try:
        scenario.with_levers(baseline=baseline).resolve(study)
    except ScenarioError:
        return False
    return True


def market_table(market: Result) -> Array:
    """Withdrawal after what enterprises do by themselves [product, province], hm3/a."""
    i = market.instance
    left = i.flows.programme_free(i.structure) - Effect.of(i.structure, i.flows, market.deployment).fresh
    return pair_table(i.structure, left)


def consumption_of(result: Result) -> float:
    """Consumption saved by a stage [hm3/a]; NaN where the study does not tell it."""
    i = result.instance
    if not saves_consumption(i.values):
        return float("nan")
    return consumption_saved(i.structure, i.values, i.flows, result.deployment)


def official_cut(study: Study) -> float:
    """The largest cut per industrial value added that the state has set for all industry between the study's years.

    Of targets.csv; NaN where there is none.
    """
    asked = {
        "kind": "target",
        "scope": "national",
        "variable": "cut_per_industrial_value_added",
        "base_year": str(study.base_year),
        "year": str(study.target_year),
    }
    fits = np.ones(len(study.column("targets", "kind")), dtype=bool)
    for name, wanted in asked.items():
        fits &= np.array([str(one) == wanted for one in _cells(study, name)], dtype=bool)
    return max(map(float, study.column("targets", "value")[fits]), default=float("nan"))


def _cells(study: Study, name: str) -> Array:
    """A column of targets.csv; where a year is missing, something that is no year."""
    column = study.column("targets", name)
    return np.where(column.missing, -1, column.values) if isinstance(column, Whole) else column


def _turnover(study: Study, scenario: Scenario) -> Array:
    i = build_instance(study, scenario.with_levers(baseline=FROZEN))
    flows = build_flows(i.structure, i.values, replace(i.levers, baseline=TURNOVER), i.years)
    return pair_table(i.structure, flows.existing_withdrawal + flows.new_withdrawal)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
