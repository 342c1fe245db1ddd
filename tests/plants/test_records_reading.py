"""Records of plants as they come: read in either language, converted aloud, refused in words, never executed."""

import io

import numpy as np
import openpyxl
import pytest

from waterplan import read_records
from waterplan.base.errors import DataError, WaterplanError
from waterplan.plants.norms.indicators import indicators
from waterplan.plants.standing.standing import plant_year, standing

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
    told = {(one.written, one.became) for one in read(GOOD, china).conversions}
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


@pytest.mark.parametrize(
    ("written", "key"),
    [("河北省", "hebei"), ("北京市", "beijing"), ("广西壮族自治区", "guangxi"), ("内蒙古自治区", "inner_mongolia"),
     ("Hebei Province", "hebei"), ("Inner Mongolia Autonomous Region", "inner_mongolia")],
)  # fmt: skip
def test_a_province_may_be_written_in_full_and_the_year_with_its_word(china, written, key):
    records = read(GOOD.replace("河北", written).replace(",2020,", ",2020年度,"), china)
    assert records.sites["province"].tolist() == [key]
    assert records.sites.index.get_level_values("year").tolist() == [2020]
    assert {(written, key), ("2020年度", "2020")} <= {(one.written, one.became) for one in records.conversions}


@pytest.mark.parametrize("tolerance", [float("nan"), -0.1])
def test_a_tolerance_that_is_none_is_told(china, tolerance):
    with pytest.raises(WaterplanError, match="tolerance"):
        read(GOOD, china, tolerance=tolerance)


def test_a_goal_that_is_no_goal_is_told(china):
    records = read(GOOD, china)
    with pytest.raises(WaterplanError, match='Goal\\("grade", "access"\\)'):
        standing(records, "红星钢厂", 2020, china, goal="grade:access")


class TestConversionsOfOnePlant:
    """A file of three plant-years; each is told what was changed in its own rows and in the headings."""

    ROWS = (
        f'红星钢厂,2020,河北,"1,200",９００,280,20,{STEEL},400\n'
        f'红星钢厂,2021年,河北,"1,100",900,180,20,{STEEL},380\n'
        f"Blue Star,2020,hebei,1200,900,280,20,steel_bf_bof,410\n"
    )

    def test_only_its_own_rows_and_the_headings_are_told(self, china):
        records = read(f"{HEAD}\n{self.ROWS}", china)
        told = [(one.row, one.written) for one in records.conversions_of("Blue Star", 2020)]
        assert {row for row, _ in told} == {1, 4}
        assert {row for row, _ in ((one.row, one.written) for one in records.conversions)} >= {2, 3}
        assert not {"河北", STEEL, "1,200"} & {written for _, written in told}
        assert plant_year(records, "Blue Star", 2020).conversions == records.conversions_of("Blue Star", 2020)

    def test_a_later_row_is_told_though_the_file_tells_the_same_of_an_earlier_one(self, china):
        records = read(f"{HEAD}\n{self.ROWS}", china)
        told = {(one.row, one.written) for one in records.conversions_of("红星钢厂", 2021)}
        assert {(3, "河北"), (3, "2021年"), (3, "1,100")} <= told
        assert (2, "1,200") not in told

    def test_of_a_file_of_one_plant_it_is_what_was_told_of_the_file(self, china):
        records = read(GOOD, china)
        assert records.conversions_of("红星钢厂", 2020) == records.conversions

    def test_the_unit_of_an_output_is_told_with_the_name_of_its_product(self, china):
        for language in ("zh", "en"):
            name = china.products.loc["steel_bf_bof", f"name_{language}"]
            told = [one.said_in(language).became for one in read(GOOD, china).conversions]
            assert any(one.endswith(f"({name})" if language == "en" else f"（{name}）") for one in told)
