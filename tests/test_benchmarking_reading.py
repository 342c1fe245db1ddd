"""Records of plants as they come: read in either language, converted aloud, refused in words, never executed."""

import io

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
