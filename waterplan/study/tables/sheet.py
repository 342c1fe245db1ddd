"""Reads one table of a study into columns of text with the line of each record; problems are collected, not raised."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from waterplan.base.errors import Problem, suggest
from waterplan.base.messages import Message
from waterplan.base.plain_files import TooLargeError, read_plain, why_unreadable
from waterplan.study.tables.path_faults import is_nothing_there, not_a_file
from waterplan.study.tables.schema import FILE_BYTES_MAX, Table

Cells = NDArray[np.object_]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]

TOLD_EACH = 5
COLUMNS_MAX = 200
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Findings:
    """The problems of one file, as they are found; the same fault in many rows is told a few times only."""

    def __init__(self, file: str):
        self.file = file
        self.problems: list[Problem] = []

    def add(self, message: Message, row: int = 0, column: str = "") -> None:
        """One problem at one place."""
        self.problems.append(Problem(self.file, row, column, message))

    def add_rows(self, rows: Iterable[int], column: str, message: Message) -> None:
        """The same problem in several rows: the first few each, the others counted."""
        places = [int(row) for row in rows]
        for number, row in enumerate(places[:TOLD_EACH], start=1):
            more = len(places) - TOLD_EACH
            key = "tables.same_in_one_more" if more == 1 else "tables.same_in_more"
            last = number == TOLD_EACH and more > 0
            self.add(Message(key, message=message, more=more) if last else message, row, column)


@dataclass
class Sheet:
    """One table as read: cells are text without outer blanks.

    row: line of the file where a record begins (the header is 1). sound: nothing wrong was found in the record.
    guessed: an unknown label was replaced by the nearest one, so that a misspelt row is not taken for a missing one.
    numbers: the number columns, NaN where a cell is empty or wrong. missing: columns that the file lacks; one that only
    newer studies have is empty instead.
    """

    table: Table
    columns: dict[str, Cells]
    row: Rows
    sound: Mask
    guessed: Mask
    missing: tuple[str, ...] = ()
    numbers: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.row)


def numbered(cells: Cells) -> tuple[Rows, list[str]]:
    """The different texts of a column in order, and which of them stands in each row."""
    texts: dict[str, int] = {}
    codes = [texts.setdefault(text, len(texts)) for text in cells.tolist()]
    return np.array(codes, dtype=np.int64), list(texts)


def read_sheet(path: Path, table: Table, findings: Findings) -> Sheet | None:
    """The table in a file, or None (and why, in findings) if it cannot be told into rows and columns.

    A table that the study may leave out has no rows where there is no such file.
    """
    if table.optional and is_nothing_there(not_a_file(path)):
        return no_rows(table)
    text = read_text(path, findings)
    if text is None:
        return None
    records, rows = _records(text, table, findings)
    if not records:
        return None
    header = [name.strip() for name in records[0]]
    missing = _check_header(header, table, findings)
    if missing is None:
        return None
    width = len(header)
    records, rows = records[1:], rows[1:]
    sound = np.ones(len(records), dtype=bool)
    for number, record in enumerate(records):
        if len(record) != width:
            findings.add(Message("tables.cells_apart", cells=len(record), width=width), rows[number])
            sound[number] = False
            records[number] = (record + [""] * width)[:width]
    by_column = list(zip(*records, strict=True)) if records else [()] * width
    columns = {}
    for name in table.columns:
        cells = np.full(len(records), "", dtype=object)
        if name in header:
            cells[:] = [cell.strip() for cell in by_column[header.index(name)]]
        columns[name] = cells
    return Sheet(table, columns, np.array(rows, dtype=np.int64), sound, np.zeros_like(sound), missing)


def no_rows(table: Table) -> Sheet:
    """A table without rows."""
    nothing = np.empty(0, dtype=object)
    numbers = {name: np.empty(0) for name, kind in table.columns.items() if kind == "number"}
    masks = np.empty(0, dtype=bool)
    return Sheet(table, dict.fromkeys(table.columns, nothing), np.empty(0, np.int64), masks, masks, (), numbers)


def read_text(path: Path, findings: Findings) -> str | None:
    """The text of a file in UTF-8 (with or without BOM) or GB18030; None, and why, if it is anything else."""
    fault = not_a_file(path)
    if is_nothing_there(fault):
        near = suggest(path.name, [other.name for other in path.parent.glob("*") if other.suffix == path.suffix])
        findings.add(Message("tables.no_such_table", near=near))
        return None
    if fault:
        findings.add(fault)
        return None
    try:
        return _text_of(path, findings)
    except TooLargeError as error:
        findings.add(Message("tables.too_large", fault=why_unreadable(error)))
        return None
    except OSError as error:
        findings.add(why_unreadable(error))
        return None


def _text_of(path: Path, findings: Findings) -> str | None:
    data = read_plain(path, FILE_BYTES_MAX)
    text = decode(data)
    if text is None:
        other = "utf_16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "binary" if b"\0" in data else "neither"
        findings.add(Message("tables.encoding", found=Message(f"tables.encoding_{other}")))
        return None
    wrong = CONTROL.search(text)
    if wrong:
        line = text.count("\n", 0, wrong.start()) + 1
        findings.add(Message("tables.control_character", code=f"{ord(wrong[0]):04X}"), line)
        return None
    return text


def decode(data: bytes) -> str | None:
    """Text in UTF-8 (with or without BOM) or GB18030; None if it is neither."""
    if b"\0" in data[:4096] or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text if encoding == "utf-8-sig" or _is_chinese(text) else None
    return None


def _is_chinese(text: str) -> bool:
    """Whether text decoded as GB18030 is Chinese: other encodings often decode too, but to rare characters."""
    signs = {
        sign: count for sign, count in Counter(text).items()
        if "\u2e80" <= sign <= "\u9fff" or "\ue000" <= sign <= "\uf8ff" or sign > "\uffff"
    }  # fmt: skip
    rare = sum(count for sign, count in signs.items() if not _in_gb2312(sign))
    return rare <= 0.2 * sum(signs.values())


def _in_gb2312(sign: str) -> bool:
    try:
        sign.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _records(text: str, table: Table, findings: Findings) -> tuple[list[list[str]], list[int]]:
    """Records that are not empty, the header first, and the line where each begins."""
    records: list[list[str]] = []
    rows: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begin = 1
    try:
        for record in reader:
            if any(record):
                records.append(record)
                rows.append(begin)
            begin = reader.line_num + 1
            if len(records) > table.rows_max + 1:
                findings.add(Message("tables.too_many_rows", most=table.rows_max))
                return [], []
    except csv.Error as error:
        is_long = "field larger" in str(error)  # the module has one class for all of its faults
        findings.add(Message("tables.cell_too_long" if is_long else "tables.quotation_marks"), begin)
        return [], []
    if not records:
        findings.add(Message("tables.no_header", columns=",".join(table.columns)))
    return records, rows


def _check_header(header: list[str], table: Table, findings: Findings) -> tuple[str, ...] | None:
    """Columns that the file lacks; None if its rows cannot be told apart."""
    missing = tuple(name for name in table.columns if name not in header and name not in table.later_columns)
    unknown = [name for name in header[:COLUMNS_MAX] if name not in table.columns]
    if len(header) == 1 and len(missing) > 1 and (mark := re.search(r"[;\t|，]", header[0])):
        kind = {"\t": "tabs", "，": "full_width"}.get(mark[0], "other")
        findings.add(Message(f"tables.separated_by_{kind}", mark=mark[0]), 1)
        return None
    for name in table.columns:
        if header.count(name) > 1:
            findings.add(Message("tables.column_twice", count=header.count(name), name=name), 1, name)
            return None
    for name in missing:
        columns = ",".join(table.columns)
        findings.add(Message("tables.column_missing", near=suggest(name, unknown), columns=columns), 1, name)
    return None if set(missing) & set(table.keys) else missing
