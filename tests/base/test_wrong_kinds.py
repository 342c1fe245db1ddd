"""Python calls with something of another kind: refused in words that say where, what was got and what is allowed."""

import math
from dataclasses import dataclass
from pathlib import Path

import pytest

import waterplan
from waterplan import Goal, Plan, Planner, Scenario, open_scenario
from waterplan.base.errors import DataError, ScenarioError, WaterplanError


@dataclass(frozen=True)
class Given:
    study: waterplan.Study
    planner: Planner
    folder: Path
    scenario: Scenario


@pytest.fixture(scope="module")
def given(tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kinds")
    design = waterplan.Design.grid({"saving_target": [20, 40]})
    waterplan.run_batch(design, folder / "runs.zarr", tiny, workers=0, tell=lambda progress: None)
    return Given(tiny, Planner(tiny), folder, open_scenario("reference"))


CALLS = {
    **{f"levers={one}": (ScenarioError, "levers", lambda g, one=one: Scenario(levers=one))
       for one in (None, 1, math.nan)},
    "title": (ScenarioError, "title", lambda g: Scenario(title=None)),
    "why_zh": (ScenarioError, "why_zh", lambda g: Scenario(why_zh=1)),
    "overrides": (ScenarioError, "overrides", lambda g: Scenario(overrides=1)),
    "override": (ScenarioError, "overrides", lambda g: Scenario(overrides=(1,))),
    "exclude": (ScenarioError, "exclude", lambda g: Scenario(exclude=1)),
    "excluded technology": (ScenarioError, "exclude", lambda g: Scenario(exclude=[None])),
    "excluded": (ScenarioError, "excluded", lambda g: g.scenario.with_levers(excluded=1)),
    "setting": (ScenarioError, "--set", lambda g: g.scenario.with_settings([1])),
    "settings": (ScenarioError, "--set", lambda g: g.scenario.with_settings(None)),
    "mapping": (ScenarioError, "scenario", lambda g: Scenario.from_mapping(None)),
    "open_scenario": (ScenarioError, "scenario", lambda g: open_scenario(None)),
    "open_study": (DataError, "study", lambda g: waterplan.open_study(None)),
    "planner": (DataError, "study", lambda g: Planner(None)),
    "planner.solve": (ScenarioError, "scenario", lambda g: g.planner.solve(1)),
    "solve scenario": (ScenarioError, "scenario", lambda g: waterplan.solve(g.study, None)),
    "solve study": (DataError, "study", lambda g: waterplan.solve(None, g.scenario)),
    "plan's study": (DataError, "study", lambda g: Plan.open("x.nc", None)),
    "plan's path": (DataError, "path", lambda g: Plan.open(None, g.study)),
    "run_batch": (ScenarioError, "design", lambda g: waterplan.run_batch(None, g.folder / "n.zarr", g.study)),
    "run_batch store": (ScenarioError, "store", lambda g: waterplan.run_batch("x.toml", None, g.study)),
    "open_runs": (DataError, "store", lambda g: waterplan.open_runs(None)),
    "save_runs": (DataError, "path", lambda g: waterplan.save_runs(g.folder / "runs.zarr", None)),
    "benchmark": (DataError, "records", lambda g: waterplan.benchmark(None, g.study)),
    "compare": (WaterplanError, "plans", lambda g: waterplan.compare(1)),
    "compared": (WaterplanError, "plans", lambda g: waterplan.compare([1, 2])),
    **{f"run {one}": (WaterplanError, "run", lambda g, one=one: waterplan.write_run(
        g.folder / "runs.zarr", one, g.folder / "w", g.study)) for one in (1.5, True, "1")},
    "goal": (WaterplanError, "goal", lambda g: Goal("payback", None)),
    "grade": (WaterplanError, "goal", lambda g: Goal("grade", True)),
    "grades": (WaterplanError, "goal", lambda g: Goal("grade", [])),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_something_of_another_kind_is_refused_in_words(given, name):
    kind, where, work = CALLS[name]
    with pytest.raises(kind, match=r"got .*; give ") as told:
        work(given)
    assert str(told.value).startswith(f"{where}: ")


def test_what_is_of_the_kind_is_taken_as_before(given):
    assert Scenario(exclude=iter(["drum_filter"])).exclude == ("drum_filter",)
    assert given.scenario.with_levers(excluded=None).exclude == ()
    assert Goal("grade", 1).grade == "leading"
    assert waterplan.write_run(given.folder / "runs.zarr", 1, given.folder / "w", given.study).is_file()
