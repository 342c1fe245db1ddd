"""A row of sums or averages is no plant, by whatever door it comes; names that only look so are plants."""

import pandas as pd
import pytest
from filling_in import Filled
from pooling import records as pooled
from spoilt_files import HEAD, ROW, book, line, table
from standing_plants import records_of
from test_records_template import chinese

from waterplan import benchmark, read_records
from waterplan.base.errors import DataError, WaterplanError
from waterplan.plants.peers.frontier import efficiency
from waterplan.plants.pool.door import checked
from waterplan.plants.records.reader import read_table
from waterplan.plants.records.template import pack_template
from waterplan.plants.records.totals import is_total, totals_among

TOTALS = [
    "合计", "总计", "小计", "共计", "累计", "总和", "总数", "汇总", "平均", "均值", "合計", "總計", "合 计", "合　计",
    "合计：", "（合计）", "【总计】", "— 合计 —", "— 合计 —（3家）", "合计（万m³）", "合计(3家)", "合计3家",
    "合计12家企业", "总计数", "平均值", "全省合计", "河北小计", "行业平均值",
    "Total", "TOTAL", "total:", "Totals", "T o t a l", "Ｔｏｔａｌ", "_total_", "[Total]", "* Total *", "Total (m3)",
    "Sum", "sums", "Subtotal", "Sub-total", "SUB_TOTAL", "Grand total", "GRAND  TOTAL", "grand-total",
    "Overall total", "Sum total", "Total of all plants", "Sum of the plants", "Grand total for Hebei", "Average",
    "mean", "Average of plants", "All plants",
]  # fmt: skip
PLANTS = [
    "Red Star", "Total Petrochemicals", "TotalEnergies Antwerp", "Totally Paper", "Summit Steel", "Sumitomo",
    "Sum-Yi Mill", "Subtotal Mill", "Average Joe Brewery", "Meanwood Mill", "All Saints Brewery", "Grand Paper",
    "合计精工厂", "三合计算机厂", "小计划纸厂", "总计达纸业", "汇总联合纸业", "平均良品厂", "均值得纸业", "计", "-",
    "@SUM(A1)", "=SUM(A1)",
]  # fmt: skip


@pytest.mark.parametrize("name", TOTALS)
def test_a_total_is_known_by_its_words_whatever_their_case_width_and_blanks(name):
    assert is_total(name)


@pytest.mark.parametrize("name", PLANTS)
def test_a_name_that_only_begins_or_ends_like_one_is_a_plants(name):
    assert not is_total(name)


def test_among_many_names_exactly_the_totals_are_found():
    assert totals_among([*PLANTS, *TOTALS]) == TOTALS
    assert totals_among(PLANTS) == totals_among([]) == []


def one_plant(name):
    return records_of(name, [("board", "", 1e5, None)], {"withdrawal_ground": 1e6}, province="middle")


def refused(read):
    with pytest.raises(DataError) as caught:
        read()
    (problem,) = caught.value.problems
    assert "Take the row out; a plant that is called so needs another name" in problem.message
    assert "请删除该行" in problem.message.text("zh")
    return problem


class TestEachDoor:
    """The last row is a total that is filled in whole, as a plant would be; it is the only problem, with its row."""

    @pytest.mark.parametrize("name", ["Grand total", "合 计", "<total>"])
    def test_text(self, china, name):
        content = table(line(), line(plant="Blue"), line(plant=name)).encode()
        problem = refused(lambda: read_records(content, china, "a.csv"))
        assert (problem.row, problem.column) == (4, "plant")
        assert problem.message.startswith(f'"{name}"'.translate(str.maketrans("<>", "‹›")))

    def test_text_with_several_totals_tells_each(self, china):
        content = table(line(), line(plant="Subtotal"), line(plant="Total"), line(plant="Total", year=2021)).encode()
        with pytest.raises(DataError) as caught:
            read_records(content, china)
        assert [one.row for one in caught.value.problems] == [3, 4, 5]

    def test_a_lone_sheet(self, china):
        problem = refused(lambda: read_records(book(rows=(ROW, ("Total", *ROW[1:]))), china))
        assert (problem.row, problem.column) == (3, "plant")

    def test_the_template_in_chinese_names_the_sheet(self, china):
        form = chinese(china)
        form.add("产品", 企业="合计", 年份=2020, 产品="独立焦化(焦炭)", 产品产量=5, 产量单位="t")
        problem = refused(lambda: read_records(form.content(), china, "a.xlsx"))
        assert (problem.file, problem.row, problem.column) == ("a.xlsx [产品]", 4, "企业*")

    def test_the_template_in_english(self, china):
        form = Filled(pack_template("xlsx", china, "en"))
        key = {"plant": "Total", "year": 2020}
        water = {"withdrawal from surface water": 100, "consumed": 60, "discharged": 40}
        made = {"product": "coking", "output of the plant": 5, "output unit": "t"}
        form.add("Sites", **key, province="hebei", **water).add("Products", **key, **made)
        with pytest.raises(DataError) as caught:
            read_records(form.content(), china, "a.xlsx")
        places = [(one.file, one.row) for one in caught.value.problems if "total" in one.message]
        assert places == [("a.xlsx [Products]", 2), ("a.xlsx [Sites]", 2)]

    def test_a_form(self, china):
        form = {head: [cell] for head, cell in zip(HEAD, ("总计", *ROW[1:]), strict=True)}
        problem = refused(lambda: read_table(form, china))
        assert (problem.row, problem.column) == (2, "plant")

    def test_records_made_by_hand(self, tiny):
        made = one_plant("Total")
        with pytest.raises(WaterplanError, match='"Total" is the name of a total') as caught:
            benchmark(made, tiny)
        assert "会被当作又一家企业" in caught.value.text("zh")

    def test_the_pool(self):
        made = pooled([("Total", "brick", "", 2e6, 1.0)])
        with pytest.raises(DataError, match="row 1, plant: the name of a total"):
            checked(made)

    def test_peers_and_plants_on_a_frontier(self, tiny):
        peers = pd.DataFrame({"plant": ["A", "平均"], "product": "board", "route": "", "intensity": [1.0, 2.0]})
        made = one_plant("mill")
        with pytest.raises(WaterplanError, match="A row of the peers is a total"):
            benchmark(made, tiny, peers=peers)
        take = pd.DataFrame({"withdrawal": [1.0, 3.0]}, index=["A", "Total"])
        with pytest.raises(WaterplanError, match='"Total" is the name of a total'):
            efficiency(take, take, enough=1)


def test_a_table_without_totals_is_read(china):
    content = table(*(line(plant=name) for name in PLANTS)).encode()
    assert len(read_records(content, china).sites) == len(PLANTS)
