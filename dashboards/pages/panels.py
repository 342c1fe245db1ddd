"""Panels beside the page: the table behind a figure, the rows it rests on, why a technology is in or out; and files of
tables and plans. What they need is worked out in threads and dropped when the scenario moves."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from waterplan import Scenario
from waterplan.base.errors import WaterplanError
from waterplan.base.messages import Message
from waterplan.base.texts import Texts
from waterplan.planning.plan.files.single import pack_table
from waterplan.report.commands import command_lines

from .. import messages
from ..behind import Behind, Table, rests_kind, rests_name
from ..exports import EXCEL, HEAVY, KINDS, export
from ..facts import ROOM
from ..jobs import LOOK, ORDER, REPORT, WORK
from ..tables import compared_table, told_row, told_source
from ..visit import Handlers, Visit
from .compare import Compared
from .data import Search

FORMS = {"csv": ("csv", "text/csv"), "excel": ("xlsx", EXCEL)}
LINED = ("withdrawal", "sectors", "map", "path")  # tables with the lines of what would happen anyway
UNTOLD = "rests_after_market"
NARROWED_BY = ("sector", "province", "technology")
File = tuple[str, str, bytes]  # name, type and content


def behind(visit: Visit, message: messages.Behind) -> None:
    """The table behind a card, then the rows that its number rests on."""
    source, card, of = Source.of(visit), message["card"], message.get("of", "")
    labels = _labels(visit, message)
    name = rests_name(card, of, labels)
    panel = {"card": card, "of": of, "labels": labels}

    def rows() -> dict[str, Any]:
        return {**panel, "name": name, "kind": rests_kind(name), **source.told_rows(name, labels)}

    if not labels:
        visit.ask(LOOK, "behind", lambda: {**panel, "table": source.table(card).shown()})
    visit.ask(WORK, "rests", rows)


def why(visit: Visit, message: messages.Why) -> None:
    """Why a technology is in or out, and the rows that its saving rests on. Raises ValueError for another."""
    technology, source = message["technology"], Source.of(visit)
    labels = {"technology": technology}
    panel = {"card": "technology", "of": technology, "labels": labels}
    if technology not in visit.answers.planner.structure.technologies:
        raise ValueError(technology)

    def told() -> dict[str, Any]:
        return {**panel, "told": visit.answers.why(source.scenario, technology, source.language)}

    def rows() -> dict[str, Any]:
        return {**panel, "name": "saving", "kind": "hm3/a", **source.told_rows("saving", labels)}

    visit.ask(WORK, "why", told)
    visit.ask(WORK, "rests", rows)


def table(visit: Visit, message: messages.Table) -> None:
    """A table as a file: of a card, of the Compare page or of the rows found on the Data page."""
    card, form, of = message["card"], message["form"], message.get("of", "")
    (kind, media), labels, source = FORMS[form], _labels(visit, message), Source.of(visit)
    _check_card(card, of)
    say, compared = Texts(ROOM, source.language), Compared.of(visit)

    def make() -> File:
        if card == "compare":
            columns = compared_table(visit.facts, compared.told(visit), source.language)
            title = say("compare_title")
        else:
            columns = source.file(card, of, labels).written()
            title = say("page_data" if card == "data" else "page_plan")
        packed = pack_table(kind, columns, title, source.scenario.headline(source.language), source.language)
        return f"waterplan-{card}.{kind}", media, packed

    _order(visit, REPORT if form == "excel" else ORDER, make)


def export_file(visit: Visit, message: messages.Export) -> None:
    """A file of the plan or the scenario, or the commands that give it. Raises ValueError for another kind."""
    kind, scenario, language = message["kind"], visit.state.scenario, visit.state.language
    if kind == "commands":
        visit.show("commands", command_lines(scenario, visit.facts.study.name))
        visit.hush()
        return
    if kind not in KINDS:
        raise ValueError(kind)
    answers, alike = visit.answers, ("export", kind, scenario.to_toml(), language)
    lane = REPORT if kind in HEAVY else ORDER
    _order(visit, lane, lambda: export(kind, answers, scenario, language), alike)


@dataclass(frozen=True)
class Source:
    """What tables are made of: a scenario, what was looked for on the Data page, and the language, as they were."""

    visit: Visit
    scenario: Scenario
    language: str
    wanted: dict[str, Any]

    @classmethod
    def of(cls, visit: Visit) -> Source:
        """As it is now."""
        return cls(visit, visit.state.scenario, visit.state.language, dict(visit.part(Search).wanted))

    @property
    def is_after_market(self) -> bool:
        """Whether figures act through what enterprises do by themselves too: what rests on them is not worked out."""
        return self.scenario.resolve(self.visit.facts.study).baseline == "market"

    def rests(self, name: str, labels: dict[str, str]) -> Any:
        """The rows that a number rests on. Raises WaterplanError where that is not worked out."""
        if self.is_after_market:
            raise WaterplanError(Message(f"dashboard.{UNTOLD}"))
        return self.visit.answers.rests(self.scenario, name, labels)

    def table(self, card: str) -> Table:
        """The table behind a card. Raises WaterplanError if there is no plan."""
        answers, board = self.visit.answers, self.visit.answers.plan(self.scenario).board
        if board is None:
            raise WaterplanError(Message("dashboard.infeasible_title"))
        more: dict[str, Any] = {}
        if card == "curve":
            more = {"points": answers.curve_points(self.scenario)}
        elif card == "technologies":
            more = {"words": answers.words(self.scenario)}
        elif card == "rests":
            more = {"rows": self.rests("annual_cost", {})}
        anyway = answers.anyway(self.scenario) if card in LINED and answers.tells_turnover else board["anyway"]
        return Behind(self.visit.facts.of_scenario(self.scenario), board, self.language, anyway).table(card, **more)

    def file(self, card: str, of: str, labels: dict[str, str]) -> Table:
        """The table of a file: of a card, of the rows of a panel, or of those found on the Data page."""
        answers, facts = self.visit.answers, self.visit.facts
        if card == "data":
            wanted = {key: one for key, one in self.wanted.items() if key != "page"}
            rows = facts.study.rows.iloc[answers.rows.found(**wanted)]
        elif card == "rows":
            behind, _, figure = of.partition(":")
            name = "saving" if behind == "technology" else rests_name(behind, figure, labels)
            rows = self.rests(name, labels)
        else:
            return self.table(card)
        return Behind(facts, {}, self.language).table("rests", rows=rows)

    def told_rows(self, name: str, labels: dict[str, str]) -> dict[str, Any]:
        """The rows that a number rests on, with their sources."""
        if self.is_after_market:
            return {"rows": [], "sources": {}, "untold": UNTOLD}
        rows, study = self.visit.answers.rests(self.scenario, name, labels), self.visit.facts.study
        return {
            "rows": [{**told_row(row), "weight": float(row["weight"])} for _, row in rows.iterrows()],
            "sources": {str(key): told_source(study, str(key), self.language) for key in rows["source"].unique()},
        }


def _labels(visit: Visit, message: messages.Behind | messages.Table) -> dict[str, str]:
    """What a table is narrowed to. Raises ValueError for a label that the study does not have."""
    dim, label = message.get("dim", ""), message.get("label", "")
    if dim not in NARROWED_BY or not label:
        return {}
    if label not in visit.facts.study.values[dim].values:
        raise ValueError(label)
    return {dim: label}


def _check_card(card: str, of: str) -> None:
    """Raises KeyError for a card that has no table."""
    behind, _, figure = of.partition(":") if card == "rows" else (card, "", "")
    if card not in ("compare", "data") and (card, behind) != ("rows", "technology"):
        rests_name(behind, figure, {})


def _order(visit: Visit, lane: str, make: Callable[[], File], alike: Any = None) -> None:
    """A file for the browser, which saves it; ``alike`` as the key of a job."""
    seq = visit.seen

    def sent(found: File) -> None:
        name, media, content = found
        packed = base64.b64encode(content).decode()
        visit.show("file", {"seq": seq, "file": name, "type": media, "data": packed})

    visit.run(lane, make, sent, visit.number, alike)


HANDLERS: Handlers = {"behind": behind, "why": why, "table": table, "export": export_file}
