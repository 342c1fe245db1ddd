"""Processes that start on one store at the same time, are killed, or find a place where nothing can be locked."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import time

import pytest
from batching import LONG_ENOUGH, chunks_done, end, same, start, wait_for, write_design
from conftest import TINY

from waterplan import Design, open_runs, run_batch
from waterplan.base.errors import WaterplanError
from waterplan.planning.batch.lock import StoreError

WORDS = "another process is writing this store"
DESIGN = Design().sample(4, {"saving_target": [20, 320]}, study="kind").keeping(chunk=2)


def ended(*processes):
    """Exit codes and what was said, of processes that run at the same time."""
    said = [process.communicate(timeout=LONG_ENOUGH) for process in processes]
    return [(process.returncode, out + err) for process, (out, err) in zip(processes, said, strict=True)]


def only_one_wrote(results):
    """Each ended well, or was told in words that another writes; none lost anything."""
    assert any(code == 0 for code, _ in results), results
    for code, said in results:
        assert code == 0 or (code == 8 and WORDS in said and "process" in said), said


STARTS = """
import sys
from waterplan import run_batch
from waterplan.base.errors import WaterplanError
from waterplan.study.study import Study

study = Study.read(sys.argv[2])
for line in sys.stdin:
    try:
        run_batch(sys.argv[1], line.strip(), study, workers=0, tell=lambda progress: None)
        print(flush=True)
    except WaterplanError as error:
        print(type(error).__name__, " ".join(str(error).split()), flush=True)
"""


@pytest.mark.parametrize("pairs", [3, pytest.param(10, marks=pytest.mark.long)])
def test_pairs_that_start_on_a_new_store_at_once_make_it_once(tiny, tmp_path, pairs):
    design = write_design(tmp_path, size=24)
    run_batch(design, tmp_path / "undisturbed.zarr", tiny, workers=0, tell=lambda progress: None)
    words = [sys.executable, "-c", STARTS, str(design), str(TINY)]
    pair = [
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        for _ in range(2)
    ]
    try:
        for number, process in enumerate(pair):  # both are ready when the first pair starts
            assert asked(process, tmp_path / f"own-{number}.zarr").stdout.readline() == "\n"
        for number in range(pairs):
            store = tmp_path / f"{number}.zarr"
            said = [process.stdout.readline() for process in [asked(process, store) for process in pair]]
            assert "\n" in said, said
            assert all(one == "\n" or (one.startswith("StoreError") and WORDS in one) for one in said), said
            same(store, tmp_path / "undisturbed.zarr")
            assert not list(tmp_path.glob(".*.lock"))
            assert not list(tmp_path.glob("*.part"))
    finally:
        for process in pair:
            end(process)


def asked(process, store):
    """A process that was told to start on a store."""
    process.stdin.write(f"{store}\n")
    process.stdin.flush()
    return process


def test_two_that_go_on_with_one_store_and_a_reader_do_not_disturb_each_other(tiny, tmp_path):
    design, store = write_design(tmp_path, size=40), tmp_path / "runs.zarr"
    run_batch(design, tmp_path / "undisturbed.zarr", tiny, workers=0, tell=lambda progress: None)
    first = start(design, store, "--workers", "0")
    try:
        wait_for(lambda: store.exists() and chunks_done(store) >= 2, first)
    finally:
        first.send_signal(signal.SIGKILL)
        first.communicate()
    assert (store / ".lock").exists()  # of a holder that is dead: it keeps nobody out
    pair = [start(design, store, "--workers", "0") for _ in range(2)]
    try:
        while any(process.poll() is None for process in pair):
            runs = open_runs(store).load()
            there = runs["state"].values == "optimal"
            assert (runs["annual_cost"].notnull().values == there).all()
            time.sleep(0.5)
        only_one_wrote(ended(*pair))
    finally:
        for process in pair:
            end(process)
    same(store, tmp_path / "undisturbed.zarr")


def test_a_start_that_was_killed_while_it_made_the_store_keeps_nobody_out(tiny, tmp_path):
    store = tmp_path / "runs.zarr"
    (tmp_path / ".runs.zarr.lock").write_text("process 1 on elsewhere")
    (tmp_path / ".runs.zarr.0123456789abcdef.part").mkdir()
    own = tmp_path / "runs.zarr.part" / "figures.csv"  # of the user, whatever its name
    own.parent.mkdir()
    own.write_text("his own")
    run_batch(DESIGN, store, tiny, workers=0, tell=lambda progress: None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs.zarr", "runs.zarr.part"]
    assert own.read_text() == "his own"


def test_who_holds_the_lock_is_named(tiny, tmp_path):
    store = tmp_path / "runs.zarr"
    handle = os.open(tmp_path / ".runs.zarr.lock", os.O_CREAT | os.O_RDWR)
    os.write(handle, b"process 77 on hill")
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(StoreError, match=rf"{WORDS} \(process 77 on hill\)"):
        run_batch(DESIGN, store, tiny, workers=0, tell=lambda progress: None)
    assert not store.exists()
    os.close(handle)


def test_a_place_without_locks_is_told(tiny, tmp_path, monkeypatch):
    def none(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("waterplan.planning.batch.lock.fcntl.flock", none)
    with pytest.raises(StoreError, match="files cannot be locked in this place"):
        run_batch(DESIGN, tmp_path / "runs.zarr", tiny, workers=0, tell=lambda progress: None)
    assert not (tmp_path / "runs.zarr").exists()


def test_a_place_where_nothing_can_be_written_is_told_and_its_store_can_be_read(tiny, tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", place], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no file system can be made here: {made.stderr}")
    try:
        run_batch(DESIGN, place / "runs.zarr", tiny, workers=0, tell=lambda progress: None)
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        assert open_runs(place / "runs.zarr").load()["state"].size == 4
        for name in ("runs.zarr", "new.zarr"):
            with pytest.raises(WaterplanError, match="not writable"):
                run_batch(DESIGN, place / name, tiny, workers=0, tell=lambda progress: None)
    finally:
        subprocess.run(["umount", "-l", place], check=True)
