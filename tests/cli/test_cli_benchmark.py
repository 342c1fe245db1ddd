"""waterplan benchmark: what it prints and writes, what it refuses, and that nothing of a file is run or kept."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import places
import pytest
import xarray as xr
from filling_in import Filled
from pooling import Owners

from waterplan.base.errors import WaterplanError
from waterplan.cli.entry import main

TINY = str(places.TINY)
HEAD = "plant,year,province,product,output (t),withdrawal from groundwater (m3),consumed (m3),discharged (m3)\n"
MILL = "mill,2017,middle,board,100000,1500000,1000000,500000\n"
WORKS = "works,2017,north,board,100000,900000,600000,300000\nworks,2016,north,board,100000,950000,650000,300000\n"


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Runs the command on a file, in this process, with the tiny study; (exit code, output, errors)."""
    monkeypatch.delenv("WATERPLAN_LANGUAGE", raising=False)
    monkeypatch.chdir(tmp_path)

    def command(text, *words):
        Path("plants.csv").write_text(text, encoding="utf-8")
        code = main(["benchmark", "plants.csv", "--study", TINY, *words])
        return code, *capsys.readouterr()

    return command


class TestOne:
    """The mill takes 15 m3/t: above the limit of 14, and the plan brings it to 14 or less."""

    def test_the_page_says_grade_gap_place_plan_and_contract(self, run):
        code, out, err = run(HEAD + MILL)
        assert (code, err) == (0, "")
        for told in ("mill, 2017", "above the limit", "1,400,000", "+100,000", "ref.", "to reach the grade limit",
                     "all together", "shared savings", "CONVERTED ON READING", "REMARKS"):  # fmt: skip
            assert told in out

    def test_what_headings_change_alike_is_told_once(self, run):
        _, out, _ = run(HEAD.replace("(m3)", "(10^4 m3)") + MILL.replace("0000,", ",").replace("500000", "50"))
        assert "graded withdrawal              1,500,000" in out
        assert out.count("times 10000") == 1

    def test_it_is_told_in_chinese(self, run):
        _, out, _ = run(HEAD + MILL, "--language", "zh")
        assert "企业等级：超过限定值" in out
        assert "合同节水管理" in out

    def test_in_chinese_things_and_units_have_chinese_names(self, run):
        worth = HEAD.replace("consumed", "value added (CNY),consumed")
        _, out, _ = run(worth + MILL.replace(",1000000,", ",30000000,1000000,"), "--language", "zh")
        page = out[: out.index("读取时的换算")] + out[out.index("\n说明\n") :]
        assert "m3/万元" in page
        assert not re.search("CNY|board|middle", page)

    def test_the_object_has_the_figures_of_the_page(self, run):
        _, out, _ = run(HEAD + MILL, "--json")
        told = json.loads(out)
        assert (told["grade"], told["gaps"]["limit"], told["balance"]["balance_gap"]) == ("above", 1e5, 0)
        assert told["plan"]["withdrawal"] <= 1.4e6
        assert told["places"][0]["basis"] == "reference"
        assert told["plan_problem"] is None

    @pytest.mark.parametrize(
        ("goal", "sentence"),
        [
            ("grade:access", "to reach the grade access"),
            ("grade:3", "to reach the grade access"),
            ("budget:0.3", "investment of 300,000 CNY"),
            ("payback:2", "pays back within 2 years"),
        ],
    )
    def test_the_goal_asked_for_is_the_goal_of_the_plan(self, run, goal, sentence):
        assert sentence in run(HEAD + MILL, "--goal", goal)[1]

    def test_a_goal_out_of_reach_is_a_sentence_on_the_page(self, run):
        code, out, _ = run(HEAD + MILL.replace("1500000,1000000", "9500000,9000000"), "--goal", "grade:access")
        assert code == 0
        assert "No plan reaches the grade access" in out

    @pytest.mark.parametrize(("name", "start"), [("report.html", b"<!doctype html"), ("report.pdf", b"%PDF")])
    def test_the_report_is_written(self, run, name, start):
        code, out, _ = run(HEAD + MILL, "-o", name)
        assert code == 0
        assert f"Saved: {name}" in out
        assert Path(name).read_bytes()[:20].lower().startswith(start.lower())


class TestMany:
    def test_a_line_for_each_and_how_to_ask_for_one(self, run):
        _, out, _ = run(HEAD + MILL + WORKS)
        assert "3 plants and years" in out
        assert out.index("  mill") < out.index("  works")
        assert "--plant NAME" in out

    def test_plant_and_year_choose_one(self, run):
        assert "works, 2016" in run(HEAD + MILL + WORKS, "--plant", "works", "--year", "2016")[1]

    def test_a_report_of_several_is_refused_with_their_names(self, run):
        code, _, err = run(HEAD + MILL + WORKS, "-o", "report.html")
        assert code == 8
        assert "mill, 2017; works, 2017; works, 2016" in err

    def test_all_of_them_as_netcdf_workbook_and_table(self, run):
        for name in ("all.nc", "all.xlsx", "all.csv"):
            assert run(HEAD + MILL + WORKS, "-o", name)[0] == 0
        with xr.open_dataset("all.nc", engine="h5netcdf") as answer:
            assert answer["mix_grade"].values.tolist() == ["above", "access", "access"]
        book = openpyxl.load_workbook("all.xlsx")
        assert book.sheetnames == ["Plants", "Products", "Converted"]
        assert [row[0].value for row in book["Plants"].iter_rows(min_row=3)] == ["mill", "works", "works"]
        rows = list(csv.reader(Path("all.csv").read_text(encoding="utf-8-sig").splitlines()))
        assert [row[:2] for row in rows[1:]] == [["mill", "2017"], ["works", "2017"], ["works", "2016"]]

    def test_one_of_many_as_a_table_is_ranked_among_all(self, run):
        run(HEAD + MILL + WORKS, "--plant", "works", "--year", "2016", "-o", "one.nc")
        with xr.open_dataset("one.nc", engine="h5netcdf") as answer:
            assert answer["plant"].values.tolist() == ["works"]
            assert (answer["site"].values.tolist(), answer["peers"].values.tolist()) == ([0], [1])


class TestRefusals:
    def test_every_problem_of_a_file_has_its_row_and_column(self, run):
        code, out, err = run(HEAD + MILL.replace("middle", "midle") + WORKS.replace(",900000,", ",-9,"))
        assert (code, out) == (3, "")
        assert "row 2, province" in err
        assert "row 3, withdrawal from groundwater (m3)" in err

    @pytest.mark.parametrize(
        ("words", "code", "hint"),
        [
            (("--plant", "mil"), 8, 'Did you mean "mill"'),
            (("--year", "2016"), 8, "no record of 2016"),
            (("--goal", "grade:leadin"), 2, 'Did you mean "leading"'),
            (("--goal", "budget:-1"), 2, '"-1.0" is no budget'),
            (("--goal", "wish:1"), 2, "payback:4 (years)"),
            (("-o", "report.doc"), 2, "ends in none of"),
            (("-o", "nowhere/report.pdf"), 8, "nowhere"),
        ],
    )
    def test_what_cannot_be_asked_is_told(self, run, words, code, hint):
        done = run(HEAD + MILL, *words)
        assert done[0] == code
        assert hint in done[2]

    def test_no_file_and_no_template_is_wrong_use(self, capsys):
        assert main(["benchmark"]) == 2
        assert "--template" in capsys.readouterr().err

    def test_a_name_is_neither_run_nor_obeyed(self, run):
        text = HEAD + "\"=cmd|' /C calc'!A0\"," + MILL.partition(",")[2]
        for name in ("all.csv", "all.xlsx", "report.html"):
            assert run(text, "-o", name)[0] == 0
        assert "\n'=cmd" in Path("all.csv").read_text(encoding="utf-8-sig")
        cell = openpyxl.load_workbook("all.xlsx")["Plants"]["A3"]
        assert (cell.data_type, cell.value[:4]) == ("s", "=cmd")
        assert run(HEAD + MILL.replace("mill,", "<script>alert(1)</script>,"), "-o", "report.html")[0] == 0
        assert "<script>alert" not in Path("report.html").read_text(encoding="utf-8")


def test_the_template_is_written_and_says_itself_that_it_is_empty(run, tmp_path, capsys):
    for name in ("plants.xlsx", "plants_zh.csv"):
        assert main(["benchmark", "--template", name, "--study", TINY, "--language", "zh"]) == 0
        assert main(["benchmark", name, "--study", TINY]) == 3
        assert capsys.readouterr().err


def test_the_template_is_never_written_over_a_file(run, tmp_path, capsys):
    Path("plants.csv").write_text(HEAD + MILL, encoding="utf-8")
    assert main(["benchmark", "--template", "plants.csv", "--study", TINY]) == 2
    assert "may be filled in" in capsys.readouterr().err
    assert Path("plants.csv").read_text(encoding="utf-8") == HEAD + MILL


def test_the_answer_is_never_written_over_the_records(run):
    code, _, err = run(HEAD + MILL, "-o", "../" + Path.cwd().name + "/plants.csv")
    assert (code, Path("plants.csv").read_text(encoding="utf-8")) == (2, HEAD + MILL)
    assert "is read here, and would be lost" in err


def test_the_template_filled_in_in_chinese_becomes_a_report(run, tmp_path, capsys):
    assert main(["benchmark", "--template", "plants.xlsx", "--language", "zh"]) == 0
    form = Filled(Path("plants.xlsx").read_bytes())
    form.add("企业", 企业="山下啤酒厂", 年份=2017, 省份="河北", 地下水取水量=70, 耗水量=25, 排水量="44", 漏失水量="１")
    form.add("产品", 企业="山下啤酒厂", 年份=2017, 产品="啤酒", 产品产量="10", 产量单位="万kL")
    Path("filled.xlsx").write_bytes(form.content())
    capsys.readouterr()
    assert main(["benchmark", "filled.xlsx", "--language", "zh", "-o", "report.html"]) == 0
    out = capsys.readouterr().out
    assert "山下啤酒厂，2017 年" in out
    assert "企业等级：超过限定值" in out  # 7 m3/kL; the limit is 6
    assert "山下啤酒厂" in Path("report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("start", ["", "sqlite:///"])
def test_a_pool_that_is_not_there_is_an_error_and_none_is_made(run, tmp_path, start):
    code, _, err = run(HEAD + MILL, "--pool", f"{start}{tmp_path}/typo.db")
    assert code == 8
    assert "There is no pool" in err
    assert not (tmp_path / "typo.db").exists()


def test_a_pool_that_told_nothing_yet_is_an_error(run, tmp_path):
    url = f"sqlite:///{tmp_path}/pool.db"
    assert main(["peers", "init", "--pool", url, "--study", TINY]) == 0
    code, _, err = run(HEAD + MILL, "--pool", url)
    assert code == 8
    assert "no release" in err


def test_a_place_in_the_pool_is_told_as_such_and_nothing_goes_into_it(run, tmp_path):
    url = f"sqlite:///{tmp_path}/pool.db"
    owners = Owners(url)
    owners.join(20, "board", [float(level) for level in range(6, 26)])
    owners.pool.release()
    code, out, err = run(HEAD + MILL, "--pool", url)
    assert (code, err) == (0, "")
    place = next(line for line in out.splitlines() if line.startswith("  Board"))
    assert place.endswith(") pool")
    assert "merged with other routes or sizes" in " ".join(out.split())
    assert owners.pool.releases() == 1
    with pytest.raises(WaterplanError, match="owners have changed"):
        owners.pool.release()  # nobody has come


def test_it_runs_as_a_program(tmp_path):
    (tmp_path / "plants.csv").write_text(HEAD + MILL)
    words = [sys.executable, "-m", "waterplan", "benchmark", "plants.csv", "--study", TINY]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("mill, 2017\n")
    assert [path.name for path in tmp_path.iterdir()] == ["plants.csv"]
