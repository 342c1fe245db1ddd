"""The water of a plant as flows from where it comes to where it goes, as a Sankey diagram needs them."""

from __future__ import annotations

import math

import pandas as pd

from waterplan.plants.records.balance import OUT
from waterplan.plants.records.records import GRADED, OTHER_SOURCES

PLANT, GAP = "plant", "balance_gap"
COLUMNS = ["source", "target", "volume"]


def flows_of(site: pd.Series) -> pd.DataFrame:
    r"""Flows of a plant-year: source, target (names of the data dictionary), volume [m3/a].

    Every source given flows to ``plant``, and ``plant`` to what is consumed, discharged and leaked. What is left over
    flows from ``plant`` to ``balance_gap``, what is too much from ``balance_gap`` to ``plant``, so that as much enters
    the plant as leaves it:

    .. math:: \sum_s V_s + \max(-V_{gap}, 0) = V_{co} + V_d + V_l + \max(V_{gap}, 0)

    What is empty or 0 is no flow; where consumed is empty it is part of the gap.
    """
    came = {name: _volume(site, name) for name in (*GRADED, *OTHER_SOURCES)}
    went = {name: _volume(site, name) for name in OUT}
    rows = [(name, PLANT, volume) for name, volume in came.items() if volume > 0]
    rows += [(PLANT, name, volume) for name, volume in went.items() if volume > 0]
    gap = math.fsum(came.values()) - math.fsum(went.values())
    if gap > 0:
        rows.append((PLANT, GAP, gap))
    elif gap < 0:
        rows.append((GAP, PLANT, -gap))
    return pd.DataFrame(rows, columns=COLUMNS).astype({"volume": float})


def _volume(site: pd.Series, name: str) -> float:
    value = site.get(name)
    return 0.0 if value is None or pd.isna(value) else float(value)
