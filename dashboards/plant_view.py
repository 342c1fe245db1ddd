"""What the Benchmark page shows of one plant, as plain numbers and texts in one language."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from waterplan import shared_savings
from waterplan.base.messages import in_language
from waterplan.base.vocabulary import term
from waterplan.study.tables.translations import cell_in

GRADES = ("leading", "advanced", "access", "limit")
STEP = (
    "product", "end_use", "technology", "level", "saving", "investment", "net_benefit", "payback", "npv", "irr",
    "levelised_cost",
)  # fmt: skip
TOTALS = ("saving", "investment", "net_benefit", "payback", "npv", "irr", "levelised_cost")
INSIDE = (
    "cooling_recirculated", "process_recirculated", "reused_in_series", "effluent_reused", "condensate_returned",
)  # fmt: skip
SHARE, TERM = "share", "term"
MISSED = (0.9, 0.75, 0.5)  # shares of the promised saving, where less is achieved


def told(standing: Any, language: str, contract: Mapping[str, float]) -> dict[str, Any]:
    """Everything of a standing. contract: share and term that were chosen; others are proposed."""
    return {
        "plant": standing.plant,
        "year": standing.year,
        "province": str(standing.site.get("province", "")),
        "head": {
            "withdrawal_graded": number(standing.mix["withdrawal_graded"]),
            "withdrawal_all_sources": number(standing.mix["withdrawal_all_sources"]),
            "score": number(standing.score),
            "score_reason": standing.score_reason.text(language),
        },
        "mix": _mix(standing.mix),
        "products": _products(standing, language),
        "graded_notes": [one.text(language) for one in standing.grades.remarks(standing.plant, standing.year)],
        "norms": _norms(standing.ladder, language),
        "places": _places(standing.places, language),
        "indicators": _indicators(standing),
        "flows": [[str(row.source), str(row.target), number(row.volume)] for row in standing.flows.itertuples()],
        "inside": [[name, number(standing.site[name])] for name in INSIDE if number(standing.site.get(name))],
        "balance": {str(name): number(value) for name, value in standing.balance.items()},
        "goal": _goal(standing.goal),
        "plan": _plan(standing, language),
        "plan_fault": standing.plan_fault.text(language),
        "attainable": number(standing.attainable),
        "curve": _curve(standing.curve),
        "contract": _contract(standing, contract),
        "notes": standing.notes(language),
    }


def _mix(mix: pd.Series) -> dict[str, Any]:
    return {
        "status": word(mix["status"]),
        "grade": word(mix["grade"]),
        "grade_estimated": word(mix["grade_estimated"]),
        "grade_all_sources": word(mix["grade_all_sources"]),
        "value": number(mix["withdrawal_graded"]),
        "all": number(mix["withdrawal_all_sources"]),
        "steps": _steps(mix, norm="allowed", gap="gap_volume", ratio="ratio"),
    }


def _steps(row: pd.Series, **starts: str) -> list[dict[str, Any]]:
    """The grades that have a norm. starts: how the columns of each figure of a grade begin."""
    names = {"gap_volume": "gap_volume", **starts}
    return [
        {"grade": grade, "estimate": bool(row[f"estimate_{grade}"])}
        | {name: number(row[f"{start}_{grade}"]) for name, start in names.items()}
        for grade in GRADES
        if not math.isnan(row[f"{starts['norm']}_{grade}"])
    ]


def _products(standing: Any, language: str) -> list[dict[str, Any]]:
    units = standing.study.products["output_unit"]
    rows = []
    for _, row in standing.products.iterrows():
        rows.append(
            {
                "product": str(row["product"]),
                "route": word(row["route"]),
                "variant": in_language(standing.study.variant_name(word(row["variant"])), language),
                "unit": str(units.get(row["product"], "")),
                "output": number(row["output"]),
                "withdrawal": number(row["withdrawal"]),
                "value": number(row["intensity"]),
                "allocation": word(row["allocation"]),
                "status": word(row["status"]),
                "grade": word(row["grade"]),
                "grade_estimated": word(row["grade_estimated"]),
                "steps": _steps(row, norm="norm", gap="gap"),
            }
        )
    return rows


def _norms(ladder: pd.DataFrame, language: str) -> list[dict[str, Any]]:
    """Every norm in force, those of the ladder marked."""
    names = ("product", "rank", "grade", "unit", "basis", "checked")
    return [
        {name: word(row[name]) for name in names}
        | {name: cell_in(row, name, language) for name in ("norm", "variant")}
        | {"value": number(row["value"]), "gap": number(row["gap"]), "graded_on": bool(row["graded_on"])}
        | {"estimate": bool(row["estimate"]), "meets": None if pd.isna(row["meets"]) else bool(row["meets"])}
        for _, row in ladder.iterrows()
    ]


def _places(places: pd.DataFrame, language: str) -> list[dict[str, Any]]:
    return [
        {
            "product": str(row["product"]),
            "route": word(row["route"]),
            **{name: number(row[name]) for name in ("percentile", "lower", "upper", "count")},
            "basis": str(row["basis"]),
            "reason": row["reason"].text(language),
        }
        for _, row in places.iterrows()
    ]


def _indicators(standing: Any) -> list[dict[str, Any]]:
    own = [
        {"name": str(name), "unit": term(str(name)).unit, "value": number(row["value"]),
         "missing": [part for part in str(row["missing"]).split(", ") if part]}
        for name, row in standing.indicators.iterrows()
    ]  # fmt: skip
    units = standing.study.products["output_unit"]
    return own + [
        {"name": "withdrawal_per_output", "product": str(row["product"]),
         "unit": f"m3/{units.get(row['product'], '?')}", "value": number(row["withdrawal_per_output"]),
         "missing": [part for part in str(row["missing"]).split(", ") if part]}
        for _, row in standing.intensities.iterrows()
    ]  # fmt: skip


def _goal(goal: Any) -> dict[str, Any] | None:
    return None if goal is None else {"kind": goal.kind, "value": goal.grade or float(goal.value)}


def _plan(standing: Any, language: str) -> dict[str, Any] | None:
    plan = standing.plan
    if plan is None:
        return None
    return {
        "before": number(plan.before),
        "withdrawal": number(plan.withdrawal),
        "saving": number(plan.saving),
        "objective": plan.objective,
        "value": number(plan.value),
        "bound": number(plan.bound),
        "rate": number(plan.rate),
        "horizon": number(plan.horizon),
        "totals": {name: number(plan.totals[name]) for name in TOTALS},
        "steps": [{name: _cell(row[name]) for name in STEP} for _, row in plan.steps.iterrows()],
        "by_product": [
            {"product": str(product), "intensity_before": number(row["intensity_before"]),
             "intensity": number(row["intensity"])}
            for product, row in plan.by_product.iterrows()
        ],
    }  # fmt: skip


def _curve(curve: pd.DataFrame | None) -> list[dict[str, Any]]:
    if curve is None:
        return []
    return [
        {name: number(row[name]) for name in ("saving", "price", "annual_cost", "investment", "width")}
        | {"added": list(row["added"]), "removed": list(row["removed"])}
        for _, row in curve.iterrows()
    ]


def _contract(standing: Any, chosen: Mapping[str, float]) -> dict[str, Any] | None:
    """Both sides of a contract of shared savings, at the share and term chosen or at the middle of where both gain."""
    table = standing.contract
    if table is None or not len(table):
        return None
    life = int(table.index[-1])
    good = table[table["both_gain"] & table["lower"].notna()]
    term_ = int(good.index[min(len(good) - 1, len(good) // 2)]) if len(good) else life
    term_ = int(min(max(chosen.get(TERM, term_), 1), life))
    row = table.loc[term_]
    middle = (row["lower"] + row["upper"]) / 2 if row["both_gain"] else 0.5
    share = float(chosen.get(SHARE, round(middle if math.isfinite(middle) else 0.5, 2)))
    outcome = shared_savings(standing.plan, share, term_)
    return {
        "share": share,
        "term": term_,
        "life": life,
        "company_npv": number(outcome.company_npv),
        "enterprise_npv": number(outcome.enterprise_npv),
        "company_irr": number(outcome.company_irr),
        "enterprise_irr": number(outcome.enterprise_irr),
        "both_gain": bool(outcome.both_gain),
        "lower": number(row["lower"]),
        "upper": number(row["upper"]),
        "region": [[int(at), number(one.lower), number(one.upper), bool(one.both_gain)]
                   for at, one in zip(table.index, table.itertuples(), strict=True)],
        "missed": [[achieved, number(short.company_npv), number(short.enterprise_npv)]
                   for achieved in MISSED for short in [shared_savings(standing.plan, share, term_, achieved)]],
    }  # fmt: skip


def _cell(value: Any) -> Any:
    return value if isinstance(value, str) else number(value)


def number(value: Any) -> float | None:
    """A number as the browser can take it; None for what is missing or infinite."""
    if value is None or pd.isna(value) or not math.isfinite(value):
        return None
    return float(value)


def word(value: Any) -> str:
    """A text; empty for what is missing."""
    return "" if value is None or pd.isna(value) else str(value)
