"""Files: UTF-8 and GB18030 are read, anything else is refused in clear words; size is limited; so is study.toml."""

import os

import pytest
from spoiling import Copy

from waterplan.base.errors import DataError
from waterplan.study.tables import schema, sheet
from waterplan.study.tables import study_file as settings

SETTINGS = """title = "A tiny country with round numbers"
description = "For sums in the head; describes no real place."
base_year = 2015
target_year = 2017
price_year = 2015
currency = "CNY"

[levers]
saving_target = 60
discount_rate = 0
hurdle_rate = 0.1
"""


def write_all(copy: Copy, encoding: str) -> None:
    for path in copy.folder.glob("*.csv"):
        path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_utf_8_with_or_without_bom_and_gb18030_are_read_alike(tiny, copy: Copy, encoding):
    copy.set("prices", 2, note="按煤价估算")
    digest = copy.read().digest
    write_all(copy, encoding)
    study = copy.read()
    assert study.technologies.loc["dry_cooling", "name_zh"] == "空冷"
    assert study.rows.loc[study.rows["name"] == "heat_price", "note"].item() == "按煤价估算"
    assert study.digest == digest


def test_the_shipped_study_is_read_from_gb18030_too(china, copy_of_china: Copy):
    write_all(copy_of_china, "gb18030")
    assert copy_of_china.read().digest == china.digest


@pytest.mark.parametrize(
    ("encoding", "word"),
    [("utf-16", "UTF-16"), ("utf-16-le", "binary data"), ("utf-32", "UTF-16"), ("big5", "neither")],
)
def test_any_other_encoding_is_refused_by_name(copy: Copy, encoding, word):
    text = "technology,name_zh\nmetering,計量與監測，節水技術設備\n"
    (copy.folder / "technologies.csv").write_bytes(text.encode(encoding))
    with pytest.raises(DataError, match=rf"the encoding is not UTF-8 or GB18030 \({word}\). Save it as CSV UTF-8"):
        copy.read()


def test_western_text_is_not_read_as_rare_chinese(copy: Copy):
    copy.set("sources", 2, title="Geschätzt für Übungen von Müller")
    copy.write("sources", copy.records("sources"), encoding="latin-1")
    with pytest.raises(DataError, match="the encoding is not UTF-8 or GB18030"):
        copy.read()


@pytest.mark.parametrize("content", [b"PK\x03\x04\x14\x00\x06\x00 a workbook", bytes(range(256)) * 20])
def test_a_workbook_is_not_a_table(copy: Copy, content):
    (copy.folder / "prices.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"\(binary data\). Save it as CSV UTF-8: a workbook is not a table of text"):
        copy.read()


def test_control_characters_are_refused_with_their_line(copy: Copy):
    copy.set("prices", 3, note="\x1b[31mred")
    with pytest.raises(DataError, match=r"row 3: control character U\+001B. Delete it: only plain text is read"):
        copy.read()


def test_an_empty_file_is_told_what_its_first_row_is(copy: Copy):
    (copy.folder / "prices.csv").write_bytes(b"")
    with pytest.raises(DataError, match=r"empty\. The first row names the columns: variable,value,low,high,unit"):
        copy.read()


def test_an_absurdly_large_file_is_refused_before_it_is_read(copy: Copy):
    os.truncate(copy.folder / "output.csv", schema.FILE_BYTES_MAX + 1)
    with pytest.raises(DataError, match=r"33,554,433 bytes; at most 33,554,432 are read\. Split the study"):
        copy.read()


def test_a_table_with_absurdly_many_rows_is_refused(copy: Copy):
    lines = "".join(f"s{number},t,,,,book,no,\n" for number in range(20_002))
    header = ",".join(copy.records("sources")[0])
    (copy.folder / "sources.csv").write_text(f"{header}\n{lines}", encoding="utf-8")
    with pytest.raises(DataError, match=r"sources\.csv: 1 problem\n  more than 20000 rows. .* leave rows out"):
        copy.read()


def test_a_cell_without_end_is_refused(copy: Copy):
    copy.set("prices", 2, note="x" * 200_000)
    with pytest.raises(
        DataError, match=r"row 2: a cell of more than 131072 characters\. A closing quotation mark may be"
    ):
        copy.read()


def test_a_folder_in_the_place_of_a_table_is_said_to_be_one(copy: Copy):
    (copy.folder / "prices.csv").unlink()
    (copy.folder / "prices.csv").mkdir()
    with pytest.raises(DataError, match=r"prices\.csv: 1 problem\n  this is a folder, not a file\."):
        copy.read()


@pytest.mark.parametrize(
    ("old", "new", "row", "column", "message"),
    [
        ("base_year = 2015\n", "", 0, "base_year", "missing. study.toml needs title, base_year"),
        ("base_year", "base_yaer", 0, "base_year", 'missing. Did you mean "base_yaer"? study.toml needs'),
        ("base_year", "base_yaer", 3, "base_yaer", 'no such setting. Did you mean "base_year"? Known: title'),
        (
            "2015\ntarget",
            '"2015"\ntarget',
            3,
            "base_year",
            "got '2015'. Write a year, a whole number from 1900 to 2200",
        ),
        ("2015\ntarget", "2015.5\ntarget", 3, "base_year", "got 2015.5. Write a year"),
        ("2017", "2014", 4, "target_year", "got 2014. It lies 1 to 100 years after base_year 2015"),
        (
            '"CNY"',
            '"EUR"',
            6,
            "currency",
            "Money is counted in CNY: convert the tables, and say the rate in the sources",
        ),
        ('"A tiny country with round numbers"', "7", 1, "title", "got 7. Write a text of at most 4000 characters"),
        ('"A tiny country with round numbers"', '" "', 1, "title", "got ' '. Write a text"),
        ("saving_target = 60", "saving_taget = 60", 9, "saving_taget", 'not a lever. Did you mean "saving_target"'),
        ("saving_target = 60", "", 0, "saving_target", "missing under [levers]. Its default belongs to the study"),
        ("saving_target = 60", 'saving_target = "60"', 9, "saving_target", "A default is one number for all labels"),
        ("saving_target = 60", "saving_target = true", 9, "saving_target", "got True. A default is one number"),
        ("saving_target = 60", "saving_target = nan", 9, "saving_target", "got nan. Allowed: 0 to inf hm3/a"),
        ("saving_target = 60", "saving_target = -1", 9, "saving_target", "got -1. Allowed: 0 to inf hm3/a"),
        ("hurdle_rate = 0.1", "hurdle_rate = 10", 11, "hurdle_rate", "got 10. Allowed: 0 to 0.4 1/a."),
        (
            "hurdle_rate = 0.1",
            "hurdle_rate = {steel = 0.1}",
            11,
            "hurdle_rate",
            "write what differs by label in a scenario",
        ),
        ("hurdle_rate = 0.1", 'perspective = "mine"', 11, "perspective", "Allowed: programme, enterprise, society"),
        ("hurdle_rate = 0.1", "count_alternative_supply = 1", 11, "count_alternative_supply", "Write true or false"),
        ("hurdle_rate = 0.1", "hurdle_rate = ", 11, "", "not TOML: Invalid value (at line 11"),
        ("\n[levers]", "\n[[levers]]", 0, "levers", "Write a table: [levers], and below it saving_target = 2000"),
    ],
)
def test_study_toml_is_checked_like_a_table(copy: Copy, old, new, row, column, message):
    (copy.folder / "study.toml").write_text(SETTINGS.replace(old, new), encoding="utf-8")
    problems = {(problem.row, problem.column): problem.message for problem in copy.problems()}
    assert message in problems[row, column]


def test_a_missing_or_endless_study_toml_is_refused_and_the_tables_are_still_checked(copy: Copy):
    row = copy.set("prices", 2, basis="guess")
    (copy.folder / "study.toml").unlink()
    with pytest.raises(DataError, match=f"(?s)row {row}, basis.*study.toml: 1 problem\n  no such file in the study's"):
        copy.read()
    (copy.folder / "study.toml").write_text("x" * (settings.BYTES_MAX + 1), encoding="utf-8")
    with pytest.raises(DataError, match=r"65,537 bytes; at most 65,536 are read\. It holds a title"):
        copy.read()


def test_a_nested_study_toml_does_not_crash(copy: Copy):
    (copy.folder / "study.toml").write_text("x = " + "[" * 20_000, encoding="utf-8")
    with pytest.raises(DataError, match=r"study\.toml: 1 problem\n.*not TOML"):
        copy.read()


def test_every_limit_is_far_above_the_shipped_study(china):
    assert len(china.rows) * 10 < schema.ROWS_MAX
    assert china.values["saving_fraction"].size * 10 < schema.CELLS_MAX
    assert max(china.rows["note"].str.len()) * 4 < schema.TEXT_LENGTH_MAX
    assert max(len(table.columns) for table in schema.TABLES.values()) < sheet.COLUMNS_MAX
