"""A store as one NetCDF file, as a Parquet table with a row for each run, and one of its runs as scenario files."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import dask
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import xarray as xr

from waterplan.base.errors import PATHS, DataError, Problem, WaterplanError, must_be
from waterplan.base.messages import Message
from waterplan.base.whole_files import whole
from waterplan.planning.batch.design import Design
from waterplan.planning.batch.runs import Runs
from waterplan.planning.batch.runs_dataset import open_flat, open_runs, run_content
from waterplan.study.study import Study, open_study

ROWS_AT_ONCE = 5000
COLUMNS_MAX = 50_000


def save_runs(store: str | Path, path: str | Path) -> None:
    """Saves the runs of a store: as NetCDF (.nc) whole, or as Parquet (.parquet) with a row for each run.

    In Parquet, figures by label have a column each, such as ``saving_by_sector.paper``. Raises OutputError where
    that cannot be written, DataError for another kind of file.
    """
    must_be(path, PATHS, "path", Message("design_errors.a_file"), DataError)
    target = Path(path)
    if target.suffix not in (".nc", ".parquet"):
        raise _refuse(target, Message("store_errors.suffix"))
    with whole(target) as part:
        _netcdf(store, part) if target.suffix == ".nc" else _parquet(store, part, target)


def _refuse(path: Path, message: Message) -> DataError:
    return DataError([Problem(str(path), 0, "", message)])


def _netcdf(store: str | Path, part: Path) -> None:
    runs = open_runs(store)
    plain = {k: v if isinstance(v, str | int | float) else json.dumps(v) for k, v in runs.attrs.items()}
    runs.attrs = plain
    for variable in runs.variables.values():
        variable.encoding = {}
    try:
        with dask.config.set(scheduler="synchronous"):
            runs.to_netcdf(part, engine="h5netcdf")
    except (OSError, RuntimeError) as error:
        raise _of_system(error) from error


def _of_system(error: Exception) -> Exception:
    """What the system complained of, where HDF5 tells it in a text of its own; else the same error."""
    number = re.search(r"errno = (\d+)", str(error))
    return OSError(int(number[1]), os.strerror(int(number[1]))) if number else error


def _parquet(store: str | Path, part: Path, target: Path) -> None:
    runs = open_flat(store)
    names = [name for name, variable in runs.variables.items() if variable.dims[:1] == ("run",)]
    if sum(int(np.prod(runs[name].shape[1:])) for name in names) > COLUMNS_MAX:
        raise _refuse(target, Message("store_errors.too_many_columns", most=f"{COLUMNS_MAX:,}"))
    writer = None
    count = runs.sizes["run"]
    try:
        for first in range(0, count, ROWS_AT_ONCE):
            rows = runs.isel(run=slice(first, first + ROWS_AT_ONCE))
            with dask.config.set(scheduler="synchronous"):
                frame = pd.concat([_columns(rows, str(name)) for name in names], axis=1)
            frame.insert(0, "run", np.arange(first, first + len(frame)))
            table = pa.Table.from_pandas(frame, preserve_index=False)
            writer = writer or pq.ParquetWriter(part, table.schema)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def _columns(rows: xr.Dataset, name: str) -> pd.DataFrame:
    """One variable as columns, one a label."""
    array = rows[name]
    values = np.asarray(array.values).reshape(len(array), -1)
    labels = (
        pd.MultiIndex.from_product([array[dim].values.astype(str) for dim in array.dims[1:]])
        if array.ndim > 1
        else [()]
    )
    heads = [".".join([name, *label]) if isinstance(label, tuple) else f"{name}.{label}" for label in labels]
    return pd.DataFrame(dict(zip(heads, values.T, strict=True)))


def write_run(store: str | Path, run: int, folder: str | Path, study: Study | str | Path = "china-2015") -> Path:
    """Writes a run of a store as a scenario that ``waterplan plan`` takes, with what is drawn of the study beside it.

    run: its number, from 0. Raises WaterplanError if there is no such run, or if study or design no longer make it.
    """
    must_be(run, (int, np.integer), "run", Message("design_errors.a_run"))
    study = study if isinstance(study, Study) else open_study(study)
    kept = open_flat(store)
    count = kept.sizes["run"]
    if not 0 <= run < count:
        raise WaterplanError(Message("store_errors.no_run", store=store, run=run, last=count - 1))
    runs = Runs.of(Design.from_content(run_content(store)), study)
    if str(runs.digests[run]) != str(kept["digest"].values[run]):
        raise WaterplanError(Message("store_errors.another_question", store=store, run=run))
    return runs.write(run, folder)
