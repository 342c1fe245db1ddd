"""Tables of a plant's report: indicators, the steps of its plan, and what a contract would share."""

from __future__ import annotations

import math

import pandas as pd

from waterplan.base.formats import digits
from waterplan.base.vocabulary import term
from waterplan.planning.plan.norms import TOLERANCE
from waterplan.plants.measures.by_technology import by_technology, together
from waterplan.plants.measures.contract import Project, Shared, missed_saving
from waterplan.plants.norms.ladders import GRADES
from waterplan.report.documents.document import Html, element, note, section, table
from waterplan.report.documents.plant_words import Told, whole_word
from waterplan.report.documents.policy_tables import assumed_shares

STEPS, STEPS_OF_MANY, NAMED, NONE = 12, 8, 2, -1
ACHIEVED = (1.0, 0.85, 0.7)  # shares of the promised saving
ROOM_TO_SHARE = 0.1  # the usual term is the first at which so much can be bargained over
SITE = "site"


def indicator_table(told: Told) -> Html:
    """The indicators, under each its formula and meaning, or what is missing for it."""
    say, standing = told.say, told.standing
    rows, seen = [], set()
    metered = standing.intensities[standing.intensities["missing"] == ""] if told.is_crowded else standing.intensities
    for _, row in metered.iterrows():
        name = say("of_product", name=term("withdrawal_per_output").label(told.language), product=told.product(row))
        value = told.intensity(str(row["product"]), float(row["withdrawal_per_output"]))
        under = _under(told, "withdrawal_per_output", str(row["missing"]))
        rows.append(_row(name, "" if under in seen else under, value))
        seen.add(under)
    for indicator, row in standing.indicators.iterrows():
        one = term(str(indicator))
        kind = "share" if one.unit == "1" else say("per_value_added")
        value = told.quantity(kind, float(row["value"]), 1)
        rows.append(_row(one.label(told.language), _under(told, one.name, str(row["missing"])), value))
    return section(say("indicators"), element("div", table(["", ""], rows), class_="dense indicators"))


def _under(told: Told, name: str, missing: str) -> str:
    if missing:
        return told.say("missing", names=told.labels(missing))
    return term(name).meaning(told.language)


def _row(name: str, under: str, value: tuple[str, str]) -> list[str | Html]:
    number, unit = value
    shown = f"{number}{unit}" if unit == "%" else f"{number} {unit}".strip()
    return [Html(f"{element('span', name)}{element('span', under, class_='under')}"), element("b", shown)]


def gap_table(told: Told) -> Html:
    """What each grade allows the plant's mix, and how far it is above or below it."""
    say, mix = told.say, told.standing.mix
    rows = []
    for grade in GRADES:
        allowed, gap = float(mix[f"allowed_{grade}"]), float(mix[f"gap_volume_{grade}"])
        if math.isfinite(allowed) and math.isfinite(gap):
            name = say("estimated", name=told.grade(grade)) if mix[f"estimate_{grade}"] else told.grade(grade)
            told_gap = say("too_much" if gap > TOLERANCE * allowed else "keeps", volume=told.volume(abs(gap)))
            rows.append([name, told.volume(allowed), told_gap])
    if not rows:
        return note(say("mix_no_norm" if told.is_mixed else "no_norm_to_hold_against"))
    return table([say("grade"), say("allowed"), say("distance")], rows)


def step_table(told: Told) -> Html:
    """The technologies of the plan, what a cubic metre costs rising, numbered as in the chart, and their sum."""
    say, standing, plan = told.say, told.standing, told.standing.plan
    assert plan is not None
    steps = by_technology(plan)
    factor, money = told.column("CNY", steps["investment"])
    yearly = told.column("CNY/a", steps["running"])
    volume = told.column("m3/a", steps["saving"])
    assumed = assumed_shares(standing.study.rows)
    most = STEPS_OF_MANY if told.is_crowded else STEPS
    shown = len(steps) if len(steps) <= most + 1 else most

    def figures(row: pd.Series) -> list[str]:
        return [
            digits(float(row["saving"]) * volume[0], 0 if volume[0] == 1 else 2),
            digits(float(row["investment"]) * factor, 2),
            digits(float(row["running"]) * yearly[0], 2),
            digits(float(row["levelised_cost"]), 2),
            told.years(float(row["payback"])),
            digits(float(row["npv"]) * factor, 2),
            told.rate(float(row["irr"])),
        ]

    rows: list[list[str | Html]] = [
        [str(number), _name(told, row), *figures(row), digits(100 * assumed.get(str(row["technology"]), 0.0), 0)]
        for number, (_, row) in enumerate(steps.head(shown).iterrows(), start=1)
    ]
    if len(steps) > len(rows):
        rest = together(plan, plan.steps[plan.steps["technology"].isin(steps["technology"][shown:])])
        rows.append(["", say("others", count=len(steps) - shown), *figures(pd.Series(rest)), ""])
    whole = figures(pd.Series(together(plan, plan.steps)))
    rows.append(["", element("b", say("total")), *(element("b", cell) for cell in whole), ""])
    each = told.quantity("CNY/m3", 1.0)[1]
    units = {"saving_in": volume[1], "investment": money, "running": yearly[1], "levelised": each, "payback": "",
             "npv": money, "irr": "", "assumed": ""}  # fmt: skip
    head = ["", say("technology"), *(say(key, unit=whole_word(unit)) for key, unit in units.items())]
    return element("div", table(head, rows, texts=2, wraps=1), class_="dense steps")


def _name(told: Told, row: pd.Series) -> Html:
    """A technology and, in grey, where in the plant it goes."""
    study, language = told.standing.study, told.language
    name = str(study.technologies.loc[row["technology"], f"name_{language}"])
    uses = [
        told.say("whole_site") if use == SITE else str(study.end_uses.loc[use, f"name_{language}"])
        for use in row["end_uses"]
    ]
    every = len(row["products"]) == len(told.standing.products)
    few = len(row["products"]) <= NAMED
    of = told.joined(told.standing.name(product, language) for product in row["products"])
    of = of if few else told.say("several_products", count=len(row["products"]))
    where = uses[0] if len(uses) == 1 else told.say("several_uses", count=len(uses))
    where = told.say("of_product", name=where, product=of) if told.is_mixed and not every else where
    return Html(element("span", name) + element("span", f" · {where}", class_="quiet"))


def contract_of(told: Told) -> Shared | None:
    """The contract that the report takes as an example: the middle of what both sides gain by, at the first term that
    leaves something to bargain over. None where there is no such contract."""
    region = told.standing.contract
    both = region[region["both_gain"] & region["lower"].notna()] if region is not None else None
    if both is None or not len(both):
        return None
    room = both["upper"] - both["lower"]
    wide = room[room >= ROOM_TO_SHARE]
    term_ = int(str(wide.index[0] if len(wide) else room.idxmax()))
    return Shared(share=float(both["lower"][term_] + both["upper"][term_]) / 2, term=term_)


def missed_table(told: Told, contract: Shared) -> Html:
    """What both sides gain by the contract where less than the promised saving is achieved."""
    say, plan = told.say, told.standing.plan
    assert plan is not None
    found = missed_saving(Project.of(plan), contract, ACHIEVED)
    factor, money = told.column("CNY", [*found["company_npv"], *found["enterprise_npv"]])
    rows = [
        [
            told.amount("share", float(str(achieved)), 0),
            digits(float(row["company_npv"]) * factor, 1),
            told.rate(float(row["company_irr"])) if math.isfinite(row["company_irr"]) else told.say("none"),
            digits(float(row["enterprise_npv"]) * factor, 1),
        ]
        for achieved, row in found.iterrows()
    ]
    head = [say("achieved"), say("company_npv", unit=money), say("company_irr"),
            say("enterprise_npv", unit=money)]  # fmt: skip
    return element("div", table(head, rows, wraps=NONE), class_="dense")


def bound_note(told: Told) -> Html:
    """What the planning model says if technologies came in parts, beside the plan of whole ones."""
    plan = told.standing.plan
    assert plan is not None
    kind = {"investment": "CNY", "saving": "m3/a"}.get(plan.objective, "CNY/a")
    values = {"value": told.amount(kind, plan.value), "bound": told.amount(kind, plan.bound)}
    return note(told.say("bound", what=told.say(f"objective_{plan.objective}"), **values))
