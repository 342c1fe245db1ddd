"""The charts of a plant's standing: grade ladder, place among peers, water balance, cost curve, contract."""

from __future__ import annotations

import math

import pandas as pd

from waterplan.base import palette
from waterplan.base.formats import digits
from waterplan.base.vocabulary import term
from waterplan.plants.measures.by_technology import by_technology
from waterplan.plants.measures.contract import Shared
from waterplan.plants.norms.ladders import GRADED, GRADES
from waterplan.plants.records.balance import REUSED
from waterplan.plants.records.records import GRADED as GRADED_SOURCES
from waterplan.plants.standing.water_flows import GAP
from waterplan.plants.standing.water_flows import PLANT as SITE
from waterplan.report.charts.cost_steps import Piece, Term, cost_steps, sharing
from waterplan.report.charts.grade_ladder import BESIDE, ESTIMATE, KINDS, NORM, PLANT, Ladder, Step, ladder
from waterplan.report.charts.sankey import MIDDLE, Flow, colours_of, sankey
from waterplan.report.charts.scale import Place, places
from waterplan.report.documents.plant_words import PRODUCTS, Told, given
from waterplan.report.documents.policy_foot import short
from waterplan.study.tables.translations import cell_in

ROWS, ROWS_LEAST, FLAT = 24, 4, 62.0  # rungs in all, least of a product; height of the balance of many products, pt
WIDE, SLIM, CURVE, CONTRACT = 104.0, 70.0, 90.0, 84.0  # mm


def ladder_chart(told: Told) -> str:
    """Every norm in force and the plant among them, product by product and for the mix."""
    found = _ladders(told)
    heard = [
        told.say("alt_step", label=f"{step.label} {step.source}".strip(), value=f"{step.written} {one.unit}")
        for one in found
        for step in one.steps
    ]
    return ladder(found, told.say("alt_ladder", list=told.joined(heard)), told.language, WIDE)


def _ladders(told: Told) -> list[Ladder]:
    rows = shown_products(told)
    most = max(ROWS_LEAST, ROWS // max(len(rows) + told.is_mixed, 1))
    return [*([_mix(told)] if told.is_mixed else []), *(_of_product(told, row, most) for _, row in rows.iterrows())]


def shown_products(told: Told) -> pd.DataFrame:
    """The products that charts show: those with most water first where they are many."""
    rows = told.standing.products
    return rows if not told.is_crowded else rows.sort_values("withdrawal", ascending=False, kind="stable")[:PRODUCTS]


def _mix(told: Told) -> Ladder:
    say, mix = told.say, told.standing.mix
    withdrawal = float(mix["withdrawal_graded"])
    limits = [(grade, float(mix[f"allowed_{grade}"]), bool(mix[f"estimate_{grade}"])) for grade in GRADES]
    known = [(grade, limit, estimated) for grade, limit, estimated in limits if math.isfinite(limit)]
    factor, unit = told.column("m3/a", [withdrawal, *(limit for _, limit, _ in known)])
    whole = 0 if factor == 1 else 2
    steps = [
        Step(_grade(told, grade, estimated), "", limit, digits(limit * factor, whole), ESTIMATE if estimated else NORM)
        for grade, limit, estimated in known
    ]
    steps.append(Step(say("this_plant"), "", withdrawal, digits(withdrawal * factor, whole), PLANT))
    return Ladder(say("all_products"), unit, _in_order(steps), "" if known else say("mix_no_norm"))


def _of_product(told: Told, row: pd.Series, most: int) -> Ladder:
    say, held = told.say, _norms_of(told, row)
    steps = [_step(told, norm, row) for _, norm in held.iterrows()]
    cut = max(len(steps) - most, 0)
    kept = sorted(steps, key=lambda step: step.kind == BESIDE)[:most]
    intensity = float(row["intensity"])
    written = short(intensity) if math.isfinite(intensity) else say("not_metered")
    kept.append(Step(say("this_plant"), "", intensity, written, PLANT))
    remark = "" if row["status"] == GRADED else say(f"product_{row['status']}", year=told.standing.year)
    if cut:
        remark = say("separator").join([*([remark] if remark else []), say("more_norms", count=cut)])
    return Ladder(told.product(row), told.per_unit(str(row["product"])), _in_order(kept), remark)


def _norms_of(told: Told, row: pd.Series) -> pd.DataFrame:
    """The norms of a product's row; grades of the study that stand in for nothing are left out."""
    held = told.standing.ladder
    if not len(held):
        return held
    route, variant = ("" if pd.isna(row[name]) else row[name] for name in ("route", "variant"))
    same = (held["product"] == row["product"]) & (held["route"].fillna("") == route)
    if variant:
        same &= held["variant"].isin(["", variant])
    held = held[same & (held["graded_on"] | ((held["rank"] != "study") & (not told.is_crowded)))]
    return held.drop_duplicates(["norm", "grade", "variant", "value"])


def _step(told: Told, norm: pd.Series, row: pd.Series) -> Step:
    estimated = bool(norm["estimate"])
    is_another = norm["variant"] and norm["variant"] != row["variant"]
    names = [] if estimated else [cell_in(norm, "norm", told.language)]
    source = told.joined([*names, *([cell_in(norm, "variant", told.language)] if is_another else [])])
    kind = (ESTIMATE if estimated else NORM) if norm["graded_on"] else BESIDE
    value = float(norm["value"])
    return Step(_grade(told, norm["grade"], estimated), source, value, short(value), kind)


def _grade(told: Told, grade: str | float, estimated: bool) -> str:
    name = told.grade(grade)
    return told.say("estimated", name=name) if estimated else name


def _in_order(steps: list[Step]) -> list[Step]:
    """The best at the top; what is not known at the end."""
    return sorted(steps, key=lambda step: (math.isnan(step.value), step.value, step.kind == PLANT))


def places_chart(told: Told) -> str:
    """The place of each product among its peers, or in the distribution that stands in for them."""
    rows = told.standing.places.loc[shown_products(told).index]
    found = [_place(told, row) for _, row in rows.iterrows()]
    heard = [told.say("alt_place", label=one.label, place=one.written, basis=one.basis) for one in found]
    ends = told.say("least_water"), told.say("most_water")
    return places(found, ends, told.say("alt_places", list=told.joined(heard)), told.language, SLIM)


def _place(told: Told, row: pd.Series) -> Place:
    values = [float(row[name]) for name in ("percentile", "lower", "upper")]
    basis = row["reason"].text(told.language)
    if row["basis"]:
        interval = told.say("between", low=digits(values[1], 0), high=digits(values[2], 0))
        counted = 0 if pd.isna(row["count"]) else int(row["count"])
        basis = told.say(f"basis_{row['basis']}", count=counted)
        basis += told.say("interval", interval=interval) if math.isfinite(values[1]) else ""
    place, low, high = values
    return Place(told.product(row), place, low, high, place_written(place, low, high), basis)


def place_written(place: float, low: float, high: float) -> str:
    """A place as written: the percent of plants that make do with less, or between what it lies.

    >>> place_written(45.2, 40.0, 50.0), place_written(float("nan"), 80.0, 100.0)
    ('45%', '80–100%')
    """
    if math.isfinite(place):
        return f"{digits(place, 0)}%"
    return f"{digits(low, 0)}–{digits(high, 0)}%" if math.isfinite(low) else "–"


def balance_chart(told: Told) -> str:
    """Where the plant's water comes from and where it goes, to one scale; what is not accounted for as its own band."""
    flows = told.standing.flows
    into, out = _flows(told, flows, "source", "target"), _flows(told, flows, "target", "source")
    volume = sum(flow.volume for flow in into)
    heard = [told.say("alt_step", label=flow.name, value=flow.written) for flow in (*into, *out)]
    middle = told.say("site"), told.volume(volume)
    return sankey(middle, into, out, told.say("alt_balance", list=told.joined(heard)), told.language, WIDE,
                  FLAT if told.is_crowded else MIDDLE)  # fmt: skip


def _flows(told: Told, flows: pd.DataFrame, end: str, at_site: str) -> list[Flow]:
    rows = flows[flows[at_site] == SITE]
    names = [str(name) for name in rows[end]]
    colours = colours_of(names, GRADED_SOURCES, ("leaked", GAP))
    label = {name: told.say("gap" if name == GAP else f"flow_{name}") for name in names}
    return [
        Flow(label[name], volume, told.volume(volume), colours[name], name == GAP)
        for name, volume in zip(names, map(float, rows["volume"]), strict=True)
    ]


def curve_chart(told: Told) -> str:
    """The plant's cost curve, and on it the steps of the plan, numbered as in the table."""
    standing, say = told.standing, told.say
    assert standing.plan is not None
    assert standing.curve is not None
    factor, unit = told.column("m3/a", [standing.attainable])
    steps = [
        Piece(float(row["saving"]) * factor, float(row["levelised_cost"]), number)
        for number, (_, row) in enumerate(by_technology(standing.plan).iterrows(), start=1)
    ]
    line = [Piece(float(row["width"]) * factor, float(row["price"])) for _, row in standing.curve.iterrows()]
    money = told.quantity("CNY/m3", 1.0)[1]
    names = say("axis", label=say("axis_saving"), unit=unit), say("axis", label=say("axis_cost"), unit=money)
    saved, most = standing.plan.saving, standing.attainable
    notes = say("plan_saves", saving=told.volume(saved)), say("at_most", saving=told.volume(most))
    if most - saved < 0.01 * most:
        notes = notes[0], ""
    alternative = say("alt_curve", saving=told.volume(saved), most=told.volume(most), count=len(steps))
    return cost_steps(steps, line, most * factor, names, notes, alternative, told.language, CURVE)


def contract_chart(told: Told, contract: Shared) -> str:
    """For each term of a contract of shared savings, between which shares both sides gain."""
    region = told.standing.contract
    assert region is not None
    terms = [Term(int(str(years)), float(row["lower"]), float(row["upper"])) for years, row in region.iterrows()]
    both = region[region["both_gain"]]
    alternative = told.say("alt_contract", first=int(both.index.min()), share=told.amount("share", contract.share, 0),
                           term=contract.term)  # fmt: skip
    names = told.say("axis_term"), told.say("axis_share")
    chosen = contract.term, contract.share
    return sharing(terms, chosen, names, alternative, told.language, CONTRACT)


def ladder_keys(told: Told) -> dict[str, str]:
    """What the colours of the ladder mean; those that it has."""
    drawn = {step.kind for one in _ladders(told) for step in one.steps}
    colours = {
        told.say("key_plant"): palette.ACCENT,
        told.say("key_norm"): palette.blend(palette.ACCENT, 0.34),
        told.say("key_estimate"): palette.blend(palette.ACCENT, 0.12),
        told.say("key_beside"): palette.blend(palette.MUTED, 0.45),
    }
    return {name: colour for (name, colour), kind in zip(colours.items(), KINDS, strict=True) if kind in drawn}


def reused(told: Told) -> str:
    """What is used again inside, which the balance does not count; empty where nothing is given."""
    site = told.standing.site
    known = [
        (name, float(site[name])) for name in REUSED if name in site and not pd.isna(site[name]) and site[name] > 0
    ]
    return told.joined(f"{term(name).label(told.language)} {told.volume(volume)}" for name, volume in known)


def plant_title(told: Told) -> str:
    """The plant as the report calls it."""
    return given(told.standing.plant)
