"""The records of plants, checked: what reading gives and everything else in this room takes."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

KEY = ("plant", "year")
GRADED = ("withdrawal_surface", "withdrawal_ground", "withdrawal_public_supply", "withdrawal_purchased")
OTHER_SOURCES = (
    "withdrawal_reclaimed", "withdrawal_mine", "withdrawal_sea", "withdrawal_brackish", "withdrawal_rain",
)  # fmt: skip


@dataclass(frozen=True)
class Conversion:
    """Something that reading changed and reports back: where it stood, what was written, what it became."""

    file: str
    sheet: str
    row: int
    column: str
    written: str
    became: str


@dataclass(frozen=True)
class Records:
    """Plant-years with their products, in canonical units; empty cells are missing, never nought.

    ``sites``
        a row for each plant and year, index (plant, year); columns owner, province, the volumes of the vocabulary kind
        ``record`` [m3/a], value_added [CNY/a], tariffs [CNY/m3, CNY/kWh] where given
    ``products``
        plant, year, product, route, variant, output [output_unit/a], withdrawal [m3/a] (that product's part of the
        graded withdrawal; missing where the plant does not meter it)
    ``technologies``
        plant, year, product, technology: what is in place already (product empty: on all it makes)
    ``end_use_shares``
        plant, year, product, end_use, share: where the plant knows them, otherwise no rows
    """

    sites: pd.DataFrame
    products: pd.DataFrame
    technologies: pd.DataFrame
    end_use_shares: pd.DataFrame
    conversions: tuple[Conversion, ...] = ()
