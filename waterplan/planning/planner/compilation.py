"""Compilation of the kernel, kept between processes.

The compiled code lies in the user's cache folder under a digest of the kernel's own source, so that it can never be
stale: neither after an upgrade nor when the package stands in a read-only place. ``NUMBA_CACHE_DIR`` is respected.
Each file ends with a digest of itself: what is damaged is compiled again and never run.
Where nothing can be written, each process compiles anew.
"""

from __future__ import annotations

import hashlib
import pickle
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs
from numba import config, njit
from numba.core.caching import IndexDataCacheFile

from waterplan.base.whole_files import put


def _folder() -> str:
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return str(Path(platformdirs.user_cache_dir("waterplan", appauthor=False)) / f"kernel-{digest.hexdigest()[:16]}")


FOLDER = config.CACHE_DIR or _folder()
DIGEST_LENGTH = hashlib.sha256().digest_size


@cache
def keeps_code() -> bool:
    """Whether this process can leave compiled code for the next one."""
    if not Path(FOLDER).is_absolute() and not config.CACHE_DIR:
        return False  # no home: "~" would become a folder of whatever place this runs in
    try:
        Path(FOLDER).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=FOLDER):
            return True
    except OSError:
        return False


class SealedFiles(IndexDataCacheFile):
    """Numba's index and code of one function, each with a digest at its end; a file that has not its own is not there.

    On a full disk nothing is kept, and the code is compiled each time.
    """

    def _load_index(self) -> dict[Any, str]:
        content = _sealed(Path(self._index_path))
        if content is None:
            return {}
        version, stamp, overloads = pickle.loads(content)
        return overloads if (version, stamp) == (self._version, self._source_stamp) else {}

    def _save_index(self, overloads: dict[Any, str]) -> None:
        _seal(Path(self._index_path), pickle.dumps((self._version, self._source_stamp, overloads)))

    def _load_data(self, name: str) -> Any:
        content = _sealed(Path(self._data_path(name)))
        return None if content is None else pickle.loads(content)

    def _save_data(self, name: str, data: Any) -> None:
        _seal(Path(self._data_path(name)), self._dump(data))


def _sealed(file: Path) -> bytes | None:
    try:
        content = file.read_bytes()
    except OSError:
        return None
    body, digest = content[:-DIGEST_LENGTH], content[-DIGEST_LENGTH:]
    return body if hashlib.sha256(body).digest() == digest else None


def _seal(file: Path, content: bytes) -> None:
    with suppress(OSError):
        put(file, content + hashlib.sha256(content).digest(), is_lasting=False)


def _decorator(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    def decorate(function: Callable[..., Any]) -> Any:
        before = config.CACHE_DIR
        config.CACHE_DIR = FOLDER
        try:
            made = njit(cache=keeps_code(), error_model="numpy", **options)(function)
        finally:
            config.CACHE_DIR = before
        kept: Any = getattr(made, "_cache", None)
        if hasattr(kept, "_cache_file"):  # there is none where no folder can be written
            kept._cache_file.__class__ = SealedFiles
        return made

    return decorate


compiled = _decorator()
released = _decorator(nogil=True)  # other threads run meanwhile


def is_compiled() -> bool:
    """Whether a process before this one has left compiled code; the first answer takes half a minute otherwise."""
    return keeps_code() and any(Path(FOLDER).rglob("*.nbc"))
