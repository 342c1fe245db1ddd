"""Work of visitors in threads: in turns, bounded for each, done once where it is alike, dropped where nobody waits.

Each lane has threads of its own, so that light work never waits for heavy work. In a lane a visitor has one job under
way at most, and the next thread goes to the address whose last turn is longest ago, and there to the visitor whose last
turn is: a crowd from one address has as many turns as one from another. Jobs of one key are one job.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from .heap import clear, give_back

MOVE, LOOK, WORK, PLANT = "move", "look", "work", "plant"
ORDER, REPORT, POOL = "order", "report", "pool"
IsWanted = Callable[[], bool]


@dataclass(frozen=True)
class Bounds:
    """Threads of a lane, jobs of one visitor that may wait, and which gives way to one more: the oldest or itself.

    after: what is done when a job has ended and its outcome is known.
    """

    threads: int
    waiting: int
    refuses: bool = False
    after: Callable[[], None] = lambda: None


BOUNDS = {
    MOVE: Bounds(4, 1),  # the plan after a move
    LOOK: Bounds(2, 8),  # what stands beside it and is looked up in a moment
    WORK: Bounds(2, 8, after=give_back),  # what takes a while: reasons, runs
    PLANT: Bounds(4, 8),  # a plant: its file is read, the pool is asked for its place
    ORDER: Bounds(2, 4, refuses=True),  # what a visitor ordered and waits for: a light file
    REPORT: Bounds(1, 4, refuses=True, after=clear),  # a file that takes seconds: all Python, so that two are no faster
    POOL: Bounds(2, 4, refuses=True),  # a word to the pool, which may be busy
}


class TooManyError(Exception):
    """A visitor has as many jobs waiting in a lane as one may have; no other visitor is concerned."""


def address_of(owner: Hashable) -> Hashable:
    """Where a visitor comes from; who has no address is alone at his."""
    return getattr(owner, "address", None) or owner


@dataclass(eq=False)
class Job:
    """Work, who wants it as long as what holds, and its outcome."""

    work: Callable[[], Any]
    key: Hashable
    wanted: dict[Hashable, list[IsWanted]] = field(default_factory=dict)
    outcome: Future[Any] = field(default_factory=Future)
    begun: bool = False

    def is_wanted(self) -> bool:
        """Whether anybody waits for it."""
        return any(holds() for owned in self.wanted.values() for holds in owned)


class Lane:
    """Jobs of one kind, waiting by visitor. Safe between threads."""

    def __init__(self, name: str, bounds: Bounds):
        self.bounds = bounds
        self._threads = ThreadPoolExecutor(bounds.threads, thread_name_prefix=name)
        self._waiting: OrderedDict[Hashable, deque[Job]] = OrderedDict()  # whose turn is next stands first
        self._turns: dict[Hashable, int] = {}  # of each address: the number of its last turn
        self._busy: set[Hashable] = set()
        self._alike: dict[Hashable, Job] = {}
        self._lock = threading.RLock()
        self._is_closed = False

    def ask(self, owner: Hashable, work: Callable[[], Any], is_wanted: IsWanted, key: Hashable = None) -> Future[Any]:
        """The outcome to come, cancelled when nobody wants it any more. Raises TooManyError where the lane refuses."""
        with self._lock:
            waiting = self._waiting.setdefault(owner, deque())
            self._drop_unwanted(owner)
            job = self._alike.get(key) or Job(work, key)
            if not job.begun and job not in waiting:
                if len(waiting) >= self.bounds.waiting:
                    if self.bounds.refuses:
                        raise TooManyError
                    self._let_go(waiting.popleft(), owner)
                waiting.append(job)
            job.wanted.setdefault(owner, []).append(is_wanted)
            if key is not None:
                self._alike[key] = job
            self._threads.submit(self._take_turn)
        return job.outcome

    def leave(self, owner: Hashable) -> None:
        """Lets go of what waits for a visitor and is not wanted any more."""
        with self._lock:
            if owner in self._waiting:
                self._drop_unwanted(owner)
                if not self._waiting[owner]:
                    del self._waiting[owner]

    def close(self) -> None:
        """Ends the threads at the next safe point of what they do; what waits is cancelled."""
        with self._lock:
            self._is_closed = True
            self._threads.shutdown(wait=False, cancel_futures=True)
            for job in {job for waiting in self._waiting.values() for job in waiting if not job.begun}:
                job.outcome.cancel()
            self._waiting.clear()

    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._busy

    def is_abandoned(self, job: Job) -> bool:
        """Whether nobody wants a job any more, or the lane is closed; from then on nobody can join it."""
        with self._lock:
            if job.is_wanted() and not self._is_closed:
                return False
            self._forget(job)
            return True

    def _take_turn(self) -> None:
        with self._lock:
            taken = self._next()
        if taken is None:
            return
        owner, job = taken
        _here.under_way = (self, job)
        made: Any = None
        failed: BaseException | None = None
        try:
            made = job.work()
        except BaseException as error:
            failed = error
        _here.under_way = None
        with self._lock:
            self._busy.discard(owner)
            if self.is_abandoned(job):
                made, failed = None, CancelledError()
            self._forget(job)
            if owner in self._waiting:
                self._threads.submit(self._take_turn)
        if failed is None:
            job.outcome.set_result(made)
        else:
            job.outcome.set_exception(failed)
        del made, failed, taken, job
        self.bounds.after()

    def _next(self) -> tuple[Hashable, Job] | None:
        """The first wanted job of the first visitor who has none under way; he is the last to have another turn."""
        here = {address_of(owner) for owner in self._waiting}
        self._turns = {address: turn for address, turn in self._turns.items() if address in here}
        waiting = [one for one in self._waiting if one not in self._busy]
        for owner in sorted(waiting, key=lambda one: self._turns.get(address_of(one), 0)):
            self._drop_unwanted(owner)
            if not self._waiting[owner]:
                del self._waiting[owner]
                continue
            job = self._waiting[owner].popleft()
            job.begun = True
            self._busy.add(owner)
            self._waiting.move_to_end(owner)
            self._turns[address_of(owner)] = max(self._turns.values(), default=0) + 1
            return owner, job
        return None

    def _drop_unwanted(self, owner: Hashable) -> None:
        for job in [*self._waiting[owner]]:
            if job.begun or not job.is_wanted():
                self._waiting[owner].remove(job)
                self._let_go(job, owner)

    def _let_go(self, job: Job, owner: Hashable) -> None:
        if job.begun:
            return
        job.wanted.pop(owner, None)
        if not job.is_wanted():
            self._forget(job)
            job.outcome.cancel()

    def _forget(self, job: Job) -> None:
        if self._alike.get(job.key) is job:
            del self._alike[job.key]


class Jobs:
    """The lanes. threads: of the lane of moves."""

    def __init__(self, threads: int = BOUNDS[MOVE].threads):
        bounds = BOUNDS | {MOVE: Bounds(threads, BOUNDS[MOVE].waiting)}
        self.lanes = {name: Lane(name, bounds[name]) for name in bounds}

    def ask(
        self, lane: str, owner: Hashable, work: Callable[[], Any], is_wanted: IsWanted, key: Hashable = None
    ) -> Future[Any]:
        """Work in a lane. key: what makes it alike to other work. Raises TooManyError."""
        return self.lanes[lane].ask(owner, work, is_wanted, key)

    def leave(self, owner: Hashable) -> None:
        """A visitor has left: what waits for him alone is dropped, what is under way ends at its next safe point."""
        for lane in self.lanes.values():
            lane.leave(owner)

    def close(self, seconds: float = 0) -> bool:
        """Ends the threads; whether nothing is under way any more after so many seconds."""
        for lane in self.lanes.values():
            lane.close()
        until = time.monotonic() + seconds
        while not (is_idle := all(lane.is_idle() for lane in self.lanes.values())) and time.monotonic() < until:
            time.sleep(0.02)
        return is_idle


class _Here(threading.local):
    under_way: tuple[Lane, Job] | None = None


_here = _Here()


def is_abandoned() -> bool:
    """Whether nobody waits any more for the job that this thread does."""
    return _here.under_way is not None and _here.under_way[0].is_abandoned(_here.under_way[1])


def safe_point() -> None:
    """Where a job can end because nobody waits for it. Raises CancelledError."""
    if is_abandoned():
        raise CancelledError
