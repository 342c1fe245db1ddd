"""Tables of levers: CSV or Parquet, one row a run, one column a lever (``carbon_price``, ``sector_floor.paper``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from waterplan.base.errors import Problem
from waterplan.study.tables.path_faults import not_a_file

BYTES_MAX = 400_000_000
COLUMNS_MAX, CELLS_MAX = 500, 20_000_000
ROW_MAX, ROWS_AT_ONCE, TEXT_MAX = 100_000, 20_000, 200
WORDS = {"true": True, "false": False}


def read_table(path: Path) -> tuple[dict[str, list[Any]], list[Problem]]:
    """The columns of a table, and what is wrong with it."""

    def fault(message: str, row: int = 0, column: str = "") -> tuple[dict[str, list[Any]], list[Problem]]:
        return {}, [Problem(str(path), row, column, message)]

    trouble = not_a_file(path)
    if trouble:
        return fault(trouble)
    if path.suffix not in (".csv", ".parquet"):
        return fault("a table of levers is a .csv or .parquet file.")
    if path.stat().st_size > BYTES_MAX:
        return fault(f"more than {BYTES_MAX:,} bytes.")
    try:
        frame = _csv(path) if path.suffix == ".csv" else _parquet(path)
    except _NotThisError as error:
        return fault(str(error))
    except (ValueError, OSError, ImportError, MemoryError, pd.errors.ParserError, pa.ArrowException) as error:
        return fault(f"cannot be read as a table: {[*str(error).splitlines(), type(error).__name__][0][:300]}.")
    if not len(frame) or not len(frame.columns):
        return fault("no rows. Give a header with levers and a row for each run.")
    problems = []
    for name in frame:
        if frame[name].isna().any():
            row = int(frame[name].isna().to_numpy().argmax())
            problems.append(Problem(str(path), row + 2, str(name), "empty. Missing never means a default: write it."))
    return {str(name): [_plain(value) for value in frame[name].tolist()] for name in frame}, problems


class _NotThisError(Exception):
    """A table that is not read, told before it is in memory."""


def _csv(path: Path) -> pd.DataFrame:
    with path.open("rb") as stream:
        head, first = (stream.readline(ROW_MAX + 1) for _ in range(2))
    if max(len(head), len(first)) > ROW_MAX:
        raise _NotThisError(f"a row of more than {ROW_MAX:,} bytes.")
    named, given = head.count(b",") + 1, first.count(b",") + 1
    _check_size(0, named)
    if given > named:  # pandas would take the first cells for names of rows
        raise _NotThisError(f"row 2 has {given} cells; the first row names {named}.")
    parts: list[pd.DataFrame] = []
    rows = 0
    with pd.read_csv(path, encoding="utf-8-sig", skip_blank_lines=False, chunksize=ROWS_AT_ONCE) as chunks:
        for part in chunks:
            rows += len(part)
            _check_size(rows, len(part.columns))
            parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _parquet(path: Path) -> pd.DataFrame:
    with pq.ParquetFile(path) as file:
        _check_size(file.metadata.num_rows, len(file.schema_arrow))
        groups = [file.metadata.row_group(place) for place in range(file.num_row_groups)]
        if sum(group.total_byte_size for group in groups) > BYTES_MAX:
            raise _NotThisError(f"more than {BYTES_MAX:,} bytes when it is unpacked.")
        names, kinds = file.schema_arrow.names, [one.type for one in file.schema_arrow]
    if any(pa.types.is_nested(kind) for kind in kinds):
        raise _NotThisError("a column of lists or structures. Give one number or word in a cell.")
    texts = [name for name, kind in zip(names, kinds, strict=True) if pa.types.is_string(kind) or _is_bytes(kind)]
    table = pq.read_table(path, read_dictionary=texts)  # a text that is repeated is in memory once
    for name in texts:
        for part in table[name].chunks:
            if any(len(word) > TEXT_MAX for word in part.dictionary.to_pylist()):
                raise _NotThisError(f"column {name[:50]}: a text of more than {TEXT_MAX} signs.")
    frame = table.to_pandas()
    return frame.astype(dict.fromkeys(texts, object))


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_string(kind) or pa.types.is_large_binary(kind))


def _check_size(rows: int, columns: int) -> None:
    if columns > COLUMNS_MAX:
        raise _NotThisError(f"{columns:,} columns; {COLUMNS_MAX} is the most.")
    if rows * columns > CELLS_MAX:
        raise _NotThisError(f"more than {CELLS_MAX:,} cells. Divide the table.")


def _plain(value: Any) -> Any:
    return WORDS.get(value, value) if isinstance(value, str) else value
