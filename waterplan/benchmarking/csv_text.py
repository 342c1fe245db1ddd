"""A plant's file of comma-separated text, told into columns without a loop over its rows.

pandas pads short rows and drops what it cannot place; so the commas of each line are counted first, quoted ones left
out, and every line is one row of the table: nothing shifts unseen, and a row knows its line.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waterplan.benchmarking.faults import Faults, shown
from waterplan.benchmarking.headers import are_units, text_columns
from waterplan.tables.sheet import COLUMNS_MAX, decode

BYTES_MAX = 128 * 2**20
ROWS_MAX = 250_000
CELL_LENGTH_MAX = 4000
BLANK_LINES_LOOKED_AT = 1000
ASCII_CONTROL = bytes(sorted({*range(32), 127} - {9, 10, 13}))
C1_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
COMMA, QUOTE, NEWLINE = b",", b'"', b"\n"
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
    headings. merged: cells merged down a column: column number, first and last row.
    """

    sheet: str
    header: list[str]
    header_row: int
    rows: NDArray[np.int64]
    columns: list[NDArray[np.float64] | Cells]
    units: list[str] = field(default_factory=list)
    merged: tuple[tuple[int, int, int], ...] = ()

    def keep(self, wanted: NDArray[np.bool_]) -> None:
        """Leaves only some records."""
        if not wanted.all():
            self.rows = self.rows[wanted]
            self.columns = [column[wanted] for column in self.columns]


def read_csv(data: bytes, faults: Faults) -> Raw | None:
    """The table in the bytes of a file; None, and why in ``faults``, if it cannot be told into rows and columns."""
    plain = _plain(data, faults)
    if plain is None:
        return None
    lines = _Lines(plain)
    if lines.fault(faults):
        return None
    at = lines.first_with_text()
    header = lines.cells(at)
    while header and not header[-1]:
        header.pop()
    mark = re.search(r"[;\t|，]", lines.text(at)) if len(header) == 1 else None
    if mark:
        name = {"\t": "tab", "，": "full_width_comma"}.get(mark[0], "semicolon")
        faults.add("", lines.row(at), "", faults.say("separated_by", mark=faults.say(name)))
        return None
    if len(header) > COLUMNS_MAX:
        faults.add("", lines.row(at), "", faults.say("too_many_columns", count=len(header), most=COLUMNS_MAX))
        return None
    width = int(lines.commas[at]) + 1
    if not lines.even(at, width, faults):
        return None
    units = lines.cells(at + 1) if at + 1 < len(lines.ends) else []
    units = units if are_units(header, units) else []
    frame = _parse(lines, at + bool(units), width, text_columns(header), faults)
    return None if frame is None else _raw(frame, header, units, lines, at, faults)


def _raw(
    frame: pd.DataFrame, header: list[str], units: list[str], lines: _Lines, at: int, faults: Faults
) -> Raw | None:
    rows = lines.rows[len(lines.rows) - len(frame) :]
    columns: list[NDArray[np.float64] | Cells] = []
    filled = np.zeros(len(frame), dtype=bool)
    for number in range(frame.shape[1]):
        column = frame[number]
        cells: NDArray[np.float64] | Cells
        if column.dtype.kind in "iuf":
            cells = column.to_numpy(dtype=np.float64)
            here = ~np.isnan(cells)
        else:
            cells = np.empty(len(column), dtype=object)
            cells[:] = [str(text).strip() or None for text in column.fillna("").tolist()]
            here = cells != np.array(None)
        filled |= here
        if number < len(header):
            columns.append(cells)
        elif here.any():
            faults.add_rows("", rows[here], "", faults.say("beyond_headings"))
            return None
    raw = Raw("", header, lines.row(at), rows, columns, units)
    raw.keep(filled)
    return raw


def _plain(data: bytes, faults: Faults) -> bytes | None:
    """The text in UTF-8 with plain line ends, or None, and why."""
    if len(data) > BYTES_MAX:
        size = f"{len(data) / 2**20:.0f}"
        faults.add("", 0, "", faults.say("too_many_bytes", size=size, most=f"{BYTES_MAX / 2**20:.0f}"))
        return None
    kind = next((what for start, what in NOT_TEXT.items() if data.startswith(start)), "")
    kind = kind or ("is_markup" if MARKUP.match(data[:400].removeprefix(b"\xef\xbb\xbf")) else "")
    if kind:
        faults.add("", 0, "", faults.say(kind))
        return None
    try:
        data.decode("utf-8")
        text = data.removeprefix(b"\xef\xbb\xbf")
    except UnicodeDecodeError:
        decoded = decode(data)
        text = decoded.encode("utf-8") if decoded is not None else b""
        if decoded is None:
            wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
            other = "is_utf_16" if wide else "is_binary" if b"\0" in data else "is_neither"
            faults.add("", 0, "", faults.say("wrong_encoding", what=faults.say(other)))
            return None
        faults.changed("", 0, "", "GB18030", "UTF-8")
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if len(text.translate(None, ASCII_CONTROL)) != len(text) or C1_CONTROL.search(text):
        found = re.search(rb"[" + re.escape(ASCII_CONTROL) + rb"]|\xc2[\x80-\x9f]", text)
        assert found
        code = ord(found[0].decode("utf-8"))
        faults.add("", text.count(b"\n", 0, found.start()) + 1, "", faults.say("control_sign", code=f"{code:04X}"))
        return None
    return text


class _Lines:
    """The records of a text, as places in its bytes: where each begins and ends, its commas and its line."""

    def __init__(self, text: bytes):
        self.bytes = text if text.endswith(b"\n") or not text else text + b"\n"
        signs = np.frombuffer(self.bytes, dtype=np.uint8)
        ends = np.flatnonzero(signs == ord(NEWLINE))
        commas = np.flatnonzero(signs == ord(COMMA))
        self.quotes = np.flatnonzero(signs == ord(QUOTE))
        self.all_ends = ends
        if len(self.quotes):
            ends = ends[np.searchsorted(self.quotes, ends) % 2 == 0]
            commas = commas[np.searchsorted(self.quotes, commas) % 2 == 0]
        self.ends = ends
        self.starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else np.empty(0, dtype=np.int64)
        self.commas = np.diff(np.searchsorted(commas, ends), prepend=0)
        same = len(ends) == len(self.all_ends)
        lines = np.arange(len(ends)) if same else np.searchsorted(self.all_ends, self.starts)
        self.rows = (lines + 1).astype(np.int64)

    def fault(self, faults: Faults) -> bool:
        """Whether the text cannot be told into records, and why."""
        if not self.bytes.strip(b" \t\n,"):
            faults.add("", 0, "", faults.say("is_empty"))
        elif (row := self._stray_quote()) is not None:
            faults.add("", row, "", faults.say("quotes"))
        elif len(self.ends) > ROWS_MAX + 1:
            faults.add("", 0, "", faults.say("too_many_rows", most=ROWS_MAX))
        else:
            return False
        return True

    def _stray_quote(self) -> int | None:
        """The line of a quotation mark that neither begins nor ends a cell nor stands doubled in a quoted one."""
        if not len(self.quotes):
            return None
        signs = np.frombuffer(NEWLINE + self.bytes + NEWLINE, dtype=np.uint8)
        opening, closing = self.quotes[::2], self.quotes[1::2]
        edges = np.frombuffer(COMMA + NEWLINE, dtype=np.uint8)
        doubled = np.zeros(len(self.quotes) + 1, dtype=bool)
        doubled[1:-1] = np.diff(self.quotes) == 1
        bad_open = ~(np.isin(signs[opening], edges) | doubled[: len(self.quotes)][::2])
        bad_close = ~(np.isin(signs[closing + 2], edges) | doubled[1:][1::2][: len(closing)])
        wrong = np.concatenate([opening[bad_open], closing[bad_close]])
        if len(self.quotes) % 2:
            wrong = np.append(wrong, self.quotes[-1]) if not len(wrong) else wrong
        return int(np.searchsorted(self.all_ends, wrong.min()) + 1) if len(wrong) else None

    def text(self, number: int) -> str:
        """A record as text."""
        return self.bytes[self.starts[number] : self.ends[number]].decode("utf-8")

    def row(self, number: int) -> int:
        """The line where a record begins."""
        return int(self.rows[number])

    def first_with_text(self) -> int:
        """The first record that is not blank."""
        return next(number for number in range(len(self.ends)) if self.text(number).strip(' \t,"'))

    def cells(self, number: int) -> list[str]:
        """The cells of a record, without outer blanks."""
        return [cell.strip() for cell in next(csv.reader(io.StringIO(self.text(number), newline="")), [])]

    def even(self, at: int, width: int, faults: Faults) -> bool:
        """Whether every record has as many cells as there are headings, blank lines aside."""
        length = self.ends - self.starts
        wrong = np.flatnonzero((self.commas != width - 1) & (length > 0))
        wrong = wrong[wrong > at]
        if len(wrong) <= BLANK_LINES_LOOKED_AT:
            wrong = wrong[[bool(self.text(int(number)).strip()) for number in wrong]]
        for count in np.unique(self.commas[wrong])[:10]:
            rows = self.rows[wrong[self.commas[wrong] == count]]
            faults.add_rows("", rows, "", faults.say("cells_in_row", count=count + 1, headings=width))
        long = np.flatnonzero(length > CELL_LENGTH_MAX * 4 * width)
        faults.add_rows("", self.rows[long], "", faults.say("too_long_line", most=CELL_LENGTH_MAX))
        return not len(wrong) and not len(long)


def _parse(lines: _Lines, at: int, width: int, texts: set[int], faults: Faults) -> pd.DataFrame | None:
    body = io.BytesIO(lines.bytes[lines.ends[at] + 1 :])
    if at + 1 == len(lines.ends):
        return pd.DataFrame({number: np.empty(0) for number in range(width)})
    try:
        frame = pd.read_csv(
            body, header=None, names=range(width), dtype=dict.fromkeys(texts, object), skip_blank_lines=False,
            keep_default_na=False, na_values=[""], low_memory=False, index_col=False, encoding="utf-8",
        )  # fmt: skip
    except (pd.errors.ParserError, ValueError, OverflowError) as error:
        faults.add("", 0, "", faults.say("cannot_be_told", what=shown(error)))
        return None
    if len(frame) != len(lines.ends) - at - 1:
        faults.add("", 0, "", faults.say("quotes"))
        return None
    return frame
