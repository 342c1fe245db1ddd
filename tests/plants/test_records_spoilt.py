"""Spoilt text files of plants' records: each ends in words that say where and what to do, or in clean values."""

import numpy as np
import pytest
from spoilt_files import CHINESE, HEAD, headed, line, one, refused, refused_in_chinese, table

from waterplan import read_records
from waterplan.base.errors import DataError

GB = CHINESE.encode("gb18030")
TWO = line(plant="Blue")
SURFACE = "withdrawal_surface (m3)"


def number(text):
    return one(withdrawal_surface=text)


ENCODED = {  # name: (content, row, column, what is said)
    "UTF-16": (CHINESE.encode("utf-16"), 0, "", "encoding is not UTF-8 or GB18030 (UTF-16)"),
    "UTF-16 without a mark": (CHINESE.encode("utf-16-be"), 0, "", "encoding is not UTF-8 or GB18030 (binary data)"),
    "UTF-32": (CHINESE.encode("utf-32"), 0, "", "Save it as CSV UTF-8"),
    "Shift-JIS": ("企業,年度,県\n赤星カタカナ,2020,東京\n".encode("shift_jis"), 0, "", "Save it as CSV UTF-8"),
    "Big5": ("工廠,年度,省份\n紅星鋼鐵廠,2020,河北\n".encode("big5"), 0, "", "Save it as CSV UTF-8"),
    "Latin-1": (one(plant="Café").decode().encode("latin-1"), 0, "", "Save it as CSV UTF-8"),
    "GB18030 broken in the middle": (GB[:40] + b"\xff\xff" + GB[40:], 0, "", "(neither)"),
    "GB18030 cut off": (GB[: GB.index(b",") - 1], 0, "", "(neither)"),
    "UTF-8 broken in the middle": (CHINESE.encode()[:50] + b"\xe4\xb8" + CHINESE.encode()[60:], 0, "", "(neither)"),
    "half a surrogate": (one().replace(b"Red", b"\xed\xa0\x80"), 0, "", "(neither)"),
    "NUL": (one(plant="Red\0Star"), 2, "", "control character U+0000. Delete it"),
    "escape sequence": (one(plant="Red\x1b[31mStar"), 2, "", "control character U+001B. Delete it"),
    "control of eight bits": (one(plant="Red\u009bStar"), 2, "", "control character U+009B. Delete it"),
    "noughts": (b"\x00" * 100, 1, "", "control character U+0000"),
}
NOT_A_TABLE = {
    "empty": (b"", 0, "", "empty. The first row names the columns"),
    "blank lines": (b"\n\n\n", 0, "", "empty"),
    "a mark alone": (b"\xef\xbb\xbf", 0, "", "empty"),
    "commas alone": (b",,,\n,,,\n", 0, "", "empty"),
    "headings alone": (",".join(HEAD).encode(), 0, "", "nothing is filled in"),
    "web page": (b"<html><table><tr><td>plant</td></tr></table>", 0, "", "a web page or XML"),
    "XML with entities": (b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", 0, "", "a web page or XML"),
    "old Excel or locked": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, 0, "", "without a password"),
    "picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 99, 0, "", "a picture"),
    "PDF": (b"%PDF-1.7\n", 0, "", "a PDF. Fill in the template"),
    "gzip": (b"\x1f\x8b\x08" + b"\0" * 20, 0, "", "packed"),
    "pickle": (b"\x80\x04\x95\x1f\0\0\0\0\0\0\0\x8c\x05posix\x8c\x06system\x93.", 0, "", "binary data"),
    "JSON": (b'{"plant":"x"}', 1, "", "quotation marks do not match"),
    "semicolons": (one().replace(b",", b";"), 1, "", "separated by semicolons or bars. Save it with commas"),
    "tabs": (one().replace(b",", b"\t"), 1, "", "separated by tabs"),
    "a row too short": (one() + b"a,b\n", 3, "", "2 cells, but the header has 9"),
    "a row too long": (one().rstrip() + b",1,2\n", 2, "", "11 cells, but the header has 9"),
    "decimal comma": (number("100,5"), 2, "", "10 cells, but the header has 9"),
    "open quotation mark": (one(plant='"Red'), 2, "", 'Write a quotation mark inside a text twice: "".'),
    "quotation mark in the middle": (one(plant='Re"d'), 2, "", "quotation marks do not match"),
    "five thousand columns": (",".join(f"c{n}" for n in range(5000)).encode(), 1, "", "at most 200 are read"),
    "a million rows": (table(*[line()] * 1_000_000).encode(), 0, "", "more than 250000 rows. Split the file."),
    "a cell without end": (one(plant="x" * 10**6), 2, "", "a row that is far too long"),
    "a heading without end": (("x" * 10**6).encode(), 1, "", "a row that is far too long"),
}
HEADINGS = {
    "unit missing": (
        headed("consumed (m3)", "consumed"),
        1,
        "consumed",
        "the unit is missing. Write it into the heading",
    ),
    "unit unknown": (headed("consumed (m3)", "consumed (furlong)"), 1, "consumed (furlong)", "Write one of: 万m³"),
    "unit of something else": (headed("consumed (m3)", "consumed (kWh)"), 1, "consumed (kWh)", "not a unit of this"),
    "unit per day": (headed("consumed (m3)", "consumed (m3/d)"), 1, "consumed (m3/d)", "not a unit of this column"),
    "unit that lost its power": (headed("consumed (m3)", "consumed (104 m3)"), 1, "", '"104 m3" is not a unit'),
    "unit that lost its power and a space": (
        headed("consumed (m3)", "consumed (10 4 m3)"),
        1,
        "",
        '"10 4 m3" is not a unit',
    ),
    "unit of nought": (headed("consumed (m3)", "consumed (0 m3)"), 1, "", "not a unit of this column"),
    "unit without end": (headed("consumed (m3)", f"consumed ({'m' * 500})"), 1, "", "not a unit of this column"),
    "heading misspelt": (headed("leaked (m3)", "leeked (m3)"), 1, "leeked (m3)", 'Did you mean "leaked"?'),
    "heading twice": (headed("leaked (m3)", "consumed (m3)"), 1, "consumed (m3)", 'the same as the column "consumed'),
    "heading twice, in two languages": (
        headed("leaked (m3)", "耗水量(m3)"),
        1,
        "耗水量(m3)",
        'same as the column "consumed',
    ),
    "heading empty": (headed("leaked (m3)", ""), 1, "", "column 7 has cells but no heading"),
    "no source said": (headed("leaked (m3)", "取水量(m3)"), 1, "取水量(m3)", "does not say of which source"),
    "script for a heading": (headed("leaked (m3)", "<script>alert(1)</script>"), 1, "‹script›", "is not known"),
    "formula for a heading": (headed("leaked (m3)", "=cmd|' /C calc'!A0"), 1, "=cmd", "is not known"),
}
CELLS = {
    **{f"number {text}": (number(text), 2, SURFACE, says) for text, says in {
        "much": '"much" is not a number. Write digits', "nan": "Leave the cell empty if it is not known",
        "-inf": "not a finite number", "inf": "not a finite number", "1e999": "not a finite number",
        "1e308": "Check the unit in the heading", "1e-320": "too little to be measured",
        '"1,5"': '"1,5" is not a number', '"0,100"': "not a number", "1.2.3": "not a number", "10²": "not a number",
        "①": "not a number", "١٠٠": "not a number", "壹百": "not a number", "0x10": "unit in the cell",
        "1_000": "not a number", "100 m3": "Write the unit into the heading", "50%": '"50%" is not a number',
        "TRUE": "not a number", "-": "write 0 if there is none", "无": "write 0 if there is none",
        "-100": "got -100 m3/a. A quantity is never", "#DIV/0!": "an error of the spreadsheet",
        "=1+1": "a formula. Copy the cell and paste it as a value", "+1+1": "not a number", "@SUM(1)": "not a number",
        "2020-01-02": "a date where a number",
    }.items()},
    **{f"year {text}": (one(year=text), 2, "year", says) for text, says in {
        "1": "Write a whole number from 1949 to 2100", "99999": "not a year", "2020.5": "not a year",
        "text": "not a number", "-2020": "not a year", "": "empty. This cell must be filled in", "2020-01-01": "a date",
        "二〇二〇": "not a number",
    }.items()},
    **{f"output {text}": (one(output=text), 2, "output (t)", says) for text, says in {
        "0": "A product that was not made has no row", "-5": "got -5. A quantity", "": "empty", "nan": "not a number",
        "1e-320": "too little",
    }.items()},
    **{f"product {text[:9]}": (one(product=text), 2, "product", says) for text, says in {
        "steel_bf_bov": 'Did you mean "steel_bf_bof"?', "tin": "is not a product of the study", "": "empty",
        "<b>": '"‹b›" is not a product', "x" * 300: "more than 100 characters",
    }.items()},
    "province unknown": (one(province="hebai"), 2, "province", 'Did you mean "hebei"?'),
    "output in another unit": (headed("output (t)", "output (100 m)"), 2, "output (100 m)", "cannot be brought to t"),
    "name empty": (one(plant="  "), 2, "plant", "empty"),
    "name of two hundred signs": (one(plant="x" * 200), 2, "plant", "more than 100 characters"),
    "name written from right to left": (one(plant="Red\u202eratS"), 2, "plant", "invisible characters"),
    "name with a sign of no width": (one(plant="Red\u200bStar"), 2, "plant", "invisible characters"),
    "plant twice": (table(line(), line()).encode(), 3, "product", "the same plant, year and product as in a row above"),
    "plant twice, otherwise": (
        table(line(), line(leaked=11, product="coking")).encode(), 3, "leaked (m3)", "differs from the first row"),
    "balance short": (one(discharged=10), 2, "", "20 m³ (20.0%) are missing, more than 5.0%"),
    "balance over": (one(discharged=300), 2, "", "270 m³ (73.0%) too much"),
    "more leaked than came": (one(leaked=200, discharged=0, consumed=0), 2, "leaked (m3)", "only 100 m³ are withdrawn"),
    "sixty thousand unknown products": (
        table(*[line(plant=f"p{n}", product=f"tin{n}") for n in range(60_000)]).encode(), 0, "product",
        "more than 100 different faults"),
    "sixty thousand unknown units": (
        table(*[f"{line(plant=f'p{n}')},u{n}" for n in range(60_000)], head=f"{','.join(HEAD)},output_unit").encode(),
        0, "output (t)", "more than 100 different faults"),
    "technologies without end": (
        table(*[f"{line(plant=f'p{n}')},{';'.join(f't{n}x{m}' for m in range(20))}" for n in range(5000)],
              head=f"{','.join(HEAD)},technology").encode(), 0, "technology", "more than 100 different faults"),
}  # fmt: skip
REFUSED = {f"{group}: {name}": given for group, table_of in
           {"encoding": ENCODED, "table": NOT_A_TABLE, "heading": HEADINGS, "cell": CELLS}.items()
           for name, given in table_of.items()}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_words_that_say_where_and_what_to_do(china, name):
    content, row, column, says = REFUSED[name]
    problems = refused(content, china, "plants.csv", row, column, says)
    assert len(problems) < 2000
    assert all(one.file == "plants.csv" and one.message for one in problems)


@pytest.mark.parametrize("name", REFUSED)
def test_in_chinese_too(china, name):
    refused_in_chinese(REFUSED[name][0], china, "plants.csv")


def test_all_problems_come_at_once(china):
    """One in the heading, three in row 2 and one in row 3."""
    lines = line(withdrawal_surface="much", province="hebai", product="tin"), line(plant="Blue", year=1)
    content = table(*lines).replace("leaked (m3)", "leaked (kWh)").encode()
    with pytest.raises(DataError) as refused:
        read_records(content, china)
    assert [(one.row, one.column) for one in refused.value.problems] == [
        (1, "leaked (kWh)"), (2, "product"), (2, "province"), (2, SURFACE), (3, "year"),
    ]  # fmt: skip


CLEAN = {  # name: (content, figure that it must give where it is not the usual one)
    "one mark": (b"\xef\xbb\xbf" + one(), {}),
    "two marks": (b"\xef\xbb\xbf" * 2 + one(), {}),
    "GB18030": (GB, {"plant": "红星钢厂"}),
    "line ends of old": (one().replace(b"\n", b"\r"), {}),
    "line ends of Windows": (one().replace(b"\n", b"\r\n"), {}),
    "blank rows": (one().replace(b"\n", b"\n,,,,,,,,\n\n"), {}),
    "a thousand blank rows below": (one() + b"\n" * 1000, {}),
    "header in row 3": (b"Report,,,,,,,,\n,,,,,,,,\n" + one(), {}),
    "two languages mixed": (headed("leaked (m3)", "漏失水量(m3)"), {}),
    "marked as required": (headed("leaked (m3)", "leaked (m3)*"), {}),
    "ten to the fourth, raised": (headed("consumed (m3)", "consumed (10⁴ m³)").replace(b",60,", b",0.006,"), {}),
    "full-width digits": (number("１００"), {}),
    "exponent": (number("1e2"), {}),
    "plus": (number("+100"), {}),
    "year in words": (one(year="2020年"), {}),
    "year in full width": (one(year="２０２０"), {}),
    "upper case": (one(product="STEEL_BF_BOF", province="HEBEI"), {}),
    "line end in a name": (one(plant='"Red\nStar"'), {}),
    **{f"name {text}": (one(plant=written), {"plant": text}) for text, written in {
        "=cmd|' /C calc'!A0": "=cmd|' /C calc'!A0", '=HYPERLINK("http://x","y")': '"=HYPERLINK(""http://x"",""y"")"',
        "+1": "+1", "-Plant": "-Plant", "@SUM(A1)": "@SUM(A1)", "<script>x()</script>": "<script>x()</script>",
        "{0}": "{0}", "%s": "%s", "'quoted": "'quoted", "nan": "nan", "None": "None", "007": "007", "1.0": "1.0",
        "..\\..\\x": "..\\..\\x", "\U0001f600": "\U0001f600",
    }.items()},
}  # fmt: skip


@pytest.mark.parametrize("name", CLEAN)
def test_it_is_read_to_clean_values(china, name):
    content, other = CLEAN[name]
    records = read_records(content, china)
    ((plant, year),) = records.sites.index
    site = records.sites.iloc[0]
    assert (plant, year) == (other.get("plant", "Red Star"), 2020)
    expected = 1e4 if name == "GB18030" else 1.0
    assert site[["withdrawal_surface", "consumed", "discharged", "leaked"]].tolist() == pytest.approx(
        [100 * expected, 60 * expected, 30 * expected, 10 * expected]
    )
    assert np.isnan(site["withdrawal_ground"])
    assert records.products[["product", "output"]].to_numpy().tolist() == [["steel_bf_bof", 50.0]]


def test_what_stands_above_the_headings_is_reported(china):
    told = read_records(CLEAN["header in row 3"][0], china).conversions
    assert (told[0].row, told[0].written, told[0].became) == (1, "Report", "above the headings: not read")
