"""Panels beside the page: the table behind a figure, the rows it rests on, why a technology is in or out; files of
tables and plans; and the steps that a browser kept."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from waterplan import Scenario
from waterplan.base.errors import WaterplanError
from waterplan.base.texts import Texts
from waterplan.planning.plan.files.single import pack_table
from waterplan.report.commands import command_lines

from . import link
from .behind import Behind, Table, rests_kind, rests_name
from .exports import EXCEL, HEAVY, KINDS, export
from .facts import ROOM
from .intake import Result
from .jobs import LOOK, ORDER, REPORT, WORK
from .packed import Unpacking
from .tables import compared_table, told_row, told_source

if TYPE_CHECKING:
    from .session import Session

FORMS = {
    "csv": ("csv", "text/csv"),
    "excel": ("xlsx", EXCEL),
}
NARROWED_BY = ("sector", "province", "technology")
STEPS_MAX = 50
File = tuple[str, str, bytes]  # name, type and content


class Panels:
    """Messages about panels; what they need is worked out in threads and dropped when the scenario moves."""

    def __init__(self, session: Session):
        self.session = session

    def on_behind(self, message: Mapping[str, Any]) -> None:
        """The table behind a card, then the rows that its number rests on."""
        card, of = str(message.get("card")), str(message.get("of") or "")
        labels = self._labels(message)
        scenario, language = self.session.state.scenario, self.session.state.language
        name = rests_name(card, of, labels)
        panel = {"card": card, "of": of, "labels": labels}

        def table() -> dict[str, Any]:
            return {**panel, "table": self._table(card, scenario, language).shown()}

        def rows() -> dict[str, Any]:
            found = self.session.answers.rests(scenario, name, labels)
            return {**panel, "name": name, "kind": rests_kind(name), **self._told(found)}

        if not labels:
            self._ask(LOOK, "behind", table)
        self._ask(WORK, "rests", rows)

    def on_why(self, message: Mapping[str, Any]) -> None:
        """Why a technology is in or out, and the rows that its saving rests on."""
        technology, scenario, language = (
            str(message.get("technology")),
            self.session.state.scenario,
            self.session.state.language,
        )
        labels = {"technology": technology}
        panel = {"card": "technology", "of": technology, "labels": labels}
        if technology not in self.session.answers.planner.structure.technologies:
            raise ValueError(technology)

        def rows() -> dict[str, Any]:
            found = self.session.answers.rests(scenario, "saving", labels)
            return {**panel, "name": "saving", "kind": "hm3/a", **self._told(found)}

        self._ask(WORK, "why", lambda: {**panel, "told": self.session.answers.why(scenario, technology, language)})
        self._ask(WORK, "rests", rows)

    def on_table(self, message: Mapping[str, Any]) -> None:
        """A table as a file: of a card, of the Compare page or of the rows found on the Data page."""
        card, form, seq = str(message.get("card")), str(message.get("form")), self.session.seen
        scenario, language, wanted = self.session.state.scenario, self.session.state.language, dict(self.session.wanted)
        (kind, media), labels = FORMS[form], self._labels(message)
        of, say = str(message.get("of") or ""), Texts(ROOM, language)
        _check_card(card, of)
        compared = self.session.compared()

        def make() -> File:
            if card == "compare":
                content = self.session.side_by_side(*compared)
                columns, title = compared_table(self.session.facts, content, language), say("compare_title")
            else:
                table, title = (
                    self._file_of(card, of, labels, scenario, wanted),
                    say("page_data" if card == "data" else "page_plan"),
                )
                columns = table.written()
            packed = pack_table(kind, columns, title, scenario.headline(language), language)
            return f"waterplan-{card}.{kind}", media, packed

        self._order(REPORT if form == "excel" else ORDER, seq, make)

    def on_export(self, message: Mapping[str, Any]) -> None:
        """A file of the plan or the scenario, or the commands that give it."""
        kind, scenario, language = str(message.get("kind")), self.session.state.scenario, self.session.state.language
        if kind == "commands":
            self.session.show("commands", command_lines(scenario, self.session.facts.study.name))
        elif kind in KINDS:
            planner = self.session.answers.planner
            alike = ("export", kind, scenario.to_toml(), language)
            lane = REPORT if kind in HEAVY else ORDER
            self._order(lane, self.session.seen, lambda: export(kind, planner, scenario, language), alike)
            return
        self.session.show("notice", {"seq": self.session.seen, "notice": None})

    def _file_of(self, card: str, of: str, labels: dict[str, str], scenario: Scenario, wanted: dict[str, Any]) -> Table:
        language = self.session.state.language
        if card == "data":
            wanted.pop("page", None)
            rows = self.session.facts.study.rows.iloc[self.session.rows.found(**wanted)]
            return Behind(self.session.facts, {}, language).table("rests", rows=rows)
        if card == "rows":  # of a panel
            behind = str(of).partition(":")
            name = "saving" if behind[0] == "technology" else rests_name(behind[0], behind[2], labels)
            return Behind(self.session.facts, {}, language).table(
                "rests", rows=self.session.answers.rests(scenario, name, labels)
            )
        return self._table(card, scenario, language)

    def _table(self, card: str, scenario: Scenario, language: str) -> Table:
        board = self.session.answers.plan(scenario).board
        if board is None:
            raise WaterplanError(Texts(ROOM, language)("infeasible_title"))
        more: dict[str, Any] = {}
        if card == "curve":
            more = {"points": self.session.answers.curve_points(scenario)}
        elif card == "technologies":
            more = {"words": self.session.answers.words(scenario)}
        elif card == "rests":
            more = {"rows": self.session.answers.rests(scenario, "annual_cost", {})}
        return Behind(self.session.facts.of_scenario(scenario), board, language).table(card, **more)

    def _labels(self, message: Mapping[str, Any]) -> dict[str, str]:
        """What a table is narrowed to. Raises ValueError for a label that the study does not have."""
        dim, label = str(message.get("dim") or ""), str(message.get("label") or "")
        if dim not in NARROWED_BY or not label:
            return {}
        if label not in self.session.facts.study.values[dim].values:
            raise ValueError(label)
        return {dim: label}

    def _told(self, rows: Any) -> dict[str, Any]:
        study = self.session.facts.study
        return {
            "rows": [{**told_row(row), "weight": float(row["weight"])} for _, row in rows.iterrows()],
            "sources": {str(key): told_source(study, str(key)) for key in rows["source"].unique()},
        }

    def _ask(self, lane: str, name: str, work: Callable[[], dict[str, Any]]) -> None:
        self.session.run(lane, work, lambda content: self.session.show(name, content), self.session.number)

    def _order(self, lane: str, seq: int, make: Callable[[], File], alike: Any = None) -> None:
        """A file for the browser, which saves it; ``alike`` as the key of a job."""

        def sent(found: File) -> None:
            name, media, content = found
            packed = base64.b64encode(content).decode()
            self.session.show("file", {"seq": seq, "file": name, "type": media, "data": packed})

        self.session.run(lane, make, sent, self.session.number, alike)

    def on_history(self, message: Mapping[str, Any]) -> None:
        """Steps that the browser kept: a connection may be lost, what was done is not. Damaged ones are left out."""
        state = self.session.state
        past, ahead = (message.get(name) for name in ("past", "ahead"))
        queries = [message.get("origin"), *(past or [])[-STEPS_MAX:], *(ahead or [])[:STEPS_MAX]]
        if not all(isinstance(query, str) for query in queries):
            return
        count, unpacking, shipped = len((past or [])[-STEPS_MAX:]), Unpacking(), self.session.shipped

        def steps() -> list[Scenario]:
            return [link.scenario_of(query, state.study, shipped, unpacking) for query in queries]

        def remembered(result: Result) -> None:
            try:
                origin, *found = result()
            except link.LinkError:
                self.session.notice = {"key": "notice_steps_lost", "detail": ""}
            else:
                state.remember(origin, found[:count], found[count:])
            self.session.refresh()

        self.session.intake.read("&".join(queries), steps, remembered)


def _check_card(card: str, of: str) -> None:
    """Raises KeyError for a card that has no table."""
    behind, _, figure = of.partition(":") if card == "rows" else (card, "", "")
    if card not in ("compare", "data") and (card, behind) != ("rows", "technology"):
        rests_name(behind, figure, {})
