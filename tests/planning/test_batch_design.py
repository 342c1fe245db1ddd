"""Designs: what they may say, and that everything wrong with one is told at once, before anything runs."""

import sys

import pandas as pd
import pytest
from conftest import TINY

from waterplan import Design, open_runs
from waterplan.base.errors import DataError, ScenarioError
from waterplan.cli import main
from waterplan.planning.batch.engine import checked, run_batch
from waterplan.planning.batch.runs import Runs, _too_many


def problems_of(path, study, store):
    with pytest.raises(ScenarioError) as caught:
        checked(path, store, study)
    return str(caught.value)


def written(folder, text, name="design.toml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[grid]\nsaving_targt = [1]", 'row 2, grid.saving_targt: "saving_targt" is not a lever. Did you mean'),
        ("[grid]\ncarbon_price = [0, 900]", "value 2: got 900; allowed: 0 to 500 CNY/t"),
        ("[grid]\ncarbon_price = []", "give a list with a value or more"),
        ("[grid]\ncarbon_price = [5, 5.0]", "more than once"),
        ("[grid]\ncarbon_price = { from = 0, to = 9 }", "give from, to and a count of 2 or more"),
        ("[grid]\nsector_floor = { papr = [0.1] }", '"papr" is not a sector of the study. Did you mean "paper"'),
        ("[grid]\nexcluded = ['metering']", "list scenarios instead"),
        ("title = 'nothing'", "no runs: give one of grid, scenarios and table, or a sample"),
        ("scenarios = ['a.toml']\n[grid]\ncarbon_price = [1]", "scenarios and grid are given"),
        ("scenarios = ['no_such.toml']", "no_such.toml"),
        ("table = 'no_such.csv'", "no_such.csv"),
        ("gird = 1\n[grid]\ncarbon_price = [1]", '"grid"'),
        ("[sample]\nsize = 0\nstudy = 'technology'", "give how many runs are drawn: 1 to"),
        ("[sample]\nsize = 9\n", "nothing is drawn"),
        ("[sample]\nsize = 9\nmethod = 'halton'\nstudy = 'kind'", "allowed: latin_hypercube, sobol, saltelli"),
        ("[sample]\nsize = 9\nmethod = 'saltelli'\nstudy = 'kind'", "a power of two, such as 16"),
        ("[sample]\nsize = 9\nstudy = 'province'", "allowed: technology, kind, variable, row"),
        ("[sample]\nsize = 9\nstudy = 'kind'\nvariables = ['intensty']", 'Did you mean "intensity"'),
        ("[sample]\nsize = 9\nlevers = { carbon_price = [9, 1] }", "the first below the second"),
        ("[sample]\nsize = 9\nlevers = { perspective = [0, 1] }", "list its values in a grid"),
        ("[grid]\ncarbon_price = [1]\n[store]\nvariables = ['saving_by_sectr']", 'Did you mean "saving_by_sector"'),
        ("[grid]\ncarbon_price = [1]\n[store]\nvariables = ['step_flow']", "cannot be kept of a run"),
        ("[grid]\ncarbon_price = [1]\n[store]\ndtype = 'float16'", "allowed: float64, float32"),
        ("[grid]\ncarbon_price = [1]\n[store]\nchunk = 0", "runs in a chunk: 1 or more"),
        ("[grid]\ncarbon_price = [1]\n[store]\ntime_limit = -1", "give seconds, more than 0"),
        ("[grid", "not TOML"),
    ],
)  # fmt: skip
def test_a_bad_design_is_told_in_words(tiny, tmp_path, text, told):
    assert told in problems_of(written(tmp_path, text), tiny, tmp_path / "runs.zarr")
    assert not (tmp_path / "runs.zarr").exists()


def test_everything_wrong_with_design_and_store_is_told_at_once(tiny, tmp_path):
    text = "[grid]\ncarbon_price = [900]\nwater_tx = [1]\nsector_floor = { papr = [0] }\n"
    text += "[store]\nchunk = 0\n[sample]\nsize = 0\nstudy = 'kind'"
    message = problems_of(written(tmp_path, text), tiny, tmp_path / "nowhere" / "runs.zarr")
    for part in ("got 900", '"papr" is not a sector', "water_tax", "store.chunk", "sample.size", "there is no folder"):
        assert part in message


def test_levers_of_a_run_that_do_not_go_together_are_told_before_anything_runs(tiny):
    design = Design.grid({"technology_floor.metering": [0.1, 0.6], "technology_cap.metering": [0.5, 1]})
    with pytest.raises(ScenarioError, match=r"run 2, .*floor 0.6 is above technology_cap 0.5"):
        Runs.of(design, tiny)


def test_a_table_of_levers_is_read_from_csv_and_parquet_alike(tiny, tmp_path):
    frame = pd.DataFrame(
        {"saving_target": [50, 60], "perspective": ["society", "programme"], "sector_floor.paper": [0, 0.1]}
    )
    frame.to_csv(tmp_path / "levers.csv", index=False)
    frame.to_parquet(tmp_path / "levers.parquet")
    found = [Design.read(written(tmp_path, f"table = 'levers.{kind}'", f"{kind}.toml")) for kind in ("csv", "parquet")]
    assert found[0].rows == found[1].rows
    assert Runs.of(found[0], tiny).scenario(1).levers == {
        "saving_target": 60.0, "perspective": "programme", "sector_floor": {"paper": 0.1}
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("saving_target,water_tx\n1,2\n", "water_tax"),
        ("saving_target\n1\n\n3\n", r"row 3, saving_target: empty"),
        ("saving_target\n", "no rows"),
        ("saving_target,carbon_price\n1,2\n3,4000\n", "value 2: got 4000"),
        ('"a\n', "levers.csv"),
    ],
)
def test_a_bad_table_is_told_by_row_and_column(tiny, tmp_path, content, told):
    written(tmp_path, content, "levers.csv")
    message = problems_of(written(tmp_path, "table = 'levers.csv'"), tiny, tmp_path / "runs.zarr")
    assert told in message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[grid]\nsector_floor = [0, 0.1]\n'sector_floor.paper' = [0.1, 0.2]", "sector_floor is given too"),
        ("[grid]\n'sector_floor.paper' = [0.1, 0.2]\nsector_floor = [0, 0.1]", "sector_floor.paper is given too"),
        ("[grid]\n'sector_floor.paper' = [0.1]\nsector_floor = {paper = [0.2]}", "set more than once"),
        ("[grid]\nwater_tax = [1]\n[sample]\nsize = 4\n[sample.levers]\nwater_tax = [0, 1]", "already in the grid"),
        ("[table]\nwater_tax = [1]\n[sample]\nsize = 4\n[sample.levers]\nwater_tax = [0, 1]", "already in the table"),
        (
            "[table]\nsector_floor = [0.1]\n[sample]\nsize = 4\n[sample.levers]\n'sector_floor.paper' = [0, 1]",
            "sector_floor is given too: give sector_floor for all labels or by label",
        ),
    ],
    ids=range(6),
)
def test_a_lever_stands_in_one_place_of_a_design(text, told, tiny, tmp_path):
    assert told in problems_of(written(tmp_path, text), tiny, tmp_path / "runs.zarr")


def test_the_python_way_says_the_same_as_the_file(tiny, tmp_path):
    text = "[grid]\nsaving_target = [50, 100]\n[grid.sector_floor]\npaper = [0, 0.05]\n"
    text += "[sample]\nsize = 8\nstudy = 'kind'\n"
    file = Design.read(written(tmp_path, text + "[store]\nchunk = 3\n"))
    ours = Design.grid({"saving_target": [50, 100], "sector_floor": {"paper": [0, 0.05]}}).sample(8, study="kind")
    assert file == ours.keeping(chunk=3)
    assert list(Runs.of(file, tiny).digests) == list(Runs.of(ours, tiny).digests)


def test_a_design_is_the_same_after_it_has_been_in_a_store(tiny):
    design = Design.grid({"saving_target": [50, 100]}).sample(8, {"carbon_price": [0, 9]}, study="kind")
    again = Design.from_content(design.content())
    assert list(Runs.of(again, tiny).digests) == list(Runs.of(design, tiny).digests)
    assert again.content() == design.content()


def test_a_store_that_cannot_be_is_told_before_anything_runs(tiny, china, tmp_path):
    design = Design.grid({"saving_target": [10, 20]})
    store = tmp_path / "runs.zarr"
    run_batch(design, store, tiny, workers=0, tell=lambda progress: None)
    for message, other, study, path in (
        ("store of another study", design, china, store),
        ("store of another design", Design.grid({"saving_target": [10, 30]}), tiny, store),
        ("is not a store of runs", design, tiny, tmp_path),
        ("a file stands there", design, tiny, written(tmp_path, "", "file.zarr")),
        ("there is no folder", design, tiny, tmp_path / "a" / "b.zarr"),
    ):
        with pytest.raises(ScenarioError, match=message):
            checked(other, path, study)


def test_what_is_no_store_cannot_be_opened(tmp_path):
    with pytest.raises(DataError, match="there is no"):
        open_runs(tmp_path / "none.zarr")
    with pytest.raises(DataError, match="not a store of runs"):
        open_runs(tmp_path)


def test_figures_drawn_one_by_one_come_with_a_warning():
    assert Design().sample(8, study="technology").remarks() == []
    assert "far too small" in Design().sample(8, study="row").remarks()[0]
    assert "相互抵消" in Design().sample(8, study="row").remarks()[0].text("zh")


def test_without_the_extra_the_command_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["batch", str(tmp_path / "design.toml"), "-o", str(tmp_path / "runs.zarr")]) == 8
    assert "pip install 'waterplan[batch]'" in capsys.readouterr().err


def test_a_scenario_whose_name_no_file_can_have_is_told(tmp_path, capsys):
    path = written(tmp_path, f'scenarios = ["{"a" * 300}.toml"]\n', "design.toml")
    assert main(["batch", str(path), "-o", str(tmp_path / "runs.zarr"), "--study", str(TINY), "--workers", "0"]) == 4
    assert "Traceback" not in capsys.readouterr().err


def test_more_runs_than_a_number_can_hold_are_too_many():
    (problem,) = _too_many(Design(axes={f"lever {at}": (0.0, 1.0) for at in range(20_000)}))
    assert problem.message.startswith("more than 1,000,000,000,000,000 runs; 10,000,000 is the most")
