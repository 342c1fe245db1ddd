"""Plain text that stands in columns, with signs that are two columns wide (Chinese) where they occur."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence

from waterplan.base.formats import fixed

WIDTH = 100
GAP = "  "
NOTHING = "-"
KEPT = "\N{NO-BREAK SPACE}%"  # what is never broken over lines
OPENING, CLOSING = "（“[", "，。；：、）”%"  # a line does not break behind the one, nor before the other


def width(text: str) -> int:
    """Columns that a text takes on a screen.

    >>> width("water"), width("节水")
    (5, 4)
    """
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text
    )


def cut(text: str, columns: int) -> str:
    """A text that takes at most some columns; what is cut off is marked.

    >>> cut("reclaimed municipal water", 12)
    'reclaimed...'
    """
    if width(text) <= columns:
        return text
    while width(text) > columns - 3:
        text = text[:-1]
    return f"{text.rstrip()}..."


def left(text: str, columns: int) -> str:
    """A text at the left of a column."""
    text = cut(text, columns)
    return text + " " * (columns - width(text))


def right(text: str, columns: int) -> str:
    """A text at the right of a column; it is never cut, numbers must stay whole."""
    return " " * (columns - width(text)) + text


def number(value: float, digits: int = 0, sign: bool = False) -> str:
    """A number with thousands apart, nought without a sign, and a dash for what does not exist.

    >>> number(20406.13), number(-0.004, 2), number(12.5, 1, sign=True), number(float("nan"))
    ('20,406', '0.00', '+12.5', '-')
    """
    if value != value:
        return NOTHING
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    told = fixed(abs(value), digits)
    if not told.strip("0.,"):
        return told
    return f"{'-' if value < 0 else '+' if sign else ''}{told}"


def percent(share: float, digits: int = 1) -> str:
    """A share as a percentage.

    >>> percent(0.098)
    '9.8 %'
    """
    return NOTHING if share != share else f"{number(100 * share, digits)} %"


def table(rows: Sequence[Sequence[str]], columns: Sequence[int], texts: int = 1, indent: str = GAP) -> list[str]:
    """Rows as lines: the first ``texts`` columns stand at the left, the others at the right."""
    return [
        (indent + GAP.join((left if n < texts else right)(cell, columns[n]) for n, cell in enumerate(row))).rstrip()
        for row in rows
    ]


def titled(head: Sequence[str], rows: Sequence[Sequence[str]], columns: Sequence[int], texts: int = 1) -> list[str]:
    """A table whose first cell is its title; the rows below stand in."""
    wide = (columns[0] + width(GAP), *columns[1:])
    return [*table([head], wide, texts, indent=""), *table(rows, columns, texts)]


def beside(first: Sequence[str], second: Sequence[str], columns: int) -> list[str]:
    """Two blocks next to each other; the second begins after some columns."""
    count = max(len(first), len(second))
    filled = [[*block, *[""] * (count - len(block))] for block in (first, second)]
    return [f"{a}{' ' * max(1, columns - width(a))}{b}".rstrip() for a, b in zip(*filled, strict=True)]


def paragraph(text: str, indent: str = GAP, columns: int = WIDTH) -> list[str]:
    """A text in lines of at most some columns; Chinese may break after any sign."""
    lines, line = [], ""
    for piece in _pieces(text.replace(" %", KEPT)):
        if line and width(indent) + width(line + piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [indent + line.replace(KEPT, " %") for line in [*lines, line.rstrip()] if line]


def _pieces(text: str) -> Iterable[str]:
    """What a line may not break: words with the blank after them, and single wide signs, with what closes or opens."""
    word = ""
    for sign in text:
        breaks = width(sign) == 2 or word.endswith(tuple(CLOSING[:-1]))
        if word and breaks and sign not in CLOSING and not word.endswith(tuple(OPENING)):
            yield word
            word = ""
        word += sign
        if sign == " ":
            yield word
            word = ""
    if word:
        yield word
