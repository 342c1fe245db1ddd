"""What a terminal shows of plants: the page of one, and a line each of many."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
import xarray as xr

from waterplan.base.texts import Texts
from waterplan.base.vocabulary import term
from waterplan.plants.norms.ladders import GRADES
from waterplan.plants.standing.goal import BUDGET, GRADE, Goal
from waterplan.plants.standing.standing import Standing
from waterplan.report.pages.layout import NOTHING, number, paragraph, percent, titled

GRADE_COLUMNS = (24, 14, 14, 10)
PRODUCT_COLUMNS = (34, 12, 10, 16, 16)
INDICATOR_COLUMNS = (44, 12)
STEP_COLUMNS = (40, 12, 12, 10, 12)
MANY_COLUMNS = (34, 6, 16, 12, 12, 8)
ROOM, MOST = "standing", 40
CONTRACT_TERMS = 3


def plant_page(standing: Standing, language: str = "en") -> str:
    """The page of a plant: grades, products and their places, indicators, balance, plan, contract, remarks."""
    say = Texts(ROOM, language)
    blocks = [
        _head(standing, say), _grades(standing, say), _products(standing, say), _indicators(standing, say),
        _balance(standing, say), _plan(standing, say), _contract(standing, say), _changed(standing, say),
        _remarks(standing, say),
    ]  # fmt: skip
    return "\n\n".join("\n".join(block) for block in blocks if block)


def plants_page(answer: xr.Dataset, language: str = "en", most: int = MOST) -> str:
    """A line for each plant and year of what ``benchmark`` gave; first those that take most of their last grade."""
    say = Texts(ROOM, language)
    ratio = answer["allowed_ratio"].min("grade").to_numpy()
    order = pd.Series(-ratio).sort_values(kind="stable").index[:most]
    head = [say("plant"), say("year"), say("grade"), say("withdrawal"), say("gap_to_next"), say("score")]
    rows = []
    for at in order:
        row = answer.isel(plant_year=int(at))
        gaps = [gap for gap in row["mix_gap_volume"].to_numpy().tolist()[::-1] if gap > 0]
        grade = str(row["mix_grade_estimated"].item())
        rows.append(
            [_told(row["plant"].item()), f"{int(row['year'])}", say(f"grade_{grade}") if grade else say("no_grade"),
             number(float(row["withdrawal_graded"])), number(gaps[0] if gaps else math.nan),
             number(float(row["score"]))]
        )  # fmt: skip
    count = answer.sizes["plant_year"]
    lines = [say("plants", count=count), *titled(head, rows, MANY_COLUMNS)]
    return "\n".join([*lines, *([say("plants_more", count=count - most)] if count > most else []), say("ask_one")])


def _told(text: object) -> str:
    """A name of the file on one line, without signs that a terminal obeys."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in str(text))


def _head(standing: Standing, say: Texts) -> list[str]:
    title = say("title", plant=_told(standing.plant), year=standing.year)
    grade = standing.mix["grade_estimated"]
    told = [say("graded", grade=say("no_grade") if pd.isna(grade) else say(f"grade_{grade}"))]
    if not math.isnan(standing.score):
        told.append(say("scored", score=f"{standing.score:.0f}"))
    study = standing.study
    about = say("study", title=study.title_in(say.language), name=study.name)
    return [title, say("between").join(told), about]


def _grades(standing: Standing, say: Texts) -> list[str]:
    mix = standing.mix
    head = [say("grades"), say("allowed"), say("gap"), say("ratio")]
    rows = []
    for grade in GRADES:
        if not pd.isna(mix[f"allowed_{grade}"]):
            name = say(f"grade_{grade}") + (say("estimate_mark") if mix[f"estimate_{grade}"] else "")
            gap = number(mix[f"gap_volume_{grade}"], sign=True)
            rows.append([name, number(mix[f"allowed_{grade}"]), gap, number(mix[f"ratio_{grade}"], 2)])
    rows.append([term("withdrawal_graded").label(say.language), number(mix["withdrawal_graded"]), "", ""])
    return titled(head, rows, GRADE_COLUMNS)


def _products(standing: Standing, say: Texts) -> list[str]:
    if not len(standing.products):
        return []
    head = [say("products"), say("intensity"), say("unit"), say("grade"), say("place")]
    rows = []
    for row, place in zip(standing.products.to_dict("records"), standing.places.to_dict("records"), strict=True):
        grade = row["grade_estimated"]
        rows.append(
            [_told(standing.name(str(row["product"]), say.language)), number(row["intensity"], 2),
             _unit(standing, str(row["product"])), NOTHING if pd.isna(grade) else say(f"grade_{grade}"),
             _place(place, say) if place["basis"] else NOTHING]
        )  # fmt: skip
    return [*titled(head, rows, PRODUCT_COLUMNS), *paragraph(say("place_means"))]


def _place(place: Mapping[Hashable, Any], say: Texts) -> str:
    lower, upper, basis = place["lower"], place["upper"], place["basis"]
    told = "" if math.isnan(place["percentile"]) else f"{place['percentile']:.0f}"
    interval = "" if math.isnan(lower) else f"({lower:.0f}-{upper:.0f})"
    return " ".join(filter(None, [told, interval, say(f"basis_{basis}")]))


def _unit(standing: Standing, product: str) -> str:
    known = standing.study.products
    return f"m3/{known['output_unit'][product]}" if product in known.index else NOTHING


def _indicators(standing: Standing, say: Texts) -> list[str]:
    rows, missing = [], []
    for key, row in standing.indicators.iterrows():
        found = term(str(key))
        value = row["value"]
        if not math.isnan(value):
            is_share = found.unit == "1"
            name = found.label(say.language) + ("" if is_share else f" [{say('per_value_added')}]")
            rows.append([name, percent(value) if is_share else number(value, 2)])
        elif row["missing"]:
            missing.append(found.label(say.language))
    lines = titled([say("indicators"), ""], rows, INDICATOR_COLUMNS)
    return [*lines, *(paragraph(say("not_told", names=say("between").join(missing))) if missing else [])]


def _balance(standing: Standing, say: Texts) -> list[str]:
    told = standing.balance
    names = ("withdrawal_all_sources", "consumed", "discharged", "leaked", "balance_gap")
    rows = [[term(name).label(say.language), number(told[name])] for name in names]
    return titled([say("balance"), "m3/a"], rows, INDICATOR_COLUMNS)


def goal_sentence(goal: Goal, language: str) -> str:
    """What a plan is for, in words."""
    say = Texts(ROOM, language)
    if goal.kind == GRADE:
        return say("goal_grade", grade=say(f"grade_{goal.grade}"))
    if goal.kind == BUDGET:
        return say("goal_budget", budget=f"{float(goal.value):,.0f}")
    return say("goal_payback", years=f"{float(goal.value):g}")


def _plan(standing: Standing, say: Texts) -> list[str]:
    plan, goal = standing.plan, standing.goal
    if plan is None or goal is None:
        return [say("plan"), *paragraph(standing.plan_fault.text(say.language))]
    study, language = standing.study, say.language
    head = [say("plan"), say("saving"), say("investment"), say("payback"), say("unit_cost")]
    totals = plan.totals
    named = [
        (str(study.technologies.loc[str(technology), f"name_{language}"]), plan.together(steps))
        for technology, steps in plan.steps.groupby("technology", sort=False)
    ]
    rows = [
        [name, number(sums["saving"]), number(sums["outlay"]), _years(sums["payback"]),
         number(sums["levelised_cost"], 2)]
        for name, sums in [*named, (say("together"), totals)]
    ]  # fmt: skip
    after = say(
        "after", before=number(plan.before), after=number(plan.withdrawal), share=percent(plan.saving / plan.before)
    )
    worth = say(
        "worth", benefit=number(totals["net_benefit"]), npv=number(totals["npv"]), horizon=f"{plan.horizon:g}",
        rate=percent(plan.rate), irr=percent(totals["irr"]) if math.isfinite(totals["irr"]) else NOTHING,
    )  # fmt: skip
    grade = standing.grade_after
    told = [after, *([say("grade_after", grade=say(f"grade_{grade}"))] if grade else []), worth]
    return [goal_sentence(goal, language), *titled(head, rows, STEP_COLUMNS),
            *(line for text in told for line in paragraph(text))]  # fmt: skip


def _years(value: float) -> str:
    return number(value, 1) if math.isfinite(value) else NOTHING


def _contract(standing: Standing, say: Texts) -> list[str]:
    if standing.contract is None:
        return []
    both = standing.contract[standing.contract["both_gain"] & standing.contract["lower"].notna()]
    if not len(both):
        return [say("contract_none")]
    shown = both.iloc[sorted({0, len(both) // 2, len(both) - 1})][:CONTRACT_TERMS]
    told = [
        say("contract_term", term=years, lower=percent(lower, 0), upper=percent(upper, 0))
        for years, lower, upper in zip(shown.index, shown["lower"], shown["upper"], strict=True)
    ]
    return [say("contract"), *(line for text in (*told, say("contract_energy")) for line in paragraph(text))]


def _changed(standing: Standing, say: Texts) -> list[str]:
    if not standing.records.conversions:
        return []
    alike: dict[tuple[str, int, str, str], list[str]] = {}
    for one in (one.said_in(say.language) for one in standing.records.conversions):
        alike.setdefault((one.sheet, one.row, one.written, one.became), []).append(one.column)
    told = []
    for (sheet, row, written, became), names in alike.items():
        place = " ".join(
            filter(None, [sheet, say("row", row=row) if row else "", say("between").join(filter(None, names))])
        )
        told.append(say("changed_one", place=place, written=written, became=became))
    return [say("changed"), *(line for text in told for line in paragraph(text))]


def _remarks(standing: Standing, say: Texts) -> list[str]:
    return [say("remarks"), *(line for note in standing.notes(say.language) for line in paragraph(note))]
