"""The place of each product of a plant: in the pool of peers, among published plants, or in the reference distribution.

The first of these that can tell is taken, and ``basis`` says which; ``reason`` says what a reader must know of it, or
why there is no place.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from waterplan.base.messages import Message
from waterplan.plants.peers.peers import percentile, published_peers
from waterplan.plants.records.records import Records
from waterplan.plants.standing.sentence import NOTHING
from waterplan.study.study import Study

POOL, PUBLISHED, REFERENCE = "pool", "published", "reference"
BASIS_OF = {"peers": PUBLISHED, "reference": REFERENCE}
COLUMNS = ["product", "route", "percentile", "lower", "upper", "basis", "count", "reason"]


def places_of(records: Records, study: Study, pool: pd.DataFrame | None = None) -> pd.DataFrame:
    """A row for each product of one plant-year.

    Columns product, route; percentile, lower, upper [percent of plants that make do with less water per unit; 0 is
    best]; basis (pool, published, reference, "" where there is no place); count, how many peers stand behind it
    (missing where the pool does not tell); reason, a ``Message`` that is empty where nothing needs saying.
    pool: what ``PeerPool.place`` answers for these records.
    """
    told = percentile(records, study, published_peers(study))
    rows = [_row(row, _in_pool(row, pool), study) for _, row in told.iterrows()]
    table = pd.DataFrame(rows, columns=COLUMNS).astype({"count": "Int64"})
    return table.assign(reason=pd.Series([row[-1] for row in rows], dtype=object))  # as texts they would lose Chinese


def _in_pool(row: pd.Series, pool: pd.DataFrame | None) -> pd.Series | None:
    """The pool's answer for a product; None where it tells nothing."""
    if pool is None or not len(pool):
        return None
    same = (pool["plant"] == row["plant"]) & (pool["year"] == row["year"]) & (pool["product"] == row["product"])
    rows = pool[same & pool["place_low"].notna()]
    return rows.iloc[0] if len(rows) else None


def _row(row: pd.Series, pooled: pd.Series | None, study: Study) -> tuple[object, ...]:
    names = str(row["product"]), str(row["route"])
    if pooled is not None:
        places = float(pooled["place"]), float(pooled["place_low"]), float(pooled["place_high"])
        values = {"release": int(pooled["release"])}
        reason = Message("standing.pool_merged", **values) if pooled["merged"] else NOTHING
        if np.isnan(places[0]):
            reason = Message("standing.pool_beyond", **values)
        return (*names, *places, POOL, pd.NA, reason)
    basis = BASIS_OF.get(str(row["basis"]), "")
    places = float(row["place"]), float(row["place_low"]), float(row["place_high"])
    values = {"given": int(row["peers"]), "needed": int(row["needed"])}
    if basis == PUBLISHED:
        reason = NOTHING
    elif basis == REFERENCE:
        reason = Message("standing.few_peers", **values)
    elif np.isnan(row["intensity"]):
        reason = Message("standing.no_intensity")
    elif row["product"] not in study.products.index:
        reason = Message("standing.no_such_product")
    else:
        reason = Message("standing.no_reference", **values)
    return (*names, *places, basis, int(row["peers"]), reason)
