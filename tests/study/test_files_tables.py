"""Plans as tables: CSV and Excel, a file or sheet for each set of dimensions, and no formula in any cell."""

import csv
import hashlib
import json
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest

from waterplan.base.errors import WaterplanError
from waterplan.planning.plan.files import open_dataset, save_csv, save_dataset, save_excel
from waterplan.study.scenario import Scenario

HOSTILE = '=HYPERLINK("http://example.org","pay")'
KINDS = ("decision", "ledger", "result", "dual")


def headings_and_rows(worksheet):
    rows = list(worksheet.iter_rows(min_row=2, values_only=True))
    return rows[0], rows[1:]


def read_csv(path):
    return pd.read_csv(path, keep_default_na=False)


@pytest.fixture(scope="module")
def folder(dataset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("csv") / "new" / "plan"
    save_csv(dataset.assign_attrs(title=HOSTILE), folder)
    return folder


class TestCsv:
    def test_there_is_a_file_for_each_set_of_dims_with_a_row_for_each_label(self, folder, dataset):
        sectors = read_csv(folder / "sector.csv")
        assert sectors["sector"].tolist() == ["paper", "steel"]
        assert sectors["saving_by_sector"].tolist() == dataset["saving_by_sector"].values.tolist()
        whole = read_csv(folder / "whole.csv")
        assert len(whole) == 1
        assert whole.loc[0, "annual_cost"] == float(dataset["annual_cost"])
        assert read_csv(folder / "technology.csv")["technology_level"].tolist()[0] == "end_use"
        assert len(read_csv(folder / "step.csv")) == dataset.sizes["step"]

    def test_every_variable_stands_in_one_file_and_the_dictionary_says_which(self, folder, dataset):
        entries = read_csv(folder / "data_dictionary.csv").set_index("name")
        for name in dataset.data_vars:
            assert name in read_csv(folder / entries.loc[name, "file"]).columns
        listed = entries.loc["saving_by_choice"]
        assert (listed["unit"], listed["dims"]) == ("hm3/a", "technology product province")
        assert (listed["label_en"], listed["label_zh"]) == ("saving by choice", "分项节水量")
        assert listed["meaning_en"]
        assert listed["meaning_zh"]

    def test_rows_of_nought_are_left_out_of_the_large_tables_and_the_dictionary_says_so(self, folder, dataset):
        choices = read_csv(folder / "technology-product-province.csv")
        assert 0 < len(choices) == int((dataset["capacity"] != 0).sum())
        rows = read_csv(folder / "data_dictionary.csv").set_index("name")["rows"]
        assert rows["capacity"] == "rows in which every number is nought or missing are left out"
        assert rows["saving_by_sector"] == "all"

    def test_the_large_tables_add_up_to_the_whole(self, folder, dataset):
        choices = read_csv(folder / "technology-product-province.csv")
        assert choices["saving_by_choice"].sum() == pytest.approx(float(dataset["saving"]), abs=1e-9)
        ledger = read_csv(folder / "technology-sector-province.csv")
        assert ledger["investment"].sum() == pytest.approx(float(dataset["investment"].sum()), abs=1e-9)

    def test_missing_numbers_are_empty_cells(self, folder):
        pairs = read_csv(folder / "product-province.csv").set_index(["product", "province"])
        assert pairs.loc[("pulp", "south"), "reference_withdrawal"] == ""
        assert float(pairs.loc[("pulp", "north"), "reference_withdrawal"]) == pytest.approx(100)

    def test_no_spreadsheet_takes_a_text_for_a_formula_and_numbers_stay_as_they_are(self, dataset, tmp_path):
        labels = ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", "plain", "a=b", *"hi"]
        odd = dataset.copy(deep=True).assign_coords(technology=labels)
        odd["levelised_cost"].values[:] = -1.5
        save_csv(odd, tmp_path)
        with (tmp_path / "technology.csv").open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
        assert [row["technology"] for row in rows] == [
            "'=1+1", "'+1", "'-1", "'@sum", "'\tx", "'\rx", "plain", "a=b", "h", "i",
        ]  # fmt: skip
        assert {row["levelised_cost"] for row in rows} == {"-1.5"}

    def test_the_manifest_has_digests_versions_and_what_each_file_holds(self, folder, tiny):
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        assert manifest["plan"]["study_digest"] == tiny.digest
        assert manifest["plan"]["versions"].startswith("waterplan ")
        assert manifest["plan"]["title"] == HOSTILE
        assert set(manifest["files"]) == {path.name for path in folder.glob("*.csv")}
        for name, said in manifest["files"].items():
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == said["sha256"]
            assert len(read_csv(folder / name)) == said["rows"]

    def test_a_plan_opened_again_gives_the_same_files(self, folder, dataset, tiny, tmp_path):
        save_dataset(dataset.assign_attrs(title=HOSTILE), tmp_path / "plan.nc")
        save_csv(open_dataset(tmp_path / "plan.nc", tiny), tmp_path / "again")
        for path in folder.iterdir():
            assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()

    def test_a_spreadsheet_sees_that_the_files_are_utf8(self, folder):
        assert all(path.read_bytes().startswith(b"\xef\xbb\xbf") for path in folder.glob("*.csv"))


@pytest.fixture(scope="module")
def books(plan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("excel")
    books = {}
    for language in ("en", "zh"):
        plan.to_excel(folder / f"{language}.xlsx", language)
        books[language] = openpyxl.load_workbook(folder / f"{language}.xlsx")
    return books


class TestExcel:
    ENGLISH = (
        "headline", "lines", "lines by place", "sectors", "provinces", "technologies", "deployment", "products",
        "duals", "path", "notes", "sources", "data dictionary",
    )  # fmt: skip
    CHINESE = (
        "概要",
        "取水情形",
        "分行业分省取水情形",
        "行业",
        "省份",
        "技术",
        "推广部署",
        "产品",
        "影子价格",
        "逐年路径",
        "说明",
        "资料来源",
        "数据词典",
    )

    def test_the_sheets_are_named_in_either_language(self, books):
        assert tuple(books["en"].sheetnames) == self.ENGLISH
        assert tuple(books["zh"].sheetnames) == self.CHINESE

    def test_numbers_are_numbers_and_the_same_in_both_languages(self, books, dataset):
        headings, rows = headings_and_rows(books["en"]["sectors"])
        column = headings.index("saving by sector [hm3/a]")
        assert [row[column] for row in rows] == pytest.approx(dataset["saving_by_sector"].values.tolist())
        assert [row[:2] for row in rows] == [("paper", "Paper"), ("steel", "Steel")]
        chinese_headings, chinese = headings_and_rows(books["zh"]["行业"])
        assert chinese_headings[column] == "分行业节水量 [百万立方米/年]"
        assert [row[:2] for row in chinese] == [("paper", "造纸"), ("steel", "钢铁")]
        assert [row[2:] for row in chinese] == [row[2:] for row in rows]

    def test_a_column_holds_either_texts_or_numbers_with_a_format(self, books):
        for book in books.values():
            for sheet in book:
                for column in sheet.iter_cols(min_row=3):
                    types = {cell.data_type for cell in column if cell.value is not None}
                    assert types <= {"s"} or types <= {"n"}, f"{sheet.title} {column[0].column_letter}"
                    assert all("0" in c.number_format for c in column if c.data_type == "n" and c.value is not None)

    def test_number_formats_belong_to_the_language(self, books):
        assert books["en"]["sectors"]["C3"].number_format == "[$-409]#,##0.0"
        assert books["zh"]["行业"]["C3"].number_format == "[$-804]#,##0.0"

    def test_headings_stay_in_view_and_columns_are_wide_enough(self, books):
        for sheet in books["en"]:
            assert sheet.freeze_panes.endswith("3")
            assert sheet["A2"].value
            widest = max(len(str(cell.value)) for cell in sheet["A"][2:] if cell.value is not None)
            assert sheet.column_dimensions["A"].width >= min(widest, 60)

    def test_a_text_is_never_a_formula_or_a_link(self, dataset, tiny, tmp_path):
        names = tiny.technologies.assign(name_en=HOSTILE, kind="=cmd|' /C calc'!A0")
        sources = tiny.sources.assign(url="https://example.org", title="+1+1")
        scenario = Scenario(title=HOSTILE, why="=1+1").to_toml()
        hostile = dataset.assign_attrs(title=HOSTILE, scenario=scenario, solver="@sum(A1)")
        save_excel(hostile, replace(tiny, technologies=names, sources=sources), tmp_path / "hostile.xlsx")
        book = openpyxl.load_workbook(tmp_path / "hostile.xlsx")
        for sheet in book:
            assert not sheet._hyperlinks
            assert all(cell.data_type in "sn" for row in sheet.iter_rows() for cell in row)
        assert book["technologies"]["B3"].value == HOSTILE
        assert book["headline"]["A1"].value.startswith("=HYPERLINK")

    def test_texts_that_excel_cannot_hold_are_cut_or_written_otherwise(self, dataset, tiny, tmp_path):
        odd = dataset.assign_attrs(solver="x" * 100_000, python="bell \x07 and half \ud800 a sign")
        save_excel(odd, tiny, tmp_path / "odd.xlsx")
        texts = dict(headings_and_rows(openpyxl.load_workbook(tmp_path / "odd.xlsx")["notes"])[1])
        assert texts["solver"] == "x" * 32_767
        assert "half ? a sign" in texts["python"]

    def test_a_province_stands_beside_its_share_and_is_no_quota(self, books, dataset):
        sheet = books["en"]["provinces"]
        assert "is not a quota" in sheet["A1"].value
        headings, rows = headings_and_rows(sheet)
        share = headings.index("share of reference withdrawal")
        assert [row[share] for row in rows] == pytest.approx([200 / 521, 140.5 / 521, 180.5 / 521])
        assert sheet.cell(3, share + 1).number_format.endswith("0.0%")
        assert "指标分配" in books["zh"]["省份"]["A1"].value

    def test_technologies_stand_by_saving_with_cost_and_level(self, books, dataset):
        headings, rows = headings_and_rows(books["en"]["technologies"])
        saving = [row[headings.index("saving by technology [hm3/a]")] for row in rows]
        assert saving == sorted(saving, reverse=True)
        assert len(rows) == 10
        first = rows[0]
        cost = dataset["levelised_cost"].sel(technology=first[0])
        assert first[headings.index("levelised cost [CNY/m3]")] == pytest.approx(float(cost))
        assert {row[headings.index("level")] for row in rows} == {"end use", "site", "supply"}

    def test_products_stand_beside_the_norms_in_force_with_their_variants(self, books, dataset):
        headings, rows = headings_and_rows(books["en"]["products"])
        places = [headings.index(name) for name in ("product, key", "variant", "limit", "access", "advanced")]
        assert [tuple(row[place] for place in places) for row in rows] == [
            ("board", None, 14, 11, None),
            ("pulp", None, None, None, None),
            ("plate", "cold", 8, None, 6),
            ("plate", "hot", 6, None, 4),
        ]
        base = [row[headings.index("base-year intensity")] for row in rows]
        assert base == pytest.approx([10, 20, 5, 5])

    def test_the_notes_say_what_is_assumed_and_how_to_read_saving_and_withdrawal(self, books, tiny):
        text = "\n".join(str(row[1]) for row in books["en"]["notes"].iter_rows(min_row=3, values_only=True))
        assert f"Of {len(tiny.rows)} value rows of the study" in text
        assert "Saving is against frozen efficiency" in text
        assert "Withdrawal is not consumption" in text
        assert "never divide one by the other" in text
        assert tiny.digest in text
        assert "saving_target = 60.0" in text

    def test_only_english_and_chinese_are_there(self, plan, tmp_path):
        with pytest.raises(WaterplanError, match='language "fr": there'):
            plan.to_excel(tmp_path / "plan.xlsx", "fr")
