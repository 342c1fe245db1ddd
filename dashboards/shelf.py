"""What visitors' own files take of the memory, all together: bytes of files, and how much was read of them.

A file stays with its visitor until he leaves or takes another; where all have too much, a new one is refused. What was
read of one can be read again, so that what nobody asked for lately gives way.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from . import bounds

LARGE = 500_000  # bytes


@dataclass(eq=False)
class Given:
    """What a visitor gave: a file, a form or the example; and what was read of it, by language."""

    kind: str
    name: str
    content: Any
    read: dict[str, Any] = field(default_factory=dict)

    @property
    def is_large(self) -> bool:
        """Whether reading it or letting go of it leaves much memory free."""
        return self.size > LARGE

    @property
    def size(self) -> int:
        """Bytes of a file."""
        return len(self.content) if isinstance(self.content, bytes) else 0

    @property
    def cells(self) -> int:
        """Cells of all that was read of it."""
        return sum(getattr(one, "cells", 0) for one in list(self.read.values()))


class Shelf:
    """The files of all visitors. It keeps none alive. Safe between threads."""

    def __init__(self, bytes_max: int = bounds.FILES_MAX, cells_max: int = bounds.CELLS_MAX):
        self.bytes_max, self.cells_max = bytes_max, cells_max
        self._files: WeakKeyDictionary[Given, int] = WeakKeyDictionary()
        self._read: WeakKeyDictionary[Given, int] = WeakKeyDictionary()  # the least lately used first
        self._lock = threading.Lock()

    def take(self, given: Given, instead: Given | None) -> bool:
        """Whether there is room for what a visitor gives in place of what he gave before; it is his from then on."""
        with self._lock:
            others = sum(size for one, size in self._files.items() if one is not instead)
            if given.size and others + given.size > self.bytes_max:
                return False
            self._files[given] = given.size
            return True

    def leave(self, given: Given) -> None:
        """It was let go of: there is room again."""
        with self._lock:
            self._files.pop(given, None)
            self._read.pop(given, None)

    def used(self, given: Given) -> None:
        """Something of it was read, or looked at again."""
        with self._lock:
            self._read.pop(given, None)
            self._read[given] = given.cells
            left = sum(self._read.values())
            for oldest, cells in list(self._read.items())[:-1]:
                if left <= self.cells_max:
                    break
                left -= cells
                del self._read[oldest]
                oldest.read.clear()
