"""Records of plants as they come: read in either language, converted aloud, refused in words, never executed."""

import io
import zipfile

import numpy as np
import openpyxl
import pytest

from waterplan import read_records
from waterplan.benchmarking.indicators import indicators
from waterplan.errors import DataError

HEAD = "企业,年份,省份,地表水取水量(万m³),消耗水量(万m³),排水量(万m³),漏损水量(万m³),产品,产品产量(万t)"
STEEL = "长流程普通钢(高炉-转炉)"
GOOD = f"""{HEAD}
红星钢厂,2020,河北,"1,200",９００,280,20,{STEEL},400
"""
ENGLISH = (
    "plant,year,province,withdrawal_surface (m3),consumed (m3),discharged (m3),leaked (m3),product,output (t)\n"
    "Red Star,2020,hebei,{volume},60,30,10,steel_bf_bof,50\n"
)


def read(text, china, encoding="utf-8", **options):
    content = text if isinstance(text, bytes) else text.encode(encoding)
    return read_records(content, china, "plants.csv", **options)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_chinese_file_becomes_canonical_units_in_any_usual_encoding(china, encoding):
    records = read(GOOD, china, encoding)
    site = records.sites.loc[("红星钢厂", 2020)]
    assert site["withdrawal_surface"] == 12_000_000
    assert site["consumed"] == 9_000_000
    assert site["province"] == "hebei"
    assert records.products["product"].tolist() == ["steel_bf_bof"]
    assert records.products["output"].tolist() == [4_000_000]


def test_every_conversion_is_reported(china):
    told = {(one.written, one.became) for one in read(GOOD, china, language="en").conversions}
    assert ("河北", "hebei") in told
    assert ("1,200", "1200") in told
    assert ("９００", "900") in told
    assert any(written == "万m3" and "10000" in became for written, became in told)


def test_what_is_not_written_is_missing_and_not_nought(china):
    site = read(GOOD, china).sites.loc[("红星钢厂", 2020)]
    assert np.isnan(site["withdrawal_ground"])
    assert np.isnan(site["cooling_recirculated"])


def test_the_same_table_as_a_workbook_gives_the_same_records(china):
    book = openpyxl.Workbook()
    for row in (HEAD.split(","), ["红星钢厂", 2020, "河北", 1200, 900, 280, 20, STEEL, 400]):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    records = read_records(content.getvalue(), china, "plants.xlsx")
    assert records.sites.loc[("红星钢厂", 2020), "withdrawal_surface"] == 12_000_000
    assert records.products["output"].tolist() == [4_000_000]


def test_an_indicator_is_what_arithmetic_says(china):
    found = indicators(read(ENGLISH.format(volume=100), china))
    assert found.products["withdrawal_per_output"].tolist() == [2.0]
    assert found.sites["leakage_rate"].tolist() == [0.1]
    assert np.isnan(found.sites["cooling_recirculation_rate"].iloc[0])
    assert "cooling_recirculated" in found.missing["cooling_recirculation_rate"].iloc[0]


def test_a_balance_that_does_not_close_is_refused_with_the_missing_volume(china):
    with pytest.raises(DataError, match=r"100") as refused:
        read(ENGLISH.format(volume=200), china)
    assert "Red Star" in str(refused.value) or "row 2" in str(refused.value)


def bomb():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 300_000_000)
    return content.getvalue()


def workbook(change):
    book = openpyxl.Workbook()
    for row in (HEAD.split(","), ["红星钢厂", 2020, "河北", 1200, 900, 280, 20, STEEL, 400]):
        book.active.append(row)
    change(book.active)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def put(cell, value):
    def change(sheet):
        sheet[cell] = value

    return change


SPOILT = {
    "empty": (b"", "empty"),
    "noughts": (b"\x00" * 100, ""),
    "no unit": (ENGLISH.replace(" (m3)", "").format(volume=100), "unit is missing"),
    "negative": (ENGLISH.format(volume=-100), "-100"),
    "no number": (ENGLISH.format(volume="much"), "much"),
    "formula": (ENGLISH.format(volume="=1+1"), "formula"),
    "unknown province": (ENGLISH.format(volume=100).replace("hebei", "hebai"), 'Did you mean "hebei"'),
    "unknown product": (ENGLISH.format(volume=100).replace("steel_bf_bof", "steel_bf_bov"), "steel_bf_bof"),
    "unknown heading": (ENGLISH.format(volume=100).replace("leaked (m3)", "leeked (m3)"), "leeked"),
    "same plant twice": (ENGLISH.format(volume=100) + ENGLISH.format(volume=100).splitlines()[1] + "\n", ""),
    "other unit": (ENGLISH.format(volume=100).replace("consumed (m3)", "consumed (kWh)"), "kWh"),
    "year": (ENGLISH.format(volume=100).replace("2020", "20xx"), "20xx"),
    "zip bomb": (bomb(), ""),
    "no workbook": (b"PK\x03\x04 and nothing more", ""),
    "formula in a workbook": (workbook(put("D2", "=HYPERLINK(1)")), ""),
    "error in a workbook": (workbook(put("D2", "#DIV/0!")), "an error of the spreadsheet"),
    "date for a number": (workbook(put("D2", "2020-01-02")), "a date where a number"),
}


@pytest.mark.parametrize("kind", SPOILT)
def test_a_spoilt_file_ends_in_words(china, kind):
    content, says = SPOILT[kind]
    with pytest.raises(DataError) as refused:
        read(content, china)
    assert says in str(refused.value)
    assert refused.value.problems
    assert "Traceback" not in str(refused.value)


def test_all_problems_come_at_once(china):
    text = ENGLISH.format(volume=-5).replace("hebei", "hebai").replace("steel_bf_bof", "tin")
    with pytest.raises(DataError) as refused:
        read(text, china)
    assert len(refused.value.problems) >= 3


def test_names_with_html_are_names(china):
    text = ENGLISH.format(volume=100).replace("Red Star", "<b>Red</b> Star")
    assert read(text, china).sites.index[0][0] == "<b>Red</b> Star"
