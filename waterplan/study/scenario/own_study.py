"""Overrides brought into a study's values, with everything checked that an override can break."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from waterplan.base.errors import PROBLEMS_MAX, Problem, ScenarioError, suggest
from waterplan.base.messages import Message
from waterplan.base.units import UnitError, factor
from waterplan.base.vocabulary import Term, term
from waterplan.study.scenario.changes import Applied, Array, Cell, Change, Rows
from waterplan.study.scenario.levers import of_study
from waterplan.study.scenario.overrides import Override, made_wrong, names_a_source
from waterplan.study.study import Study
from waterplan.study.tables.tolerances import is_above, outside, sums_to_one

KEPT = 8  # results of a study; one that changes many large inputs takes 15 MB
_LOCK = threading.Lock()  # planners of several threads share what is remembered
NO_ROW = ("output", "end_use_share", "supply_potential", "intensity_factor", "running_cost_water_share")


def apply(study: Study, overrides: tuple[Override, ...]) -> Applied:
    """A study's values with overrides applied in their order, remembered for each study.

    Raises ScenarioError with everything that is wrong with them.
    """
    if not overrides:
        return Applied(study)
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
    changes: dict[str, Change] = {}
    problems: list[Problem] = []
    rows = Rows.of(study)
    for place, override in enumerate(overrides):
        faults = made_wrong(override)
        if not faults:
            if override.name not in changes:
                changes[override.name] = Change(study, term(override.name))
            faults = _apply_one(study, rows, override, place, changes[override.name])
        problems += faults
        if len(problems) >= PROBLEMS_MAX:
            break
    if not problems:
        problems = [*_end_uses_sum_to_one(study, changes), *_penetration_grows(study, changes)]
        problems += _groups_fit(study, changes)
    if problems:
        raise ScenarioError(problems)
    return Applied(study, changes)


def _apply_one(study: Study, rows: Rows, override: Override, place: int, change: Change) -> list[Problem]:
    item = change.item
    problems = []
    complaint = names_a_source(override.source, rows.sources)
    if complaint:
        problems.append(override.problem("source", complaint))
    cells, unmatched = _cells(study, rows, override, item)
    if unmatched:
        return problems + unmatched
    scale, fault = _scale(study, override, item, cells)
    if fault:
        return [*problems, override.problem("unit", fault)]
    change.write(override, cells, scale)
    if override.factor is not None:
        problems += _out_of_bounds(study, override, item, cells, "factor", change.value[cells])
    else:
        for key, number in (("value", override.value), ("low", override.low), ("high", override.high)):
            if number is not None:
                given = change.value[cells] if key == "value" else np.broadcast_to(number * scale, _count(cells))
                problems += _out_of_bounds(study, override, item, cells, key, given)
    change.sign(override, place, _listed(cells, item))
    return problems


def _count(cells: Any) -> tuple[int, ...]:
    return cells[0].shape if cells else ()


def _cells(study: Study, rows: Rows, override: Override, item: Term) -> tuple[Any, list[Problem]]:
    """Indices of the rows that an override means, and what is wrong with its labels."""
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


def cells_of(study: Study, override: Override) -> list[Cell]:
    """The cells that a sound override means."""
    item = term(override.name)
    cells, _ = _cells(study, Rows.of(study), override, item)
    return _listed(cells, item)


def _listed(cells: Any, item: Term) -> list[Cell]:
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
    """Numbers at cells outside the vocabulary's bounds; one sentence for the first cell speaks for all."""
    found = np.atleast_1d(values)
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


def _after(study: Study, changes: dict[str, Change], name: str) -> Array:
    return changes[name].value if name in changes else study.numbers["value"][name]


def _written(changes: dict[str, Change], names: Sequence[str]) -> list[Cell]:
    """The cells of some inputs that overrides have written, in order: nowhere else can they have broken anything."""
    return sorted({cell for name in names if name in changes for cell in changes[name].written})


def _changed(changes: dict[str, Change], names: Sequence[str], cell: Cell) -> Override | None:
    """The override that wrote one of the inputs at a cell; the last name first."""
    return next(
        (changes[n].written[cell] for n in reversed(names) if n in changes and cell in changes[n].written), None
    )


def _end_uses_sum_to_one(study: Study, changes: dict[str, Change]) -> Iterator[Problem]:
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


def _penetration_grows(study: Study, changes: dict[str, Change]) -> Iterator[Problem]:
    names = ("penetration_base", "penetration_max")
    if not set(names) & set(changes):
        return
    base, largest = (_after(study, changes, name) for name in names)
    told: set[int] = set()
    cells = _written(changes, names)
    at = tuple(np.array(cells).T)
    for cell in (cells[n] for n in np.flatnonzero(is_above(base[at], largest[at]))):
        override = _changed(changes, names, cell)
        if override is not None and id(override) not in told:
            told.add(id(override))
            where = _labels(study, term("penetration_base"), cell)
            figures = {"base": f"{base[cell]:g}", "largest": f"{largest[cell]:g}"}
            yield override.problem("", Message("scenario.penetration_falls", where=where, **figures))


def _groups_fit(study: Study, changes: dict[str, Change]) -> Iterator[Problem]:
    """Members of an exclusive group are on different plants, so their base-year shares sum to 1 at most."""
    names = ("applicable_share", "penetration_base")
    if not set(names) & set(changes):
        return
    share, base = (_after(study, changes, name) for name in names)
    groups = study.column("technologies", "exclusive_group").tolist()
    cells = _written(changes, names)
    for group in sorted({groups[technology] for technology, _, _ in cells} - {""}):
        members = [n for n, name in enumerate(groups) if name == group]
        places = sorted({(product, end_use) for technology, product, end_use in cells if groups[technology] == group})
        at = (np.array(members)[:, None], *np.array(places).T)
        together = np.nan_to_num(share[at] * base[at]).sum(axis=0)
        for n in np.flatnonzero(is_above(together, 1.0)):
            product, end_use = places[n]
            found = (_changed(changes, names, (member, product, end_use)) for member in members)
            override = next((one for one in found if one is not None), None)
            if override is not None:
                where = _labels(study, term("end_use_share"), (product, end_use))
                total = f"{together[n]:.4g}"
                yield override.problem("", Message("scenario.group_sums", where=where, group=group, total=total))
                break
