"""Where the time of one answer goes."""

from __future__ import annotations

import cProfile
import pstats
from pathlib import Path

from measuring import table
from moves import MOVES

from waterplan.planning.planner.planner import Planner
from waterplan.study.study import Study

PACKAGE = "waterplan"
MOST = 12


def run(study: Study, quick: bool) -> str:
    """The section of RESULTS.md: own time by function after a price lever, a coefficient lever, an override and with
    floors and all limits."""
    planner, parts = Planner(study), ["## Where the time goes\n"]
    for place, count in ((0, 40), (3, 40), (7, 40), (8, 8), (11, 8)):
        move = MOVES[place]
        planner.solve(move.question(0))
        profile = cProfile.Profile()
        for number in range(1, (count // 4 if quick else count) + 1):
            question = move.question(number)
            profile.enable()
            planner.solve(question, 1.06)
            profile.disable()
        parts.append(_shares(move.name, pstats.Stats(profile)))
    return "\n".join(parts)


def _shares(name: str, stats: pstats.Stats) -> str:
    total = sum(row[2] for row in stats.stats.values())  # type: ignore[attr-defined]
    rows = sorted(
        ((own / total, path, function) for (path, _, function), (_, _, own, _, _) in stats.stats.items()),
        reverse=True,  # type: ignore[attr-defined]
    )
    shown = [(f"{share:.0%}", f"{_place(path)}{function}") for share, path, function in rows[:MOST]]
    return f"After: {name}\n\n{table(('own time', 'where'), shown)}\n"


def _place(path: str) -> str:
    parts = Path(path).with_suffix("").parts
    if PACKAGE in parts:
        return ".".join(parts[len(parts) - 1 - parts[::-1].index(PACKAGE) :]) + "."
    return f"{parts[-1]}." if len(parts) > 1 else ""
