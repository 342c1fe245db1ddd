"""The memory of the process: how the C library parcels it out to threads, and when it goes back to the system.

Left alone, glibc gives every thread an arena of its own, keeps in each what was once needed there, and lays ever larger
arrays into them: a server of many threads that work in turns would hold several times what it uses.
"""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

ARENAS = 2  # threads that ask for memory at once are few: Python lets one run at a time
OF_ITS_OWN = 256 * 1024  # bytes of an array from which on it is not laid into an arena, and goes back when it ends
_MMAP_THRESHOLD, _ARENA_MAX = -3, -8  # names of mallopt's options in malloc.h


def settle() -> None:
    """For the whole process, before its threads begin."""
    with suppress(AttributeError, OSError, TypeError):  # another C library has no such thing
        ctypes.CDLL(None).mallopt(_ARENA_MAX, ARENAS)
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, OF_ITS_OWN)


def stay() -> None:
    """What is there now is there to stay: nobody looks through it for what can go."""
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Has the C library give back what is free: glibc keeps it, and the process would not become smaller again."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def clear() -> None:
    """Gives back what a document leaves, too: parts that hold each other until somebody looks for them."""
    gc.collect()
    give_back()
