"""Files damaged as disks and hands do it, each kind with its own seeded places."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np


def flipped(content: bytes, rng: np.random.Generator) -> bytes:
    """One bit is another."""
    changed = bytearray(content)
    changed[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def truncated(content: bytes, rng: np.random.Generator) -> bytes:
    """The end is missing."""
    return content[: rng.integers(len(content))]


def zeroed(content: bytes, rng: np.random.Generator) -> bytes:
    """A block is nought."""
    first, size = int(rng.integers(len(content))), 512
    return content[:first] + bytes(len(content[first : first + size])) + content[first + size :]


def deleted(content: bytes, rng: np.random.Generator) -> None:
    """The file is gone."""


KINDS = {"flipped": flipped, "truncated": truncated, "zeroed": zeroed, "deleted": deleted}


@contextmanager
def damaged(file: Path, kind: str, rng: np.random.Generator) -> Iterator[bool]:
    """While a file is damaged; whether anything about it is another."""
    before = file.read_bytes()
    after = KINDS[kind](before, rng)
    try:
        file.unlink() if after is None else file.write_bytes(after)
        yield after != before
    finally:
        file.write_bytes(before)


def drawn(files: list[Path], count: int, rng: np.random.Generator) -> list[Path]:
    """Files by chance, each as often as its bytes weigh, and half of them whatever their size."""
    size = np.array([file.stat().st_size for file in files], dtype=float)
    share = 0.5 * size / size.sum() + 0.5 * (size > 0) / (size > 0).sum()
    return [files[n] for n in rng.choice(len(files), count, p=share)]
