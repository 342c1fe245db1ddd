"""Where many plants stand: a file of records read, checked, graded, ranked and scored in one call."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from waterplan.base.errors import WaterplanError, suggest
from waterplan.base.messages import LANGUAGES, Message
from waterplan.base.vocabulary import term
from waterplan.plants.norms.grades import Figures, grade_figures
from waterplan.plants.norms.indicators import site_indicators
from waterplan.plants.norms.ladders import GRADES
from waterplan.plants.peers.peers import THEMSELVES, percentile, published_peers
from waterplan.plants.peers.score import score
from waterplan.plants.records.balance import BALANCE_TOLERANCE, balance
from waterplan.plants.records.reader import read_records
from waterplan.plants.records.records import Records, site_of_products, told_apart
from waterplan.study.study import Study, open_study

YEARLY, MADE, GRADE = "plant_year", "plant_product", "grade"
RECORDS, PUBLISHED, PEERS, POOL, REFERENCE = THEMSELVES, "published", "peers", "pool", "reference"
AMONG = (RECORDS, PUBLISHED)
OF_GRADES = {  # name of the data dictionary: beginning of the columns of Grades
    YEARLY: {
        "allowed_withdrawal": "allowed", "allowed_is_estimate": "estimate", "allowed_ratio": "ratio",
        "allowed_ratio_all_sources": "ratio_all_sources", "mix_gap_volume": "gap_volume",
    },
    MADE: {"norm": "norm", "norm_is_estimate": "estimate", "gap": "gap", "gap_volume": "gap_volume"},
}  # fmt: skip
WORDS = {
    YEARLY: {
        "mix_status": "status", "mix_grade": "grade", "mix_grade_estimated": "grade_estimated",
        "mix_grade_all_sources": "grade_all_sources",
    },
    MADE: {
        "product_status": "status", "product_grade": "grade", "product_grade_estimated": "grade_estimated",
        "product_allocation": "allocation",
    },
}  # fmt: skip
POOLED = ("place", "place_low", "place_high")

Variables = dict[str, tuple[tuple[str, ...], NDArray]]


@dataclass(frozen=True)
class Asked:
    """What plants are ranked among: the peers, and what the basis is called where there are enough of them."""

    peers: pd.DataFrame | str | None
    basis: str


def benchmark(
    records: Records | str | Path | bytes,
    study: Study | None = None,
    *,
    peers: pd.DataFrame | str | None = RECORDS,
    place: pd.DataFrame | None = None,
    only: Collection[tuple[str, int]] | None = None,
    name: str = "",
    tolerance: float = BALANCE_TOLERANCE,
) -> xr.Dataset:
    """Grades, gaps, indicators, balance, places and scores of all plant-years of the records.

    records: a CSV or Excel file, its content, or what ``read_records`` gave. study: the shipped one by default.
    peers: whom plants are ranked among: the others of the same file ("records"), published plants ("published"), or a
    table (peers.percentile); None: nobody. With too few, the place is in the reference distribution. place: what
    ``PeerPool.place`` answers for these records; it comes first where the pool tells something. only: plants and years
    to tell of, while all are peers. name, tolerance: of ``read_records``.

    Dims ``plant_year`` (coords plant, year, owner, province), ``plant_product`` (coords product, route, variant, and
    site, the row of its plant in plant_year) and ``grade``; variables, units and labels are those of the data
    dictionary, ``waterplan describe --kind standing``. Texts are "" and figures NaN where there is none. Raises
    DataError with all problems of the file, and WaterplanError for peers that are none.
    """
    study = study or open_study()
    if not isinstance(records, Records):
        records = read_records(records, study, name=name, tolerance=tolerance)
    asked = _asked(records, study, peers)
    of_products, of_plants = grade_figures(records, study)
    variables = _of_plants(records, of_plants, study) | _of_products(of_products)
    variables |= _places(records, study, asked, place)
    made = _only(xr.Dataset(variables, coords=_coords(records)), records, only)
    for key, array in made.variables.items():
        if key != GRADE:
            found = term(TERMS.get(str(key), str(key)))
            array.attrs = {"units": found.unit, "long_name": found.label_en, "long_name_zh": found.label_zh}
    return made.assign_attrs(
        title=study.title_in("en"), title_zh=study.title_in("zh"), study=study.name, study_digest=study.digest,
        price_year=study.price_year,
        conversions=_changed(records, "en"), conversions_zh=_changed(records, "zh"), labels=_labels(made, study),
    )  # fmt: skip


TERMS = {"site": YEARLY}


def _changed(records: Records, language: str) -> str:
    """What reading changed, a line each, in a language."""
    told = (one.said_in(language) for one in records.conversions)
    return "\n".join(f"{one.sheet} {one.row} {one.column}: {one.written} -> {one.became}".strip() for one in told)


def _labels(answer: xr.Dataset, study: Study) -> str:
    """What things of the answer are called, as JSON: key -> [en, zh], of a product its unit of output too."""
    found: dict[str, list[str]] = {}
    for name, catalogue in (("product", study.products), ("province", study.provinces)):
        for key in np.unique(answer[name].to_numpy()).tolist():
            if key in catalogue.index:
                columns = [*(f"name_{language}" for language in LANGUAGES), "output_unit"]
                found[key] = [str(catalogue.loc[key, column]) for column in columns if column in catalogue]
    for variant in np.unique(answer["variant"].to_numpy()).tolist():
        if variant in study.variant_names:
            found[f"variant:{variant}"] = [study.variant_names[variant].text(language) for language in LANGUAGES]
    return json.dumps(found, ensure_ascii=False)


def _only(answer: xr.Dataset, records: Records, only: Collection[tuple[str, int]] | None) -> xr.Dataset:
    """The answer for some plants and years alone, in the order of the records."""
    if only is None:
        return answer
    kept = records.sites.index.isin(list(only))
    site = answer["site"].to_numpy()
    rows = np.flatnonzero(kept[site])
    chosen = answer.isel(plant_year=np.flatnonzero(kept), plant_product=rows)
    return chosen.assign_coords(site=(MADE, (np.cumsum(kept) - 1)[site[rows]]))


def _asked(records: Records, study: Study, peers: pd.DataFrame | str | None) -> Asked:
    if isinstance(peers, str):
        if peers not in AMONG:
            raise WaterplanError(Message("standing.no_peers", given=peers, known=AMONG, near=suggest(peers, AMONG)))
        return Asked(peers if peers == RECORDS else published_peers(study), peers)
    return Asked(peers, PEERS)


def _coords(records: Records) -> dict[str, object]:
    sites = records.sites
    plants = {
        "plant": _of_level(sites.index, 0),
        "year": sites.index.get_level_values(1).to_numpy(np.int64),
        "owner": _words(sites["owner"]) if "owner" in sites else _nothing(len(sites)),
        "province": _words(sites["province"]) if "province" in sites else _nothing(len(sites)),
    }
    made = {"site": site_of_products(records)}
    for name in ("product", "route", "variant"):
        codes, found = told_apart(records, name)
        made[name] = np.asarray(found, dtype=np.str_)[codes]
    return {name: (YEARLY, values) for name, values in plants.items()} | {
        **{name: (MADE, values) for name, values in made.items()},
        GRADE: (GRADE, np.array(GRADES), {"long_name": term(GRADE).label_en}),
    }


def _words(values: pd.Series | pd.Index) -> NDArray:
    """Texts of one width, which every format can store; "" where missing."""
    codes, found = pd.factorize(values.to_numpy(dtype=object))
    return np.array([*found, ""], dtype=np.str_)[codes]


def _of_level(index: pd.Index, level: int) -> NDArray:
    """Texts of a level of the index, which knows already which of the different ones each row has."""
    if not isinstance(index, pd.MultiIndex):
        return _words(index)
    return np.asarray(index.levels[level], dtype=np.str_)[index.codes[level]]


def _nothing(count: int) -> NDArray:
    return np.full(count, "")


def _coded(values: object) -> NDArray:
    """The words of a categorical column; "" where missing."""
    told = pd.Categorical(values)  # type: ignore[call-overload]
    return np.asarray(np.array([*told.categories, ""], dtype=np.str_)[told.codes])


def _by_grade(graded: Figures, dim: str) -> Variables:
    return {name: ((dim, GRADE), graded.by_grade[start]) for name, start in OF_GRADES[dim].items()}


def _of_plants(records: Records, graded: Figures, study: Study) -> Variables:
    told, scored = balance(records), score(records, study)
    made = site_indicators(records)
    figures = {str(name): told[name].to_numpy() for name in told} | {str(name): made[name].to_numpy() for name in made}
    figures |= {
        "score": scored["score"].to_numpy(np.float64, na_value=np.nan),
        "typical_withdrawal": scored["typical"].to_numpy(),
        "typical_ratio": scored["ratio"].to_numpy(),
    }
    words = {name: _coded(graded.alone[column]) for name, column in WORDS[YEARLY].items()}
    return _by_grade(graded, YEARLY) | {name: ((YEARLY,), values) for name, values in (figures | words).items()}


def _of_products(graded: Figures) -> Variables:
    figures = {
        "plant_output": np.asarray(graded.alone["output"]),
        "product_withdrawal": np.asarray(graded.alone["withdrawal"]),
        "withdrawal_per_output": np.asarray(graded.alone["intensity"]),
    }
    words = {name: _coded(graded.alone[column]) for name, column in WORDS[MADE].items()}
    return _by_grade(graded, MADE) | {name: ((MADE,), values) for name, values in (figures | words).items()}


def _places(records: Records, study: Study, asked: Asked, pool: pd.DataFrame | None) -> Variables:
    told = percentile(records, study, asked.peers)
    basis = np.array([asked.basis, REFERENCE, POOL, ""])[told["basis"].cat.codes.to_numpy()]
    figures = {name: told[name].to_numpy(np.float64, copy=True) for name in POOLED}
    count = told["peers"].to_numpy(np.float64, copy=True)
    if pool is not None and len(pool):
        keys = ["plant", "year", "product", "route"]
        at = pd.MultiIndex.from_frame(pool[keys]).get_indexer(pd.MultiIndex.from_frame(records.products[keys]))
        known = (at >= 0) & pool["place_low"].notna().to_numpy()[at]
        for name, values in figures.items():
            values[known] = pool[name].to_numpy(np.float64)[at[known]]
        basis[known], count[known] = POOL, np.nan
    return {name: ((MADE,), values) for name, values in (figures | {"peers": count, "place_basis": basis}).items()}
