"""Dask: any scheduler gives what one process gives, and a run that takes its worker with it stops no other."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing

import psutil
import pytest
from batching import chunks_done, end, external_cluster, run, same, start, wait_for, workers_of, write_design
from conftest import TINY
from distributed.core import Status
from places import ROOT

from waterplan import Design, open_runs, run_batch
from waterplan.planning.batch import cluster
from waterplan.planning.batch.cluster import ClusterError, planned_on_cluster
from waterplan.planning.batch.runs import Runs


@pytest.fixture(scope="module")
def design(tmp_path_factory):
    return write_design(tmp_path_factory.mktemp("design"), 40)


@pytest.fixture(scope="module")
def undisturbed(design, tiny, tmp_path_factory):
    store = tmp_path_factory.mktemp("undisturbed") / "runs.zarr"
    run_batch(design, store, tiny, workers=0, tell=lambda progress: None)
    return store


@pytest.mark.long
def test_workers_started_elsewhere_give_what_one_process_gives(design, undisturbed, tmp_path):
    with external_cluster(tmp_path, 2) as (address, *_):
        run(design, tmp_path / "runs.zarr", "--scheduler", address)
        run(design, tmp_path / "again.zarr", "--scheduler", address)  # the cluster is left as it was
    same(tmp_path / "runs.zarr", undisturbed)
    same(tmp_path / "again.zarr", undisturbed)


def test_a_cluster_of_this_machine_gives_what_one_process_gives_from_python_too(design, undisturbed, tiny, tmp_path):
    told = []
    run_batch(design, tmp_path / "runs.zarr", tiny, workers=1, tell=told.append)
    same(tmp_path / "runs.zarr", undisturbed)
    assert told[-1].done == told[-1].of == 40


def test_a_scheduler_that_is_not_there_is_told(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT", 0.5)
    with pytest.raises(ClusterError, match=r"tcp://127\.0\.0\.1:9 cannot be reached"):
        run_batch(Design.grid({"saving_target": [10]}), tmp_path / "runs.zarr", tiny, "tcp://127.0.0.1:9")


@pytest.mark.long
def test_a_run_that_kills_its_worker_has_crashed_and_the_others_have_their_plans(tiny, tmp_path, monkeypatch):
    """The plan of target 70 ends the worker as a fault of the machine would, each time."""
    deadly = tmp_path / "sitecustomize.py"
    deadly.write_text(DEADLY, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")
    design = Design.grid({"saving_target": [50, 60, 70, 80, 90, 100]}).keeping(chunk=3)
    run_batch(design, tmp_path / "runs.zarr", tiny, workers=1, tell=lambda progress: None)
    runs = open_runs(tmp_path / "runs.zarr").load()
    assert runs["state"].values.tolist() == ["optimal", "optimal", "crashed", "optimal", "optimal", "optimal"]
    assert "ended without a word" in str(runs["reason"].values[2])
    others = [50, 60, 80, 90, 100]
    assert runs["counted_saving"].sel(saving_target=others).values == pytest.approx(others)


DEADLY = """
import os, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name != "waterplan.planning.planner.planner":
            return None
        sys.meta_path.remove(self)
        import importlib.util
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module
        def exec_module(module):
            run(module)
            plain = module.Planner.solve
            def solve(self, scenario, *rest):
                if scenario.levers.get("saving_target") == 70:
                    os.kill(os.getpid(), 9)
                return plain(self, scenario, *rest)
            module.Planner.solve = solve
        spec.loader.exec_module = exec_module
        return spec

if "spawn_main" in " ".join(sys.orig_argv):
    sys.meta_path.insert(0, Finder())
"""


@pytest.mark.long
def test_workers_that_come_and_go_change_nothing(tmp_path, tiny):
    design = write_design(tmp_path, 400)
    run_batch(design, tmp_path / "undisturbed.zarr", tiny, workers=0, tell=lambda progress: None)
    store = tmp_path / "runs.zarr"
    with external_cluster(tmp_path, 2) as (address, _, workers):
        process = start(design, store, "--scheduler", address)
        wait_for(lambda: chunks_done(store) >= 10, process)
        workers[0].send_signal(signal.SIGKILL)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    end(process)
    same(store, tmp_path / "undisturbed.zarr")


def test_answers_that_die_with_their_worker_before_they_are_fetched_are_planned_again(tiny):
    """The driver is slow, the worker is done with what it was given, and then it is killed."""
    runs = Runs.of(Design.grid({"saving_target": list(range(10, 170, 10))}), tiny)
    told = []
    with closing(planned_on_cluster(runs, 1, list(range(16)), None, 1)) as found:
        told.append(next(found)[0])
        time.sleep(2)
        (worker,) = workers_of(psutil.Process())
        worker.kill()
        time.sleep(1)
        told += [number for number, _ in found]
    assert sorted(told) == list(range(16))


@pytest.mark.long
def test_workers_that_nobody_brings_back_are_replaced(tiny, monkeypatch):
    """Dask forgets a worker that dies while it is still being started: its keeper is put back into that state."""
    clusters, start = [], cluster._cluster
    monkeypatch.setattr(cluster, "_cluster", lambda count: clusters.append(start(count)) or clusters[-1])
    monkeypatch.setattr(cluster, "RENEW", 2.0)
    monkeypatch.setattr(cluster, "FETCH", 2.0)
    runs = Runs.of(Design.grid({"saving_target": list(range(10, 170, 10))}), tiny)
    with closing(planned_on_cluster(runs, 1, list(range(16)), None, 1)) as found:
        told = [next(found)[0]]
        clusters[0].workers[0].status = Status.starting
        (worker,) = workers_of(psutil.Process())
        worker.kill()
        told += [number for number, _ in found]
    assert sorted(told) == list(range(16))


def test_a_script_without_a_guard_is_told_what_to_write(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from waterplan import Design, Study, run_batch\n"
        f"study = Study.read({str(TINY)!r})\n"
        "run_batch(Design.grid({'saving_target': [10]}), 'runs.zarr', study, workers=1)\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert 'if __name__ == "__main__":' in done.stderr.splitlines()[-1]
