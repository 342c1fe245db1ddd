"""The runs of a store as one labelled Dataset: a grid with its levers as dimensions, a sample with ``run``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from waterplan.base.errors import PATHS, DataError, Problem, must_be
from waterplan.base.messages import Message
from waterplan.planning.batch.kept_figures import lever_coordinate
from waterplan.planning.batch.new_store import FORMAT
from waterplan.planning.batch.store import Store
from waterplan.planning.batch.store_files import ALL_METADATA, StoreFiles
from waterplan.study.tables.path_faults import not_a_folder

FLAT = "all_runs"
OWN = ("done", "first", "sample_of_run")


def open_runs(path: str | Path) -> xr.Dataset:
    """The runs of a store, read when they are used (Dask arrays by chunk).

    Variables are those kept of each plan, with ``state``, ``reason`` and ``attainable``; levers, digests and, of a
    sample, ``factor`` are coordinates. A grid has its levers as dimensions, a list and a sample have ``run``. A run
    with the digest of an earlier one has that one's values. Raises DataError when the path is no such store.

    What is not as it was written raises DataError when it is read; a run of a chunk that is lost is ``missing``. The
    attribute ``digests`` is ``none`` for a store made before there were any: its damage cannot be noticed.

    .. code-block:: python

        runs = open_runs("runs.zarr")
        runs["annual_cost"].where(runs["state"] == "optimal").quantile([0.05, 0.5, 0.95])
    """
    must_be(path, PATHS, "store", Message("design_errors.a_store"), DataError)
    with _in_words(Path(path)):
        return _shaped(open_flat(path))


def open_flat(path: str | Path) -> xr.Dataset:
    """The same with every run along ``run``, of a grid too."""
    must_be(path, PATHS, "store", Message("design_errors.a_store"), DataError)
    fault = not_a_folder(Path(path))
    if fault:
        raise _refusal(path, "", fault)
    with _in_words(Path(path)):
        raw = xr.open_zarr(StoreFiles(path), consolidated=True, zarr_format=2)
        if raw.attrs.get("waterplan_runs") != FORMAT:
            raise _refusal(path, "", Message("store_errors.unknown_form"))
        raw.attrs.setdefault("digests", "none")
        if raw.attrs["digests"] == "none" and not _is_first_of_its_digest(raw):
            raise _refusal(path, "first, digest", Message("store_errors.spoilt"))
        raw["state"] = xr.where(raw["state"] == "", "missing", raw["state"], keep_attrs=False).assign_attrs(
            raw["state"].attrs
        )
        return _joined(raw)


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """While a store is opened; a damaged file of a store without digests can fail anywhere in the reader."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:
        if isinstance(error, FileNotFoundError) and (path / ALL_METADATA).is_file():  # it lists no group: it is spoilt
            raise _refusal(path, ALL_METADATA, Message("store_errors.spoilt")) from None
        raise _refusal(path, "", Message("store_errors.unreadable_store", words=str(error))) from None


def _refusal(path: str | Path, name: str, message: Message) -> DataError:
    return DataError([Problem(str(path), 0, name, message)])


def _is_first_of_its_digest(raw: xr.Dataset) -> bool:
    """Whether each run has the values of the first that asks the same."""
    known: dict[str, int] = {}
    wanted = [known.setdefault(digest, number) for number, digest in enumerate(raw["digest"].values.tolist())]
    return "" not in known and raw["first"].values.tolist() == wanted


def run_content(path: str | Path) -> dict[str, Any]:
    """The design of a store as its file says it."""
    found: dict[str, Any] = json.loads(Store(Path(path)).attrs["design"])
    return found


def _joined(raw: xr.Dataset) -> xr.Dataset:
    """Every run with its own values: those of the first with its digest, and its own factors."""
    first = raw["first"].values
    runs = raw.drop_vars([name for name in OWN if name in raw and name != "sample_of_run"])
    if (first != np.arange(len(first))).any():
        own = [name for name in runs.variables if name in _inputs(raw)]
        inputs = runs[own]
        runs = runs.drop_vars(own).isel(run=first).assign_coords(inputs.variables)
    if "factor" in runs:
        where = runs["sample_of_run"].values
        factor = runs["factor"]
        whole = len(factor["sample"]) if "sample" in factor.coords else factor.sizes["sample"]
        if whole == runs.sizes["run"] and (where == np.arange(whole)).all():
            runs = runs.drop_vars("factor").assign_coords(factor=factor.rename(sample="run"))
        runs = runs.drop_vars("sample_of_run").set_coords("factor")
    known = [name for name in _inputs(raw) if name in runs.variables]
    return runs.assign_coords({name: (runs[name].dims, runs[name].values, runs[name].attrs) for name in known})


def _inputs(raw: xr.Dataset) -> list[str]:
    names = [*map(lever_coordinate, raw.attrs["levers"]), "digest", "base"]
    return [name for name in names if name in raw.variables]


def _shaped(runs: xr.Dataset) -> xr.Dataset:
    """A grid has its levers as dimensions; each is then a coordinate of its own."""
    shape: dict[str, int] = dict(runs.attrs["shape"])
    if list(shape) == ["run"]:
        return runs
    names = {lever_coordinate(name): length for name, length in shape.items()}
    runs = runs.rename_dims(run=FLAT)
    along = {name: runs[name].values.reshape(tuple(shape.values())) for name in names if name in runs.variables}
    variables = {
        name: variable.unstack({FLAT: names}) if FLAT in variable.dims else variable
        for name, variable in runs.variables.items()
        if name not in along
    }
    order = list(names)
    variables = {name: v.transpose(*order, ...) if set(order) <= set(v.dims) else v for name, v in variables.items()}
    for axis, name in enumerate(names):
        if name in along:
            values = np.moveaxis(along[name], axis, 0).reshape(names[name], -1)[:, 0]
            variables[name] = xr.Variable((name,), values, runs[name].attrs)
    if "factor" in variables and "sample" in variables["factor"].dims:
        variables["factor"] = xr.Variable(("run", "group"), variables["factor"].data, variables["factor"].attrs)
    coordinates = [name for name in runs.coords if name in variables]
    return xr.Dataset(variables, attrs=runs.attrs).set_coords([*coordinates, *[n for n in names if n in variables]])
