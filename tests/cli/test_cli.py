"""The command line: what each command prints, one exit code a kind of error, one object with --json."""

import json
from pathlib import Path
from types import SimpleNamespace

import places
import pytest

import waterplan
from waterplan.base.messages import catalogue
from waterplan.base.texts import Texts
from waterplan.cli.entry import main

TINY = str(places.TINY)
COMMANDS = ("check", "plan", "compare", "explain", "trace", "describe", "scenarios", "dashboard")


class Done:
    """What a command came to: its exit code, and what it wrote where."""

    def __init__(self, code: int, out: str, err: str):
        self.code, self.out, self.err = code, out, err

    @property
    def object(self):
        return json.loads(self.out)


@pytest.fixture
def run(capsys, monkeypatch):
    """Runs a command in this process."""
    monkeypatch.delenv("WATERPLAN_LANGUAGE", raising=False)

    def command(*words: str) -> Done:
        code = main(list(words))
        return Done(code, *capsys.readouterr())

    return command


@pytest.fixture
def plan(run):
    """Plans the tiny study without the judge."""

    def command(*words: str) -> Done:
        return run("plan", "reference", "--study", TINY, "--no-confirm", *words)

    return command


def test_a_plan_is_printed_certified(plan):
    done = plan()
    assert done.code == 0
    assert "TARGET 60.0 hm3/a, reached with 60.0" in done.out
    assert "Certified: " in done.out
    assert "Judge" not in done.out
    assert done.err == ""


def test_the_judge_has_the_last_line(run):
    done = run("plan", "reference", "--study", TINY)
    assert done.out.splitlines()[-1].startswith("Judge: LP on HiGHS agrees")


def test_a_plan_that_the_judge_does_not_confirm_ends_with_the_code_of_the_certificate(run, monkeypatch):
    otherwise = SimpleNamespace(agrees=False, cost=1e-3, volume=2.0, seconds=1.0)
    monkeypatch.setattr(waterplan, "confirm", lambda result: otherwise, raising=False)
    done = run("plan", "reference", "--study", TINY)
    assert done.code == 7
    assert "DIFFERS" in done.out
    done = run("plan", "reference", "--study", TINY, "--json")
    assert (done.code, done.object["judge"]["agrees"]) == (7, False)


def test_the_full_model_can_give_the_page_and_is_not_judged_by_itself(run):
    done = run("plan", "reference", "--study", TINY, "--solver", "highs")
    assert done.code == 0
    assert "Found by the full model on HiGHS" in done.out
    assert "Judge" not in done.out


def test_a_plan_can_be_printed_in_chinese(plan):
    done = plan("--language", "zh")
    assert "取水量" in done.out
    assert "已认证" in done.out


def test_the_language_of_the_environment_is_used(plan, monkeypatch):
    """Help and defaults are fixed when the command starts, errors when they happen."""
    monkeypatch.setenv("WATERPLAN_LANGUAGE", "zh")
    assert "没有方案能年节水" in plan("--set", "saving_target=500").err


def test_json_prints_one_object_with_the_figures_that_matter(plan):
    figures = plan("--json").object
    wanted = {
        "status",
        "annual_cost",
        "shadow_price",
        "counted_saving",
        "saving",
        "saving_by_sector",
        "saving_by_province",
        "saving_by_technology",
        "investment",
        "electricity",
        "reference_withdrawal",
        "certified",
        "solver",
        "basis_shares",
        "judge",
    }
    assert wanted <= set(figures)
    assert (figures["status"], figures["certified"], figures["solver"], figures["judge"]) == (
        "optimal",
        True,
        "planner",
        None,
    )
    assert figures["counted_saving"] == pytest.approx(60)
    assert figures["reference_withdrawal"] == pytest.approx(521)
    assert sum(figures["saving"].values()) == pytest.approx(sum(figures["saving_by_technology"].values()))
    assert sum(figures["basis_shares"].values()) == pytest.approx(1)


def test_json_says_what_the_judge_found(run):
    judge = run("plan", "reference", "--study", TINY, "--json").object["judge"]
    assert judge["agrees"] is True
    assert judge["cost_difference"] < 1e-9
    assert judge["volume_difference"] < 1e-6


def test_levers_can_be_set_for_all_labels_or_one(plan):
    figures = plan("--json", "--set", "saving_target=40", "--set", "sector_floor.steel=0.06").object
    assert figures["counted_saving"] == pytest.approx(40)
    assert figures["saving_by_sector"]["steel"] >= 0.06 * 121 - 1e-6


def test_a_plan_is_saved_where_asked_and_compared(run, plan, tmp_path):
    first, second = (str(tmp_path / name) for name in ("first.nc", "second.nc"))
    workbook, folder = tmp_path / "plan.xlsx", tmp_path / "tables"
    done = plan("-o", first, "--csv", str(folder), "--excel", str(workbook))
    assert done.code == 0
    assert done.out.splitlines()[-3:] == [f"Saved: {path}" for path in (first, folder, workbook)]
    assert workbook.stat().st_size > 0
    assert list(folder.glob("*.csv"))
    assert plan("-o", second, "--set", "saving_target=40").code == 0
    compared = run("compare", first, second, "--study", TINY)
    assert compared.code == 0
    assert "saving target" in compared.out
    content = run("compare", first, second, "--study", TINY, "--json").object
    assert content["plans"] == ["first", "second"]
    assert [row["name"] for row in content["inputs"]] == ["saving_target"]
    assert content["inputs"][0]["values"] == [60, 40]
    assert content["results"]["counted_saving"] == pytest.approx([60, 40])


def test_scenarios_are_compared_without_saving_them(run):
    content = run("compare", "reference", "carbon_priced", "--study", TINY, "--json").object
    assert [row["name"] for row in content["inputs"]] == ["carbon_price"]


def test_a_study_is_checked(run):
    done = run("check", TINY)
    assert done.code == 0
    assert "tiny_study: no problems" in done.out
    content = run("check", TINY, "--json").object
    assert (content["sectors"], content["products"], content["provinces"], content["technologies"]) == (2, 3, 3, 10)
    assert content["problems"] == []


def test_an_input_is_traced_to_its_row_and_source(run):
    done = run("trace", "water_price", "province=north", "--study", TINY)
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "water price (water_price; province north): 4 CNY/m3"
    assert "range   3.2 to 4.8 CNY/m3" in lines[1]
    row = (
        Path(TINY, "province_values.csv")
        .read_text(encoding="utf-8")
        .splitlines()
        .index("north,water_price,4,3.2,4.8,CNY/m3,reported,yearbook,")
    )
    assert f"province_values.csv, row {row + 1}:" in done.out
    content = run("trace", "water_price", "province=north", "--study", TINY, "--json").object
    assert (content["value"], content["low"], content["high"], content["row"]) == (4, 3.2, 4.8, row + 1)
    assert content["source"]["source"] == "yearbook"


def test_a_computed_number_is_traced_to_the_rows_it_rests_on(run):
    done = run("trace", "annual_cost", "--study", TINY)
    assert done.code == 0
    assert "rests on" in done.out
    rows = run("trace", "annual_cost", "--study", TINY, "--json").object["rows"]
    weights = [row["weight"] for row in rows]
    assert weights == sorted(weights, reverse=True)
    assert all(row["file"].endswith(".csv") and row["row"] > 1 for row in rows)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("plan",), 2, "Missing argument"),
        (("plan", "reference", "--solver", "glpk"), 2, "glpk"),
        (("plan", "reference", "-o", "no_such_folder/plan.nc"), 8, "Make it first"),
        (("nonsense",), 2, "No such command"),
        (("trace", "water_price", "north"), 2, "label=value"),
        (("trace", "water_price", "province=hebei", "province=hubei"), 2, "province is given more than once"),
        (("compare", "reference"), 2, "two plans or more"),
        (("compare", "reference", __file__, "--study", TINY), 4, "a .toml file. A saved plan is a .nc file."),
        (("plan", "reference", "--set", "saving_target=1", "--set", "saving_target=2"), 4, "set more than once"),
        (("check", "no_such_study"), 3, "no such folder"),
        (("compare", "a.nc", "b.nc", "--study", TINY), 3, "no such file"),
        (("plan", "referense"), 4, 'Did you mean "reference"?'),
        (("plan", "reference", "--set", "saving_targt=1"), 4, 'Did you mean "saving_target"?'),
        (("plan", "reference", "--study", TINY, "--set", "saving_target=500"), 5, "are missing"),
        (("trace", "watr_price"), 8, 'Did you mean "water_price"?'),
        (("trace", "water_price", "province=hebbei"), 8, 'Did you mean "hebei"?'),
        (("describe", "saving_targt"), 8, 'Did you mean "saving_target"?'),
        (("describe", "--kind", "levers"), 8, 'Did you mean "lever"?'),
    ],
)
def test_each_kind_of_error_has_its_exit_code_and_no_stack_trace(run, words, code, told):
    done = run(*words)
    assert done.code == code
    assert told in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    ("words", "kind", "keys"),
    [
        (("plan",), "usage", set()),
        (("check", "no_such_study"), "data", {"problems"}),
        (("plan", "reference", "--set", "saving_targt=1"), "scenario", {"problems"}),
        (("plan", "reference", "--study", TINY, "--set", "saving_target=500"), "infeasible", {"ways_out", "shortfall"}),
        (("trace", "watr_price"), "waterplan", set()),
    ],
)
def test_an_error_is_one_object_with_json(run, words, kind, keys):
    done = run(*words, "--json")
    assert done.object["error"] == kind
    assert done.object["exit_code"] == done.code
    assert done.object["message"]
    assert keys <= set(done.object)
    assert done.err == ""


def test_too_much_is_answered_with_what_is_attainable_and_ways_out(plan):
    done = plan("--set", "saving_target=300", "--json")
    content = done.object
    assert done.code == 5
    assert content["attainable"] + content["shortfall"] == pytest.approx(300)
    target = next(way["settings"]["saving_target"] for way in content["ways_out"] if "saving_target" in way["settings"])
    assert target <= content["attainable"]
    told = plan("--set", "saving_target=300").err
    assert "Ways out, each tried:" in told
    assert f"saving_target={target:g}" in told
    again = plan("--set", f"saving_target={target}")
    assert again.code == 0, "a way out that is printed must be one"


def set_to(values):
    return [word for name, value in values.items() for word in ("--set", f"{name}={value}")]


def test_a_way_out_can_be_typed_as_it_is_printed(plan):
    """Settings of a way out are in the form that --set takes."""
    limits = {"saving_target": "20", "sector_floor.paper": "0.9"}
    told = plan(*set_to(limits)).err.splitlines()
    ways = [line.split("  (")[0].split() for line in told if line.startswith("  ")]
    assert ways
    assert [way for way in ways if plan(*set_to(limits | dict(one.split("=", 1) for one in way))).code != 0] == []


def test_a_crash_is_not_hidden(run, monkeypatch):
    monkeypatch.setattr(waterplan, "open_study", lambda name: 1 / 0, raising=False)
    with pytest.raises(ZeroDivisionError):
        run("check", TINY)


def test_names_are_described_in_both_languages(run):
    assert "Counted saving that the plan must reach" in run("describe", "saving_target").out
    assert "目标年方案须达到的计入节水量" in run("describe", "saving_target", "--language", "zh").out
    levers = run("describe", "--kind", "lever").out.splitlines()
    assert len(levers) == len(run("describe", "--kind", "lever", "--json").object["terms"])
    assert any(line.split()[:2] == ["saving_target", "study"] for line in levers)
    assert "shadow_price" in run("describe").out


def test_shipped_scenarios_are_listed_with_their_questions(run):
    listed = run("scenarios").out
    assert "reference" in listed
    assert "Two billion cubic metres" in listed
    content = run("scenarios", "--json", "--language", "zh").object["scenarios"]
    assert {row["scenario"] for row in content} == {path.stem for path in waterplan.scenario_files()}
    assert all(row["why"] for row in content)


def test_the_version_is_told(run):
    assert run("--version").out == f"waterplan {waterplan.__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples(run, command):
    done = run(command, "--help")
    assert done.code == 0
    assert f"waterplan {command}" in done.out
    assert "Examples:" in done.out


def examples(language: str) -> list[str]:
    texts = [text[language] for key, text in catalogue("help").items() if key.endswith("_examples")]
    return sorted({line.strip() for text in texts for line in text.splitlines() if line.startswith("  waterplan ")})


def test_examples_are_the_same_in_both_languages():
    assert examples("en") == examples("zh")


@pytest.mark.parametrize("example", [text for text in examples("en") if "dashboard" not in text])
def test_every_example_of_the_help_runs(run, tmp_path, monkeypatch, example):
    monkeypatch.chdir(tmp_path)
    words = example.split()[1:]
    confirmed = words[0] == "plan" and "--no-confirm" not in words and "highs" not in words
    assert run(*words, *(["--no-confirm"] if confirmed else [])).code == 0


def test_a_text_of_the_help_that_names_exit_codes_names_them_all():
    codes = {
        2: "wrong use",
        3: "tables",
        4: "scenario",
        5: "no plan",
        6: "solver",
        7: "certificate",
        130: "interrupted",
    }
    told = Texts("help", "en")("waterplan_examples")
    assert [code for code, word in codes.items() if f"{code} {word}" not in " ".join(told.split())] == []
