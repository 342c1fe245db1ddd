"""Values between a low and a high that are 5 and 95 % points: a triangular distribution on a scale that suits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
TAIL = 0.05  # of the probability, below low and above high
HALVINGS = 60
PLAIN, LOGARITHM, LOGIT = 0, 1, 2


@dataclass(frozen=True)
class Triangular:
    """Triangular distributions, one a row, with the value as the most likely, on the scale of each row.

    least, most: the ends; below: the probability of less than the value. Rows without a spread have least = most.

    >>> one = Triangular.of(np.array([2.0]), np.array([1.0]), np.array([4.0]), np.array([LOGARITHM]))
    >>> [round(float(one.at(np.array([share]))[0]), 6) for share in (0.05, 0.5, 0.95)]
    [1.0, 2.0, 4.0]
    """

    scale: NDArray[np.int64]
    least: Array
    most: Array
    below: Array

    @classmethod
    def of(cls, value: Array, low: Array, high: Array, scale: NDArray[np.int64]) -> Triangular:
        """The distributions whose 5 and 95 % points are low and high.

        With p the probability below the value m and w the width, m - low is w (p - sqrt(0.05 p)), and high - m the same
        for 1 - p: the ratio of the two gives p, by halving.
        """
        middle, bottom, top = (_there(numbers, scale) for numbers in (value, low, high))
        left, right = middle - bottom, top - middle
        lower, upper = np.full(len(value), TAIL), np.full(len(value), 1.0 - TAIL)
        for _ in range(HALVINGS):
            half = 0.5 * (lower + upper)
            too_low = _reach(half) * right < _reach(1.0 - half) * left
            lower, upper = np.where(too_low, half, lower), np.where(too_low, upper, half)
        below = 0.5 * (lower + upper)
        width = (left + right) / (_reach(below) + _reach(1.0 - below))
        return cls(scale, middle - below * width, middle + (1.0 - below) * width, below)

    def at(self, share: Array) -> Array:
        """The value below which a share of the probability lies, of each row."""
        width = self.most - self.least
        rising = self.least + width * np.sqrt(share * self.below)
        falling = self.most - width * np.sqrt((1.0 - share) * (1.0 - self.below))
        return _back(np.where(share < self.below, rising, falling), self.scale)


def _reach(probability: Array) -> Array:
    return probability - np.sqrt(TAIL * probability)


def _there(numbers: Array, scale: NDArray[np.int64]) -> Array:
    out = numbers.astype(float)
    logarithm, logit = scale == LOGARITHM, scale == LOGIT
    out[logarithm] = np.log(numbers[logarithm])
    out[logit] = np.log(numbers[logit]) - np.log1p(-numbers[logit])
    return out


def _back(numbers: Array, scale: NDArray[np.int64]) -> Array:
    out = numbers.copy()
    logarithm, logit = scale == LOGARITHM, scale == LOGIT
    out[logarithm] = np.exp(numbers[logarithm])
    out[logit] = 1.0 / (1.0 + np.exp(-numbers[logit]))
    return out
