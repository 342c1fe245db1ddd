"""The best answers of pairs to a price of water, asked of the core (see core/answer.cpp and choices.cpp)."""

from __future__ import annotations

import ctypes

from waterplan.planning.core.kernel_arrays import Answers, Costs, Pairs, Uses
from waterplan.planning.core.library import call
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index

Amounts = ctypes.c_double * 3


def ask(
    members: Index, worth: float, extra: Array, pairs: Pairs, costs: Costs, uses: Uses, answers: Answers
) -> tuple[float, float, float]:
    """``members`` answer a worth (plus ``extra`` [pair] for each); returns what they save, cost, and their value.

    Raises PivotingError where the choice at an end use does not end.
    """
    amounts = Amounts()
    call("answer", members, len(members), worth, extra, pairs, costs, uses, answers, ctypes.byref(amounts))
    counted, cost, value = amounts
    return counted, cost, value
