"""Tables of the policy report: technologies, what binds, costs in each view, energy."""

from __future__ import annotations

import pandas as pd

from waterplan.base.formats import digits
from waterplan.planning.plan import figures
from waterplan.planning.plan.binding import foremost
from waterplan.report.documents.document import Html, note, section, table
from waterplan.report.documents.policy_words import Report

TECHNOLOGIES, BINDING, NONE = 12, 5, -1
ENERGY = {"electricity": "GWh/a", "heat": "TJ/a", "carbon_dioxide": "kt/a"}


def technology_table(report: Report) -> Html:
    """The technologies that save most, and all others in one row."""
    say, words, found = report.say, report.words, figures.by_technology(report.plan.statement)
    if not found:
        return section(say("technologies"), note(say("nothing_built")))
    whole, price = figures.together(found).saving, report.total("shadow_price")
    units = {kind: words.unit(kind, 1.0)[1] for kind in ("hm3/a", "CNY/m3")}
    factor, money = words.unit("MCNY", max(one.investment for one in found))
    assumed = assumed_shares(report.plan.scenario.rows(report.plan.study))

    def numbers(saving: float, cost: float, investment: float) -> list[str]:
        volume = words.number("hm3/a", saving)
        return [volume, digits(100 * saving / whole, 1), digits(cost, 2), digits(investment * factor, 1)]

    rows = []
    for one in found[:TECHNOLOGIES]:
        cost = one.levelised_cost
        why = say("why_pays") if cost < 0 else say("why_cheaper") if cost <= price else say("why_dearer")
        named = [words.name("technology", one.technology), say(f"level_{one.level}"), why]
        told = numbers(one.saving, cost, one.investment)
        rows.append([*named, *told, digits(100 * assumed.get(one.technology, 0.0), 0)])
    others = figures.together(found[TECHNOLOGIES:])
    if others.count:
        told = numbers(others.saving, others.mean, others.investment)
        rows.append([say("others", count=others.count), "", "", *told, ""])
    head = [
        say("technology"),
        say("level"),
        say("why"),
        say("saving", unit=units["hm3/a"]),
        say("of_saving"),
        say("levelised_cost", unit=units["CNY/m3"]),
        say("investment", unit=money),
        say("assumed"),
    ]
    return section(say("technologies"), table(head, rows, texts=3), note(say("technologies_note")))


def assumed_shares(rows: pd.DataFrame) -> dict[str, float]:
    """Share of each technology's rows of the tables that are assumed."""
    of_technologies = rows[rows["technology"] != ""]
    shares = (of_technologies["basis"] == "assumed").groupby(of_technologies["technology"].astype(str)).mean()
    return {str(label): float(share) for label, share in shares.items()}


def binding(report: Report) -> Html:
    """Limits with a price: the target, then those with the largest bill, and whatever the scenario asks for."""
    say, words = report.say, report.words
    found, left_out = foremost(report.plan.what_binds(), BINDING)
    if not found:
        return section(say("binds"), note(say("binds_nothing")))
    rows = []
    for limit in found:
        names = [words.name(dim, label) for dim, label in zip(limit.dims, limit.labels, strict=True)]
        named = dict(zip(("name", "province"), names, strict=False))
        rows.append([say(f"binds_{limit.kind}", **named), words.amount(limit.price_unit, limit.price, 3)])
    more = [say("binds_more", count=left_out), " "] if left_out else []
    return section(say("binds"), table(["", ""], rows), note(*more, say("binds_note")))


def views(report: Report) -> Html:
    """Yearly cost in each perspective, and per cubic metre saved."""
    say, words, saving = report.say, report.words, report.total("saving")
    cost = report.plan.dataset["cost"]
    rows = []
    for view in cost["perspective"].values:
        yearly = float(cost.sel(perspective=view))
        mean = yearly / saving if saving > figures.least_used(report.plan.statement) else float("nan")
        rows.append([say(f"choice_{view}"), words.amount("MCNY/a", yearly), words.amount("CNY/m3", mean)])
    return section(say("views"), table(["", "", ""], rows, wraps=NONE))


def energy(report: Report) -> Html:
    """What the plan adds in electricity, heat and carbon dioxide, and takes from the public budget."""
    say, words = report.say, report.words
    rows = [[say(f"added_{name}"), words.amount(kind, report.total(name))] for name, kind in ENERGY.items()]
    rows.append([say("public_budget"), words.amount("MCNY/a", report.total("public_budget"))])
    return section(say("energy"), table(["", ""], rows))
