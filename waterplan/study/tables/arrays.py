"""Labelled arrays and frames of what a bundle says: made when somebody asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from waterplan.base.late import late_module
from waterplan.base.vocabulary import of_kind
from waterplan.study.tables.bundle import Bundle, Whole

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
else:
    pd, xr = late_module("pandas"), late_module("xarray")


def frame_of(bundle: Bundle, table: str) -> pd.DataFrame:
    """A catalogue or a record table, indexed by its key; whole numbers that are missing are NA."""
    columns = _columns(bundle, table)
    return pd.DataFrame(columns).set_index(next(iter(columns)))


def rows_of(bundle: Bundle, table: str) -> pd.DataFrame:
    """A table, its rows numbered."""
    return pd.DataFrame(_columns(bundle, table))


def _columns(bundle: Bundle, table: str) -> dict[str, Any]:
    columns = {name: bundle.column(table, name) for name in bundle.names(table)}
    return {name: _known(column) for name, column in columns.items()}


def _known(column: Any) -> Any:
    if isinstance(column, Whole):
        return pd.arrays.IntegerArray(column.values.copy(), column.missing.copy())
    return column if column.flags.writeable else column.copy()


def coords_of(bundle: Bundle) -> dict[str, Any]:
    """Labels in file order; technologies carry level, exclusive_group, joint_product and pool ("" is none)."""
    carried = {
        **{name: np.array(bundle.column("technologies", name).tolist()) for name in ("level", "exclusive_group")},
        "joint_product": bundle.column("technologies", "joint_product").copy(),
        "pool": np.array(bundle.pools),
    }
    coords: dict[str, Any] = {
        dim: _variable((dim,), np.array(labels, dtype=np.str_)) for dim, labels in bundle.labels.items()
    }
    return coords | {name: _variable(("technology",), values) for name, values in carried.items()}


def _variable(dims: tuple[str, ...], numbers: np.ndarray, attrs: dict[str, str] | None = None) -> xr.Variable:
    """A labelled array; xarray would otherwise import dask, if it is installed, to see that this is none (0.5 s)."""
    return xr.Variable(dims, numbers, attrs, fastpath=True)


def dataset_of(numbers: Mapping[str, np.ndarray], coords: Mapping[str, Any], attrs: Mapping[str, Any]) -> xr.Dataset:
    """A Dataset with one variable for each input."""
    variables = {
        term.name: _variable(term.dims, numbers[term.name], {"units": term.unit, "long_name": term.label_en})
        for term in of_kind("input")
    }
    return xr.Dataset(variables, coords, attrs)
