"""The grades that hold in a year, as arrays: one ladder for each product and variant of its norm.

A ladder's grades are of the newest national norm in force (plan.norms.norms_in_force). Where an edition of a norm is in
force together with an older one of the same number, the older one is gone, its variants too. A grade that no national
norm gives is filled in from the study's own grades of the same variant and marked as an estimate; a study grade of the
product as a whole says nothing about one variant among several. Provincial norms and levels of cleaner production are
not in a ladder; they stand beside it (grades.Grades.ladder).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from waterplan.base.vocabulary import term
from waterplan.planning.plan.norms import INTENSITY, norms_in_force
from waterplan.plants.records.records import Records, once, told_apart
from waterplan.study.study import Study

GRADES = ("leading", "advanced", "access", "limit")
ABOVE = "above"  # withdraws more than the last grade allows
REACHED = (*GRADES, ABOVE)
GRADED, NO_NORM, VARIANT_MISSING, VARIANT_UNKNOWN, NOT_IN_STUDY, NO_WITHDRAWAL = STATUSES = (
    "graded", "no_norm", "variant_missing", "variant_unknown", "not_in_study", "no_withdrawal",
)  # fmt: skip
KEYS = ["product", "variant"]
SERIES = r"-\d{4}$"  # GB/T 18916.2-2012 and GB/T 18916.2-2022 are editions of one norm

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ladders:
    """Grades of products and variants in a year.

    ``names``
        product and variant of each ladder, in the order of the study's products
    ``value``
        [ladder, grade] the norm, m3 per unit of output; NaN where there is none
    ``estimate``
        [ladder, grade] whether it is the study's own and no norm
    ``row``
        [ladder, grade] the row of ``norms_in_force`` where it stands, -1 where there is none
    """

    study: Study
    year: int
    names: tuple[tuple[str, str], ...]
    value: Array
    estimate: Mask
    row: Index

    @cached_property
    def place(self) -> dict[tuple[str, str], int]:
        """The number of each ladder, by product and variant."""
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def _variants(self) -> dict[str, tuple[str, ...]]:
        told: dict[str, tuple[str, ...]] = {}
        for product, variant in self.names:
            told[product] = (*told.get(product, ()), variant)
        return told

    def variants(self, product: str) -> tuple[str, ...]:
        """The variants that the product's ladders tell apart; "" is the product as a whole."""
        return self._variants.get(product, ())

    def find(self, product: str, variant: str) -> tuple[int, str]:
        """The ladder of a product and the variant that a record names, or -1, and the status.

        Where a norm tells no variants apart it holds for whatever the record names. Otherwise the record must name one
        of them: none is guessed.
        """
        if product not in self.study.products.index:
            return -1, NOT_IN_STUDY
        variants = self.variants(product)
        if not variants:
            return -1, NO_NORM
        if variants == ("",) or variant in variants:
            return self.place[product, "" if variants == ("",) else variant], GRADED
        return -1, VARIANT_UNKNOWN if variant else VARIANT_MISSING


@lru_cache(maxsize=256)
def ladders(study: Study, year: int) -> Ladders:
    """The ladders of all products of a study in a year. Norms in another unit than the product's are left out."""
    held = norms_in_force(study, year)
    units = {name: term(INTENSITY).unit_of(unit) for name, unit in study.products["output_unit"].items()}
    held = held[held["grade"].isin(GRADES) & (held["unit"] == held["product"].map(units))]
    national = _newest_editions(held[held["rank"] == "national"])
    own = held[held["rank"] == "study"]
    told = set(national["product"])
    national_names = set(zip(national["product"], national["variant"], strict=True))
    fills = own["product"].isin(told)
    same = np.fromiter((pair in national_names for pair in zip(own["product"], own["variant"], strict=True)), bool)
    rows = pd.concat([national, own[~fills | same]])
    rows = rows.drop_duplicates([*KEYS, "grade"], keep="first")
    order = {name: place for place, name in enumerate(study.products.index)}
    names = tuple(sorted(set(zip(rows["product"], rows["variant"], strict=True)), key=lambda n: (order[n[0]], n[1])))
    place = {name: number for number, name in enumerate(names)}
    value = np.full((len(names), len(GRADES)), np.nan)
    estimate = np.zeros(value.shape, dtype=bool)
    at = [place[name] for name in zip(rows["product"], rows["variant"], strict=True)]
    grade = [GRADES.index(name) for name in rows["grade"]]
    row = np.full(value.shape, -1)
    value[at, grade], estimate[at, grade], row[at, grade] = rows["value"], rows["estimate"], rows.index
    return Ladders(study, year, names, value, estimate, row)


@dataclass(frozen=True, eq=False)
class Found:
    """The ladder of each row of products: number in its year's ladders (-1: none), status (number in STATUSES)."""

    years: tuple[int, ...]
    year: Index
    ladder: Index
    status: Index

    def values(self, of_year: list[npt.NDArray]) -> npt.NDArray:
        """What stands for each row in arrays by ladder, one array a year; rows without a ladder get the missing row.

        The last row of each array stands for what is missing.
        """
        if not of_year:
            return np.empty((0, len(GRADES)))
        sizes = np.array([len(values) for values in of_year])
        start = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        at = np.where(self.ladder < 0, sizes[self.year] - 1, self.ladder)
        return np.asarray(np.concatenate(of_year)[start[self.year] + at])


@once
def find_ladders(records: Records, study: Study) -> Found:
    """The ladder of each row of products of the records, in its year."""
    year, years = pd.factorize(records.products["year"].to_numpy(np.int64))
    product, product_names = told_apart(records, "product")
    variant, variant_names = told_apart(records, "variant")
    pair = product * max(len(variant_names), 1) + variant
    key, keys = pd.factorize(year * (pair.max(initial=0) + 1) + pair)
    first = np.zeros(len(keys), dtype=np.int64)
    first[key[::-1]] = np.arange(len(key))[::-1]
    answers = [
        ladders(study, int(years[year[row]])).find(product_names[product[row]], variant_names[variant[row]])
        for row in first
    ]
    ladder = np.array([number for number, _ in answers], dtype=np.int64)
    status = np.array([STATUSES.index(said) for _, said in answers], dtype=np.int64)
    return Found(tuple(int(one) for one in years), year, ladder[key], status[key])


def _newest_editions(national: pd.DataFrame) -> pd.DataFrame:
    series = national["norm"].str.replace(SERIES, "", regex=True)
    newest = national.groupby([national["product"], series])["edition"].transform("max")
    return national[national["edition"] == newest].sort_values("edition", ascending=False, kind="stable")
