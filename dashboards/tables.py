"""The other pages' content: scenarios side by side, and the study row by row with range, basis and source."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from waterplan import Scenario, Study
from waterplan.base.texts import Texts
from waterplan.base.vocabulary import of_kind, term, terms
from waterplan.study.tables.translations import cell_in

from .board import Answer
from .facts import ROOM, Facts

PAGE, DIFFERENT_MAX = 50, 40
CATALOGUES = ("technology", "product", "end_use", "sector", "province")
DIMS = (*CATALOGUES, "group", "pool")
BASES = ("measured", "reported", "estimated", "assumed")


def side_by_side(
    study: Study, scenarios: Sequence[Scenario], answers: Sequence[Answer], language: str
) -> dict[str, Any]:
    """Titles, the inputs that differ, and the boards of scenarios."""
    return {
        "titles": [scenario.headline(language) for scenario in scenarios],
        "inputs": what_differs(study, scenarios)[:DIFFERENT_MAX],
        "overrides": [[str(override) for override in scenario.overrides] for scenario in scenarios],
        "headlines": [answer.board["headline"] if answer.board else None for answer in answers],
        "sectors": [answer.board["sectors"] if answer.board else None for answer in answers],
        "attainable": [None if answer.board else _finite(answer.attainable) for answer in answers],
        "digests": [answer.digest for answer in answers],
    }


def what_differs(study: Study, scenarios: Sequence[Scenario]) -> list[dict[str, Any]]:
    """Levers that are not the same in all scenarios, label by label: name, label and a value for each."""
    resolved = [scenario.resolve(study) for scenario in scenarios]
    rows: list[dict[str, Any]] = []
    for lever in of_kind("lever"):
        values = [getattr(levers, lever.name) for levers in resolved]
        if not lever.dims:
            if any(value != values[0] for value in values):
                rows.append({"name": lever.name, "label": "", "values": [_finite(value) for value in values]})
            continue
        stacked = np.stack(values)
        labels = study.values[lever.dims[0]].values
        for n in np.flatnonzero((stacked != stacked[0]).any(axis=0)):
            rows.append({"name": lever.name, "label": str(labels[n]), "values": [_finite(v) for v in stacked[:, n]]})
    return rows


def compared_table(facts: Facts, content: dict[str, Any], language: str) -> list[tuple[str, list[Any]]]:
    """What :func:`side_by_side` tells, as columns of one table: inputs that differ, then results."""
    say = Texts(ROOM, language)
    count = len(content["titles"])
    lines: list[tuple[str, str, list[Any]]] = []
    for row in content["inputs"]:
        lever = term(row["name"])
        label = facts.names(lever.dims[0], language).get(row["label"], row["label"]) if row["label"] else ""
        lines.append((lever.label(language) + (f": {label}" if label else ""), lever.unit, row["values"]))
    heads = [found or {} for found in content["headlines"]]
    for name in sorted({name for head in heads for name in head}):
        label, unit = (
            (terms()[name].label(language), terms()[name].unit)
            if name in terms()
            else (say("head_mean_cost"), "CNY/m3")
        )
        lines.append((label, unit, [head.get(name) for head in heads]))
    sectors: list[dict[str, Any]] = next((found for found in content["sectors"] if found), [])
    for place, sector in enumerate(sectors):
        saving = [sum(found[place]["levels"]) if found else None for found in content["sectors"]]
        name = facts.names("sector", language).get(sector["label"], sector["label"])
        lines.append((f"{term('saving').label(language)}: {name}", "hm3/a", saving))
    columns = [(say("figure"), [line[0] for line in lines]), (say("unit"), [line[1] for line in lines])]
    for n in range(count):
        cells = [str(line[2][n]).lower() if isinstance(line[2][n], bool) else line[2][n] for line in lines]
        columns.append((content["titles"][n] or say("untitled"), cells))
    return columns


def _finite(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not np.isfinite(value) else value


class Rows:
    """The value rows of a study, searched and paged."""

    def __init__(self, study: Study):
        self.study = study

    @cached_property
    def _words(self) -> pd.Series:
        study, rows = self.study, self.study.rows
        columns = [rows["name"].astype(str), rows["basis"], rows["source"], rows["note"], rows["file"]]
        for dim in CATALOGUES:
            frame = getattr(study, {"technology": "technologies"}.get(dim, f"{dim}s"))
            names = frame["name_en"].astype(str) + " " + frame["name_zh"].astype(str)
            columns.append(rows[dim].astype(str) + " " + rows[dim].map(names).fillna("").astype(str))
        words = columns[0]
        for column in columns[1:]:
            words = words + " " + column.fillna("").astype(str)
        return words.str.lower()

    def found(self, text: str = "", name: str = "", basis: str = "", at: str = "") -> Any:
        """Places of the rows that have all words of ``text``. at: ``file:row`` of a table, for what stands there."""
        rows = self.study.rows
        chosen = np.ones(len(rows), dtype=bool)
        for word in text.lower().split()[:8]:
            chosen &= self._words.str.contains(word, regex=False).to_numpy(bool)
        if name:
            chosen &= (rows["name"] == name).to_numpy(bool)
        if basis in BASES:
            chosen &= (rows["basis"] == basis).to_numpy(bool)
        if at:
            file, _, row = at.rpartition(":")
            chosen &= ((rows["file"] == file) & (rows["row"].astype(str) == row)).to_numpy(bool)
        return np.flatnonzero(chosen)

    def find(
        self, text: str = "", name: str = "", basis: str = "", page: int = 0, at: str = "", language: str = "en"
    ) -> dict[str, Any]:
        """One page of the rows that :meth:`found` finds, with their sources, and how many there are."""
        rows, found = self.study.rows, self.found(text, name, basis, at)
        page = min(max(page, 0), max((len(found) - 1) // PAGE, 0))
        shown = rows.iloc[found[page * PAGE : (page + 1) * PAGE]]
        by_basis = rows["basis"].to_numpy()[found]
        return {
            "text": text,
            "name": name,
            "basis": basis,
            "at": at,
            "page": page,
            "pages": max((len(found) - 1) // PAGE + 1, 1),
            "total": len(found),
            "by_basis": {each: int((by_basis == each).sum()) for each in BASES},
            "names": sorted(map(str, rows["name"].unique())),
            "rows": [told_row(row) for _, row in shown.iterrows()],
            "sources": {str(key): told_source(self.study, str(key), language) for key in shown["source"].unique()},
        }


def told_source(study: Study, key: str, language: str) -> dict[str, str]:
    """What is known of a source."""
    source = study.source(key)
    texts = {name: "" if pd.isna(source[name]) else str(source[name]) for name in ("year", "url", "verified", "note")}
    return {name: cell_in(source, name, language) for name in ("title", "publisher")} | texts


def told_row(row: pd.Series) -> dict[str, Any]:
    """A row of the study, or the override in its place, as the pages show it."""
    texts = {name: str(row[name]) for name in ("name", "unit", "basis", "source", "note", "file", "written")}
    numbers = {name: _finite(float(row[name])) for name in ("value", "low", "high")}
    labels = {dim: str(row[dim]) for dim in DIMS if row[dim]}
    return {**texts, **numbers, "labels": labels, "row": int(row["row"]), "instead_of": _instead_of(row)}


def _instead_of(row: pd.Series) -> dict[str, Any] | None:
    """What the study has where the scenario sets the figure; None elsewhere."""
    if not row.get("study_file"):
        return None
    texts = {name: str(row[f"study_{name}"]) for name in ("basis", "file", "written")}
    return {**texts, "value": _finite(float(row["study_value"])), "row": int(row["study_row"])}
