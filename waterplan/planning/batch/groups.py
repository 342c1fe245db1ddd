"""What moves together: groups of the study's figures, each moved by one common factor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from waterplan.base.messages import Message
from waterplan.planning.batch.ranges import Ranges
from waterplan.planning.batch.triangular import Array

BY = ("technology", "kind", "variable", "row")
DIMS = ("technology", "product", "end_use", "sector", "province")


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups of rows of :class:`~waterplan.planning.batch.ranges.Ranges`.

    names: such as ``investment_per_m3 of dry_cooling``; of_row: the group of each row, -1 for rows that stay at the
    study's value.

    by ``technology`` (the default): one group a variable and technology, or a variable and sector for figures by
    product or sector, or a variable where there is neither; ``kind``: the same with the kind of technology;
    ``variable``: one a variable; ``row``: each figure on its own, whose errors then cancel out.
    """

    names: tuple[str, ...]
    of_row: np.ndarray

    @classmethod
    def of(cls, ranges: Ranges, by: str = "technology", variables: Sequence[str] | None = None) -> Groups:
        """The groups of some variables (all by default). Raises ValueError for another ``by``."""
        if by not in BY:
            raise ValueError(Message("design_errors.groups_by", given=by, known=BY))
        rows = ranges.rows
        label = _labels(ranges, by)
        name = rows["name"].astype(str)
        full = name.where(label == "", name + " of " + label)
        return cls.from_names(full.where(name.isin(variables)) if variables is not None else full)

    @classmethod
    def from_names(cls, names: pd.Series) -> Groups:
        """Groups by the name that each row is given; rows without a name stay at the study's value."""
        codes, found = pd.factorize(names)
        return cls(tuple(map(str, found)), codes.astype(np.int64))

    def shares(self, factors: Array) -> Array:
        """What :meth:`Ranges.draw` wants: the factor of its group for each row, NaN for rows that stay."""
        return np.append(factors, np.nan)[self.of_row]


def _labels(ranges: Ranges, by: str) -> pd.Series:
    rows, study = ranges.rows, ranges.study
    if by == "variable":
        return pd.Series("", index=rows.index)
    if by == "row":
        parts = rows[list(DIMS)].apply(lambda row: "/".join(label for label in row if label), axis=1)
        return parts.astype(str)
    technology = rows["technology"].astype(str)
    if by == "kind":
        technology = technology.map(study.technologies["kind"].astype(str).to_dict()).fillna("")
    sector = rows["product"].map(study.products["sector"].astype(str).to_dict()).fillna("").astype(str)
    sector = sector.where(sector != "", rows["sector"].astype(str))
    return technology.where(technology != "", sector)
