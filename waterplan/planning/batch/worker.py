"""Runs planned one after the other: what a worker does with a chunk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from waterplan.base.errors import InfeasibleError, StoppedError, WaterplanError
from waterplan.planning.batch.design import Design
from waterplan.planning.batch.kept_figures import ALWAYS, figures_of, kept_names, labels_of, shapes_of
from waterplan.planning.batch.light_runs import light_runs
from waterplan.planning.batch.runs import Drawing, Runs, scenario_of
from waterplan.planning.batch.triangular import Array
from waterplan.planning.planner.planner import USUAL_PRICE, Planner
from waterplan.study.study import Study

OUT_OF_TIME = "timed_out"
STATES = ("missing", "optimal", "infeasible", OUT_OF_TIME, "failed", "crashed", "same")
REASON_MAX = 200
STATE, REASON = f"<U{max(map(len, STATES))}", f"<U{REASON_MAX}"


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some runs in a row, with what distinguishes them: which of them are solved here (the others have the digest of an
    earlier run), base scenario, levers, and factors of the study's groups."""

    number: int
    runs: np.ndarray
    solved: np.ndarray
    base: np.ndarray
    levers: dict[str, np.ndarray]
    factors: Array

    @classmethod
    def of(cls, runs: Runs, number: int, length: int) -> Chunk:
        """Chunk ``number`` of all runs, when each has ``length`` runs."""
        at = np.arange(number * length, min((number + 1) * length, len(runs)))
        levers = {name: column[at] for name, column in runs.levers.items()}
        return cls(number, at, runs.first[at] == at, runs.base[at], levers, runs.factors[runs.sample[at]])

    def only(self, place: int) -> Chunk:
        """The same chunk with one run in it."""
        at = slice(place, place + 1)
        levers = {name: column[at] for name, column in self.levers.items()}
        return Chunk(self.number, self.runs[at], self.solved[at], self.base[at], levers, self.factors[at])


class Solver:
    """Plans the runs of a design; what all of them share is made once."""

    def __init__(self, study: Study, design: Design, threads: int = 1):
        self.study, self.design, self.keep = study, design, design.keep
        self.planner, self.threads = Planner(study), threads
        self.names = kept_names(self.keep.variables, self.keep.deployment)
        self.shapes = shapes_of(self.names, labels_of(study, self.planner.structure))
        self._drawing = Drawing(design, study)
        self._draws = design.drawn is not None and bool(design.drawn.study)

    def solve(self, chunk: Chunk) -> dict[str, np.ndarray]:
        """State, reason, attainable saving and all variables kept, over the runs of a chunk.

        Runs that only differ in levers of price are planned together, the others one after the other: prices of the run
        before are the guess of the next, from the usual price on. So a chunk that is solved again asks the same
        questions in the same order.
        """
        arrays = self.blank(len(chunk.runs))
        arrays["state"][~chunk.solved] = "same"
        self._together(chunk, arrays)
        guess = USUAL_PRICE
        for place in np.flatnonzero(arrays["state"] == "missing").tolist():
            state, reason, found = self.outcome(chunk, place, guess)
            arrays["state"][place], arrays["reason"][place] = state, reason[:REASON_MAX]
            for name, value in found.items():
                arrays[name][place] = value
            guess = float(found.get("shadow_price", guess)) or USUAL_PRICE
        return arrays

    def _together(self, chunk: Chunk, arrays: dict[str, np.ndarray]) -> None:
        """Plans the runs of a chunk that can be planned over arrays of levers."""
        if self._draws or not set(self.names) <= set(ALWAYS):
            return
        for base in np.unique(chunk.base):
            here = np.flatnonzero((chunk.base == base) & chunk.solved)
            levers = {name: column[here] for name, column in chunk.levers.items()}
            try:
                found = (
                    light_runs(self.planner, self.design.scenarios[int(base)], levers, self.threads)
                    if len(here)
                    else None
                )
            except Exception:  # each run then says for itself what is wrong with it
                found = None
            if found is None:
                continue
            planned = here[found.planned]
            arrays["state"][planned] = "optimal"
            for name in self.names:
                arrays[name][planned] = found.figures[name][found.planned]

    def blank(self, count: int) -> dict[str, np.ndarray]:
        """Arrays of runs that are not planned yet."""
        arrays = {name: np.full((count, *shape.values()), np.nan) for name, shape in self.shapes.items()}
        return {
            "state": np.full(count, "missing", dtype=STATE),
            "reason": np.full(count, "", dtype=REASON),
            "attainable": np.full(count, np.nan),
            **arrays,
        }

    def outcome(self, chunk: Chunk, place: int, guess: float) -> tuple[str, str, dict[str, Any]]:
        """State, reason and figures of one run; whatever goes wrong with it ends in a state."""
        try:
            planner, scenario = self.planner, scenario_of(self.design.scenarios, chunk.base, chunk.levers, place)
            if self._draws:
                values = self._drawing.values(int(chunk.base[place]), chunk.factors[place])
                planner, scenario = planner.with_values(values), replace(scenario, overrides=())
            result = planner.solve(scenario, guess, self.keep.time_limit)
            return "optimal", "", figures_of(result, self.names)
        except InfeasibleError as error:
            return "infeasible", str(error), {"attainable": error.attainable}
        except StoppedError as error:
            return OUT_OF_TIME, str(error), {}
        except WaterplanError as error:
            return "failed", str(error), {}
        except Exception as error:  # a slip of the program, whose kind says what it was
            return "failed", f"{type(error).__name__}: {error}", {}
