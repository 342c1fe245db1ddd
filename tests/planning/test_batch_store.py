"""The store: gone on with after a full disk or a half-written chunk, read whole by xarray, saved in other forms."""

import errno
import json
import os

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from batching import same

from waterplan import Design, open_runs, run_batch, save_runs, write_run
from waterplan.base.errors import DataError, OutputError, WaterplanError
from waterplan.base.texts import Texts
from waterplan.planning.batch import new_store
from waterplan.planning.batch.engine import checked
from waterplan.planning.batch.progress import Progress, Shown
from waterplan.planning.batch.store import Store, StoreError, open_store
from waterplan.planning.planner.planner import Planner

DESIGN = Design().sample(23, {"saving_target": [20, 320]}, study="kind").keeping(chunk=5)


def plan(store, study, design=DESIGN):
    return run_batch(design, store, study, workers=0, tell=lambda progress: None)


@pytest.fixture(scope="module")
def whole(tiny, tmp_path_factory):
    store = tmp_path_factory.mktemp("whole") / "runs.zarr"
    plan(store, tiny)
    return store


def test_a_full_disk_is_told_and_the_batch_goes_on_when_there_is_room(tiny, whole, tmp_path, monkeypatch):
    store, plain, room = tmp_path / "runs.zarr", os.replace, [130]

    def replace(source, target):
        room[0] -= str(source).endswith(".part") and source.is_file()
        if room[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        plain(source, target)

    monkeypatch.setattr("waterplan.base.whole_files.os.replace", replace)
    with pytest.raises(StoreError, match=r"No space left on device.* 10 of 23 runs are kept; run the same command"):
        plan(store, tiny)
    assert not list(store.rglob("*.part"))
    monkeypatch.undo()
    states = open_runs(store)["state"].values
    assert (states == "missing").sum() == 13
    plan(store, tiny)
    same(store, whole)


def test_a_chunk_that_was_half_written_is_planned_again(tiny, whole, tmp_path):
    store = tmp_path / "runs.zarr"
    plan(store, tiny)
    (store / "done" / "2").unlink()
    (store / "annual_cost" / "2").write_bytes(b"half")
    (store / "shadow_price" / "2.part").write_bytes(b"")
    (store / "done" / "3").write_bytes(b"")  # a power cut may leave nothing in a file
    assert Store(store).done() == {0, 1, 4}
    plan(store, tiny)
    same(store, whole)


def test_a_store_that_is_whole_is_not_planned_again(tiny, whole, monkeypatch):
    monkeypatch.setattr("waterplan.planning.batch.engine.Solver", None)
    assert plan(whole, tiny).runs_done() == 23


def test_a_store_is_made_whole_or_not_at_all(tiny, tmp_path, monkeypatch):
    store = tmp_path / "runs.zarr"

    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(new_store.zarr, "consolidate_metadata", stopped)
    with pytest.raises(KeyboardInterrupt):
        plan(store, tiny)
    assert not store.exists()
    monkeypatch.undo()
    assert plan(store, tiny).runs_done() == 23


def test_only_one_process_writes_a_store_at_a_time(tiny, whole):
    with Store(whole).alone(), pytest.raises(StoreError, match="another process is writing"):
        plan(whole, tiny)


def test_the_store_carries_study_design_versions_and_tolerances(tiny, whole):
    attrs = open_runs(whole).attrs
    assert attrs["study_digest"] == tiny.digest
    assert Design.from_content(json.loads(attrs["design"])).drawn == DESIGN.drawn
    assert attrs["tolerances"] == {"cost": 1e-9, "volume": 1e-6, "gap": 1e-6}
    assert {"waterplan", "highspy", "zarr", "SALib"} <= set(attrs["versions"])


def test_xarray_alone_opens_the_store_whole(whole):
    raw, ours = xr.open_zarr(whole), open_runs(whole)
    assert raw["annual_cost"].dims == ("run",)
    assert np.array_equal(raw["annual_cost"], ours["annual_cost"], equal_nan=True)
    assert set(raw["state"].values) == {"optimal", "infeasible"}
    assert raw["saving_by_sector"].sel(sector="paper").attrs["units"] == "hm3/a"


def test_the_last_chunk_may_be_short_and_chunks_are_those_of_the_store(tiny, whole):
    store = Store(whole)
    assert (store.chunks, store.length, store.count) == (5, 5, 23)
    assert open_runs(whole).sizes["run"] == 23
    runs = checked(DESIGN, whole, tiny)
    assert open_store(whole, runs).length == 5


def test_large_arrays_may_be_kept_with_half_the_digits_and_single_figures_keep_all(tiny, tmp_path, whole):
    store = tmp_path / "runs.zarr"
    plan(store, tiny, DESIGN.keeping(dtype="float32"))
    runs, exact = open_runs(store), open_runs(whole)
    assert runs["saving_by_technology"].dtype == np.float32
    assert runs["annual_cost"].dtype == np.float64
    assert np.array_equal(runs["annual_cost"], exact["annual_cost"], equal_nan=True)
    np.testing.assert_allclose(runs["saving_by_technology"], exact["saving_by_technology"], rtol=1e-6)


def test_netcdf_and_parquet_hold_what_the_store_holds(whole, tmp_path):
    save_runs(whole, tmp_path / "runs.nc")
    save_runs(whole, tmp_path / "runs.parquet")
    runs, table = open_runs(whole).load(), pd.read_parquet(tmp_path / "runs.parquet")
    with xr.open_dataset(tmp_path / "runs.nc") as saved:
        for name in runs.data_vars:
            assert saved[name].equals(runs[name]) or runs[name].dtype.kind == "U"
        assert saved["state"].values.tolist() == runs["state"].values.tolist()
    assert len(table) == 23
    np.testing.assert_array_equal(table["saving_by_sector.paper"], runs["saving_by_sector"].sel(sector="paper"))
    np.testing.assert_array_equal(table["saving_target"], runs["saving_target"])
    assert table["state"].tolist() == runs["state"].values.tolist()


def test_what_cannot_be_saved_or_written_is_told(tiny, whole, tmp_path):
    with pytest.raises(DataError, match=r"saved as \.nc"):
        save_runs(whole, tmp_path / "runs.csv")
    with pytest.raises(OutputError, match="Make it first"):
        save_runs(whole, tmp_path / "none" / "runs.nc")
    with pytest.raises(WaterplanError, match="numbered from 0 to 22"):
        write_run(whole, 23, tmp_path, tiny)
    assert write_run(whole, 22, tmp_path, tiny).name == "run-22.toml"


def test_progress_tells_the_rate_and_the_time_left():
    line = Progress(412, 2000, {"optimal": 400, "infeasible": 12}, 103.25).line()
    assert line == "412 of 2000 runs, 21 %; 103 a second, 0:15 left; 12 infeasible"
    assert "还需 0:15" in Progress(412, 2000, {}, 103.25).line("zh")


def test_progress_counts_what_was_done_before(monkeypatch):
    told, now = [], [0.0]
    monkeypatch.setattr("waterplan.planning.batch.progress.time.monotonic", lambda: now[0])
    shown = Shown(100, 20, told.append)
    for moment in (30.0, 32.0, 34.0):  # the first comes after the start of the workers, which is no rate
        now[0] = moment
        shown.add({"optimal": 8, "failed": 2})
    assert [progress.done for progress in told] == [30, 40, 50]
    assert told[0].left is None
    assert (told[-1].rate, told[-1].left) == (5.0, 10.0)
    assert "6 failed" in told[-1].line()


def test_every_state_of_a_run_without_a_plan_has_a_word():
    say = Texts("batch", "zh")
    assert all(say(f"state_{state}", number=2) for state in ("infeasible", "timed_out", "failed", "crashed"))


def test_runs_that_ran_out_of_time_are_planned_again_when_the_design_gives_them_more(tiny, tmp_path, monkeypatch):
    plain, asked = Planner.solve, []

    def solve(self, scenario, guess, time_limit):
        asked.append(scenario.levers["saving_target"])
        return plain(self, scenario, guess, -1.0 if asked[-1] == 70 and time_limit < 60 else time_limit)

    def batch(seconds):
        asked.clear()
        design = Design.grid({"saving_target": [50, 60, 70, 80]}).keeping(chunk=2, time_limit=seconds)
        store = run_batch(design, tmp_path / "runs.zarr", tiny, workers=0, tell=lambda progress: None)
        return open_runs(tmp_path / "runs.zarr")["state"].values.tolist(), list(asked), store.retried

    monkeypatch.setattr(Planner, "solve", solve)
    monkeypatch.setattr("waterplan.planning.batch.worker.light_runs", lambda *_: None)  # one after the other
    assert batch(30) == (["optimal", "optimal", "timed_out", "optimal"], [50, 60, 70, 80], set())
    assert batch(30) == (["optimal", "optimal", "timed_out", "optimal"], [], set())  # as much time as before
    assert batch(90) == (["optimal"] * 4, [70, 80], {1})  # only the chunk with the run that had too little
    assert batch(90) == (["optimal"] * 4, [], set())
