"""Batches: rate on one core and on two, what scheduling and storing cost over the planner, memory, opening a store.

``python benchmarks/batch.py 20000`` measures that many runs; by itself, or from run.py with ``--quick``, far fewer.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import linopy_model
import numpy as np
import psutil
from machine import resident
from measuring import shown, table, times

from waterplan.base.errors import InfeasibleError
from waterplan.planning.batch.design import Design
from waterplan.planning.batch.engine import run_batch
from waterplan.planning.batch.runs import Runs
from waterplan.planning.batch.runs_dataset import open_runs
from waterplan.planning.model.instance import build_instance
from waterplan.planning.model.scenario_numbers import Given
from waterplan.planning.planner.planner import Planner
from waterplan.study.study import Study, open_study

RUNS, QUICK = 20_000, 400
LOOKED_AT = 0.5  # s
FULL_MODEL_RUNS = 3
LEVERS = {
    "saving_target": (500, 3500),
    "discount_rate": (0.03, 0.15),
    "carbon_price": (0, 300),
    "electricity_price_scale": (0.7, 1.6),
    "scarcity_value": (0, 2),
    "technology_cost_scale.*": (0.6, 1.6),
    "technology_cost_scale.water_network_pinch": (0.5, 2),
    "technology_cost_scale.municipal_reclaimed_water": (0.5, 2),
}
MIB = 2**20


def eight_levers(count: int) -> Design:
    """A Sobol sample of eight levers of price and bound."""
    return Design().sample(count, LEVERS)


class Memory:
    """Memory of this process and of its workers while something runs, sampled: MiB at a tenth of the way and at the
    end."""

    def __init__(self, others: Callable[[], list[int]]):
        self._others, self._stop = others, threading.Event()
        self.own: list[float] = []
        self.workers: list[float] = []

    def __enter__(self) -> Memory:
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(LOOKED_AT):
            self.own.append(resident())
            with contextlib.suppress(psutil.Error):
                self.workers.append(sum(psutil.Process(pid).memory_info().rss for pid in self._others()) / MIB)

    def __str__(self) -> str:
        def told(seen: list[float]) -> str:
            settled = seen[len(seen) // 3 :] or [float("nan")]
            return f"{settled[0]:.0f}, {settled[-1]:.0f}"

        return f"{told(self.own)} / {told(self.workers)}"


def own_workers() -> list[int]:
    """The worker processes that this process has started."""
    children = psutil.Process().children(recursive=True)
    return [child.pid for child in children if "spawn_main" in " ".join(child.cmdline())]


@dataclass(frozen=True)
class Timed:
    """A batch: seconds in all; after its first chunk, runs a second and processor seconds a run (of this process and
    its workers together); memory."""

    whole: float
    rate: float
    processor: float
    memory: str


def timed_batch(design: Design, study: Study, store: Path, **where: object) -> Timed:
    """Runs a batch and measures it."""
    marks: list[tuple[float, float, int]] = []
    with Memory(own_workers) as memory:
        started = time.perf_counter()
        run_batch(design, store, study, tell=lambda p: marks.append((time.perf_counter(), used(), p.done)), **where)  # type: ignore[arg-type]
        whole = time.perf_counter() - started
    (since, spent, before), (until, in_all, after) = marks[0], marks[-1]
    runs = max(after - before, 1)
    return Timed(whole, runs / (until - since), (in_all - spent) / runs, str(memory))


def used() -> float:
    """Processor seconds of this process and its workers."""
    seconds = time.process_time()
    for pid in own_workers():
        with contextlib.suppress(psutil.Error):
            times_of = psutil.Process(pid).cpu_times()
            seconds += times_of.user + times_of.system
    return seconds


def planner_alone(design: Design, study: Study, count: int) -> float:
    """Processor seconds a run for the planner itself, scenarios made before."""
    runs, planner = Runs.of(design, study), Planner(study)
    scenarios = [runs.scenario(run) for run in range(count)]
    planner.solve(scenarios[0])
    started = time.process_time()
    for scenario in scenarios:
        with contextlib.suppress(InfeasibleError):
            planner.solve(scenario)
    return (time.process_time() - started) / count


def full_model(design: Design, study: Study) -> float:
    """Seconds a run for a loop that builds and solves each in linopy."""
    runs = Runs.of(design, study)
    started = time.perf_counter()
    for run in range(FULL_MODEL_RUNS):
        i = build_instance(study, runs.scenario(run))
        model = linopy_model.build(Given(i.structure, i.flows, i.own_prices, i.values, i.levers))
        model.solve(solver_name="highs", output_flag=False, log_to_console=False, progress=False)
    return (time.perf_counter() - started) / FULL_MODEL_RUNS


@contextlib.contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """A scheduler and single-thread workers as processes of their own, on loopback."""
    file, quiet = folder / "scheduler.json", {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    file.unlink(missing_ok=True)
    base = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    started = [subprocess.Popen([*base, "--no-dashboard", "--scheduler-file", str(file)], **quiet)]  # type: ignore[call-overload]
    try:
        while not (file.exists() and file.read_text().rstrip().endswith("}")):
            time.sleep(0.05)
        address = next(word for word in file.read_text().split('"') if word.startswith("tcp://"))
        words = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"]
        started += [subprocess.Popen([*words, "--no-dashboard"], cwd=folder, **quiet) for _ in range(workers)]  # type: ignore[call-overload]
        yield address
    finally:
        for process in started:
            process.send_signal(signal.SIGKILL)
            process.wait()


def same_values(first: Path, second: Path) -> bool:
    """Whether two stores hold the same costs (1e-9 relative) and savings (1e-6 hm3/a)."""
    a, b = open_runs(first), open_runs(second)
    cost = np.allclose(a["annual_cost"], b["annual_cost"], rtol=1e-9, atol=0, equal_nan=True)
    return bool(cost and np.allclose(a["saving_by_technology"], b["saving_by_technology"], atol=1e-6, equal_nan=True))


def on_this_machine(study: Study, design: Design, folder: Path, alone: float) -> tuple[str, str]:
    """One core and two, beside the planner alone and the full model: a table and what it says."""
    count, rows, rates = Runs.of(design, study).shape["run"], [], {}
    for name, workers in (("in one process", 0), ("one worker", 1), ("two workers", 2)):
        t = timed_batch(design, study, folder / f"{workers}.zarr", workers=workers)
        rates[workers] = t.rate
        over = f"{100 * (t.processor / alone - 1):.0f} %"
        rows.append((name, shown(t.whole), f"{t.rate:.0f}", over, t.memory))
    linopy = full_model(design, study)
    body = table(("batch", "whole", "runs a second after the start", "over the planner alone (processor)",
                  "MiB: this process / workers, a third of the way and at the end"), rows)  # fmt: skip
    agree = all(same_values(folder / "0.zarr", folder / f"{workers}.zarr") for workers in (1, 2))
    text = (
        f"{count} runs of eight price and bound levers. The planner alone takes {shown(alone)} of processor time a "
        f"run; a loop that builds and solves each in linopy {shown(linopy)}: two workers are "
        f"{times(rates[2] * linopy)} as fast (bar 1,500x). Two workers against one: {times(rates[2] / rates[1])} (bar "
        "1.5x). The same values: "
        f"{'yes' if agree else '**no**'}."
    )
    return body, text


def opened(store: Path) -> str:
    """How long opening a store and reducing some variables over all runs take."""
    started = time.perf_counter()
    runs = open_runs(store)
    opening = time.perf_counter() - started
    rows = []
    for name in ("annual_cost", "saving_by_sector", "saving_by_technology", "investment_by_province"):
        started = time.perf_counter()
        runs[name].mean("run").compute()
        rows.append((f"mean of {name}", shown(time.perf_counter() - started)))
    size = sum(file.stat().st_size for file in store.rglob("*") if file.is_file())
    rows.append(("size", f"{size / MIB:.1f} MiB, {size / runs.sizes['run'] / 1024:.1f} KiB a run"))
    return table(("of the store", ""), [("opening", shown(opening)), *rows])


def elsewhere(study: Study, design: Design, folder: Path, alone: float) -> str:
    """1, 2 and 4 single-thread workers of a scheduler of its own, on loopback."""
    rows, cores = [], os.cpu_count() or 1
    for workers in (1, 2, 4):
        store = folder / f"external{workers}.zarr"
        with cluster(folder, workers) as address:
            t = timed_batch(design, study, store, scheduler=address)
        over = f"{1e3 * (min(workers, cores) / t.rate - alone):.2f} ms"
        rows.append((str(workers), shown(t.whole), f"{t.rate:.0f}", over,
                     "yes" if same_values(store, folder / "0.zarr") else "**no**"))  # fmt: skip
    head = ("workers", "whole", "runs a second after the start", "a run and core over the planner", "same values")
    return table(head, rows)


def run(study: Study, quick: bool, count: int = 0) -> str:
    """The section of RESULTS.md."""
    count = count or (QUICK if quick else RUNS)
    design = eight_levers(count)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alone = planner_alone(design, study, min(count, 500))
        body, text = on_this_machine(study, design, folder, alone)
        cluster_table = elsewhere(study, design, folder, alone)
        store = opened(folder / "2.zarr")
    return f"## Batches\n\n{body}\n\n{text}\n\n{cluster_table}\n\n{store}\n"


if __name__ == "__main__":
    print(run(open_study("china-2015"), False, int(sys.argv[1]) if len(sys.argv) > 1 else QUICK))
