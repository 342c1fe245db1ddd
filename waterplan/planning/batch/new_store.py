"""A store as it is made: its arrays, still without values, and what distinguishes the runs."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import warnings
from collections.abc import Mapping
from glob import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.errors import ZarrUserWarning

from waterplan.base.vocabulary import term
from waterplan.base.whole_files import NAME_MAX, PART
from waterplan.planning.batch.digests import (
    FOLDER,
    MADE,
    digest_of,
    list_below,
    write_list,
)
from waterplan.planning.batch.encoding import CODEC, dtype_of
from waterplan.planning.batch.kept_figures import kept_names, labels_of, lever_coordinate, shapes_of
from waterplan.planning.batch.runs import Runs
from waterplan.planning.batch.store_files import ALL_METADATA, CONSOLIDATED, DONE
from waterplan.planning.batch.worker import REASON, STATE
from waterplan.planning.model.structure import build_structure
from waterplan.planning.plan.dataset import PACKAGES
from waterplan.planning.plan.result import GAP_MAX
from waterplan.planning.planner.question import COST_TOLERANCE, VOLUME_TOLERANCE

FORMAT = 1
RUNS_IN_A_CHUNK = (25, 250)  # least and most
CHUNKS_WANTED = 40
BYTES_IN_A_CHUNK = 64_000_000
ARRAY_DIMENSIONS = "_ARRAY_DIMENSIONS"


def design_digest(runs: Runs) -> str:
    """What a store is made for: the runs in their order, and what is kept of them."""
    keep = runs.design.keep
    return f"{runs.digest}:{','.join(kept_names(keep.variables, keep.deployment))}:{keep.dtype}:{keep.chunk}"


def make_store(path: Path, runs: Runs) -> None:
    """Makes a store beside its place and moves it there, so that it is whole or not there."""
    mine = f".{path.name[:NAME_MAX]}."
    for left in path.parent.glob(f"{escape(mine)}{'[0-9a-f]' * 16}{PART}"):  # by one that was killed; we hold the lock
        shutil.rmtree(left)
    part = path.with_name(f"{mine}{secrets.token_hex(8)}{PART}")
    part.mkdir()
    try:
        _fill(part, runs)
        os.replace(part, path)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        raise


def seal_metadata(store: Path) -> None:
    """Gathers the metadata of all groups of a store in one file, and keeps its digest."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Object at ", ZarrUserWarning)  # lock and digests are no arrays
        zarr.consolidate_metadata(store, zarr_format=2)
    if (store / FOLDER).is_dir():
        write_list(store, CONSOLIDATED, {ALL_METADATA: digest_of((store / ALL_METADATA).read_bytes())})


def _fill(part: Path, runs: Runs) -> None:
    """The content of a new store: its arrays, still without values, and what distinguishes the runs."""
    keep, study = runs.design.keep, runs.study
    labels = labels_of(study, build_structure(study))
    names = kept_names(keep.variables, keep.deployment)
    shapes = shapes_of(names, labels)
    length = chunk_length(runs, shapes)
    group = zarr.create_group(part, zarr_format=2, attributes=_store_attrs(runs, length))
    for name, dtype in (("state", STATE), ("reason", REASON), ("attainable", "<f8")):
        _results(group, name, {}, dtype, len(runs), length)
    for name, shape in shapes.items():
        _results(group, name, shape, str(dtype_of(name, "f8", keep.dtype)), len(runs), length)
    group.create_array(
        DONE, shape=(-(-len(runs) // length),), chunks=(1,), dtype="u1", compressors=None, fill_value=0,
        attributes={ARRAY_DIMENSIONS: ["chunk"]},
    )  # fmt: skip
    _inputs(group, runs)
    for dim, values in labels.items():
        if any(dim in shape for shape in shapes.values()):
            _array(group, dim, np.array(values), [dim])
    (part / FOLDER).mkdir()
    write_list(part, MADE, list_below(part, part))
    seal_metadata(part)


def chunk_length(runs: Runs, shapes: Mapping[str, Mapping[str, int]]) -> int:
    """Runs in a chunk: what the design says, or some dozens of chunks within bounds of runs and of memory."""
    if runs.design.keep.chunk:
        return min(runs.design.keep.chunk, len(runs))
    least, most = RUNS_IN_A_CHUNK
    wanted = int(np.clip(-(-len(runs) // CHUNKS_WANTED), least, most))
    size = 8 * sum(int(np.prod(list(shape.values()), dtype=float)) for shape in shapes.values())
    return max(1, min(wanted, BYTES_IN_A_CHUNK // size, len(runs)))


def _results(group: zarr.Group, name: str, shape: Mapping[str, int], dtype: str, count: int, length: int) -> None:
    item = term(name)
    words = name in ("state", "reason")  # without a fill value, which xarray would read as NaN
    group.create_array(
        name,
        shape=(count, *shape.values()),
        chunks=(length, *shape.values()),
        dtype=dtype,
        compressors=CODEC,
        fill_value=None if words else np.nan,
        attributes={ARRAY_DIMENSIONS: ["run", *shape], "units": item.unit, "long_name": item.label_en},
    )


def _array(group: zarr.Group, name: str, values: np.ndarray, dims: list[str], **attrs: str) -> None:
    plain = values.astype(str) if values.dtype.kind == "O" else values
    array = group.create_array(
        name, shape=plain.shape, dtype=plain.dtype, chunks=tuple(max(1, min(n, 100_000)) for n in plain.shape),
        compressors=CODEC, fill_value=None, attributes={ARRAY_DIMENSIONS: dims, **attrs},
    )  # fmt: skip
    if plain.size:
        array[...] = plain


def _inputs(group: zarr.Group, runs: Runs) -> None:
    """What distinguishes the runs: levers, base scenario, factors, digests."""
    for name, column in runs.levers.items():
        item = term(name.partition(".")[0])
        _array(group, lever_coordinate(name), column, ["run"], units=item.unit, long_name=item.label_en)
    if len(runs.design.scenarios) > 1:
        _array(group, "base", runs.base, ["run"], long_name="number of the scenario that a run starts from")
    if runs.groups:
        item = term("factor")
        _array(group, "factor", runs.factors, ["sample", "group"], units=item.unit, long_name=item.label_en)
        _array(group, "group", np.array(runs.groups), ["group"])
        _array(group, "sample_of_run", runs.sample, ["run"], long_name="row of factor that a run has")
    _array(group, "digest", runs.digests, ["run"], long_name="what a run asks of the study, sha256")
    _array(group, "first", runs.first, ["run"], long_name="the first run with the same digest, which was solved")


def _store_attrs(runs: Runs, length: int) -> dict[str, Any]:
    design = runs.design
    coordinates = [*map(lever_coordinate, runs.levers), "digest", "first"]
    coordinates += ["base"] if len(design.scenarios) > 1 else []
    coordinates += ["sample_of_run"] if runs.groups else []
    return {
        "waterplan_runs": FORMAT,
        "digests": "sha256",
        "title": design.title,
        "study": runs.study.name,
        "study_digest": runs.study.digest,
        "design": json.dumps(design.content(), ensure_ascii=False),
        "design_digest": design_digest(runs),
        "remarks": [str(remark) for remark in design.remarks()],
        "shape": runs.shape,
        "runs": len(runs),
        "chunk": length,
        "levers": list(runs.levers),
        "coordinates": " ".join(coordinates),
        "tolerances": {"cost": COST_TOLERANCE, "volume": VOLUME_TOLERANCE, "gap": GAP_MAX},
        "versions": {name: version(name) for name in ("waterplan", *PACKAGES, "zarr", "dask", "SALib")},
    }
