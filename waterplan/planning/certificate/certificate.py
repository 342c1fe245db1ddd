"""The certificate of a plan: what it states beside what the tables say, every limit, and the proof of least cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from waterplan.base.errors import CertificateError
from waterplan.base.messages import LANGUAGES, Message
from waterplan.base.vocabulary import terms
from waterplan.planning.certificate.accounts import Amounts, added_saving, labels, recompute_accounts
from waterplan.planning.certificate.allowances import RELATIVE, VOLUME, Limit, at_least, at_most, check_limits
from waterplan.planning.certificate.bound import OF_NEWER_LIMITS, PRICES, lower_bound, read_prices
from waterplan.planning.certificate.coefficients import Coefficients, recompute_coefficients
from waterplan.planning.certificate.decision_rows import read_decisions
from waterplan.planning.certificate.market_proof import GAP_MAX, TIE_BREAK_MAX, prove_market
from waterplan.planning.certificate.readings import Array
from waterplan.planning.certificate.stage_starts import Stage, base_state, start_from, state_after
from waterplan.planning.certificate.statement import DECISIONS, OF_MARKET, Statement
from waterplan.planning.certificate.tables import Tables
from waterplan.study.scenario import Scenario
from waterplan.study.study import Study

if TYPE_CHECKING:
    import xarray as xr

SHOWN = 8
NOT_RECOMPUTED = {"decision", "dual"}
SHARE = "deployed_share"
OWN_DIMS = {"step", "choice", "market_step", "market_choice"}  # of rows of decisions
NEED_NOT_BE_STATED = "consumption_saved"  # with frozen baseline


@dataclass(frozen=True)
class Line:
    """One ledger line or result of a plan beside what the tables say.

    difference: the largest over all labels; stated, recomputed and where are of the label that is furthest off.
    """

    name: str
    stated: float
    recomputed: float
    difference: float
    allowed: float
    holds: bool
    where: str = ""

    @property
    def message(self) -> Message:
        """What the plan states, and what the tables give."""
        return Message(
            "planner_errors.line_at" if self.where else "planner_errors.line",
            name=self.name,
            where=self.where,
            stated=f"{self.stated:.12g}",
            recomputed=f"{self.recomputed:.12g}",
            allowed=f"{self.allowed:.1e}",
        )

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Certificate:
    """What was recomputed from the tables, without the model: lines of the ledger, limits, and the gap to least cost.

    cost: what was minimised, recomputed [MCNY/a]. lower_bound: the least that any plan can cost, shown from the plan's
    prices. gap: how far they are apart, as a share of gross cost. ``str`` is the short form.
    """

    lines: tuple[Line, ...]
    limits: tuple[Limit, ...]
    cost: float
    lower_bound: float
    gap: float

    @property
    def failures(self) -> tuple[Limit | Line, ...]:
        """Limits and lines past their tolerance."""
        limits = [limit for limit in self.limits if not limit.holds]
        return (*limits, *(line for line in self.lines if not line.holds))

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not self.failures

    def text(self, language: str = LANGUAGES[0]) -> str:
        """The short form: what is certified, or what does not hold, line by line."""
        first, *others = self._said()
        return "\n".join([first.text(language), *(f"  {one.text(language)}" for one in others)])

    def __str__(self) -> str:
        return self.text()

    def _said(self) -> list[Message]:
        lines, failures = len(self.lines), self.failures
        if failures:
            sizes = {"failures": len(failures), "lines": lines, "limits": len(self.limits)}
            left = len(failures) - SHOWN
            return [
                Message("planner_errors.not_certified", **sizes),
                *(failure.message for failure in failures[:SHOWN]),
                *([Message("planner_errors.more_failures", count=left)] if left > 0 else []),
            ]
        count = sum(limit.count for limit in self.limits)
        worst = max(self.lines, key=lambda line: line.difference / line.allowed if line.allowed else 0.0)
        furthest = {"difference": f"{worst.difference:.1e}", "name": worst.name, "allowed": f"{worst.allowed:.1e}"}
        proof = {"cost": f"{self.cost:.6f}", "bound": f"{self.lower_bound:.6f}", "gap": f"{abs(self.gap):.1e}"}
        return [
            Message("planner_errors.certified", lines=lines, limits=f"{count:,}"),
            Message("planner_errors.largest_difference", **furthest),
            Message("planner_errors.least_cost", **proof),
        ]


def certify(plan: Statement | xr.Dataset, study: Study, scenario: Scenario) -> Certificate:
    """Recomputes a plan from the study's tables and the scenario, without the model, and compares.

    Raises CertificateError with the first lines and limits past their tolerance: 1e-6 of gross cost for money, 1e-6
    hm3/a for volumes (of a study that withdraws less than 1 hm3/a, 1e-6 of what it withdraws), each plus 1e-9 of the
    amount.
    """
    certificate = examine(plan, study, scenario)
    if not certificate.ok:
        raise CertificateError(Message("planner_errors.not_shown", certificate=certificate))
    return certificate


def examine(plan: Statement | xr.Dataset, study: Study, scenario: Scenario) -> Certificate:
    """The certificate of a plan, whether it holds or not."""
    plan = plan if isinstance(plan, Statement) else Statement.of(plan)
    tables = Tables.of(study, scenario)
    needed = (*DECISIONS, *(OF_MARKET if tables.levers.baseline == "market" else ()))
    missing = [name for name in needed if name not in plan]
    if missing:
        raise CertificateError(Message("planner_errors.nothing_decided", missing=missing))
    origin = _origin(plan, study, scenario)
    coefficients = recompute_coefficients(tables)
    stage, market, limits = stages(plan, tables, coefficients)
    accounts = recompute_accounts(stage, market)
    if tables.levers.baseline == "frozen" and NEED_NOT_BE_STATED not in plan:
        accounts.pop(NEED_NOT_BE_STATED, None)
    unit, cost = coefficients.unit, float(accounts["objective"])
    scale = max(abs(float(accounts["gross_cost"])), abs(cost), unit)
    lines = [*origin, *compare(plan, accounts, stage, scale)]
    limits += check_limits(stage, accounts)
    proven = lower_bound(read_prices(plan, tables), tables, coefficients, stage.start)
    stated, tie_break = (float(plan.attrs.get(name, np.nan)) for name in ("dual_bound", "tie_break"))
    most = TIE_BREAK_MAX * float(stage.start.largest.sum())
    limits += _proof(plan, cost, proven, stated, tie_break, most, scale, unit)
    lines.append(_line("gap", float(plan.attrs.get("gap", np.nan)), (cost + tie_break - stated) / scale, GAP_MAX))
    return Certificate(tuple(lines), tuple(limits), cost, proven, (cost - proven) / scale)


def stages(plan: Statement, tables: Tables, coefficients: Coefficients) -> tuple[Stage, Stage | None, list[Limit]]:
    """The programme of a plan, what comes before it by itself, and the limits of that."""
    state, market = base_state(coefficients, groups=1), None
    limits: list[Limit] = []
    if tables.levers.baseline == "market":
        market, limits = prove_market(plan, tables, coefficients)
        apart = np.abs(plan["step_flow_by_group"].sum(axis=1) - plan["step_flow"])
        limits.append(at_most("flow_of_a_step_is_that_of_its_groups", apart, 0.0, coefficients.unit))
        state = state_after(coefficients, market.start, market.decisions)
    start = start_from(tables, coefficients, state)
    return Stage.of(tables, coefficients, start, read_decisions(plan, tables, coefficients)), market, limits


def _proof(
    plan: Statement,
    cost: float,
    proven: float,
    stated: float,
    tie_break: float,
    most: float,
    scale: float,
    unit: float,
) -> list[Limit]:
    """No plan can cost less: by the bound that the solver stated, with the tie-break, and by the one shown from the
    plan's prices, without it: prices that the tie-break has a part in may be off by ``most``, what it can add to
    any plan."""
    stated_prices = [name for name in (*PRICES, *OF_NEWER_LIMITS) if name in plan]
    names = [name for name in stated_prices for _ in range(plan[name].size)]
    prices = np.concatenate([np.ravel(plan[name]) for name in stated_prices])
    return [
        at_least("no_price_is_negative", prices, 0.0, 1.0, lambda row: [names[row]]),
        at_most("cost_meets_the_lower_bound", cost + tie_break, stated, scale),
        at_least("no_lower_bound_passes_the_cost", cost + tie_break, stated, scale),
        at_most("cost_meets_the_lower_bound_of_its_prices", cost, proven + most, scale),
        at_least("no_lower_bound_of_prices_passes_the_cost", cost, proven, scale),
        at_least("tie_break_is_not_negative", tie_break, 0.0, unit),
        at_most("tie_break_is_tiny", tie_break, most, unit),
    ]


def _line(name: str, stated: float, recomputed: float, allowed: float, where: str = "") -> Line:
    difference = abs(stated - recomputed)
    return Line(name, stated, recomputed, difference, allowed, bool(difference <= allowed), where)


def _origin(plan: Statement, study: Study, scenario: Scenario) -> list[Line]:
    """The plan is of this study and this scenario: digests agree (1 for yes)."""
    expected = {"study_digest": study.digest, "scenario_digest": scenario.digest(study)}
    return [_line(name, float(plan.attrs.get(name) == digest), 1.0, 0.0) for name, digest in expected.items()]


def compare(plan: Statement, accounts: Amounts, stage: Stage, scale: float) -> list[Line]:
    """Every ledger line and result of a plan beside what was recomputed; one that is missing, or that nobody
    recomputed, does not hold."""
    coefficients, known, names = stage.coefficients, terms(), labels(stage.tables)
    lines = []
    for name, recomputed in accounts.items():
        if name not in plan:
            missing = Message("planner_errors.missing_from_the_plan")
            lines.append(_line(name, np.nan, float(np.nansum(recomputed)), 0.0, missing))
            continue
        money = known[name].unit.startswith("MCNY") or name == "levelised_cost"
        allowed = VOLUME * (scale if money else coefficients.unit)
        dims = known[name].dims
        stated = plan.over(name, dims, names).astype(float)
        factor = _weight(name, accounts, stage)
        lines.append(_compare(name, stated, recomputed, factor, allowed, [names[dim] for dim in dims]))
    others = {name for name, (dims, _) in plan.variables.items() if not OWN_DIMS & set(dims)} - set(accounts)
    unknown = sorted(name for name in others if name not in known or known[name].kind not in NOT_RECOMPUTED)
    why = Message("planner_errors.not_recomputed")
    return lines + [_line(name, float(np.sum(plan[name])), np.nan, 0.0, why) for name in unknown]


def _weight(name: str, accounts: Amounts, stage: Stage) -> Array | float:
    """What turns a ratio into the amount whose tolerance is known: intensities and shares into volumes, cost per m3
    into cost."""
    if name == "levelised_cost":
        return added_saving(stage)
    if name in ("base_intensity", "planned_intensity"):
        reference, base = stage.coefficients.reference_withdrawal.sum(axis=1), accounts["base_intensity"]
        return np.divide(reference, base, out=np.zeros_like(base), where=base > 0)
    if name == SHARE:
        return np.where(stage.start.largest > 0, stage.start.largest, 1.0)
    return 1.0


def _compare(
    name: str, here: Array, there: Array, factor: Array | float, allowed: float, names: Sequence[Sequence[object]]
) -> Line:
    """The label that is furthest off."""
    if not names:
        return _line(name, float(here), float(there), allowed + RELATIVE * abs(float(there)))
    nowhere = np.isnan(here) & np.isnan(there)
    difference = np.where(nowhere, 0.0, np.abs(here - there) * factor)
    limit = allowed + RELATIVE * np.abs(np.nan_to_num(there * factor))
    worst = np.unravel_index(np.argmax(np.nan_to_num(difference / limit, nan=np.inf)), difference.shape)
    return Line(
        name=name,
        stated=float(here[worst]),
        recomputed=float(there[worst]),
        difference=float(difference[worst]),
        allowed=float(limit[worst]),
        holds=bool((difference <= limit).all()),
        where=", ".join(str(labels[int(place)]) for labels, place in zip(names, worst, strict=True)),
    )
