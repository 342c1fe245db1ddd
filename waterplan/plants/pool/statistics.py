"""What is answered: the told deciles of the cell that holds a product, route and size class, and a place among them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from waterplan.plants.pool.deciles import Deciles, place_among
from waterplan.plants.pool.parts import PlantYear
from waterplan.plants.pool.points import Leaf
from waterplan.plants.pool.pool_cells import TOO_FEW, WITHHELD, Cell

PLACED = [
    "plant", "year", "product", "route", "size", "intensity", "place", "place_low", "place_high", "release", "merged",
]  # fmt: skip
TABLE = ["release", "product", "routes", "sizes", "state", "origin", "place", "intensity"]


class CellName(NamedTuple):
    """What is asked for: a product, its route, and the size class of its output (see size_class)."""

    product: str
    route: str = ""
    size: str = ""


@dataclass(frozen=True)
class Statistics:
    """What a release tells: deciles of intensity, as (place [percent], value [m3/unit]).

    ``leaves`` (route, size class) say what was merged, ``merged`` whether anything was. ``state``: told, kept (as
    release ``origin`` told it), withheld (somebody in it withdrew), or too_few; untold, and ``reason`` why
    nothing new is told, where a release that was just made says so.
    """

    release: int
    product: str
    leaves: tuple[Leaf, ...]
    merged: bool
    state: str
    origin: int
    deciles: Deciles
    reason: str = ""

    @property
    def told(self) -> bool:
        """Whether anything is."""
        return bool(self.deciles)


def found(cells: Sequence[Cell], asked: CellName, release: int) -> Statistics:
    """The statistics of the cell that holds what is asked; of the route's, or the product's, if that is only one."""
    of_product = [cell for cell in cells if cell.product == asked.product]
    of_route = [cell for cell in of_product if any(route == asked.route for route, _ in cell.leaves)]
    exact = [cell for cell in of_product if (asked.route, asked.size) in cell.leaves]
    for near in (exact, of_route, of_product):
        if len(near) == 1:
            return statistics_of(near[0], release, (asked.route, asked.size))
        if near:
            break
    return Statistics(release, asked.product, ((asked.route, asked.size),), False, TOO_FEW, 0, ())


def place_rows(said: Sequence[PlantYear], cells: Sequence[Cell], release: int) -> pd.DataFrame:
    """Where each product of each plant-year stands; see PeerPool.place."""
    rows = []
    for one in said:
        for part in one.parts:
            of_cell = found(cells, CellName(part.product, part.route, part.size), release)
            place = place_among(part.intensity, of_cell.deciles) if of_cell.told else (math.nan,) * 3
            named = (one.plant, one.year, part.product, part.route, part.size, part.intensity)
            rows.append((*named, *place, release, of_cell.merged))
    return pd.DataFrame(rows, columns=PLACED)


def table_of(cells: Sequence[Cell], release: int) -> pd.DataFrame:
    """All that a release tells, a row for each decile."""
    rows = [
        (release, cell.product, _listed(cell, 0), _listed(cell, 1), cell.state, cell.origin or release, place, value)
        for cell in cells
        for place, value in cell.deciles
    ]
    return pd.DataFrame(rows, columns=TABLE)


def statistics_of(cell: Cell, release: int, leaf: Leaf | None = None) -> Statistics:
    """What a release tells of a cell, to whoever asks for a leaf (for none: to its operator)."""
    merged = len(cell.leaves) > 1 or (leaf is not None and leaf not in cell.leaves)
    told = () if cell.state == WITHHELD else cell.deciles
    leaves = tuple(sorted(cell.leaves))
    return Statistics(release, cell.product, leaves, merged, cell.state, cell.origin or release, told, cell.reason)


def _listed(cell: Cell, side: int) -> str:
    return " ".join(sorted({leaf[side] for leaf in cell.leaves if leaf[side]}))
