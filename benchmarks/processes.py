"""A second process: from its start to the first light result."""

from __future__ import annotations

from measuring import in_new_process, shown, table

from waterplan.study.study import Study

PEERS = "import pandas, xarray, highspy"
FIRST = """
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Scenario
from waterplan.study.study import open_study
Planner(open_study("china-2015")).solve(Scenario())
"""


def run(study: Study, quick: bool) -> str:
    """The section of RESULTS.md."""
    repeats = 3 if quick else 7
    peers, first = in_new_process(PEERS, repeats), in_new_process(FIRST, repeats)
    ratio = first.processor / peers.processor
    body = table(
        ("new process", "wall, median", "fastest to slowest", "processor"),
        [
            (name, shown(t.wall), f"{shown(t.least)} to {shown(t.most)}", shown(t.processor))
            for name, t in (("imports pandas, xarray and highspy", peers), ("to the first light result", first))
        ],
    )
    return (
        f"## A second process\n\n{body}\n\nRatio of processor time {ratio:.2f} (bar: within 2x: "
        f"{'met' if ratio <= 2 else '**missed**'}).\n"
    )
