"""Points of the unit cube: Latin hypercube, Sobol sequence, and the design that Sobol indices need (SALib)."""

from __future__ import annotations

import numpy as np
from SALib.sample import latin, sobol
from scipy.stats import qmc

from waterplan.base.messages import Message
from waterplan.planning.batch.triangular import Array

METHODS = ("latin_hypercube", "sobol", "saltelli")


def unit_points(method: str, size: int, dims: int, seed: int) -> Array:
    """Points [run, dim] between 0 and 1; the same seed gives the same points.

    sobol: the first ``size`` points of a scrambled sequence; saltelli: ``size`` · (dims + 2) points, from which
    ``SALib.analyze.sobol`` works out first-order and total indices; its size must be a power of two.
    Raises ValueError for another method, or such a size.
    """
    if method not in METHODS:
        raise ValueError(Message("design_errors.method", given=method, known=METHODS))
    if method == "sobol":
        return np.asarray(qmc.Sobol(dims, scramble=True, rng=seed).random_base2(exponent(size))[:size])
    problem = problem_of(dims)
    if method == "latin_hypercube":
        return np.asarray(latin.sample(problem, size, seed=seed))
    if size != 2 ** exponent(size):
        raise ValueError(Message("design_errors.size_of_saltelli", given=size, power=2 ** exponent(size)))
    return np.asarray(sobol.sample(problem, size, calc_second_order=False, scramble=True, seed=seed))


def problem_of(dims: int) -> dict[str, object]:
    """What SALib calls a problem: numbered dimensions between 0 and 1."""
    return {"num_vars": dims, "names": [str(n) for n in range(dims)], "bounds": [[0.0, 1.0]] * dims}


def count_of(method: str, size: int, dims: int) -> int:
    """How many points a sample has."""
    return size * (dims + 2) if method == "saltelli" else size


def exponent(size: int) -> int:
    """The least power of two that is not below a size.

    >>> exponent(500)
    9
    """
    return max(size - 1, 0).bit_length()
