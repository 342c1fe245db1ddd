"""The foot of a plant's report: what a reader must know, what reading changed, sources, and how it was made."""

from __future__ import annotations

from collections.abc import Iterable

from waterplan import __version__
from waterplan.benchmarking.records import Conversion
from waterplan.plan.files.tidy import csv_cell
from waterplan.report.document import Html, element, note, section
from waterplan.report.plant_telling import Told, given
from waterplan.report.policy_foot import source_items
from waterplan.standing.places import PUBLISHED, REFERENCE

SOURCES = 12
ASSUMED_STEPS = ("saving_fraction", "investment_per_m3")


def remarks(told: Told) -> Html:
    """The remarks of the standing: estimates, what is missing, what was assumed; what the chart of places says is not
    repeated."""
    drawn = [
        row["reason"].text(told.language) for _, row in told.standing.places.iterrows() if row["basis"] == REFERENCE
    ]
    notes = [one for one in told.standing.notes(told.language) if not any(reason in one for reason in drawn if reason)]
    items = [element("li", given_long(one)) for one in notes]
    return section(told.say("must_know"), element("ul", *items, class_="remarks"))


def given_long(text: str) -> str:
    """A remark on one line, never a formula; names of a record in it may hold anything."""
    return str(csv_cell("".join(sign if sign.isprintable() else " " for sign in text).strip()))


def conversions(told: Told) -> Html:
    """Everything that reading the record changed, each with where it stood and what it became."""
    changed = told.standing.records.conversions
    if not changed:
        return section(told.say("changed"), note(told.say("nothing_changed")))
    items = told.say("between_sentences").join(_told(told, one) for one in dict.fromkeys(changed))
    return section(told.say("changed"), note(items))


def _told(told: Told, one: Conversion) -> str:
    sheet = [one.sheet] if one.sheet else []
    where = [*sheet, *([told.say("row", row=one.row)] if one.row else []), *([one.column] if one.column else [])]
    places = told.joined(given(part) for part in where)
    return told.say("conversion", where=places, written=given(one.written), became=given(one.became))


def sources(told: Told) -> Html:
    """The sources of the norms, of the peers, and of what the plan's technologies save and cost."""
    keys = list(dict.fromkeys(_cited(told)))
    known = [key for key in keys if key in told.standing.study.sources.index]
    items = source_items(told.standing.study.sources, known[:SOURCES])
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


def foot(told: Told) -> Html:
    """What made the report, and on which study."""
    study = told.standing.study
    made = told.say("made", version=__version__, study=study.name, digest=study.digest[:16])
    return element("footer", element("p", told.say("confidential_foot"), " ", made), class_="foot")
