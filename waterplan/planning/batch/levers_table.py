"""Tables of levers: CSV or Parquet, one row a run, one column a lever (``carbon_price``, ``sector_floor.paper``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from waterplan.base.errors import Problem
from waterplan.base.messages import Message
from waterplan.study.tables.path_faults import not_a_file

BYTES_MAX = 400_000_000
COLUMNS_MAX, CELLS_MAX = 500, 20_000_000
ROW_MAX, ROWS_AT_ONCE, TEXT_MAX = 100_000, 20_000, 200
WORDS = {"true": True, "false": False}


def read_table(path: Path) -> tuple[dict[str, list[Any]], list[Problem]]:
    """The columns of a table, and what is wrong with it."""

    def fault(message: Message) -> tuple[dict[str, list[Any]], list[Problem]]:
        return {}, [Problem(str(path), 0, "", message)]

    trouble = not_a_file(path)
    if trouble:
        return fault(trouble)
    if path.suffix not in (".csv", ".parquet"):
        return fault(Message("design_errors.table_kind"))
    if path.stat().st_size > BYTES_MAX:
        return fault(Message("design_errors.table_bytes", most=f"{BYTES_MAX:,}"))
    try:
        frame = _csv(path) if path.suffix == ".csv" else _parquet(path)
    except _NotThisError as error:
        return fault(error.message)
    except pd.errors.EmptyDataError:
        return fault(Message("design_errors.no_rows"))
    except UnicodeDecodeError:
        return fault(Message("files.not_utf8"))
    except (ValueError, OSError, ImportError, MemoryError, pd.errors.ParserError, pa.ArrowException) as error:
        words = [*str(error).splitlines(), type(error).__name__][0][:300].rstrip(".")
        return fault(Message("design_errors.table_unreadable", words=words))
    if not len(frame) or not len(frame.columns):
        return fault(Message("design_errors.no_rows"))
    problems = []
    for name in frame:
        if frame[name].isna().any():
            row = int(frame[name].isna().to_numpy().argmax())
            problems.append(Problem(str(path), row + 2, str(name), Message("design_errors.empty_cell")))
    return {str(name): [_plain(value) for value in frame[name].tolist()] for name in frame}, problems


class _NotThisError(Exception):
    """A table that is not read, told before it is in memory."""

    def __init__(self, message: Message):
        super().__init__(message)
        self.message = message


def _csv(path: Path) -> pd.DataFrame:
    with path.open("rb") as stream:
        head, first = (stream.readline(ROW_MAX + 1) for _ in range(2))
    if max(len(head), len(first)) > ROW_MAX:
        raise _NotThisError(Message("design_errors.row_bytes", most=f"{ROW_MAX:,}"))
    named, given = head.count(b",") + 1, first.count(b",") + 1
    _check_size(0, named)
    if given > named:  # pandas would take the first cells for names of rows
        raise _NotThisError(Message("design_errors.row_cells", given=given, named=named))
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
            raise _NotThisError(Message("design_errors.unpacked", most=f"{BYTES_MAX:,}"))
        names, kinds = file.schema_arrow.names, [one.type for one in file.schema_arrow]
    if any(pa.types.is_nested(kind) for kind in kinds):
        raise _NotThisError(Message("design_errors.nested"))
    texts = [name for name, kind in zip(names, kinds, strict=True) if pa.types.is_string(kind) or _is_bytes(kind)]
    table = pq.read_table(path, read_dictionary=texts)  # a text that is repeated is in memory once
    for name in texts:
        for part in table[name].chunks:
            if any(len(word) > TEXT_MAX for word in part.dictionary.to_pylist()):
                raise _NotThisError(Message("design_errors.long_text", name=name[:50], most=TEXT_MAX))
    frame = table.to_pandas()
    return frame.astype(dict.fromkeys(texts, object))


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_string(kind) or pa.types.is_large_binary(kind))


def _check_size(rows: int, columns: int) -> None:
    if columns > COLUMNS_MAX:
        raise _NotThisError(Message("design_errors.columns", columns=f"{columns:,}", most=COLUMNS_MAX))
    if rows * columns > CELLS_MAX:
        raise _NotThisError(Message("design_errors.cells", most=f"{CELLS_MAX:,}"))


def _plain(value: Any) -> Any:
    return WORDS.get(value, value) if isinstance(value, str) else value
