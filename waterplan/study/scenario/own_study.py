"""Overrides brought into a study's values, with everything checked that an override can break."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from waterplan.base.errors import PROBLEMS_MAX, Problem, ScenarioError, suggest
from waterplan.base.messages import Message
from waterplan.base.units import UnitError, factor
from waterplan.base.vocabulary import Term, term
from waterplan.study.scenario.levers import of_study
from waterplan.study.scenario.overrides import Override, made_wrong, names_a_source
from waterplan.study.study import Study
from waterplan.study.tables.bundle import NUMBERS
from waterplan.study.tables.tolerances import is_above, outside, sums_to_one

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
KEPT = 8  # results of a study; one that changes many large inputs takes 15 MB
_LOCK = threading.Lock()  # planners of several threads share what is remembered
NO_ROW = ("output", "end_use_share", "supply_potential", "intensity_factor", "running_cost_water_share")


@dataclass(frozen=True)
class Applied:
    """A study's numbers with overrides in them: value, low and high; and their canonical content for a digest.

    changed: the inputs that are other arrays than the study's. writers: by input and cell, the place among the
    overrides of the one that stands there, the last.
    """

    study: Study
    numbers: Mapping[str, Mapping[str, Array]]
    content: bytes = b""
    changed: tuple[str, ...] = ()
    writers: Mapping[str, Mapping[tuple[int, ...], int]] = field(default_factory=dict)

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
        changed = {name: before[name].copy(data=self.numbers[part][name]) for name in self.changed}
        return before.assign(changed) if changed else before


@dataclass
class _Change:
    """One input on its way to other values; ``written`` says of each changed cell by which override, and its place."""

    value: Array
    low: Array
    high: Array
    written: dict[tuple[int, ...], Override] = field(default_factory=dict)
    places: dict[tuple[int, ...], int] = field(default_factory=dict)


class _Rows:
    """Where a study has rows, asked by each override: places of labels, keys of sources, and cells of an input."""

    def __init__(self, study: Study):
        self.study = study
        self.sources = [str(key) for key in study.column("sources", "source")]
        self._places: dict[str, dict[str, int]] = {}
        self._here: dict[str, NDArray[np.bool_]] = {}
        self._whole: dict[str, Any] = {}

    def places(self, dim: str) -> dict[str, int]:
        """The place of each label."""
        if dim not in self._places:
            self._places[dim] = {label: n for n, label in enumerate(self.study.labels[dim])}
        return self._places[dim]

    def cells(self, item: Term, indices: Sequence[Any]) -> Any:
        """Indices of the rows of an input, in order; of each dimension at these places, or (None) at all."""
        if item.name not in self._here:
            self._here[item.name] = ~np.isnan(self.study.numbers["value"][item.name])
            self._whole[item.name] = np.nonzero(self._here[item.name]) if item.dims else ()
        here = self._here[item.name]
        if all(places is None for places in indices):
            return self._whole[item.name] if here.any() else None
        block = here
        for axis, places in enumerate(indices):
            block = block if places is None else block.take(places, axis=axis)
        found = np.nonzero(block)
        return tuple(n if places is None else places[n] for places, n in zip(indices, found, strict=True))


def apply(study: Study, overrides: tuple[Override, ...]) -> Applied:
    """A study's values with overrides applied in their order, remembered for each study.

    Raises ScenarioError with everything that is wrong with them.
    """
    if not overrides:
        return Applied(study, study.numbers)
    known = of_study(study).applied
    found = known.get(overrides)
    if found is None:
        found = _apply(study, overrides)
        with _LOCK:
            while len(known) >= KEPT:
                known.pop(next(iter(known)))
            known[overrides] = found
    return found


def _apply(study: Study, overrides: Sequence[Override]) -> Applied:
    changes: dict[str, _Change] = {}
    problems: list[Problem] = []
    rows = _Rows(study)
    for place, override in enumerate(overrides):
        faults = made_wrong(override)
        if not faults:
            if override.name not in changes:
                changes[override.name] = _Change(*_numbers(study, override.name))
            faults = _apply_one(rows, override, place, changes[override.name])
        problems += faults
        if len(problems) >= PROBLEMS_MAX:
            break
    if not problems:
        problems = [*_end_uses_sum_to_one(study, changes), *_penetration_grows(study, changes)]
        problems += _groups_fit(study, changes)
    if problems:
        raise ScenarioError(problems)
    changed = {
        part: {**study.numbers[part], **{name: getattr(change, part) for name, change in changes.items()}}
        for part in NUMBERS
    }
    writers = {name: change.places for name, change in changes.items()}
    return Applied(study, changed, _content(study, changes), tuple(changes), writers)


def _numbers(study: Study, name: str) -> tuple[Array, Array, Array]:
    """New arrays of value, low and high."""
    value, low, high = (study.numbers[part][name].astype(float) for part in NUMBERS)
    return value, low, high


def _apply_one(rows: _Rows, override: Override, place: int, change: _Change) -> list[Problem]:
    study, item = rows.study, term(override.name)
    problems = []
    complaint = names_a_source(override.source, rows.sources)
    if complaint:
        problems.append(override.problem("source", complaint))
    cells, unmatched = _cells(rows, override, item)
    if unmatched:
        return problems + unmatched
    scale, fault = _scale(study, override, item, cells)
    if fault:
        return [*problems, override.problem("unit", fault)]
    if override.factor is not None:
        with np.errstate(over="ignore"):  # what is beyond all numbers is out of bounds, and said so
            change.value[cells] *= override.factor
            for part in (change.low, change.high):  # a range ends where the variable does
                part[cells] = np.clip(part[cells] * override.factor, item.lower, item.upper)
        problems += _out_of_bounds(study, override, item, cells, "factor", change.value)
    else:
        given = {"value": override.value, "low": override.low, "high": override.high}
        for key, part in zip(given, (change.value, change.low, change.high), strict=True):
            number = given[key]
            part[cells] = (override.value if number is None else number) * scale
            if number is not None:
                problems += _out_of_bounds(study, override, item, cells, key, part)
    written = _listed(cells, item)
    change.written |= dict.fromkeys(written, override)
    change.places |= dict.fromkeys(written, place)
    return problems


def _cells(rows: _Rows, override: Override, item: Term) -> tuple[Any, list[Problem]]:
    """Indices of the rows that an override means, and what is wrong with its labels."""
    study = rows.study
    problems: list[Problem] = []
    indices: list[Any] = []
    for dim in item.dims:
        place = rows.places(dim)
        names = override.where.get(dim)
        unknown = [name for name in names or () if name not in place][:PROBLEMS_MAX]
        what = Message(f"scenario.dim_{dim}")
        for name in unknown:
            message = Message("scenario.no_label", label=name, dim=what, hint=suggest(name, place))
            problems.append(override.problem(f"where.{dim}", message))
        indices.append(None if names is None else np.unique([place.get(name, 0) for name in names]))
    if problems:
        return None, problems
    cells = rows.cells(item, indices)
    is_meant = cells is not None and all(map(len, cells))
    for axis, dim in enumerate(item.dims):
        empty = set(indices[axis].tolist()) - set(cells[axis].tolist()) if dim in override.where else set()
        without = [study.labels[dim][n] for n in sorted(empty)]
        if without:
            problems.append(override.problem(f"where.{dim}", _no_row(override, item, without)))
    if not is_meant and not problems:
        problems.append(override.problem("name", _no_row(override, item, [])))
    return cells, problems


def cells_of(study: Study, override: Override) -> list[tuple[int, ...]]:
    """The cells that a sound override means."""
    item = term(override.name)
    cells, _ = _cells(_Rows(study), override, item)
    return _listed(cells, item)


def _listed(cells: Any, item: Term) -> list[tuple[int, ...]]:
    return list(zip(*(axis.tolist() for axis in cells), strict=True)) if item.dims else [()]


def _no_row(override: Override, item: Term, names: list[str]) -> Message:
    why = item.name if item.name in NO_ROW else "applicability" if item.table == "applicability" else "other"
    labels: object = [label for labels in override.where.values() for label in labels]
    where = labels or names or Message("scenario.anything")
    return Message("scenario.no_row", name=item.name, where=where, why=Message(f"scenario.no_row_{why}"))


def _scale(study: Study, override: Override, item: Term, cells: Any) -> tuple[Any, Message | None]:
    """What brings the value to the canonical unit of each cell, or what is wrong with the unit."""
    if override.value is None:
        return 1.0, None
    try:
        if "output_unit" not in item.unit:
            return factor(override.unit, item.unit), None
        axis = cells[item.dims.index("product")]
        units = [item.unit_of(str(unit)) for unit in study.column("products", "output_unit")]
        scales = {n: factor(override.unit, units[n]) for n in sorted(set(axis.tolist()))}
        return np.array([scales[n] for n in axis.tolist()]), None
    except UnitError as error:
        return 1.0, error.message


def _labels(study: Study, item: Term, cell: Sequence[int]) -> list[str]:
    return [study.labels[dim][n] for dim, n in zip(item.dims, cell, strict=True)]


def _out_of_bounds(
    study: Study, override: Override, item: Term, cells: Any, key: str, values: Array
) -> Iterator[Problem]:
    """Numbers outside the vocabulary's bounds; one sentence for the first cell speaks for all."""
    found = np.atleast_1d(values[cells])
    wrong = np.flatnonzero(outside(found, item.lower, item.upper))
    if len(wrong):
        lower = -np.inf if item.lower is None else item.lower
        upper = np.inf if item.upper is None else item.upper
        where = _labels(study, item, [axis[wrong[0]] for axis in cells])
        what: object = Message("scenario.of", what=item.name, where=where) if where else item.name
        what = Message("scenario.end_of", end=key, what=what) if key in ("low", "high") else what
        more = Message("scenario.and_more", count=len(wrong) - 1) if len(wrong) > 1 else ""
        span = {"lower": f"{lower:g}", "upper": f"{upper:g}", "unit": "" if item.unit == "1" else f" {item.unit}"}
        message = Message("scenario.would_be", what=what, value=f"{found[wrong[0]]:g}", more=more, **span)
        yield override.problem(key, message)


def _after(study: Study, changes: dict[str, _Change], name: str) -> Array:
    return changes[name].value if name in changes else study.numbers["value"][name]


def _changed(changes: dict[str, _Change], names: Sequence[str], cell: tuple[int, ...]) -> Override | None:
    """The override that wrote one of the inputs at a cell; the last name first."""
    return next(
        (changes[n].written[cell] for n in reversed(names) if n in changes and cell in changes[n].written), None
    )


def _end_uses_sum_to_one(study: Study, changes: dict[str, _Change]) -> Iterator[Problem]:
    if "end_use_share" not in changes:
        return
    change = changes["end_use_share"]
    last = {cell[0]: override for cell, override in change.written.items()}
    total = np.nansum(change.value, axis=1)
    for product, override in sorted(last.items()):
        if not sums_to_one(total[product]):
            name = study.labels["product"][product]
            message = Message("scenario.end_uses_sum", name=name, total=f"{total[product]:.6g}")
            yield override.problem("value" if override.factor is None else "factor", message)


def _penetration_grows(study: Study, changes: dict[str, _Change]) -> Iterator[Problem]:
    names = ("penetration_base", "penetration_max")
    if not set(names) & set(changes):
        return
    base, largest = (_after(study, changes, name) for name in names)
    told: set[int] = set()
    for cell in map(tuple, np.argwhere(is_above(base, largest)).tolist()):
        override = _changed(changes, names, cell)
        if override is not None and id(override) not in told:
            told.add(id(override))
            where = _labels(study, term("penetration_base"), cell)
            figures = {"base": f"{base[cell]:g}", "largest": f"{largest[cell]:g}"}
            yield override.problem("", Message("scenario.penetration_falls", where=where, **figures))


def _groups_fit(study: Study, changes: dict[str, _Change]) -> Iterator[Problem]:
    """Members of an exclusive group are on different plants, so their base-year shares sum to 1 at most."""
    names = ("applicable_share", "penetration_base")
    if not set(names) & set(changes):
        return
    installed = np.nan_to_num(_after(study, changes, names[0]) * _after(study, changes, names[1]))
    groups = study.column("technologies", "exclusive_group").tolist()
    for group in sorted(set(groups) - {""}):
        members = [n for n, name in enumerate(groups) if name == group]
        together = installed[members].sum(axis=0)
        for product, end_use in np.argwhere(is_above(together, 1.0)).tolist():
            found = (_changed(changes, names, (member, product, end_use)) for member in members)
            override = next((one for one in found if one is not None), None)
            if override is not None:
                where = _labels(study, term("end_use_share"), (product, end_use))
                total = f"{together[product, end_use]:.4g}"
                yield override.problem("", Message("scenario.group_sums", where=where, group=group, total=total))
                break


def _content(study: Study, changes: dict[str, _Change]) -> bytes:
    """What overrides change, cell by cell and sorted: independent of how they were written."""
    rows = []
    for name, change in changes.items():
        names = [study.labels[dim] for dim in term(name).dims]
        for cell, override in change.written.items():
            labels = [listed[n] for listed, n in zip(names, cell, strict=True)]
            numbers = [float(part[cell]) + 0.0 for part in (change.value, change.low, change.high)]
            rows.append([name, *labels, *map(repr, numbers), override.basis, override.source])
    return json.dumps(sorted(rows), ensure_ascii=False).encode()
