"""Compilation of the kernel, kept between processes.

The compiled code lies in the user's cache folder under a digest of the kernel's own source, so that it can never be
stale: neither after an upgrade nor when the package stands in a read-only place. ``NUMBA_CACHE_DIR`` is respected.
Where nothing can be written, each process compiles anew.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs
from numba import config, njit


def _folder() -> str:
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return str(Path(platformdirs.user_cache_dir("waterplan", appauthor=False)) / f"kernel-{digest.hexdigest()[:16]}")


FOLDER = config.CACHE_DIR or _folder()


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


def _decorator(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    def decorate(function: Callable[..., Any]) -> Any:
        before = config.CACHE_DIR
        config.CACHE_DIR = FOLDER
        try:
            return njit(cache=keeps_code(), error_model="numpy", **options)(function)
        finally:
            config.CACHE_DIR = before

    return decorate


compiled = _decorator()
released = _decorator(nogil=True)  # other threads run meanwhile
inlined = _decorator(inline="always")


def is_compiled() -> bool:
    """Whether a process before this one has left compiled code; the first answer takes half a minute otherwise."""
    return keeps_code() and any(Path(FOLDER).rglob("*.nbc"))
