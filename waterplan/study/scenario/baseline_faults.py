"""Levers that need figures which a study may leave out: plants that close and new ones, barriers, growth of value
added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from waterplan.base.errors import Problem
from waterplan.base.messages import Message
from waterplan.study.scenario.scenario_file import Places, problem_at
from waterplan.study.study import Study
from waterplan.study.tables.schema import PARTS

PARTS_OF = {"turnover": ("turnover",), "market": ("turnover", "market")}  # of each baseline


def without_figures(study: Study, levers: Mapping[str, Any], places: Places) -> list[Problem]:
    """What levers, each with its value, ask of a study that does not have the figures for it."""
    return [
        problem_at(places, f"levers.{name}", Message("scenario.without_figures", words=missing))
        for name, missing in _missing(study, levers)
        if missing
    ]


def _missing(study: Study, levers: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    yield "baseline", [name for part in PARTS_OF.get(levers["baseline"], ()) for name in lacking(study, part)]
    if levers["value_added_cut"] > 0:
        yield "value_added_cut", lacking(study, "value_added")


def lacking(study: Study, part: str) -> list[str]:
    """The inputs of a part that a study does not tell for every label; a study without groups has no barrier."""
    values = study.numbers["value"]
    return [name for name in PARTS[part] if not values[name].size or np.isnan(values[name]).any()]
