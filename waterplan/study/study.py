"""A study: what is known about a region's industrial water, as labelled arrays with a source for every number.

A study is a folder of tidy tables (docs/data.md). ``Study.read`` checks them whole and raises all problems at once;
``Study.trace`` leads from a number to its row and source.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from waterplan.base.errors import PATHS, DataError, Problem, WaterplanError, both, either, must_be, suggest
from waterplan.base.late import late_module
from waterplan.base.messages import Message, Name, in_language
from waterplan.base.vocabulary import Meaning, Term, of_kind, terms
from waterplan.study.tables.arrays import coords_of, dataset_of, frame_of, rows_of
from waterplan.study.tables.bundle import KEYS, NUMBERS, ROWS, Bundle, digest_of, said
from waterplan.study.tables.bundle_files import Files, read_tables
from waterplan.study.tables.path_faults import not_a_folder
from waterplan.study.tables.schema import CATALOGUE_OF, GROUP, PARTS, TABLES
from waterplan.study.tables.study_file import FILE as SETTINGS_FILE
from waterplan.study.tables.translations import named, names_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
else:
    pd = late_module("pandas")

SPOKEN = ("title", "description")
DATASETS = dict(zip(("values", "low", "high"), NUMBERS, strict=True))
FRAMES = tuple(name for name, table in TABLES.items() if table.form != "values")
Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """What is known: inputs over their labels, the rows they stand in, and the catalogues that name the labels.

    values, low, high: Datasets with one variable for each input of the data dictionary, over its dims, in canonical
    units (attrs ``units``, ``long_name``); NaN where the study has no row, which never means zero. Labels are in the
    order of the catalogue files; ``technology`` carries level, exclusive_group, joint_product and pool ("" is none).
    rows: every value row: name, labels, value, low, high (canonical), unit, basis, source, note, file, row (the line
    in the file) and ``written``, the value and unit as they stand there. The catalogues and records are indexed by
    their first key, in file order; they have every column and table that newer studies have, empty where this study
    does not have it. ``in_language`` says title and description in Chinese where the study has them so.
    """

    name: str
    title: str
    description: str
    base_year: int
    target_year: int
    price_year: int
    currency: str
    lever_defaults: dict[str, Any]
    rows: pd.DataFrame
    values: xr.Dataset
    low: xr.Dataset
    high: xr.Dataset
    sectors: pd.DataFrame
    products: pd.DataFrame
    provinces: pd.DataFrame
    end_uses: pd.DataFrame
    technologies: pd.DataFrame
    sources: pd.DataFrame
    norms: pd.DataFrame
    targets: pd.DataFrame
    enterprises: pd.DataFrame
    norm_editions: pd.DataFrame
    observations: pd.DataFrame
    water_fees: pd.DataFrame

    if TYPE_CHECKING:
        bundle: ClassVar[Bundle | None]
        files: ClassVar[Files | None]

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(self.labels[dim])} {name}" for dim, name in CATALOGUE_OF.items())
        return f"Study({self.name}: {self.title}; {counts}; {len(self.column(ROWS, 'name'))} values)"

    @classmethod
    def read(cls, folder: str | Path) -> Study:
        """The study in a folder. Raises DataError with everything that is wrong in it."""
        bundle, files = read_tables(Path(folder))
        return cls.of(Path(folder).resolve().name, bundle, files)

    @classmethod
    def of(cls, name: str, bundle: Bundle, files: Files) -> Study:
        """The study of a bundle; frames and Datasets are made of it when somebody asks for them.

        files: the bytes of the tables that the bundle was made from, for who reads them again.
        """
        study = object.__new__(cls)
        told = {key: bundle.settings[key] for key in KEYS} | {key: named(bundle.settings, key) for key in SPOKEN}
        vars(study).update(told, name=name, lever_defaults=dict(bundle.settings["levers"]), bundle=bundle, files=files)
        return study

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """What was not given when the study was made: of a bundle its frames, else nothing."""
            if name in ("bundle", "files"):
                return None
            bundle = vars(self).get("bundle")
            if bundle is None or name not in (ROWS, *FRAMES, *DATASETS):
                raise AttributeError(Message("errors.no_attribute", module=type(self).__name__, name=name))
            vars(self)[name] = made = _made(bundle, name)
            return made

    @cached_property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """The labels of each dimension, in the order of the catalogues."""
        if self.bundle is not None:
            return self.bundle.labels
        listed = {dim: tuple(map(str, getattr(self, catalogue).index)) for dim, catalogue in CATALOGUE_OF.items()}
        return listed | {GROUP: tuple(map(str, self.values[GROUP].values))}

    @cached_property
    def numbers(self) -> dict[str, dict[str, Array]]:
        """Value, low and high of each input over its dims as plain arrays: what the Datasets say."""
        if self.bundle is not None:
            return self.bundle.numbers
        return {
            part: {str(name): np.asarray(array.values, float) for name, array in getattr(self, one).data_vars.items()}
            for one, part in DATASETS.items()
        }

    @cached_property
    def pools(self) -> tuple[str, ...]:
        """The pool of each technology, "" for none."""
        return self.bundle.pools if self.bundle is not None else tuple(map(str, self.values["pool"].values))

    def column(self, table: str, name: str) -> Array:
        """A column of a catalogue, or of all values together (``rows``), as a plain array."""
        if self.bundle is not None:
            return self.bundle.column(table, name)
        frame = getattr(self, table)
        return np.asarray(frame.index if frame.index.name == name else frame[name])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content: the same whatever the order of rows, number formats, units, quoting or encoding.

        What only newer studies say counts where a study says it, so that older ones keep their digests.
        """
        if self.bundle is not None:
            return self.bundle.digest
        settings = {key: getattr(self, key) for key in (*KEYS, "description")} | {"levers": self.lever_defaults}
        chinese = {key: in_language(getattr(self, key), "zh") for key in SPOKEN}
        settings |= {f"{key}_zh": text for key, text in chinese.items() if text != settings[key]}
        frames = {
            name: (getattr(self, name), TABLES[name].later_columns)
            for name in FRAMES
            if not (TABLES[name].optional and getattr(self, name).empty)
        }
        frames[ROWS] = self.rows.drop(columns=["file", "row", "written"]).set_index("name"), (GROUP,)
        columns = {
            name: [frame.index.to_numpy(object), *said({one: _plain(frame[one]) for one in frame}, later).values()]
            for name, (frame, later) in frames.items()
        }
        return digest_of(settings, columns)

    @cached_property
    def parts_missing(self) -> list[str]:
        """The parts that a study may leave out (PARTS of its tables) and that this one leaves out."""
        there = set(self.column(ROWS, "name").tolist())
        return [part for part, names in PARTS.items() if not there.issuperset(names)]

    def title_in(self, language: str) -> str:
        """The title in a language."""
        return str(in_language(self.title, language))

    @cached_property
    def variant_names(self) -> dict[str, Name]:
        """What the variants of the norms are called in both languages, by the words of norms.csv."""
        return names_of(self.norms.reset_index(), "variant")

    def variant_name(self, variant: str) -> str:
        """What a variant of a norm is called, in both languages; as it is where no norm has it."""
        return self.variant_names.get(variant, variant)

    def trace(self, name: str, **labels: str) -> Trace:
        """The row and the source of an input; a label may be left out where only one row fits.

        Raises WaterplanError for an unknown name or label, and where there is no such row or more than one.
        """
        row = row_of_input(self, self.rows, name, labels)
        return Trace(row, self.source(str(row["source"])))

    def source(self, key: str) -> pd.Series:
        """What is known of a source; words that are no key of sources.csv are all that is known."""
        if key in self.sources.index:
            return pd.Series(self.sources.loc[key])
        blank = {name: pd.NA if name == "year" else "" for name in self.sources}
        return pd.Series({**blank, "title": key, "verified": "no"}, name="", dtype=object)


@dataclass(frozen=True)
class Trace:
    """Where a number comes from: its row in the tables and the source of that row; ``str`` of it can be read.

    A row that a scenario sets says so, and what the study has in its place (``study_value``, ``study_low`` ...).
    """

    row: pd.Series
    source: pd.Series

    def __str__(self) -> str:
        row, source = self.row, self.source
        dims = terms()[row["name"]].dims
        labels = ", ".join(f"{dim} {row[dim]}" for dim in dims)
        unit = "" if row["unit"] == "1" else f" {row['unit']}"
        verified = "read in the document" if source["verified"] == "yes" else "not checked again in the document"
        year = "" if pd.isna(source["year"]) else str(source["year"])
        document = ", ".join(part for part in (source["title"], source["publisher"], year, source["url"]) if part)
        word, instead = ("set by", [self._of_study(unit)]) if is_set(row) else ("row", [])
        lines = [
            f"{row['name']}{f' ({labels})' if labels else ''}: {row['value']:.10g}{unit}",
            f"  range   {row['low']:.10g} to {row['high']:.10g}{unit}",
            f"  basis   {row['basis']}",
            f"  {word:<7} {place(row)}: {row['written']}",
            *instead,
            f"  source  {source.name}: {document} ({verified})" if source.name else f"  source  {document}",
        ]
        notes = (("note", row["note"]), ("", source["note"]))
        return "\n".join([*lines, *(f"  {word:<7} {text}" for word, text in notes if text)])

    def _of_study(self, unit: str) -> str:
        row = self.row
        figure = f"{row['study_value']:.10g}{unit}, {row['study_low']:.10g} to {row['study_high']:.10g}"
        where = f"{row['study_file']}, row {row['study_row']}: {row['study_written']}"
        return f"  study   {figure}; {row['study_basis']}; {row['study_source']}; {where}"


def is_set(row: Any) -> bool:
    """Whether a scenario has set the figure of a row."""
    return bool(row.get("study_file", ""))


def place(row: Any) -> str:
    """Where a row stands: its file, and the line if that is known.

    >>> place({"file": "prices.csv", "row": 4}), place({"file": "link, set 1", "row": 0})
    ('prices.csv, row 4', 'link, set 1')
    """
    return f"{row['file']}, row {row['row']}" if row["row"] else str(row["file"])


def row_of_input(study: Study, rows: pd.DataFrame, name: str, labels: Mapping[str, str]) -> pd.Series:
    """The one row of an input among the rows of a study. Raises WaterplanError like :meth:`Study.trace`."""
    term = find_input(name, labels)
    for dim, label in labels.items():
        known = study.labels[dim]
        if label not in known:
            near = suggest(label, known)
            raise WaterplanError(Message("study.no_label", dim=dim, label=label, near=near))
    found = rows[rows["name"] == term.name]
    for dim, label in labels.items():
        found = found[found[dim] == label]
    if len(found) == 1:
        return found.iloc[0]
    said = " ".join(f"{dim}={label}" for dim, label in labels.items())
    if not len(found):
        raise WaterplanError(Message("study.no_row", name=term.name, where=said, meaning=Meaning(term)))
    missing = [dim for dim in term.dims if dim not in labels]
    choices = "; ".join(" ".join(f"{dim}={row[dim]}" for dim in missing) for _, row in found.head(5).iterrows())
    asked = {"what": f"{term.name} {said}".rstrip(), "missing": both(missing), "choices": choices}
    raise WaterplanError(Message("study.many_rows", count=len(found), **asked))


def find_input(name: str, labels: Mapping[str, str]) -> Term:
    """The input of a name, or of its word in the tables where the labels make clear which.

    Raises WaterplanError with the nearest name, or the dimensions that the input has.

    >>> find_input("value_added", {"province": "hebei"}).name
    'province_value_added'
    """
    inputs = {term.name: term for term in of_kind("input")}
    by_word = [term for term in inputs.values() if term.variable == name and set(labels) <= set(term.dims)]
    exact = inputs.get(name)
    if exact is not None and set(labels) <= set(exact.dims):
        return exact
    if len(by_word) == 1:
        return by_word[0]
    if len(by_word) > 1:
        choices = either([f"{term.name} ({', '.join(term.dims)})" for term in by_word])
        raise WaterplanError(Message("study.many_tables", name=name, choices=choices))
    if exact is not None:
        foreign = [dim for dim in labels if dim not in exact.dims]
        dims = exact.dims or Message("study.none")
        raise WaterplanError(Message("study.no_such_dim", name=name, foreign=foreign, dims=dims))
    if name in terms():
        raise WaterplanError(Message("study.another_kind", name=name, kind=terms()[name].kind))
    words = [*inputs, *(term.variable for term in inputs.values() if term.variable)]
    raise WaterplanError(Message("study.no_input", name=name, near=suggest(name, words)))


def shipped(name: str = "china-2015", kind: str = "data") -> Path:
    """The path of a study (kind data) or of a scenario file (kind scenarios) that comes with waterplan."""
    package = Path(__file__).parents[1]
    places = [package / "_shipped" / kind, package.parent / kind]
    return next((place / name for place in places if os.path.exists(place / name)), places[-1] / name)


def open_study(name_or_path: str | Path = "china-2015") -> Study:
    """The study in a folder, or the shipped one of that name.

    Raises DataError if there is neither, or with everything that is wrong in it.
    """
    must_be(name_or_path, PATHS, "study", Message("study.a_folder"), DataError)
    folder = Path(name_or_path)
    fault = not_a_folder(folder)
    if not fault:
        return Study.read(folder)
    if not not_a_folder(shipped(str(name_or_path))):
        return Study.read(shipped(str(name_or_path)))
    names = sorted(path.parent.name for path in shipped("").glob(f"*/{SETTINGS_FILE}"))
    near = suggest(folder.name, names)
    message = Message("study.no_study", fault=fault, near=near, names=names or Message("study.none"))
    raise DataError([Problem(str(name_or_path), 0, "", message)])


def _plain(column: pd.Series) -> Array:
    """A column of a frame as numbers or words, nothing as NaN."""
    if isinstance(column.dtype, pd.Int64Dtype):
        return column.to_numpy(dtype=float, na_value=np.nan)
    return column.to_numpy()


def _made(bundle: Bundle, name: str) -> Any:
    """A frame or a Dataset of a study."""
    if name in DATASETS:
        attrs = {key: bundle.settings[key] for key in KEYS}
        return dataset_of(bundle.numbers[DATASETS[name]], coords_of(bundle), attrs)
    return rows_of(bundle, name) if name == ROWS else frame_of(bundle, name)
