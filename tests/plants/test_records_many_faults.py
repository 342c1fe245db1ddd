"""Files with faults everywhere: told up to a bound, and not read much further."""

import re
import zipfile
from io import BytesIO

import openpyxl
import pytest

from waterplan import read_records
from waterplan.base.errors import DataError, StoppedError
from waterplan.plants.records.excel_book import GLANCE

HEAD = (
    "plant", "year", "province", "product", "output", "output_unit", "withdrawal_surface (m3)",
    "consumed (m3)",
)  # fmt: skip
ROWS = 4000


def workbook(rows, head=HEAD):
    made = openpyxl.Workbook(write_only=True)
    sheet = made.create_sheet("plants")
    sheet.append(head)
    for row in rows:
        sheet.append(row)
    packed = BytesIO()
    made.save(packed)
    return packed.getvalue()


def unreadable_at_the_end(data):
    """The same workbook, whose last number is none: whoever reads that far cannot open it."""
    packed = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename.startswith("xl/worksheets/"):
                *_, last = re.finditer(rb"<v>([0-9]+)</v>", content)
                content = content[: last.start(1)] + b"nought" + content[last.end(1) :]
            new.writestr(part, content)
    return packed.getvalue()


def good(number):
    return [f"P{number}", 2015, "hebei", "beer", 100, "m3", 500, 500]


def test_a_workbook_wrong_in_every_row_is_refused_for_its_first_rows(china):
    rows = [[f"P{n}", 2015, f"nowhere{n}", f"nothing{n}", f"x{n}", "m3", 500, 500] for n in range(ROWS)]
    with pytest.raises(DataError) as refused:
        read_records(unreadable_at_the_end(workbook(rows)), china)
    told = [(one.row, one.column, one.message) for one in refused.value.problems]
    for column in ("province", "product", "output"):  # all faults up to the bound are told
        assert {row for row, name, _ in told if name == column} == {0, *range(2, 102)}
    assert len(told) == 304
    (rest,) = [message for row, column, message in told if not column]
    assert rest.startswith(f"at least 303 faults up to row {GLANCE}. The rows after it were not read")
    assert f"至第 {GLANCE} 行止至少有 303 处错误" in refused.value.text("zh")


def test_a_workbook_with_few_faults_in_its_first_rows_is_refused_once_there_are_many(china):
    rows = [good(n) for n in range(ROWS)]
    for n in range(0, ROWS, 8):
        rows[n][2] = f"nowhere{n}"
    with pytest.raises(DataError) as refused:
        read_records(unreadable_at_the_end(workbook(rows)), china)
    (rest,) = [one.message for one in refused.value.problems if not one.column]
    assert rest.startswith(f"at least 101 faults up to row {2 * GLANCE}. The rows after it were not read")


def test_a_few_faults_are_told_with_those_that_come_much_later(china):
    rows = [good(n) for n in range(ROWS)]
    rows[3][2], rows[ROWS - 1][2] = "nowhere", "nor here"
    with pytest.raises(DataError) as refused:
        read_records(workbook(rows), china)
    assert [(one.row, one.column) for one in refused.value.problems] == [(5, "province"), (ROWS + 1, "province")]


def test_rows_beyond_the_headings_are_told_a_few_times_then_counted(china):
    rows = [[*good(n), "more"] for n in range(50)]
    with pytest.raises(DataError) as refused:
        read_records(workbook(rows), china)
    assert [one.row for one in refused.value.problems] == [2, 3, 4, 5, 6]
    assert "45 more rows" in refused.value.problems[-1].message


@pytest.mark.parametrize("sign", ["\u200b", "x" * 300])
def test_names_that_cannot_be_are_told_up_to_a_bound(china, sign):
    lines = [",".join(HEAD)] + [",".join(map(str, [f"P{n}{sign}", *good(n)[1:]])) for n in range(60_000)]
    with pytest.raises(DataError) as refused:
        read_records("\n".join(lines).encode(), china)
    told = refused.value.problems
    assert len(told) == 101
    assert told[0].message == "more than 100 different faults; the rest is not listed."


def test_reading_ends_where_nobody_waits_for_it(china):
    asked = []

    def cancelled():
        asked.append(1)
        return len(asked) == 3

    with pytest.raises(StoppedError):
        read_records(workbook([good(n) for n in range(ROWS)]), china, cancelled=cancelled)
    assert len(asked) == 3
