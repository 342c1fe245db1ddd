"""The foot of a plant's report: what a reader must know, what reading changed, sources, and how it was made."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version

from waterplan.base.spreadsheet import csv_cell
from waterplan.plants.records.records import Conversion
from waterplan.plants.standing.peer_place import PUBLISHED, REFERENCE
from waterplan.report.documents.document import Html, element, note, section
from waterplan.report.documents.plant_charts import shown_products
from waterplan.report.documents.plant_words import Told, given
from waterplan.report.documents.policy_foot import source_items

SOURCES = 12
ASSUMED_STEPS = ("saving_fraction", "investment_per_m3")


def remarks(told: Told) -> Html:
    """The remarks of the standing: estimates, what is missing, what was assumed; what the chart of places says is not
    repeated."""
    places = told.standing.places.loc[shown_products(told).index]
    drawn = [row["reason"].text(told.language) for _, row in places.iterrows() if row["basis"] == REFERENCE]
    remarks_of_plan = told.standing.plan.remarks if told.standing.plan else ()
    again = {
        remark.text(told.language) for remark in remarks_of_plan if remark.key == "plant_plan.in_parts"
    }  # the bound
    notes = [
        one for one in told.standing.notes(told.language)
        if one not in again and not any(reason in one for reason in drawn if reason)
    ]  # fmt: skip
    items = [element("li", given_long(one)) for one in _joined(told, notes)]
    return section(told.say("must_know"), element("ul", *items, class_="remarks"))


def _joined(told: Told, notes: list[str]) -> list[str]:
    """Sentences that say the same of several products become one."""
    names = {told.standing.name(str(product), told.language) for product in told.standing.products["product"]}
    colon = told.say("colon")
    found: dict[tuple[str, str], list[str]] = {}
    for note_ in notes:
        name, _, rest = note_.partition(colon)
        key = ("", rest) if rest and name in names else (note_, "")
        found.setdefault(key, []).append(name)
    return [one or f"{told.joined(of)}{colon}{rest}" for (one, rest), of in found.items()]


def given_long(text: str) -> str:
    """A remark on one line, never a formula; names of a record in it may hold anything."""
    return str(csv_cell("".join(sign if sign.isprintable() else " " for sign in text).strip()))


def conversions(told: Told) -> Html:
    """Everything that reading the record changed, each with where it stood and what it became."""
    changed = [one.said_in(told.language) for one in told.standing.records.conversions]
    if not changed:
        return section(told.say("changed"), note(told.say("nothing_changed")))
    places: dict[str, list[str]] = {}
    for one in dict.fromkeys(changed):
        places.setdefault(_place(told, one), []).append(_became(told, one))
    apart = told.say("between_sentences")
    items = [told.say("changed_at", where=where, list=apart.join(found)) for where, found in places.items()]
    return section(told.say("changed"), element("p", told.say("space").join(items), class_="small"))


def _place(told: Told, one: Conversion) -> str:
    parts = [*([given(one.sheet)] if one.sheet else []), *([told.say("row", row=one.row)] if one.row else [])]
    return told.joined(parts) or given(one.file)


def _became(told: Told, one: Conversion) -> str:
    key = "conversion" if one.column else "conversion_of_all"
    return told.say(key, column=given(one.column), written=given(one.written), became=given(one.became))


def sources(told: Told) -> Html:
    """Sources of the norms, the peers, and what the plan's technologies save and cost; and what made the report."""
    keys = list(dict.fromkeys(_cited(told)))
    known = [key for key in keys if key in told.standing.study.sources.index]
    study = told.standing.study
    made = told.say("made", version=version("waterplan"), study=study.name, digest=study.digest[:16])
    items = [*source_items(study, known[:SOURCES], told.language), element("li", made, class_="made")]
    more = [note(told.say("more_sources", count=len(known) - SOURCES))] if len(known) > SOURCES else []
    return section(told.say("sources"), element("ol", *items, class_="sources"), *more)


def _cited(told: Told) -> Iterable[str]:
    standing = told.standing
    if len(standing.ladder):
        held = standing.ladder[standing.ladder["graded_on"] | (standing.ladder["rank"] != "study")]
        yield from map(str, held["source"])
    if (standing.places["basis"] == PUBLISHED).any():
        peers = standing.study.enterprises
        yield from map(str, peers.loc[peers["product"].isin(standing.places["product"]), "source"])
    if standing.plan is not None:
        rows = standing.study.rows
        of_steps = rows["technology"].isin(set(standing.plan.steps["technology"])) & rows["name"].isin(ASSUMED_STEPS)
        made = rows["product"].isin(["", *standing.products["product"]])
        yield from map(str, rows.loc[of_steps & made, "source"].value_counts().index)
