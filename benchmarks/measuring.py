"""How things are timed: medians of wall and processor time, and the rows of a table."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Median wall and processor seconds of some repeats, and the quickest and slowest wall time."""

    wall: float
    processor: float
    least: float
    most: float
    repeats: int

    def __str__(self) -> str:
        return shown(self.wall)


def timed(work: Callable[[int], object], repeats: int, warm_up: int = 1) -> Timing:
    """Calls ``work`` with 0, 1, 2 ...; the first calls are not counted."""
    walls, processors = [], []
    for number in range(warm_up + repeats):
        gc.collect()
        wall, processor = time.perf_counter(), _processor()
        work(number)
        if number >= warm_up:
            walls.append(time.perf_counter() - wall)
            processors.append(_processor() - processor)
    return Timing(statistics.median(walls), statistics.median(processors), min(walls), max(walls), repeats)


def in_a_row(work: Callable[[int], object], repeats: int, warm_up: int = 1) -> Timing:
    """Calls ``work`` with 0, 1, 2 ... one after the other, the collector as it comes: its runs are in the mean of
    processor time."""
    walls = []
    for number in range(warm_up):
        work(number)
    gc.collect()
    processor = _processor()
    for number in range(warm_up, warm_up + repeats):
        wall = time.perf_counter()
        work(number)
        walls.append(time.perf_counter() - wall)
    mean = (_processor() - processor) / repeats
    return Timing(statistics.median(walls), mean, min(walls), max(walls), repeats)


def _processor() -> float:
    """Processor seconds of this process and of those that it has started and waited for."""
    used = os.times()
    return time.process_time() + used.children_user + used.children_system


def in_new_process(code: str, repeats: int) -> Timing:
    """A fresh interpreter that runs ``code``, from its start to its end."""
    return timed(lambda _: subprocess.run([sys.executable, "-c", code], check=True, capture_output=True), repeats)


def output_of(arguments: Sequence[str]) -> str:
    """What a command prints."""
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout


def shown(seconds: float) -> str:
    """Seconds in a unit that suits them, three digits."""
    if seconds >= 100:
        return f"{seconds:.0f} s"
    return f"{seconds:.3g} s" if seconds >= 1 else f"{1e3 * seconds:.3g} ms"


def times(ratio: float) -> str:
    """A ratio with two or three digits."""
    return f"{ratio:.0f}x" if ratio >= 10 else f"{ratio:.1f}x"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
