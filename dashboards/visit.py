"""One visit: what a visitor has on the screen, what is worked out for it in threads, and what is sent to the browser.

It knows nothing of Panel (``show`` gets a name and plain content to send, ``soon`` runs a function on the event loop)
and nothing of the pages, which keep in a part of it what is theirs.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar, cast

from waterplan import Scenario
from waterplan.base.errors import WaterplanError

from . import link
from .answers import Answers
from .board import Answer
from .facts import Facts
from .jobs import MOVE, TooManyError
from .state import State

log = logging.getLogger("waterplan.dashboard")

Show = Callable[[str, dict[str, Any]], None]
Soon = Callable[[Callable[[], None]], None]  # runs something on the event loop, at once or when the hand rests
Own = TypeVar("Own")
Handlers = dict[str, Callable[["Visit", Any], None]]  # what a page does, by the type of message
DETAIL_MAX = 600  # signs of what is told of an error


class Visit(ABC):
    """The state of a visitor and what he sees of it. seen: the number of the last message; number: of the last move."""

    def __init__(self, answers: Answers, facts: Facts, shipped: Mapping[str, Scenario], read_only: bool = False,
                 language: str = "en", pool: Any = None):  # fmt: skip
        reference = shipped.get("reference") or next(iter(shipped.values()), Scenario(title="Reference"))
        self.answers, self.facts, self.shipped, self.read_only, self.pool = answers, facts, shipped, read_only, pool
        self.state = State(facts.study, reference, reference, language=language)
        self.notice: dict[str, Any] | None = None
        self.seen = self.number = 0
        self.is_closed = False
        self.address: str | None = None  # what stands for it
        self.later: Soon = lambda run: run()
        self.soon: Soon = lambda run: run()
        self._show: Show = lambda name, content: None
        self._waiting: dict[str, dict[str, Any]] | None = None
        self._parts: dict[type, Any] = {}

    @abstractmethod
    def receive(self, said: Any) -> None:
        """Does what a message asks for."""

    @abstractmethod
    def follow(self, number: int, answer: Answer) -> None:
        """Shows what follows the answer to a move."""

    def part(self, kind: type[Own]) -> Own:
        """What a page keeps of this visit, made when it is first asked for."""
        if kind not in self._parts:
            self._parts[kind] = kind()
        return cast(Own, self._parts[kind])

    def drop(self, kind: type) -> None:
        """Lets go of what a page keeps."""
        self._parts.pop(kind, None)

    def connect(self, show: Show, soon: Soon, later: Soon) -> None:
        """Where content goes, and how functions come onto the event loop."""
        self._show, self.soon, self.later = show, soon, later

    def close(self) -> None:
        """The visitor has left: nothing is sent any more."""
        self.is_closed = True
        self.answers.jobs.leave(self)

    def wait(self) -> None:
        """Keeps what is shown until the browser says that it is there; while it connects, changes can get lost."""
        self._waiting = {} if self._waiting is None else self._waiting

    def go_on(self) -> None:
        """The browser is there: shows what was kept."""
        kept, self._waiting = self._waiting or {}, None
        for name, content in kept.items():
            self.show(name, content)

    def show(self, name: str, content: dict[str, Any]) -> None:
        """Sends something to the browser, or keeps it until the browser is there."""
        if self._waiting is None:
            self._show(name, content)
        else:
            self._waiting[name] = content

    def show_page(self) -> None:
        """Sends what changes with language only."""
        language = self.state.language
        scenarios = [
            {"name": name, "title": found.headline(language), "why": found.reason(language)}
            for name, found in self.shipped.items()
        ]
        self.show("page", {**self.facts.page(language), "scenarios": scenarios})

    def tell(self, key: str, detail: str = "") -> None:
        """Shows a notice and nothing else."""
        self.notice = {"key": key, "detail": detail}
        self.show("notice", {"seq": self.seen, "notice": self.notice})

    def hush(self) -> None:
        """Shows that there is no notice; that answers a message, too."""
        self.show("notice", {"seq": self.seen, "notice": None})

    def refuse(self, key: str, detail: str = "") -> None:
        """Shows a notice with everything as it was, so that no control says what was refused."""
        self.notice = {"key": key, "detail": detail}
        self.refresh()

    def refresh(self) -> None:
        """Answers the scenario as it is now: at once if it is known, otherwise from a thread."""
        self.number += 1
        number, scenario = self.number, self.state.scenario
        pinned = self.state.pins[-1] if self.state.pins else None
        known = self.answers.known(scenario)
        if known is not None and (pinned is None or self.answers.known(pinned) is not None):
            self._show_answer(number, known, pinned)
            return

        def answer() -> Answer:
            if pinned is not None:
                self.answers.plan(pinned)
            return self.answers.plan(scenario)

        self.run(MOVE, answer, lambda found: self._show_answer(number, found, pinned), number)

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
                    self.tell("notice_refused", error.text(self.state.language)[:DETAIL_MAX])
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

    def ask(self, lane: str, name: str, work: Callable[[], dict[str, Any]]) -> None:
        """Work whose result is shown under a name, unless a newer move comes."""
        self.run(lane, work, lambda content: self.show(name, content), self.number)

    def _show_answer(self, number: int, answer: Answer, pinned: Scenario | None) -> None:
        compared = self.answers.known(pinned) if pinned is not None else None
        infeasible = None
        if answer.board is None:
            told = {"attainable": answer.attainable, "shortfall": answer.shortfall}
            infeasible = {key: value if value == value else None for key, value in told.items()}
        content = {
            "seq": self.seen,
            "number": number,
            "board": answer.board,
            "infeasible": infeasible,
            **self._asked(),
            "pinned": compared.board["headline"] if compared is not None and compared.board else None,
            "digest": answer.digest,
            "notice": self.notice,
        }
        self.show("board", content)
        self.follow(number, answer)

    def _asked(self) -> dict[str, Any]:
        """The scenario and the view, as the page shows them."""
        state, scenario, language = self.state, self.state.scenario, self.state.language
        return {
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
            "curve_key": self.answers.curve_key(scenario),
            "anyway_key": self.answers.anyway_key(scenario),
            "theme": state.theme,
            "page": state.page,
            **link.addresses(state, self.shipped),
            "place": state.place,
            "ahead": state.ahead,
        }
