"""Stores in which something else stands where a file belongs: told or mended, and never waited for or read whole."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from batching import same

from waterplan import Design, open_runs, run_batch, save_runs
from waterplan.base.errors import DataError, WaterplanError
from waterplan.planning.batch.digests import FOLDER
from waterplan.planning.batch.runs_dataset import open_flat

DESIGN = Design().sample(9, {"saving_target": [20, 320]}, study="kind").keeping(chunk=3)
SPARSE = 3 * 10**9
MEMORY = 1_500_000  # KiB; a reader that holds the sparse file has twice as much
PLACES = ("total_heat/2", ".zattrs", "first/0", f"{FOLDER}/made", f"{FOLDER}/2")
READER = """\
import re, sys
from pathlib import Path
from waterplan import open_runs
from waterplan.base.errors import DataError
for store in sys.argv[1:]:
    try:
        states = open_runs(store).load()["state"].values.ravel().tolist()
        print("missing" if "missing" in states else "as if nothing were")
    except DataError as error:
        print(" ".join(f"told {error}".split()))
print(re.search("VmHWM: *\\t* *([0-9]+)", Path("/proc/self/status").read_text())[1])  # getrusage has the parent's in it
"""


def plan(store, study):
    return run_batch(DESIGN, store, study, workers=0, tell=lambda progress: None)


@pytest.fixture(scope="module")
def whole(tiny, tmp_path_factory):
    store = tmp_path_factory.mktemp("planted") / "runs.zarr"
    plan(store, tiny)
    return store


@pytest.fixture
def store(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "runs.zarr"))


@pytest.fixture
def old(store):
    """As stores were before there were digests."""
    shutil.rmtree(store / FOLDER)
    for name in (".zattrs", ".zmetadata"):
        said = json.loads((store / name).read_text())
        del (said["metadata"][".zattrs"] if "metadata" in said else said)["digests"]
        (store / name).write_text(json.dumps(said))
    return store


def a_folder(path):
    path.mkdir()


def a_socket(path):
    here = os.getcwd()
    os.chdir(path.parent)  # the name of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def a_sparse_file(path):
    with path.open("wb") as file:
        file.truncate(SPARSE)


PLANTED = {"folder": a_folder, "pipe": os.mkfifo, "socket": a_socket, "sparse": a_sparse_file}


def spoilt(store, names, kind):
    """A copy of a store for each place, in which something else stands there."""
    made = {}
    for number, name in enumerate(names):
        made[name] = Path(shutil.copytree(store, store.with_name(f"{kind}-{number}.zarr")))
        (made[name] / name).unlink()
        PLANTED[kind](made[name] / name)
    return made


def read_apart(stores):
    """What a process of its own says of each store, within a bound of memory and without waiting for ever."""
    words = [sys.executable, "-c", READER, *map(str, stores)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-500:]
    *said, memory = done.stdout.splitlines()
    assert int(memory) < MEMORY
    return said


@pytest.mark.parametrize("name", ["total_heat/2", "saving_by_sector/2.0", "state/2"])
def test_a_folder_in_the_place_of_a_chunk_is_missing_runs_and_planned_anew(store, whole, tiny, name):
    (store / name).unlink()
    (store / name).mkdir()
    runs = open_flat(store).load()
    assert np.flatnonzero(runs["state"].values == "missing").tolist() == [6, 7, 8]
    assert plan(store, tiny).renewed == {2}
    same(store, whole)


@pytest.mark.parametrize("name", ["total_heat/2", f"{FOLDER}/2", "first/0", "state/.zarray"])
def test_a_folder_with_content_is_named_and_mended_once_it_is_away(store, whole, tiny, name):
    (store / name).unlink()
    (store / name).mkdir()
    (store / name / "kept").write_text("of somebody")
    with pytest.raises(WaterplanError, match="something else stands where") as told:
        plan(store, tiny)
    assert str(store / name) in str(told.value)
    assert (store / name / "kept").read_text() == "of somebody"
    shutil.rmtree(store / name)
    plan(store, tiny)
    same(store, whole)


EVERY_OTHER = [(kind, PLACES[number % 2 :: 2]) for number, kind in enumerate(PLANTED)]  # each place with two kinds


@pytest.mark.parametrize(
    ("kind", "mended"), [*EVERY_OTHER, *(pytest.param(kind, PLACES, marks=pytest.mark.long) for kind in PLANTED)]
)
def test_what_is_no_plain_file_is_neither_waited_for_nor_held(store, whole, tiny, kind, mended):
    made = spoilt(store, PLACES, kind)
    for name, said in zip(made, read_apart(made.values()), strict=True):
        assert (said.startswith("told") and name in said) or said == "missing", (name, said)
    for name in mended:
        plan(made[name], tiny)
        same(made[name], whole)


@pytest.mark.long
@pytest.mark.parametrize("kind", PLANTED)
def test_the_same_holds_without_digests(old, whole, tiny, kind):
    made = spoilt(old, PLACES[:3], kind)
    for name, said in zip(made, read_apart(made.values()), strict=True):
        assert said.startswith("told") or said == "missing", (name, said)
    plan(made["total_heat/2"], tiny)
    same(made["total_heat/2"], whole)


@pytest.mark.parametrize("content", [b"\xff\xff\xff\x3f", bytes(4), None])
@pytest.mark.parametrize("kind", [".nc", ".parquet"])
def test_a_packed_chunk_that_says_another_size_is_told_without_digests(old, tmp_path, content, kind):
    file = old / "saving" / "0"
    packed = bytearray(file.read_bytes())
    packed[4:8] = content or packed[4:8]
    file.write_bytes(packed if content else bytes(len(packed)))
    with pytest.raises(DataError, match=r"saving/0.*: damaged"):
        open_runs(old).load()
    with pytest.raises(DataError, match=r"saving/0.*: damaged"):
        save_runs(old, tmp_path / f"runs{kind}")
    assert not list(tmp_path.glob(f"*{kind}*"))


@pytest.mark.parametrize("shape", [{"saving_target": 10**9}, "x", 7, None])
def test_a_shape_that_no_store_has_is_told_without_digests(old, tmp_path, shape):
    for name in (".zattrs", ".zmetadata"):
        said = json.loads((old / name).read_text())
        (said["metadata"][".zattrs"] if "metadata" in said else said)["shape"] = shape
        (old / name).write_text(json.dumps(said))
    for work in (lambda: open_runs(old), lambda: save_runs(old, tmp_path / "runs.nc")):
        with pytest.raises(DataError, match="not a store of runs"):
            work()
