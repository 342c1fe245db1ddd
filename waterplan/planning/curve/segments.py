"""The steps of a cost curve: what is added at which price."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index, totals
from waterplan.planning.planner.walk import Changes


@dataclass(frozen=True)
class Segments:
    """Stretches of a cost curve in any order, each with one price.

    price [CNY/m3]; counted saving [hm3/a], cost [MCNY/a] and investment [MCNY] added; technology that grows most, and
    pair (-1, -2 ... for blocks of several pairs at once).
    """

    price: Array
    counted: Array
    cost: Array
    investment: Array
    technology: Index
    pair: Index

    @classmethod
    def of_pairs(cls, changes: Changes) -> Segments:
        """The changes of pairs as segments."""
        return cls(*(np.ascontiguousarray(changes[field.name]) for field in fields(cls)))

    @classmethod
    def of_blocks(cls, changes: Changes) -> Segments:
        """The stretches of blocks of pairs as segments."""
        return replace(cls.of_pairs(changes), pair=-1 - changes["pair"])

    def where(self, wanted: NDArray[np.bool_] | Index) -> Segments:
        """Some of the segments, in the order given."""
        return Segments(*(getattr(self, field.name)[wanted] for field in fields(self)))

    def by_price(self) -> Segments:
        """Cheapest first; equal prices in the order in which they stand."""
        return self.where(np.argsort(self.price, kind="stable"))


def joined(parts: list[Segments]) -> Segments:
    """Several lists of segments as one."""
    return Segments(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Segments)))


def take_floors(segments: Segments, group: Index, missing: Array) -> tuple[Segments, Segments]:
    """Splits off what floors take before any target: in each group the cheapest segments that add up to what is
    missing.

    group [segment]; missing [group], hm3/a. Returns what is taken and what is left, a segment across the border split.
    """
    order = np.lexsort((segments.price, group))
    segments, group = segments.where(order), group[order]
    before = np.cumsum(segments.counted) - segments.counted
    first = np.concatenate([[0.0], np.cumsum(totals(group, segments.counted, len(missing)))])[:-1]
    within = np.clip(missing[group] - (before - first[group]), 0.0, segments.counted)
    share = np.divide(within, segments.counted, out=np.zeros_like(within), where=segments.counted > 0)
    return _scaled(segments, share), _scaled(segments, 1.0 - share)


def _scaled(segments: Segments, share: Array) -> Segments:
    kept = share > 1e-15
    part = segments.where(kept)
    share = share[kept]
    return Segments(
        part.price, part.counted * share, part.cost * share, part.investment * share, part.technology, part.pair
    )
