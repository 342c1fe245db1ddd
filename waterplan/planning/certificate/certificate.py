"""The certificate of a plan: what it states beside what the tables say, every limit, and the proof of least cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from waterplan.base.errors import CertificateError
from waterplan.base.messages import LANGUAGES, Message
from waterplan.base.vocabulary import terms
from waterplan.planning.certificate.accounts import Amounts, labels, recompute_accounts
from waterplan.planning.certificate.allowances import RELATIVE, VOLUME, Limit, at_least, at_most, check_limits
from waterplan.planning.certificate.bound import PRICES, lower_bound
from waterplan.planning.certificate.coefficients import Coefficients, recompute_coefficients
from waterplan.planning.certificate.decision_frames import CHOICE, read_decisions
from waterplan.planning.certificate.tables import Tables
from waterplan.study.scenario import Scenario
from waterplan.study.study import Study

GAP_MAX = 1e-6  # of gross cost
TIE_BREAK_MAX = 1e-6  # CNY/m3
SHOWN = 8
NOT_RECOMPUTED = {"decision", "dual"}
SHARE = "deployed_share"


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


def certify(dataset: xr.Dataset, study: Study, scenario: Scenario) -> Certificate:
    """Recomputes a plan from the study's tables and the scenario, without the model, and compares.

    Raises CertificateError with the first lines and limits past their tolerance: 1e-6 of gross cost for money, 1e-6
    hm3/a for volumes (of a study that withdraws less than 1 hm3/a, 1e-6 of what it withdraws), each plus 1e-9 of the
    amount.
    """
    certificate = examine(dataset, study, scenario)
    if not certificate.ok:
        raise CertificateError(Message("planner_errors.not_shown", certificate=certificate))
    return certificate


def examine(dataset: xr.Dataset, study: Study, scenario: Scenario) -> Certificate:
    """The certificate of a plan, whether it holds or not."""
    missing = [name for name in ("step_flow", "site_saving", "supply", "objective") if name not in dataset]
    if missing:
        raise CertificateError(Message("planner_errors.nothing_decided", missing=missing))
    tables = Tables.of(study, scenario)
    coefficients = recompute_coefficients(tables)
    decisions = read_decisions(dataset, tables, coefficients)
    accounts = recompute_accounts(tables, coefficients, decisions)
    unit = coefficients.unit
    scale = max(*(abs(float(accounts[name].iloc[0])) for name in ("gross_cost", "objective")), unit)
    lines = [*_origin(dataset, study, scenario), *compare(dataset, accounts, coefficients, tables, scale)]
    limits = check_limits(tables, coefficients, decisions, accounts)
    cost = float(accounts["objective"].iloc[0])
    proven = lower_bound(dataset, tables, coefficients)
    stated, tie_break = (float(dataset.attrs.get(name, np.nan)) for name in ("dual_bound", "tie_break"))
    most = TIE_BREAK_MAX * float(coefficients.places["largest"].sum())
    limits += _proof(dataset, cost, proven, stated, tie_break, most, scale, unit)
    lines.append(_line("gap", float(dataset.attrs.get("gap", np.nan)), (cost + tie_break - stated) / scale, GAP_MAX))
    return Certificate(tuple(lines), tuple(limits), cost, proven, (cost - proven) / scale)


def _proof(
    dataset: xr.Dataset,
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
    plan = pd.DataFrame({"whole": [""]})
    prices = pd.concat([pd.Series(dataset[name].to_numpy().ravel(), [name] * dataset[name].size) for name in PRICES])
    return [
        at_least("no_price_is_negative", prices.index.to_frame(name="price"), prices, 0.0, 1.0),
        at_most("cost_meets_the_lower_bound", plan, cost + tie_break, stated, scale),
        at_least("no_lower_bound_passes_the_cost", plan, cost + tie_break, stated, scale),
        at_most("cost_meets_the_lower_bound_of_its_prices", plan, cost, proven + most, scale),
        at_least("no_lower_bound_of_prices_passes_the_cost", plan, cost, proven, scale),
        at_least("tie_break_is_not_negative", plan, tie_break, 0.0, unit),
        at_most("tie_break_is_tiny", plan, tie_break, most, unit),
    ]


def _line(name: str, stated: float, recomputed: float, allowed: float, where: str = "") -> Line:
    difference = abs(stated - recomputed)
    return Line(name, stated, recomputed, difference, allowed, bool(difference <= allowed), where)


def _origin(dataset: xr.Dataset, study: Study, scenario: Scenario) -> list[Line]:
    """The plan is of this study and this scenario: digests agree (1 for yes)."""
    expected = {"study_digest": study.digest, "scenario_digest": scenario.digest(study)}
    return [_line(name, float(dataset.attrs.get(name) == digest), 1.0, 0.0) for name, digest in expected.items()]


def compare(
    dataset: xr.Dataset, accounts: Amounts, coefficients: Coefficients, tables: Tables, scale: float
) -> list[Line]:  # fmt: skip
    """Every ledger line and result of a plan beside what was recomputed; one that is missing, or that nobody
    recomputed, does not hold."""
    known, names = terms(), labels(tables)
    lines = []
    for name, recomputed in accounts.items():
        if name not in dataset:
            missing = Message("planner_errors.missing_from_the_plan")
            lines.append(_line(name, np.nan, float(recomputed.sum()), 0.0, missing))
            continue
        dims = list(known[name].dims)
        stated = dataset[name].transpose(*dims).reindex({dim: names[dim] for dim in dims})
        weight = _weight(name, accounts, coefficients)
        money = known[name].unit.startswith("MCNY") or name == "levelised_cost"
        lines.append(_compare(name, stated, recomputed, weight, VOLUME * (scale if money else coefficients.unit)))
    others = {str(name) for name, array in dataset.data_vars.items() if "step" not in array.dims} - set(accounts)
    unknown = sorted(name for name in others if name not in known or known[name].kind not in NOT_RECOMPUTED)
    why = Message("planner_errors.not_recomputed")
    return lines + [_line(name, float(dataset[name].sum()), np.nan, 0.0, why) for name in unknown]


def _weight(name: str, accounts: Amounts, coefficients: Coefficients) -> pd.Series | None:
    """What turns a ratio into the amount whose tolerance is known: intensities and shares into volumes, cost per m3
    into cost."""
    if name == "levelised_cost":
        return accounts["saving_by_technology"]
    if name in ("base_intensity", "planned_intensity"):
        reference = accounts["reference_withdrawal"].groupby("product").sum()
        return reference / accounts["base_intensity"]
    if name == SHARE:
        largest = coefficients.places.groupby(CHOICE)["largest"].sum()
        return largest.where(largest > 0, 1.0)
    return None


def _compare(name: str, stated: xr.DataArray, recomputed: pd.Series, weight: pd.Series | None, allowed: float) -> Line:
    """The label that is furthest off. A place that has no row is NaN in withdrawals and ratios, else 0."""
    if not stated.dims:
        amount = float(recomputed.iloc[0])
        return _line(name, float(stated), amount, allowed + RELATIVE * abs(amount))
    index = [stated.indexes[dim] for dim in stated.dims]
    empty = np.nan if (weight is not None and name != SHARE) or name.endswith("_withdrawal") else 0.0
    there = _spread(recomputed, index, empty)
    here = stated.to_numpy().astype(float)
    factor = 1.0 if weight is None else np.nan_to_num(_spread(weight, index, 1.0 if name == SHARE else 0.0))
    nowhere = np.isnan(here) & np.isnan(there)
    difference = np.where(nowhere, 0.0, np.abs(here - there) * factor)
    limit = allowed + RELATIVE * np.abs(np.nan_to_num(there * factor))
    worst = np.unravel_index(np.argmax(np.nan_to_num(difference / limit, nan=np.inf)), difference.shape)
    where = ", ".join(str(labels[place]) for labels, place in zip(index, worst, strict=True))
    return Line(
        name=name,
        stated=float(here[worst]),
        recomputed=float(there[worst]),
        difference=float(difference[worst]),
        allowed=float(limit[worst]),
        holds=bool((difference <= limit).all()),
        where=where,
    )


def _spread(amounts: pd.Series, index: list[pd.Index], empty: float) -> NDArray[np.float64]:
    """A Series over labels as an array over all labels; labels that the study does not have make it NaN everywhere."""
    array = np.full([len(labels) for labels in index], empty)
    places = [labels.get_indexer(amounts.index.get_level_values(level)) for level, labels in enumerate(index)]
    if any((place < 0).any() for place in places):
        return np.full_like(array, np.nan)
    array[tuple(places)] = amounts.to_numpy()
    return array
