"""The arrays of a chunk as the bytes of its files: compressed by who planned it, so that only writing is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from numcodecs import Blosc, blosc

from waterplan.planning.batch.kept_figures import SCALARS
from waterplan.planning.batch.worker import Chunk, Solver

CODEC = Blosc(cname="zstd", clevel=3, shuffle=Blosc.SHUFFLE)
blosc.use_threads = False  # a worker has one core

Planned = tuple[dict[str, bytes], dict[str, int]]


def planned(solver: Solver, chunk: Chunk, length: int) -> Planned:
    """A chunk planned: its bytes, and how many of its runs ended in which state."""
    return packed(solver.solve(chunk), length, solver.keep.dtype)


def packed(arrays: Mapping[str, np.ndarray], length: int, dtype: str) -> Planned:
    """The arrays of a chunk as bytes, and how many of its runs are in which state."""
    return encoded(arrays, length, dtype), dict(Counter(map(str, arrays["state"])))


def encoded(arrays: Mapping[str, np.ndarray], length: int, dtype: str) -> dict[str, bytes]:
    """The arrays of a chunk as the bytes that stand in its files; a last chunk is filled up."""
    out = {}
    for name, array in arrays.items():
        kept = array.astype(dtype_of(name, array.dtype, dtype), copy=False)
        if len(kept) < length:
            kept = np.concatenate([kept, np.zeros((length - len(kept), *kept.shape[1:]), kept.dtype)])
        out[name] = bytes(CODEC.encode(np.ascontiguousarray(kept)))
    return out


def dtype_of(name: str, given: Any, dtype: str) -> np.dtype:
    """How an array is kept: single figures and words as they are, what has labels as the design says."""
    found = np.dtype(given)
    return found if found.kind != "f" or name in SCALARS or name == "attainable" else np.dtype(dtype)
