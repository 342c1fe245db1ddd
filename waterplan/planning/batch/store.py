"""The store of a batch: a Zarr group whose chunks are fixed when it is made, and written whole, one after the other.

Chunks are encoded by who planned them and come as bytes. A chunk counts as done when its byte in ``done`` is there, and
that is written after all its arrays and the list of their digests, each under another name first; so a process killed
at any moment leaves chunks that are done and chunks that are not, and a file that changed later is found out. One
process writes a store at a time.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from glob import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.errors import ZarrUserWarning

from waterplan.base.errors import DataError, Problem
from waterplan.base.messages import usual_language
from waterplan.base.plain_files import is_plain
from waterplan.base.texts import Texts
from waterplan.base.vocabulary import term
from waterplan.base.whole_files import NAME_MAX, PART, reason
from waterplan.planning.batch.design_file import refuse
from waterplan.planning.batch.digests import (
    FOLDER,
    MADE,
    DamageError,
    digest_of,
    links_in,
    list_below,
    read_list,
    write_list,
)
from waterplan.planning.batch.encoding import CODEC, dtype_of
from waterplan.planning.batch.kept_figures import kept_names, labels_of, lever_coordinate, shapes_of
from waterplan.planning.batch.lock import StoreError, made_alone, written_alone
from waterplan.planning.batch.placement import place
from waterplan.planning.batch.runs import Runs
from waterplan.planning.batch.store_files import ALL_METADATA, ATTRS, CONSOLIDATED, DONE, StoreFiles
from waterplan.planning.batch.worker import REASON, STATE
from waterplan.planning.model.structure import build_structure
from waterplan.planning.plan.dataset import PACKAGES
from waterplan.planning.plan.result import GAP_MAX
from waterplan.planning.planner.question import COST_TOLERANCE, VOLUME_TOLERANCE
from waterplan.study.study import Study
from waterplan.study.tables.path_faults import out_of_reach

FORMAT = 1
STATE_NAME = "state"  # written last, so that a run with a state has all its figures
RUNS_IN_A_CHUNK = (25, 250)  # least and most
CHUNKS_WANTED = 40
BYTES_IN_A_CHUNK = 64_000_000
ARRAY_DIMENSIONS = "_ARRAY_DIMENSIONS"


class Store:
    """A store on disk. ``length`` runs make a chunk; renewed: chunks that were done, and not as they were written."""

    def __init__(self, path: Path):
        self.path = path
        self.renewed: set[int] = set()
        self.files = StoreFiles(path)
        self.group = zarr.open_group(self.files, mode="r", zarr_format=2)
        self.attrs: dict[str, Any] = dict(self.group.attrs)
        self.length, self.count = self._number("chunk"), self._number("runs")

    def _number(self, name: str) -> int:
        found = self.attrs.get(name)
        if not isinstance(found, int) or found < 1:
            raise DataError([Problem(str(self.path), 0, ATTRS, Texts("batch", usual_language())("file_spoilt"))])
        return found

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.count // self.length)

    def done(self) -> set[int]:
        """Numbers of the chunks that are done."""
        files = [file for file in (self.path / DONE).glob("[0-9]*") if file.name.isdecimal() and is_plain(file)]
        return {int(file.name) for file in files if file.stat().st_size == 1}

    def sound(self) -> set[int]:
        """Numbers of the chunks that are done and as they were written; the others are no longer done."""
        done = self.done()
        self.renewed = {number for number in done if self._is_damaged(number)}
        for number in self.renewed:
            (self.path / DONE / str(number)).unlink(missing_ok=True)
            with suppress(IsADirectoryError, PermissionError):  # a folder there is told of when it is written
                (self.path / FOLDER / str(number)).unlink(missing_ok=True)
        return done - self.renewed

    def _is_damaged(self, number: int) -> bool:
        if not self.files.has_digests:
            return not self.files.is_sound(number)
        try:
            digests = read_list(self.path, str(number))
        except DamageError:
            return True
        return digests is None or self.files.first_damage(digests) is not None

    def runs_done(self) -> int:
        """How many runs are in chunks that are done."""
        return self.runs_in(self.done())

    def runs_in(self, chunks: set[int]) -> int:
        """How many runs are in some chunks; the last one may be short."""
        return len(chunks) * self.length - (self.chunks * self.length - self.count) * (self.chunks - 1 in chunks)

    def write(self, number: int, encoded: Mapping[str, bytes]) -> None:
        """Writes a chunk and then that it is done. Raises StoreError where that fails, such as on a full disk."""
        try:
            digests = {}
            for name, content in sorted(encoded.items(), key=lambda item: item[0] == STATE_NAME):
                dims = self.group[name].ndim  # type: ignore[union-attr]
                file = f"{name}/{'.'.join([str(number), *['0'] * (dims - 1)])}"
                place(self.path, file, content)
                digests[file] = digest_of(content)
            if self.files.has_digests:
                write_list(self.path, str(number), digests)
            place(self.path, f"{DONE}/{number}", b"\x01")
        except OSError as error:
            raise StoreError(
                f"{self.path}: {reason(error)} {self.runs_done()} of {self.count} runs are kept; "
                "run the same command again when it can be, and it goes on."
            ) from error

    def alone(self) -> AbstractContextManager[None]:
        """While nobody else writes. Raises StoreError when another process does."""
        return written_alone(self.path)


@contextmanager
def claimed(path: Path, runs: Runs) -> Iterator[Store]:
    """The store of some runs, made if it is not there, while nobody else makes or writes it.

    Raises StoreError when another process does, ScenarioError when it is the store of something else.
    """
    with ExitStack() as held:
        if path.exists():
            held.enter_context(written_alone(path))
            yield open_store(path, runs)
            return
        with made_alone(path):
            store = open_store(path, runs)
            held.enter_context(store.alone())
        yield store


def open_store(path: Path, runs: Runs) -> Store:
    """The store of some runs, made if it is not there. Raises ScenarioError when it is another one's."""
    if faults := store_faults(path, runs.study, runs):
        raise refuse(faults)
    if not path.exists():
        try:
            make_store(path, runs)
        except OSError as error:
            raise StoreError(f"{path}: {reason(error)}") from error
    return Store(path)


def store_faults(path: Path, study: Study, runs: Runs | None = None) -> list[Problem]:
    """Why the runs cannot be stored at a path; empty when they can."""

    def fault(message: str) -> list[Problem]:
        return [Problem(str(path), 0, "", message)]

    if why := out_of_reach(path):
        return fault(f"{why} Give another name.")
    if not path.exists():
        if not path.parent.is_dir():
            return fault(f"there is no folder {path.parent}; make it first.")
        if not os.access(path.parent, os.W_OK):
            return fault(f"the folder {path.parent} is not writable. Choose another.")
        return []
    if not path.is_dir():
        return fault("a file stands there. Give the name of a store; it is a folder, such as runs.zarr.")
    try:
        attrs = _attrs(path)
    except DataError as error:
        return error.problems
    if attrs is None:
        return fault("this folder is not a store of runs. Give another name, or an empty place.")
    if attrs.get("waterplan_runs") != FORMAT:
        return fault("this store was written by another version of waterplan. Choose another name.")
    links = links_in(path)
    if links:
        return fault(f"{links[0].name} is a link; a store keeps all in itself, and nothing outside is written.")
    if not os.access(path, os.W_OK):
        return fault("the store is not writable.")
    if attrs.get("study_digest") != study.digest:
        digest = str(attrs.get("study_digest"))[:12]
        return fault(f'this is a store of another study ("{attrs.get("study")}", digest {digest}).')
    if runs is not None and attrs.get("design_digest") != design_digest(runs):
        return fault("this is a store of another design. Choose another name, or use the design that it was made for.")
    return []


def _attrs(path: Path) -> dict[str, Any] | None:
    files = StoreFiles(path)
    damage = files.first_damage({name: d for name, d in (files.made or {}).items() if name != ALL_METADATA})
    if damage is not None:
        files.content(damage)
    if not files.has_digests:
        files.content(ALL_METADATA)  # which tells where it is another than the files
    try:
        found = json.loads(files.content(ATTRS) or b"")
    except ValueError:
        return None
    return found if isinstance(found, dict) and "waterplan_runs" in found else None


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
        "remarks": design.remarks(),
        "shape": runs.shape,
        "runs": len(runs),
        "chunk": length,
        "levers": list(runs.levers),
        "coordinates": " ".join(coordinates),
        "tolerances": {"cost": COST_TOLERANCE, "volume": VOLUME_TOLERANCE, "gap": GAP_MAX},
        "versions": {name: version(name) for name in ("waterplan", *PACKAGES, "zarr", "dask", "SALib")},
    }
