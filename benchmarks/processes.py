"""A new process: from its start to the first light result, and to the printed page of a certified plan."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from measuring import Timing, in_new_process, output_of, shown, table, timed

from waterplan.study.study import Study, shipped

PEERS = "import numpy, pandas, xarray"
FIRST = """
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Scenario
from waterplan.study.study import open_study
Planner(open_study("china-2015")).solve(Scenario())
"""
COMMAND = """
import sys
from waterplan.cli import main
assert main({words!r}) == 0
with open("/proc/self/status") as status:  # ru_maxrss of a child begins at what its parent once had
    print("peak", next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""
PLAN = ["plan", "reference", "--no-confirm"]


def run(study: Study, quick: bool) -> str:
    """The section of RESULTS.md."""
    repeats = 3 if quick else 7
    peers, first = in_new_process(PEERS, repeats), in_new_process(FIRST, repeats)
    plan, memory = command(PLAN, repeats)
    judged, memory_of_judge = command(["plan", "reference"], repeats)
    own, memory_of_own = command_on_a_new_study(repeats)
    rows: list[tuple[str, Timing, str, float | None]] = [
        ("imports numpy, pandas and xarray", peers, "", None),
        ("to the first light result", first, "", 1.0),
        ("`waterplan plan --no-confirm`: page and certificate", plan, f"{memory:.0f}", 1.5),
        ("the same, confirmed by the judge", judged, f"{memory_of_judge:.0f}", None),
        ("the same without the judge, an own study's first run", own, f"{memory_of_own:.0f}", None),
    ]
    body = table(
        ("new process", "wall, median", "processor", "of the imports (processor)", "bar", "peak, MiB"),
        [(name, shown(t.wall), shown(t.processor), f"{t.processor / peers.processor:.2f}",
          "" if bar is None else bar_of(t, peers, bar), peak) for name, t, peak, bar in rows],
    )  # fmt: skip
    more = own.processor - plan.processor
    return (
        f"## A new process\n\n{body}\n\nThe first run of an own study, whose tables are then read and checked, takes "
        f"{shown(more)} of processor time more (bar: 500 ms: {'met' if more <= 0.5 else '**missed**'}).\n"
    )


def bar_of(timing: Timing, peers: Timing, bar: float) -> str:
    """The bar, and whether it is met."""
    return f"{bar}: {'met' if timing.processor <= bar * peers.processor else '**missed**'}"


def command(words: list[str], repeats: int, prepare: str = "") -> tuple[Timing, float]:
    """A command in a new process: time and peak memory [MiB]."""
    peaks: list[str] = []
    code = prepare + COMMAND.format(words=words)
    seconds = timed(lambda _: peaks.append(output_of([sys.executable, "-c", code]).split()[-1]), repeats)
    return seconds, max(float(peak) for peak in peaks) / 1024


def command_on_a_new_study(repeats: int) -> tuple[Timing, float]:
    """The command on a copy of the shipped study, whose bundle is not there yet."""
    with tempfile.TemporaryDirectory() as place:
        folder = shutil.copytree(shipped(), Path(place, "own"))
        cache = f"import os; os.environ['XDG_CACHE_HOME'] = {place!r} + '/cache-' + str(os.getpid())\n"
        assert os.name == "posix"
        return command([*PLAN, "--study", str(folder)], repeats, cache)
