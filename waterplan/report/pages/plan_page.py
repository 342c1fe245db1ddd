"""The printed page of a plan: one screen of plain text that a minister's aide can read, in English or Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from waterplan.base.texts import Texts
from waterplan.planning.certificate import Certificate
from waterplan.planning.explain.other_plans import OtherPlans
from waterplan.planning.model.flows import Array
from waterplan.planning.plan import figures
from waterplan.planning.plan.binding import Binding, foremost
from waterplan.planning.plan.lines import FROZEN
from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.question import Verdict
from waterplan.report.pages.layout import beside, left, number, paragraph, percent, right, table, titled
from waterplan.report.pages.plan_anyway import aim, anyway, asked_otherwise, by_place, caution, line_rows
from waterplan.report.pages.plan_sheet import Sheet

TECHNOLOGIES, PROVINCES, BINDING = 15, 10, 8
VOLUME_COLUMNS = (24, 9)
COST_COLUMNS, MEANS_COLUMNS, MEANS_FROM = (36, 10, 8), (18, 8), 63
SECTOR_COLUMNS = (44, 8, 6, 12, 7, 8)
TECHNOLOGY_COLUMNS = (50, 12, 10, 9, 8)
PROVINCE_COLUMNS, PROVINCE_FROM = (14, 7, 8, 10), 51
LEAST_REST = 1e-6  # of gross cost; less is rounding
BASES = ("assumed", "estimated", "reported", "measured")


def plan_page(
    plan: Plan,
    language: str = "en",
    rests_on: Mapping[str, float] | None = None,
    others: OtherPlans | None = None,
) -> str:
    """The page of a plan.

    rests_on: share of the answer that rests on each basis; others: of :func:`waterplan.explain.other_plans`, for what
    would come anyway and the same question asked otherwise. The page is complete without them.
    """
    sheet = Sheet(plan, plan.scenario.resolve(plan.study), Texts("page", language), others)
    technologies = figures.by_technology(plan.statement)
    blocks = [
        [*_head(sheet), *_withdrawal(sheet), *_cost(sheet, technologies)],
        *asked_otherwise(sheet),
        _sectors(sheet),
        *by_place(sheet),
        _technologies(sheet, technologies),
        [*(_provinces(sheet) if technologies else []), *_binding(sheet), *_rests(sheet, rests_on)],
    ]
    return "\n\n".join("\n".join(block) for block in blocks)


def _head(sheet: Sheet) -> list[str]:
    study, scenario = sheet.plan.study, sheet.plan.scenario
    called = study.title_in(sheet.say.language)
    title = scenario.headline(sheet.say.language) or called
    about = sheet.say("study", title=called, name=study.name, price_year=study.price_year, currency=study.currency)
    remarks = [sheet.say("remark", sentence=one.text(sheet.say.language)) for one in scenario.remarks(study)]
    return [*paragraph(title, indent=""), *paragraph(about, indent=""), *(n for r in remarks for n in paragraph(r, ""))]


def _withdrawal(sheet: Sheet) -> list[str]:
    study, say = sheet.plan.study, sheet.say
    base, reference, planned = (sheet.total(f"{name}_withdrawal") for name in ("base", "reference", "planned"))
    against = "below" if planned <= base else "above"
    cut, moved = figures.change(planned, reference), abs(figures.change(planned, base))
    below = say(against, reference=percent(-cut), base=percent(moved), year=study.base_year)
    rows = [
        [say("withdrawal_base", year=study.base_year), sheet.volume(base)],
        [
            say("withdrawal_reference", year=study.target_year),
            sheet.volume(reference),
            say("frozen", base_year=study.base_year, target_year=study.target_year),
        ],
        *line_rows(sheet),
        [say("withdrawal_plan", year=study.target_year), sheet.volume(planned), below],
    ]
    name, volume = VOLUME_COLUMNS
    lines = ["  ".join(["", left(row[0], name), right(row[1], volume), *row[2:]]) for row in rows]
    return [say("withdrawal"), *lines, *anyway(sheet), *paragraph(caution(sheet))]


def _cost(sheet: Sheet, technologies: Sequence[figures.Used]) -> list[str]:
    say, stated = sheet.say, sheet.plan.statement
    saving = sheet.total("saving")
    target = aim(sheet)
    rows = [[say("cost", perspective=say(sheet.levers.perspective)), say("money"), say("money_per_m3")]]
    for label, cost in zip(stated.labels["perspective"], stated["cost"].tolist(), strict=True):
        mean = cost / saving if saving > figures.least_used(stated) else float("nan")
        rows.append([say(f"perspective_{label}"), number(cost, 1), number(mean, 3)])
    costs = titled(rows[0], rows[1:], COST_COLUMNS)
    return [*target, "", *beside(costs, _means(sheet), MEANS_FROM), *_what_pays(sheet, technologies)]


def _means(sheet: Sheet) -> list[str]:
    say = sheet.say
    rows = [
        (say("investment"), number(sheet.total("investment")), say("unit_investment")),
        (say("shadow_price"), number(sheet.total("shadow_price"), 3), say("money_per_m3")),
        (say("electricity"), number(sheet.total("electricity"), sign=True), say("unit_electricity")),
        (say("heat"), number(sheet.total("heat"), sign=True), say("unit_heat")),
        (say("carbon_dioxide"), number(sheet.total("carbon_dioxide"), sign=True), say("unit_carbon_dioxide")),
        (say("public_budget"), number(sheet.total("public_budget")), say("money")),
    ]
    name_columns, figure_columns = MEANS_COLUMNS
    return [f"{left(name, name_columns)} {right(figure, figure_columns)} {unit}" for name, figure, unit in rows]


def _what_pays(sheet: Sheet, technologies: Sequence[figures.Used]) -> list[str]:
    pays, costs = figures.what_pays(technologies)
    parts = [
        sheet.say(key, saving=sheet.volume(part.saving), count=part.count, money=number(abs(part.cost), 1))
        for key, part in (("pays", pays), ("costs", costs))
        if part.count
    ]
    rest = sheet.total("annual_cost") - pays.cost - costs.cost
    if sheet.levers.baseline != FROZEN and abs(rest) > LEAST_REST * sheet.total("gross_cost"):
        parts.append(sheet.say("displaced", money=number(rest, 1)))
    if sheet.levers.scarcity_value > 0:
        parts.append(sheet.say("scarcity", money=number(sheet.total("scarcity_credit"), 1)))
    return paragraph(("" if sheet.say.language == "zh" else " ").join(parts))


def _sectors(sheet: Sheet) -> list[str]:
    say, plan = sheet.say, sheet.plan.statement
    by_level, reference = figures.by_level_and_sector(plan), figures.reference_by_sector(plan)
    levels = [say(f"level_{level}") for level in plan.labels["level"]]
    head = [say("saving"), *levels, say("in_all"), say("of_reference")]

    def row(name: str, savings: Array, withdrawal: float) -> list[str]:
        together = float(savings.sum())
        share = together / withdrawal if withdrawal > 0 else float("nan")
        return [name, *(sheet.volume(value) for value in savings), sheet.volume(together), percent(share)]

    names = [sheet.name("sector", str(label)) for label in plan.labels["sector"]]
    rows = [row(name, *amounts) for name, *amounts in zip(names, by_level, reference.tolist(), strict=True)]
    rows.append(row(say("in_all"), by_level.sum(axis=0), float(reference.sum())))
    return titled(head, rows, SECTOR_COLUMNS)


def _technologies(sheet: Sheet, technologies: Sequence[figures.Used]) -> list[str]:
    say = sheet.say
    if not technologies:
        return [say("nothing_built")]
    head = [
        say("technologies"),
        say("technology_level"),
        *(say(key) for key in ("technology_saving", "money_per_m3", "technology_investment")),
    ]
    rows = [
        [
            sheet.name("technology", one.technology),
            say(f"level_{one.level}"),
            sheet.volume(one.saving),
            number(one.levelised_cost, 2),
            number(one.investment),
        ]
        for one in technologies[:TECHNOLOGIES]
    ]
    others = figures.together(technologies[TECHNOLOGIES:])
    if others.count:
        name = say("other_technologies", count=others.count)
        rows.append([name, "", sheet.volume(others.saving), number(others.mean, 2), number(others.investment)])
    return titled(head, rows, TECHNOLOGY_COLUMNS, texts=2)


def _provinces(sheet: Sheet) -> list[str]:
    say, provinces = sheet.say, figures.by_province(sheet.plan.statement)
    head = ["", say("province_saving"), say("of_saving"), say("of_withdrawal")]
    rows = [
        [
            sheet.name("province", one.province),
            sheet.volume(one.saving),
            percent(one.of_saving),
            percent(one.of_withdrawal),
        ]
        for one in provinces[:PROVINCES]
    ]
    half = (len(rows) + 1) // 2
    first, second = (table([head, *part] if part else [], PROVINCE_COLUMNS) for part in (rows[:half], rows[half:]))
    return [say("provinces"), *beside(first, second, PROVINCE_FROM)]


def _binding(sheet: Sheet) -> list[str]:
    say = sheet.say
    found, left_out = foremost(sheet.plan.what_binds(), BINDING)
    told = [_limit(sheet, limit) for limit in found]
    if left_out:
        told.append(say("binds_more", count=left_out))
    return [say("binds"), *paragraph(say("also").join(told) or say("binds_nothing"))]


def _limit(sheet: Sheet, limit: Binding) -> str:
    names = [sheet.name(dim, label) for dim, label in zip(limit.dims, limit.labels, strict=True)]
    named = dict(zip(("name", "province"), names, strict=False))
    return sheet.say(f"binds_{limit.kind}", price=number(limit.price, 3), **named)


def _rests(sheet: Sheet, rests_on: Mapping[str, float] | None) -> list[str]:
    if rests_on is None or not any(share > 0 for share in rests_on.values()):
        return []
    told = [sheet.say(f"basis_{basis}", share=percent(rests_on.get(basis, 0.0), 0)) for basis in BASES]
    return paragraph(sheet.say("rests", shares=sheet.say("and").join(told)), indent="")


def certificate_line(certificate: Certificate, solver: str, seconds: float, language: str = "en") -> str:
    """What was checked of a plan that passed its certificate, and how it was found."""
    say = Texts("page", language)
    certified = say(
        "certified",
        lines=len(certificate.lines),
        limits=number(sum(limit.count for limit in certificate.limits)),
        gap=f"{abs(certificate.gap):.0e}",
    )
    found = say(f"solved_by_{solver}", seconds=number(seconds, 2))
    return "\n".join(paragraph(f"{certified} {found}", indent=""))


def judge_line(verdict: Verdict, language: str = "en") -> str:
    """One line from the judge: how far the full model's answer is from the plan."""
    say = Texts("page", language)
    agreed = "judged_a_tie" if verdict.agrees and verdict.is_tie else "judged"
    key = agreed if verdict.agrees else "judged_otherwise"
    figures = {"cost": f"{verdict.cost:.0e}", "volume": f"{verdict.volume:.0e}"}
    return "\n".join(paragraph(say(key, seconds=number(verdict.seconds, 1), **figures), indent=""))
