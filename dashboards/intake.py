"""What a visitor brings along (a link, a file, steps), read in a thread; what he says meanwhile waits until it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any

from waterplan import Scenario
from waterplan.base.errors import WaterplanError
from waterplan.base.toml_text import TomlError, read_toml

from . import link
from .jobs import MOVE
from .packed import OVERRIDES_MAX
from .state import State

if TYPE_CHECKING:
    from .session import Session

FILE_MAX = 256_000  # signs
HELD_MAX = 100  # messages that wait
LIGHT = 1500  # signs, without overrides, that are read in a moment and at once

Result = Callable[[], Any]  # gives what was read, or raises what went wrong


class Intake:
    """One reading at a time of one session. Used on the event loop only."""

    def __init__(self, session: Session):
        self.session = session
        self._held: list[Mapping[str, Any]] | None = None

    def holds(self, message: Mapping[str, Any]) -> bool:
        """Whether a message waits, because something is being read."""
        if self._held is None:
            return False
        if len(self._held) < HELD_MAX:
            self._held.append(message)
        return True

    def read(self, text: str, work: Callable[[], Any], then: Callable[[Result], None]) -> None:
        """Has ``work`` read a text, and gives its result on the event loop: at once where the text is light."""
        if len(text) <= LIGHT and "set" not in text:
            then(work)
            return
        self._held = []
        session = self.session
        session.number += 1

        def back(future: Future[Any]) -> None:
            session.soon(lambda: self._end(future, then))

        def ask() -> None:
            session.answers.jobs.ask(MOVE, session, work, lambda: not session.is_closed).add_done_callback(back)

        session.soon(ask)  # threads may answer only when the server knows of the visitor

    def _end(self, future: Future[Any], then: Callable[[Result], None]) -> None:
        held, self._held = self._held or [], None
        if self.session.is_closed:
            return
        if future.cancelled() or isinstance(future.exception(), CancelledError):
            self.session.refresh()
        else:
            then(future.result)
        for message in held:
            self.session.receive(message)

    def open_address(self, query: str, then: Callable[[], None]) -> None:
        """Takes the scenarios of an address; a damaged one gives a notice."""
        state = self.session.state

        def work() -> State:
            found = State(state.study, state.scenario, state.origin)
            link.decode(query, found, shipped=self.session.shipped)
            return found

        def opened(result: Result) -> None:
            try:
                found = result()
            except link.LinkError as error:
                self.session.notice = {"key": error.notice, "detail": str(error)[:300]}
            else:
                state.scenario, state.origin, state.pins = found.scenario, found.origin, found.pins
            then()

        self.read(query, work, opened)

    def on_load(self, message: Mapping[str, Any]) -> None:
        """Opens a scenario file."""
        text, file = str(message.get("text", "")), str(message.get("file", "file"))[:80]
        if self.session.read_only:
            self._told("notice_read_only")
        elif len(text) > FILE_MAX:
            self._told("notice_too_large")
        else:
            self.read(text, lambda: self._scenario(text, file), self._loaded)

    def _scenario(self, text: str, file: str) -> Scenario:
        found = Scenario.from_mapping(read_toml(text), file)
        if len(found.overrides) <= OVERRIDES_MAX:
            found.check(self.session.state.study)
        return found

    def _loaded(self, result: Result) -> None:
        try:
            found = result()
            if len(found.overrides) > OVERRIDES_MAX:
                self._told("notice_too_many", f"{len(found.overrides):,} > {OVERRIDES_MAX:,}")
                return
            self.session.state.open(found)
        except TomlError as error:
            self._told("notice_no_toml", str(error)[:200])
        except WaterplanError as error:
            self._told("notice_refused", str(error)[:600])
        else:
            self.session.refresh()

    def _told(self, key: str, detail: str = "") -> None:
        self.session.notice = {"key": key, "detail": detail}
        self.session.refresh()
