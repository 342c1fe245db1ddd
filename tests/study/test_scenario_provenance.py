"""Overrides are seen wherever a figure is traced: row, basis, source and what the study has instead."""

import json

import pytest
from typer.testing import CliRunner

from waterplan.base.errors import WaterplanError
from waterplan.cli.app import app
from waterplan.planning.batch.ranges import Ranges
from waterplan.planning.explain.rests import rests_on
from waterplan.planning.explain.sensitivity import share_by_basis, weights
from waterplan.planning.plan.files.sheets import Book
from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.planner import Planner
from waterplan.planning.uncertainty.figures_to_check import check_first
from waterplan.report.documents.report_files import write_report
from waterplan.study.scenario import Scenario

WORDS = "Provincial tariff notice, read on site"
PRICE = {"name": "water_price", "where": {"province": "south"}, "value": 4, "low": 3, "high": 6, "unit": "CNY/m3",
         "source": WORDS, "basis": "measured", "note": "the council's own"}  # fmt: skip


def scenario(*tables, **content):
    return Scenario.from_mapping({"title": "x", "set": list(tables), **content}, "mine.toml")


def row_of(rows, name, **labels):
    found = rows[rows["name"] == name]
    for dim, label in labels.items():
        found = found[found[dim] == label]
    (at,) = found.index
    return found.loc[at]


def test_a_row_says_what_the_override_says_and_what_the_study_has(tiny):
    before = row_of(tiny.rows, "water_price", province="south")
    row = row_of(scenario(PRICE).rows(tiny), "water_price", province="south")
    assert (row["value"], row["low"], row["high"]) == (4, 3, 6)
    assert (row["basis"], row["source"], row["note"]) == ("measured", WORDS, "the council's own")
    assert (row["file"], row["written"]) == ("mine.toml, set 1", "4 CNY/m3")
    for name in ("value", "low", "high", "basis", "source", "note", "file", "row", "written"):
        assert row[f"study_{name}"] == before[name]


def test_all_other_rows_are_the_study_s(tiny):
    rows, before = scenario(PRICE).rows(tiny), tiny.rows
    others = ~((rows["name"] == "water_price") & (rows["province"] == "south"))
    assert others.sum() == len(rows) - 1
    assert rows.loc[others, list(before)].equals(before[others])
    assert set(rows.loc[others, "study_file"]) == {""}
    assert Scenario().rows(tiny) is tiny.rows


def test_a_factor_has_the_basis_of_the_override_and_names_the_value_of_the_study(tiny):
    twice = scenario({"name": "heat_price", "factor": 2, "source": WORDS})
    row, before = row_of(twice.rows(tiny), "heat_price"), row_of(tiny.rows, "heat_price")
    assert row["value"] == 2 * before["value"] == 2 * row["study_value"]
    assert (row["basis"], row["written"]) == ("assumed", "× 2")


def test_a_value_in_another_unit_is_canonical_and_stands_as_written(tiny):
    row = row_of(scenario({**PRICE, "value": 400, "low": 300, "high": 600, "unit": "分/m³"}).rows(tiny), "water_price",
                 province="south")  # fmt: skip
    assert (row["value"], row["unit"], row["written"]) == (pytest.approx(4), "CNY/m3", "400 分/m³")


def test_the_last_of_several_overrides_is_the_one_that_stands(tiny):
    everywhere = {"name": "water_price", "value": 2, "unit": "CNY/m3", "source": "the national bulletin of 2016"}
    rows = scenario(everywhere, PRICE).rows(tiny)
    assert row_of(rows, "water_price", province="south")["file"] == "mine.toml, set 2"
    assert row_of(rows, "water_price", province="north")["file"] == "mine.toml, set 1"


def test_places_are_those_of_the_scenario_that_asks_and_not_of_an_equal_one(tiny):
    one, other = (Scenario.from_mapping({"title": "x", "set": [PRICE]}, file) for file in ("one.toml", "two.toml"))
    assert one == other
    files = [row_of(asked.rows(tiny), "water_price", province="south")["file"] for asked in (one, other)]
    assert files == ["one.toml, set 1", "two.toml, set 1"]


def test_the_folder_of_a_file_is_nobody_s_business(tiny):
    asked = Scenario.from_mapping({"title": "x", "set": [PRICE]}, "/home/somebody/mine.toml")
    assert row_of(asked.rows(tiny), "water_price", province="south")["file"] == "mine.toml, set 1"


def test_a_trace_reads_as_what_the_scenario_sets(tiny):
    told = str(scenario(PRICE).trace(tiny, "water_price", province="south"))
    assert "water_price (province south): 4 CNY/m3" in told
    assert "basis   measured" in told
    assert "set by  mine.toml, set 1: 4 CNY/m3" in told
    assert f"source  {WORDS}" in told
    before = row_of(tiny.rows, "water_price", province="south")
    assert f"study   {before['value']:.10g} CNY/m3" in told
    assert f"province_values.csv, row {before['row']}" in told
    assert "set by" not in str(scenario(PRICE).trace(tiny, "water_price", province="north"))
    with pytest.raises(WaterplanError, match='"nowhere" is not in the study'):
        scenario(PRICE).trace(tiny, "water_price", province="nowhere")


def test_a_source_that_is_a_key_is_that_of_the_study(tiny):
    key = str(tiny.sources.index[0])
    assert scenario({**PRICE, "source": key}).trace(tiny, "water_price", province="south").source.name == key


DRUM = {"name": "investment_per_m3", "where": {"technology": "drum_filter"}, "value": 44, "low": 40, "high": 60,
        "unit": "CNY per m3/a", "source": WORDS, "basis": "measured"}  # fmt: skip


def sixty(*tables):
    return scenario(*tables, levers={"saving_target": 60})


@pytest.fixture(scope="module")
def result(tiny):
    return Planner(tiny).solve(sixty(DRUM))


def test_weights_and_shares_by_basis_stand_on_the_basis_of_the_override(result):
    rows = weights(result)
    row = row_of(rows, "investment_per_m3", technology="drum_filter")
    assert (row["value"], row["basis"], row["source"]) == (44, "measured", WORDS)
    assert row["weight"] == pytest.approx(abs(row["derivative"]) * 10)  # half of 40 to 60
    assert share_by_basis(rows)["measured"] == pytest.approx(row["weight"] / rows["weight"].sum())
    assert row["weight"] > 1


def test_what_a_number_rests_on_names_the_override(result):
    for name in ("annual_cost", "investment"):
        row = row_of(rests_on(result, name), "investment_per_m3", technology="drum_filter")
        assert (row["file"], row["value"], row["study_value"]) == ("mine.toml, set 1", 44, 40)


def test_the_price_of_the_last_cubic_metre_moves_from_the_figure_of_the_scenario(tiny):
    planner = Planner(tiny)
    before, after = (planner.solve(sixty({**DRUM, "value": value})).duals.shadow_price for value in (44, 45))
    rows = rests_on(planner.solve(sixty(DRUM)), "shadow_price", planner)
    row = row_of(rows, "investment_per_m3", technology="drum_filter")
    assert row["derivative"] == pytest.approx(after - before, rel=1e-3)
    assert after > before


def test_a_figure_at_its_upper_bound_is_moved_downwards(tiny):
    table = {"name": "water_share", "where": {"technology": "drum_filter"}, "value": 1, "low": 0.5, "high": 1,
             "unit": "1", "source": WORDS}  # fmt: skip
    planner = Planner(tiny)
    rows = rests_on(planner.solve(sixty(table)), "shadow_price", planner)
    assert len(rows) > 0


def test_what_to_check_first_and_what_is_drawn_have_the_basis_of_the_override(tiny, result):
    row = row_of(check_first(Planner(tiny), result, count=0), "investment_per_m3", technology="drum_filter")
    assert (row["basis"], row["study_file"]) == ("measured", "technology_values.csv")
    drawn = row_of(Ranges.of(tiny, scenario(PRICE)).rows, "water_price", province="south")
    assert (drawn["basis"], drawn["source"], drawn["low"], drawn["high"]) == ("measured", WORDS, 3, 6)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "dear.toml"
    path.write_text(scenario({**PRICE, "where": {"province": "hebei"}, "value": 9.99, "low": 9, "high": 12}).to_toml())
    return path


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", ("9.99 CNY/m3", "measured", "set by  the scenario", WORDS, "study   3.6 CNY/m3", "the council's own")),
     ("zh", ("9.99 CNY/m3", "实测", "由情景给出", WORDS, "研究    3.6 CNY/m3"))],
)  # fmt: skip
def test_the_command_traces_an_input_of_the_scenario(file, language, says):
    told = CliRunner().invoke(
        app, ["trace", "water_price", "province=hebei", "--scenario", str(file), "--language", language]
    )
    assert told.exit_code == 0, told.output
    for part in says:
        assert part in told.output


def test_the_command_gives_both_figures_as_an_object(file):
    told = CliRunner().invoke(app, ["trace", "water_price", "province=hebei", "--scenario", str(file), "--json"])
    content = json.loads(told.stdout)
    assert (content["value"], content["basis"], content["source"]["source"]) == (9.99, "measured", WORDS)
    assert (content["instead_of"]["value"], content["instead_of"]["basis"]) == (3.6, "estimated")
    plain = json.loads(CliRunner().invoke(app, ["trace", "water_price", "province=hebei", "--json"]).stdout)
    assert "instead_of" not in plain


def test_the_workbook_counts_the_scenario_s_basis_and_lists_its_source(tiny, result):
    book = Book(Plan.of(result).dataset, tiny, "en")
    sources = {column.heading: list(column.cells) for column in book._sources()}
    at = sources["key"].index(WORDS)
    assert (sources["title"][at], sources["rows that rest on it"][at]) == (WORDS, 1)
    assert sum(sources["rows that rest on it"]) == len(tiny.rows)


def test_the_report_names_the_figure_of_the_scenario_and_its_source(tiny, tmp_path):
    found = Planner(tiny).solve(sixty({**DRUM, "basis": "assumed"}))
    for language, says in (("en", "set by the scenario; study: 40"), ("zh", "由情景设定；研究为 40")):
        path = tmp_path / f"report-{language}.html"
        write_report(found, path, language)
        text = path.read_text(encoding="utf-8")
        assert says in text
        assert WORDS in text
