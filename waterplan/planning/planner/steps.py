"""From the kernel's answers back to the steps of the model: which plants add what (see core/steps.cpp)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterplan.planning.core.kernel_arrays import Answers, Costs, Handed, Pairs, Uses
from waterplan.planning.core.library import call
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index, Structure


@dataclass(frozen=True)
class Steps(Handed):
    """The steps of all uses: ``step_from`` and ``step_to`` are configurations."""

    use_step_start: Index
    step_from: Index
    step_to: Index
    step_app: Index


def steps_of(
    structure: Structure,
    pairs: Pairs,
    uses: Uses,
    answers: Answers,
    costs: Costs,
    weight: Array,
) -> Array:
    """Gross flow of the plants that take each step [local step], hm3/a, weighted by pair."""
    s, out = structure, np.zeros(len(structure.local_step))
    steps = Steps(s.use_step_start, *map(np.ascontiguousarray, (s.step_from, s.step_to, s.step_app)))
    call("steps", len(pairs.start), pairs, uses, answers, costs.app, weight, steps, out)
    return out
