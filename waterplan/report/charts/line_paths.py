"""The lines of withdrawal year by year, and the texts at their ends."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from waterplan.base import palette
from waterplan.planning.model.flows import Array
from waterplan.planning.plan.lines import FROZEN, MARKET, PLANNED, TURNOVER, Lines
from waterplan.planning.plan.plan import Plan
from waterplan.report.charts.chart_words import Words

LINE_COLOURS = {
    FROZEN: palette.MUTED,
    TURNOVER: "#b8860b",
    MARKET: "#a03b12",
    PLANNED: palette.ACCENT,
}
ABOVE, OVER, BELOW, UNDER = 0.06, 0.2, -0.12, -0.17  # of the height: where a text stands beside the end of its line
APART, CLOSE = 0.1, 0.3  # of the height: between two texts; lines nearer to one another have no text between them


def line_paths(plan: Plan, lines: Lines | None = None) -> dict[str, Array]:
    """Withdrawal in each year [hm3/a], line by line: what sets a line apart from frozen efficiency grows evenly."""
    d = plan.dataset
    frozen = np.asarray(d["reference_path"].values, dtype=float)
    passed = np.arange(len(frozen)) / max(len(frozen) - 1, 1)
    paths = {FROZEN: frozen}
    for name in (TURNOVER, MARKET):
        if lines is not None and name in lines.table:
            paths[name] = frozen - passed * (lines.total(FROZEN) - lines.total(name))
    return {**paths, PLANNED: np.asarray(d["planned_path"].values, dtype=float)}


def path_ends(words: Words, paths: Mapping[str, Array], factor: float, spread: float) -> pd.DataFrame:
    """What stands at the end of each line: above the highest, below the lowest, none on another."""
    last = {name: float(path[-1]) * factor for name, path in paths.items()}
    names, rows, under = sorted(last, key=lambda one: -last[one]), [], np.inf
    for n, name in enumerate(names):
        beside = BELOW
        if n == 0:
            beside = ABOVE
        elif n < len(names) - 1 and paths[name][-1] >= paths[name][0]:
            beside = UNDER
        elif n < len(names) - 1 and last[name] - last[names[n + 1]] < CLOSE * spread:
            beside = OVER
        under = min(last[name] + beside * spread, under - APART * spread)
        rows.append((name, under))
    order = dict(rows)
    said = {FROZEN: "reference", PLANNED: "planned"}
    ends = pd.DataFrame({"year": words.plan.study.target_year, "name": list(paths)})
    ends["at"] = [order[name] for name in paths]
    ends["text"] = [
        f"{words.say(said.get(name, name))} {words.amount('hm3/a', float(paths[name][-1]))}" for name in paths
    ]
    return ends
