"""Messages of all connections one after the other, so that others are answered between any two of them.

Who came first goes first, and who was quiet before is taken to have come earlier: a word now and then is heard at once
among a crowd that always has the next one ready. A rest buys some such words, each is paid for, and none buys more than
some seconds: so nobody waits longer than all who came before him, and those seconds. From one address only so many are
heard early, however many visitors come from there, for who makes himself new was quiet too.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from . import bounds


class Rest:
    """How much earlier than he comes a visitor is heard [s], for having been quiet; what he asks is paid from it."""

    def __init__(self) -> None:
        self._left, self._then, self._asked = float(bounds.EARLY_SECONDS), time.monotonic(), 0

    def ask(self) -> float:
        """Something is asked: so much earlier it is heard."""
        if self._asked == 0:
            rested = (time.monotonic() - self._then) * bounds.EARLY_PER_QUIET
            self._left = min(self._left + rested, bounds.EARLY_SECONDS)
        self._asked += 1
        return self._left

    def answered(self, seconds: float) -> None:
        """It was answered, within so many seconds of the server's time."""
        self._asked -= 1
        self._left = max(self._left - 1 - seconds * bounds.EARLY_PER_QUIET, 0.0)
        self.told()

    def told(self) -> None:
        """The visitor is told something: until then he may have waited for it, and that was no rest."""
        self._then = time.monotonic()


class Share:
    """What one visitor asks of the server, over all his connections."""

    def __init__(self) -> None:
        self.rest = Rest()
        self.opens = bounds.Pace(bounds.OPENS_PER_SECOND, bounds.OPENS_AT_ONCE)
        self.messages = bounds.Pace(bounds.MESSAGES_PER_SECOND, bounds.MESSAGES_AT_ONCE)
        self.bytes = bounds.Pace(bounds.BYTES_PER_SECOND, bounds.BYTES_AT_ONCE)


class Address:
    """What comes from one address: how many messages of it are heard early."""

    def __init__(self) -> None:
        self.early = bounds.Pace(bounds.EARLY_PER_SECOND, bounds.EARLY_AT_ONCE)


class Turnstile:
    """Lets one in at a time, and then nobody for as long as that one took. Used on the event loop only."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[None], float] = {}  # since when, less what a rest is worth
        self._is_free = True

    async def run(self, rest: Rest, address: Address, work: Coroutine[Any, Any, None]) -> None:
        """Does the work when its turn comes; one that waits for its visitor lets others in meanwhile."""
        early = rest.ask()
        try:
            await self._turn(early if early >= 1 and address.early.allows() else 0.0)
        except asyncio.CancelledError:
            rest.answered(0.0)
            work.close()
            raise
        doing, start = asyncio.ensure_future(work), time.monotonic()
        try:
            await asyncio.wait({doing}, timeout=bounds.TURN_SECONDS)
        finally:
            took = time.monotonic() - start
            rest.answered(took)
            asyncio.get_running_loop().call_later(took, self._let_in)
        await doing

    async def _turn(self, early: float) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting[turn] = time.monotonic() - early
        if self._is_free:
            self._let_in()
        try:
            await turn
        except asyncio.CancelledError:
            if self._waiting.pop(turn, None) is None:  # it was let in just now
                self._let_in()
            raise

    def _let_in(self) -> None:
        self._is_free = not self._waiting
        if self._waiting:
            turn = min(self._waiting, key=self._waiting.__getitem__)
            del self._waiting[turn]
            with suppress(asyncio.InvalidStateError):  # cancelled meanwhile: its own end lets the next one in
                turn.set_result(None)
