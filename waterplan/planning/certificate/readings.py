"""The tables of a study, read once more: only the numbers that a plan rests on, straight from the files.

Nothing here knows the study's own reader or what it keeps: the words of a CSV file become numbers in canonical units.
A study that was made in memory has no files; its rows are then all there is.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from waterplan.base.errors import CertificateError
from waterplan.base.messages import Message
from waterplan.base.units import UnitError, factor
from waterplan.base.vocabulary import Term, of_kind
from waterplan.study.study import Study

Array = np.ndarray[Any, Any]
CATALOGUES = {
    "sector": "sectors",
    "product": "products",
    "province": "provinces",
    "end_use": "end_uses",
    "technology": "technologies",
}
GROUP = "group"  # a dim without a catalogue: its labels are those of barriers.csv
OF_CATALOGUES = (("technologies", "level"), ("technologies", "exclusive_group"), ("technologies", "joint_product"),
                 ("products", "sector"), ("products", "output_unit"))  # fmt: skip
WANTED = {*CATALOGUES, GROUP, *(name for _, name in OF_CATALOGUES), "variable", "value", "unit", "pool"}
YEARS = ("base_year", "target_year")
OF_BASELINES = ("retirement_rate", "new_intensity_ratio", "barrier", "return_share", "depletion_share",
                "sector_value_added", "value_added_growth")  # fmt: skip
WEIGHED = tuple(term for term in of_kind("input") if term.acts_on or term.name in OF_BASELINES)  # no plan needs others


@dataclass(frozen=True)
class Readings:
    """Labels of each dim, the columns of the catalogues that plans rest on, and the rows of each input: where they
    stand among the labels, and their values in canonical units. pools: of technologies that have one. settings: years
    and levers of study.toml."""

    labels: Mapping[str, tuple[str, ...]]
    columns: Mapping[tuple[str, str], Sequence[Any]]
    rows: Mapping[str, tuple[tuple[Array, ...], Array]]
    pools: Mapping[str, str]
    settings: Mapping[str, Any]

    @classmethod
    def of(cls, study: Study) -> Readings:
        """The readings of a study's files, or of its rows where it has none."""
        return _of_files(study.files) if study.files else _of_rows(study)

    def unit(self, term: Term, product: int) -> str:
        """Canonical unit of an input, of a product."""
        return term.unit.replace("output_unit", self.columns["products", "output_unit"][product])


def _of_rows(study: Study) -> Readings:
    names, labels = study.column("rows", "name"), study.labels
    columns = {dim: study.column("rows", dim) for dim in (*CATALOGUES, GROUP, "pool")}
    rows, value = {}, study.column("rows", "value")
    for term in WEIGHED:
        at = np.flatnonzero(names == term.name)
        rows[term.name] = tuple(_places(labels[dim], columns[dim][at]) for dim in term.dims), value[at]
    pooled = np.flatnonzero(columns["pool"] != "")
    pools = dict(zip(columns["technology"][pooled].tolist(), columns["pool"][pooled].tolist(), strict=True))
    catalogues = {(table, name): study.column(table, name).tolist() for table, name in OF_CATALOGUES}
    settings = {name: getattr(study, name) for name in YEARS} | {"levers": study.lever_defaults}
    return Readings(labels, catalogues, rows, pools, settings)


def _of_files(files: Mapping[str, bytes]) -> Readings:
    settings = tomllib.loads(_text(files["study.toml"]))
    tables = {name: _columns(name, files) for name in CATALOGUES.values()}
    labels = {dim: tables[name][dim] for dim, name in CATALOGUES.items()}
    columns: dict[tuple[str, str], Sequence[Any]] = {key: tables[key[0]][key[1]] for key in OF_CATALOGUES}
    columns["technologies", "joint_product"] = [flag == "1" for flag in tables["technologies"]["joint_product"]]
    made = dict(zip(labels["product"], columns["products", "output_unit"], strict=True))
    rows: dict[str, tuple[tuple[Array, ...], Array]] = {}
    pools: dict[str, str] = {}
    by_table: dict[str, dict[str, Term]] = {}
    for term in WEIGHED:
        by_table.setdefault(term.table, {})[term.variable] = term
    labels[GROUP] = ()
    for name, terms in by_table.items():
        if f"{name}.csv" not in files and {term.name for term in terms.values()} <= {*OF_BASELINES}:
            rows |= {term.name: (tuple([np.empty(0, np.int64)] * len(term.dims)), np.empty(0))
                     for term in terms.values()}  # fmt: skip
            continue
        table = _columns(name, files)
        if GROUP in table:
            labels[GROUP] = tuple(sorted(set(table[GROUP]), key=int))
        rows |= _inputs(name, table, terms, labels, made)
        if "pool" in table:
            pools = dict(zip(table["technology"], table["pool"], strict=True))
    return Readings(labels, columns, rows, pools, settings)


def _inputs(
    name: str,
    table: Mapping[str, tuple[str, ...]],
    terms: Mapping[str, Term],
    labels: Mapping[str, tuple[str, ...]],
    made: Mapping[str, str],
) -> dict[str, tuple[tuple[Array, ...], Array]]:
    """The rows of each input of a value table. Raises CertificateError where they are not what the full reader took."""
    words_of_all = table.get("variable", ("",) * len(table["value"]))
    weighed = [n for n, word in enumerate(words_of_all) if word in terms]
    table = {column: tuple([cells[n] for n in weighed]) for column, cells in table.items()}
    count, words = len(weighed), np.array([words_of_all[n] for n in weighed], dtype=object)
    products = table.get("product", ("",) * count)
    kinds = dict.fromkeys(zip(words, table["unit"], products, strict=True), 1.0)
    try:
        for word, unit, product in kinds:
            canonical = terms[word].unit
            if "output_unit" in canonical:
                canonical = canonical.replace("output_unit", made[product])
            kinds[word, unit, product] = factor(unit, canonical)
        scale = [kinds[kind] for kind in zip(words, table["unit"], products, strict=True)]
        values = np.array([float(number) for number in table["value"]]) * np.array(scale)
        places = {dim: _places(labels[dim], table[dim]) for dim in (*CATALOGUES, GROUP) if dim in table}
    except (KeyError, ValueError, UnitError) as error:
        raise _other(name) from error
    found = {}
    for word, term in terms.items():
        at = np.flatnonzero(words == word)
        here = tuple(places[dim][at] for dim in term.dims)
        if not np.isfinite(values[at]).all() or len(set(zip(*here, strict=True)) if here else at[:1]) != len(at):
            raise _other(name)
        found[term.name] = here, values[at]
    return found


def _places(labels: Sequence[str], named: Sequence[Any] | Array) -> Array:
    place = {label: n for n, label in enumerate(labels)}
    return np.array([place[str(label)] for label in named], dtype=np.int64)


def _columns(name: str, files: Mapping[str, bytes]) -> dict[str, tuple[str, ...]]:
    """The columns of a table that numbers rest on, cells without outer blanks."""
    header, *records = filter(any, csv.reader(io.StringIO(_text(files[f"{name}.csv"]), newline="")))
    places = {cell.strip(): n for n, cell in enumerate(header)}
    if set(map(len, records)) - {len(header)}:
        raise _other(name)
    return {
        column: tuple([record[place].strip() for record in records])
        for column, place in places.items()
        if column in WANTED
    }


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _other(name: str) -> CertificateError:
    return CertificateError(Message("planner_errors.other_table", file=f"{name}.csv"))
