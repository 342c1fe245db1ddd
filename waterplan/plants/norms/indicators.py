"""Indicators of plants by their standard names (GB/T 7119, GB/T 21534), all plant-years at once.

An indicator is NaN where an ingredient is missing, and says which, or where its denominator is 0: missing never means
zero, so a plant that has no condensate writes 0. Only sources are different: an empty one is not counted, for the
water balance shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waterplan.plants.records.balance import REUSED, withdrawals
from waterplan.plants.records.records import Records, site_of_products

YUAN_COUNTED = 1e4  # value added is told per ten thousand
GRADED_WITHDRAWAL, ALL_SOURCES = "withdrawal_graded", "withdrawal_all_sources"

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Indicators:
    """Indicators of plant-years and of their products, and what was missing for those that are NaN.

    sites: index (plant, year), a column for each indicator of a plant [1; m3 per 10^4 CNY]. products: plant, year,
    product, route, withdrawal_per_output [m3/output_unit], in the order of the records. missing: like sites, the
    names of the missing ingredients with commas between, "" where the indicator is there. Names are of the data
    dictionary. missing_products: for each row of products.
    """

    sites: pd.DataFrame
    products: pd.DataFrame
    missing: pd.DataFrame
    missing_products: pd.Series


def indicators(records: Records) -> Indicators:
    """All indicators of all plant-years."""
    parts = _ingredients(records)
    missing = {name: _missing({each: parts[each] for each in of}) for name, (_, of) in FORMULAS.items()}
    products, missing_products = _per_output(records, parts[GRADED_WITHDRAWAL])
    index = records.sites.index
    return Indicators(site_indicators(records), products, pd.DataFrame(missing, index=index), missing_products)


def site_indicators(records: Records) -> pd.DataFrame:
    """The indicators of plants alone (Indicators.sites)."""
    parts = _ingredients(records)
    made = {name: formula(*(parts[each] for each in of)) for name, (formula, of) in FORMULAS.items()}
    return pd.DataFrame(made, index=records.sites.index)


def _ingredients(records: Records) -> dict[str, Values]:
    """What the formulas ask for, NaN where it is not given."""
    sites, nothing = records.sites, np.full(len(records.sites), np.nan)
    graded, whole = withdrawals(records)
    asked = {each for _, of in FORMULAS.values() for each in of}
    given = {name: sites[name].to_numpy(dtype=np.float64) for name in asked if name in sites}
    return dict.fromkeys(asked, nothing) | given | {GRADED_WITHDRAWAL: graded, ALL_SOURCES: whole}


def water_reuse_rate(withdrawal: Values, *reused: Values) -> Values:
    r"""Share of the water used that was used before [1].

    .. math:: R = V_r / (V_t + V_r)

    :math:`V_r`: recirculated for cooling and elsewhere, used in series, effluent reused, condensate returned;
    :math:`V_t`: withdrawal of all sources. 100 withdrawn, 300 reused: 0.75.
    """
    total: Values = np.sum(reused, axis=0)
    return _share(total, withdrawal + total)


def cooling_recirculation_rate(recirculated: Values, makeup: Values) -> Values:
    r"""Share of the indirect cooling water that goes round [1].

    .. math:: R_c = V_{cr} / (V_{cr} + V_{cf})

    980 recirculated, 20 of make-up: 0.98.
    """
    return _share(recirculated, recirculated + makeup)


def condensate_recovery_rate(condensate: Values, steam: Values) -> Values:
    r"""Share of the steam produced that comes back as condensate [1], both as water.

    .. math:: R_b = V_{br} / D
    """
    return _share(condensate, steam)


def effluent_reuse_rate(reused: Values, discharged: Values) -> Values:
    r"""Share of the effluent that is treated and used again [1].

    .. math:: K_w = V_w / (V_d + V_w)
    """
    return _share(reused, reused + discharged)


def leakage_rate(leaked: Values, withdrawal: Values) -> Values:
    r"""Share of the withdrawal of all sources that leaks [1].

    .. math:: K_l = V_l / V_t
    """
    return _share(leaked, withdrawal)


def nonconventional_share(graded: Values, withdrawal: Values) -> Values:
    r"""Share of own reclaimed, mine, sea, brackish and rain water in the withdrawal of all sources [1].

    .. math:: K_h = V_{ih} / (V_i + V_{ih}) = (V_t - V_i) / V_t

    75 from wells and 25 of rain: 0.25.
    """
    return _share(withdrawal - graded, withdrawal)


def withdrawal_per_value_added(graded: Values, value_added: Values) -> Values:
    r"""Graded withdrawal per ten thousand yuan of value added [m3 per 10^4 CNY].

    .. math:: V_{vai} = V_i / VA

    100,000 m3 and 50 million yuan: 20.
    """
    return _ratio(graded, value_added / YUAN_COUNTED)


FORMULAS: dict[str, tuple[Callable[..., Values], tuple[str, ...]]] = {
    "water_reuse_rate": (water_reuse_rate, (ALL_SOURCES, *REUSED)),
    "cooling_recirculation_rate": (cooling_recirculation_rate, ("cooling_recirculated", "cooling_makeup")),
    "condensate_recovery_rate": (condensate_recovery_rate, ("condensate_returned", "steam_produced")),
    "effluent_reuse_rate": (effluent_reuse_rate, ("effluent_reused", "discharged")),
    "leakage_rate": (leakage_rate, ("leaked", ALL_SOURCES)),
    "nonconventional_share": (nonconventional_share, (GRADED_WITHDRAWAL, ALL_SOURCES)),
    "withdrawal_per_value_added": (withdrawal_per_value_added, (GRADED_WITHDRAWAL, "value_added")),
}


def _per_output(records: Records, graded: Values) -> tuple[pd.DataFrame, pd.Series]:
    r"""Withdrawal per unit of output of each product [m3/output_unit].

    .. math:: V_{ui} = V_i / Q

    The product's metered withdrawal; the whole graded withdrawal where the plant makes this product alone and does
    not meter it. A plant of several products without meters has no intensity of each: the mix is graded instead.
    """
    products = records.products
    at = site_of_products(records)
    made = np.bincount(at[at >= 0], minlength=len(graded))
    metered = products["withdrawal"].to_numpy(dtype=np.float64)
    alone = (made[at] == 1) & (at >= 0)
    withdrawal = np.where(np.isnan(metered) & alone, graded[at], metered)
    output = products["output"].to_numpy(dtype=np.float64)
    frame = products[["plant", "year", "product", "route"]].copy()
    frame["withdrawal_per_output"] = _ratio(withdrawal, output)
    asked = np.where(alone, GRADED_WITHDRAWAL, "product_withdrawal")
    missing = pd.Series(np.where(np.isnan(withdrawal), asked, ""), index=products.index)
    return frame, missing.where(~np.isnan(output), "plant_output")


def _ratio(above: Values, below: Values) -> Values:
    """Above over below, NaN where one is missing or below is 0."""
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)


def _share(part: Values, whole: Values) -> Values:
    """A ratio that is a share: figures that plants round may exceed the whole by a thousandth."""
    return np.clip(_ratio(part, whole), 0.0, 1.0)


def _missing(parts: Mapping[str, Values]) -> pd.Categorical:
    """The names of what is NaN, in words, for each plant-year; the words are made once for each combination."""
    length = len(next(iter(parts.values())))
    mask = np.zeros(length, dtype=np.int64)
    for bit, values in enumerate(parts.values()):
        mask |= np.isnan(values).astype(np.int64) << bit
    codes, found = pd.factorize(mask)
    names = [", ".join(name for bit, name in enumerate(parts) if combination >> bit & 1) for combination in found]
    return pd.Categorical.from_codes(codes, pd.Index(names, dtype=object))
