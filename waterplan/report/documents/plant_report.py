"""The report of a plant: where it stands and what it should do next, on one to two pages, in English or Chinese."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from waterplan.base.extras import need
from waterplan.base.texts import Texts
from waterplan.base.whole_files import write_whole
from waterplan.planning.plan.norms import TOLERANCE
from waterplan.plants.norms.ladders import GRADED, GRADES
from waterplan.plants.standing.standing import Standing
from waterplan.report.documents import plant_charts as charts
from waterplan.report.documents.document import (
    Html,
    columns,
    document,
    element,
    figure,
    headlines,
    keys,
    note,
    section,
    to_pdf,
)
from waterplan.report.documents.plant_foot import conversions, remarks, sources
from waterplan.report.documents.plant_tables import (
    bound_note,
    contract_of,
    gap_table,
    indicator_table,
    missed_table,
    step_table,
)
from waterplan.report.documents.plant_words import Told, given

NO_AMOUNT = ("–", "")
BESIDE_LENGTH = 500


def plant_report(standing: Standing, language: str = "en") -> str:
    """The report of a plant as one HTML file of one to two pages, which asks for nothing from outside.

    It holds confidential figures of the enterprise, and says so.
    """
    need("matplotlib")
    told = Told(standing, Texts("plant_report", language))
    changed = [conversions(told)]
    if len(changed[0]) > BESIDE_LENGTH:  # too long for the narrow column
        changed.insert(0, Html())
    content = [
        *_head(told),
        _headlines(told),
        element(
            "div",
            columns(
                element("div", _ladder(told), _gaps(told), _balance(told), class_="stack"),
                element("div", _places(told), indicator_table(told), *changed[:1], class_="stack"),
                widths=(charts.WIDE, charts.SLIM),
            ),
            class_="whole",
        ),
        *_plan(told),
        remarks(told),
        *changed[1:],
        sources(told),
    ]
    return document(charts.plant_title(told), language, *content)


def plant_report_pdf(standing: Standing, language: str = "en") -> bytes:
    """The same report as PDF. Raises WaterplanError that says what to install where WeasyPrint is missing."""
    return to_pdf(plant_report(standing, language))


def write_plant_report(standing: Standing, path: Path, language: str = "en") -> None:
    """The report as a file, .pdf or HTML, whole or not at all. Raises OutputError where it cannot be written."""
    is_pdf = path.suffix.lower() == ".pdf"
    content = plant_report_pdf(standing, language) if is_pdf else plant_report(standing, language).encode()
    write_whole(path, content)


def _head(told: Told) -> list[Html]:
    say, standing = told.say, told.standing
    made = [
        say(
            "makes",
            product=told.product(row),
            output=told.amount(told.unit(str(row["product"])), float(row["output"]), 1),
        )
        for _, row in standing.products.iterrows()
    ]
    province = str(standing.site.get("province") or "")
    known = standing.study.provinces
    where = str(known.loc[province, f"name_{told.language}"]) if province in known.index else given(province)
    owner = standing.site.get("owner")
    about = [str(standing.year), *([where] if where else [])]
    if isinstance(owner, str) and owner and owner != standing.plant:
        about.append(say("owned", owner=given(owner)))
    lead = say("lead", about=told.joined(about), made=told.joined(made) if made else say("makes_nothing"))
    confidential = element("span", say("confidential"), class_="badge")
    return [
        element("p", say("kind"), " · waterplan ", confidential, class_="kind"),
        element("h1", charts.plant_title(told)),
        element("p", lead, class_="lead"),
        note(say("confidential_note")),
    ]


def _headlines(told: Told) -> Html:
    say, standing = told.say, told.standing
    mix = standing.mix
    grade = mix["grade_estimated"]
    rests = "grade_note_estimate" if not pd.isna(grade) and mix["grade"] != grade else "grade_note"
    graded = (told.say(f"short_{grade}"), "") if not pd.isna(grade) else NO_AMOUNT
    score = ("–", "") if math.isnan(standing.score) else (f"{standing.score:.0f}", "/ 100")
    return headlines(
        [
            (say("head_grade"), graded, say("grade_none") if pd.isna(grade) else say(rests)),
            _withdrawal(told),
            _place(told),
            (say("head_score"), score, say("score_note") if score[1] else say("score_none")),
            *_gains(told),
        ]
    )


def next_grade(told: Told) -> str:
    """The next better grade that the mix does not keep to; empty where it keeps to all, or has none."""
    mix = told.standing.mix
    missed = [g for g in reversed(GRADES) if mix["withdrawal_graded"] > mix[f"allowed_{g}"] * (1 + TOLERANCE)]
    return missed[0] if missed else ""


def _withdrawal(told: Told) -> tuple[str, tuple[str, str], str]:
    """Withdrawal per unit against the next grade; of a mix, withdrawal over what the grade allows it."""
    say, standing, grade = told.say, told.standing, next_grade(told)
    if len(standing.products) == 1:
        row = standing.products.iloc[0]
        under = say("keeps_to_all")
        if grade:
            value = told.intensity(str(row["product"]), float(row[f"norm_{grade}"]))[0]
            under = say("next_grade", grade=told.grade(grade), value=value)
        elif row["status"] != GRADED:
            under = say("no_norm")
        return say("head_withdrawal"), told.intensity(str(row["product"]), float(row["intensity"])), under
    ratio = float(standing.mix[f"ratio_{grade}"]) if grade else math.nan
    if math.isnan(ratio):
        under = say("keeps_to_all") if not pd.isna(standing.mix["grade_estimated"]) else say("no_norm")
        return say("head_graded"), told.volume_apart(float(standing.mix["withdrawal_graded"])), under
    return say("head_ratio"), told.quantity("share", ratio, 0), say("ratio_note", grade=told.grade(grade))


def _place(told: Told) -> tuple[str, tuple[str, str], str]:
    places = told.standing.places
    known = places[places["basis"] != ""]
    if known.empty:
        return told.say("head_place"), NO_AMOUNT, told.say("place_none")
    row = known.iloc[0]
    if len(places) > 1:
        water = told.standing.products["withdrawal"].reindex(known.index)
        row = known.iloc[int(water.fillna(0.0).to_numpy().argmax())]
    number = charts.place_written(*(float(row[name]) for name in ("percentile", "lower", "upper")))
    key = "place_note_main" if len(places) > 1 else "place_note"
    return told.say("head_place"), (number.rstrip("%"), "%"), told.say(key, basis=told.say(f"short_{row['basis']}"))


def _gains(told: Told) -> list[tuple[str, tuple[str, str], str]]:
    say, plan = told.say, told.standing.plan
    if plan is None or not len(plan.steps):
        most = told.standing.attainable
        under = say("attainable", saving=told.volume(most)) if math.isfinite(most) else say("no_plan")
        return [(say("head_saving"), NO_AMOUNT, under), (say("head_payback"), NO_AMOUNT, say("no_plan"))]
    share = told.amount("share", plan.saving / plan.before, 1)
    years = told.years(plan.totals["payback"])
    spent = say("investment_of", money=told.amount("CNY", plan.totals["investment"], 1))
    return [
        (say("head_saving"), told.volume_apart(plan.saving), say("share_saved", share=share)),
        (say("head_payback"), (years, say("years") if years != "–" else ""), spent),
    ]


def _ladder(told: Told) -> Html:
    say = told.say
    if not len(told.standing.products):
        return section(say("ladder"), note(say("makes_nothing")))
    hidden = len(told.standing.products) - len(charts.shown_products(told))
    more = [note(say("more_products", count=hidden))] if hidden else []
    shown = keys(charts.ladder_keys(told))
    return figure(say("ladder"), charts.ladder_chart(told), shown, note(say("ladder_note")), *more)


def _places(told: Told) -> Html:
    say = told.say
    if told.standing.places.empty:
        return section(say("places"), note(say("makes_nothing")))
    return figure(say("places"), charts.places_chart(told), note(say("places_note")))


def _balance(told: Told) -> Html:
    say, gap = told.say, float(told.standing.balance["balance_gap_share"])
    if told.standing.flows.empty:
        return section(say("balance"), note(say("no_flows")))
    closes = say("gap_unknown") if math.isnan(gap) else say("gap_of", share=told.amount("share", gap, 1))
    again = charts.reused(told)
    inside = say("used_again", list=again) if again else say("nothing_used_again")
    return figure(say("balance"), charts.balance_chart(told), note(closes, " ", inside))


def _gaps(told: Told) -> Html:
    """How far the mix is from each grade; other sources beside it where they matter."""
    say, mix = told.say, told.standing.mix
    with_others = float(mix["withdrawal_all_sources"])
    volumes = [(say("graded_withdrawal"), float(mix["withdrawal_graded"]))]
    if with_others > float(mix["withdrawal_graded"]):
        volumes.append((say("all_sources"), with_others))
    head = note(told.joined(say("named", name=name, value=told.volume(volume)) for name, volume in volumes))
    return section(say("gaps"), head, gap_table(told))


def _plan(told: Told) -> list[Html]:
    say, standing = told.say, told.standing
    plan = standing.plan
    if plan is None:
        return [section(say("plan"), note(standing.plan_fault.text(told.language) or say("no_plan")))]
    if not len(plan.steps):
        return [section(say("plan"), note(goal_of(told)), note(say("nothing_to_do")))]
    whole = [note(goal_of(told)), step_table(told), bound_note(told)]
    if standing.curve is None or standing.curve.empty:
        return [section(say("plan"), *whole)]
    curve = figure(say("curve"), charts.curve_chart(told), note(say("curve_note")))
    return [section(say("plan"), *whole), columns(curve, _contract(told), widths=(charts.CURVE, charts.CONTRACT))]


def goal_of(told: Told) -> str:
    """What the plan is for, and which grade comes of it."""
    say, plan, goal = told.say, told.standing.plan, told.standing.goal
    assert plan is not None
    assert goal is not None
    values = {"before": told.volume(plan.before), "after": told.volume(plan.withdrawal)}
    amounts = {"budget": told.amount("CNY", float(goal.value), 1) if goal.kind == "budget" else "",
               "years": f"{goal.value:g}" if goal.kind == "payback" else ""}  # fmt: skip
    key = "goal_grade_mix" if goal.grade and told.is_mixed else f"goal_{goal.kind}"
    after = told.standing.grade_after
    return say(key, grade=told.grade(goal.grade) if goal.grade else "", **amounts, **values) + (
        say("grade_after", grade=told.grade(after)) if after not in ("", goal.grade) else ""
    )


def _contract(told: Told) -> Html:
    say, contract = told.say, contract_of(told)
    if contract is None:
        return section(say("contract"), note(say("no_contract")))
    region = told.standing.contract
    assert region is not None
    share = {name: told.amount("share", float(region[name][contract.term]), 0) for name in ("lower", "upper")}
    first = int(region.index[region["both_gain"]].min())
    lead = say("contract_lead", first=first, term=contract.term, share=told.amount("share", contract.share, 0), **share)
    rates = {"company": told.amount("share", contract.company_rate, 0),
             "enterprise": told.amount("share", contract.enterprise_rate, 0)}  # fmt: skip
    chart = charts.contract_chart(told, contract)
    return figure(say("contract"), chart, note(lead), missed_table(told, contract), note(say("contract_note", **rates)))
