"""A bounded store that is shared between threads: what is asked for by several at once is made once.

The one place where the pages keep what can be made again. Lanes (jobs.py) join what is alike while it waits, so that no
thread stands idle, and keep nothing; the shelf (shelf.py) counts what visitors gave, and keeps nothing alive.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future
from typing import Any

from waterplan.base.errors import StoppedError

from .jobs import safe_point


class Kept:
    """Values by key; the least lately used give way. Safe between threads."""

    def __init__(self, most: int):
        self._most = most
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._under_way: dict[Hashable, Future[Any]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        with self._lock:
            return len(self._kept)

    def known(self, key: Hashable) -> Any:
        """The value if it is there, None otherwise, at once."""
        with self._lock:
            return self._kept.get(key)

    def of(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The value, made by the first who asks; others wait for it. Raises what ``make`` raises."""
        while True:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key]
                others = self._under_way.get(key)
                if others is None:
                    mine = self._under_way[key] = Future()
            if others is None:
                return self._make(key, make, mine)
            try:
                return others.result()
            except (CancelledError, StoppedError):  # who made it went away: the next one makes it
                safe_point()

    def _make(self, key: Hashable, make: Callable[[], Any], mine: Future[Any]) -> Any:
        try:
            made = make()
        except BaseException as error:
            with self._lock:
                del self._under_way[key]
            mine.set_exception(error)
            raise
        with self._lock:
            del self._under_way[key]
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        mine.set_result(made)
        return made
