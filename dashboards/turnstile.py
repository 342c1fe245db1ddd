"""Messages of all connections one after the other, so that others are answered between any two of them.

Who has asked least of late goes first, by the time for which he had something to wait for: a crowd that always has the
next message ready waits for itself, and who says a word now and then is heard at once. What it costs to answer says
less: among sixty that ask all the time, a visitor's first page alone would be more than each of them ever gets.
What is asked counts for the visitor and for the address that he comes from: who makes himself new has come from there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from typing import Any

from . import bounds

FAIR = 4  # every so many turns, who waits longest goes first whatever he asked


class Demand:
    """Seconds for which a visitor or an address asked for something of late; after a while half are forgotten."""

    def __init__(self) -> None:
        self._seconds, self._then = 0.0, time.monotonic()

    def add(self, seconds: float) -> None:
        """So much longer he waited, or was answered."""
        self._seconds, self._then = self.of_late() + seconds, time.monotonic()

    def of_late(self) -> float:
        """What is not forgotten."""
        return self._seconds * 0.5 ** ((time.monotonic() - self._then) / bounds.DEMAND_SECONDS)


class Share:
    """What one visitor asks of the server, over all his connections."""

    def __init__(self) -> None:
        self.demand = Demand()
        self.opens = bounds.Pace(bounds.OPENS_PER_SECOND, bounds.OPENS_AT_ONCE)
        self.messages = bounds.Pace(bounds.MESSAGES_PER_SECOND, bounds.MESSAGES_AT_ONCE)
        self.bytes = bounds.Pace(bounds.BYTES_PER_SECOND, bounds.BYTES_AT_ONCE)


class Turnstile:
    """Lets one in at a time, and then nobody for as long as that one took. Used on the event loop only."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[None], tuple[Sequence[Demand], float]] = {}  # the oldest first, since when
        self._is_free = True
        self._turns = 0

    async def run(self, whose: Sequence[Demand], work: Coroutine[Any, Any, None]) -> None:
        """Does the work when its turn comes; one that waits for its visitor lets others in meanwhile.

        whose: all that it counts for.
        """
        turn, came = asyncio.get_running_loop().create_future(), time.monotonic()
        self._waiting[turn] = whose, came
        if self._is_free:
            self._let_in()
        await turn
        start = time.monotonic()
        doing = asyncio.ensure_future(work)
        await asyncio.wait({doing}, timeout=bounds.TURN_SECONDS)
        end = time.monotonic()
        for demand in whose:
            demand.add(end - came)
        asyncio.get_running_loop().call_later(end - start, self._let_in)
        await doing

    def _let_in(self) -> None:
        self._is_free = not self._waiting
        if self._waiting:
            turn = self._next()
            del self._waiting[turn]
            turn.set_result(None)

    def _next(self) -> asyncio.Future[None]:
        self._turns += 1
        if self._turns % FAIR == 0:
            return next(iter(self._waiting))
        now = time.monotonic()

        def asked(turn: asyncio.Future[None]) -> float:
            whose, came = self._waiting[turn]
            return sum(demand.of_late() for demand in whose) + now - came

        return min(self._waiting, key=asked)
