"""Lists of digests that stand in a store: of the files that it was made with, and of each chunk when it was done.

A list has the form that ``sha256sum --check`` reads, with a first line that is the digest of the others: so that a
file that changed, or is lost, is found out, in a list too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from waterplan.base.plain_files import NotPlainError, TooLargeError, read_plain
from waterplan.planning.batch.placement import place

FOLDER = ".digests"
MADE = "made"  # the list of what a store was made with
HEAD = "# "
BYTES_MAX = 50_000_000


class DamageError(Exception):
    """A file is not as it was written, or lost; says which, relative to the store."""

    def __init__(self, file: str):
        super().__init__(file)
        self.file = file


def digest_of(content: bytes) -> str:
    """SHA-256 of a file's content."""
    return hashlib.sha256(content).hexdigest()


def write_list(store: Path, name: str, digests: Mapping[str, str]) -> None:
    """Writes a list of digests by file. Raises OSError."""
    body = "".join(f"{digest}  {file}\n" for file, digest in sorted(digests.items())).encode()
    place(store, f"{FOLDER}/{name}", f"{HEAD}{digest_of(body)}\n".encode() + body)


def read_list(store: Path, name: str) -> dict[str, str] | None:
    """The digests of a list by file; None where there is no such list. Raises DamageError when it is not whole."""
    file = store / FOLDER / name
    try:
        if (store / FOLDER).is_symlink():
            raise DamageError(f"{FOLDER}/{name}")
        head, _, body = read_plain(file, BYTES_MAX, is_link_followed=False).partition(b"\n")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (NotPlainError, TooLargeError):
        raise DamageError(f"{FOLDER}/{name}") from None
    if head != f"{HEAD}{digest_of(body)}".encode():
        raise DamageError(f"{FOLDER}/{name}")
    rows = (line.partition("  ") for line in body.decode().splitlines())
    return {file: digest for digest, _, file in rows}


def list_below(store: Path, folder: Path) -> dict[str, str]:
    """Digests of all files below a folder of a store, by their names in the store."""
    files = (file for file in folder.rglob("*") if file.is_file() and FOLDER not in file.relative_to(store).parts)
    return {file.relative_to(store).as_posix(): digest_of(file.read_bytes()) for file in files}


def links_in(store: Path) -> list[Path]:
    """What stands in a store and leads elsewhere."""
    return [file for file in store.iterdir() if file.is_symlink()]


def stands(file: Path, digest: str, most: int) -> bool:
    """Whether a file of at most so many bytes is there as it was written."""
    try:
        return digest_of(read_plain(file, most, is_link_followed=False)) == digest
    except OSError:
        return False
