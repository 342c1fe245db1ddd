"""Whose password is tried next: one at a time, who has failed least before all others, and guessing slowly."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

WAITING_MAX = 40  # tries that wait for their turn
KNOWN_MAX = 5_000  # names and addresses whose failures are remembered
FORGOTTEN = 900  # seconds after the last failure
FREE = 5  # failures after which a name or an address waits
PAUSE_OF_NAME, PAUSE_OF_ADDRESS = 1.0, 0.1  # seconds from one try to the next


class TurnedAwayError(Exception):
    """A newer try of the same name and address took the place, or there was none."""


class Failures:
    """How often each key failed lately, and when it was last tried. Bounded: the oldest is forgotten."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def count(self, key: str) -> int:
        failed, last = self._known.get(key, (0, 0.0))
        return failed if time.monotonic() - last < FORGOTTEN else 0

    def tried(self, key: str, failed: bool) -> None:
        """The key was tried now."""
        count = self.count(key) + 1 if failed else 0
        self._known.pop(key, None)
        if count:
            self._known[key] = count, time.monotonic()
        while len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)

    def ready(self, key: str, pause: float) -> float:
        """When it may be tried again."""
        return self._known[key][1] + pause if self.count(key) >= FREE else 0.0


@dataclass
class Try:
    """One that waits."""

    name: str
    address: str
    check: Callable[[], bool]
    done: asyncio.Future[bool]
    since: float = field(default_factory=time.monotonic)


class Turns:
    """Lets tries of passwords run one after another in a thread. Used on the event loop only."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gate")
        self._names, self._addresses = Failures(), Failures()
        self._waiting: dict[tuple[str, str], Try] = {}
        self._worker: asyncio.Task[None] | None = None

    async def admits(self, name: str, address: str, check: Callable[[], bool]) -> bool:
        """What ``check`` says, when its turn has come. Raises TurnedAwayError."""
        key = name, address
        if key in self._waiting:
            self._turn_away(key)
        elif len(self._waiting) >= WAITING_MAX:
            self._turn_away(max(self._waiting, key=lambda one: self._rank(self._waiting[one])))
        waiting = self._waiting[key] = Try(name, address, check, asyncio.get_running_loop().create_future())
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await waiting.done

    def _turn_away(self, key: tuple[str, str]) -> None:
        waiting = self._waiting.pop(key)
        if not waiting.done.done():
            waiting.done.set_exception(TurnedAwayError())

    def _rank(self, one: Try) -> tuple[int, float]:
        """Who has failed least comes first, and of equals the newest, for who floods is soon old."""
        return self._names.count(one.name) + self._addresses.count(one.address), -one.since

    def _ready(self, one: Try) -> float:
        of_name = self._names.ready(one.name, PAUSE_OF_NAME)
        return max(of_name, self._addresses.ready(one.address, PAUSE_OF_ADDRESS))

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            ready = [one for one in self._waiting.values() if self._ready(one) <= time.monotonic()]
            if not ready:
                await asyncio.sleep(0.05)
                continue
            one = min(ready, key=self._rank)
            del self._waiting[one.name, one.address]
            if one.done.done():  # who asked has gone
                continue
            try:
                admitted = await loop.run_in_executor(self._thread, one.check)
            except Exception as error:
                _end(one.done, error)
                continue
            self._names.tried(one.name, not admitted)
            if not admitted:  # a success of one does not free the address for guesses at others
                self._addresses.tried(one.address, True)
            _end(one.done, admitted)


def _end(done: asyncio.Future[bool], outcome: bool | Exception) -> None:
    if done.done():
        return
    if isinstance(outcome, Exception):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)
