"""Tables of levers: CSV or Parquet, one row a run, one column a lever (``carbon_price``, ``sector_floor.paper``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from waterplan.errors import Problem
from waterplan.tables.places import not_a_file

BYTES_MAX = 1_000_000_000
COLUMNS_MAX = 500
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
        if path.suffix == ".csv":
            frame = pd.read_csv(path, encoding="utf-8-sig", skip_blank_lines=False)
        else:
            frame = pd.read_parquet(path)
    except (ValueError, OSError, ImportError, pd.errors.ParserError) as error:
        return fault(f"cannot be read as a table: {str(error).splitlines()[0]}.")
    if not len(frame) or not len(frame.columns):
        return fault("no rows. Give a header with levers and a row for each run.")
    if len(frame.columns) > COLUMNS_MAX:
        return fault(f"{len(frame.columns)} columns; {COLUMNS_MAX} is the most.")
    problems = []
    for name in frame:
        if frame[name].isna().any():
            row = int(frame[name].isna().to_numpy().argmax())
            problems.append(Problem(str(path), row + 2, str(name), "empty. Missing never means a default: write it."))
    return {str(name): [_plain(value) for value in frame[name].tolist()] for name in frame}, problems


def _plain(value: Any) -> Any:
    return WORDS.get(value, value) if isinstance(value, str) else value
