"""Files that are either whole or not there: the one way in which waterplan writes a file.

Written beside its place under a name that nobody can foresee, and moved there at the end: a reader sees the old file or
the new one, and what stood there stands unharmed when the disk is full or the writer is stopped. A link in the place is
replaced and never followed; a file that is replaced keeps its permissions.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from waterplan.base.errors import OutputError, Problem
from waterplan.base.messages import Message
from waterplan.base.plain_files import words_of

NAME_MAX = 40  # signs of a name that are repeated beside it; in any script a name is then short enough
PART = ".part"  # the end of the name of what is not whole yet
DATABASE = b"SQLite format 3\0"  # what a database of SQLite begins with
BESIDE_DATABASE = ("-wal", "-shm", "-journal")  # what SQLite puts beside a file, with parts of its content
TABLES = (".csv", ".toml")  # files of a folder that is read as a whole
REASONS = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EFBIG: "too_large",
    errno.EACCES: "not_allowed",
    errno.EPERM: "not_allowed",
    errno.EROFS: "read_only",
    errno.ENAMETOOLONG: "name_too_long",
}


def write_whole(path: str | Path, content: bytes, *, mode: int | None = None) -> None:
    """Writes a file, whole or not at all; what stood there stands until then.

    mode: permissions of the file; without it those of the file that stood there, or the usual ones. Raises OutputError
    that says in words why it cannot be done.
    """
    goal = Path(path)
    with told(goal):
        put(goal, content, mode=mode)


@contextlib.contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """A place to write what is too large to hold; it becomes the file when all went well. Raises OutputError too."""
    goal = Path(path)
    with told(goal):
        beside = _beside(goal)
        try:
            os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
            yield beside
            with beside.open("rb") as file:
                os.fsync(file.fileno())
            _move(beside, goal, None, is_lasting=True)
        finally:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)


def write_together(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Writes files of a folder by their names, all or none; a folder that was made for nothing is taken back.

    Raises OutputError as above.
    """
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    make_folder(folder)
    try:
        with contextlib.ExitStack() as written:
            parts = [(_part(folder / name, content, written), folder / name)
                     for name, content in contents.items()]  # fmt: skip
            for part, goal in parts:
                with told(goal):
                    _move(part, goal, None, is_lasting=True)
    except BaseException:
        with contextlib.suppress(OSError):  # what is not empty stays
            for place in missing:
                place.rmdir()
        raise


def _part(goal: Path, content: bytes, written: contextlib.ExitStack) -> Path:
    with told(goal):
        return written.enter_context(_written(goal, content, None, is_lasting=True))


def put(path: Path, content: bytes, *, mode: int | None = None, is_lasting: bool = True) -> None:
    """Writes a file whole. Raises OSError as the system says it.

    is_lasting: the file outlives a power cut that comes next; without it such a cut may leave another content, which
    is for files whose reader finds that out.
    """
    with _written(path, content, mode, is_lasting) as beside:
        _move(beside, path, mode, is_lasting)


@contextlib.contextmanager
def _written(path: Path, content: bytes, mode: int | None, is_lasting: bool) -> Iterator[Path]:
    """The content beside its place, until it is moved there or given up."""
    beside = _beside(path)
    try:
        handle = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666 if mode is None else mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if is_lasting:
                file.flush()
                os.fsync(file.fileno())
        yield beside
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def put_new(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Writes a file whole where none stands. Raises OSError, FileExistsError where one does."""
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666 if mode is None else mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def make_folder(path: Path) -> None:
    """Makes a folder and those above it, if they are not there. Raises OutputError when that cannot be done."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise cannot_write(path, Message("files.not_a_folder")) from None
    except OSError as error:
        raise cannot_write(path, reason(error)) from None


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """While a file is written: refuses a place where none can stand, and tells what the system complains of."""
    check_place(path)
    try:
        yield
    except OSError as error:
        raise cannot_write(path, reason(error)) from error


def check_place(path: Path) -> None:
    """Raises OutputError for a place where no file can be written, as far as that is seen before it is."""
    with _looked_at(path):
        if path.is_dir():
            raise cannot_write(path, Message("files.is_a_folder"))
        if path.exists() and not path.is_file():
            raise cannot_write(path, Message("files.no_plain_file"))
        if not path.parent.is_dir():
            raise cannot_write(path, Message("files.no_folder", folder=path.parent))
        if _is_database(path):
            raise cannot_write(path, Message("files.is_a_database"))
        _check_right(path.parent)


def check_folder(path: Path) -> None:
    """Raises OutputError for a place where no folder of files can be written, as far as that is seen before it is."""
    with _looked_at(path):
        there = next(place for place in (path.absolute(), *path.absolute().parents) if place.exists())
        if not there.is_dir():
            raise cannot_write(path, Message("files.not_a_folder"))
        _check_right(there)


@contextlib.contextmanager
def _looked_at(path: Path) -> Iterator[None]:
    """While a place is looked at: refuses what is no name of one, and tells what the system complains of."""
    if "\0" in str(path):
        raise cannot_write(path, Message("files.no_zero_byte"))
    try:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            path.lstat()  # a name that is too long
        yield
    except OSError as error:
        raise cannot_write(path, reason(error)) from error


def _check_right(folder: Path) -> None:
    """Raises OSError as the system would for what is written in a folder."""
    if not os.access(folder, os.W_OK):
        is_read_only = os.name == "posix" and os.statvfs(folder).f_flag & os.ST_RDONLY
        code = errno.EROFS if is_read_only else errno.EACCES
        raise OSError(code, os.strerror(code))


def is_input(place: Path, inputs: Iterable[str | Path]) -> bool:
    """Whether what is written at a place would stand where something was read: that file, or a table of that folder."""
    is_table = place.suffix in TABLES and os.path.exists(place)  # which knows no name that is too long
    return any(_is_same(place, one) or (is_table and _is_same(place.parent, one)) for one in inputs)


def _is_same(one: str | Path, other: str | Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):  # one is not there, or no path
        return False


def _is_database(path: Path) -> bool:
    """Whether a database of SQLite stands there, or would lose what stands beside it."""
    for suffix in ("", *BESIDE_DATABASE):
        with contextlib.suppress(OSError):
            if path.name.endswith(suffix) and Path(str(path).removesuffix(suffix)).is_file():
                with Path(str(path).removesuffix(suffix)).open("rb") as file:
                    if file.read(len(DATABASE)) == DATABASE:
                        return True
    return False


def reason(error: OSError) -> Message:
    """Why the system did not write, and what to do, in words; not a library's own, which may name other files."""
    return Message(f"files.{REASONS.get(error.errno or 0, 'other')}", reason=words_of(error))


def cannot_write(path: Path, message: Message) -> OutputError:
    """The error that says so, with the path."""
    return OutputError([Problem(str(path), 0, "", message)])


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name[:NAME_MAX]}.{secrets.token_hex(8)}{PART}")


def _move(beside: Path, path: Path, mode: int | None, is_lasting: bool) -> None:
    """Puts what is whole into its place, with the permissions of what stands there where none are given."""
    if mode is None:
        with contextlib.suppress(FileNotFoundError):
            old = path.lstat()
            if stat.S_ISREG(old.st_mode):
                beside.chmod(stat.S_IMODE(old.st_mode))
    os.replace(beside, path)
    if is_lasting and os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            with contextlib.suppress(OSError):  # some file systems know no fsync of a folder
                os.fsync(folder)
        finally:
            os.close(folder)
