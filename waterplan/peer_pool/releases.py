"""A release as its operator is told of it: its number, and of each cell what became of it and why."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from waterplan.peer_pool.cells import TOLD, Cell
from waterplan.peer_pool.schema import Part
from waterplan.peer_pool.statistics import Statistics, statistics_of


class Released(int):
    """The number of a release that was just made, with its cells; nobody's figure is in it.

    ``cells``: of each cell its state (told, kept, withheld), deciles as they are told, and the ``reason`` why nothing
    new is told: few_changed (too few owners), told_apart (with all that was told before it would tell somebody apart),
    too_few (not enough owners are left).
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


def outputs_of(connection: Connection) -> dict[int, float]:
    """Outputs of the contributions that were not deleted, replaced ones among them [unit/a]; none of public owners."""
    rows = connection.execute(select(Part.id, Part.output).where(Part.output.is_not(None)))
    return {part: output for part, output in rows if output is not None}
