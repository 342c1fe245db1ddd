"""The records of plants, checked: what reading gives and everything else in this room takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waterplan.base.messages import in_language

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

    def said_in(self, language: str) -> Conversion:
        """The same in a language."""
        column, written, became = (str(in_language(one, language)) for one in (self.column, self.written, self.became))
        return replace(self, column=column, written=written, became=became)


@dataclass(frozen=True, eq=False)
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
    ``conversions, conversions_of``
        what reading changed in the whole file; and, of records that were read, what it changed in the rows of one plant
        and year
    """

    sites: pd.DataFrame
    products: pd.DataFrame
    technologies: pd.DataFrame
    end_use_shares: pd.DataFrame
    conversions: tuple[Conversion, ...] = ()
    conversions_of: Callable[[str, int], tuple[Conversion, ...]] | None = field(default=None, repr=False)

    @property
    def cells(self) -> int:
        """How many cells are kept: of the tables, and of what they were read from."""
        tables = (self.sites, self.products, self.technologies, self.end_use_shares)
        return sum(int(table.size) for table in tables) + int(getattr(self.conversions_of, "cells", 0))


P = ParamSpec("P")
T = TypeVar("T")


def once(work: Callable[P, T]) -> Callable[P, T]:
    """A function of records (and of what can be a key) that keeps each answer as long as the records live.

    Figures that grades, places, scores and indicators all need are then made once; nobody may change an answer.
    """
    kept: WeakKeyDictionary[Records, dict[object, T]] = WeakKeyDictionary()

    @wraps(work)
    def answer(*args: P.args, **options: P.kwargs) -> T:
        records, *others = args
        answers = kept.setdefault(records, {})  # type: ignore[arg-type]
        key = (*others, *options.items())
        if key not in answers:
            answers[key] = work(*args, **options)
        return answers[key]

    return answer


@once
def site_of_products(records: Records) -> NDArray[np.int64]:
    """The row of sites of each row of products, -1 where there is none."""
    plant, year = records.products["plant"].to_numpy(object), records.products["year"].to_numpy()
    index = records.sites.index
    own_plant, own_year = index.get_level_values(0).to_numpy(object), index.get_level_values(1).to_numpy()
    if len(plant) == len(index) and (year == own_year).all() and (plant == own_plant).all():
        return np.arange(len(plant))  # one product each, in order, as most files have it
    return index.get_indexer(pd.MultiIndex.from_arrays([plant, year])).astype(np.int64)


@once
def told_apart(records: Records, column: str) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Which of its different texts each row of products has in a column, and those texts; an empty one is ""."""
    codes, found = pd.factorize(records.products[column].to_numpy(dtype=object))
    if (codes < 0).any():  # missing is empty
        codes, found = pd.factorize(np.append(found, "")[codes])
    return codes, found
