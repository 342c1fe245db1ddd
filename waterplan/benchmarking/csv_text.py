"""A plant's file of comma-separated text, told into columns without a loop over its rows.

pandas pads short rows and drops what it cannot place; so commas are counted first, quoted ones left out, and every line
is one row of the table: nothing shifts unseen, and a row knows its line. Where all commas together are as many as even
rows have and pandas finds no row too long, none is too short either; only otherwise are those of each line counted.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waterplan.benchmarking.faults import Faults, shown
from waterplan.benchmarking.headers import HEADINGS_WITHIN, are_units, headings_at, text_columns
from waterplan.tables.sheet import COLUMNS_MAX, decode

BYTES_MAX = 128 * 2**20
ROWS_MAX = 250_000
CELL_LENGTH_MAX = 4000
BLANK_LINES_LOOKED_AT = 1000
QUOTES_LOOKED_AT = 100_000
READ_AT_ONCE = csv.field_size_limit()
LINES_MAX, MARKS_MAX = 2 * ROWS_MAX, 20_000_000  # with those inside quotes
ASCII_CONTROL = bytes(sorted({*range(32), 127} - {9, 10, 13}))
C1_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
COMMA, QUOTE, NEWLINE = b",", b'"', b"\n"
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
    lines = _Lines(plain)
    if lines.fault(faults):
        return None
    at = lines.headings(faults)
    if lines.is_too_long(at):
        faults.add("", lines.row(at), "", faults.say("too_long_line", most=CELL_LENGTH_MAX))
        return None
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
    width = lines.width(at)
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
    told_apart: dict[int, tuple[NDArray[np.int64], Cells]] = {}
    filled = np.zeros(len(frame), dtype=bool)
    for number in range(frame.shape[1]):
        column = frame.iloc[:, number]
        cells: NDArray[np.float64] | Cells
        if column.dtype.kind in "iuf":
            cells = column.to_numpy(dtype=np.float64)
            here = ~np.isnan(cells)
        else:
            told_apart[number] = codes, found = _texts(column)
            cells, here = np.concatenate([found, [None]])[codes], codes >= 0
        filled |= here
        if number < len(header):
            columns.append(cells)
        elif here.any():
            faults.add_rows("", rows[here], "", faults.say("beyond_headings"))
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
        faults.add("", 0, "", faults.say("too_many_bytes", size=size, most=f"{BYTES_MAX / 2**20:.0f}"))
        return None
    kind = next((what for start, what in NOT_TEXT.items() if data.startswith(start)), "")
    kind = kind or ("is_markup" if MARKUP.match(data[:400].removeprefix(b"\xef\xbb\xbf")) else "")
    if kind:
        faults.add("", 0, "", faults.say(kind))
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
            faults.add("", 0, "", faults.say("wrong_encoding", what=faults.say(other)))
            return None
        faults.changed("", 0, "", "GB18030", "UTF-8")
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return text


class _Lines:
    """The records of a text, as places in its bytes: where each begins and ends, its commas and its line."""

    def __init__(self, text: bytes):
        self.bytes = text if text.endswith(b"\n") or not text else text + b"\n"
        self.signs = np.frombuffer(self.bytes, dtype=np.uint8)
        low = self.signs < ord(" ")
        quoted = QUOTE in self.bytes
        self.comma_count = np.count_nonzero(self.signs == ord(COMMA))
        self.marks = np.count_nonzero(low) + self.comma_count
        self.marks += np.count_nonzero(self.signs == ord(QUOTE)) if quoted else 0
        few = self.marks <= MARKS_MAX  # otherwise merely their places would take all memory
        self.low = np.flatnonzero(low) if few else np.empty(0, dtype=np.int64)
        self.quotes = np.flatnonzero(self.signs == ord(QUOTE)) if quoted and few else np.empty(0, dtype=np.int64)
        ends = self.low[self.signs[self.low] == ord(NEWLINE)]
        self.all_ends = ends
        if len(self.quotes):
            ends = ends[np.searchsorted(self.quotes, ends) % 2 == 0]
        self.ends = ends
        self.starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else np.empty(0, dtype=np.int64)
        same = len(ends) == len(self.all_ends)
        lines = np.arange(len(ends)) if same else np.searchsorted(self.all_ends, self.starts)
        self.rows = (lines + 1).astype(np.int64)

    @cached_property
    def commas(self) -> NDArray[np.int64]:
        """How many commas each record has outside quotes."""
        commas = np.flatnonzero(self.signs == ord(COMMA))
        if len(self.quotes):
            commas = commas[np.searchsorted(self.quotes, commas) % 2 == 0]
        return np.diff(np.searchsorted(commas, self.ends), prepend=0)

    def width(self, number: int) -> int:
        """How many cells a record has; 0 for one that is far too long."""
        return 0 if self.is_too_long(number) else max(len(self.cells(number)), 1)

    def fault(self, faults: Faults) -> bool:
        """Whether the text cannot be told into records, and why."""
        if self.marks > MARKS_MAX and self.bytes.count(NEWLINE) <= LINES_MAX:
            faults.add("", 0, "", faults.say("too_many_cells", most=f"{MARKS_MAX:,}"))
        elif self.marks > MARKS_MAX or len(self.all_ends) > LINES_MAX:
            faults.add("", 0, "", faults.say("too_many_rows", most=ROWS_MAX))
        elif (code := self._control()) is not None:
            faults.add("", self.bytes.count(NEWLINE, 0, code[1]) + 1, "", faults.say("control_sign", code=code[0]))
        elif not (self.bytes[:CELL_LENGTH_MAX].strip(b" \t\n,") or self.bytes.strip(b" \t\n,")):
            faults.add("", 0, "", faults.say("is_empty"))
        elif (row := self._stray_quote()) is not None:
            faults.add("", row, "", faults.say("quotes"))
        elif len(self.ends) > ROWS_MAX + 1:
            faults.add("", 0, "", faults.say("too_many_rows", most=ROWS_MAX))
        else:
            return False
        return True

    def _control(self) -> tuple[str, int] | None:
        """The first sign that no text has, line ends and tabs aside, by its code, and where it stands."""
        low = self.signs[self.low]
        has = ((low != ord(NEWLINE)) & (low != ord("\t"))).any() or b"\x7f" in self.bytes
        if not has and (self.bytes.isascii() or C1_CONTROL.search(self.bytes) is None):
            return None
        found = re.search(rb"[" + re.escape(ASCII_CONTROL) + rb"]|\xc2[\x80-\x9f]", self.bytes)
        assert found
        return f"{ord(found[0].decode('utf-8')):04X}", found.start()

    def _stray_quote(self) -> int | None:
        """The line of a quotation mark that neither begins nor ends a cell nor stands doubled in a quoted one.

        The last sign of the text is the end of a line, and stands before the first one too.
        """
        if not len(self.quotes):
            return None
        opening, closing = self.quotes[::2], self.quotes[1::2]
        edges = np.frombuffer(COMMA + NEWLINE, dtype=np.uint8)
        doubled = np.zeros(len(self.quotes) + 1, dtype=bool)
        doubled[1:-1] = np.diff(self.quotes) == 1
        bad_open = ~(np.isin(self.signs[opening - 1], edges) | doubled[: len(self.quotes)][::2])
        bad_close = ~(np.isin(self.signs[closing + 1], edges) | doubled[1:][1::2][: len(closing)])
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

    def is_too_long(self, number: int) -> bool:
        """Whether a record is longer than what is read at once, which headings never are."""
        return bool(self.ends[number] - self.starts[number] > READ_AT_ONCE)

    def headings(self, faults: Faults) -> int:
        """The record that has the headings; what stands above it is reported."""
        first = self.first_with_text()
        looked = [first]
        for number in range(first + 1, min(len(self.ends), first + BLANK_LINES_LOOKED_AT)):
            if len(looked) == HEADINGS_WITHIN:
                break
            if self.text(number).strip(' \t,"'):
                looked.append(number)
        at = headings_at([self.cells(number) for number in looked], "")
        for number in looked[:at]:
            written = next(filter(None, self.cells(number)), "")
            faults.changed("", self.row(number), "", written, faults.say("above_not_read"))
        return looked[at]

    def cells(self, number: int) -> list[str]:
        """The cells of a record, without outer blanks; none of one that is far too long."""
        if self.is_too_long(number):
            return []
        return [cell.strip() for cell in next(csv.reader(io.StringIO(self.text(number), newline="")), [])]

    def even(self, at: int, width: int, faults: Faults) -> bool:
        """Whether records can have as many cells as there are headings, blank lines aside, and none is too long.

        Where ``add_up`` is true, one that pandas calls too long has to be told by ``uneven`` still.
        """
        long = np.flatnonzero(self.ends - self.starts > CELL_LENGTH_MAX * 4 * width)
        uneven = not self.add_up(at, width) and self.uneven(at, width, faults)
        faults.add_rows("", self.rows[long], "", faults.say("too_long_line", most=CELL_LENGTH_MAX))
        return not uneven and not len(long)

    def add_up(self, at: int, width: int) -> bool:
        """Whether there are as many commas outside quotes after a record as in even ones, and few quotes.

        Then no record is too short unless another one is too long. pandas takes the first as it is, so that one is
        looked at here, and the next, for the first may be a row of units.
        """
        records, start = len(self.ends) - 1 - at, int(self.ends[at]) + 1
        first = range(at + 1, min(at + 3, len(self.ends)))
        quotes = self.quotes[np.searchsorted(self.quotes, start) :]
        if len(quotes) > QUOTES_LOOKED_AT or not records or any(self.width(number) != width for number in first):
            return False
        pairs = zip(quotes[::2].tolist(), quotes[1::2].tolist(), strict=True)
        quoted = sum(self.bytes.count(COMMA, opening, closing) for opening, closing in pairs)
        after = self.comma_count - self.bytes.count(COMMA, 0, start)
        return after - quoted == records * (width - 1)

    def uneven(self, at: int, width: int, faults: Faults) -> bool:
        """Whether some record has not as many cells as there are headings, and which."""
        wrong = np.flatnonzero((self.commas != width - 1) & (self.ends > self.starts))
        wrong = wrong[wrong > at]
        if len(wrong) <= BLANK_LINES_LOOKED_AT:
            wrong = wrong[[bool(self.text(int(number)).strip()) for number in wrong]]
        for count in np.unique(self.commas[wrong])[:10]:
            rows = self.rows[wrong[self.commas[wrong] == count]]
            faults.add_rows("", rows, "", faults.say("cells_in_row", count=count + 1, headings=width))
        return bool(len(wrong))


def _parse(lines: _Lines, at: int, width: int, texts: set[int], faults: Faults) -> pd.DataFrame | None:
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
            faults.add("", 0, "", faults.say("cannot_be_told", what=shown(error)))
        return None
    if len(frame) != len(lines.ends) - at - 1:
        faults.add("", 0, "", faults.say("quotes"))
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
