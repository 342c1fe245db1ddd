"""One table as a file: every cell comes back as it was, and none is a formula or a link."""

import csv
import io

import openpyxl
import pytest

from waterplan.base.errors import WaterplanError
from waterplan.planning.plan.files import pack_table

HOSTILE = [
    "=1+1",
    "+A1",
    "-2",
    "@SUM(A1)",
    "\tx",
    "\rx",
    '=HYPERLINK("http://x")',
    "http://example.org",
    'plain, "text"',
]
COLUMNS = [("=heading", HOSTILE), ("number", [1.5, -2.0, None, 0.0, 1e-9, 1e12, 3.0, 4.0, 5.0])]


def test_csv_keeps_numbers_and_puts_an_apostrophe_before_formulas():
    content = pack_table("csv", COLUMNS).decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(content, newline=""))
    assert head == ["'=heading", "number"]
    assert [row[0] for row in rows] == [f"'{text}" for text in HOSTILE[:7]] + HOSTILE[7:]
    assert [row[1] and float(row[1]) for row in rows] == ["" if n is None else n for n in COLUMNS[1][1]]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_workbook_keeps_texts_as_texts(language):
    book = openpyxl.load_workbook(io.BytesIO(pack_table("xlsx", COLUMNS, "A [name]: / *" * 5, "=note", language)))
    (sheet,) = book.worksheets
    assert sheet["A1"].value == "=note"
    texts, numbers = list(sheet.iter_cols(min_row=3, max_row=11))
    assert [cell.data_type for cell in texts] == ["s"] * 9
    assert [cell.hyperlink for cell in texts] == [None] * 9
    assert [cell.value for cell in numbers] == [1.5, -2, None, 0, 1e-9, 1e12, 3, 4, 5]


def test_what_is_no_table_is_refused():
    with pytest.raises(WaterplanError, match="there are csv, xlsx"):
        pack_table("html", COLUMNS)
    with pytest.raises(WaterplanError, match="there are en, zh"):
        pack_table("csv", COLUMNS, language="fr")
    with pytest.raises(WaterplanError, match="same length"):
        pack_table("csv", [("a", [1]), ("b", [])])
