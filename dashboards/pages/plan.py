"""The Plan page, and what stands above every page: levers, steps, pins, and what is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from waterplan import Scenario

from ..board import Answer
from ..jobs import LOOK, WORK
from ..messages import Apply, Move, Open, Unpin, View, Word
from ..state import State
from ..visit import Handlers, Visit


def explain(visit: Visit, number: int, answer: Answer, scenario: Scenario) -> None:
    """What would come anyway, curve, reasons and ways out, once the hand rests; a newer move drops them."""
    if visit.is_closed or number != visit.number:
        return
    answers = visit.answers

    def ask(lane: str, name: str, work: Callable[[Scenario], Any], then: Callable[[], None] = lambda: None) -> None:
        def shown(content: Any) -> None:
            visit.show(name, content)
            then()

        visit.run(lane, lambda: work(scenario), shown, number)

    if answer.board is None:
        ask(WORK, "ways", lambda scenario: {"digest": answer.digest, "ways": answers.ways_out(scenario)})
        ask(LOOK, "curve", answers.curve)
    else:  # the rows come last: they take longest, and would hold up the others
        levers = scenario.resolve(visit.facts.study)
        if answers.tells_turnover and levers.baseline != "market":  # a plan on top of the market has told it
            ask(LOOK, "anyway", answers.anyway)
        ask(LOOK, "words", answers.words)
        if levers.baseline == "market":  # what the cost rests on is not worked out there
            ask(LOOK, "curve", answers.curve)
        else:
            ask(LOOK, "curve", answers.curve, lambda: ask(WORK, "reasons", answers.reasons))
        if answers.tells_market and levers.baseline != "market" and levers.saving_target > 0:
            ask(WORK, "on_top", answers.on_top)


def ready(visit: Visit, _message: Word) -> None:
    """Shows what was kept for the browser."""
    visit.go_on()


def view(visit: Visit, message: View) -> None:
    """Another page, language or theme."""
    state, before = visit.state, visit.state.language
    state.page = message.get("page", state.page)
    state.theme = message.get("theme", state.theme)
    state.language = message.get("language", state.language)
    if state.language != before:
        visit.show_page()
    visit.refresh()


def move(visit: Visit, message: Move) -> None:
    """A lever. Raises ScenarioError."""
    visit.state.move(message["lever"], message.get("value"), message.get("label", ""))
    visit.refresh()


def step(act: Callable[[State], None]) -> Callable[[Visit, Word], None]:
    """What a word does that only moves the state."""

    def then(visit: Visit, _message: Word) -> None:
        act(visit.state)
        visit.refresh()

    return then


def unpin(visit: Visit, message: Unpin) -> None:
    """Lets go of a pinned scenario."""
    visit.state.unpin(message["place"])
    visit.refresh()


def open_shipped(visit: Visit, message: Open) -> None:
    """A scenario that was shipped. Raises KeyError for another name."""
    visit.state.open(visit.shipped[message["name"]])
    visit.refresh()


def apply(visit: Visit, message: Apply) -> None:
    """Several levers at once. Raises ScenarioError."""
    visit.state.apply(message["settings"])
    visit.refresh()


HANDLERS: Handlers = {
    "ready": ready, "view": view, "move": move, "unpin": unpin, "open": open_shipped, "apply": apply,
    **{act.__name__: step(act) for act in (State.undo, State.redo, State.reset, State.pin)},
}  # fmt: skip
