"""A visit with all its pages: what each message does, and what follows the answer to a move.

A message is checked against its type before a handler has it. What a handler refuses is told and changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from waterplan import Scenario, Study, open_scenario, scenario_files
from waterplan.base.errors import ProblemsError, ScenarioError, WaterplanError
from waterplan.base.messages import Message

from . import link
from .answers import Answers
from .board import Answer
from .messages import read_message
from .option_faults import refusal
from .pages import benchmark, benchmark_files, compare, data, intake, panels, plan, runs
from .visit import DETAIL_MAX, Handlers, Show, Soon, Visit

log = logging.getLogger("waterplan.dashboard")

HANDLERS: Handlers = {
    **plan.HANDLERS, **data.HANDLERS, **runs.HANDLERS, **panels.HANDLERS, **intake.HANDLERS, **benchmark.HANDLERS,
    **benchmark_files.HANDLERS,
}  # fmt: skip
SHOWN: dict[str, Callable[[Visit], None]] = {
    "compare": compare.show, "data": data.show, "runs": runs.show, "benchmark": benchmark.show,
}  # fmt: skip


class Session(Visit):
    """A visit that knows the pages."""

    def start(self, query: str, show: Show, soon: Soon, later: Soon | None = None, waits: bool = False) -> None:
        """Takes the view of an address and shows it; a damaged one gives a notice and the reference scenario.

        waits: what is not known at once is kept until the browser says that it is there.
        """
        self.connect(show, soon, later or soon)
        link.look(query, self.state)
        self.show_page()
        intake.open_address(self, query, self._begin)
        if waits:
            self.wait()

    def _begin(self) -> None:
        if not self.state.pins and self.answers.known(self.state.scenario) is not None:
            self.refresh()
        else:  # threads may answer only when the server knows of the visitor
            self.soon(self.refresh)

    def close(self) -> None:
        """The visitor has left: nothing is sent any more, and nothing of his plant is kept."""
        super().close()
        benchmark.forget(self)

    def receive(self, said: Any) -> None:
        """Does what a message asks for; what is no message at all is left alone."""
        kind = said.get("type") if isinstance(said, Mapping) else None
        if not isinstance(kind, str) or kind not in HANDLERS or intake.holds(self, said):
            return
        seq = said.get("seq")
        self.seen = seq if isinstance(seq, int) else self.seen
        try:
            if kind != "ready":
                self.notice = None
            HANDLERS[kind](self, read_message(said))
        except WaterplanError as error:
            self.refuse("notice_refused", error.text(self.state.language)[:DETAIL_MAX])
        except (KeyError, TypeError, ValueError, OverflowError, AssertionError):  # not a message of the page
            self.refuse("notice_refused")

    def follow(self, number: int, answer: Answer) -> None:
        """Shows the present page, and what explains the answer once the hand rests."""
        scenario = self.state.scenario
        self.later(lambda: plan.explain(self, number, answer, scenario))
        if self.state.page in SHOWN:
            SHOWN[self.state.page](self)


def open_scenarios(folder: str | None = None) -> dict[str, Scenario]:
    """Scenarios of a folder or those that come with waterplan, the reference first. Raises ScenarioError."""
    files = sorted(Path(folder).glob("*.toml")) if folder else scenario_files()
    ordered = sorted(files, key=lambda path: (path.stem != "reference", path.stem))
    return {path.stem: open_scenario(path) for path in ordered}


def fitting(scenarios: Mapping[str, Scenario], study: Study, folder: str | None = None) -> dict[str, Scenario]:
    """Those that fit a study; other studies' are left out. Raises ScenarioError if none of a given folder is left."""
    found: dict[str, Scenario] = {}
    faults: dict[str, WaterplanError] = {}
    for name, scenario in scenarios.items():
        try:
            scenario.check(study)
        except WaterplanError as error:
            faults[name] = error
        else:
            found[name] = scenario
    if folder and not found:
        none = Message("commands.no_fitting_scenario", study=study.name)
        why = [fault for fault in faults.values() if isinstance(fault, ProblemsError)]
        told = [problem for fault in why for problem in fault.problems]
        raise ScenarioError([*refusal("--scenarios", folder, none, ScenarioError).problems, *told])
    for name, fault in faults.items():
        log.warning("%s does not fit the study: %s", name, fault)
    return found


def shipped_scenarios(answers: Answers) -> dict[str, Scenario]:
    """Scenarios that come with waterplan and fit the study, the reference first."""
    return fitting(open_scenarios(), answers.planner.study)
