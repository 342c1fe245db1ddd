"""What the policy report says of what would come anyway: lines of withdrawal, and the same question asked otherwise."""

from __future__ import annotations

import numpy as np

from waterplan.base.formats import digits
from waterplan.planning.explain.other_plans import ALL_TOLD, MORE, MOST, OtherPlan, OtherPlans
from waterplan.planning.model.flows import Array
from waterplan.planning.model.prices import PERSPECTIVES
from waterplan.planning.plan.lines import BEFORE, MARKET, PLANNED, TURNOVER, Lines
from waterplan.report.documents.document import Html, columns, element, note, section, table
from waterplan.report.documents.policy_words import Report

NONE = -1
TABLES_OF_PROVINCES = 3


def what_comes_anyway(report: Report, others: OtherPlans) -> list[Html]:
    """The page on what would come without a programme: lines in all, by sector and by province; other questions."""
    lines, say = others.lines, report.say
    return [
        section(say("lines"), _in_all(report, lines), *_sentences(report, others)),
        _otherwise(report, others),
        _by_sector(report, lines),
        _by_province(report, lines),
    ]


def _in_all(report: Report, lines: Lines) -> Html:
    say, words = report.say, report.words
    follows = {**BEFORE, PLANNED: lines.baseline}
    spent = {MARKET: lines.market_consumption, PLANNED: lines.consumption}
    rows = []
    for name in lines.told:
        saved = lines.total(follows[name]) - lines.total(name) if name in follows else np.nan
        cut = lines.value_added_cut(name)
        rows.append(
            [
                say(f"line_{name}"),
                words.amount("hm3/a", lines.total(name)),
                _amount(report, "hm3/a", saved),
                _amount(report, "hm3/a", spent.get(name, np.nan)),
                "–" if np.isnan(cut) else words.amount("share", -cut, 1),
            ]
        )
    head = ["", *(say(key) for key in ("line_withdrawal", "line_saves", "line_consumption", "line_value_added"))]
    return table(head, rows, wraps=NONE)


def _sentences(report: Report, others: OtherPlans) -> list[Html]:
    """What is true of this plan alone: what of its target would come anyway, and what a programme adds to that."""
    say, words, lines, levers = report.say, report.words, others.lines, report.levers
    told = [say("lines_note", line=say(f"line_{lines.baseline}"))]
    if MARKET not in lines.table:
        told.append(say("market_not_told" if TURNOVER in lines.table else "anyway_not_told"))
    if lines.official_cut == lines.official_cut and not np.isnan(lines.value_added_ratio):
        key = "official_takes" if lines.official_saving > 0 else "official_reached"
        cut = words.amount("share", lines.official_cut, 0)
        told.append(say(key, cut=cut, saving=words.amount("hm3/a", lines.official_saving)))
    first, found = others.of_kind(ALL_TOLD), []
    if first is not None:
        target, anyway = levers.saving_target, others.counted_anyway
        amounts = {"anyway": anyway, "target": target, "left": target - anyway}
        named = {name: words.amount("hm3/a", value) for name, value in amounts.items()}
        found.append(say("anyway_all" if anyway >= target else "anyway_part", **named))
        found += [_on_top(report, one, anyway >= target) for one in (first, others.of_kind(MORE, MOST)) if one]
    if found or levers.baseline == MARKET:
        in_part = levers.perspective == "enterprise" and levers.barrier_cost > 0
        barrier = words.amount("CNY/m3", levers.barrier_cost)
        found.append(say("barriers_in_part" if in_part else "barriers_out", barrier=barrier))
    gap = "" if report.language == "zh" else " "
    return [*([element("p", gap.join(found), class_="lead")] if found else []), note(gap.join(told))]


def _on_top(report: Report, one: OtherPlan, is_all: bool) -> str:
    say, words, result = report.say, report.words, one.result
    values = {"target": words.amount("hm3/a", one.value), "saving": _amount(report, "hm3/a", one.saving)}
    values["largest"] = _amount(report, "hm3/a", one.largest)
    if result is None:
        return say(f"out_{one.kind}" if one.largest == one.largest else "on_top_none", **values)
    key = "on_top_nothing" if one.kind == ALL_TOLD and is_all else one.kind
    return say(key, cost=words.amount("MCNY/a", result.ledger.annual_cost), **values)


def _otherwise(report: Report, others: OtherPlans) -> Html:
    """The plan beside the plans of the same question asked otherwise: saving, consumption, cost in each perspective."""
    say, stated = report.say, report.plan.statement
    own = [*stated["cost"].tolist(), float(stated["gross_cost"]), float(stated["gains"])]
    rows = [(say("this_plan"), [float(stated["saving"]), others.lines.consumption], own)]
    for one in others.plans:
        name = say(f"row_{one.kind}", value=f"{one.value:g}", target=report.words.amount("hm3/a", one.value))
        costs = [float("nan")] * len(own)
        if one.result is None:
            name = say("row_none", what=name)
        else:
            ledger = one.result.ledger
            costs = [*map(float, ledger.cost), ledger.gross_cost, ledger.gains]
        rows.append((name, [one.saving, one.consumption], costs))
    volume, water = report.words.unit("hm3/a", _largest([volumes for _, volumes, _ in rows]))
    scale, money = report.words.unit("MCNY/a", _largest([costs for _, _, costs in rows]))
    told = [[name, *_cells(volumes, volume), *_cells(costs, scale)] for name, volumes, costs in rows]
    head = ["", say("otherwise_saving"), say("line_consumption"), *(say(f"choice_{view}") for view in PERSPECTIVES)]
    return section(
        say("otherwise", water=water, money=money),
        table([*head, say("otherwise_gross"), say("otherwise_gains")], told),
        note(say("otherwise_note", perspective=say(f"choice_{report.levers.perspective}"))),
    )


def _largest(rows: list[list[float]]) -> float:
    return max((abs(value) for row in rows for value in row if value == value), default=0.0)


def _cells(values: list[float], factor: float) -> list[str]:
    return ["–" if np.isnan(value) else digits(value * factor, 2) for value in values]


def _amount(report: Report, kind: str, value: float) -> str:
    return "–" if np.isnan(value) else report.words.amount(kind, value)


def _by_sector(report: Report, lines: Lines) -> Html:
    rows = _rows(report, lines, "sector", lines.sectors, {name: lines.by_sector(name) for name in lines.told})
    return section(report.say("lines_by_sector"), table(_head(report, lines), rows))


def _by_province(report: Report, lines: Lines) -> Html:
    rows = _rows(report, lines, "province", lines.provinces, {name: lines.by_province(name) for name in lines.told})
    most = max(-(-len(rows) // TABLES_OF_PROVINCES), 1)
    parts = [rows[start : start + most] for start in range(0, len(rows), most)]
    tables = columns(*(element("div", table(_head(report, lines), part), class_="dense") for part in parts))
    unit = report.words.unit("hm3/a", 1.0)[1]
    return section(report.say("lines_by_province"), tables, note(report.say("lines_by_province_note", unit=unit)))


def _head(report: Report, lines: Lines) -> list[str]:
    return ["", *(report.say(f"column_{name}") for name in lines.told)]


def _rows(
    report: Report, lines: Lines, dim: str, labels: tuple[str, ...], volumes: dict[str, Array]
) -> list[list[str]]:
    factor, _ = report.words.unit("hm3/a", 1.0)
    return [
        [
            report.words.name(dim, label),
            *(digits(float(volumes[name][n]) * factor, 2 if report.language == "zh" else 0) for name in lines.told),
        ]
        for n, label in enumerate(labels)
    ]
