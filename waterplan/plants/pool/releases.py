"""A release as its operator is told of it: its number, and of each cell what became of it and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, insert, select

from waterplan.plants.pool.database_schema import Size
from waterplan.plants.pool.pool_cells import TOLD, Cell
from waterplan.plants.pool.seals import SIZE, check_all, seal
from waterplan.plants.pool.statistics import Statistics, statistics_of


class Released(int):
    """The number of a release that was just made, with its cells; nobody's figure is in it.

    ``cells``: of each cell its state (told, kept, withheld; untold, where no release told it yet), deciles as they are
    told, and the ``reason`` why nothing new is told: few_changed (too few owners), told_apart (with all that was told
    before it would tell somebody apart), too_few (there are not enough owners), too_large (one of them makes too much).
    """

    cells: tuple[Statistics, ...]

    def __new__(cls, number: int, cells: Iterable[Cell]) -> Released:
        """The release of a number."""
        made = super().__new__(cls, number)
        made.cells = tuple(statistics_of(cell, number) for cell in cells)
        return made

    @property
    def waiting(self) -> tuple[Statistics, ...]:
        """Cells of which this release tells nothing new."""
        return tuple(cell for cell in self.cells if cell.state != TOLD)


def sizes_of(connection: Connection) -> dict[int, int]:
    """The coarse class of output of each contribution that stood in a cell of any release, withdrawn or not."""
    check_all(connection, SIZE)
    return {row.part: row.coarse for row in connection.execute(select(Size.part, Size.coarse))}


def keep_sizes(connection: Connection, number: int, sizes: Mapping[int, int], cells: Iterable[Cell]) -> None:
    """Keeps, with a release, the classes of what stands in its cells and stood in none before; they never change."""
    known = set(connection.scalars(select(Size.part)))
    new = sorted({part for cell in cells for _, part in cell.members if part in sizes} - known)
    if new:
        rows = [{"part": part, "release": number, "coarse": sizes[part]} for part in new]
        connection.execute(insert(Size), rows)
        seal(connection, SIZE, number)
