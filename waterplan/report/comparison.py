"""Plans side by side: inputs that differ first, then results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from waterplan.messages import Texts
from waterplan.plan.plan import Plan
from waterplan.report import figures
from waterplan.report.layout import WIDTH, number, table, titled, width
from waterplan.scenario.levers import LEVERS
from waterplan.vocabulary import term

NAME_COLUMNS, PLAN_COLUMNS = (30, 60), 12
TECHNOLOGIES = 15
SCALARS = (
    "annual_cost",
    "shadow_price",
    "counted_saving",
    "saving",
    "investment",
    "electricity",
    "heat",
    "carbon_dioxide",
    "public_budget",
    "gross_cost",
    "gains",
    "reference_withdrawal",
    "planned_withdrawal",
)
LABELLED = ("cost", "saving_by_level", "saving_by_sector")


@dataclass(frozen=True)
class Row:
    """A name of the data dictionary with its label (or none), and its value in each plan."""

    name: str
    label: str
    values: tuple[Any, ...]

    @property
    def key(self) -> str:
        """``name`` or ``name.label``."""
        return f"{self.name}.{self.label}" if self.label else self.name


@dataclass(frozen=True)
class Comparison:
    """What was asked differently and what came out, for each plan in the order given."""

    plans: tuple[str, ...]
    inputs: tuple[Row, ...]
    results: tuple[Row, ...]

    def as_mapping(self) -> dict[str, Any]:
        """As plain objects: row -> values in the order of the plans."""
        tables = {"inputs": self.inputs, "results": self.results}
        return {
            "plans": list(self.plans),
            **{t: {row.key: list(row.values) for row in rows} for t, rows in tables.items()},
        }


def compare(plans: Mapping[str, Plan]) -> Comparison:
    """Compares plans by the name that each is shown under."""
    chosen = list(plans.values())
    inputs = [*_levers(chosen), *_overrides(chosen)]
    return Comparison(tuple(plans), tuple(inputs), tuple(_results(chosen)))


def _levers(plans: list[Plan]) -> list[Row]:
    """Levers that differ; one row where a labelled lever has one value for all labels in every plan."""
    levers = [plan.scenario.resolve(plan.study) for plan in plans]
    rows: list[Row] = []
    for name in LEVERS:
        values = [getattr(lever, name) for lever in levers]
        if not term(name).dims or all(len(set(value.tolist())) <= 1 for value in values):
            rows.append(Row(name, "", tuple(np.ravel(value)[0] for value in values)))
            continue
        labels = plans[0].study.values[term(name).dims[0]].values
        rows += [Row(name, str(label), tuple(value[n] for value in values)) for n, label in enumerate(labels)]
    return [row for row in rows if len(set(row.values)) > 1]


def _overrides(plans: list[Plan]) -> list[Row]:
    """Sourced overrides that not every plan has."""
    texts = [[str(override) for override in plan.scenario.overrides] for plan in plans]
    every = dict.fromkeys(text for own in texts for text in own)
    rows = [Row(text, "", tuple(text in own for own in texts)) for text in every]
    return [row for row in rows if not all(row.values)]


def _results(plans: list[Plan]) -> list[Row]:
    data = [plan.dataset for plan in plans]
    rows = [Row(name, "", tuple(figures.total(one, name) for one in data)) for name in SCALARS]
    for name in LABELLED:
        dim = str(data[0][name].dims[0])
        rows += [
            Row(name, str(label), tuple(float(one[name].sel({dim: label})) for one in data))
            for label in data[0][dim].values
        ]
    saving = np.array([one["saving_by_technology"].values for one in data])
    spread = saving.max(axis=0) - saving.min(axis=0)
    names = data[0]["technology"].values
    most = [n for n in np.argsort(-spread, kind="stable")[:TECHNOLOGIES] if spread[n] > figures.USED]
    return rows + [Row("saving_by_technology", str(names[n]), tuple(map(float, saving[:, n]))) for n in most]


def comparison_page(comparison: Comparison, plan: Plan, language: str = "en") -> str:
    """A comparison as text; ``plan`` is one of the plans, for the names of its study."""
    say = Texts("page", language)
    names = _names(plan, say)
    cells = max(PLAN_COLUMNS, *(width(name) for name in comparison.plans))
    least, most = NAME_COLUMNS
    columns = [min(most, max(least, WIDTH - 2 - len(comparison.plans) * (cells + 2))), *[cells] * len(comparison.plans)]

    def line(row: Row) -> str:
        return table([[_shown(row, names, say), *_cells(row, say)]], columns)[0]

    lines = titled([say("differs"), *comparison.plans], [], columns)
    lines += [line(row) for row in comparison.inputs] or [f"  {say('nothing_differs')}"]
    lines += ["", *titled([say("results"), *comparison.plans], [], columns)]
    before = ""
    for row in comparison.results:
        if row.label and row.name != before:
            lines.append(f"  {term(row.name).label(language)}, {term(row.name).unit}")
        lines.append(line(row))
        before = row.name
    return "\n".join(lines)


def _names(plan: Plan, say: Texts) -> Callable[[str, str], str]:
    study, language = plan.study, say.language
    catalogues = {"sector": study.sectors, "province": study.provinces, "technology": study.technologies}

    def name(dim: str, label: str) -> str:
        if dim in catalogues:
            return str(catalogues[dim].loc[label, f"name_{language}"])
        return say(f"level_{label}") if dim == "level" else say(label)

    return name


def _shown(row: Row, names: Callable[[str, str], str], say: Texts) -> str:
    if " " in row.name:  # an override, in its own words
        return row.name
    one = term(row.name)
    if row.label:
        own = names(one.dims[0], row.label)
        return f"{one.label(say.language)}: {own}" if one.kind == "lever" else f"  {own}"
    return one.label(say.language) + (f", {one.unit}" if one.unit not in ("", "1") else "")


def _cells(row: Row, say: Texts) -> list[str]:
    """The values of a row, numbers with as many digits as the largest needs."""
    numbers = [
        abs(value) for value in row.values if not isinstance(value, bool | np.bool_ | str) and np.isfinite(value)
    ]
    largest = max(numbers, default=0.0)
    digits = 0 if largest >= 1000 else 2 if largest >= 10 else 3
    return [_cell(value, digits, say) for value in row.values]


def _cell(value: Any, digits: int, say: Texts) -> str:
    if isinstance(value, bool | np.bool_):
        return say("yes" if value else "no")
    if isinstance(value, str):
        return say(value)
    return number(float(value), digits) if np.isfinite(value) else say("none")
