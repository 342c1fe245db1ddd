"""Files that are either whole or not there."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from waterplan.errors import DataError, Problem


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file beside its place and then moves it there: a reader sees the old one or the new one, never half.

    Raises DataError when that cannot be done.
    """
    if path.is_dir():
        raise cannot_write(path, "this is a folder. Give the name of a file in it.")
    if not path.parent.is_dir():
        raise cannot_write(path, f'there is no folder "{path.parent}". Make it first, or give another path.')
    beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.part")
    try:
        with beside.open("xb") as file:
            file.write(content)
        os.replace(beside, path)
    except OSError as error:
        raise cannot_write(path, f"cannot be written here: {error.strerror}. Give another path.") from None
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def make_folder(path: Path) -> None:
    """Makes a folder and those above it, if they are not there. Raises DataError when that cannot be done."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise cannot_write(path, "this is a file, and a folder is needed. Give another path.") from None
    except OSError as error:
        raise cannot_write(path, f"cannot be made here: {error.strerror}. Give another path.") from None


def cannot_write(path: Path, message: str) -> DataError:
    """The error that says so, with the path."""
    return DataError([Problem(str(path), 0, "", message)])
