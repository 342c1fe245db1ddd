"""Chunks planned by Dask workers: a cluster of this machine's cores, or one that is there already.

A worker makes the solver of a batch once (a plugin carries study and design to workers that come later, too). A chunk
whose worker dies goes to another; one that takes several workers with it is planned run by run, so that the run that
does it is found and the others are not lost.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import queue
import signal
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from typing import Any

import dask
import numpy as np
from distributed import CancelledError, Client, Future, KilledWorker, LocalCluster, get_worker
from distributed.comm import CommClosedError
from distributed.diagnostics.plugin import WorkerPlugin

from waterplan.base.errors import WaterplanError
from waterplan.base.messages import Message
from waterplan.planning.batch.design import Design
from waterplan.planning.batch.encoding import Planned, packed, planned
from waterplan.planning.batch.runs import Runs
from waterplan.planning.batch.worker import REASON_MAX, Chunk, Solver
from waterplan.study.study import Study

LOGGER = "distributed"
AHEAD = 3  # chunks given out for each core, so that none waits for this process
CONNECT = 20.0  # s
CLOSE = 5.0  # s
WORKERS_WITHIN = 120.0  # s, from the start, or from the loss of the last
FETCH = 20.0  # s to get an answer from the worker that has it
RENEW = 15.0  # s without any worker, after which this machine's cluster starts others
LOOK = 0.5  # s between looks at the connection
GONE = ("lost", "pending")  # the worker that held what came back has died before it was fetched
FAILURES = 2  # workers that a chunk may take with it
TRIES = 3
SETTINGS = {
    "distributed.scheduler.allowed-failures": FAILURES,
    "distributed.worker.profile.enabled": False,
    "distributed.comm.timeouts.connect": CONNECT,
}
UNGUARDED = Message("store_errors.unguarded")


class ClusterError(WaterplanError):
    """The workers cannot be reached, or cannot plan; what is done is kept."""


class NoSolverError(LookupError):
    """A worker that joined at the very moment when the batch began has no solver yet."""


class SolverPlugin(WorkerPlugin):
    """Carries study and design to each worker, which makes its solver when the first chunk comes."""

    def __init__(self, name: str, study: Study, design: Design):
        self.name, self._study, self._design = name, study, design

    def setup(self, worker: Any) -> None:
        """Nothing is made yet: the worker has to answer its scheduler meanwhile."""
        self._lock = threading.Lock()
        self._made: Solver | None = None

    def solver(self) -> Solver:
        """The solver of this worker."""
        with self._lock:
            if self._made is None:
                self._made = Solver(self._study, self._design)
            return self._made


def plan_chunk(name: str, chunk: Chunk, length: int) -> Planned:
    """A chunk planned on the worker that this runs on."""
    return planned(_solver(name), chunk, length)


def plan_run(name: str, chunk: Chunk) -> dict[str, np.ndarray]:
    """A chunk of one run."""
    return _solver(name).solve(chunk)


def _solver(name: str) -> Solver:
    plugin = get_worker().plugins.get(name)
    if not isinstance(plugin, SolverPlugin):
        raise NoSolverError(name)
    return plugin.solver()


def planned_on_cluster(
    runs: Runs, length: int, left: list[int], scheduler: str | None, workers: int | None
) -> Generator[tuple[int, Planned]]:
    """Chunks as they come back from the workers. Raises ClusterError."""
    with connected(scheduler, workers) as (client, cluster):
        try:
            yield from _Batch(client, runs, length, cluster).run(left)
        except (CommClosedError, CancelledError) as error:
            raise _lost() from error


@contextmanager
def connected(scheduler: str | None, workers: int | None) -> Iterator[tuple[Client, LocalCluster | None]]:
    """A client of the scheduler at an address, or of a cluster made for the time of the batch, and that cluster."""
    cluster, client = None, None
    try:
        with dask.config.set(SETTINGS), _silent():
            if scheduler is None:
                cluster = _cluster(workers or os.cpu_count() or 1)
            client = _client(cluster, scheduler)
            yield client, cluster
    finally:
        with _silent(), suppress(Exception):
            if client is not None:
                client.close(timeout=CLOSE)
            if cluster is not None:
                cluster.close(timeout=CLOSE)


def _cluster(workers: int) -> LocalCluster:
    """A cluster on this machine. What it starts inherits that SIGINT is blocked, so Ctrl-C reaches this process only,
    after the start."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):  # this is a worker that reads the script
        raise ClusterError(UNGUARDED)
    block = getattr(signal, "pthread_sigmask", None)  # not on Windows
    if block:
        resource_tracker.ensure_running()  # which would unblock it
    before = block(signal.SIG_BLOCK, {signal.SIGINT}) if block else None
    try:
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address=None,
            worker_dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # its port for health checks, else a fixed one
            silence_logs=logging.CRITICAL,
        )
    except RuntimeError as error:
        raise ClusterError(Message("store_errors.no_workers_started", words=str(error), advice=UNGUARDED)) from error
    finally:
        if block:
            block(signal.SIG_SETMASK, before)


@contextmanager
def _silent() -> Iterator[None]:
    """Without the log of Dask: what matters is said here."""
    loggers = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict) if name.startswith(LOGGER)]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _client(cluster: LocalCluster | None, scheduler: str | None) -> Client:
    try:
        return Client(cluster if cluster is not None else scheduler, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ClusterError(Message("store_errors.no_scheduler", scheduler=scheduler, words=words)) from None


class _Batch:
    """What one batch has given out and waits for."""

    def __init__(self, client: Client, runs: Runs, length: int, cluster: LocalCluster | None = None):
        self.client, self.runs, self.length, self.cluster = client, runs, length, cluster
        self.wanted = len(cluster.worker_spec) if cluster is not None else 0
        self.name = f"waterplan-{runs.digest[:16]}-{os.getpid()}-{time.monotonic_ns()}"
        self.waiting: dict[Any, tuple[Future, int]] = {}
        self.back: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self.tries: dict[int, int] = {}
        self.cores, self.looked = 0, -LOOK
        self.seen = self.renewed = time.monotonic()

    def run(self, left: list[int]) -> Generator[tuple[int, Planned]]:
        self.equip()
        todo, alone = list(reversed(left)), list[int]()
        try:
            while todo or self.waiting:
                while todo and len(self.waiting) < self.room():
                    self.give_out(todo.pop())
                future = self.next()
                number = self.waiting.pop(future.key)[1]
                found = self.result(future, number, todo, alone)
                if found is not None:
                    yield number, found
            for number in alone:
                yield number, self.run_by_run(number)
        finally:
            if self.client.status == "running":
                with suppress(Exception):
                    self.client.cancel([future for future, _ in self.waiting.values()])
                    self.client.unregister_worker_plugin(self.name)

    def equip(self) -> None:
        """Sends study and design to all workers, now and later."""
        try:
            self.client.register_plugin(SolverPlugin(self.name, self.runs.study, self.runs.design), name=self.name)
            self.client.wait_for_workers(1, timeout=WORKERS_WITHIN)
        except (TimeoutError, OSError) as error:
            within = {"seconds": f"{WORKERS_WITHIN:g}", "words": str(error)}
            raise ClusterError(Message("store_errors.no_worker_came", **within)) from None

    def room(self) -> int:
        """How many chunks may be given out, for the workers there are now."""
        if time.monotonic() - self.looked > LOOK:
            self.cores, self.looked = sum(self.client.nthreads().values()), time.monotonic()
            self.seen = self.looked if self.cores else self.seen
        return AHEAD * max(2, self.cores)

    def give_out(self, number: int) -> None:
        chunk = Chunk.of(self.runs, number, self.length)
        self.submit(number, plan_chunk, self.name, chunk, self.length)

    def submit(self, number: int, work: Any, *arguments: Any) -> None:
        future = self.client.submit(work, *arguments, pure=False)
        self.waiting[future.key] = future, number
        future.add_done_callback(self.back.put)

    def next(self) -> Future:
        """The next future that has ended. Raises ClusterError when the connection or all workers are lost."""
        while True:
            with suppress(queue.Empty):
                return self.back.get(timeout=LOOK)
            if self.client.status != "running":
                raise _lost()
            self.room()
            self.renew()
            if time.monotonic() - self.seen > WORKERS_WITHIN:
                raise ClusterError(Message("store_errors.workers_gone", seconds=f"{WORKERS_WITHIN:g}"))

    def renew(self) -> None:
        """Other workers on this machine, when all have been gone for a while.

        Dask brings a dead worker back, but not one that dies while it is still being started.
        """
        now = time.monotonic()
        if self.cluster is None or now - max(self.seen, self.renewed) < RENEW:
            return
        self.cluster.scale(0)
        while self.cluster.workers and time.monotonic() - now < RENEW:  # or the new ones are taken for the old
            time.sleep(LOOK / 10)
        self.cluster.scale(self.wanted)
        self.renewed = time.monotonic()

    def result(self, future: Future, number: int, todo: list[int], alone: list[int]) -> Planned | None:
        """What a chunk gives; None when it is to be planned again: by another worker, or run by run."""
        status, found = self.fetched(future)
        if found is not None:
            planned_chunk: Planned = found
            return planned_chunk
        if status in GONE:
            todo.append(number)
            return None
        error = future.exception()
        if isinstance(error, KilledWorker):
            alone.append(number)
            return None
        self.tries[number] = self.tries.get(number, 0) + 1
        if isinstance(error, NoSolverError) and self.tries[number] <= TRIES:
            self.equip()
            todo.append(number)
            return None
        raise _cannot_plan(error)

    def fetched(self, future: Future) -> tuple[str, Any]:
        """How a future that came back has ended (finished, error, or one of GONE), and the answer of a finished one.

        Raises ClusterError if it was cancelled.
        """
        status = str(future.status)
        if status == "cancelled":
            raise _lost()
        if status != "finished":
            return status, None
        try:
            return status, future.result(timeout=FETCH)
        except TimeoutError:  # its worker has died meanwhile, and no other is there to plan it again
            return GONE[0], None

    def run_by_run(self, number: int) -> Planned:
        """A chunk that took its workers with it, one run at a time: those that do it again have crashed."""
        chunk = Chunk.of(self.runs, number, self.length)
        parts = [self.one_run(number, chunk.only(place)) for place in range(len(chunk.runs))]
        return packed(self.joined(parts), self.length, self.runs.design.keep.dtype)

    def one_run(self, number: int, chunk: Chunk) -> dict[str, np.ndarray]:
        """A chunk of one run, given out until a worker answers or it has crashed."""
        status = GONE[0]
        while status in GONE:
            self.submit(number, plan_run, self.name, chunk)
            future = self.next()
            self.waiting.pop(future.key)
            status, found = self.fetched(future)
            if found is not None:
                run: dict[str, np.ndarray] = found
                return run
        error = future.exception()
        if not isinstance(error, KilledWorker):
            raise _cannot_plan(error)
        reason = str(Message("store_errors.crashed", count=FAILURES + 1))
        return {"state": np.array(["crashed"]), "reason": np.array([reason[:REASON_MAX]])}

    def joined(self, parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
        """Runs planned one at a time as one chunk."""
        blank = Solver(self.runs.study, self.runs.design).blank(1)
        whole = [{**blank, **part} for part in parts]
        return {name: np.concatenate([part[name] for part in whole]) for name in blank}


def _lost() -> ClusterError:
    return ClusterError(Message("store_errors.connection_lost"))


def _cannot_plan(error: BaseException | None) -> ClusterError:
    """A worker's own error is told in the reader's language; another's words stay as they are."""
    words = str(error).rstrip(".") or type(error).__name__
    told = error if isinstance(error, WaterplanError) else Message("store_errors.words", words=words)
    return ClusterError(Message("store_errors.worker_cannot_plan", told=told))
