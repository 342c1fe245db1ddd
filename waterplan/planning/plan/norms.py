"""The plan beside what others say: norm grades in force, and what was observed.

Nothing here binds a plan. A norm is for a plant, the plan's intensity a national mean; observed outcomes often stand on
another basis than the study, and then only changes are set side by side, each within its own basis.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr

from waterplan.base.messages import Texts
from waterplan.base.vocabulary import term
from waterplan.study.study import Study

GRADES = ("leading", "advanced", "access", "limit", "cp1", "cp2", "cp3")
RANKS = ("national", "provincial", "study")
NORM_KEYS = ["product", "rank", "variant", "grade"]
CUT = "cut_per_industrial_value_added"
INDUSTRY, USE, INTENSITY, SAVING = "industry", "industrial_use", "intensity", "annual_saving"
LEVEL, CHANGE, NONE = "level", "change", "none"  # how an outcome can be set beside the plan
OUTCOME_COLUMNS = [
    "outcome", "variable", "where", "base_year", "year", "observed", "observed_unit", "observed_basis",
    "planned", "planned_unit", "planned_quantity", "planned_basis", "comparison", "remark",
]  # fmt: skip
TOLERANCE = 1e-9


def norms_in_force(study: Study, year: int) -> pd.DataFrame:
    """The norm grades that hold in a year, with ``estimate`` where a grade is the study's own and no norm.

    Of national norms the newest edition for each product, grade and variant; of provincial norms the newest of each
    norm's name. Columns product, rank, variant, grade, value, unit, norm, edition, basis, source, note, estimate.
    """
    rows = study.norms.reset_index().rename(columns={"year": "edition"})
    ended = rows["in_force_to"].fillna(np.iinfo(np.int64).max).astype(np.int64)
    held = rows[(rows["in_force_from"] <= year) & (ended >= year)].sort_values("edition", kind="stable")
    named = held["norm"].where(held["rank"] == "provincial", "")
    newest = held[~held.assign(named=named).duplicated([*NORM_KEYS, "named"], keep="last")]
    order = {name: place for place, name in enumerate((*study.products.index, *RANKS, *GRADES))}
    newest = newest.assign(estimate=newest["rank"] == "study")
    newest = newest.sort_values(
        NORM_KEYS, kind="stable", key=lambda column: column if column.name == "variant" else column.map(order)
    )
    columns = [*NORM_KEYS, "value", "unit", "norm", "edition", "basis", "source", "note", "estimate"]
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


def outcomes_beside_plan(dataset: xr.Dataset, study: Study, language: str = "en") -> pd.DataFrame:
    """Observed outcomes of targets.csv beside the plan, where they can be compared, and why not where they cannot.

    ``comparison`` is ``level`` (the same quantity), ``change`` (a change in percent beside a change, each on its own
    basis) or ``none``; ``observed_basis`` and ``planned_basis`` name the bases. A level on one basis is never divided
    by one on another.
    """
    say = Texts("norms", language)
    outcomes = study.targets[study.targets["kind"] == "outcome"]
    rows = [_beside(str(name), row, dataset, study, say) for name, row in outcomes.iterrows()]
    rows += _use_changes(outcomes, dataset, study, say)
    return pd.DataFrame(rows, columns=OUTCOME_COLUMNS)


def basis_of_study(study: Study, language: str = "en") -> str:
    """On which basis the plan's withdrawals stand: the sources of the sectors' withdrawal."""
    keys = study.rows.loc[study.rows["name"] == "sector_withdrawal", "source"].unique()
    return Texts("norms", language)("basis", sources="; ".join(study.sources.loc[keys, "title"]))


def _beside(name: str, row: pd.Series, dataset: xr.Dataset, study: Study, say: Texts) -> dict[str, object]:
    shown = _observed(name, row, study)
    if row["variable"] == CUT:
        found, remark = _planned_cut(row, dataset, study, say)
        quantity, comparison, unit = say("cut"), CHANGE, "1"
    elif row["variable"] == INTENSITY:
        found, unit, remark = _planned_intensity(row, dataset, study, say)
        quantity, comparison = term("planned_intensity").label(say.language), LEVEL
    elif row["variable"] == USE:
        return shown | {"comparison": NONE, "remark": say("other_basis")}
    else:
        return shown | {"comparison": NONE, "remark": say("no_quantity")}
    if found is None:
        return shown | {"comparison": NONE, "remark": remark}
    return shown | {
        "planned": found, "planned_unit": unit, "planned_quantity": quantity,
        "planned_basis": basis_of_study(study, say.language), "comparison": comparison, "remark": remark,
    }  # fmt: skip


def _observed(name: str, row: pd.Series, study: Study) -> dict[str, object]:
    source = study.sources.loc[row["source"]]
    return {
        "outcome": name, "variable": row["variable"], "where": row["where"],
        "base_year": row["base_year"], "year": row["year"], "observed": row["value"], "observed_unit": row["unit"],
        "observed_basis": ", ".join(text for text in (source["title"], source["publisher"]) if text),
        "planned": np.nan, "planned_unit": "", "planned_quantity": "", "planned_basis": "",
    }  # fmt: skip


def _planned_cut(row: pd.Series, dataset: xr.Dataset, study: Study, say: Texts) -> tuple[float | None, str]:
    """What the plan takes off the withdrawal of the reference in the outcome's year, as a share [1]."""
    year, province = int(row["year"]), row["province"]
    if pd.isna(row["base_year"]) or int(row["base_year"]) != study.base_year:
        return None, say("other_base_year", year=study.base_year)
    if not study.base_year < year <= study.target_year:
        return None, say("other_year", year=study.target_year)
    if row["sector"] or (not province and row["where"] != INDUSTRY):
        return None, say("no_quantity")
    if province and year != study.target_year:
        return None, say("other_year", year=study.target_year)
    if province:
        place = dataset.sel(province=province)
        reference, planned = float(place["reference_withdrawal"].sum()), float(place["planned_withdrawal"].sum())
    else:
        reference, planned = (float(dataset[name].sel(year=year)) for name in ("reference_path", "planned_path"))
    if not reference > 0:
        return None, say("no_quantity")
    return 1 - planned / reference, say("cut_remark")


def _planned_intensity(row: pd.Series, dataset: xr.Dataset, study: Study, say: Texts) -> tuple[float | None, str, str]:
    """The plan's intensity of a product, or of a sector whose products are all counted in one unit."""
    if int(row["year"]) != study.target_year:
        return None, "", say("other_year", year=study.target_year)
    if row["where"] in study.products.index:
        members = [row["where"]]
    else:
        members = list(study.products.index[study.products["sector"] == row["sector"]]) if row["sector"] else []
    units = {term(INTENSITY).unit_of(study.products.loc[name, "output_unit"]) for name in members}
    if row["province"] or units != {row["unit"]}:
        return None, "", say("other_unit")
    taken = dataset["planned_withdrawal"].sum("province").sel(product=members)
    intensity = dataset["planned_intensity"].sel(product=members)
    made = float((taken / intensity).sum())
    if not made > 0:
        return None, "", say("no_quantity")
    return float(taken.sum()) / made, str(row["unit"]), say("intensity_remark")


def _use_changes(outcomes: pd.DataFrame, dataset: xr.Dataset, study: Study, say: Texts) -> Iterator[dict[str, object]]:
    """Change of industrial use from base to target year, where both were observed, beside the plan's change."""
    uses = outcomes[outcomes["variable"] == USE]
    for where, rows in uses.groupby("where", sort=False):
        at = {int(row["year"]): row for _, row in rows.iterrows()}
        if not {study.base_year, study.target_year} <= set(at) or not at[study.base_year]["value"] > 0:
            continue
        first, last = at[study.base_year], at[study.target_year]
        place = dataset.sel(province=last["province"]) if last["province"] else dataset
        base, planned = (float(place[name].sum()) for name in ("base_withdrawal", "planned_withdrawal"))
        if not base > 0:
            continue
        yield _observed(f"{where}_{USE}_change", last, study) | {
            "base_year": study.base_year, "observed": last["value"] / first["value"] - 1, "observed_unit": "1",
            "planned": planned / base - 1, "planned_unit": "1", "planned_quantity": say("change"),
            "planned_basis": basis_of_study(study, say.language), "comparison": CHANGE, "remark": say("change_remark"),
        }  # fmt: skip
