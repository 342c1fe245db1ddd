"""The planning problem as matrices, straight from the packed arrays: what the Pyomo model says, row by row.

Each family of rows stands under the name of the function that states it in Pyomo, in the same order and with the same
numbers; a test holds both against each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from waterplan.planning.model.decision_costs import decision_costs
from waterplan.planning.model.flows import Array
from waterplan.planning.model.row_families import FAMILIES, ColumnPlaces, Entries
from waterplan.planning.model.scenario_numbers import Given
from waterplan.planning.model.structure import Index

RowPlaces = dict[str, dict[object, int]]


class Columnwise(Protocol):
    """A sparse matrix column by column, as scipy has it."""

    shape: Any
    indptr: Any
    indices: Any
    data: Any


@dataclass(frozen=True)
class Compiled:
    """A model as matrices: least ``cost @ x``, ``row_lower <= matrix @ x <= row_upper``, ``lower <= x <= upper``.

    Columns stand in packed order: step, site_saving, supply, then the flows after levels 1 and 2. ``rows`` tells the
    row of each constraint: family, then label; of a model that was not built in Pyomo, of limits on the whole only.
    counted_from: the withdrawal that the target counts from [hm3/a].
    """

    cost: Array
    matrix: Columnwise
    row_lower: Array
    row_upper: Array
    lower: Array
    upper: Array
    rows: RowPlaces
    counted_from: float

    def reduced(self, row_duals: Array) -> Array:
        """Cost of each column less what its entries are worth at some row duals."""
        m = self.matrix
        column = np.repeat(np.arange(m.shape[1]), np.diff(m.indptr))
        return self.cost - np.bincount(column, m.data * row_duals[m.indices], minlength=m.shape[1])

    def row(self, number: int) -> Array:
        """The entries of a row, of all columns."""
        m, entries = self.matrix, np.zeros(self.matrix.shape[1])
        at = np.flatnonzero(m.indices == number)
        entries[np.searchsorted(m.indptr, at, side="right") - 1] = m.data[at]
        return entries


@dataclass
class _Matrix:
    shape: tuple[int, int]
    indptr: Index
    indices: Index
    data: Array

    @property
    def nnz(self) -> int:
        return len(self.data)


def build_matrices(given: Given) -> Compiled:
    """The planning problem of a scenario as matrices, as :func:`compile_model` has it of the Pyomo model."""
    at, flows, s = ColumnPlaces(given), given.flows, given.structure
    parts: dict[str, Entries] = {}
    for family in FAMILIES:
        entries = family(at)
        if entries is not None and len(entries.bound):
            parts[family.__name__] = entries
    begin: list[int] = []
    rows: RowPlaces = {}
    count = 0
    for name, part in parts.items():
        begin.append(count)
        if part.labels:
            rows[name] = {label: count + n for n, label in enumerate(part.labels)}
        count += len(part.bound)
    row = np.concatenate([first + part.row for first, part in zip(begin, parts.values(), strict=True)])
    column, value = (np.concatenate([part[n] for part in parts.values()]) for n in (1, 2))
    bound = np.concatenate([part.bound for part in parts.values()])
    sense = np.concatenate([np.full(len(part.bound), part.sense) for part in parts.values()])
    after_uses, after_site = flows.after_uses(s), flows.after_site(s)
    reach = flows.added_share[given.step_app] * flows.gross_flow[s.local_step_local]
    site = flows.site_reach(s)
    supply = flows.supply_reach(s) * given.supply_is_available
    columns = int(at.starts[-1])
    return Compiled(
        cost=np.concatenate([*decision_costs(given), np.zeros(2 * len(after_uses))]),
        matrix=_columnwise(row, column, value, (count, columns)),
        row_lower=np.where(sense <= 0, bound, -np.inf),
        row_upper=np.where(sense >= 0, bound, np.inf),
        lower=np.zeros(columns),
        upper=np.maximum(np.concatenate([reach, site, supply, after_uses, after_site]), 0.0),
        rows=rows,
        counted_from=given.counted_from,
    )


def _columnwise(row: Index, column: Index, value: Array, shape: tuple[int, int]) -> _Matrix:
    order = np.lexsort((row, column))
    order = order[value[order] != 0]
    starts = np.concatenate([[0], np.cumsum(np.bincount(column[order], minlength=shape[1]))])
    return _Matrix(shape, starts, row[order], value[order])
