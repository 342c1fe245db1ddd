"""The plan beside norm grades in force. Nothing here binds: a norm is for a plant, the plan's intensity a mean."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from waterplan.base.texts import Texts
from waterplan.base.vocabulary import term
from waterplan.study.study import Study
from waterplan.study.tables.translations import cell_in

GRADES = ("leading", "advanced", "access", "limit", "cp1", "cp2", "cp3")
RANKS = ("national", "provincial", "study")  # the published figure of one enterprise is no grade
NORM_KEYS = ["product", "rank", "variant", "grade"]
INTENSITY = "intensity"
TOLERANCE = 1e-9


def norms_in_force(study: Study, year: int) -> pd.DataFrame:
    """The norm grades that hold in a year, with ``estimate`` where a grade is the study's own and no norm.

    Of national norms the newest edition for each product, grade and variant; of provincial norms the newest of each
    norm's name. Published figures of single enterprises are no norm and left out. Columns product, rank, variant,
    grade, value, unit, norm, edition, basis, source, note, checked, estimate, and the Chinese norm_zh and variant_zh.
    """
    rows = study.norms.reset_index().rename(columns={"year": "edition"})
    ended = rows["in_force_to"].fillna(np.iinfo(np.int64).max).astype(np.int64)
    in_force = (rows["in_force_from"] <= year) & (ended >= year)
    held = rows[rows["rank"].isin(RANKS) & in_force].sort_values("edition", kind="stable")
    named = held["norm"].where(held["rank"] == "provincial", "")
    newest = held[~held.assign(named=named).duplicated([*NORM_KEYS, "named"], keep="last")]
    order = {name: place for place, name in enumerate((*study.products.index, *RANKS, *GRADES))}
    newest = newest.assign(estimate=newest["rank"] == "study")
    newest = newest.sort_values(
        NORM_KEYS, kind="stable", key=lambda column: column if column.name == "variant" else column.map(order)
    )
    columns = [*NORM_KEYS, "value", "unit", "norm", "edition", "basis", "source", "note", "checked"]
    columns += ["estimate", "norm_zh", "variant_zh"]
    return newest[columns].reset_index(drop=True)


def intensity_beside_norms(dataset: xr.Dataset, study: Study) -> pd.DataFrame:
    """Intensity of each product in the base year and in the plan, beside each grade in force in the target year.

    A row for each product and grade, with one row where a product has none; intensities are national means
    [``unit``: m3 per unit of output]. ``planned_meets`` and ``base_meets`` say whether the mean is at most the grade
    (missing where there is no grade, or its unit is another). The variant is shown, never chosen: that is for a plant.
    """
    products = pd.DataFrame(
        {
            "sector": study.products["sector"],
            "intensity_unit": [term(INTENSITY).unit_of(unit) for unit in study.products["output_unit"]],
            "base_intensity": dataset["base_intensity"].to_series(),
            "planned_intensity": dataset["planned_intensity"].to_series(),
        },
        index=study.products.index,
    ).reset_index(names="product")
    beside = products.merge(norms_in_force(study, study.target_year), on="product", how="left")
    same = beside["unit"] == beside["intensity_unit"]
    for name in ("base", "planned"):
        meets = beside[f"{name}_intensity"] <= beside["value"] * (1 + TOLERANCE)
        known = same & beside[f"{name}_intensity"].notna()
        beside[f"{name}_meets"] = meets.astype("boolean").where(known)
    return beside.rename(columns={"value": "grade_value", "unit": "grade_unit"})


def basis_of_study(study: Study, language: str = "en") -> str:
    """On which basis the plan's withdrawals stand: the sources of the sectors' withdrawal."""
    keys = study.rows.loc[study.rows["name"] == "sector_withdrawal", "source"].unique()
    titles = [cell_in(study.source(key), "title", language) for key in keys]
    return Texts("norms", language)("basis", sources="; ".join(titles))
