"""How far figures may be from what they must be, once for the tables of a study and for overrides of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
ROUNDING = 1e-9
SHARES_ROUNDING = 1e-3  # shares are written in a few digits


def sums_to_one(total: Array | float) -> Mask:
    """Where shares that must sum to one do so, but for the digits in which they are written."""
    return np.asarray(np.abs(np.asarray(total) - 1.0) <= SHARES_ROUNDING + ROUNDING)


def is_above(values: Array, most: Array | float) -> Mask:
    """Where shares are above the most that they may be by more than rounding; a missing one never is."""
    return np.asarray(values > np.asarray(most) + ROUNDING)


def outside(values: Array, lower: float | None, upper: float | None) -> Mask:
    """Where figures are infinite, or out of bounds by more than their own rounding; None stands for no bound.

    >>> outside(np.array([1.0 + 1e-12, 1.1, np.nan, np.inf]), 0.0, 1.0)
    array([False,  True, False,  True])
    """
    slack = ROUNDING * np.where(np.isinf(values), 0, np.abs(values))
    below = values < (-np.inf if lower is None else lower) - slack
    above = values > (np.inf if upper is None else upper) + slack
    return np.asarray(below | above | np.isinf(values))
