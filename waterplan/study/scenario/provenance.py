"""Where a scenario's figures come from: the study's rows, and those that an override has taken the place of.

A row that a scenario sets has the override's figure, basis, source and note; ``file`` and ``row`` say where the
override stands and ``written`` what is written there. What the study has instead is in the columns ``study_value``,
``study_basis`` ..., which are there only where a scenario has overrides.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from waterplan.base.vocabulary import term
from waterplan.study.scenario.overrides import Override
from waterplan.study.scenario.own_study import apply
from waterplan.study.study import Study, Trace, row_of_input
from waterplan.study.tables.bundle import NUMBERS, ROWS

if TYPE_CHECKING:
    import pandas as pd

KEPT = (*NUMBERS, "basis", "source", "note", "file", "row", "written")


def rows_of(study: Study, overrides: tuple[Override, ...]) -> pd.DataFrame:
    """The study's rows with overrides in them; the study's own frame if there are none. Raises ScenarioError."""
    if not overrides:
        return study.rows
    at, changed = _changed(study, overrides)
    return study.rows.assign(**_with({name: study.rows[name].to_numpy() for name in KEPT}, at, changed))


def columns_of(study: Study, overrides: tuple[Override, ...], names: Sequence[str]) -> dict[str, np.ndarray]:
    """Columns of the same rows as plain arrays."""
    columns = {name: study.column(ROWS, name) for name in names}
    if not overrides:
        return columns
    at, changed = _changed(study, overrides)
    here = {name: columns[name] for name in names if name in KEPT}
    found = _with(here, at, {name: changed[name] for name in here})
    return columns | {name: found[name] for name in here}


def _changed(study: Study, overrides: tuple[Override, ...]) -> tuple[np.ndarray, dict[str, list[Any]]]:
    """The places of the rows that overrides set, and what then stands in their columns."""
    applied = apply(study, overrides)
    at: list[int] = []
    by: list[int] = []
    numbers: dict[str, list[float]] = {name: [] for name in NUMBERS}
    for name, change in applied.changes.items():
        writers = change.places
        place = _places(study, name)
        at += [place[cell] for cell in writers]
        by += writers.values()
        for column in NUMBERS:
            array = getattr(change, column)
            numbers[column] += [float(array[cell]) for cell in writers]
    written = {column: [_written(overrides[n])[column] for n in by] for column in KEPT if column not in NUMBERS}
    return np.array(at, dtype=np.int64), numbers | written


def _with(rows: dict[str, np.ndarray], at: np.ndarray, changed: dict[str, list[Any]]) -> dict[str, np.ndarray]:
    """Columns with other content at some places, and beside it what stood there; nothing where nothing changed."""
    columns: dict[str, np.ndarray] = {}
    for name, before in rows.items():
        nothing = np.full(len(before), np.nan if name in NUMBERS else 0 if name == "row" else "", dtype=before.dtype)
        nothing[at] = before[at]
        after = before.copy()
        after[at] = changed[name]
        columns |= {name: after, f"study_{name}": nothing}
    return columns


def _places(study: Study, name: str) -> dict[tuple[int, ...], int]:
    """The place among the study's rows of each cell of an input."""
    dims = term(name).dims
    at = np.flatnonzero(study.column(ROWS, "name") == name)
    if not dims:
        return {(): int(at[0])}
    place = {dim: {label: n for n, label in enumerate(study.labels[dim])} for dim in dims}
    cells = [[place[dim][str(label)] for label in study.column(ROWS, dim)[at]] for dim in dims]
    return dict(zip(zip(*cells, strict=True), at.tolist(), strict=True))


def _written(override: Override) -> dict[str, Any]:
    """What a row says of the override that set it."""
    figure = f"{override.value:.10g} {override.unit}" if override.factor is None else f"× {override.factor:.10g}"
    return {
        "basis": override.basis,
        "source": override.source,
        "note": override.note,
        "file": f"{Path(override.file).name or 'scenario'}, {override.place}",  # like tables, without the folder
        "row": override.row,
        "written": figure,
    }


def trace(study: Study, overrides: Sequence[Override], name: str, **labels: str) -> Trace:
    """The row of an input in a scenario and its source. Raises WaterplanError like :meth:`Study.trace`."""
    row = row_of_input(study, rows_of(study, tuple(overrides)), name, labels)
    return Trace(row, study.source(str(row["source"])))
