"""The place of a plant among peers: how many make the same product, by the same route, with less water.

``place`` is the percent of peers that make do with less per unit of output; 0 is best. Plants with the very same
intensity count half. Its interval says how far the share in the whole trade may lie from that among the peers at hand,
if they are a random sample of it: the 95 % score interval of Wilson (1927), which holds its promise for small numbers
too (Brown, Cai & DasGupta 2001). Only peers that a caller may see belong here; what the pool of peers tells, deciles
only, is placed by peer_pool.telling.place_among.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from waterplan.base.errors import WaterplanError
from waterplan.base.messages import Message
from waterplan.plants.norms.grades import what_is_made
from waterplan.plants.norms.ladders import Array, Index
from waterplan.plants.peers.reference import of_rows, place_in_reference
from waterplan.plants.records.records import Records, site_of_products, told_apart
from waterplan.plants.records.totals import totals_among
from waterplan.study.study import Study

PEERS_NEEDED = 10  # with fewer an interval covers more than half of the scale
QUANTILE = 1.959963984540054  # of the normal distribution, 97.5 %
BASES = ("peers", "reference")
THEMSELVES = "records"
PEER_KEYS = ["plant", "product", "route"]


def published_peers(study: Study) -> pd.DataFrame:
    """The published enterprises of a study as peers, each with its newest year; the route is not told."""
    rows = study.enterprises.reset_index().sort_values("year", kind="stable")
    table = rows[["enterprise", "product", "intensity"]].rename(columns={"enterprise": "plant"}).assign(route="")
    return table[[*PEER_KEYS, "intensity"]].drop_duplicates(PEER_KEYS, keep="last").reset_index(drop=True)


def wilson(less: Array, count: Index) -> tuple[Array, Array]:
    r"""The 95 % score interval for a share of ``less`` in ``count`` [1].

    .. math:: \frac{k + z^2/2 \pm z \sqrt{k (n - k) / n + z^2/4}}{n + z^2}
    """
    squared = QUANTILE**2
    middle = (less + squared / 2) / (count + squared)
    half = QUANTILE * np.sqrt(less * (count - less) / count + squared / 4) / (count + squared)
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def percentile(records: Records, study: Study, peers: pd.DataFrame | str | None = None) -> pd.DataFrame:
    """Where each product of the records stands, among peers or, with too few of them, in the reference distribution.

    peers: plant, product, route, intensity [m3/unit], a plant once for each product and route; or ``THEMSELVES``, the
    plants of the records, each with its newest year. A plant is no peer of its own. Columns of the answer: plant,
    year, product, route, intensity [m3/unit], place, place_low, place_high [percent that make do with less], basis
    (peers, reference, or missing where neither can be), peers (how many there are), needed.
    What an interval means depends on the basis: Wilson's for peers, and in the reference the extremes of the fits
    without one of the published points (missing with two points).
    """
    products = records.products
    intensity = what_is_made(records).intensity
    if isinstance(peers, str):
        places, count = _among_themselves(records)
    else:
        places, count = _among(products, intensity, peers)
    by_peers = (count >= PEERS_NEEDED) & ~np.isnan(intensity)
    others = np.flatnonzero(~by_peers)
    log_median, spread = (part[others] for part in of_rows(records, study))
    in_reference = place_in_reference(intensity[others, None], log_median, spread)
    for place, told in zip(places, (in_reference[:, 0], *_extremes(in_reference)), strict=True):
        place[others] = told
    basis = np.where(by_peers, 0, np.where(np.isnan(places[0]), -1, 1))
    table = products[["plant", "year", "product", "route"]].copy()
    table["intensity"] = intensity
    table["place"], table["place_low"], table["place_high"] = places
    table["basis"] = pd.Categorical.from_codes(basis, categories=pd.Index(BASES))
    table["peers"] = count
    table["needed"] = PEERS_NEEDED
    return table


def _extremes(places: Array) -> tuple[Array, Array]:
    """Least and largest place of all fits, missing where nothing can be left out."""
    left_out = ~np.isnan(places[:, 1:]).all(axis=1)
    low = np.where(np.isnan(places), np.inf, places).min(axis=1)
    high = np.where(np.isnan(places), -np.inf, places).max(axis=1)
    return np.where(left_out, low, np.nan), np.where(left_out, high, np.nan)


def _among(products: pd.DataFrame, intensity: Array, peers: pd.DataFrame | None) -> tuple[list[Array], Index]:
    """Place and interval of each row among its peers, and how many those are, itself left out."""
    rows = len(products)
    if peers is None or not len(peers):
        return [np.full(rows, np.nan) for _ in range(3)], np.zeros(rows, dtype=np.int64)
    _check(peers)
    own = products[PEER_KEYS].assign(route=products["route"].fillna(""), intensity=intensity)
    both = pd.concat([peers[[*PEER_KEYS, "intensity"]].assign(route=peers["route"].fillna("")), own], ignore_index=True)
    group = both.groupby(["product", "route"], sort=False, dropna=False).ngroup().to_numpy(np.int64)
    plant, _ = pd.factorize(both["plant"])
    value = both["intensity"].to_numpy(np.float64)
    there = len(peers)
    order = np.lexsort([value[:there], group[:there]])
    _, rank = np.unique(value, return_inverse=True)  # so that group and value are one whole number
    key = group * (rank.max() + 1) + rank
    sorted_key = key[:there][order]
    size = np.bincount(group[:there], minlength=group.max() + 1)
    start = (np.cumsum(size) - size)[group[there:]]
    below = np.searchsorted(sorted_key, key[there:], side="left") - start
    same = np.searchsorted(sorted_key, key[there:], side="right") - start - below
    place_of = pd.Series(np.arange(there), index=plant[:there] * (group.max() + 1) + group[:there])
    itself = place_of.reindex(plant[there:] * (group.max() + 1) + group[there:]).to_numpy()
    known = ~np.isnan(itself)
    before = value[itself[known].astype(np.int64)]
    less = below + same / 2
    less[known] -= np.where(before < intensity[known], 1.0, np.where(before == intensity[known], 0.5, 0.0))
    count = size[group[there:]] - known
    counted = np.maximum(count, 1)
    return _shares(less, counted), count


def _shares(less: Array, counted: Index) -> list[Array]:
    less = np.clip(less, 0, counted)
    low, high = wilson(less, counted)
    return [np.asarray(100 * part) for part in (less / counted, low, high)]


def _among_themselves(records: Records) -> tuple[list[Array], Index]:
    """``_among`` with the plants of the records as peers of each other, in one sort."""
    (product, _), (route, routes) = (told_apart(records, name) for name in PEER_KEYS[1:])
    index = records.sites.index
    plant = np.asarray(index.codes[0])[site_of_products(records)]  # type: ignore[attr-defined]  # a MultiIndex
    intensity = what_is_made(records).intensity
    group = product * max(len(routes), 1) + route
    own, _ = pd.factorize(
        group * (int(plant.max(initial=0)) + 1) + plant
    )  # a plant's product by a route, of all its years
    known = np.flatnonzero(~np.isnan(intensity))
    by_year = known[_sorted(records.products["year"].to_numpy()[known])]
    newest = np.full(own.max(initial=-1) + 1, -1)
    newest[own[by_year]] = by_year  # the last one stays
    is_peer = np.zeros(len(own) + 1, dtype=np.int64)
    is_peer[newest[newest >= 0]] = 1
    by_value = np.argsort(intensity)
    order = by_value[_sorted(group[by_value])]
    before = np.concatenate([[0], np.cumsum(is_peer[order])])  # peers before a place of the order
    new_group = np.diff(group[order], prepend=-1) != 0
    new_value = new_group | (np.diff(intensity[order], prepend=np.nan) != 0)
    start, first = (np.flatnonzero(new)[np.cumsum(new) - 1] for new in (new_group, new_value))
    end = np.append(np.flatnonzero(new_value)[1:], len(order))[np.cumsum(new_value) - 1]
    ends = np.append(np.flatnonzero(new_group)[1:], len(order))[np.cumsum(new_group) - 1]
    less, count = np.empty(len(order)), np.empty(len(order), dtype=np.int64)
    less[order] = before[first] - before[start] + (before[end] - before[first]) / 2
    count[order] = before[ends] - before[start]
    itself = newest[own]
    with np.errstate(invalid="ignore"):
        value = np.where(itself >= 0, intensity[itself], np.inf)
        less -= np.where(value < intensity, 1.0, np.where(value == intensity, 0.5, 0.0))
    count -= itself >= 0
    return _shares(less, np.maximum(count, 1)), count


def _sorted(whole: Index) -> Index:
    """The order of whole numbers, stable; small ones are sorted by their digits, which is quick."""
    small = len(whole) and whole.min() >= 0 and whole.max() < np.iinfo(np.uint16).max
    return np.argsort(whole.astype(np.uint16) if small else whole, kind="stable")


def _check(peers: pd.DataFrame) -> None:
    """Raises WaterplanError for peers that cannot be ranked; names no plant, for peers are not the asker's."""
    if lost := [name for name in (*PEER_KEYS, "intensity") if name not in peers]:
        raise WaterplanError(Message("grades.peers_columns", columns=lost))
    if peers.duplicated(PEER_KEYS).any():
        raise WaterplanError(Message("grades.peer_twice"))
    if totals_among([name for name in pd.unique(peers["plant"]) if isinstance(name, str)]):
        raise WaterplanError(Message("grades.peer_is_a_total"))
    if not (peers["intensity"] >= 0).all() or np.isinf(peers["intensity"]).any():
        raise WaterplanError(Message("grades.peer_intensity"))
