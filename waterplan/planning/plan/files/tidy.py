"""A plan as tidy CSV files, one a set of dims: a row for each combination of labels, a column for each variable."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from waterplan.base.spreadsheet import pack_csv
from waterplan.base.vocabulary import term, terms
from waterplan.base.whole_files import write_together

CUBE_DIMS = 2  # tables over this many dims are mostly pairs that do not exist or rows of nought; those are left out
WHOLE = "whole"
DICTIONARY, MANIFEST = "data_dictionary.csv", "manifest.json"
DICTIONARY_COLUMNS = (
    "name", "kind", "file", "dims", "unit", "label_en", "label_zh", "meaning_en", "meaning_zh", "rows",
)  # fmt: skip
CARRIED = {"technology_level": "level", "product_sector": "sector"}
ALL_ROWS = "all"
SOME_ROWS = "rows in which every number is nought or missing are left out"


def save_csv(dataset: xr.Dataset, folder: str | Path) -> None:
    """Saves a plan as CSV files in a folder, with a data dictionary and a manifest of digests and versions.

    A text that a spreadsheet could take for a formula gets an apostrophe before it; numbers are written in full.
    Raises OutputError when the folder cannot be written.
    """
    home = Path(folder)
    contents: dict[str, bytes] = {}
    files: dict[str, dict[str, object]] = {}
    entries = [_entry(name, name, "", (), "") for name in terms() if name in dataset.dims]
    for dims, names in _by_dims(dataset).items():
        file = f"{'-'.join(dims) or WHOLE}.csv"
        table, entries_here = _table(dataset, dims, names), _entries(dataset, file, dims, names)
        contents[file], files[file] = _packed(table.columns, table.itertuples(index=False, name=None))
        entries += entries_here
    rows = ([entry[column] for column in DICTIONARY_COLUMNS] for entry in entries)
    contents[DICTIONARY], files[DICTIONARY] = _packed(DICTIONARY_COLUMNS, rows)
    manifest = {"plan": {str(name): _plain(value) for name, value in dataset.attrs.items()}, "files": files}
    text = json.dumps(manifest, ensure_ascii=False, indent=2, allow_nan=False)
    write_together(home, {**contents, MANIFEST: f"{text}\n".encode("utf-8", "replace")})


def _by_dims(dataset: xr.Dataset) -> dict[tuple[str, ...], list[str]]:
    """Variables by their dims, both in the order of the data dictionary."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in terms():
        if name in dataset.data_vars:
            groups.setdefault(tuple(map(str, dataset[name].dims)), []).append(name)
    return groups


def _table(dataset: xr.Dataset, dims: tuple[str, ...], names: list[str]) -> pd.DataFrame:
    shape = tuple(dataset.sizes[dim] for dim in dims)
    kept = np.full(shape, len(dims) <= CUBE_DIMS)
    if not kept.all():
        for name in names:
            kept |= np.nan_to_num(dataset[name].values) != 0
    places = np.nonzero(kept) if dims else ()
    columns: dict[str, object] = {dim: _labels(dataset, dim)[at] for dim, at in zip(dims, places, strict=True)}
    for name in CARRIED:
        if dims and name in dataset.coords and dims == dataset[name].dims:
            columns[name] = dataset[name].values
    return pd.DataFrame(columns | {name: np.atleast_1d(dataset[name].values[places]) for name in names})


def _labels(dataset: xr.Dataset, dim: str) -> np.ndarray:
    return dataset[dim].values if dim in dataset.coords else np.arange(1, dataset.sizes[dim] + 1)


def _entries(dataset: xr.Dataset, file: str, dims: tuple[str, ...], names: list[str]) -> list[dict[str, str]]:
    rows = ALL_ROWS if len(dims) <= CUBE_DIMS else SOME_ROWS
    carried = [name for name in CARRIED if name in dataset.coords and dims and dims == dataset[name].dims]
    return [_entry(name, CARRIED.get(name, name), file, dims, rows) for name in (*carried, *names)]


def _entry(name: str, meant: str, file: str, dims: tuple[str, ...], rows: str) -> dict[str, str]:
    found = term(meant)
    return {
        "name": name, "kind": found.kind, "file": file, "dims": " ".join(dims), "unit": found.unit,
        "label_en": found.label_en, "label_zh": found.label_zh,
        "meaning_en": found.meaning_en, "meaning_zh": found.meaning_zh, "rows": rows,
    }  # fmt: skip


def _packed(header: Iterable[str], rows: Iterable[Sequence[object]]) -> tuple[bytes, dict[str, object]]:
    """One table as the content of a file, and what the manifest says of it."""
    listed = list(rows)
    content = pack_csv(header, listed)
    return content, {"rows": len(listed), "sha256": hashlib.sha256(content).hexdigest()}


def _plain(value: object) -> object:
    number = value.item() if isinstance(value, np.generic) else value
    return str(number) if isinstance(number, float) and not np.isfinite(number) else number
