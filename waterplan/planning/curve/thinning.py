"""Which of many points of a curve are drawn."""

from __future__ import annotations

import numpy as np

from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index


def drawn_points(target: Array, price: Array, steps: int) -> Index:
    """Places of the points of a rising curve that are drawn: the last of each of ``steps`` over its width and height.

    >>> drawn_points(np.array([0.0, 1.0, 1.0001, 2.0]), np.array([0.0, 1.0, 1.0001, 9.0]), 400).tolist()
    [0, 2, 3]
    """
    last = np.zeros(len(target), dtype=bool)
    for values in (target, price):
        step = np.floor(steps * values / max(float(values[-1]), 1e-9))
        last[:-1] |= step[1:] != step[:-1]
    last[[0, -1]] = True
    return np.flatnonzero(last)
