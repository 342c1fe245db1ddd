"""The water balance of plants (GB/T 12452): what comes in, what goes out, and what is not accounted for.

Sources and ways out that a plant leaves empty are not counted: the balance itself shows whether one was forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waterplan.base.messages import Message
from waterplan.plants.records.headers import heading_name
from waterplan.plants.records.records import GRADED, OTHER_SOURCES, Records, once, site_of_products

# Assumed: GB/T 12452 leaves the limit to the accuracy of the meters; 5 % is the uncertainty that GB 24789 allows to
# the metering of effluent, the least certain term (known from the standard, not read again in the document).
BALANCE_TOLERANCE = 0.05
SLACK = 1e-3  # of comparisons between figures that plants round
SHARES_SLACK = 5e-3
OUT = ("consumed", "discharged", "leaked")
REUSED = ("cooling_recirculated", "process_recirculated", "reused_in_series", "effluent_reused", "condensate_returned")
INSIDE = ("reused_in_series", "effluent_reused", "condensate_returned")

Values = NDArray[np.float64]


def summed(sites: pd.DataFrame, columns: tuple[str, ...]) -> Values:
    """Sum of the columns given [m3/a]; an empty one is not counted, and where all are empty the sum is NaN.

    >>> summed(pd.DataFrame({"a": [1.0, None], "b": [2.0, None]}), ("a", "b")).tolist()
    [3.0, nan]
    """
    total, given = np.zeros(len(sites)), np.zeros(len(sites), dtype=bool)
    for name in columns:
        if name in sites:
            values = sites[name].to_numpy(dtype=np.float64)
            here = ~np.isnan(values)
            total += np.where(here, values, 0.0)
            given |= here
    return np.where(given, total, np.nan)


def graded_withdrawal(sites: pd.DataFrame) -> Values:
    """Surface, ground, public supply and purchased water and steam [m3/a]: what norms are held against.

    0 where a plant takes only from other sources; NaN where it gives no source at all.
    """
    graded = summed(sites, GRADED)
    return np.where(np.isnan(graded) & ~np.isnan(summed(sites, OTHER_SOURCES)), 0.0, graded)


def whole_withdrawal(sites: pd.DataFrame) -> Values:
    """Withdrawal of all sources [m3/a], own reclaimed, mine, sea, brackish and rain water included."""
    return summed(sites, (*GRADED, *OTHER_SOURCES))


@once
def withdrawals(records: Records) -> tuple[Values, Values]:
    """Graded withdrawal and withdrawal of all sources of each plant-year [m3/a]."""
    return graded_withdrawal(records.sites), whole_withdrawal(records.sites)


def balance(records: Records) -> pd.DataFrame:
    r"""The balance of each plant-year, index (plant, year): sums [m3/a], gap [m3/a] and relative gap [1].

    .. math:: V_{gap} = V_t - (V_{co} + V_d + V_l), \qquad \delta = V_{gap} / \max(V_t, V_{co} + V_d + V_l)

    Positive: water that came in and is not accounted for. 100 in, 60 consumed, 30 discharged, 5 leaked: gap 5,
    relative gap 0.05. NaN without any source, or without ``consumed``.
    """
    sites = records.sites
    (graded, came), went = withdrawals(records), summed(sites, OUT)
    went = np.where(np.isnan(_of(sites, "consumed")), np.nan, went)
    gap = came - went
    larger = np.maximum(came, went)
    share = np.divide(gap, larger, out=np.where(np.isnan(gap), np.nan, 0.0), where=larger > 0)
    columns = {"withdrawal_graded": graded, "withdrawal_all_sources": came}
    columns |= {name: _of(sites, name) for name in OUT}
    return pd.DataFrame({**columns, "balance_gap": gap, "balance_gap_share": share}, index=sites.index)


@dataclass(frozen=True)
class Finding:
    """Something inconsistent: at which plant-years (positions), at which column, and what to say of each."""

    where: NDArray[np.int64]
    column: str
    says: Callable[[int], Message]


def inconsistencies(records: Records, tolerance: float = BALANCE_TOLERANCE) -> Iterator[Finding]:
    """What cannot be true of a plant-year: a balance that does not close, a part larger than its whole."""
    sites = records.sites
    told = balance(records)
    came, gap = told["withdrawal_all_sources"].to_numpy(), told["balance_gap"].to_numpy()
    share = told["balance_gap_share"].to_numpy()

    def open_balance(at: int) -> Message:
        names = [heading_name(name) for name in OUT[1:] if np.isnan(_of(sites, name)[at])]
        figures = {"came": came[at], "went": came[at] - gap[at], "gap": abs(gap[at])}
        return Message(
            "plants.water_missing" if gap[at] > 0 else "plants.water_too_much",
            **{name: f"{value:,.0f}" for name, value in figures.items()},
            share=f"{abs(share[at]):.1%}",
            tolerance=f"{tolerance:.1%}",
            empty=Message("plants.left_empty", columns=names) if names else "",
        )

    yield Finding(np.flatnonzero(np.isnan(came)), "", lambda _: Message("plants.no_source"))
    yield Finding(np.flatnonzero(share > tolerance), "", open_balance)
    yield Finding(np.flatnonzero(share < -tolerance), "", open_balance)
    reused = summed(sites, INSIDE)
    inside = came + np.where(np.isnan(reused), 0.0, reused)
    yield _larger(sites, "condensate_returned", _of(sites, "steam_produced"), "more_than_steam")
    yield _larger(sites, "leaked", came, "more_than_withdrawal")
    yield _larger(sites, "domestic", came, "more_than_withdrawal")
    yield _larger(sites, "cooling_makeup", inside, "more_than_enters")
    if len(records.products):
        yield _metered(records, told["withdrawal_graded"].to_numpy())


def _of(sites: pd.DataFrame, name: str) -> Values:
    return sites[name].to_numpy(dtype=np.float64) if name in sites else np.full(len(sites), np.nan)


def _larger(sites: pd.DataFrame, part: str, whole: Values, key: str) -> Finding:
    values = _of(sites, part)
    wrong = values > whole * (1 + SLACK)

    def says(at: int) -> Message:
        return Message(f"plants.{key}", part=f"{values[at]:,.0f}", whole=f"{whole[at]:,.0f}")

    return Finding(np.flatnonzero(wrong), part, says)


def _metered(records: Records, graded: Values) -> Finding:
    """Metered parts of products larger than the graded withdrawal of the plant."""
    metered = np.nan_to_num(records.products["withdrawal"].to_numpy(np.float64))
    at = site_of_products(records)
    whole = np.bincount(at[at >= 0], metered[at >= 0], minlength=len(records.sites))

    def says(at: int) -> Message:
        return Message("plants.products_more_than_graded", part=f"{whole[at]:,.0f}", whole=f"{graded[at]:,.0f}")

    wrong = np.flatnonzero(whole > np.nan_to_num(graded) * (1 + SLACK))
    return Finding(wrong, "withdrawal", says)
