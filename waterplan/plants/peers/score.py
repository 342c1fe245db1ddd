r"""A score of 1 to 100 for a plant's water, adjusted for what it makes, in the manner of ENERGY STAR's indicators.

ENERGY STAR's indicators for industry (Boyd, Dutrow & Tunnessen 2008, Journal of Cleaner Production 16, 709-715) compare
a plant's use with what is expected of its product mix, and tell which share of plants does worse. Here the expectation
comes from the reference distributions (reference.py). A plant that stood at place u in each product it makes would take

.. math:: W(u) = \sum_p Q_p \exp(\mu_p + \sigma_p z(u)) \quad [\mathrm{m^3/a}]

so that its place is the u with W(u) = its graded withdrawal, and its score 100 (1 - u), rounded, at least 1 and at
most 100. At W(1/2), the ``typical`` withdrawal of its mix, the score is 50; 75 means that a quarter of plants do
better. With one product it is the place in that product's reference distribution. Higher withdrawal never scores
higher, higher output never lower, and a plant twice as large with the same mix scores the same.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr

from waterplan.plants.norms.grades import Made, what_is_made
from waterplan.plants.norms.ladders import Array, Index
from waterplan.plants.peers.reference import of_rows
from waterplan.plants.records.records import Records
from waterplan.study.study import Study

SCORE_LEAST, SCORE_MOST = 1, 100
FARTHEST = 40.0  # standard deviations: beyond it the share of plants is 0 in floating point
STEPS, CLOSE = 60, 1e-12  # of Newton; no more than the last digits move


def score(records: Records, study: Study) -> pd.DataFrame:
    """The score of each plant-year, index (plant, year).

    Columns: score (whole number 1 to 100, missing where some product has no reference distribution, or the plant no
    graded withdrawal or no output), place [percent of plants that make do with less], typical [m3/a] withdrawal of the
    median plant with this mix, ratio [1] of the graded withdrawal to it, withdrawal_graded [m3/a].
    """
    made = what_is_made(records)
    log_median, spread = of_rows(records, study)
    log_median, spread = log_median[:, 0], spread[:, 0]
    with np.errstate(divide="ignore"):
        logs = np.log(made.output) + log_median
    makes_something = np.bincount(made.site, minlength=len(made.graded)) > 0
    typical = np.where(makes_something, _sum(made, np.exp(logs)), np.nan)
    distance = _distance(made, logs, spread, typical)
    place = 100 * ndtr(distance)
    known = ~np.isnan(place)
    whole = np.clip(np.round(100 - np.where(known, place, 0.0)), SCORE_LEAST, SCORE_MOST).astype(np.int64)
    return pd.DataFrame(
        {
            "score": pd.array(whole, dtype="Int64"),
            "place": place,
            "typical": typical,
            "ratio": made.graded / np.where(typical > 0, typical, np.nan),
            "withdrawal_graded": made.graded,
        },
        index=records.sites.index,
    ).assign(score=lambda table: table["score"].where(known))


def _distance(made: Made, logs: Array, spread: Array, typical: Array) -> Array:
    """The z at which the mix takes what the plant takes, all plants at once."""
    usable = (typical > 0) & np.isfinite(made.graded)
    alone = np.bincount(made.site, minlength=len(typical)) == 1
    found = np.full(len(typical), np.nan)
    single = np.flatnonzero(alone[made.site] & usable[made.site])
    with np.errstate(divide="ignore"):
        target = np.log(made.graded)
    found[made.site[single]] = (target[made.site[single]] - logs[single]) / spread[single]
    mixed = np.flatnonzero(~alone & usable)
    if not len(mixed):
        return found
    rows = np.flatnonzero((~alone & usable)[made.site])
    number = np.full(len(typical), -1)
    number[mixed] = np.arange(len(mixed))
    of = number[made.site[rows]]
    found[mixed] = _common_distance(of, logs[rows], spread[rows], target[mixed])
    return found


def _common_distance(of: Index, logs: Array, spread: Array, target: Array) -> Array:
    """The z of each mix at which the products ``of`` it together take exp(target).

    The log of what they take grows with z and bends upwards, so Newton's steps from above come down to the root. At the
    z where a product alone takes it all, they are above it.
    """
    z = np.full(len(target), FARTHEST)
    np.minimum.at(z, of, (target[of] - logs) / spread)
    z = np.maximum(z, -FARTHEST)
    for _ in range(STEPS):
        parts = np.exp(logs + spread * z[of])
        takes = np.bincount(of, parts, minlength=len(z))
        slope = np.bincount(of, spread * parts, minlength=len(z)) / takes
        before, z = z, np.clip(z - (np.log(takes) - target) / slope, -FARTHEST, FARTHEST)
        if np.abs(z - before).max(initial=0.0) < CLOSE:
            break
    return z


def _sum(made: Made, values: Array) -> Array:
    return np.asarray(np.bincount(made.site, values, minlength=len(made.graded)))
