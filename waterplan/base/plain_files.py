"""The content of plain files: nothing that a reader could wait for, and nothing larger than it may be."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from waterplan.base.messages import Message

WORDS = ("EACCES", "EPERM", "EIO", "ENOSPC", "EDQUOT", "EFBIG", "EROFS", "ENAMETOOLONG", "ELOOP", "ENOENT", "ENOTDIR",
         "EADDRINUSE", "EADDRNOTAVAIL", "EBADF", "ESTALE", "EMFILE", "EINVAL")  # fmt: skip


class NotPlainError(OSError):
    """What stands there is a folder, a pipe, a socket, a device or, where none is followed, a link."""


class TooLargeError(OSError):
    """The file is larger than any that may be read here: ``size`` bytes, or at least so many, and ``most`` may be."""

    size = most = 0


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
            raise NotPlainError(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(most + 1) if found.st_size <= most else b""
    finally:
        os.close(handle)
    if max(found.st_size, len(content)) > most:
        too_large = TooLargeError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
        too_large.size, too_large.most = max(found.st_size, len(content)), most
        raise too_large
    return content


def is_plain(path: Path) -> bool:
    """Whether a plain file stands at a path, and no link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def why_unreadable(error: OSError) -> Message:
    """Why a file could not be read, as a sentence: the one way in which every reader says it.

    >>> why_unreadable(PermissionError(errno.EACCES, "Permission denied"))
    'cannot be read: Permission denied.'
    """
    if isinstance(error, TooLargeError):
        return Message("files.too_large_to_read", size=f"{error.size:,}", most=f"{error.most:,}")
    if isinstance(error, NotPlainError):
        return Message("files.unreadable", reason=Message("files.not_plain"))
    return Message("files.unreadable", reason=words_of(error))


def words_of(error: OSError) -> Message:
    """What the system complains of, in a few words: in Chinese too where it is a usual one.

    >>> words_of(OSError(errno.ENOSPC, "")).text("zh")
    '磁盘空间已满'
    """
    name = errno.errorcode.get(error.errno or 0, "")
    if name in WORDS:
        return Message(f"files.system_{name}")
    return Message("files.system_other", words=error.strerror or str(error))
