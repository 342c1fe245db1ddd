"""How much the server takes at once: every number in one place, told in docs/deploy.md."""

from __future__ import annotations

import time
from contextlib import suppress

CONNECTIONS_MAX = 1000  # that are no websockets; the one that has said nothing for longest gives way
HEADER_SECONDS = 20  # until a request is told, and that a connection may rest between two
BODY_SECONDS = 20
BODY_MAX = 256_000  # bytes of a request
BUFFER_MAX = 4_000_000  # bytes read of a connection and not yet used
ANSWER_SECONDS = 300  # until an answer is taken

SESSIONS_MAX = 150
UNUSED_MAX = 30  # sessions whose page has not connected yet; the oldest goes, and comes again when its page connects
PAGES_PER_SECOND, PAGES_AT_ONCE = 8, 40
TOKEN_SECONDS = 3600  # in which a page may connect again
TOKEN_MAX = 60_000  # signs
OPENS_PER_SECOND, OPENS_AT_ONCE = 1, 20  # websockets of one visitor
VISITORS_MAX = 1000  # of whom it is known what they asked of late; who opened nothing for longest is forgotten
PING_SECONDS = 30  # after as long again without an answer the connection is closed

MESSAGE_MAX = 1_000_000  # bytes of a websocket message; a longer one of ours comes in parts
MESSAGES_PER_SECOND, MESSAGES_AT_ONCE = 50, 300  # of one visitor, as are the bytes
BYTES_PER_SECOND, BYTES_AT_ONCE = 4_000_000, 24_000_000
EARLY_SECONDS = 20  # at most; so much earlier a visitor is heard who was quiet, and a second less after each message
EARLY_PER_QUIET = 10  # seconds that a second of quiet is worth
EARLY_PER_SECOND, EARLY_AT_ONCE = 20, 100  # messages of one address that are heard early
TURN_SECONDS = 0.2  # for one message; what is not done by then goes on beside the next
PARTS_MAX = 64_000_000  # signs of all messages that are still coming in parts

PLANT_FILE_MAX = 8 * 2**20  # bytes of a file on the Benchmark page
FILES_MAX = 128_000_000  # bytes of the files that all visitors have on the Benchmark page
CELLS_MAX = 20_000_000  # of what was read of them and is kept; one takes some 10 bytes


class Pace:
    """So many a second, after so many at once."""

    def __init__(self, per_second: float, at_once: float):
        self.per_second, self.at_once = per_second, at_once
        self._left, self._then = float(at_once), time.monotonic()

    def wait(self, cost: float = 1) -> float:
        """Takes this much, and gives the seconds to wait for it."""
        self._refill()
        self._left -= cost
        return max(-self._left / self.per_second, 0)

    def allows(self, cost: float = 1) -> bool:
        """Takes this much if it is there."""
        self._refill()
        if self._left < cost:
            return False
        self._left -= cost
        return True

    def _refill(self) -> None:
        now = time.monotonic()
        self._left = min(self._left + (now - self._then) * self.per_second, self.at_once)
        self._then = now


def allow_connections() -> None:
    """Lets the process have as many files open as the connections need, where the system allows it."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * (CONNECTIONS_MAX + SESSIONS_MAX) + 500
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
