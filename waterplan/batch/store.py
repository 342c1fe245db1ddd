"""The store of a batch: a Zarr group whose chunks are fixed when it is made, and written whole, one after the other.

Chunks are encoded by who planned them and come as bytes. A chunk counts as done when its byte in ``done`` is there, and
that is written after all its arrays, each under another name first; so a process killed at any moment leaves chunks
that are done and chunks that are not. One process writes a store at a time.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from waterplan.batch.encoding import CODEC, dtype_of
from waterplan.batch.figures import kept_names, labels_of, shapes_of
from waterplan.batch.reading import refuse
from waterplan.batch.runs import Runs
from waterplan.batch.solving import REASON, STATE
from waterplan.errors import Problem, WaterplanError
from waterplan.model.structure import build_structure
from waterplan.plan.dataset import PACKAGES
from waterplan.plan.result import GAP_MAX
from waterplan.planner.planning import COST_TOLERANCE, VOLUME_TOLERANCE
from waterplan.study import Study
from waterplan.vocabulary import term

try:
    import fcntl
except ImportError:  # not on Windows: nobody else is kept out there
    fcntl = None  # type: ignore[assignment]

FORMAT = 1
DONE, LOCK = "done", ".lock"
STATE_NAME = "state"  # written last, so that a run with a state has all its figures
RUNS_IN_A_CHUNK = (25, 250)  # least and most
CHUNKS_WANTED = 40
BYTES_IN_A_CHUNK = 64_000_000
ARRAY_DIMENSIONS = "_ARRAY_DIMENSIONS"


class StoreError(WaterplanError):
    """A store cannot be written or read; what is done in it is kept."""


class Store:
    """A store on disk. ``length`` runs make a chunk; shapes: dimensions of each array without ``run``."""

    def __init__(self, path: Path):
        self.path = path
        self.group = zarr.open_group(path, mode="r", zarr_format=2)
        self.attrs: dict[str, Any] = dict(self.group.attrs)
        self.length, self.count = int(self.attrs["chunk"]), int(self.attrs["runs"])

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.count // self.length)

    def done(self) -> set[int]:
        """Numbers of the chunks that are done."""
        files = (self.path / DONE).glob("[0-9]*")
        return {int(file.name) for file in files if file.name.isdecimal() and file.stat().st_size == 1}

    def runs_done(self) -> int:
        """How many runs are in chunks that are done."""
        done = self.done()
        return len(done) * self.length - (self.chunks * self.length - self.count) * (self.chunks - 1 in done)

    def write(self, number: int, encoded: Mapping[str, bytes]) -> None:
        """Writes a chunk and then that it is done. Raises StoreError where that fails, such as on a full disk."""
        try:
            for name, content in sorted(encoded.items(), key=lambda item: item[0] == STATE_NAME):
                dims = self.group[name].ndim  # type: ignore[union-attr]
                _write(self.path / name / ".".join([str(number), *["0"] * (dims - 1)]), content)
            _write(self.path / DONE / str(number), b"\x01")
        except OSError as error:
            raise StoreError(
                f"{self.path}: cannot be written: {error.strerror}. {self.runs_done()} of {self.count} runs are kept; "
                "run the same command again when it can be, and it goes on."
            ) from error

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While nobody else writes. Raises StoreError when another process does."""
        with (self.path / LOCK).open("w") as file:
            if fcntl is not None:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    message = f"{self.path}: another process is writing this store. Wait for it, or stop it."
                    raise StoreError(message) from None
            yield


def _write(file: Path, content: bytes) -> None:
    part = file.with_name(f"{file.name}.part")
    try:
        part.write_bytes(content)
        os.replace(part, file)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def open_store(path: Path, runs: Runs) -> Store:
    """The store of some runs, made if it is not there. Raises ScenarioError when it is another one's."""
    faults = store_faults(path, runs.study, runs)
    if faults:
        raise refuse(faults)
    if not path.exists():
        try:
            _make(path, runs)
        except OSError as error:
            raise StoreError(f"{path}: cannot be written: {error.strerror}.") from error
    return Store(path)


def store_faults(path: Path, study: Study, runs: Runs | None = None) -> list[Problem]:
    """Why the runs cannot be stored at a path; empty when they can."""

    def fault(message: str) -> list[Problem]:
        return [Problem(str(path), 0, "", message)]

    if not path.exists():
        if not path.parent.is_dir():
            return fault(f"there is no folder {path.parent}; make it first.")
        if not os.access(path.parent, os.W_OK):
            return fault(f"the folder {path.parent} is not writable. Choose another.")
        return []
    if not path.is_dir():
        return fault("a file stands there. Give the name of a store; it is a folder, such as runs.zarr.")
    attrs = _attrs(path)
    if attrs is None:
        return fault("this folder is not a store of runs. Give another name, or an empty place.")
    if attrs.get("waterplan_runs") != FORMAT:
        return fault("this store was written by another version of waterplan. Choose another name.")
    if not os.access(path, os.W_OK):
        return fault("the store is not writable.")
    if attrs["study_digest"] != study.digest:
        return fault(f'this is a store of another study ("{attrs["study"]}", digest {attrs["study_digest"][:12]}).')
    if runs is not None and attrs["design_digest"] != design_digest(runs):
        return fault("this is a store of another design. Choose another name, or use the design that it was made for.")
    return []


def _attrs(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((path / ".zattrs").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and "waterplan_runs" in found else None


def design_digest(runs: Runs) -> str:
    """What a store is made for: the runs in their order, and what is kept of them."""
    keep = runs.design.keep
    return f"{runs.digest}:{','.join(kept_names(keep.variables, keep.deployment))}:{keep.dtype}:{keep.chunk}"


def _make(path: Path, runs: Runs) -> None:
    """Makes a store beside its place and moves it there, so that it is whole or not there."""
    part = path.with_name(f"{path.name}.part")
    if part.exists():
        shutil.rmtree(part)
    part.mkdir()
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
    done = group.create_array(
        DONE, shape=(-(-len(runs) // length),), chunks=(1,), dtype="u1", compressors=None, fill_value=0,
        attributes={ARRAY_DIMENSIONS: ["chunk"]},
    )  # fmt: skip
    assert done.ndim == 1
    _inputs(group, runs)
    for dim, values in labels.items():
        if any(dim in shape for shape in shapes.values()):
            _array(group, dim, np.array(values), [dim])
    zarr.consolidate_metadata(part, zarr_format=2)
    os.replace(part, path)


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


def lever_coordinate(name: str) -> str:
    """The name of a lever as a coordinate: itself, but for the lever that is a dimension of costs at the same time.

    >>> lever_coordinate("perspective"), lever_coordinate("carbon_price")
    ('perspective_minimised', 'carbon_price')
    """
    return "perspective_minimised" if name == "perspective" else name


def _store_attrs(runs: Runs, length: int) -> dict[str, Any]:
    design = runs.design
    coordinates = [*map(lever_coordinate, runs.levers), "digest", "first"]
    coordinates += ["base"] if len(design.scenarios) > 1 else []
    coordinates += ["sample_of_run"] if runs.groups else []
    return {
        "waterplan_runs": FORMAT,
        "title": design.title,
        "study": runs.study.name,
        "study_digest": runs.study.digest,
        "design": json.dumps(design.content(), ensure_ascii=False),
        "design_digest": design_digest(runs),
        "remarks": design.remarks(),
        "shape": runs.shape,
        "runs": len(runs),
        "chunk": length,
        "levers": list(runs.levers),
        "coordinates": " ".join(coordinates),
        "tolerances": {"cost": COST_TOLERANCE, "volume": VOLUME_TOLERANCE, "gap": GAP_MAX},
        "versions": {name: version(name) for name in ("waterplan", *PACKAGES, "zarr", "dask", "SALib")},
    }
