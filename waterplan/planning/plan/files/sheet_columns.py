"""A sheet of the workbook of a plan as columns, each with a heading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Cells = Sequence[Any] | np.ndarray


@dataclass(frozen=True)
class Column:
    """A heading, the cells below it, and how they look: text, whole, share, volume, price, intensity or year."""

    heading: str
    cells: Cells
    style: str = "text"


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, a line above the table that says how to read it, and its columns."""

    name: str
    note: str
    columns: list[Column]
