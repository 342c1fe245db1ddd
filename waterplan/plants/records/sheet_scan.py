"""What stands in the XML of a sheet that openpyxl passes over or would spend all memory on: looked at, not parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

TAGS_IN_A_SHEET = 4_000_000  # of a whole sheet, or of the shared strings
TAGS_AROUND = 100_000  # of a sheet, outside its rows
TAGS_ELSEWHERE = 250_000  # of any other part: openpyxl makes an object of each
TAGS_IN_A_ROW = 131_072  # 16,384 columns
TAG_MAX = 2**19  # bytes from one tag to the next: parsers begin a long one anew with each piece that they read
SHEETS_LISTED = 1000  # openpyxl compares the name of each with all others
HIDDEN_TOLD = 10
LETTERS = 26
LONG = re.compile(rb"<[^<]{%d}" % TAG_MAX)
PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s*<\?[^>]{,200}\?>){,4}")
SHEET = re.compile(rb"<(?:\w+:)?sheet\b")
ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
SHEET_DATA = re.compile(rb"<(?:\w+:)?sheetData\b")
SHEET_DATA_END = re.compile(rb"</(?:\w+:)?sheetData\s*>")
NUMBER = re.compile(rb"\br\s*=\s*[\"']\s*(-?[0-9]{1,10})")
HIDDEN = re.compile(rb"\bhidden\s*=\s*[\"'](?:1|true)")
SOMETHING = re.compile(rb"<(?:\w+:)?(?:v|is|f)\b(?!\s*/>)")
CELL = re.compile(rb"<(?:\w+:)?c\b[^>]*?\br\s*=\s*[\"']([A-Z]{2,3})[0-9]+[\"'][^>]*(?<!/)>(?!</)")
COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
BOUND = re.compile(rb"\b(min|max)\s*=\s*[\"']([0-9]{1,7})")
PLACE = rb"([A-Z]{1,3})([0-9]{1,7})"
MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*[\"']" + PLACE + rb":" + PLACE + rb"[\"']")


@dataclass(frozen=True)
class Merge:
    """Cells merged in a sheet: first and last column (from 0) and row (from 1)."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Scan:
    """What was seen: rows count from 1, columns from 0.

    row_beyond: the first row with content below those that are read, 0 if none. column_beyond: whether a cell with
    content stands to the right of those that are read. hidden_rows: those with content. hidden_columns: first and last.
    """

    row_beyond: int
    column_beyond: bool
    hidden_rows: tuple[int, ...]
    hidden_columns: tuple[tuple[int, int], ...]
    merges: tuple[Merge, ...]


def is_bearable(name: str, content: bytes) -> bool:
    """Whether a part of a workbook has no more tags than a table needs, and is built as spreadsheet programs build it.

    Nothing is told between tags but texts, and no tag is longer than a cell can be. A sheet has its rows in one place,
    in order.
    """
    prolog = PROLOG.match(content)
    assert prolog is not None  # it may be empty
    if LONG.search(content) or b"<!" in content or content.find(b"<?", prolog.end()) >= 0:
        return False
    tags = content.count(b"<")
    if name.startswith("xl/worksheets/") and name.endswith(".xml"):
        begin, end = SHEET_DATA.search(content), SHEET_DATA_END.search(content)
        inside = content.count(b"<", begin.start(), end.end()) if begin and end else 0
        is_one = len(SHEET_DATA.findall(content)) <= 1 and len(SHEET_DATA_END.findall(content)) <= 1
        fits = tags <= TAGS_IN_A_SHEET and tags - inside <= TAGS_AROUND
        return fits and is_one and all(number for number, _, _ in _rows(content))
    if tags > (TAGS_IN_A_SHEET if name == "xl/sharedStrings.xml" else TAGS_ELSEWHERE):
        return False
    return sum(1 for _ in islice(SHEET.finditer(content), SHEETS_LISTED + 1)) <= SHEETS_LISTED


def scan(content: bytes, rows_most: int, columns_most: int) -> Scan:
    """What a sheet holds beyond the rows and columns that are read, what is hidden in it, and what is merged."""
    beyond, hidden = 0, []
    for number, attributes, inside in _rows(content):
        if (number > rows_most or HIDDEN.search(attributes)) and SOMETHING.search(content, *inside):
            if number > rows_most:
                beyond = number
                break
            hidden.append(number)
    far = any(_column(found[1]) >= columns_most for found in CELL.finditer(content))
    columns = []
    for found in COLUMN.finditer(content):
        if HIDDEN.search(found[1]):
            bounds = {name: int(value) for name, value in BOUND.findall(found[1])}
            columns.append((bounds.get(b"min", 1) - 1, bounds.get(b"max", 1) - 1))
    merges = tuple(
        Merge(_column(left), int(top), _column(right), int(bottom))
        for left, top, right, bottom in MERGED.findall(content)
    )
    return Scan(beyond, far, tuple(hidden), tuple(columns), merges)


def _rows(content: bytes) -> Iterator[tuple[int, bytes, tuple[int, int]]]:
    """Number, attributes and place of the content of each row; number 0 where they are out of order or too long."""
    previous, last = 0, None
    for found in ROW.finditer(content):
        if last is not None:
            yield _row(content, last, previous, found.start())
            previous = _number(last, previous)
        last = found
    if last is not None:
        end = SHEET_DATA_END.search(content, last.end())
        yield _row(content, last, previous, end.start() if end else len(content))


def _row(content: bytes, found: re.Match[bytes], previous: int, end: int) -> tuple[int, bytes, tuple[int, int]]:
    number = _number(found, previous)
    begin = end if found[1].endswith(b"/") else found.end()
    wrong = number <= previous or content.count(b"<", begin, end) > TAGS_IN_A_ROW
    return 0 if wrong else number, found[1], (begin, end)


def _number(found: re.Match[bytes], previous: int) -> int:
    """The number that a row says it has; that after the row before if it says none."""
    said = NUMBER.search(found[1])
    return int(said[1]) if said else previous + 1


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = LETTERS * number + letter - ord("A") + 1
    return number - 1
