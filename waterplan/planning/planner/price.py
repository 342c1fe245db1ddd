"""The price at which all answers add up to the target, looked for by the core (see core/price.cpp)."""

from __future__ import annotations

import ctypes

from waterplan.planning.core.kernel_arrays import Answers, Costs, Pairs, Uses
from waterplan.planning.core.library import call
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index

SLACK, FOUND, OUT_OF_REACH, NOT_ENDED = 0, 1, 2, 3


class Found(ctypes.Structure):
    """Where a search has come to."""

    _fields_ = (("price", ctypes.c_double), ("share", ctypes.c_double), ("count", ctypes.c_int64))


def find_price(
    members: Index,
    pairs: Pairs,
    costs: Costs,
    uses: Uses,
    extra: Array,
    target: float,
    guess: float,
    dearness: float,
    answers: Answers,
    below: Answers,
    above: Answers,
) -> tuple[int, float, float, Index]:
    """The price at which ``members`` save ``target``; dearness: how much dearer than usual capacity is.

    Returns status, price, the share of the answers ``above`` in the plan, and the pairs in which the answers ``below``
    and ``above`` differ; where they do not, ``below`` is the plan.
    """
    active, found = members.copy(), Found()
    status = call(
        "find_price", active, len(active), pairs, costs, uses, extra, target, guess, dearness,
        answers, below, above, ctypes.byref(found),
    )  # fmt: skip
    return status, found.price, found.share, active[: found.count]
