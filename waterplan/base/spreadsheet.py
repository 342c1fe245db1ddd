"""Cells of CSV files as a spreadsheet shows them: numbers are numbers, and no text is run as a formula.

One rule for every table that is written: what the first sign that can be seen says, whatever stands before it unseen.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

BYTE_ORDER_MARK = "\ufeff"  # without it a spreadsheet takes Chinese for something else
QUOTE = "'"
STARTS_A_FORMULA = frozenset("=+-@|")  # as they stand, and in their wide and small forms
BREAKS = ("\t", "\r", "\n")
UNSEEN = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols that are drawn as nothing
UNSEEN_KINDS = frozenset(("Cc", "Cf", "Co", "Cn", "Cs", "Mn", "Me", "Zs", "Zl", "Zp"))


def csv_cell(value: object) -> object:
    """A cell as it is written: missing numbers empty, a text that could start a formula with an apostrophe before it.

    A text that has such an apostrophe already gets another, so that what was meant can be told from what is written.

    >>> csv_cell("=1+1"), csv_cell("\\ufeff ＝1"), csv_cell("'=1"), csv_cell(-1.5), csv_cell(float("nan"))
    ("'=1+1", "'\\ufeff ＝1", "''=1", -1.5, '')
    """
    if isinstance(value, str):
        return f"{QUOTE}{value}" if could_run(value) else str(value)
    return "" if value != value else value


def could_run(text: str) -> bool:
    """Whether a spreadsheet could take a text for a formula."""
    bare = text.lstrip(QUOTE)
    if bare.startswith(BREAKS):
        return True
    seen = next((sign for sign in bare if sign not in UNSEEN and unicodedata.category(sign) not in UNSEEN_KINDS), "")
    return unicodedata.normalize("NFKC", seen) in STARTS_A_FORMULA


def pack_csv(head: Iterable[object], rows: Iterable[Sequence[object]]) -> bytes:
    """A table as the content of a CSV file, every cell as :func:`csv_cell` writes it, None as nothing."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([csv_cell(heading) for heading in head])
    writer.writerows([csv_cell(cell) for cell in row] for row in rows)
    return (BYTE_ORDER_MARK + text.getvalue()).encode("utf-8", "replace")
