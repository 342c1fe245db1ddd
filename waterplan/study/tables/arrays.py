"""Labelled arrays and frames of tables that are known to be sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from waterplan.base.vocabulary import of_kind
from waterplan.study.tables.draft import Draft
from waterplan.study.tables.quantities import inputs_of
from waterplan.study.tables.schema import DIMS as LABELLED
from waterplan.study.tables.schema import TABLES
from waterplan.study.tables.sheet import Sheet

DIMS = (*LABELLED, "pool")
NUMBERS = ("value", "low", "high")
PROVENANCE = ("basis", "source", "note")


def frame_of(sheet: Sheet) -> pd.DataFrame:
    """A catalogue or a record table, indexed by its key: flags as bool, years as whole numbers (NA: none)."""
    columns: dict[str, Any] = {}
    for name, kind in sheet.table.columns.items():
        cells = sheet.columns[name]
        if kind.startswith("flag"):
            columns[name] = cells == "1"
        elif name in sheet.numbers and not kind.startswith("number"):
            empty = np.isnan(sheet.numbers[name])
            whole = np.where(empty, 0, sheet.numbers[name]).astype(np.int64)
            columns[name] = pd.arrays.IntegerArray(whole, empty) if kind.endswith("?") else whole
        elif name in sheet.numbers:
            columns[name] = sheet.numbers[name]
        elif kind == "unit":
            columns[name] = sheet.columns["canonical_unit"]
        else:
            columns[name] = cells
    return pd.DataFrame(columns).set_index(sheet.table.keys[0])


def rows_of(sheets: dict[str, Sheet]) -> pd.DataFrame:
    """Every value row of a study, canonical and as written, with the file and line where it stands."""
    tables = [sheets[table.name] for table in TABLES.values() if table.form == "values"]
    columns: dict[str, list[Any]] = {name: [] for name in ("name", *DIMS, *NUMBERS, "unit", *PROVENANCE)}
    columns |= {"file": [], "row": [], "written": []}
    for sheet in tables:
        terms = inputs_of(sheet.table.name)
        words = sheet.columns.get("variable", np.full(len(sheet), "", dtype=object))
        columns["name"].append(np.array([terms[word].name for word in words], dtype=object))
        nothing = np.full(len(sheet), "", dtype=object)
        for name in (*DIMS, *PROVENANCE):
            columns[name].append(sheet.columns.get(name, nothing))
        for name in NUMBERS:
            columns[name].append(sheet.numbers[name])
        columns["unit"].append(sheet.columns["canonical_unit"])
        columns["file"].append(np.full(len(sheet), sheet.table.file, dtype=object))
        columns["row"].append(sheet.row)
        written = zip(sheet.columns["value"], sheet.columns["unit"], strict=True)
        columns["written"].append(np.array([f"{value} {unit}" for value, unit in written], dtype=object))
    return pd.DataFrame({name: np.concatenate(parts) for name, parts in columns.items()})


def coords_of(draft: Draft) -> dict[str, Any]:
    """Labels in file order; technologies carry level, exclusive_group, joint_product and pool ("" is none)."""
    potential = draft.sheets["supply_potential"].columns
    pools = dict(zip(potential["technology"], potential["pool"], strict=True))
    coords: dict[str, Any] = {
        dim: _variable((dim,), np.array(labels, dtype=np.str_)) for dim, labels in draft.labels.items()
    }
    carried = {
        "level": draft.level,
        "exclusive_group": np.array(draft.attribute("technologies", "exclusive_group")),
        "joint_product": np.array(draft.attribute("technologies", "joint_product")) == "1",
        "pool": np.array([pools.get(label, "") for label in draft.labels["technology"]]),
    }
    return coords | {name: _variable(("technology",), values) for name, values in carried.items()}


def _variable(dims: tuple[str, ...], numbers: np.ndarray, attrs: dict[str, str] | None = None) -> xr.Variable:
    """A labelled array; xarray would otherwise import dask, if it is installed, to see that this is none (0.5 s)."""
    return xr.Variable(dims, numbers, attrs, fastpath=True)


def datasets_of(
    labels: Mapping[str, Sequence[str]], rows: pd.DataFrame, coords: Mapping[str, Any], attrs: Mapping[str, Any]
) -> dict[str, xr.Dataset]:
    """Datasets of value, low and high: one variable for each input, NaN where there is no row.

    A study without barriers has no group: that input has no cell then.
    """
    groups = rows.groupby("name", sort=False).indices
    cells = {dim: pd.Index(labels[dim]).get_indexer(pd.Index(rows[dim])) for dim in LABELLED}
    variables: dict[str, dict[str, Any]] = {column: {} for column in NUMBERS}
    for term in of_kind("input"):
        at = groups.get(term.name, np.empty(0, np.int64))
        index = tuple(cells[dim][at] for dim in term.dims)
        for column in NUMBERS:
            numbers = np.full([len(labels[dim]) for dim in term.dims], np.nan)
            found = rows[column].to_numpy()[at]
            numbers[index] = found if term.dims else found[0]
            variables[column][term.name] = _variable(
                term.dims, numbers, {"units": term.unit, "long_name": term.label_en}
            )
    return {column: xr.Dataset(variables[column], coords, attrs) for column in NUMBERS}
