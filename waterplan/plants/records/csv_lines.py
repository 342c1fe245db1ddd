"""The lines of a comma-separated text as records, told apart without a loop over them."""

from __future__ import annotations

import csv
import io
import re
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from waterplan.base.messages import Message
from waterplan.plants.records.faults import Faults
from waterplan.plants.records.headers import HEADINGS_WITHIN, headings_at

ROWS_MAX = 250_000
CELL_LENGTH_MAX = 4000
BLANK_LINES_LOOKED_AT = 1000
QUOTES_LOOKED_AT = 100_000
BLOCK = 2**19
READ_AT_ONCE = csv.field_size_limit()
LINES_MAX, MARKS_MAX = 2 * ROWS_MAX, 20_000_000  # with those inside quotes
LOW_MAX = 4_000_000  # line ends and tabs
ASCII_CONTROL = bytes(sorted({*range(32), 127} - {9, 10, 13}))
C1_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
COMMA, QUOTE, NEWLINE = b",", b'"', b"\n"


class Lines:
    """The records of a text, as places in its bytes: where each begins and ends, its commas and its line."""

    def __init__(self, text: bytes):
        self.bytes = text if text.endswith(b"\n") or not text else text + b"\n"
        self.signs = np.frombuffer(self.bytes, dtype=np.uint8)
        self.low, self.quotes, self.comma_count, self.marks = _marks(self.signs)
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
            faults.add("", 0, "", Message("plants.too_many_cells", most=f"{MARKS_MAX:,}"))
        elif self.marks > MARKS_MAX or len(self.all_ends) > LINES_MAX:
            faults.add("", 0, "", Message("plants.too_many_rows", most=ROWS_MAX))
        elif (code := self._control()) is not None:
            faults.add("", self.bytes.count(NEWLINE, 0, code[1]) + 1, "", Message("plants.control_sign", code=code[0]))
        elif not (self.bytes[:CELL_LENGTH_MAX].strip(b" \t\n,") or self.bytes.strip(b" \t\n,")):
            faults.add("", 0, "", Message("plants.is_empty"))
        elif (row := self._stray_quote()) is not None:
            faults.add("", row, "", Message("plants.quotes"))
        elif len(self.ends) > ROWS_MAX + 1:
            faults.add("", 0, "", Message("plants.too_many_rows", most=ROWS_MAX))
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
            faults.changed("", self.row(number), "", written, Message("plants.above_not_read"))
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
        faults.add_rows("", self.rows[long], "", Message("plants.too_long_line", most=CELL_LENGTH_MAX))
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
            faults.add_rows("", rows, "", Message("plants.cells_in_row", count=count + 1, headings=width))
        return bool(len(wrong))


def _marks(signs: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64], int, int]:
    """Places of signs below the blank (line ends above all) and of quotes, how many commas, and how many all of these.

    Block by block, for one that fits the processor's memory is looked through several times as fast. It ends at the
    block where there are too many: merely their places would take all memory.
    """
    low, quotes, commas, marks, lows = [], [], 0, 0, 0
    for start in range(0, len(signs), BLOCK):
        block = signs[start : start + BLOCK]
        low.append(np.flatnonzero(block < ord(" ")) + start)
        quotes.append(np.flatnonzero(block == ord(QUOTE)) + start)
        here = int(np.count_nonzero(block == ord(COMMA)))
        commas, marks = commas + here, marks + here + len(low[-1]) + len(quotes[-1])
        lows += len(low[-1])
        if marks > MARKS_MAX or lows > LOW_MAX:
            marks = max(marks, MARKS_MAX + 1)
            break
    nothing = np.empty(0, dtype=np.int64)
    return np.concatenate([nothing, *low]), np.concatenate([nothing, *quotes]), commas, marks
