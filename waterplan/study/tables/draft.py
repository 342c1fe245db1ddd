"""A study as far as it could be read: what the checks across tables work on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from waterplan.base.messages import Message
from waterplan.study.tables.quantities import Grid
from waterplan.study.tables.schema import CATALOGUE_OF
from waterplan.study.tables.sheet import Findings, Mask, Sheet

SET = ("saving_fraction", "applicable_share", "penetration_base", "penetration_max")


@dataclass(frozen=True)
class Draft:
    """A study as far as it could be read.

    labels: of each dimension, in file order. listed: dimensions whose labels come from their catalogue (the others
    are gathered from use, because the catalogue could not be read). findings: by table.
    """

    sheets: dict[str, Sheet]
    labels: dict[str, list[str]]
    listed: frozenset[str]
    grids: dict[str, Grid]
    findings: dict[str, Findings]

    def attribute(self, catalogue: str, column: str) -> list[str]:
        """A column of a catalogue, by its labels in order; empty where it could not be read."""
        sheet = self.sheets.get(catalogue)
        if sheet is None:
            return []
        first = dict(zip(sheet.columns[sheet.table.keys[0]][::-1], sheet.columns[column][::-1], strict=True))
        return [first.get(label, "") for label in self.labels[sheet.table.keys[0]]]

    def row_of(self, catalogue: str, label: str) -> int:
        """The line of a label in its catalogue, 0 if there is none."""
        sheet = self.sheets.get(catalogue)
        if sheet is None:
            return 0
        found = np.flatnonzero(sheet.columns[sheet.table.keys[0]] == label)
        return int(sheet.row[found[0]]) if len(found) else 0

    def named(self, dim: str, label: str) -> Message:
        """A label with the place where it is listed."""
        catalogue = CATALOGUE_OF[dim]
        listed = {"catalogue": catalogue, "row": self.row_of(catalogue, label)}
        return Message("tables.named", dim=Message(f"tables.dim_{dim}"), label=label, **listed)

    @cached_property
    def level(self) -> NDArray[np.str_]:
        """Level of each technology."""
        levels = self.attribute("technologies", "level") or [""] * len(self.labels["technology"])
        return np.array(levels, dtype=np.str_)

    @cached_property
    def in_set(self) -> Mask:
        """Where any of the four variables of applicability has a row [technology, product, end_use]."""
        return np.any([self.grids[name].row > 0 for name in SET], axis=0)

    @cached_property
    def set_suspect(self) -> Mask:
        """Where one of the four rows is already reported [technology, product, end_use]."""
        return np.any([self.grids[name].suspect for name in SET], axis=0)

    def has(self, *tables: str) -> bool:
        """Whether tables could be read with all their columns."""
        return all(name in self.sheets and not self.sheets[name].missing for name in tables)
