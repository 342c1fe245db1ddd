"""Messages of all connections one after the other, so that others are answered between any two of them.

Who has taken the least of the server's time of late goes first, so that many who say much wait for each other and hold
up nobody else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from . import bounds


class Taken:
    """Seconds that one connection has taken of late; after a while half of them are forgotten."""

    def __init__(self) -> None:
        self._seconds, self._then = 0.0, time.monotonic()

    def add(self, seconds: float) -> None:
        """So much more was taken."""
        self._seconds, self._then = self.of_late() + seconds, time.monotonic()

    def of_late(self) -> float:
        """What is not forgotten."""
        return self._seconds * 0.5 ** ((time.monotonic() - self._then) / bounds.TAKEN_SECONDS)


class Turnstile:
    """Lets one in at a time, and then nobody for as long as that one took. Used on the event loop only."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[None], Taken] = {}  # who came first, first
        self._is_free = True

    async def run(self, whose: Taken, work: Coroutine[Any, Any, None]) -> None:
        """Does the work when its turn comes; one that waits for its visitor lets others in meanwhile."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting[turn] = whose
        if self._is_free:
            self._let_in()
        await turn
        start = time.monotonic()
        doing = asyncio.ensure_future(work)
        await asyncio.wait({doing}, timeout=bounds.TURN_SECONDS)
        took = time.monotonic() - start
        whose.add(took)
        asyncio.get_running_loop().call_later(took, self._let_in)
        await doing

    def _let_in(self) -> None:
        self._is_free = not self._waiting
        if self._waiting:
            turn = min(self._waiting, key=lambda one: self._waiting[one].of_late())
            del self._waiting[turn]
            turn.set_result(None)
