"""What a visitor brings along (a link, a file, steps), read in a thread; what he says meanwhile waits until it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any

from waterplan import Scenario
from waterplan.base.errors import WaterplanError
from waterplan.base.toml_text import TomlError, read_toml

from .. import link
from ..jobs import MOVE
from ..messages import History, Load
from ..packed import OVERRIDES_MAX, Unpacking
from ..state import State
from ..visit import DETAIL_MAX, Handlers, Visit

FILE_MAX = 256_000  # signs
FILE_NAME_MAX = 80
HELD_MAX = 100  # messages that wait
LIGHT = 1500  # signs, without overrides, that are read in a moment and at once
STEPS_MAX = 50

Result = Callable[[], Any]  # gives what was read, or raises what went wrong


@dataclass
class Held:
    """Messages that wait because something is being read; None where nothing is."""

    messages: list[Mapping[str, Any]] | None = None


def holds(visit: Visit, said: Mapping[str, Any]) -> bool:
    """Whether a message waits, because something is being read."""
    held = visit.part(Held).messages
    if held is None or said.get("type") == "ready":
        return False
    if len(held) < HELD_MAX:
        held.append(said)
    return True


def read(visit: Visit, text: str, work: Callable[[], Any], then: Callable[[Result], None]) -> None:
    """Has ``work`` read a text, and gives its result on the event loop: at once where the text is light."""
    if len(text) <= LIGHT and "set" not in text:
        then(work)
        return
    visit.part(Held).messages = []
    visit.number += 1

    def back(future: Future[Any]) -> None:
        visit.soon(lambda: _end(visit, future, then))

    def ask() -> None:
        visit.answers.jobs.ask(MOVE, visit, work, lambda: not visit.is_closed).add_done_callback(back)

    visit.soon(ask)  # threads may answer only when the server knows of the visitor


def _end(visit: Visit, future: Future[Any], then: Callable[[Result], None]) -> None:
    waiting = visit.part(Held)
    held, waiting.messages = waiting.messages or [], None
    if visit.is_closed:
        return
    if future.cancelled() or isinstance(future.exception(), CancelledError):
        visit.refresh()
    else:
        then(future.result)
    for said in held:
        visit.receive(said)


def open_address(visit: Visit, query: str, then: Callable[[], None]) -> None:
    """Takes the scenarios of an address; a damaged one gives a notice."""
    state = visit.state

    def work() -> State:
        found = State(state.study, state.scenario, state.origin)
        link.decode(query, found, shipped=visit.shipped)
        return found

    def opened(result: Result) -> None:
        try:
            found = result()
        except link.LinkError as error:
            visit.notice = {"key": error.notice, "detail": error.text(visit.state.language)[:DETAIL_MAX]}
        else:
            state.scenario, state.origin, state.pins = found.scenario, found.origin, found.pins
        then()

    read(visit, query, work, opened)


def load(visit: Visit, message: Load) -> None:
    """Opens a scenario file."""
    text, file = message["text"], message.get("file", "file")[:FILE_NAME_MAX]
    if visit.read_only:
        visit.refuse("notice_read_only")
    elif len(text) > FILE_MAX:
        visit.refuse("notice_too_large")
    else:
        read(visit, text, lambda: _scenario(visit, text, file), lambda result: _loaded(visit, result))


def _scenario(visit: Visit, text: str, file: str) -> Scenario:
    found = Scenario.from_mapping(read_toml(text), file)
    if len(found.overrides) <= OVERRIDES_MAX:
        found.check(visit.state.study)
    return found


def _loaded(visit: Visit, result: Result) -> None:
    try:
        found = result()
        if len(found.overrides) > OVERRIDES_MAX:
            visit.refuse("notice_too_many", f"{len(found.overrides):,} > {OVERRIDES_MAX:,}")
            return
        visit.state.open(found)
    except TomlError as error:
        visit.refuse("notice_no_toml", error.message.text(visit.state.language)[:DETAIL_MAX])
    except WaterplanError as error:
        visit.refuse("notice_refused", error.text(visit.state.language)[:DETAIL_MAX])
    else:
        visit.refresh()


def history(visit: Visit, message: History) -> None:
    """Steps that the browser kept: a connection may be lost, what was done is not. Damaged ones are left out."""
    past, ahead = message["past"][-STEPS_MAX:], message["ahead"][:STEPS_MAX]
    queries, state, unpacking = [message["origin"], *past, *ahead], visit.state, Unpacking()

    def steps() -> list[Scenario]:
        return [link.scenario_of(query, state.study, visit.shipped, unpacking) for query in queries]

    def remembered(result: Result) -> None:
        try:
            origin, *found = result()
        except link.LinkError:
            visit.notice = {"key": "notice_steps_lost", "detail": ""}
        else:
            state.remember(origin, found[: len(past)], found[len(past) :])
        visit.refresh()

    read(visit, "&".join(queries), steps, remembered)


HANDLERS: Handlers = {"load": load, "history": history}
