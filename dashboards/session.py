"""One visitor: messages from the browser move the state, answers come from threads, the newest is shown.

It knows nothing of Panel: ``show`` gets a name and plain content to send, ``soon`` runs a function on the event loop.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any

from waterplan import Scenario, open_scenario, scenario_files
from waterplan.base.errors import WaterplanError

from . import link
from .answers import Answer, Answers
from .facts import Facts
from .intake import Intake
from .jobs import LOOK, MOVE, WORK, TooManyError
from .messages import is_text
from .panels import Panels
from .plants import Plants
from .runs import view
from .state import LANGUAGES, PAGES, THEMES, State
from .tables import Rows, side_by_side

log = logging.getLogger("waterplan.dashboard")

Show = Callable[[str, dict[str, Any]], None]
Soon = Callable[[Callable[[], None]], None]  # runs something on the event loop, at once or when the hand rests


class Session:
    """The state of a visitor and what he sees of it."""

    def __init__(self, answers: Answers, facts: Facts, shipped: Mapping[str, Scenario], read_only: bool = False,
                 language: str = "en", pool: Any = None):  # fmt: skip
        reference = shipped.get("reference") or next(iter(shipped.values()), Scenario(title="Reference"))
        self.answers, self.facts, self.shipped, self.read_only = answers, facts, shipped, read_only
        self.state = State(facts.study, reference, reference, language=language)
        self.rows = Rows(facts.study)
        self.panels, self.plants, self.intake = Panels(self), Plants(self, pool), Intake(self)
        self.wanted: dict[str, Any] = {}
        self.slice: dict[str, Any] = {}
        self.notice: dict[str, Any] | None = None
        self.seen = 0
        self.number = 0
        self._show: Show = lambda name, content: None
        self.soon: Soon = lambda run: run()
        self._later: Soon = lambda run: run()
        self._waiting: dict[str, dict[str, Any]] | None = None
        self.is_closed = False

    def start(self, query: str, show: Show, soon: Soon, later: Soon | None = None, waits: bool = False) -> None:
        """Takes the view of an address and shows it; a damaged one gives a notice and the reference scenario.

        waits: what is not known at once is kept until the browser says that it is there; while it connects, changes
        can get lost.
        """
        self._show, self.soon, self._later = show, soon, later or soon
        link.look(query, self.state)
        self.show_page()
        self.intake.open_address(query, lambda: self._begin(waits))
        if waits and self._waiting is None:
            self._waiting = {}

    def _begin(self, waits: bool) -> None:
        is_known = not self.state.pins and self.answers.known(self.state.scenario) is not None
        if is_known:
            self.refresh()
        if not is_known:  # threads may answer only when the server knows of the visitor
            self.soon(self.refresh)

    def close(self) -> None:
        """The visitor has left: nothing is sent any more."""
        self.is_closed = True
        self.answers.jobs.leave(self)
        self.plants.forget()

    def receive(self, message: Any) -> None:
        """A message of the browser: {type, ...}. What is not understood is left alone."""
        if not isinstance(message, Mapping):
            return
        if message.get("type") != "ready" and self.intake.holds(message):
            return
        name = f"on_{str(message.get('type', ''))[:20]}"
        act = getattr(self, f"_{name}", None) or self._heard_elsewhere(name)
        if act is None:
            return
        seq = message.get("seq")
        self.seen = seq if isinstance(seq, int) else self.seen
        if name != "on_ready":
            self.notice = None
        try:
            if not is_text(message):
                raise ValueError
            act(message)
        except WaterplanError as error:
            self.notice = {"key": "notice_refused", "detail": str(error)[:600]}
            self.refresh()
        except (KeyError, TypeError, ValueError, OverflowError, AssertionError):  # not a message of the page
            self.notice = {"key": "notice_refused", "detail": ""}
            self.refresh()

    def _heard_elsewhere(self, name: str) -> Callable[[Mapping[str, Any]], None] | None:
        parts = (self.panels, self.plants, self.intake)
        return next((getattr(part, name) for part in parts if hasattr(part, name)), None)

    def show(self, name: str, content: dict[str, Any]) -> None:
        """Sends something to the browser, or keeps it until the browser is there."""
        if self._waiting is None:
            self._show(name, content)
        else:
            self._waiting[name] = content

    def show_page(self) -> None:
        """Sends what changes with language only."""
        scenarios = [
            {"name": name, "title": found.headline(self.state.language), "why": found.reason(self.state.language)}
            for name, found in self.shipped.items()
        ]
        self.show("page", {**self.facts.page(self.state.language), "scenarios": scenarios})

    def refresh(self) -> None:
        """Answers the scenario as it is now: at once if it is known, otherwise from a thread."""
        self.number += 1
        number, scenario = self.number, self.state.scenario
        pinned = self.state.pins[-1] if self.state.pins else None
        known = self.answers.known(scenario)
        if known is not None and (pinned is None or self.answers.known(pinned) is not None):
            self._show_answer(number, known, pinned)
            return

        def answer() -> tuple[Answer, Scenario | None]:
            if pinned is not None:
                self.answers.plan(pinned)
            return self.answers.plan(scenario), pinned

        self.run(MOVE, answer, lambda done: self._show_answer(number, *done), number)

    def run(self, lane: str, work: Callable[[], Any], then: Callable[[Any], None], number: int,
            key: Any = None, always: bool = False) -> None:  # fmt: skip
        """Work of a lane, alike by key; shown on the event loop unless a newer move came. always: done even then."""

        def is_wanted() -> bool:
            return not self.is_closed and number == self.number

        def back(future: Future[Any]) -> None:
            if future.cancelled() or isinstance(future.exception(), CancelledError) or not is_wanted():
                return

            def on_loop() -> None:
                if not is_wanted():
                    return
                error = future.exception()
                if error is None:
                    then(future.result())
                elif isinstance(error, WaterplanError):
                    self.tell("notice_refused", str(error)[:600])
                else:
                    log.error("an answer failed", exc_info=error)
                    self.tell("notice_failed")

            self.soon(on_loop)

        try:
            outcome = self.answers.jobs.ask(lane, self, work, (lambda: True) if always else is_wanted, key)
        except TooManyError:
            self.tell("notice_busy")
        else:
            outcome.add_done_callback(back)

    def tell(self, key: str, detail: str = "") -> None:
        """Shows a notice and nothing else."""
        self.notice = {"key": key, "detail": detail}
        self.show("notice", {"seq": self.seen, "notice": self.notice})

    def _show_answer(self, number: int, answer: Answer, pinned: Scenario | None) -> None:
        state, language = self.state, self.state.language
        compared = self.answers.known(pinned) if pinned is not None else None
        infeasible = None
        if answer.board is None:
            told = {"attainable": answer.attainable, "shortfall": answer.shortfall}
            infeasible = {key: value if value == value else None for key, value in told.items()}
        scenario = state.scenario
        content = {
            "seq": self.seen,
            "number": number,
            "board": answer.board,
            "infeasible": infeasible,
            "levers": self.facts.levers(scenario),
            "assumed": self.facts.of_scenario(scenario).assumed if scenario.overrides else None,
            "exclude": list(scenario.exclude),
            "overrides": [str(override) for override in scenario.overrides],
            "title": scenario.headline(language),
            "why": scenario.reason(language),
            "is_moved": state.is_moved,
            "can_undo": state.can_undo,
            "can_redo": state.can_redo,
            "pins": [pin.headline(language) for pin in state.pins],
            "pinned": compared.board["headline"] if compared is not None and compared.board else None,
            "curve_key": self.answers.curve_key(scenario),
            "digest": answer.digest,
            "theme": state.theme,
            "page": state.page,
            **link.addresses(state, self.shipped),
            "place": state.place,
            "ahead": state.ahead,
            "notice": self.notice,
        }
        self.show("board", content)
        self._later(lambda: self._explain(number, answer, scenario))
        if state.page == "compare":
            self._compare(number)
        elif state.page == "data":
            self._look_up(number)
        elif state.page == "runs":
            self._browse(number)
        elif state.page == "benchmark":
            self.plants.show(number)

    def _explain(self, number: int, answer: Answer, scenario: Scenario) -> None:
        """Curve, reasons and ways out, once the hand rests; a newer move drops them."""
        if self.is_closed or number != self.number:
            return
        answers = self.answers

        def ask(lane: str, name: str, work: Callable[[Scenario], Any], then: Callable[[], None] = lambda: None) -> None:
            def shown(content: Any) -> None:
                self.show(name, content)
                then()

            self.run(lane, lambda: work(scenario), shown, number)

        if answer.board is None:
            ask(WORK, "ways", lambda scenario: {"digest": answer.digest, "ways": answers.ways_out(scenario)})
            ask(LOOK, "curve", answers.curve)
        else:  # the rows come last: they take longest, and would hold up the others
            ask(LOOK, "words", answers.words)
            ask(LOOK, "curve", answers.curve, lambda: ask(WORK, "reasons", answers.reasons))

    def _compare(self, number: int) -> None:
        compared = self.compared()
        self.run(LOOK, lambda: self.side_by_side(*compared), lambda content: self.show("compare", content), number)

    def compared(self) -> tuple[list[Scenario], list[int], str]:
        """The scenarios to compare, the present one last, the places of those that are pinned, and the language."""
        state = self.state
        here = state.scenario.digest(state.study)
        pins = [pin for pin in state.pins if pin.digest(state.study) != here]
        return [*pins, state.scenario], [state.pins.index(pin) for pin in pins], state.language

    def side_by_side(self, scenarios: list[Scenario], places: list[int], language: str) -> dict[str, Any]:
        answers = [self.answers.plan(scenario) for scenario in scenarios]
        return {"places": places, **side_by_side(self.facts.study, scenarios, answers, language)}

    def _look_up(self, number: int) -> None:
        wanted = dict(self.wanted)
        self.run(LOOK, lambda: self.rows.find(**wanted), lambda found: self.show("rows", found), number)

    def _browse(self, number: int) -> None:
        wanted, stores = dict(self.slice), self.answers.stores
        self.run(WORK, lambda: view(stores, wanted), lambda found: self.show("runs", found), number)

    def _on_ready(self, message: Mapping[str, Any]) -> None:
        kept, self._waiting = self._waiting or {}, None
        for name, content in kept.items():
            self.show(name, content)

    def _on_move(self, message: Mapping[str, Any]) -> None:
        self.state.move(str(message["lever"]), message.get("value"), str(message.get("label") or ""))
        self.refresh()

    def _on_undo(self, message: Mapping[str, Any]) -> None:
        self.state.undo()
        self.refresh()

    def _on_redo(self, message: Mapping[str, Any]) -> None:
        self.state.redo()
        self.refresh()

    def _on_reset(self, message: Mapping[str, Any]) -> None:
        self.state.reset()
        self.refresh()

    def _on_pin(self, message: Mapping[str, Any]) -> None:
        self.state.pin()
        self.refresh()

    def _on_unpin(self, message: Mapping[str, Any]) -> None:
        self.state.unpin(int(message.get("place", -1)))
        self.refresh()

    def _on_open(self, message: Mapping[str, Any]) -> None:
        found = self.shipped.get(str(message.get("name")))
        if found is not None:
            self.state.open(found)
        self.refresh()

    def _on_apply(self, message: Mapping[str, Any]) -> None:
        settings = message.get("settings")
        if isinstance(settings, Mapping):
            self.state.apply({str(name): value for name, value in settings.items()})
        self.refresh()

    def _on_rows(self, message: Mapping[str, Any]) -> None:
        changed = {key: str(message[key])[:200] for key in ("text", "name", "basis", "at") if key in message}
        page = message.get("page")
        self.wanted = {**self.wanted, **changed, "page": page if isinstance(page, int) else 0}
        self.number += 1
        self._look_up(self.number)
        self.show("notice", {"seq": self.seen, "notice": None})

    def _on_runs(self, message: Mapping[str, Any]) -> None:
        asked = {key: str(message[key])[:300] for key in ("store", "figure", "across") if key in message}
        along, place = message.get("dim"), message.get("place")
        at = {**self.slice.get("at", {}), str(along)[:100]: place} if isinstance(place, int) else {}
        self.slice = ({} if "store" in asked else self.slice) | asked | ({"at": at} if at else {})
        self.number += 1
        self._browse(self.number)
        self.show("notice", {"seq": self.seen, "notice": None})

    def _on_view(self, message: Mapping[str, Any]) -> None:
        before = self.state.language
        for name, allowed in (("language", LANGUAGES), ("theme", THEMES), ("page", PAGES)):
            if message.get(name) in allowed:
                setattr(self.state, name, message[name])
        if self.state.language != before:
            self.show_page()
        self.refresh()


def shipped_scenarios(answers: Answers, folder: str | None = None) -> dict[str, Scenario]:
    """Scenarios of a folder or those that come with waterplan, the reference first; other studies' are left out."""
    files = sorted(Path(folder).glob("*.toml")) if folder else scenario_files()
    found = {}
    for path in sorted(files, key=lambda path: (path.stem != "reference", path.stem)):
        scenario = open_scenario(path)
        try:
            scenario.check(answers.planner.study)
        except WaterplanError as error:
            log.warning("%s does not fit the study: %s", path.name, error)
        else:
            found[path.stem] = scenario
    return found
