"""What a batch refuses is said in Chinese to who reads Chinese, wherever it was noticed; what is stored is English."""

import errno
import json
import os
import pickle

import pandas as pd
import pytest
from chinese import assert_chinese
from test_batch_store import DESIGN, plan

from waterplan import Design, open_runs, run_batch, save_runs, write_run
from waterplan.base.errors import DataError, ScenarioError, StoppedError, WaterplanError
from waterplan.base.messages import Message
from waterplan.planning.batch import cluster, levers_table
from waterplan.planning.batch.cluster import ClusterError, _cannot_plan
from waterplan.planning.batch.engine import checked
from waterplan.planning.batch.groups import Groups
from waterplan.planning.batch.lock import StoreError, written_alone
from waterplan.planning.batch.ranges import Ranges
from waterplan.planning.batch.sampling import unit_points

DESIGNS = (
    "gird = 1\ntitle = 3\n[grid]\nsaving_targt = [1]\ncarbon_price = [0, 900]\nsector_floor = { papr = [0.1] }",
    "[grid]\ncarbon_price = []\nwater_tax = [5, 5.0]\nsaving_target = { from = 0, to = 9 }\nexcluded = ['metering']",
    "scenarios = ['a.toml', 3]\n[grid]\ncarbon_price = [1]\n[table]\ncarbon_price = [1]",
    "title = 'nothing'\nscenario = 3\nscenarios = 3",
    "grid = 3\nsample = 3\nstore = 3",
    "table = 'no_such.csv'\n[sample]\nsize = 0\nseed = -1\nmethod = 'halton'\nstudy = 'province'\nsizes = 3",
    "[table]\ncarbon_price = [1, 2]\nwater_tax = [1]\n[sample]\nsize = 9\n[sample.levers]\ncarbon_price = [9, 1]",
    "[sample]\nsize = 9\nmethod = 'saltelli'\nstudy = 'kind'\nvariables = ['intensty']\n[store]\nvariables = 'saving'",
    "[sample]\nsize = 9\nlevers = { perspective = [0, 1], water_tax = 3 }\n[store]\nvariables = ['step_flow', 'sav']",
    "[grid]\ncarbon_price = [1]\n[store]\ndtype = 'float16'\nchunk = 0\ntime_limit = -1\ndeployment = 3\nkeep = 1",
    "[grid]\ncarbon_price = { from = 0, to = 9, count = 9000 }\nwater_tax = { from = 0, to = 9, count = 9000 }",
    "[sample]\nsize = 9000000\nstudy = 'row'",
    "[grid]\nsector_floor = [0.1]\n'sector_floor.paper' = [0.1]\n[grid.sector_floor]",
    "[grid",
    "scenarios = ['no_such.toml']",
)  # fmt: skip
TABLES = {
    "a.txt": b"carbon_price\n1\n",
    "empty.csv": b"",
    "head.csv": b"carbon_price\n",
    "gap.csv": b"carbon_price,water_tax\n1,\n",
    "cells.csv": b"carbon_price\n1,2\n",
    "wide.csv": b",".join([b"a"] * 600) + b"\n1\n",
    "long.csv": b"a" * 200_000,
    "bytes.csv": b"carbon_price\n\xff\n",
    "bad.parquet": b"PAR1 and nothing else",
    "no_such.csv": None,
}


@pytest.fixture(scope="module")
def whole(tiny, tmp_path_factory):
    store = tmp_path_factory.mktemp("whole") / "runs.zarr"
    plan(store, tiny)
    return store


def told(error, *english):
    """Both languages of an error, its English with some words in it."""
    for words in english:
        assert words in str(error)
    assert_chinese(error.text("zh"))


@pytest.mark.parametrize("text", DESIGNS)
def test_a_bad_design_is_told_in_chinese(tiny, tmp_path, text):
    design = tmp_path / "design.toml"
    design.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        checked(design, tmp_path / "nowhere" / "runs.zarr", tiny)
    told(caught.value, "there is no folder")


def test_designs_that_are_no_files_are_told_in_chinese(tiny, tmp_path, monkeypatch):
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    for design, english in ((tmp_path, "this is a folder"), (binary, "not UTF-8"), (3, "give a design or the path")):
        with pytest.raises(ScenarioError) as caught:
            run_batch(design, tmp_path / "runs.zarr", tiny)
        told(caught.value, english)
    monkeypatch.setattr("waterplan.planning.batch.design_file.BYTES_MAX", 1)
    with pytest.raises(ScenarioError) as caught:
        Design.read(binary)
    told(caught.value, "Long lists of levers belong in a table")


@pytest.mark.parametrize("name", TABLES)
def test_a_bad_table_of_levers_is_told_in_chinese(tmp_path, name):
    if TABLES[name] is not None:
        (tmp_path / name).write_bytes(TABLES[name])
    with pytest.raises(ScenarioError) as caught:
        Design.table(tmp_path / name)
    told(caught.value)


def test_tables_that_are_too_large_or_nested_are_told_in_chinese(tmp_path, monkeypatch):
    pd.DataFrame({"carbon_price": [[1], [2]]}).to_parquet(tmp_path / "nested.parquet")
    pd.DataFrame({"perspective": ["x" * 300]}).to_parquet(tmp_path / "text.parquet")
    for name, english in (("nested", "lists or structures"), ("text", "a text of more than 200 signs")):
        with pytest.raises(ScenarioError) as caught:
            Design.table(tmp_path / f"{name}.parquet")
        told(caught.value, english)
    monkeypatch.setattr(levers_table, "CELLS_MAX", 0)
    with pytest.raises(ScenarioError) as caught:
        Design.table(tmp_path / "nested.parquet")
    told(caught.value, "Divide the table")
    monkeypatch.setattr(levers_table, "BYTES_MAX", 1)
    with pytest.raises(ScenarioError) as caught:
        Design.table(tmp_path / "nested.parquet")
    told(caught.value, "more than 1 bytes")


def test_a_run_whose_levers_do_not_go_together_is_told_in_chinese(tiny, tmp_path):
    design = Design.table({"technology_floor.metering": [0.9], "technology_cap.metering": [0.1]})
    with pytest.raises(ScenarioError) as caught:
        run_batch(design, tmp_path / "runs.zarr", tiny)
    told(caught.value, "run 0, ")


@pytest.mark.parametrize(
    ("call", "english"),
    [
        (lambda study: unit_points("halton", 8, 2, 1), 'method "halton"'),
        (lambda study: unit_points("saltelli", 9, 2, 1), "such as 16"),
        (lambda study: Groups.of(Ranges.of(study), "planet"), 'by "planet"'),
        (lambda study: Ranges.of(study).draw(pd.Series([0.5]).to_numpy()), "shares for"),
    ],
)
def test_a_call_that_is_not_as_it_must_be_is_told_in_both_languages(tiny, call, english):
    with pytest.raises(ValueError, match=english) as caught:
        call(tiny)
    assert_chinese(caught.value.args[0].text("zh"))


def places(folder, whole):
    """Where a store cannot be: each with what is said."""
    (folder / "a_file").write_text("no store")
    (folder / "a_folder").mkdir()
    (folder / "old").mkdir()
    (folder / "old" / ".zattrs").write_text('{"waterplan_runs": 0}')
    return (
        (folder / "a_file", "a file stands there"),
        (folder / "a_folder", "not a store of runs. Give another name"),
        (folder / "old", "another version of waterplan"),
        (folder / ("x" * 300), "Give another name"),
        (whole, "a store of another design"),
    )


def test_a_store_that_cannot_be_is_told_in_chinese(tiny, china, whole, tmp_path):
    other = Design.grid({"saving_target": [20]})
    for place, english in places(tmp_path, whole):
        with pytest.raises(ScenarioError) as caught:
            checked(other, place, tiny)
        told(caught.value, english)
    with pytest.raises(ScenarioError) as caught:
        checked(other, whole, china)
    told(caught.value, 'a store of another study ("tiny_study"')


def test_a_store_that_another_process_writes_is_told_in_chinese(tiny, whole):
    with written_alone(whole), pytest.raises(StoreError) as caught:
        plan(whole, tiny)
    told(caught.value, f"process {os.getpid()} on ")
    assert f"上的进程 {os.getpid()}" in caught.value.text("zh")


def test_a_full_disk_is_told_in_chinese(tiny, tmp_path, monkeypatch):
    def replace(source, target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("waterplan.base.whole_files.os.replace", replace)
    with pytest.raises(StoreError) as caught:
        plan(tmp_path / "runs.zarr", tiny)
    told(caught.value, "No space left on device")


@pytest.mark.parametrize(
    ("file", "spoil", "english"),
    [
        ("digest/0", lambda file: file.write_bytes(b"{}"), "damaged: not as it was written"),
        ("technology/0", lambda file: file.unlink(), "lost: the store was made with this file"),
        (".digests/made", lambda file: file.write_bytes(b"#"), "damaged: not as it was written"),
        ("state", lambda file: (file.rename(file.parent / "s"), file.symlink_to(file.parent / "s")), "a link"),
    ],
)
def test_a_damaged_store_is_told_in_chinese(tiny, tmp_path, file, spoil, english):
    store = tmp_path / "runs.zarr"
    plan(store, tiny, Design.grid({"saving_target": [20, 30]}))
    spoil(store / file)
    with pytest.raises(DataError) as caught:
        open_runs(store).load()
    told(caught.value, english)


def test_no_store_is_told_in_chinese(tmp_path, whole, tiny):
    (tmp_path / "empty").mkdir()
    for call, english in (
        (lambda: open_runs(tmp_path / "no.zarr"), "there is no such folder"),
        (lambda: open_runs(tmp_path / "empty"), "not a store of runs"),
        (lambda: open_runs(3), "give the path of a store"),
        (lambda: save_runs(whole, tmp_path / "runs.xls"), "saved as .nc (NetCDF) or .parquet"),
        (lambda: write_run(whole, 99, tmp_path, tiny), "there is no run 99"),
        (lambda: write_run(whole, "a", tmp_path, tiny), "give the number of a run"),
    ):
        with pytest.raises(WaterplanError) as caught:
            call()
        told(caught.value, english)


def test_what_is_stored_of_a_run_is_english(whole):
    reasons = {str(reason) for reason in open_runs(whole)["reason"].values} - {""}
    assert all(reason.startswith("No plan saves ") for reason in reasons)
    assert reasons
    attrs = Design().sample(8, study="row").remarks()
    assert json.loads(json.dumps(attrs)) == [str(attrs[0])]
    assert_chinese(attrs[0].text("zh"))


def test_workers_that_cannot_be_had_are_told_in_chinese(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT", 0.2)
    with pytest.raises(ClusterError) as caught:
        run_batch(DESIGN, tmp_path / "runs.zarr", tiny, scheduler="tcp://127.0.0.1:9")
    told(caught.value, "The scheduler tcp://127.0.0.1:9 cannot be reached")
    monkeypatch.setattr(cluster, "LocalCluster", lambda **options: (_ for _ in ()).throw(RuntimeError("no more pipes")))
    with pytest.raises(ClusterError) as caught:
        run_batch(DESIGN, tmp_path / "runs.zarr", tiny, workers=1)
    told(caught.value, "No workers could be started on this machine (no more pipes). In a script, call run_batch")
    told(cluster._lost(), "The connection to the scheduler is lost")


def test_what_a_worker_raised_is_told_in_the_language_of_who_waits_for_it():
    raised = StoppedError(Message("planner_errors.time_is_up", limit="3"))
    error = pickle.loads(pickle.dumps(_cannot_plan(pickle.loads(pickle.dumps(raised)))))
    told(error, "A worker cannot plan: No plan was found within 3 s. Give it more time. Do all")
    assert "在 3 秒内未找到方案" in error.text("zh")
    told(_cannot_plan(MemoryError("no room in here")), "A worker cannot plan: no room in here. Do all")
