r"""The reference distribution of a product's intensity: what stands in for peers where there are too few.

A lognormal distribution over plants, fitted by least squares to what is published: the grades of the product's ladder,
each taken as the intensity that a certain share of plants keeps to (``SHARES``), and the national mean of the study.

.. math:: \ln n_g = \mu + \sigma \, z(s_g), \qquad \ln \bar{n} = \mu + \sigma^2 / 2, \qquad 0.05 \le \sigma \le 1.5

The shares are assumptions. That of leading, advanced and limit follow what is usual where Chinese norms are drawn up
(the best 5 %, the best 20 %, and all but the last fifth of plants; known from that practice, not read in a document
of the study); that a new plant must do as well as the median of existing ones (access) is a judgement. The mean is
weighted by output and taken as that of plants, and it is of the study's base year. So a place in the reference says
roughly where a plant stands; ``place_low`` and ``place_high`` are the extremes of the fits that leave out one point.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import ndtr, ndtri

from waterplan.planning.plan.norms import INTENSITY
from waterplan.plants.norms.ladders import GRADES, Array, Index, find_ladders, ladders
from waterplan.plants.records.records import Records, once
from waterplan.study.study import Study

SHARES = {"leading": 0.05, "advanced": 0.20, "access": 0.50, "limit": 0.80}  # of plants that keep to it; assumed
SPREAD_LEAST, SPREAD_MOST = 0.05, 1.5
POINTS_NEEDED = 2
COARSE, REFINED = 146, 40  # steps of the search for the spread
POINTS = (*GRADES, "mean")


@dataclass(frozen=True, eq=False)
class References:
    """Fits by ladder (ladders.Ladders): log_median [ln of m3/unit] and spread [1], NaN where too little is published.

    First column: all points. Then, in the order of POINTS, the fit without that one; NaN where that leaves too few.
    points: how many there are [ladder].
    """

    log_median: Array
    spread: Array
    points: Index


@lru_cache(maxsize=256)
def references(study: Study, year: int) -> References:
    """The reference distributions of all products and variants, from what is published for a year.

    The national mean counts where the product has one ladder only; what part of it a variant has is not known.
    """
    known = ladders(study, year)
    means = study.values[INTENSITY].to_series()
    own = [means.get(product, np.nan) if len(known.variants(product)) == 1 else np.nan for product, _ in known.names]
    values = np.column_stack([known.value, np.array(own, dtype=np.float64)]).reshape(len(known.names), len(POINTS))
    there = values > 0
    without = np.concatenate([there[:, None], there[:, None] & ~np.eye(len(POINTS), dtype=bool)], axis=1)
    without[:, 1:] &= there[:, :, None]  # leaving out what is not there is no fit of its own
    flat = without.reshape(-1, len(POINTS))
    log_median, spread = fit(np.repeat(values, without.shape[1], axis=0), flat)
    shape = without.shape[:2]
    return References(log_median.reshape(shape), spread.reshape(shape), there.sum(axis=1))


def fit(values: Array, there: np.ndarray) -> tuple[Array, Array]:
    """Log median and spread of lognormals through the points that are there [fit, POINTS]; NaN with fewer than two.

    Two points are met exactly: median 10 and spread ln(2)/z(0.8) where access is 10 and limit 20.
    """
    logs = np.log(np.where(there, values, 1.0))
    count = there.sum(axis=1)
    normal = np.append(ndtri(np.array(list(SHARES.values()))), 0.0)
    is_mean = np.arange(len(POINTS)) == len(GRADES)

    def offsets(spread: Array) -> Array:
        return np.asarray(logs - spread[:, None] * normal - np.where(is_mean, spread[:, None] ** 2 / 2, 0.0))

    def medians(spread: Array) -> Array:
        return np.asarray(np.where(there, offsets(spread), 0.0).sum(axis=1) / np.maximum(count, 1))

    def misses(spread: Array) -> Array:
        return np.asarray((np.where(there, offsets(spread) - medians(spread)[:, None], 0.0) ** 2).sum(axis=1))

    grid = np.linspace(SPREAD_LEAST, SPREAD_MOST, COARSE)
    best = np.argmin([misses(np.full(len(values), spread)) for spread in grid], axis=0)
    low, high = grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, COARSE - 1)]
    golden = (np.sqrt(5) - 1) / 2
    for _ in range(REFINED):
        left, right = high - golden * (high - low), low + golden * (high - low)
        left_is_better = misses(left) < misses(right)
        low, high = np.where(left_is_better, low, left), np.where(left_is_better, right, high)
    spread = (low + high) / 2
    enough = count >= POINTS_NEEDED
    return np.where(enough, medians(spread), np.nan), np.where(enough, spread, np.nan)


@once
def of_rows(records: Records, study: Study) -> tuple[Array, Array]:
    """Log median and spread for each row of products [row, fit]; the first fit is that of all points."""
    found = find_ladders(records, study)
    fits = [references(study, year) for year in found.years]
    gone = np.full(1 + len(POINTS), np.nan)
    width = (len(found.ladder), 1 + len(POINTS))
    parts = (found.values([np.vstack([getattr(one, name), gone]) for one in fits]) for name in ("log_median", "spread"))
    log_median, spread = (part if len(part) else np.empty(width) for part in parts)
    return log_median, spread


def place_in_reference(intensity: Array, log_median: Array, spread: Array) -> Array:
    """Percent of plants that make do with less per unit of output, by the distribution; 0 is best, the median is 50."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(100 * ndtr((np.log(intensity) - log_median) / spread))
