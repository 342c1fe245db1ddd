"""A study's numbers with other figures in some cells: what overrides write, and where."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from waterplan.base.vocabulary import Term, term
from waterplan.study.scenario.levers import of_study
from waterplan.study.scenario.overrides import Override
from waterplan.study.study import Study
from waterplan.study.tables.bundle import NUMBERS

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Cell = tuple[int, ...]
VALUE, *ENDS = NUMBERS


class Change:
    """One input on its way to other values; ``written`` says of each changed cell by which override, and its place.

    Low and high ends are worked out when somebody asks for them.
    """

    def __init__(self, study: Study, item: Term):
        self.item = item
        self.value: Array = study.numbers[VALUE][item.name].astype(float)
        self.written: dict[Cell, Override] = {}
        self.places: dict[Cell, int] = {}
        self._before = {part: study.numbers[part][item.name] for part in ENDS}
        self._writes: list[tuple[Override, Any, Any]] = []

    def write(self, override: Override, cells: Any, scale: Any) -> None:
        """Sets the values at cells; ``scale`` brings what is given to their unit."""
        if override.factor is None:
            self.value[cells] = np.multiply(number(override.value), scale)
        else:
            with np.errstate(over="ignore"):  # what is beyond all numbers is out of bounds, and said so
                self.value[cells] *= override.factor
        self._writes.append((override, cells, scale))

    def sign(self, override: Override, place: int, cells: Sequence[Cell]) -> None:
        """Notes who has written cells last."""
        self.written |= dict.fromkeys(cells, override)
        self.places |= dict.fromkeys(cells, place)

    @cached_property
    def low(self) -> Array:
        """The low ends."""
        return self._end("low")

    @cached_property
    def high(self) -> Array:
        """The high ends."""
        return self._end("high")

    def _end(self, part: str) -> Array:
        array: Array = self._before[part].astype(float)
        for override, cells, scale in self._writes:
            if override.factor is None:
                given = getattr(override, part)
                array[cells] = np.multiply(number(override.value) if given is None else given, scale)
                continue
            with np.errstate(over="ignore"):  # a range ends where the variable does
                array[cells] = np.clip(array[cells] * override.factor, self.item.lower, self.item.upper)
        return array


def number(value: float | None) -> float:
    """The value of an override that has one."""
    assert value is not None
    return value


class Rows:
    """Where a study has rows: places of labels, keys of sources, and cells of an input."""

    def __init__(self, study: Study):
        self.sources = [str(key) for key in study.column("sources", "source")]
        self._labels, self._values = study.labels, study.numbers[VALUE]
        self._places: dict[str, dict[str, int]] = {}
        self._here: dict[str, NDArray[np.bool_]] = {}
        self._whole: dict[str, Any] = {}

    @classmethod
    def of(cls, study: Study) -> Rows:
        """Those of a study, found once."""
        known = of_study(study).found
        if cls not in known:
            known[cls] = cls(study)
        return known[cls]

    def places(self, dim: str) -> dict[str, int]:
        """The place of each label."""
        if dim not in self._places:
            self._places[dim] = {label: n for n, label in enumerate(self._labels[dim])}
        return self._places[dim]

    def cells(self, item: Term, indices: Sequence[Any]) -> Any:
        """Indices of the rows of an input, in order; of each dimension at these places, or (None) at all."""
        if item.name not in self._here:
            self._here[item.name] = ~np.isnan(self._values[item.name])
        here = self._here[item.name]
        if all(places is None for places in indices):
            if item.name not in self._whole:
                self._whole[item.name] = (np.nonzero(here) if item.dims else ()) if here.any() else None
            return self._whole[item.name]
        block = here
        for axis, places in enumerate(indices):
            block = block if places is None else block.take(places, axis=axis)
        found = np.nonzero(block)
        return tuple(n if places is None else places[n] for places, n in zip(indices, found, strict=True))


@dataclass(frozen=True)
class Applied:
    """A study's numbers with overrides in them: value, low and high; and their canonical content for a digest.

    changes: of the inputs that are other arrays than the study's.
    """

    study: Study
    changes: Mapping[str, Change] = field(default_factory=dict)

    def part(self, name: str) -> Mapping[str, Array]:
        """Value, low or high of each input."""
        before = self.study.numbers[name]
        return before | {one: getattr(change, name) for one, change in self.changes.items()}

    @cached_property
    def values(self) -> xr.Dataset:
        """The values as a Dataset; the study's own where nothing is changed."""
        return self._dataset(self.study.values, "value")

    @cached_property
    def low(self) -> xr.Dataset:
        """The low ends."""
        return self._dataset(self.study.low, "low")

    @cached_property
    def high(self) -> xr.Dataset:
        """The high ends."""
        return self._dataset(self.study.high, "high")

    def _dataset(self, before: xr.Dataset, part: str) -> xr.Dataset:
        changed = {name: before[name].copy(data=getattr(change, part)) for name, change in self.changes.items()}
        return before.assign(changed) if changed else before

    @cached_property
    def content(self) -> bytes:
        """What overrides change, cell by cell and sorted: independent of how they were written."""
        if not self.changes:
            return b""
        rows = []
        for name, change in self.changes.items():
            names = [self.study.labels[dim] for dim in term(name).dims]
            for cell, override in change.written.items():
                labels = [listed[n] for listed, n in zip(names, cell, strict=True)]
                numbers = [float(part[cell]) + 0.0 for part in (change.value, change.low, change.high)]
                rows.append([name, *labels, *map(repr, numbers), override.basis, override.source])
        return json.dumps(sorted(rows), ensure_ascii=False).encode()
