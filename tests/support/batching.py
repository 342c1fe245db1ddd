"""Batches for the tests: a design that takes a while, processes that are killed, and stores compared."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
from conftest import TINY

from waterplan import open_runs
from waterplan.planning.batch.runs_dataset import open_flat

COST, VOLUME = 1e-9, 1e-6  # relative; hm3/a
LONG_ENOUGH = 240.0  # s, for anything that a test waits for
DESIGN = """\
title = "Runs that take a while"

[sample]
size = {size}
study = "technology"
levers = {{ saving_target = [20, 320], carbon_price = [0, 200] }}

[store]
chunk = 4
"""


def write_design(folder: Path, size: int = 400) -> Path:
    """A sample of the tiny study: some runs are infeasible, all have figures of their own."""
    path = folder / "design.toml"
    path.write_text(DESIGN.format(size=size), encoding="utf-8")
    return path


def start(design: Path, store: Path, *options: str) -> subprocess.Popen:
    """The command, in a process group of its own."""
    words = [sys.executable, "-m", "waterplan", "batch", str(design), "-o", str(store), "--study", str(TINY), *options]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def run(design: Path, store: Path, *options: str) -> None:
    """The command, which must end well."""
    process = start(design, store, *options)
    try:
        out, err = process.communicate(timeout=LONG_ENOUGH)
    finally:
        end(process)
    assert process.returncode == 0, out + err


def chunks_done(store: Path) -> int:
    return len([file for file in (store / "done").glob("[0-9]*") if file.suffix != ".part"])


def wait_for(condition, process: subprocess.Popen | None = None) -> None:
    """Waits until something holds; fails when it takes too long, stops waiting when a process has ended."""
    until = time.monotonic() + LONG_ENOUGH
    while not condition():
        if process is not None and process.poll() is not None:
            return
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.002)


def workers_of(process: subprocess.Popen) -> list[psutil.Process]:
    """The worker processes of a batch on this machine."""
    children = psutil.Process(process.pid).children(recursive=True)
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def end(process: subprocess.Popen) -> None:
    """Ends a process that a test started, and what that one started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@contextlib.contextmanager
def external_cluster(folder: Path, workers: int) -> Iterator[tuple[str, subprocess.Popen, list[subprocess.Popen]]]:
    """A scheduler and single-thread workers as processes of their own, on loopback."""
    file = folder / "scheduler.json"
    file.unlink(missing_ok=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    base = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    scheduler = subprocess.Popen([*base, "--no-dashboard", "--scheduler-file", str(file)], **quiet)
    started = [scheduler]
    try:
        wait_for(lambda: file.exists() and file.read_text().rstrip().endswith("}"))
        address = next(word for word in file.read_text().split('"') if word.startswith("tcp://"))
        words = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard"]
        started += [subprocess.Popen([*words, "--no-nanny"], cwd=folder, **quiet) for _ in range(workers)]
        yield address, scheduler, started[1:]
    finally:
        for process in started:
            end(process)


def same(store: Path, undisturbed: Path) -> None:
    """Fails unless both stores hold the same states and values."""
    ours, theirs = open_flat(store).load(), open_flat(undisturbed).load()
    assert set(ours.variables) == set(theirs.variables)
    assert "missing" not in ours["state"].values
    assert (ours["state"].values == theirs["state"].values).all()
    assert (ours["digest"].values == theirs["digest"].values).all()
    for name, array in ours.data_vars.items():
        if array.dtype.kind != "f":
            continue
        relative = "hm3" not in array.attrs.get("units", "")
        np.testing.assert_allclose(
            array.values,
            theirs[name].values,
            rtol=COST if relative else 0.0,
            atol=COST * np.nanmax(np.abs(theirs[name].values), initial=1.0) if relative else VOLUME,
            err_msg=str(name),
        )
    assert open_runs(store).sizes == open_runs(undisturbed).sizes
