"""What one visitor has on the screen, without Panel: the scenario, its past and future, what is pinned, the view."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

from waterplan import Scenario, Study
from waterplan.base.vocabulary import term

Page = Literal["plan", "compare", "benchmark", "data", "runs"]
Theme = Literal["light", "dark"]
Language = Literal["en", "zh"]
PAGES: tuple[str, ...] = get_args(Page)
THEMES: tuple[str, ...] = get_args(Theme)
LANGUAGES: tuple[str, ...] = get_args(Language)
PINS_MAX, PAST_MAX = 4, 200
KEPT_OVERRIDES = 4000  # of all steps together, those they share counted once; the oldest steps are forgotten
ONE_GESTURE = 0.8  # seconds: moves of one lever that follow closer are one step back
NO_CAP = "none"
ORIGIN = "lever"  # where a fault of what is moved on the page stands


def set_lever(scenario: Scenario, study: Study, name: str, value: Any, label: str = "") -> Scenario:
    """A scenario with one lever moved, for one label or for all; a value that is the default is not written.

    name ``excluded`` takes true or false for one technology. value None: back to the default. Raises ScenarioError.
    """
    if name == "excluded":
        moved = _excluded(scenario, bool(value), label)
        moved.resolve(study)
        return moved
    scenario.with_levers_of(ORIGIN, {name: None})  # raises if there is no such lever
    usual = getattr(Scenario().resolve(study), name)
    if label or isinstance(value, Mapping):
        given = {label: value} if label else dict(value)
        return _by_label(scenario, study, name, given, usual)
    lever = term(name)
    if lever.dims and value is not None and np.all(usual == value):
        value = None
    is_usual = value is None or value == usual or (value == NO_CAP and usual == math.inf)
    moved = scenario.with_levers_of(ORIGIN, {name: None if is_usual else value})
    moved.resolve(study)
    return moved


def _excluded(scenario: Scenario, excluded: bool, label: str) -> Scenario:
    if not label:
        return scenario.with_levers_of(ORIGIN, {"excluded": ()})
    others = [name for name in scenario.exclude if name != label]
    return scenario.with_levers_of(ORIGIN, {"excluded": [*others, label] if excluded else others})


def _by_label(scenario: Scenario, study: Study, name: str, given: Mapping[str, Any], usual: Any) -> Scenario:
    (dim,) = term(name).dims
    labels = [str(label) for label in study.values[dim].values]
    trial = scenario.with_levers_of(ORIGIN, {name: {key: item for key, item in given.items() if item is not None}})
    array = getattr(trial.resolve(study), name).copy()
    for label, value in given.items():
        if value is None:
            array[labels.index(label)] = usual[labels.index(label)]
    differs = {label: float(v) for label, v, u in zip(labels, array, usual, strict=True) if v != u}
    clean = scenario.with_levers_of(ORIGIN, {name: None})
    moved = clean.with_levers_of(ORIGIN, {name: differs}) if differs else clean
    moved.resolve(study)
    return moved


@dataclass
class State:
    """One visitor's state. ``clock`` tells seconds; tests give their own. forgotten: steps too old to be taken back."""

    study: Study
    scenario: Scenario
    origin: Scenario
    pins: list[Scenario] = field(default_factory=list)
    language: str = "en"
    theme: str = "light"
    page: str = "plan"
    clock: Callable[[], float] = time.monotonic
    forgotten: int = 0
    _past: list[Scenario] = field(default_factory=list)
    _future: list[Scenario] = field(default_factory=list)
    _last: tuple[str, float] = ("", -math.inf)

    def move(self, name: str, value: Any, label: str = "") -> None:
        """Moves a lever; moves of the same lever in one gesture are one step of undo. Raises ScenarioError."""
        moved = set_lever(self.scenario, self.study, name, value, label)
        now, what = self.clock(), f"{name}.{label}"
        same_gesture = self._last[0] == what and now - self._last[1] < ONE_GESTURE
        self._go(moved, remember=not same_gesture)
        self._last = (what, now)

    def apply(self, settings: Mapping[str, Any]) -> None:
        """Several levers at once, such as a way out; one step of undo. Raises ScenarioError."""
        moved = self.scenario.with_levers_of(ORIGIN, settings)
        moved.check(self.study)
        self._go(moved)

    def open(self, scenario: Scenario) -> None:
        """Another scenario in place of this one; reset goes back to it. Raises ScenarioError if it does not fit."""
        scenario.check(self.study)
        self._go(scenario)
        self.origin = scenario

    def reset(self) -> None:
        """Back to the scenario as it was opened."""
        self._go(self.origin)

    def undo(self) -> None:
        """One step back, if there is one."""
        if self._past:
            self._future.append(self.scenario)
            self.scenario, self._last = self._past.pop(), ("", -math.inf)

    def redo(self) -> None:
        """One step forward again, if there is one."""
        if self._future:
            self._past.append(self.scenario)
            self.scenario, self._last = self._future.pop(), ("", -math.inf)

    def pin(self) -> None:
        """Keeps the scenario to compare with; the oldest gives way when there are too many."""
        digest = self.scenario.digest(self.study)
        others = [pin for pin in self.pins if pin.digest(self.study) != digest]
        self.pins = [*others, self.scenario][-PINS_MAX:]

    def unpin(self, place: int) -> None:
        """Lets go of a pinned scenario by its place."""
        if 0 <= place < len(self.pins):
            del self.pins[place]

    @property
    def place(self) -> int:
        """How many steps were made until now, those taken back not counted."""
        return self.forgotten + len(self._past)

    @property
    def ahead(self) -> int:
        """How many steps can be made again."""
        return len(self._future)

    def remember(self, origin: Scenario, past: Sequence[Scenario], ahead: Sequence[Scenario]) -> None:
        """Takes over what a browser kept of an earlier connection, unless steps were made since. Raises ScenarioError.

        ahead: the next step first.
        """
        if self._past or self._future:
            return
        for scenario in (origin, *past, *ahead):
            scenario.check(self.study)
        self.origin, self._past, self._future = origin, [*past], [*ahead][::-1][-PAST_MAX:]
        self._forget_the_oldest()

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        return bool(self._future)

    @property
    def is_moved(self) -> bool:
        """Whether it differs from what was opened."""
        return self.scenario != self.origin

    def _go(self, scenario: Scenario, remember: bool = True) -> None:
        if scenario == self.scenario:
            return
        if remember or not self._past:
            self._past.append(self.scenario)
            self._forget_the_oldest()
        self._future.clear()
        self.scenario, self._last = scenario, ("", -math.inf)

    def _forget_the_oldest(self) -> None:
        """Bounds the steps that can be taken back, and the overrides that they hold."""
        known: set[int] = set()
        left, kept = KEPT_OVERRIDES, 0
        for step in reversed(self._past[-PAST_MAX:]):
            left -= 0 if id(step.overrides) in known else len(step.overrides)
            known.add(id(step.overrides))
            if left < 0:
                break
            kept += 1
        self.forgotten += len(self._past) - kept
        self._past = self._past[len(self._past) - kept :]
