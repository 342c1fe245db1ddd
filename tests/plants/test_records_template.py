"""The template: filled in by a plant, in either language, it is read; empty, it says so; and it is complete."""

import csv
import io
import re
import warnings
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from filling_in import Filled, bare, filled_csv
from places import ROOT

from waterplan import plant_standing, read_records, write_template
from waterplan.base.errors import DataError, OutputError, WaterplanError
from waterplan.base.messages import in_language
from waterplan.plants.records import upload as packed
from waterplan.plants.records.balance import BALANCE_TOLERANCE
from waterplan.plants.records.csv_lines import ROWS_MAX
from waterplan.plants.records.csv_text import BYTES_MAX
from waterplan.plants.records.excel_book import SHEET_ROWS_MAX
from waterplan.plants.records.headers import LAYOUTS, REQUIRED, canonical_unit, factor_of, heading
from waterplan.plants.records.headers import SHEETS as HEADED
from waterplan.plants.records.template import pack_template
from waterplan.plants.records.template_columns import PARTS, asked
from waterplan.report.documents.plant_report import plant_report
from waterplan.study.tables.sheet import COLUMNS_MAX

LANGUAGES = ("en", "zh")
SHEETS = {"en": ["Notes", "Sites", "Products", "Technologies", "End uses", "Lists", "Example"],
          "zh": ["说明", "企业", "产品", "技术", "用水环节", "代码表", "示例"]}  # fmt: skip


def chinese(china):
    """Two products of a steel works, in 万m³ and 万t; as text, full-width and with separators, as it comes."""
    form = Filled(pack_template("xlsx", china, "zh"))
    form.add("企业", 企业="红星钢厂", 年份="２０２０", 省份="河北", 地表水取水量="1,200", 城镇供水取水量=300,
             再生水取水量="５００", 耗水量=1100, 排水量=800.5, 漏失水量=99.5, 间接冷却水循环量="95,000",
             工业增加值="２５０，０００", 企业热价=60)  # fmt: skip
    form.add("产品", 企业="红星钢厂", 年份=2020, 产品="长流程普通钢(高炉-转炉)", 产品产量="４００", 产量单位="万t",
             产品取水量=900)  # fmt: skip
    form.add("产品", 企业="红星钢厂", 年份=2020, 产品="独立焦化(焦炭)", 产品产量="1,500,000", 产量单位="t")
    form.add("技术", 企业="红星钢厂", 年份=2020, 产品="长流程普通钢(高炉-转炉)", 节水技术="水系统平衡优化(水夹点)")
    for end_use, share in {"循环冷却蒸发补水": 0.6, "熄焦与冲渣": "30%", "生活及其他": 0.1}.items():
        form.add("用水环节", 企业="红星钢厂", 年份=2020, 产品="独立焦化(焦炭)", 用水环节=end_use, 用水环节比例=share)
    return form


class TestFilledIn:
    def test_in_chinese_every_figure_comes_out_in_canonical_units(self, china):
        records = read_records(chinese(china).content(), china)
        site = records.sites.loc[("红星钢厂", 2020)]
        volumes = {"withdrawal_surface": 12e6, "withdrawal_public_supply": 3e6, "withdrawal_reclaimed": 5e6,
                   "consumed": 11e6, "discharged": 8.005e6, "leaked": 995e3, "cooling_recirculated": 950e6}  # fmt: skip
        assert {name: site[name] for name in volumes} == pytest.approx(volumes)
        assert site["value_added"] == 2.5e9
        assert site["plant_heat_price"] == pytest.approx(0.06)
        assert site["province"] == "hebei"
        assert np.isnan(site["withdrawal_ground"])
        made = records.products.set_index("product")
        assert made["output"].to_dict() == {"steel_bf_bof": 4e6, "coking": 1.5e6}
        assert made.loc["steel_bf_bof", "withdrawal"] == 9e6
        assert np.isnan(made.loc["coking", "withdrawal"])
        assert records.technologies.to_dict("records") == [
            {"plant": "红星钢厂", "year": 2020, "product": "steel_bf_bof", "technology": "water_network_pinch"}
        ]
        shares = dict(zip(records.end_use_shares["end_use"], records.end_use_shares["share"], strict=True))
        assert shares == pytest.approx({"cooling_evaporation": 0.6, "quenching": 0.3, "domestic": 0.1})

    def test_in_chinese_every_conversion_is_reported_with_its_place(self, china):
        told = [one.said_in("zh") for one in read_records(chinese(china).content(), china).conversions]
        places = {(one.sheet, one.row, one.written, one.became.partition("（")[0]) for one in told}
        for said in [
            ("企业", 2, "1,200", "1200"), ("企业", 2, "５００", "500"), ("企业", 2, "河北", "hebei"),
            ("企业", 2, "２０２０", "2020"), ("企业", 2, "２５０，０００", "250000"), ("产品", 2, "４００", "400"),
            ("产品", 3, "1,500,000", "1500000"), ("用水环节", 3, "30%", "0.3"),
            ("技术", 2, "水系统平衡优化(水夹点)", "water_network_pinch"),
        ]:  # fmt: skip
            assert said in places, said
        units = {one.column: one.became for one in told if one.row == 1}
        assert units["耗水量（万m³）*"] == "乘以 10000，换算为 m3/a"
        assert units["工业增加值（万元）"] == "乘以 10000，换算为 CNY/a"
        assert any(one.written == "万t" and "10000" in one.became for one in told)

    def test_in_chinese_it_leads_to_a_report_in_chinese(self, china):
        """15 million m3 of graded withdrawal make 4 million t of steel and 1.5 million t of coke."""
        records = read_records(chinese(china).content(), china)
        page = plant_report(plant_standing(records, "红星钢厂", 2020, china), "zh")
        assert "红星钢厂" in page
        assert "长流程普通钢（高炉—转炉）" in page
        assert "1,500 万m³" in page
        assert "准入值" in page

    def test_in_english_the_same(self, china):
        form = Filled(pack_template("xlsx", china, "en"))
        form.add("Sites", plant="Red Star", year=2020, province="Hebei", consumed=600_000,
                 **{"withdrawal from surface water": "1,000,000", "value added": 5e7, "heat price of the plant": 60,
                    "discharged": 300_000, "leaked": 100_000})  # fmt: skip
        form.add("Products", plant="Red Star", year=2020, product="Crude steel, BF-BOF route (integrated)",
                 **{"output of the plant": 50, "output unit": "10^4 t"})  # fmt: skip
        records = read_records(form.content(), china)
        site = records.sites.loc[("Red Star", 2020)]
        assert site[["withdrawal_surface", "consumed", "value_added"]].tolist() == [1e6, 6e5, 5e7]
        assert site["plant_heat_price"] == pytest.approx(0.06)
        assert records.products["output"].tolist() == [5e5]
        told = {(one.sheet, one.written, one.became) for one in records.conversions}
        assert ("Sites", "1,000,000", "1000000") in told
        assert ("Sites", "Hebei", "hebei") in told

    @pytest.mark.parametrize(
        ("heading", "figure"), [("耗水量（m³）*", 11e6), ("耗水量（万吨）*", 1100), ("耗水量(亿m³)", 0.11)]
    )
    def test_a_unit_changed_in_the_heading_is_followed(self, china, heading, figure):
        form = chinese(china).rename("企业", "耗水量", heading)
        form.book["企业"].cell(2, form.columns("企业")["耗水量"][1]).value = figure
        site = read_records(form.content(), china).sites.iloc[0]
        assert site["consumed"] == pytest.approx(11e6)

    def test_the_flat_table_in_chinese_gives_the_same_as_the_workbook(self, china):
        row = {"企业": "红星钢厂", "年份": "2020年", "省份": "河北", "地表水取水量": "1,200",
               "城镇供水取水量": "３００", "再生水取水量": "500", "耗水量": "1100", "排水量": "800.5",
               "漏失水量": "99.5"}  # fmt: skip
        steel = {"产品": "长流程普通钢(高炉-转炉)", "产品产量": "400", "产量单位": "万t", "产品取水量": "900",
                 "节水技术": "水系统平衡优化(水夹点)；用水在线计量与水平衡测试管理"}  # fmt: skip
        coke = {"企业": "红星钢厂", "年份": "2020", "产品": "独立焦化(焦炭)", "产品产量": "150", "产量单位": "万吨"}
        content = filled_csv(pack_template("csv", china, "zh"), [row | steel, coke])
        flat, book = (read_records(each, china) for each in (content, chinese(china).content()))
        columns = ["withdrawal_surface", "withdrawal_public_supply", "consumed", "discharged", "leaked", "province"]
        pd.testing.assert_frame_equal(flat.sites[columns], book.sites[columns])
        pd.testing.assert_frame_equal(flat.products, book.products)
        assert flat.technologies["technology"].tolist() == ["water_network_pinch", "smart_metering_management"]

    def test_the_flat_table_in_english(self, china):
        row = {"plant": "Red Star", "year": "2020", "province": "Hebei", "withdrawal from groundwater": "1,000",
               "consumed": "600", "discharged": "300", "leaked": "100", "product": "beer",
               "output of the plant": "50", "output unit": china.products.loc["beer", "output_unit"]}  # fmt: skip
        records = read_records(filled_csv(pack_template("csv", china, "en"), [row]), china)
        assert records.sites["withdrawal_ground"].tolist() == [1000.0]
        assert records.products["output"].tolist() == [50.0]

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_name_of_the_study_that_can_be_chosen_is_read(self, china, language):
        form = Filled(pack_template("xlsx", china, language))
        sites, products, technologies, end_uses = SHEETS[language][1:5]
        rows = {}

        def add(sheet, **cells):
            rows.setdefault(sheet, []).append(cells)

        key = {"plant": "works", "year": 2020}
        provinces = china.provinces[f"name_{language}"].tolist()
        for number, province in enumerate(provinces):
            add(sites, plant=f"works {number}", year=2020, province=province, consumed=10, withdrawal_ground=10)
        for number in range(len(provinces)):
            names = china.products.iloc[number :: len(provinces)]
            for name, unit in zip(names[f"name_{language}"], names["output_unit"], strict=True):
                add(products, plant=f"works {number}", year=2020, product=name, output=1, output_unit=unit)
        for name in china.technologies[f"name_{language}"]:
            add(technologies, **key | {"plant": "works 0", "technology": name})
        first = china.products[f"name_{language}"].iloc[0]
        ends = china.end_uses[f"name_{language}"].tolist()
        for name in ends:
            add(end_uses, **key | {"plant": "works 0", "product": first, "end_use": name, "share": 1 / len(ends)})
        for sheet, layout in zip((sites, products, technologies, end_uses), PARTS, strict=True):
            shown = {column.name: bare(column.heading) for column in asked(layout, language)}
            for cells in rows[sheet]:
                form.add(sheet, **{shown[name]: value for name, value in cells.items()})
        records = read_records(form.content(), china)
        assert set(records.products["product"]) == set(china.products.index)
        assert set(records.sites["province"]) == set(china.provinces.index)
        assert set(records.technologies["technology"]) == set(china.technologies.index)
        assert set(records.end_use_shares["end_use"]) == set(china.end_uses.index)


class TestEmpty:
    @pytest.mark.parametrize("kind", ["xlsx", "csv"])
    @pytest.mark.parametrize(("language", "says"), [("en", "nothing is filled in"), ("zh", "尚未填写")])
    def test_the_empty_template_says_that_nothing_is_filled_in(self, china, kind, language, says):
        with pytest.raises(DataError) as refused:
            read_records(pack_template(kind, china, language), china)
        assert says in refused.value.text(language)
        assert len(refused.value.problems) == 1

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_example_of_the_template_is_not_read_and_would_be_right(self, china, language):
        form = Filled(pack_template("xlsx", china, language))
        rows = [list(row) for row in form.book[SHEETS[language][6]].iter_rows(values_only=True)]
        for sheet in SHEETS[language][1:5]:
            begin = next(n for n, row in enumerate(rows) if row[0] == sheet) + 1
            headings = [bare(name) for name in rows[begin] if name]
            for row in rows[begin + 1 :]:
                if row[0] is None:
                    break
                given = {name: value for name, value in zip(headings, row, strict=False) if value is not None}
                form.add(sheet, **given)
        records = read_records(form.content(), china)
        assert records.sites["withdrawal_surface"].tolist() == [1.2e6]
        assert records.products["output"].tolist() == [2e5]
        assert records.end_use_shares["share"].sum() == pytest.approx(1, abs=5e-3)
        assert len(records.technologies) == 1


class TestWhatIsInIt:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_every_heading_is_read_as_the_column_and_unit_that_it_is(self, layout, language):
        told = asked(layout, language)
        for column in told:
            read = heading(column.heading, layout)
            assert read.column == column.name
            if column.kind == "number" and column.name not in ("output", "share"):
                assert factor_of(column.name, read.unit) > 0
                assert column.unit or canonical_unit(column.name) == "1"
        assert {column.name for column in told} == set(LAYOUTS[layout])
        assert set(REQUIRED[layout]) <= {column.name for column in told if column.required}
        assert all(column.heading.endswith("*") == column.required for column in told)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_sheets_stand_in_order_with_headings_in_view(self, china, language):
        book = openpyxl.load_workbook(io.BytesIO(pack_template("xlsx", china, language)))
        assert book.sheetnames == SHEETS[language]
        for sheet in SHEETS[language][1:5]:
            assert book[sheet].freeze_panes == "C2"
            assert all(cell.comment and cell.comment.text for cell in next(book[sheet].iter_rows(max_row=1)))

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_lists_to_choose_from_hold_all_names_of_the_study(self, china, language):
        book = openpyxl.load_workbook(io.BytesIO(pack_template("xlsx", china, language)))
        offered = {}
        for sheet, layout in zip(SHEETS[language][1:5], PARTS, strict=True):
            names = [column.name for column in asked(layout, language)]
            for rule in book[sheet].data_validations.dataValidation:
                if rule.type == "list" and "OFFSET" not in rule.formula1:
                    (where,) = rule.sqref.ranges
                    title, cells = rule.formula1.lstrip("=").split("!")
                    listed = {row[0].value for row in book[title.strip("'")][cells.replace("$", "")]}
                    offered[layout, names[where.min_col - 1]] = listed
        for layout, name, frame in [
            ("sites", "province", china.provinces), ("products", "product", china.products),
            ("technologies", "product", china.products), ("technologies", "technology", china.technologies),
            ("end_uses", "product", china.products), ("end_uses", "end_use", china.end_uses),
        ]:  # fmt: skip
            assert offered[layout, name] == set(frame[f"name_{language}"])
        assert set(china.products["output_unit"]) <= offered["products", "output_unit"]

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_list_of_variants_holds_those_of_the_product_of_the_row(self, china, language):
        """The cells that the rule of the column points to, looked up as Excel would."""
        book = openpyxl.load_workbook(io.BytesIO(pack_template("xlsx", china, language)))
        sheet = book[SHEETS[language][2]]
        (formula,) = {r.formula1 for r in sheet.data_validations.dataValidation if "OFFSET" in (r.formula1 or "")}
        product_column = formula.rpartition("COUNTIF(")[2].split("!")[1].split(",")[0].replace("$", "")
        names = [row[0].value for row in book[SHEETS[language][5]][product_column]]
        start = formula.partition("OFFSET(")[2].partition(",")[0].split("!")[1].replace("$", "")
        cell = book[SHEETS[language][5]][start]
        norms = china.norms[china.norms["variant"] != ""]
        for product, own in norms.groupby("product"):
            name = china.products.loc[product, f"name_{language}"]
            first, count = names.index(name), names.count(name)
            told = {cell.offset(row=first + n).value for n in range(count)}
            assert told == {in_language(china.variant_name(one), language) for one in own["variant"]}

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_it_has_no_macros_no_formulas_and_no_links(self, china, language):
        content = pack_template("xlsx", china, language)
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            names = parts.namelist()
            assert not [n for n in names if "vba" in n.lower() or "external" in n.lower() or "embed" in n.lower()]
            assert not [n for n in names if n.startswith("xl/worksheets/sheet") and b"<f>" in parts.read(n)]

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_flat_table_opens_in_excel_as_what_it_is(self, china, language):
        content = pack_template("csv", china, language)
        assert content.startswith(b"\xef\xbb\xbf")
        (header,) = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        assert header == [column.heading for column in asked("flat", language)]


class TestWriting:
    @pytest.mark.parametrize("name", ["plant.xlsx", "plant.CSV"])
    def test_the_ending_says_what_it_becomes(self, china, tmp_path, name):
        write_template(tmp_path / name, china)
        assert (tmp_path / name).read_bytes()[:2] == (b"PK" if "xlsx" in name else b"\xef\xbb")

    def test_other_endings_languages_and_places_are_refused(self, china, tmp_path):
        with pytest.raises(WaterplanError, match=r'as "xls": there are xlsx, csv. Did you mean "xlsx"'):
            write_template(tmp_path / "plant.xls", china)
        with pytest.raises(WaterplanError, match="there are en, zh"):
            write_template(tmp_path / "plant.csv", china, "fr")
        with pytest.raises(OutputError, match="there is no folder"):
            write_template(tmp_path / "nowhere" / "plant.csv", china)

    def test_a_study_without_variants_has_a_template_too(self, tiny):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert pack_template("xlsx", tiny, "zh")


class TestDocument:
    TEXT = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")

    def test_its_table_of_columns_is_that_of_the_template_and_the_vocabulary(self):
        rows = [line for line in self.TEXT.splitlines() if line.startswith("|")][2:]
        expected = []
        for part in PARTS:
            for en, zh in zip(asked(part, "en"), asked(part, "zh"), strict=True):
                unit, needed = canonical_unit(en.name) if en.kind == "number" else "", "required" if en.required else ""
                sheet = " ".join(HEADED[part])
                expected.append(f"| {sheet} | {en.heading} | {zh.heading} | {needed} | {unit} | {en.meaning} |")
        assert rows == expected

    def test_its_limits_are_those_of_the_code(self):
        workbook = f"{packed.BYTES_MAX >> 20} MiB as a workbook ({packed.UNPACKED_MAX >> 20} MiB unpacked, "
        assert f"{workbook}{SHEET_ROWS_MAX:,} rows in a sheet)" in self.TEXT
        assert f"{BYTES_MAX >> 20} MiB and {ROWS_MAX:,} rows as CSV, and {COLUMNS_MAX} columns" in self.TEXT
        assert f"to {BALANCE_TOLERANCE:.0%}".replace("%", " %") in self.TEXT

    def test_its_python_runs(self, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        (code,) = re.findall(r"```python\n(.*?)```", self.TEXT, re.DOTALL)
        exec(compile(code, "records.md", "exec"), {})
        assert "nothing is filled in" in capsys.readouterr().out
