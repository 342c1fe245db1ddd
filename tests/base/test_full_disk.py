"""A disk without room: told as that, by the name of what was asked, and nothing is left behind."""

import subprocess
from contextlib import suppress

import pytest

from waterplan import Design, PeerPool, robust, run_batch, save_runs
from waterplan.base.errors import WaterplanError
from waterplan.study.scenario import Scenario

DESIGN = Design.grid({"saving_target": [20, 40]})


def fill(place):
    with (place / "fill").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


@pytest.fixture
def full(tmp_path):
    """A folder on a file system of its own, to the last byte."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", place], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no file system can be made here: {made.stderr}")
    try:
        fill(place)
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def refused(full, work):
    """What is said; nothing new may stand on the disk."""
    with pytest.raises(WaterplanError, match="the disk is full") as told:
        work()
    assert [file.name for file in full.iterdir()] == ["fill"]
    assert "lock" not in str(told.value)
    assert ".part" not in str(told.value)
    return str(told.value)


def test_a_store_on_a_full_disk_is_not_begun(full, tiny):
    store = full / "runs.zarr"
    assert str(store) in refused(full, lambda: run_batch(DESIGN, store, tiny, workers=0, tell=lambda progress: None))


def test_robust_answers_on_a_full_disk_are_not_begun(full, tiny):
    scenario = Scenario(levers={"saving_target": 40})
    refused(full, lambda: robust(scenario, tiny, samples=8, store=full / "runs.zarr", workers=0))


@pytest.mark.parametrize("kind", [".nc", ".parquet"])
def test_runs_saved_on_a_full_disk_are_told_by_their_name(full, tiny, tmp_path, kind):
    run_batch(DESIGN, tmp_path / "runs.zarr", tiny, workers=0, tell=lambda progress: None)
    target = full / f"e{kind}"
    said = refused(full, lambda: save_runs(tmp_path / "runs.zarr", target))
    assert str(target) in said
    assert "errno" not in said


def test_a_store_that_is_done_is_still_claimed_on_a_full_disk(tiny, tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", place], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no file system can be made here: {made.stderr}")
    try:
        run_batch(DESIGN, place / "runs.zarr", tiny, workers=0, tell=lambda progress: None)
        (place / "runs.zarr" / ".lock").unlink()
        fill(place)
        opened = run_batch(DESIGN, place / "runs.zarr", tiny, workers=0, tell=lambda progress: None)
        assert opened.runs_done() == 2
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def test_a_pool_on_a_full_disk_is_told_and_leaves_no_torso(full):
    refused(full, lambda: PeerPool.open(str(full / "pool.sqlite")))
