"""The store of a batch: a Zarr group whose chunks are fixed when it is made, and written whole, one after the other.

Chunks are encoded by who planned them and come as bytes. A chunk counts as done when its byte in ``done`` is there, and
that is written after all its arrays and the list of their digests, each under another name first; so a process killed
at any moment leaves chunks that are done and chunks that are not, and a file that changed later is found out. One
process writes a store at a time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from waterplan.base.errors import DataError, Problem
from waterplan.base.messages import Message
from waterplan.base.plain_files import is_plain
from waterplan.base.whole_files import reason
from waterplan.planning.batch.design_file import refuse
from waterplan.planning.batch.digests import (
    FOLDER,
    DamageError,
    digest_of,
    links_in,
    read_list,
    write_list,
)
from waterplan.planning.batch.lock import StoreError, made_alone, written_alone
from waterplan.planning.batch.new_store import FORMAT, design_digest, make_store
from waterplan.planning.batch.placement import place
from waterplan.planning.batch.runs import Runs
from waterplan.planning.batch.store_files import ALL_METADATA, ATTRS, DONE, StoreFiles
from waterplan.planning.batch.worker import OUT_OF_TIME
from waterplan.study.study import Study
from waterplan.study.tables.path_faults import out_of_reach

STATE_NAME = "state"  # written last, so that a run with a state has all its figures


class Store:
    """A store on disk. ``length`` runs make a chunk.

    renewed: chunks that were done, and not as they were written; retried: those with runs that had no time to end, and
    are given more.
    """

    def __init__(self, path: Path):
        self.path = path
        self.renewed: set[int] = set()
        self.retried: set[int] = set()
        self.files = StoreFiles(path)
        self.group = zarr.open_group(self.files, mode="r", zarr_format=2)
        self.attrs: dict[str, Any] = dict(self.group.attrs)
        self.length, self.count = self._number("chunk"), self._number("runs")
        self._known_dims: dict[str, int] = {}

    def _number(self, name: str) -> int:
        found = self.attrs.get(name)
        if not isinstance(found, int) or found < 1:
            raise DataError([Problem(str(self.path), 0, ATTRS, Message("store_errors.spoilt"))])
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
        self._undo(self.renewed)
        return done - self.renewed

    def given(self, time_limit: float) -> set[int]:
        """Chunks with a run that ran out of less time than it would now have [s]; they are no longer done."""
        had = json.loads(self.attrs["design"])["store"]["time_limit"]
        if time_limit > had:
            short = np.flatnonzero(self.group["state"][:] == OUT_OF_TIME)  # type: ignore[index]
            self.retried = {int(run) // self.length for run in short} & self.done()
            self._undo(self.retried)
        return self.retried

    def _undo(self, chunks: set[int]) -> None:
        for number in chunks:
            (self.path / DONE / str(number)).unlink(missing_ok=True)
            with suppress(IsADirectoryError, PermissionError):  # a folder there is told of when it is written
                (self.path / FOLDER / str(number)).unlink(missing_ok=True)

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
                file = f"{name}/{'.'.join([str(number), *['0'] * (self._dims(name) - 1)])}"
                place(self.path, file, content)
                digests[file] = digest_of(content)
            if self.files.has_digests:
                write_list(self.path, str(number), digests)
            place(self.path, f"{DONE}/{number}", b"\x01")
        except OSError as error:
            kept = {"path": self.path, "done": self.runs_done(), "of": self.count}
            raise StoreError(Message("store_errors.not_kept", reason=reason(error), **kept)) from error

    def _dims(self, name: str) -> int:
        """How many dimensions an array has; looked up once, since opening it takes as long as planning a run."""
        if name not in self._known_dims:
            self._known_dims[name] = self.group[name].ndim  # type: ignore[union-attr]
        return self._known_dims[name]

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
            raise StoreError(Message("errors.at", place=path, message=reason(error))) from error
    return Store(path)


def store_faults(path: Path, study: Study, runs: Runs | None = None) -> list[Problem]:
    """Why the runs cannot be stored at a path; empty when they can."""

    def fault(key: str, **values: object) -> list[Problem]:
        return [Problem(str(path), 0, "", Message(f"store_errors.{key}", **values))]

    if why := out_of_reach(path):
        return fault("another_name", fault=why)
    if not path.exists():
        if not path.parent.is_dir():
            return fault("no_folder", folder=path.parent)
        if not os.access(path.parent, os.W_OK):
            return fault("folder_closed", folder=path.parent)
        return []
    if not path.is_dir():
        return fault("a_file")
    try:
        attrs = _attrs(path)
    except DataError as error:
        return error.problems
    if attrs is None:
        return fault("not_a_store")
    if attrs.get("waterplan_runs") != FORMAT:
        return fault("another_version")
    links = links_in(path)
    if links:
        return fault("link_within", name=links[0].name)
    if not os.access(path, os.W_OK):
        return fault("store_closed")
    if attrs.get("study_digest") != study.digest:
        return fault("another_study", study=attrs.get("study"), digest=str(attrs.get("study_digest"))[:12])
    if runs is not None and attrs.get("design_digest") != design_digest(runs):
        return fault("another_design")
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
