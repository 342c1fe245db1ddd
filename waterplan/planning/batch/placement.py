"""Files put into a store, whatever stands in their place."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from waterplan.base.messages import Message
from waterplan.base.whole_files import put
from waterplan.planning.batch.lock import StoreError


def place(store: Path, name: str, content: bytes) -> None:
    """Writes a file of a store. An empty folder that stands there goes; raises StoreError that names one that is not.

    Raises OSError, such as on a full disk. A power cut that comes next may leave another content, which the reader
    finds out.
    """
    goal = store / name
    if goal.parent.is_symlink() or not goal.parent.is_dir():
        with suppress(FileExistsError):
            goal.parent.mkdir()
        if not goal.parent.is_dir():
            raise _in_the_way(goal.parent)
    if goal.is_dir() and not goal.is_symlink():
        try:
            goal.rmdir()
        except OSError:
            raise _in_the_way(goal) from None
    put(goal, content, is_lasting=False)


def _in_the_way(path: Path) -> StoreError:
    return StoreError(Message("store_errors.in_the_way", path=path))
