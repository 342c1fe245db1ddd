"""The Compare page: pinned scenarios beside the present one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from waterplan import Scenario

from ..jobs import LOOK
from ..tables import side_by_side
from ..visit import Visit


@dataclass(frozen=True)
class Compared:
    """What is compared, the present scenario last; the places of those that are pinned; the language."""

    scenarios: list[Scenario]
    places: list[int]
    language: str

    @classmethod
    def of(cls, visit: Visit) -> Compared:
        """What a visitor compares now."""
        state = visit.state
        here = state.scenario.digest(state.study)
        pins = [pin for pin in state.pins if pin.digest(state.study) != here]
        return cls([*pins, state.scenario], [state.pins.index(pin) for pin in pins], state.language)

    def told(self, visit: Visit) -> dict[str, Any]:
        """Inputs that differ and results, in a thread."""
        answers = [visit.answers.plan(scenario) for scenario in self.scenarios]
        return {"places": self.places, **side_by_side(visit.facts.study, self.scenarios, answers, self.language)}


def show(visit: Visit) -> None:
    """Shows the scenarios side by side."""
    compared = Compared.of(visit)
    visit.ask(LOOK, "compare", lambda: compared.told(visit))
