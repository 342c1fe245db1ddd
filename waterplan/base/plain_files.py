"""The content of plain files: nothing that a reader could wait for, and nothing larger than it may be."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


class NotPlainError(OSError):
    """What stands there is a folder, a pipe, a socket, a device or, where none is followed, a link."""


class TooLargeError(OSError):
    """The file is larger than any that may be read here: ``size`` bytes, or at least so many."""

    size = 0


def read_plain(path: str | Path, most: int, *, is_link_followed: bool = True) -> bytes:
    """The content of a plain file of at most so many bytes. Raises OSError, of which the two above are kinds.

    Looked at after it is opened, so that nothing else can take its place in between; a pipe is opened without waiting.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if not is_link_followed:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    try:
        handle = os.open(path, flags)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR):  # a link, a socket or a device, a folder
            raise NotPlainError(error.errno, error.strerror, str(path)) from None
        raise
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise NotPlainError(errno.EINVAL, "not a plain file", str(path))
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(most + 1) if found.st_size <= most else b""
    finally:
        os.close(handle)
    if max(found.st_size, len(content)) > most:
        too_large = TooLargeError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
        too_large.size = max(found.st_size, len(content))
        raise too_large
    return content


def is_plain(path: Path) -> bool:
    """Whether a plain file stands at a path, and no link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
