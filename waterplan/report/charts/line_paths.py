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
ABOVE, BELOW, APART = 0.06, -0.12, 0.1  # of the height: where a text stands beside the end of its line


def line_paths(plan: Plan, lines: Lines | None = None) -> dict[str, Array]:
    """Withdrawal in each year [hm3/a], line by line: what sets a line apart from frozen efficiency grows evenly."""
    d = plan.dataset
    frozen = np.asarray(d["reference_path"].values, dtype=float)
    passed = np.arange(len(frozen)) / max(len(frozen) - 1, 1)
    paths = {FROZEN: frozen}
    for name in (TURNOVER, MARKET) if lines is not None else ():
        if name in lines.table:
            paths[name] = frozen - passed * (lines.total(FROZEN) - lines.total(name))
    return {**paths, PLANNED: np.asarray(d["planned_path"].values, dtype=float)}


def path_ends(words: Words, paths: Mapping[str, Array], factor: float, spread: float) -> pd.DataFrame:
    """What stands at the end of each line: the highest above it, the lowest below it, none on another."""
    last = {name: float(path[-1]) * factor for name, path in paths.items()}
    rows, under = [], np.inf
    for name in sorted(last, key=lambda one: -last[one]):
        place = last[name] + (ABOVE if np.isinf(under) else BELOW) * spread
        under = min(place, under - APART * spread)
        rows.append((name, under))
    order = dict(rows)
    said = {FROZEN: "reference", PLANNED: "planned"}
    ends = pd.DataFrame({"year": words.plan.study.target_year, "name": list(paths)})
    ends["at"] = [order[name] for name in paths]
    ends["text"] = [
        f"{words.say(said.get(name, name))} {words.amount('hm3/a', float(paths[name][-1]))}" for name in paths
    ]
    return ends
