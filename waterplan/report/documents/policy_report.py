"""The policy report: two pages of a plan with charts, assumptions and sources, in English or Chinese."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import xarray as xr

from waterplan.base import palette
from waterplan.base.extras import CHARTS, need
from waterplan.base.texts import Texts
from waterplan.planning.explain.other_plans import OtherPlans
from waterplan.planning.explain.sensitivity import share_by_basis
from waterplan.planning.plan import figures
from waterplan.planning.plan.lines import FROZEN, Lines
from waterplan.planning.plan.plan import Plan
from waterplan.report import charts
from waterplan.report.charts.chart_words import Words
from waterplan.report.documents.document import (
    Html,
    bar,
    columns,
    document,
    element,
    figure,
    headlines,
    keys,
    note,
    section,
)
from waterplan.report.documents.policy_anyway import what_comes_anyway
from waterplan.report.documents.policy_foot import assumptions, differences, foot, source_list
from waterplan.report.documents.policy_tables import binding, energy, technology_table, views
from waterplan.report.documents.policy_words import Report

BASES = {"assumed": "#a03b12", "estimated": "#e0a54c", "reported": "#8c98a8", "measured": "#4348b0"}
SEEN = 0.005  # a smaller share is not told
BROAD, SLIM, MAP_HEIGHT = 106.0, 68.0, 66.0  # mm


def report_document(
    plan: Plan,
    language: str = "en",
    weights: pd.DataFrame | None = None,
    curve: xr.Dataset | None = None,
    others: OtherPlans | None = None,
) -> str:
    """The policy report of a plan as one HTML file of about three pages, which asks for nothing from outside.

    weights: of :func:`waterplan.explain.weights`, for what the cost rests on; curve: of
    :func:`waterplan.planning.curve.curve`, for the cost curve; others: of :func:`waterplan.explain.other_plans`, for
    what would come anyway. Without them the report says so or leaves it out. Raises
    WaterplanError where hvPlot is not installed.
    """
    need(*CHARTS)
    report = Report(plan, plan.scenario.resolve(plan.study), Texts("report", language), Words(plan, language), weights)
    heavy, cited = assumptions(report)
    content = [
        *_head(report),
        _headlines(report),
        columns(_withdrawal(report), _rests(report)),
        *_charts(report, curve, None if others is None else others.lines),
        *(what_comes_anyway(report, others) if others is not None else []),
        technology_table(report),
        columns(binding(report), views(report), energy(report), widths=(54, 68, 58)),
        differences(report),
        heavy,
        source_list(report, cited),
        foot(report),
    ]
    title = plan.scenario.headline(language) or plan.study.title_in(language)
    return document(title, language, *content)


def _head(report: Report) -> list[Html]:
    say, study, scenario = report.say, report.plan.study, report.plan.scenario
    about = say(
        "question",
        study=study.title_in(report.language),
        price_year=study.price_year,
        currency=study.currency,
        perspective=say(f"choice_{report.levers.perspective}"),
    )
    found = [
        element("p", say("kind"), " · waterplan", class_="kind"),
        element("h1", scenario.headline(report.language) or study.title_in(report.language)),
    ]
    if scenario.reason(report.language):
        found.append(element("p", scenario.reason(report.language), class_="lead"))
    return [*found, note(about)]


def _headlines(report: Report) -> Html:
    say, words = report.say, report.words
    saving, cost, target = report.total("saving"), report.total("annual_cost"), report.levers.saving_target
    amounts = {
        "counted_saving": ("hm3/a", report.total("counted_saving")),
        "annual_cost": ("MCNY/a", cost),
        "mean_cost": ("CNY/m3", cost / saving if saving > figures.least_used(report.plan.statement) else float("nan")),
        "shadow_price": ("CNY/m3", report.total("shadow_price")),
        "investment": ("MCNY", report.total("investment")),
        "carbon_dioxide": ("kt/a", report.total("carbon_dioxide")),
    }
    unders = {name: say(f"note_{name}", perspective=say(f"choice_{report.levers.perspective}"), **report.years)
              for name in amounts if name != "counted_saving"}  # fmt: skip
    unders["counted_saving"] = _aim(report, "note_target" if target > 0 else "note_no_target")
    return headlines(
        (say(f"head_{name}", **report.years), words.quantity(kind, value), unders[name])
        for name, (kind, value) in amounts.items()
    )


def _aim(report: Report, key: str) -> str:
    """The target, and from where it counts unless all counts from frozen efficiency."""
    say, levers = report.say, report.levers
    saving = report.words.amount("hm3/a", levers.saving_target)
    if levers.baseline == FROZEN:
        return say(key, saving=saving)
    line = FROZEN if levers.count_from == FROZEN else levers.baseline
    return say(f"{key}_from", saving=saving, line=say(f"column_{line}"))


def _withdrawal(report: Report) -> Html:
    say, words = report.say, report.words
    base, reference, planned = (report.total(f"{name}_withdrawal") for name in ("base", "reference", "planned"))
    moved = words.amount("share", abs(figures.change(planned, base)), 1)
    below = words.amount("share", -figures.change(planned, reference), 1)
    key = "volume_planned_below" if planned <= base else "volume_planned_above"
    notes = {
        "base": say("volume_base_note", **report.years),
        "reference": say("volume_reference_note", **report.years),
        "planned": say(key, below=below, moved=moved, **report.years),
    }
    most, rows = max(base, reference, planned) or 1.0, []
    for name, volume, colour in (
        ("base", base, palette.blend(palette.MUTED, 0.5)),
        ("reference", reference, palette.blend(palette.MUTED, 0.5)),
        ("planned", planned, palette.ACCENT),
    ):
        amount = element("span", words.amount("hm3/a", volume), class_="big")
        label = element(
            "td", say(f"volume_{name}", **report.years), " · ", element("span", notes[name], class_="quiet")
        )
        rows.append(element("tr", label, element("td", amount, class_="number")))
        rows.append(element("tr", element("td", bar([(volume / most, colour)]), class_="bar", colspan="2")))
    baseline = report.levers.baseline
    cautions = [say("caution" if baseline == FROZEN else f"caution_{baseline}")]
    if not report.levers.count_alternative_supply:
        cautions.append(say("not_counted", saving=words.amount("hm3/a", report.total("saving"))))
    return section(say("withdrawal"), element("table", *rows, class_="meters"), note(" ".join(cautions)))


def _rests(report: Report) -> Html:
    say, words = report.say, report.words
    shares: Mapping[str, float] = share_by_basis(report.weights) if report.weights is not None else {}
    if not any(share > 0 for share in shares.values()):
        return section(say("rests"), note(say("rests_unknown")))
    names = {
        f"{say(f'basis_{basis}')} {words.amount('share', shares[basis], 0)}": c
        for basis, c in BASES.items()
        if shares[basis] >= SEEN
    }
    return section(
        say("rests"),
        element("span", say("rests_lead", assumed=words.amount("share", shares["assumed"], 0)), class_="big"),
        bar([(shares[basis], colour) for basis, colour in BASES.items()], "share"),
        keys(names),
        note(say("rests_note")),
    )


def _charts(report: Report, curve: xr.Dataset | None, lines: Lines | None) -> list[Html]:
    say, words, plan = report.say, report.words, report.plan

    def drawn(kind: str, *notes: str | Html, **given: float) -> Html:
        points = curve if kind == "cost_curve" else None
        chart = charts.draw(kind, plan, report.language, points, lines=lines, **given)
        return figure(words.title(kind), chart, *notes)

    levels = keys({say(f"level_{level}"): palette.blend(palette.INK, 0.85 * d) for level, d in palette.LEVELS.items()})
    yearly = words.amount("MCNY", float(plan.dataset["investment_path"][-1]))
    unit = words.unit("hm3/a", 1.0)[1]
    sectors = drawn("saving_by_sector", levels, note(say("sectors_note")))
    tiles = drawn("province_map", note(say("map_note", unit=unit)), width=BROAD, height=MAP_HEIGHT)
    path = drawn("annual_path", note(say("path_note", investment=yearly)), width=SLIM, height=MAP_HEIGHT)
    if curve is None or float(curve["counted_saving"][-1]) <= figures.least_used(plan.statement):
        return [columns(sectors, path), columns(tiles)]
    baseline = report.levers.baseline
    counts = [] if baseline == FROZEN else [" ", say("curve_from", line=say(f"line_{baseline}"))]
    return [
        columns(drawn("cost_curve", note(say("curve_note"), *counts)), sectors),
        columns(tiles, path, widths=(BROAD, SLIM)),
    ]
