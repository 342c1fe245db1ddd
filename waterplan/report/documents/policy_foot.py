"""What a policy report rests on: levers that differ, assumed figures that weigh most, sources, digests, the command."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from waterplan.base.formats import digits, lever_unit
from waterplan.base.vocabulary import Term, of_kind, term
from waterplan.report.commands import report_line
from waterplan.report.documents.document import Html, element, note, section, table
from waterplan.report.documents.policy_words import Report
from waterplan.study.scenario import Scenario
from waterplan.study.study import Study, is_set
from waterplan.study.tables.translations import cell_in

HEAVIEST, LEVERS, MILLION = 7, 12, 1e6
LABELS = ("technology", "product", "end_use", "sector", "province")
LINKED = ("https://", "http://")


def differences(report: Report) -> Html:
    """Levers, exclusions and figures that differ from the reference scenario of the study."""
    say, plan = report.say, report.plan
    usual = Scenario().resolve(plan.study)
    found = [
        told
        for lever in of_kind("lever")
        for told in _changes(report, lever, getattr(report.levers, lever.name), getattr(usual, lever.name))
    ]
    found += [say("changed_figure", figure=override) for override in plan.scenario.overrides]
    shown = found[:LEVERS] + ([say("levers_more", count=len(found) - LEVERS)] if len(found) > LEVERS else [])
    return section(say("levers"), element("p", say("separator").join(shown) or say("levers_none")))


def _changes(report: Report, lever: Term, now: Any, usual: Any) -> list[str]:
    say = report.say
    if not lever.dims:
        values = {"value": _value(report, lever, now), "usual": _value(report, lever, usual)}
        return [say("lever", label=lever.label(report.language), **values)] if now != usual else []
    labels, changed = report.plan.study.values[lever.dims[0]].values, np.flatnonzero(now != usual)
    if len(changed) == len(labels) > 1 and len(set(now)) == len(set(usual)) == 1:
        name = say("every", dim=term(lever.dims[0]).label(report.language))
        return [_change_of(report, lever, name, now[0], usual[0])]
    names = {place: report.words.name(lever.dims[0], str(labels[place])) for place in changed}
    return [_change_of(report, lever, name, now[place], usual[place]) for place, name in names.items()]


def _change_of(report: Report, lever: Term, name: str, now: Any, usual: Any) -> str:
    say = report.say
    if lever.name == "excluded":
        return say("excluded", name=name)
    label = say("lever_of", label=lever.label(report.language), name=name)
    return say("lever", label=label, value=_value(report, lever, now), usual=_value(report, lever, usual))


def _value(report: Report, lever: Term, value: Any) -> str:
    if lever.choices:
        return report.say(f"choice_{str(value).lower()}")
    if math.isinf(float(value)):
        return report.say("no_limit")
    factor, unit = lever_unit(lever, report.language)
    number = short(float(value) * factor)
    return f"{number}{unit}" if unit == "%" else f"{number} {unit}"


def assumptions(report: Report) -> tuple[Html, list[str]]:
    """The assumed rows that weigh most in the cost, and the keys of their sources in the order of their numbers."""
    say, words, rows = report.say, report.words, report.weights
    if rows is None:
        return Html(), []
    heavy = rows[(rows["basis"] == "assumed") & (rows["weight"] > 0)].head(HEAVIEST)
    if heavy.empty:
        return section(say("assumptions"), note(say("no_assumptions"))), []
    cited = list(dict.fromkeys(map(str, heavy["source"])))
    factor, unit = words.unit("MCNY/a", float(heavy["weight"].max()))
    told = []
    for _, row in heavy.iterrows():
        named = [words.name(dim, str(row[dim])) for dim in LABELS if row.get(dim)]
        number = f"[{cited.index(str(row['source'])) + 1}]"
        weight = digits(float(row["weight"]) * factor, 1)
        label = term(str(row["name"])).label(report.language)
        label = say("set_by_scenario", figure=label, value=short(float(row["study_value"]))) if is_set(row) else label
        told.append([label, " · ".join(named) or say("everywhere"), number, _range(report, row), weight])
    head = [say("figure"), say("where"), say("source"), say("value"), say("weight", unit=unit)]
    return section(say("assumptions"), table(head, told, texts=3, wraps=1)), cited


def _range(report: Report, row: pd.Series) -> str:
    unit, scale = spoken_unit(str(row["unit"]), report.language), 1.0
    if abs(row["value"]) >= MILLION:
        unit, scale = report.say("millions", unit=unit), MILLION
    ends = {name: short(float(row[name]) / scale) for name in ("value", "low", "high")}
    return report.say("range", unit=unit, **ends).strip()


def short(value: float) -> str:
    """A number in four digits without noughts at its end.

    >>> short(0.04), short(5.0), short(1234.5)
    ('0.04', '5', '1,235')
    """
    told = digits(value)
    return told.rstrip("0").rstrip(".") if "." in told else told


def spoken_unit(unit: str, language: str) -> str:
    """A canonical unit as people write it.

    >>> spoken_unit("CNY per m3/a", "en"), spoken_unit("CNY/m3", "zh"), spoken_unit("1", "en")
    ('CNY per m³/a', '元/m³', '')
    """
    told = "" if unit == "1" else unit.replace("m3", "m³")
    if language == "zh":
        told = re.sub(r"/a\b", "/年", told.replace("CNY", "元").replace(" per ", " / "))
    return told


def source_list(report: Report, cited: list[str]) -> Html:
    """The sources cited, as numbered in the table above."""
    say, study = report.say, report.plan.study
    items = source_items(study, cited, report.language)
    listed = [element("ol", *items, class_="sources")] if items else []
    return section(say("sources"), *listed, note(say("sources_note", count=len(study.sources))))


def source_items(study: Study, cited: Iterable[str], language: str) -> list[Html]:
    """Sources as items of a list; only web addresses are links."""
    items = []
    for key in cited:
        row = study.source(key)
        year, url = ("" if pd.isna(row[name]) else str(row[name]) for name in ("year", "url"))
        parts = [cell_in(row, "title", language), cell_in(row, "publisher", language), year]
        href = url if url.startswith(LINKED) else ""
        link = element("a" if href else "span", url, href=href)
        items.append(element("li", ", ".join(part for part in parts if part), " ", link))
    return items


def foot(report: Report) -> Html:
    """Digests, versions and the command that makes the report again."""
    say, attrs = report.say, report.plan.dataset.attrs
    digests = {name: str(attrs[name]) for name in ("study_digest", "scenario_digest")}
    versions = say(
        "versions",
        versions=attrs["versions"],
        python=attrs["python"],
        solver=attrs["solver"],
        gap=f"{abs(float(attrs['gap'])):.0e}",
    )
    line, needs_file = report_line(report.plan.scenario, report.plan.study.name, report.language)
    again = [say("made_again"), " ", element("code", line), *([" ", say("made_from_file")] if needs_file else [])]
    return element(
        "footer",
        element("p", *again),
        element("p", say("digests", study=attrs["study"], **digests)),
        element("p", say("made"), " ", versions),
        class_="foot",
    )
