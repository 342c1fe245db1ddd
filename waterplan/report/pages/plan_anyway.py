"""On the printed page of a plan: what would come anyway, and the same question asked otherwise."""

from __future__ import annotations

import numpy as np

from waterplan.planning.explain.other_plans import ALL_TOLD, MORE, MOST, OtherPlan, OtherPlans
from waterplan.planning.model.prices import PERSPECTIVES
from waterplan.planning.plan.lines import BEFORE, FROZEN, MARKET, TURNOVER, Lines
from waterplan.report.pages.layout import GAP, beside, number, paragraph, percent, table, titled
from waterplan.report.pages.plan_sheet import Sheet

OTHERWISE_COLUMNS = (29, 6, 11, 9, 10, 7, 6, 6)
SECTOR_COLUMNS, PROVINCE_COLUMNS, PLACES_FROM = (16, 6, 8, 6, 6), (12, 6, 8, 6, 6), 54
NOT_TOLD = {(): "anyway_not_told", (TURNOVER,): "market_not_told"}


def line_rows(sheet: Sheet) -> list[list[str]]:
    """A row for each line between frozen efficiency and the plan: name, volume, by how much it is lower and why."""
    lines, say = sheet.lines, sheet.say
    if lines is None:
        return []
    year = sheet.plan.study.target_year
    return [
        [
            say(f"withdrawal_{name}", year=year),
            sheet.volume(lines.total(name)),
            say(f"less_{name}", saving=sheet.volume(lines.saving(name))),
        ]
        for name in BEFORE
        if name in lines.table
    ]


def anyway(sheet: Sheet) -> list[str]:
    """Withdrawal per value added of each line, consumption saved, and what of the target would come anyway."""
    lines = sheet.lines
    if lines is None:
        return []
    told = [*_per_value_added(sheet, lines), *_consumption(sheet, lines)]
    missing = NOT_TOLD.get(tuple(name for name in BEFORE if name in lines.table))
    if missing:
        told.append(sheet.say(missing))
    found = paragraph(_joined(sheet, told))
    return [*found, *paragraph(_joined(sheet, [*_of_the_target(sheet), *_programme(sheet)]))]


def caution(sheet: Sheet) -> str:
    """What the saving is against, and that withdrawal is not consumption."""
    baseline = sheet.levers.baseline
    return sheet.say("caution" if baseline == FROZEN else f"caution_{baseline}")


def aim(sheet: Sheet) -> list[str]:
    """The target and what reaches it, from where it counts."""
    say, levers, baseline = sheet.say, sheet.levers, sheet.levers.baseline
    counted, key = sheet.total("counted_saving"), "target" if levers.saving_target > 0 else "no_target"
    told = {"target": sheet.volume(levers.saving_target), "counted": sheet.volume(counted)}
    saving = sheet.total("saving")
    if baseline == FROZEN:
        text = say(key, **told)
    else:
        counts = levers.count_from == FROZEN
        start, line = say(f"from_{baseline}"), say(f"from_{FROZEN if counts else baseline}")
        text = say(f"aim_{key}", saving=sheet.volume(saving), baseline=start, line=line, **told)
        saving += sheet.total("reference_withdrawal") - sheet.lines.total(baseline) if counts and sheet.lines else 0.0
    if not levers.count_alternative_supply:
        text += say("not_counted", saving=sheet.volume(saving))
    return paragraph(text, indent="")


def asked_otherwise(sheet: Sheet) -> list[list[str]]:
    """The plan beside the plans of the same question asked otherwise, in every perspective."""
    others, say = sheet.others, sheet.say
    if others is None:
        return []
    head = ["otherwise", "column_saving", "column_consumption", *PERSPECTIVES, "column_gross", "column_gains"]
    stated = sheet.plan.statement
    own = [float(one) for one in (stated["saving"], others.lines.consumption)]
    costs = [*stated["cost"].tolist(), float(stated["gross_cost"]), float(stated["gains"])]
    rows = [_row(sheet, say("this_plan"), own, costs)]
    for one in others.plans:
        result = one.result
        found = [float("nan")] * 5
        if result is not None:
            found = [*map(float, result.ledger.cost), result.ledger.gross_cost, result.ledger.gains]
        rows.append(_row(sheet, _called(sheet, one), [one.saving, one.consumption], found))
    return [titled([say(key) for key in head], rows, OTHERWISE_COLUMNS)]


def by_place(sheet: Sheet) -> list[list[str]]:
    """The lines by sector, and those of the provinces that withdraw most."""
    lines, say = sheet.lines, sheet.say
    if lines is None:
        return []

    def rows(dim: str, labels: tuple[str, ...], order: list[int], volumes: dict[str, np.ndarray]) -> list[list[str]]:
        return [
            [sheet.name(dim, labels[n]), *(sheet.volume(float(volumes[name][n])) for name in lines.told)] for n in order
        ]

    sectors = {name: lines.by_sector(name) for name in lines.told}
    provinces = {name: lines.by_province(name) for name in lines.told}
    order = np.argsort(-provinces[FROZEN], kind="stable")[: max(len(lines.sectors), 1)].tolist()
    head = ["", *(say(f"column_{name}") for name in lines.told)]
    first, second = (
        table([head, *rows(dim, labels, places, volumes)], columns, indent=indent)
        for dim, labels, places, volumes, columns, indent in (
            ("sector", lines.sectors, list(range(len(lines.sectors))), sectors, SECTOR_COLUMNS, GAP),
            ("province", lines.provinces, order, provinces, PROVINCE_COLUMNS, ""),
        )
    )
    return [[say("by_place"), *beside(first, second, PLACES_FROM)]]


def _per_value_added(sheet: Sheet, lines: Lines) -> list[str]:
    say, year = sheet.say, sheet.plan.study.base_year
    if np.isnan(lines.value_added_ratio):
        return []
    cuts = [
        say("line_cut", line=say(f"line_{name}"), cut=f"{number(-100 * lines.value_added_cut(name), 1, sign=True)} %")
        for name in lines.told
    ]
    told = [say("per_value_added", year=year, cuts=say("and").join(cuts))]
    if lines.official_cut == lines.official_cut:
        key = "official_takes" if lines.official_saving > 0 else "official_reached"
        cut = percent(lines.official_cut, 0)
        told.append(say(key, cut=cut, saving=sheet.volume(lines.official_saving)))
    return told


def _consumption(sheet: Sheet, lines: Lines) -> list[str]:
    if np.isnan(lines.consumption):
        return []
    values = {"plan": sheet.volume(lines.consumption), "market": sheet.volume(lines.market_consumption)}
    return [sheet.say("consumption" if np.isnan(lines.market_consumption) else "consumption_both", **values)]


def _of_the_target(sheet: Sheet) -> list[str]:
    """Under a frozen baseline: how much of the target would come without a programme."""
    others, target = sheet.others, sheet.levers.saving_target
    if others is None or others.of_kind(ALL_TOLD) is None:
        return []
    lines, anyway = others.lines, others.counted_anyway
    key = "anyway_all" if anyway >= target else "anyway_part"
    values = {"turnover": lines.saving(TURNOVER), "market": lines.saving(MARKET), "anyway": anyway, "target": target}
    values["left"] = target - anyway
    return [sheet.say(key, **{name: sheet.volume(value) for name, value in values.items()})]


def _programme(sheet: Sheet) -> list[str]:
    """What a programme on top of the market adds and costs, and what is in none of these costs."""
    others, levers, say = sheet.others, sheet.levers, sheet.say
    parts = [] if others is None or others.of_kind(ALL_TOLD) is None else _on_top(sheet, others)
    if not parts and levers.baseline != MARKET:
        return []
    barrier = levers.barrier_cost if levers.perspective == "enterprise" else 0.0
    key = "barriers_in_part" if barrier > 0 else "barriers_out"
    return [*parts, say(key, barrier=number(barrier, 2))]


def _on_top(sheet: Sheet, others: OtherPlans) -> list[str]:
    say, target = sheet.say, sheet.volume(sheet.levers.saving_target)
    found = []
    for one in (others.of_kind(ALL_TOLD), others.of_kind(MORE, MOST)):
        if one is None:
            continue
        values = {"target": target, "saving": sheet.volume(one.saving), "largest": sheet.volume(one.largest)}
        key, result = one.kind, one.result
        if result is None:
            key = f"out_{key}" if one.largest == one.largest else "on_top_none"
        elif one.kind == ALL_TOLD and others.counted_anyway >= sheet.levers.saving_target:
            key = "on_top_nothing"
        cost = float("nan") if result is None else result.ledger.annual_cost
        found.append(say(key, cost=sheet.money(cost), **values))
    return [say("on_top", told=say("also").join(found))]


def _called(sheet: Sheet, one: OtherPlan) -> str:
    text = sheet.say(f"row_{one.kind}", value=f"{one.value:g}", target=sheet.volume(one.value))
    return text if one.result is not None else sheet.say("row_none", what=text)


def _row(sheet: Sheet, name: str, volumes: list[float], costs: list[float]) -> list[str]:
    return [name, *map(sheet.volume, volumes), *map(sheet.money, costs)]


def _joined(sheet: Sheet, sentences: list[str]) -> str:
    return ("" if sheet.say.language == "zh" else " ").join(sentences)
