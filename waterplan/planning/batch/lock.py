"""The lock of a store: one process writes it at a time, and it dies with that one."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from waterplan.base.errors import WaterplanError
from waterplan.base.messages import Message
from waterplan.base.plain_files import words_of
from waterplan.base.whole_files import reason

try:
    import fcntl
except ImportError:  # not on Windows: nobody else is kept out there
    fcntl = None  # type: ignore[assignment]

WITHIN = ".lock"  # in a store that stands
HOLDER_MAX = 300  # characters of who holds it


class StoreError(WaterplanError):
    """A store cannot be written or read; what is done in it is kept."""


@contextmanager
def written_alone(store: Path) -> Iterator[None]:
    """While nobody else writes a store that stands. Raises StoreError when another process does."""
    handle = _held(store / WITHIN, store)
    try:
        yield
    finally:
        os.close(handle)


@contextmanager
def made_alone(store: Path) -> Iterator[None]:
    """While nobody else makes a store where none stands yet; the lock lies beside it and is taken away afterwards."""
    beside = store.with_name(f".{store.name}{WITHIN}")
    handle = _held(beside, store)
    try:
        yield
    finally:
        with suppress(OSError):
            beside.unlink()
        os.close(handle)


def _held(lock: Path, store: Path) -> int:
    """The lock, held. Raises StoreError when somebody else has it, or where there are no locks."""
    while True:
        try:
            handle = os.open(lock, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        except OSError as error:
            raise StoreError(Message("errors.at", place=store, message=reason(error))) from error
        try:
            _take(handle)
            if lock.exists() and os.path.samestat(os.fstat(handle), lock.stat()):
                with suppress(OSError):  # a full disk: it is held, and only nobody can read by whom
                    os.ftruncate(handle, 0)
                    os.write(handle, _holder(os.getpid(), socket.gethostname()).encode())
                return handle
        except BlockingIOError:
            holder = os.pread(handle, HOLDER_MAX, 0).decode(errors="replace").strip()
            os.close(handle)
            raise StoreError(Message("store_errors.being_written", store=store, holder=_known(holder))) from None
        except OSError as error:
            os.close(handle)
            raise StoreError(Message("store_errors.no_locks", store=store, reason=words_of(error))) from error
        os.close(handle)  # it was taken away meanwhile: the next one counts


def _holder(number: object, machine: str) -> Message:
    return Message("store_errors.holder", number=number, machine=machine)


def _known(holder: str) -> str:
    """Who holds a lock, by what stands in it: the English text of :func:`_holder`."""
    found = re.fullmatch(r"process (\d+) on (.+)", holder)
    return _holder(*found.groups()) if found else holder or "?"


def _take(handle: int) -> None:
    if fcntl is not None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
