"""Robust answers: each claim follows from the store, and each rule does what it says."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from conftest import TINY
from typer.testing import CliRunner

from waterplan import open_runs, robust
from waterplan.base.errors import InfeasibleError, ScenarioError, WaterplanError
from waterplan.cli import app as commands
from waterplan.planning.batch.sampling import unit_points
from waterplan.planning.uncertainty.figures_to_check import check_first, weight_by
from waterplan.planning.uncertainty.indices import sobol_indices
from waterplan.planning.uncertainty.robust import SHORTFALL_PRICE, open_answers
from waterplan.planning.uncertainty.technology_use import usage
from waterplan.report.pages.robust_page import robust_page
from waterplan.study.scenario import Override, Scenario

TARGET, SAMPLES = 180.0, 40
SCENARIO = Scenario(title="A hundred and eighty", title_zh="一百八十", levers={"saving_target": TARGET})


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("robust") / "robust.zarr"


@pytest.fixture(scope="module")
def found(tiny, store):
    return robust(SCENARIO, tiny, samples=SAMPLES, probability=0.8, indices=4, store=store, workers=0)


@pytest.fixture(scope="module")
def answers(found, store):
    return xr.open_zarr(store, group="robust")


@pytest.fixture(scope="module")
def runs(found, store):
    return open_runs(store)


def test_the_chance_is_the_share_of_runs_in_which_the_plan_saves_enough(found, answers):
    assert found.chance == float((answers.carried_saving[0] >= TARGET - 1e-6).mean("run"))
    assert 0.0 < found.chance < 1.0, "otherwise this says nothing"


def test_the_secure_plan_is_the_lowest_aim_with_the_probability_asked_for(found, answers):
    reach = (answers.carried_saving >= TARGET - 1e-6).mean("run").values
    assert reach[found.secure] >= 0.8
    assert (reach[: found.secure] < 0.8).all()
    assert found.price == float(answers.plan_cost[found.secure] - answers.plan_cost[0]) > 0


def test_aims_rise_from_the_target_to_the_most_that_can_be_saved(found, answers, planner):
    aim = answers.aim.values
    assert aim[0] == TARGET
    assert (np.diff(aim) > 0).all()
    assert aim[-1] == pytest.approx(planner.attainable(SCENARIO), rel=1e-6)


def test_a_plan_costs_with_the_studys_figures_what_the_planner_says(found, answers, planner):
    for n in (0, len(answers.aim) // 2):
        plan = planner.solve(SCENARIO.with_levers(saving_target=float(answers.aim[n])))
        assert float(answers.plan_cost[n]) == pytest.approx(plan.ledger.objective, rel=1e-9)


def test_regret_is_never_negative_where_the_target_is_reached(found, answers, runs):
    reached = (answers.carried_saving >= TARGET - 1e-6) & (runs.state == "optimal")
    regret = found.regret.where(reached)
    assert int(reached.sum()) > 0
    assert float(regret.min()) >= -1e-6


def test_regret_buys_what_is_missing(found, answers, runs):
    missing = (TARGET - answers.carried_saving[0]).clip(min=0)
    own = answers.carried_cost[0] + SHORTFALL_PRICE * runs.shadow_price * missing - runs.objective
    np.testing.assert_allclose(found.regret[0], own.where(runs.state == "optimal"))
    worst = found.regret.max("run")
    assert float(worst[found.least_regret]) == float(worst.min())


def test_a_technology_is_classed_by_how_many_runs_use_it(answers, runs):
    used = (runs.saving_by_technology > 0.01).where(runs.state == "optimal").mean("run")
    np.testing.assert_allclose(answers.used_share, used)
    for share, kind in zip(answers.used_share.values, answers.technology_class.values, strict=True):
        assert kind == ("no_regret" if share >= 0.95 else "never" if share <= 0.05 else "conditional")


def test_runs_without_a_plan_do_not_count_for_technologies():
    saving = xr.DataArray([[1.0, 0.0], [np.nan, np.nan], [1.0, 2.0]], dims=("run", "technology"))
    runs = xr.Dataset({"saving_by_technology": saving, "state": ("run", ["optimal", "infeasible", "optimal"])})
    runs = runs.assign_coords(technology=["a", "b"])
    assert usage(runs).used_share.values.tolist() == [1.0, 0.5]
    assert usage(runs).technology_class.values.tolist() == ["no_regret", "conditional"]


def test_where_no_run_has_a_plan_nothing_is_used():
    runs = xr.Dataset(
        {
            "saving_by_technology": (("run", "technology"), np.full((2, 1), np.nan)),
            "state": ("run", ["infeasible", "timed_out"]),
        },
        {"technology": ["a"]},
    )
    assert usage(runs).used_share.values.tolist() == [0.0]
    assert usage(runs).technology_class.values.tolist() == ["never"]


def test_a_row_at_its_low_costs_what_the_planner_says(found, planner):
    row = check_first(planner, found.result, 3).iloc[0]
    where = {str(dim): [row[dim]] for dim in planner.study.values[row["name"]].dims}
    low = Override(row["name"], where, row["low"], row["unit"], row["source"])
    plan = planner.solve(Scenario(levers=SCENARIO.levers, overrides=(low,)))
    assert row["cost_at_low"] == pytest.approx(plan.ledger.objective, rel=1e-9)


def test_rows_are_ranked_by_weight_and_only_the_first_are_planned_again(found, planner):
    rows = check_first(planner, found.result, 3)
    assert rows["weight"].is_monotonic_decreasing
    assert rows["cost_at_low"].notna().tolist() == [True] * 3 + [False] * (len(rows) - 3)
    np.testing.assert_allclose(found.rows["row_weight"], rows["weight"])


def test_weights_are_divided_by_basis():
    rows = pd.DataFrame({"basis": ["assumed", "measured", "assumed"], "weight": [3.0, 1.0, 4.0]})
    assert weight_by(rows, "basis").to_dict() == {"assumed": 7 / 8, "measured": 1 / 8}


def test_indices_of_a_sum_are_the_shares_of_its_variances():
    """y = 3 a + b with a, b uniform: variances 9/12 and 1/12, so indices 0.9 and 0.1."""
    points = unit_points("saltelli", 1024, 2, seed=1)
    found = sobol_indices(3 * points[:, 0] + points[:, 1], 2, seed=1)
    np.testing.assert_allclose(found["first_order"], [0.9, 0.1], atol=0.01)
    np.testing.assert_allclose(found["total_order"], [0.9, 0.1], atol=0.01)
    assert (found["total_interval"] > 0).all()


def test_an_outcome_that_does_not_move_rests_on_nothing():
    found = sobol_indices(np.ones(16), 2, seed=1)
    assert all((value == 0).all() for value in found.values())


def test_indices_are_of_the_plan_carried_out(found, store):
    kept = xr.open_zarr(store, group="indices")
    assert kept.sizes["group"] <= 30
    assert kept.sizes["point"] == 4 * (kept.sizes["group"] + 2)
    np.testing.assert_allclose(kept.total_order, found.indices.total_order)


def test_a_second_time_answers_come_from_the_store(found, tiny, store):
    told = []
    again = robust(
        SCENARIO, tiny, SAMPLES, 0.8, indices=4, store=store, workers=0, tell=lambda what, *_: told.append(what)
    )
    assert set(told) <= {"runs"}
    xr.testing.assert_identical(again.answers, found.answers.load())


def test_another_probability_is_worked_out_anew(found, tiny, store, tmp_path):
    other = robust(SCENARIO, tiny, SAMPLES, 0.6, store=tmp_path / "other.zarr", workers=0)
    assert other.probability == 0.6
    assert other.secure is not None
    assert other.answers.aim[other.secure] <= found.answers.aim[found.secure]


def test_the_page_tells_the_figures_in_both_languages(found):
    english, chinese = robust_page(found), robust_page(found, "zh")
    chance = f"{100 * found.chance:.1f} %"
    assert chance in english
    assert chance in chinese
    assert "A hundred and eighty" in english
    assert "一百八十" in chinese
    assert str(found.store) in "".join(english.split("\n"))


@pytest.mark.parametrize(
    ("change", "says"),
    [({"saving_target": 0.0}, "no saving_target"), ({"saving_target": 9999.0}, "No plan saves")],
)
def test_a_scenario_without_target_or_plan_is_refused(tiny, tmp_path, change, says):
    with pytest.raises((WaterplanError, InfeasibleError), match=says):
        robust(SCENARIO.with_levers(**change), tiny, 4, store=tmp_path / "none.zarr", workers=0)
    assert not (tmp_path / "none.zarr").exists()


@pytest.mark.parametrize("probability", [0.0, 1.0, 1.5])
def test_a_probability_is_between_nought_and_one(tiny, tmp_path, probability):
    with pytest.raises(WaterplanError, match=r"more than 0 and less than 1"):
        robust(SCENARIO, tiny, 4, probability, store=tmp_path / "none.zarr", workers=0)


def test_another_word_for_what_moves_together_is_refused(tiny, tmp_path):
    with pytest.raises(ScenarioError, match="technology"):
        robust(SCENARIO, tiny, 4, together="planet", store=tmp_path / "none.zarr", workers=0)


def test_a_store_without_answers_says_so(tmp_path):
    with pytest.raises(WaterplanError, match="no robust answers"):
        open_answers(tmp_path)


def test_the_command_prints_the_page_and_an_object(tiny, tmp_path):
    scenario = tmp_path / "s.toml"
    scenario.write_text('title = "Command"\n[levers]\nsaving_target = 180\n', encoding="utf-8")
    words = ["robust", str(scenario), "--study", str(TINY), "--samples", "8", "--workers", "0"]
    words += ["-o", str(tmp_path / "r.zarr")]
    told = CliRunner().invoke(commands.app, words)
    assert told.exit_code == 0, told.output
    assert "8 runs drawn" in told.stdout
    content = json.loads(CliRunner().invoke(commands.app, [*words, "--json"]).stdout)
    assert content["runs"] == 8
    assert content["saving_target"] == 180
