r"""Grades of plants against the norms in force in their year, by product and for the whole mix.

A product is graded on its withdrawal per unit of output :math:`w_p / Q_p` [m3/unit], where the plant meters it or makes
nothing else. A plant is graded on its mix: a grade g allows it

.. math:: A_g = \sum_p Q_p \, n_{p,g} \quad [\mathrm{m^3/a}]

and it reaches the best grade whose ratio :math:`W / A_g` is at most 1, with W the graded withdrawal (surface, ground,
public supply, purchased). Where some product has no norm of a grade, the mix has none. The ratio with all sources
counted, own sea, brackish, mine, rain and reclaimed water too, stands beside it and decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from waterplan.base.errors import WaterplanError
from waterplan.base.messages import Message
from waterplan.planning.plan.norms import TOLERANCE, norms_in_force
from waterplan.plants.norms.ladders import (
    GRADED,
    GRADES,
    NO_WITHDRAWAL,
    REACHED,
    STATUSES,
    Array,
    Found,
    Index,
    Mask,
    find_ladders,
    ladders,
)
from waterplan.plants.records.balance import withdrawals
from waterplan.plants.records.names import in_a_row, names_in
from waterplan.plants.records.records import Records, once, site_of_products
from waterplan.plants.records.totals import totals_among
from waterplan.study.study import Study

METERED, WHOLE = "metered", "whole_plant"
ALLOCATIONS = (METERED, WHOLE)


@dataclass(frozen=True, eq=False)
class Made:
    """What plants make, with its water: for each row of ``records.products`` the row of its plant-year, ``site``.

    withdrawal [m3/a] is the product's metered part, or the plant's graded withdrawal where it makes nothing else
    (``allocation`` 0 metered, 1 whole plant, -1 neither); graded and whole [m3/a] are of each plant-year.
    """

    site: Index
    output: Array
    withdrawal: Array
    allocation: Index
    graded: Array
    whole: Array

    @property
    def intensity(self) -> Array:
        """Withdrawal per unit of output [m3/unit]; NaN where either is missing or nothing is made."""
        return _over(self.withdrawal, self.output)

    def summed(self, values: Array) -> Array:
        """Sums over each plant-year of values by product (NaN where one is missing) [..., site]."""
        count = len(self.graded)
        if len(self.site) == count and (self.site == np.arange(count)).all():
            return values.T  # each makes one product
        return np.stack([np.bincount(self.site, column, minlength=count) for column in values.T])


@dataclass(frozen=True, eq=False)
class Grades:
    """Grades of plant-years; figures are missing where a norm or a withdrawal is.

    ``products``
        a row for each row of ``records.products``: plant, year, product, route, variant, output [unit/a], withdrawal
        [m3/a], intensity [m3/unit], allocation (metered, whole_plant), status (STATUSES), grade (by norms alone),
        grade_estimated (study grades counted too), and for each grade g ``norm_g`` [m3/unit], ``estimate_g`` (the
        study's own, no norm), ``gap_g`` [m3/unit] and ``gap_volume_g`` [m3/a]: what the plant withdraws above the
        grade; negative: below it
    ``sites``
        index (plant, year): withdrawal_graded, withdrawal_all_sources [m3/a], status (the first reason why the mix is
        not graded), grade, grade_estimated, grade_all_sources (estimated, were all sources graded), and for each grade
        ``allowed_g`` [m3/a], ``estimate_g`` (some of it is), ``ratio_g`` [1], ``ratio_all_sources_g`` [1],
        ``gap_volume_g`` [m3/a]

    Grades are leading, advanced, access, limit, and above for more than the last grade allows.
    """

    products: pd.DataFrame
    sites: pd.DataFrame
    study: Study

    def ladder(self, plant: str, year: int) -> pd.DataFrame:
        """Every norm in force for what a plant makes, the provincial and cleaner-production ones too.

        Columns product, route, variant, rank, norm, edition, grade, value [unit], unit, estimate, basis, source, note,
        checked, norm_zh, variant_zh, graded_on (it is a step of the ladder that the plant is graded on), intensity
        [unit], meets, gap [unit], gap_volume [m3/a]. A plant that names no variant sees all of them. Which province a
        provincial norm is of stands in its name.
        """
        own = _of(self.products, plant, year)
        named = own[["product", "route", "variant", "output", "intensity"]].rename(columns={"variant": "named"})
        rows = norms_in_force(self.study, year).reset_index(names="row").merge(named, on="product")
        known = ladders(self.study, year)
        used = [known.find(product, named)[0] for product, named in zip(rows["product"], rows["named"], strict=True)]
        steps = np.vstack([known.row, np.full(len(GRADES), -1)])[used]
        rows["graded_on"] = (steps == rows["row"].to_numpy()[:, None]).any(axis=1)
        rows = rows[(rows["variant"] == "") | (rows["named"] == "") | (rows["variant"] == rows["named"])]
        gap = rows["intensity"] - rows["value"]
        meets = (gap <= TOLERANCE * rows["value"]).astype("boolean").where(gap.notna())
        rows = rows.assign(meets=meets, gap=gap, gap_volume=gap * rows["output"])
        return rows.drop(columns=["row", "named", "output"]).reset_index(drop=True)

    def remarks(self, plant: str, year: int) -> list[Message]:
        """What a reader must know of a plant's grades: why a product has none, and which grades are estimates."""
        known = ladders(self.study, year)
        told = []
        rows = _of(self.products, plant, year)
        for row, name in zip(rows.itertuples(), names_in(self.study.products, rows["product"]), strict=True):
            variant, status = self.study.variant_name(str(row.variant)), str(row.status)
            variants = in_a_row(self.study.variant_name(one) for one in known.variants(str(row.product)) if one)
            if status != GRADED:
                values = {"product": name, "variant": variant, "variants": variants, "year": year}
                told.append(Message(f"grades.status_{status}", **values))
            steps = [grade for grade in GRADES if getattr(row, f"estimate_{grade}")]
            if steps:
                grades = [Message(f"grades.grade_{grade}") for grade in steps]
                told.append(Message("grades.estimates", product=name, grades=grades))
        return told


@dataclass(frozen=True, eq=False)
class Figures:
    """Columns of products or of plant-years: those of one figure each, and those of a figure for each of GRADES."""

    alone: dict[str, object]
    by_grade: dict[str, npt.NDArray]

    def table(self, index: pd.Index) -> pd.DataFrame:
        """All as one table, with a column for each grade."""
        columns = dict(self.alone)
        for place, grade in enumerate(GRADES):
            columns |= {f"{name}_{grade}": values[:, place] for name, values in self.by_grade.items()}
        return pd.DataFrame(columns, index=index)


def grades(records: Records, study: Study) -> Grades:
    """Grades of all plant-years of the records, against the norms of the study."""
    of_products, of_sites = grade_figures(records, study)
    return Grades(of_products.table(records.products.index), of_sites.table(records.sites.index), study)


def grade_figures(records: Records, study: Study) -> tuple[Figures, Figures]:
    """The columns of Grades.products and of Grades.sites, before they are tables."""
    made = what_is_made(records)
    found = find_ladders(records, study)
    of_years = [ladders(study, year) for year in found.years]
    norm = found.values([np.vstack([one.value, np.full(len(GRADES), np.nan)]) for one in of_years])
    estimate = found.values([np.vstack([one.estimate, np.zeros(len(GRADES), bool)]) for one in of_years]).astype(bool)
    return _products(records, made, found, norm, estimate), _sites(made, found, norm, estimate)


@once
def what_is_made(records: Records) -> Made:
    """The products of the records with their plant-years and their water.

    Raises WaterplanError for a product without its plant, and for a total among the plants of records that nobody read.
    """
    products = records.products
    if records.conversions_of is None and (totals := totals_among(_plants(records))):
        raise WaterplanError(Message("grades.total_row", plant=totals[0]))
    site = site_of_products(records)
    if (site < 0).any():
        row = products.iloc[int((site < 0).argmax())]
        raise WaterplanError(Message("grades.lost_product", plant=row["plant"], year=row["year"]))
    graded, whole = withdrawals(records)
    alone = np.bincount(site, minlength=len(graded))[site] == 1
    metered = products["withdrawal"].to_numpy(np.float64)
    use_whole = np.isnan(metered) & alone
    withdrawal = np.where(use_whole, graded[site], metered)
    allocation = np.where(np.isnan(withdrawal), -1, use_whole.astype(np.int64))
    return Made(site, products["output"].to_numpy(np.float64), withdrawal, allocation, graded, whole)


def _plants(records: Records) -> list[str]:
    return [name for name in records.sites.index.get_level_values("plant").unique() if isinstance(name, str)]


def _products(records: Records, made: Made, found: Found, norm: Array, estimate: Mask) -> Figures:
    intensity = made.intensity
    lost = (found.status == STATUSES.index(GRADED)) & np.isnan(intensity)
    status = np.where(lost, STATUSES.index(NO_WITHDRAWAL), found.status)
    gap = intensity[:, None] - norm
    columns: dict[str, object] = {
        name: records.products[name] for name in ("plant", "year", "product", "route", "variant")
    }
    columns |= {
        "output": made.output,
        "withdrawal": made.withdrawal,
        "intensity": intensity,
        "allocation": pd.Categorical.from_codes(made.allocation, categories=pd.Index(ALLOCATIONS)),
        "status": pd.Categorical.from_codes(status, categories=pd.Index(STATUSES)),
        "grade": _reached(intensity, np.where(estimate, np.nan, norm)),
        "grade_estimated": _reached(intensity, norm),
    }
    return Figures(columns, {"norm": norm, "estimate": estimate, "gap": gap, "gap_volume": gap * made.output[:, None]})


def _sites(made: Made, found: Found, norm: Array, estimate: Mask) -> Figures:
    worth = norm * made.output[:, None]
    makes_nothing = np.bincount(made.site, minlength=len(made.graded)) == 0
    gone = np.where(makes_nothing, np.nan, 0.0)[:, None]
    allowed = made.summed(worth).T + gone
    by_norms = made.summed(np.where(estimate, np.nan, worth)).T + gone
    some = made.summed((estimate & ~np.isnan(norm)).astype(np.float64)).T > 0
    first = np.zeros(len(made.graded), dtype=np.int64)
    bad = np.flatnonzero(found.status != STATUSES.index(GRADED))[::-1]
    first[made.site[bad]] = found.status[bad]
    lost = (first == STATUSES.index(GRADED)) & (np.isnan(made.graded) | makes_nothing)
    status = np.where(lost, STATUSES.index(NO_WITHDRAWAL), first)
    columns: dict[str, object] = {
        "withdrawal_graded": made.graded,
        "withdrawal_all_sources": made.whole,
        "status": pd.Categorical.from_codes(status, categories=pd.Index(STATUSES)),
        "grade": _reached(made.graded, by_norms),
        "grade_estimated": _reached(made.graded, allowed),
        "grade_all_sources": _reached(made.whole, allowed),
    }
    graded, whole = made.graded[:, None], made.whole[:, None]
    return Figures(
        columns,
        {
            "allowed": allowed,
            "estimate": some & ~np.isnan(allowed),
            "ratio": _over(graded, allowed),
            "ratio_all_sources": _over(whole, allowed),
            "gap_volume": graded - allowed,
        },
    )


def _reached(amount: Array, limits: Array) -> pd.Categorical[str]:
    """The best grade whose limit the amount keeps to; missing without an amount or any limit."""
    code = np.full(len(amount), len(GRADES), dtype=np.int8)
    unlimited = np.ones(len(amount), dtype=bool)
    for place, limit in reversed(list(enumerate(np.ascontiguousarray(limits.T)))):
        code = np.where(amount <= limit * (1 + TOLERANCE), np.int8(place), code)
        unlimited &= np.isnan(limit)
    code[np.isnan(amount) | unlimited] = -1
    return pd.Categorical.from_codes(code, categories=pd.Index(REACHED), ordered=True)


def _over(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.full(np.shape(below), np.nan), where=below > 0)


def _of(products: pd.DataFrame, plant: str, year: int) -> pd.DataFrame:
    rows = products[(products["plant"] == plant) & (products["year"] == year)]
    if not len(rows):
        raise WaterplanError(Message("grades.nothing_made", plant=plant, year=year))
    return rows
