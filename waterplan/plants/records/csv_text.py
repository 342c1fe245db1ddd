"""A plant's file of comma-separated text, told into columns without a loop over its rows.

pandas pads short rows and drops what it cannot place; so commas are counted first, quoted ones left out, and every line
is one row of the table: nothing shifts unseen, and a row knows its line. Where all commas together are as many as even
rows have and pandas finds no row too long, none is too short either; only otherwise are those of each line counted.
"""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waterplan.base.messages import Message
from waterplan.plants.records.csv_lines import CELL_LENGTH_MAX, COMMA, NEWLINE, Lines
from waterplan.plants.records.faults import Faults, shown
from waterplan.plants.records.headers import are_units, text_columns
from waterplan.study.tables.sheet import COLUMNS_MAX, decode

BYTES_MAX = 128 * 2**20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NOT_TEXT = {
    b"\xd0\xcf\x11\xe0": "is_old_excel", b"%PDF": "is_pdf", b"\x1f\x8b": "is_packed", b"Rar!": "is_packed",
    b"7z\xbc\xaf": "is_packed", b"BZh": "is_packed", b"\x89PNG": "is_picture", b"\xff\xd8\xff": "is_picture",
    b"{\\rtf": "is_rich_text", b"PAR1": "is_packed",
}  # fmt: skip
MARKUP = re.compile(rb"\s*<(!doctype|html|\?xml|table|head|body|meta|style|script)", re.IGNORECASE)

Cells = NDArray[np.object_]


@dataclass
class Raw:
    """One table as it stands in the file: a column is either numbers (NaN: empty) or objects (text, float or None).

    rows: line of the file, or row of the sheet, of each record. units: of each column, where a row of units follows the
    headings. merged: cells merged down a column: column number, first and last row. told_apart: of columns of texts,
    where it is known, which of its different texts each cell has, -1 where empty, and those texts.
    """

    sheet: str
    header: list[str]
    header_row: int
    rows: NDArray[np.int64]
    columns: list[NDArray[np.float64] | Cells]
    units: list[str] = field(default_factory=list)
    merged: tuple[tuple[int, int, int], ...] = ()
    told_apart: dict[int, tuple[NDArray[np.int64], Cells]] = field(default_factory=dict)

    def part(self, wanted: NDArray[np.bool_]) -> Raw:
        """Some of its records alone, as a table of its own."""
        columns = [column[wanted] for column in self.columns]
        return replace(self, rows=self.rows[wanted], columns=columns, told_apart={})  # which texts it has is told anew

    def keep(self, wanted: NDArray[np.bool_]) -> None:
        """Leaves only some records."""
        if not wanted.all():
            self.rows = self.rows[wanted]
            self.columns = [column[wanted] for column in self.columns]
            self.told_apart = {at: (codes[wanted], found) for at, (codes, found) in self.told_apart.items()}


def read_csv(data: bytes, faults: Faults) -> Raw | None:
    """The table in the bytes of a file; None, and why in ``faults``, if it cannot be told into rows and columns."""
    plain = _plain(data, faults)
    if plain is None:
        return None
    lines = Lines(plain)
    if lines.fault(faults):
        return None
    at = lines.headings(faults)
    if lines.is_too_long(at):
        faults.add("", lines.row(at), "", Message("plants.too_long_line", most=CELL_LENGTH_MAX))
        return None
    header = lines.cells(at)
    while header and not header[-1]:
        header.pop()
    mark = re.search(r"[;\t|，]", lines.text(at)) if len(header) == 1 else None
    if mark:
        name = {"\t": "tab", "，": "full_width_comma"}.get(mark[0], "semicolon")
        faults.add("", lines.row(at), "", Message("plants.separated_by", mark=Message(f"plants.{name}")))
        return None
    if len(header) > COLUMNS_MAX:
        faults.add("", lines.row(at), "", Message("plants.too_many_columns", count=len(header), most=COLUMNS_MAX))
        return None
    width = lines.width(at)
    if not lines.even(at, width, faults):
        return None
    units = lines.cells(at + 1) if at + 1 < len(lines.ends) else []
    units = units if are_units(header, units) else []
    frame = _parse(lines, at + bool(units), width, text_columns(header), faults)
    return None if frame is None else _raw(frame, header, units, lines, at, faults)


def _raw(frame: pd.DataFrame, header: list[str], units: list[str], lines: Lines, at: int, faults: Faults) -> Raw | None:
    rows = lines.rows[len(lines.rows) - len(frame) :]
    columns: list[NDArray[np.float64] | Cells] = []
    told_apart: dict[int, tuple[NDArray[np.int64], Cells]] = {}
    filled = np.zeros(len(frame), dtype=bool)
    for number, (_, column) in enumerate(frame.items()):
        cells: NDArray[np.float64] | Cells
        if column.dtype.kind in "iuf":
            cells = column.to_numpy(dtype=np.float64)
            here = filled if filled.all() and number < len(header) else ~np.isnan(cells)
        else:
            told_apart[number] = codes, found = _texts(column)
            cells, here = np.concatenate([found, [None]])[codes], codes >= 0
        filled |= here
        if number < len(header):
            columns.append(cells)
        elif here.any():
            faults.add_rows("", rows[here], "", Message("plants.beyond_headings"))
            return None
    raw = Raw("", header, lines.row(at), rows, columns, units, told_apart=told_apart)
    raw.keep(filled)
    return raw


def _texts(column: pd.Series) -> tuple[NDArray[np.int64], Cells]:
    """Which of its different texts, without outer blanks, each cell has, -1 where empty; and those texts."""
    codes, written = pd.factorize(column.to_numpy(dtype=object))
    stripped = [str(text).strip() or None for text in written.tolist()]
    if stripped == written.tolist():
        return codes, written
    plain, found = pd.factorize(np.array(stripped, dtype=object))
    return np.append(plain, -1)[codes], found


def _plain(data: bytes, faults: Faults) -> bytes | None:
    """The text in UTF-8 with plain line ends, or None, and why."""
    if len(data) > BYTES_MAX:
        size = f"{len(data) / 2**20:.0f}"
        faults.add("", 0, "", Message("plants.too_many_bytes", size=size, most=f"{BYTES_MAX / 2**20:.0f}"))
        return None
    kind = next((what for start, what in NOT_TEXT.items() if data.startswith(start)), "")
    kind = kind or ("is_markup" if MARKUP.match(data[:400].removeprefix(b"\xef\xbb\xbf")) else "")
    if kind:
        faults.add("", 0, "", Message(f"plants.{kind}"))
        return None
    try:
        if not data.isascii():
            data.decode("utf-8")
        text = data
        while text.startswith(BYTE_ORDER_MARK):  # some programs add one each time
            text = text.removeprefix(BYTE_ORDER_MARK)
    except UnicodeDecodeError:
        decoded = decode(data)
        text = decoded.encode("utf-8") if decoded is not None else b""
        if decoded is None:
            wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
            other = "is_utf_16" if wide else "is_binary" if b"\0" in data else "is_neither"
            faults.add("", 0, "", Message("plants.wrong_encoding", what=Message(f"plants.{other}")))
            return None
        faults.changed("", 0, "", "GB18030", "UTF-8")
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return text


def _parse(lines: Lines, at: int, width: int, texts: set[int], faults: Faults) -> pd.DataFrame | None:
    if at + 1 == len(lines.ends):
        return pd.DataFrame({str(number): np.empty(0) for number in range(width)})
    names = [str(number) for number in range(width)]
    head = COMMA.join(name.encode() for name in names) + NEWLINE
    body = b"".join([head, memoryview(lines.bytes)[lines.ends[at] + 1 :]])
    try:
        frame = _read(body, names, texts, whole=False)
        mixed = [number for number, kind in enumerate(frame.dtypes) if number not in texts and kind.kind not in "iuf"]
        if mixed:
            frame = _read(body, names, texts, whole=True)
    except (pd.errors.ParserError, ValueError, OverflowError) as error:
        if not lines.uneven(at, width, faults):
            faults.add("", 0, "", Message("plants.cannot_be_told", what=shown(error)))
        return None
    if len(frame) != len(lines.ends) - at - 1:
        faults.add("", 0, "", Message("plants.quotes"))
        return None
    return frame


def _read(body: bytes, names: list[str], texts: set[int], whole: bool) -> pd.DataFrame:
    """The columns; ``whole``: each told at once, so that one with texts keeps its numbers as they were written."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.DtypeWarning)  # of a column that is then read whole
        return pd.read_csv(
            io.BytesIO(body), dtype={names[number]: object for number in texts if number < len(names)},
            skip_blank_lines=False, keep_default_na=False, na_values=[""], low_memory=not whole, index_col=False,
            encoding="utf-8",
        )  # fmt: skip
