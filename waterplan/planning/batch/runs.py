"""The runs of a design for a study: each a scenario with its digest, and what of the study is drawn for it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from waterplan.base.errors import Problem, ScenarioError, suggest
from waterplan.base.messages import Message
from waterplan.planning.batch.design import Design, nested
from waterplan.planning.batch.design_file import RUNS_MAX, refuse
from waterplan.planning.batch.groups import Groups
from waterplan.planning.batch.kept_figures import figure_faults
from waterplan.planning.batch.ranges import Ranges, sampled_inputs
from waterplan.planning.batch.run_scenarios import write_scenario
from waterplan.planning.batch.sampling import count_of, unit_points
from waterplan.planning.batch.triangular import Array
from waterplan.study.scenario import Scenario
from waterplan.study.scenario.levers import LEVERS
from waterplan.study.study import Study

DIGEST_OF = "waterplan run 1\n"
TOLD_MAX = 20
UNTOLD = 10**15  # runs of which no count is told
FACTORS_MAX = 500_000_000


@dataclass(frozen=True, eq=False)
class Runs:
    """All runs of a design.

    shape: dimensions of the runs, the last one varies fastest: the levers of a grid, ``scenario`` for a list combined
    with a sample, and ``run``. base [run]: which scenario a run starts from. levers: column -> value by run.
    factors [sample, group]: where between least (0) and most (1) of its probability each group of the study's figures
    is; sample [run]: which of these rows a run has.
    digests: what each run asks of the study; first [run]: the first run with the same digest, which alone is solved.
    """

    study: Study
    design: Design
    shape: dict[str, int]
    base: np.ndarray
    levers: dict[str, np.ndarray]
    factors: Array
    sample: np.ndarray
    groups: tuple[str, ...]
    digests: np.ndarray
    first: np.ndarray

    @classmethod
    def of(cls, design: Design, study: Study) -> Runs:
        """The runs of a design. Raises ScenarioError with everything that the study shows to be wrong with it."""
        check_design(design, study)
        shape, base, levers, points = _laid_out(design, study)
        groups = groups_of(design, study)
        drawn = design.drawn
        own = len(drawn.levers) if drawn is not None else 0
        size = len(points) if drawn is not None else 1
        factors = points[:, own:] if drawn is not None else np.zeros((1, 0))
        made = cls(
            study, design, shape, base, levers, factors, np.arange(len(base)) % size, groups, np.empty(0), np.empty(0)
        )
        digests = _digests(made)
        _, first, which = np.unique(digests, return_index=True, return_inverse=True)
        return replace(made, digests=digests, first=first[which.reshape(-1)])

    def __len__(self) -> int:
        return len(self.base)

    @property
    def digest(self) -> str:
        """Of the runs, in their order."""
        return hashlib.sha256(self.digests.tobytes()).hexdigest()

    def scenario(self, run: int) -> Scenario:
        """The scenario of a run, without what is drawn of the study."""
        return scenario_of(self.design.scenarios, self.base, self.levers, run)

    @cached_property
    def drawing(self) -> Drawing:
        """How factors become values of the study."""
        return Drawing(self.design, self.study)

    def values(self, run: int) -> dict[str, Array] | None:
        """All input values of a run (after overrides) by name; None where they are the study's own."""
        if not self.groups:
            return None
        return self.drawing.values(int(self.base[run]), self.factors[self.sample[run]])

    def write(self, run: int, folder: str | Path) -> Path:
        """Writes a run as a scenario that ``waterplan plan`` takes; what is drawn stands in it as overrides.

        The figures fill files beside it, which it extends. Returns the scenario's path.
        """
        return write_scenario(Path(folder), run, self.scenario(run), self.study, self.values(run), self.digests[run])


class Drawing:
    """Values of the study for factors of the groups of a design; ranges are those after a scenario's overrides."""

    def __init__(self, design: Design, study: Study):
        self._design, self._study = design, study
        self._known: dict[int, tuple[Ranges, Groups]] = {}

    def values(self, base: int, factors: Array) -> dict[str, Array]:
        """All input values when the groups are at ``factors`` and the runs start from scenario number ``base``."""
        ranges, groups = self.of(base)
        return ranges.draw(groups.shares(factors))

    def of(self, base: int) -> tuple[Ranges, Groups]:
        """The ranges and groups of the runs that start from scenario number ``base``."""
        if base not in self._known:
            self._known[base] = _ranges(self._design, self._study, self._design.scenarios[base])
        return self._known[base]


def scenario_of(
    scenarios: tuple[Scenario, ...], base: np.ndarray, levers: Mapping[str, np.ndarray], run: int
) -> Scenario:
    """The scenario of a run: the one it starts from, with its levers."""
    start = scenarios[int(base[run])]
    return start.with_levers(**nested({name: column[run] for name, column in levers.items()})) if levers else start


def groups_of(design: Design, study: Study) -> tuple[str, ...]:
    """Names of what is drawn of the study. Raises ScenarioError where scenarios of a list have different figures."""
    if design.drawn is None or not design.drawn.study:
        return ()
    changed = {scenario.overrides for scenario in design.scenarios}
    names = {_ranges(design, study, Scenario(overrides=overrides))[1].names for overrides in changed}
    if len(names) > 1:
        raise refuse([Problem(design.file, 0, "sample.study", Message("design_errors.other_spreads"))])
    return names.pop()


def _ranges(design: Design, study: Study, scenario: Scenario) -> tuple[Ranges, Groups]:
    drawn = design.drawn
    assert drawn is not None
    ranges = Ranges.of(study, scenario)
    return ranges, Groups.of(ranges, drawn.study, drawn.variables or None)


def _laid_out(design: Design, study: Study) -> tuple[dict[str, int], np.ndarray, dict[str, np.ndarray], Array]:
    """Shape, base scenario and levers of all runs, and the points of the sample."""
    drawn, listed = design.drawn, len(design.scenarios)
    shape = {name: len(values) for name, values in design.axes.items()}
    rows = max((len(values) for values in design.rows.values()), default=1)
    outer = {"scenario": listed} if listed > 1 else {"row": rows} if design.rows else {}
    points = np.zeros((1, 0))
    if drawn is not None:
        dims = len(drawn.levers) + len(groups_of(design, study))
        numbers = count_of(drawn.method, drawn.size, dims) * dims
        if numbers > FACTORS_MAX:
            message = Message("design_errors.numbers_drawn", numbers=f"{numbers:,}", most=f"{FACTORS_MAX:,}")
            raise refuse([Problem(design.file, 0, "sample", message)])
        points = unit_points(drawn.method, drawn.size, dims, drawn.seed)
        shape |= {**outer, "run": len(points)}
    elif outer:
        shape = {"run": next(iter(outer.values()))}
    if not shape:
        shape = {"run": 1}
    count = int(np.prod(list(shape.values())))
    at = dict(zip(shape, np.unravel_index(np.arange(count), tuple(shape.values())), strict=True))
    levers = {name: _column(values)[at[name]] for name, values in design.axes.items()}
    outer_at = at.get("scenario", at.get("row", at.get("run", np.zeros(count, dtype=np.int64))))
    levers |= {name: _column(values)[outer_at] for name, values in design.rows.items()}
    if drawn is not None:
        for n, (name, (least, most)) in enumerate(drawn.levers.items()):
            levers[name] = (least + (most - least) * points[:, n])[at["run"]]
    base = outer_at if listed > 1 else np.zeros(count, dtype=np.int64)
    return shape, np.asarray(base, dtype=np.int64), levers, points


def _column(values: tuple[Any, ...]) -> np.ndarray:
    """Values of a lever as an array: numbers, true and false, or words."""
    if all(isinstance(value, bool) for value in values):
        return np.array(values, dtype=bool)
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return np.array(values, dtype=float)
    return np.array(list(values), dtype=object)


def check_design(design: Design, study: Study) -> None:
    """Raises ScenarioError with everything that the study shows to be wrong with a design."""
    problems = design_faults(design, study)
    if problems:
        raise refuse(problems)


def design_faults(design: Design, study: Study) -> list[Problem]:
    """What is wrong with a design for a study, before its runs are laid out."""
    problems = []
    for scenario in design.scenarios:
        try:
            scenario.check(study)
        except ScenarioError as error:
            problems += error.problems
    sampled = {} if design.drawn is None else design.drawn.levers
    for where, columns in (("grid", design.axes), ("table", design.rows), ("sample.levers", sampled)):
        for name, values in columns.items():
            if not values:
                continue  # already told
            try:
                Scenario().with_levers(**nested({name: values[0]})).resolve(study)
            except ScenarioError as error:
                told = [p.message for p in error.problems] if name.partition(".")[0] in LEVERS else []
                problems += [Problem(design.file, 0, f"{where}.{name}", message) for message in told]
    if design.drawn is not None:
        known = sampled_inputs()
        for name in design.drawn.variables:
            if name not in known:
                message = Message("design_errors.not_drawn", name=name, near=suggest(name, known), known=known)
                problems.append(Problem(design.file, 0, "sample.variables", message))
    for name, message in figure_faults(design.keep.variables):
        problems.append(Problem(design.file, 0, f"store.variables.{name}", message))
    return problems + _too_many(design)


def _too_many(design: Design) -> list[Problem]:
    count = math.prod(len(values) for values in design.axes.values())
    count *= max([len(design.scenarios), *(len(values) for values in design.rows.values())])
    if design.drawn is not None:
        count *= count_of(design.drawn.method, design.drawn.size, len(design.drawn.levers))
    if count > RUNS_MAX:
        runs = f"{count:,}" if count < UNTOLD else Message("design_errors.more_than", number=f"{UNTOLD:,}")
        message = Message("design_errors.too_many_runs", runs=runs, most=f"{RUNS_MAX:,}")
        return [Problem(design.file, 0, "", message)]
    return []


def _digests(runs: Runs) -> np.ndarray:
    """The digest of each run. Raises ScenarioError where levers of a run do not go together."""
    problems: list[Problem] = []
    names = "\n".join(runs.groups) + f"\n{runs.design.drawn.study if runs.design.drawn and runs.groups else ''}\n"
    same_scenario = not runs.levers and len(runs.design.scenarios) == 1
    out = np.empty(len(runs), dtype="U64")
    known = ""
    for run in range(len(runs)):
        try:
            known = known if known and same_scenario else runs.scenario(run).digest(runs.study)
        except ScenarioError as error:
            for found in error.problems:
                place = Message("design_errors.of_run", run=run, column=found.column)
                problems.append(Problem(runs.design.file, 0, place, found.message))
            if len(problems) >= TOLD_MAX:
                break
            continue
        if runs.groups:
            factors = runs.factors[runs.sample[run]]
            content = DIGEST_OF.encode() + known.encode() + names.encode() + factors.tobytes()
            out[run] = hashlib.sha256(content).hexdigest()
        else:
            out[run] = known
    if problems:
        raise refuse(problems[:TOLD_MAX])
    return out
