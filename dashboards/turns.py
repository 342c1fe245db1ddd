"""Whose password is tried next: one at a time, who has failed least before all others, and guessing slowly."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

WAITING_MAX = 100  # tries that wait for their turn
PATIENCE = 8.0  # seconds that one waits at most
ATTACKED_PATIENCE = 3.0  # where a name or an address has failed often, so that few wait at once
TOLD = 9.0  # seconds after a try there until it is told that it failed: who keeps guessing comes seldom
KNOWN_MAX = 5_000  # names, addresses and browsers whose failures are remembered
FORGOTTEN = 900  # seconds after the last failure
FREE = 5  # failures after which a name or an address waits
TRUSTED = 10  # failures after which a browser that signed in before is a stranger
TRUSTED_WAITING = 3  # tries of known browsers of one name that wait; more of them are of strangers
PAUSE_OF_NAME, PAUSE_OF_ADDRESS = 0.5, 0.1  # seconds from one try to the next


class TurnedAwayError(Exception):
    """There was no place, or no turn for too long."""


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


@dataclass(frozen=True)
class Asked:
    """Who asks to be let in: what he typed, from where, and his browser if it signed in as this name before."""

    name: str
    password: str = field(repr=False)
    address: str
    browser: str = ""


@dataclass
class Try:
    """One that waits; whoever asks the very same waits with it."""

    asked: Asked
    is_known: bool
    done: asyncio.Future[bool]
    since: float = field(default_factory=time.monotonic)


class Turns:
    """Lets tries of passwords run one after another in a thread. Used on the event loop only.

    A browser that signed in as the name before goes first, and its failures are its own: whatever others do to the name
    or from the address holds up nobody whose browser is known. Of those who failed alike the newest and the one that
    waits longest have turns alternately: a crowd that came at once does not hold up who comes after it, and one that
    keeps coming not who came before. Every fourth turn is of the one that waits longest of all. A failure at a name or
    from an address that has failed often is told late, a success at once: those who keep guessing wait for their
    answers rather than in the queue.
    """

    def __init__(self, check: Callable[[str, str], bool]) -> None:
        self._check = check
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gate")
        self._names, self._addresses, self._browsers = Failures(), Failures(), Failures()
        self._waiting: dict[Asked, Try] = {}
        self._worker: asyncio.Task[None] | None = None
        self._turn = 0

    async def admits(self, asked: Asked) -> bool:
        """Whether the password is that of the name, when its turn has come. Raises TurnedAwayError."""
        since = time.monotonic()
        try:
            admitted = await asyncio.shield(self._asked(asked).done)
        except TurnedAwayError:
            await self._late(asked, since)
            raise
        if not admitted:
            await self._late(asked, since)
        return admitted

    def _asked(self, asked: Asked) -> Try:
        """The try of somebody who asks, waiting for its turn."""
        if asked not in self._waiting:
            done = asyncio.get_running_loop().create_future()
            self._waiting[asked] = Try(asked, self._is_known(asked), done)
        one = self._waiting[asked]
        if len(self._waiting) > WAITING_MAX:
            self._turn_away(self._last())
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return one

    async def _late(self, asked: Asked, since: float) -> None:
        """Waits until a failure is told."""
        if self._is_attacked(asked):
            await asyncio.sleep(since + TOLD - time.monotonic())

    def _is_attacked(self, asked: Asked) -> bool:
        if asked.browser and self._browsers.count(asked.browser) < TRUSTED:
            return False
        return self._names.count(asked.name) >= FREE or self._addresses.count(asked.address) >= FREE

    def _turn_away(self, one: Try) -> None:
        del self._waiting[one.asked]
        _end(one.done, TurnedAwayError())

    def _last(self) -> Try:
        """Who has no place: no known browser, of the name that has most tries waiting; the newest of them."""
        counts = Counter(asked.name for asked in self._waiting)
        return max(
            self._waiting.values(),
            key=lambda one: (not one.is_known, counts[one.asked.name], self._rank(one), one.since),
        )

    def _is_known(self, asked: Asked) -> bool:
        if not asked.browser or self._browsers.count(asked.browser) >= TRUSTED:
            return False
        return sum(one.is_known for one in self._waiting.values() if one.asked.name == asked.name) < TRUSTED_WAITING

    def _rank(self, one: Try) -> int:
        """Who has failed least comes first, and before all a browser that is known."""
        if one.is_known:
            return -1
        return self._names.count(one.asked.name) + self._addresses.count(one.asked.address)

    def _ready(self, one: Try) -> float:
        if one.is_known:
            return 0.0
        of_name = self._names.ready(one.asked.name, PAUSE_OF_NAME)
        return max(of_name, self._addresses.ready(one.asked.address, PAUSE_OF_ADDRESS))

    def _patience(self, one: Try) -> float:
        return ATTACKED_PATIENCE if self._is_attacked(one.asked) and not one.is_known else PATIENCE

    def _next(self) -> Try | None:
        """Whose turn it is now; None if everybody has to pause."""
        now = time.monotonic()
        for one in [one for one in self._waiting.values() if now - one.since > self._patience(one)]:
            self._turn_away(one)
        ready = [one for one in self._waiting.values() if self._ready(one) <= now]
        if not ready:
            return None
        self._turn = (self._turn + 1) % 4
        if self._turn:
            least = min(map(self._rank, ready))
            ready = [one for one in ready if self._rank(one) == least]
        return (max if self._turn % 2 else min)(ready, key=lambda one: one.since)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            one = self._next()
            if one is None:
                await asyncio.sleep(0.05)
                continue
            del self._waiting[one.asked]
            try:
                admitted = await loop.run_in_executor(self._thread, self._check, one.asked.name, one.asked.password)
            except Exception as error:
                _end(one.done, error)
                continue
            self._count(one, admitted)
            _end(one.done, admitted)

    def _count(self, one: Try, admitted: bool) -> None:
        asked = one.asked
        if one.is_known:
            self._browsers.tried(asked.browser, not admitted)
            return
        self._names.tried(asked.name, not admitted)
        if not admitted:  # a success of one does not free the address for guesses at others
            self._addresses.tried(asked.address, True)


def _end(done: asyncio.Future[bool], outcome: bool | Exception) -> None:
    if done.done():
        return
    if isinstance(outcome, Exception):
        done.set_exception(outcome)
        done.exception()  # whoever asked may have gone
    else:
        done.set_result(outcome)
