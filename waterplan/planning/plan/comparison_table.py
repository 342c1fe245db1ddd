"""Plans side by side as data, and as text for a terminal."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from waterplan.base.messages import in_language
from waterplan.base.texts import Texts
from waterplan.base.vocabulary import term
from waterplan.planning.plan.plan import Plan

TOTALS = ("base_withdrawal", "reference_withdrawal", "planned_withdrawal")
SUMMED = (*TOTALS, "investment", "electricity", "heat", "carbon_dioxide")
PLANS_IN_A_ROW = 3
LABEL_WIDTH, CELL_WIDTH = 44, 12
COUNT, PLACES = 10, 3
TITLE_LENGTH_MAX = 100
SHOWN = (
    "base_withdrawal", "reference_withdrawal", "planned_withdrawal", "saving", "counted_saving", "annual_cost",
    "gross_cost", "gains", "scarcity_credit", "investment", "electricity", "heat", "carbon_dioxide", "public_budget",
    "shadow_price",
)  # fmt: skip
Cells = Sequence[Any] | np.ndarray
CATALOGUES = {"sector": "sectors", "province": "provinces", "technology": "technologies"}


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two or more plans side by side; ``str`` of it can be read.

    inputs: what differs between the questions: a row for each study, lever (by label), figure set and exclusion, a
    column for each plan. results: the variables of the plans with the dim ``plan`` before the others, without those by
    technology, product and province at once and without the steps.
    """

    plans: tuple[Plan, ...]
    inputs: pd.DataFrame
    results: xr.Dataset

    @property
    def difference(self) -> xr.Dataset:
        """The results less those of the first plan."""
        numbers = self.results.drop_vars([n for n, v in self.results.data_vars.items() if v.dtype.kind != "f"])
        return numbers - numbers.isel(plan=0, drop=True)

    def headline(self) -> xr.Dataset:
        """The figures of the whole, by plan: those without labels, and withdrawal, investment and energy summed up."""
        whole = [str(name) for name, array in self.results.data_vars.items() if array.dims == ("plan",)]
        order = [*TOTALS, *whole, *SUMMED[len(TOTALS) :]]
        figures = {name: self.results[name] for name in order}
        return xr.Dataset({name: array.sum(array.dims[1:], keep_attrs=True) for name, array in figures.items()})

    def most_changed(self, name: str, count: int = 10) -> xr.DataArray:
        """The labels of a result by one dim which differ most from the first plan in any other, most first."""
        change = abs(self.difference[name]).max("plan").fillna(0).values
        kept = [place for place in np.argsort(-change, kind="stable")[:count] if change[place] > 0]
        return self.results[name].isel({str(self.results[name].dims[1]): kept})

    def text(self, language: str = "en") -> str:
        """The comparison for a terminal, in English (en) or Chinese (zh)."""
        return "\n".join(_lines(self, Texts("comparison", language)))

    def __str__(self) -> str:
        return self.text()


def _lines(comparison: Comparison, say: Texts) -> Iterator[str]:
    yield say("plans")
    for number, name in enumerate(comparison.results["plan"].values.tolist(), start=1):
        yield f"  {number}  {_shown(name)}"
    yield from ("", say("inputs"))
    rows = list(_input_rows(comparison, say))
    yield from _blocks(rows, len(comparison.plans), differences=False) if rows else (f"  {say('no_inputs')}",)
    yield from ("", say("results"))
    figures = comparison.headline()
    yield from _blocks([(_label(name, say), figures[name].values) for name in SHOWN], len(comparison.plans))
    for heading, dim, all_labels in (
        ("sectors", "sector", True), ("provinces", "province", False), ("technologies", "technology", False),
    ):  # fmt: skip
        name = f"saving_by_{dim}"
        shown = comparison.results[name] if all_labels else comparison.most_changed(name, COUNT)
        yield from ("", say(heading))
        rows = list(_label_rows(comparison, shown, dim, say.language))
        yield from _blocks(rows, len(comparison.plans)) if rows else (f"  {say('no_change')}",)


def _label(name: str, say: Texts) -> str:
    if name in TOTALS:
        return say(name)
    return f"{term(name).label(say.language)} [{term(name).unit}]"


def _label_rows(comparison: Comparison, shown: xr.DataArray, dim: str, language: str) -> Iterator[tuple[str, Cells]]:
    names = getattr(comparison.plans[0].study, CATALOGUES[dim])[f"name_{language}"]
    for label in shown[dim].values.tolist():
        yield names[label] or label, shown.sel({dim: label}).values


def _input_rows(comparison: Comparison, say: Texts) -> Iterator[tuple[str, Cells]]:
    """What differs; labels that differ in the same way share a line."""
    alike: dict[tuple[Any, ...], list[str]] = {}
    for kind, name, where, unit, *values in comparison.inputs.reset_index().itertuples(index=False, name=None):
        alike.setdefault((kind, name, unit, *values), []).append(where)
    for (kind, name, unit, *values), places in alike.items():
        where = _places(comparison, kind, name, places, say)
        if kind == "lever":
            label = f"{term(name).label(say.language)} {where}".strip()
            told = [say("unlimited") if value == math.inf else value for value in values]
            yield label + (f" [{unit}]" if unit not in ("", "1") else ""), told
        elif kind == "excluded":
            yield say("excluded", technology=where), [say("yes" if value else "no") for value in values]
        elif kind == "override":
            yield (
                say("override", name=name, where=where).strip(),
                [in_language(value, say.language) or say("as_study") for value in values],
            )
        elif kind == "study value":
            yield say("study_values", name=name), [value or 0 for value in values]
        else:
            yield say(name), [str(value)[:CELL_WIDTH] for value in values]


def _places(comparison: Comparison, kind: str, name: str, places: list[str], say: Texts) -> str:
    dims = term(name).dims if kind == "lever" else ()
    if dims and len(places) == comparison.results.sizes[dims[0]]:
        return say("all")
    rest = say("more", count=len(places) - PLACES) if len(places) > PLACES else ""
    return ", ".join(places[:PLACES]) + rest


def _blocks(rows: Sequence[tuple[str, Cells]], plans: int, differences: bool = True) -> Iterator[str]:
    """Rows with a column for each plan and one for its difference to the first; many plans go into several blocks."""
    for start in range(1, plans, PLANS_IN_A_ROW - 1):
        others = range(start, min(start + PLANS_IN_A_ROW - 1, plans))
        heads = ["1"]
        for n in others:
            heads += [f"{n + 1}", f"{n + 1} - 1"] if differences else [f"{n + 1}"]
        yield _row("", heads)
        for label, values in rows:
            cells = [_cell(values[0])]
            for n in others:
                cells += [_cell(values[n])] + ([_difference(values[n], values[0])] if differences else [])
            yield _row(label, cells)


def _row(label: str, cells: Iterable[str]) -> str:
    """A line; a label that is too long gets a line of its own, and so do cells that are too wide."""
    label = _shown(label)
    gap = LABEL_WIDTH - _width(label)
    before = f"  {label}{' ' * gap}" if gap >= 0 else f"  {label}\n  {' ' * LABEL_WIDTH}"
    return (before + "".join(" " * max(2, CELL_WIDTH - _width(cell)) + cell for cell in cells)).rstrip()


def _cell(value: Any) -> str:
    if isinstance(value, bool | np.bool_ | str):
        return _shown(str(value).lower() if not isinstance(value, str) else value)
    return "-" if math.isnan(value) else _number(float(value))


def _difference(value: Any, first: Any) -> str:
    number = float(value) - float(first)
    if math.isnan(number):
        return "-"
    shown = _number(number)
    return "=" if float(shown.replace(",", "")) == 0 else shown if number < 0 else f"+{shown}"


def _number(number: float) -> str:
    """Four figures or whole units.

    >>> _number(12722.4), _number(1.05912), _number(432.37)
    ('12,722', '1.059', '432.4')
    """
    size = float(f"{abs(number):.4g}")
    decimals = 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 10 else 3
    shown = f"{number:,.{decimals}f}"
    return shown.removeprefix("-") if float(shown.replace(",", "")) == 0 else shown


def _shown(text: str) -> str:
    """A text in which nothing can command a terminal, cut where it is very long."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return plain if len(plain) <= TITLE_LENGTH_MAX else f"{plain[: TITLE_LENGTH_MAX - 3]}..."


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
