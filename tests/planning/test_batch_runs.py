"""Runs: each a scenario with its digest, planned as it would be alone, and to be had again as a file."""

import numpy as np
import pytest

from waterplan import Design, Scenario, open_runs, run_batch
from waterplan.base.errors import OutputError
from waterplan.planning.batch.kept_figures import SCALARS
from waterplan.planning.batch.light_runs import light_runs
from waterplan.planning.batch.runs import Runs
from waterplan.planning.batch.worker import Chunk, Solver
from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.planner import Planner


def planned(design, study, folder):
    run_batch(design, folder / "runs.zarr", study, workers=0, tell=lambda progress: None)
    return open_runs(folder / "runs.zarr").load()


GRID = Design.grid(
    {
        "saving_target": [40, 90.5, 140],
        "perspective": ["programme", "enterprise"],
        "sector_floor": {"paper": [0, 0.2]},
        "count_alternative_supply": [True, False],
    }
).keeping("planned_withdrawal", "sector_floor_price", deployment=True, chunk=7)


@pytest.fixture(scope="module")
def grid(tiny, tmp_path_factory):
    return planned(GRID, tiny, tmp_path_factory.mktemp("grid"))


def test_a_grid_comes_back_with_its_levers_as_dimensions(grid):
    assert grid["annual_cost"].dims == (
        "saving_target", "perspective_minimised", "sector_floor.paper", "count_alternative_supply"
    )  # fmt: skip
    assert grid["annual_cost"].shape == (3, 2, 2, 2)
    assert grid["capacity"].dims[-3:] == ("technology", "product", "province")
    assert (grid["state"] == "optimal").all()


def test_a_batch_gives_what_single_plans_give(grid, tiny):
    """Every variable that is kept, against the plan Dataset, whose accounts are made in another way."""
    planner, compared = Planner(tiny), 0
    for target in (40, 140):
        for perspective in ("programme", "enterprise"):
            levers = {"saving_target": target, "perspective": perspective, "sector_floor": {"paper": 0.2}}
            plan = Plan.of(planner.solve(Scenario(levers={**levers, "count_alternative_supply": False}))).dataset
            here = grid.sel(
                {"saving_target": target, "perspective_minimised": perspective, "sector_floor.paper": 0.2}
            ).sel(count_alternative_supply=False)
            for name, array in here.data_vars.items():
                if name in plan:
                    expected = plan[name]
                elif name.startswith("total_"):
                    expected = plan[name.removeprefix("total_")].sum()
                elif "_by_" in name and name.partition("_by_")[0] in plan:
                    cube, dim = name.split("_by_")
                    expected = plan[cube].sum([other for other in plan[cube].dims if other != dim])
                    if cube == "capacity" and dim == "sector":
                        expected = plan[cube].groupby("product_sector").sum(...).rename(product_sector="sector")
                else:
                    assert name in ("state", "reason", "attainable")
                    continue
                expected = expected.sel({dim: array[dim] for dim in array.dims if dim in expected.coords})
                np.testing.assert_allclose(array, expected.transpose(*array.dims), rtol=1e-9, atol=1e-6, err_msg=name)
                compared += 1
    assert compared > 4 * 40
    assert set(SCALARS) <= set(grid.data_vars)


def test_a_sample_has_the_dimension_run_and_tells_its_factors(tiny, tmp_path):
    runs = planned(Design().sample(8, {"carbon_price": [0, 100]}, study="technology"), tiny, tmp_path)
    assert runs["annual_cost"].dims == ("run",)
    assert runs["factor"].dims == ("run", "group")
    assert float(runs["carbon_price"].max()) > 50 > float(runs["carbon_price"].min()) >= 0
    assert len(np.unique(runs["annual_cost"])) == 8


def test_a_grid_and_a_sample_together_plan_each_point_of_the_one_for_each_of_the_other(tiny, tmp_path):
    runs = planned(Design.grid({"saving_target": [50, 100]}).sample(4, study="kind"), tiny, tmp_path)
    assert dict(runs["annual_cost"].sizes) == {"saving_target": 2, "run": 4}
    assert (runs["annual_cost"].sel(saving_target=100) > runs["annual_cost"].sel(saving_target=50)).all()
    assert runs["factor"].dims == ("run", "group")
    reference = runs["total_reference_withdrawal"]
    assert (reference.sel(saving_target=100) == reference.sel(saving_target=50)).all()
    assert len(np.unique(reference)) == 4


def test_scenarios_of_a_list_are_its_runs(tiny, tmp_path):
    listed = [Scenario(levers={"saving_target": target}) for target in (30, 60)]
    runs = planned(Design.of(listed), tiny, tmp_path)
    assert runs["counted_saving"].values == pytest.approx([30, 60])
    both = planned(Design.of(listed).sample(4, study="variable"), tiny, tmp_path_of(tmp_path))
    assert dict(both["annual_cost"].sizes) == {"scenario": 2, "run": 4}


def tmp_path_of(folder):
    inner = folder / "more"
    inner.mkdir()
    return inner


def test_the_same_digest_is_never_solved_twice_and_every_run_has_its_values(tiny, tmp_path, monkeypatch):
    solved = []

    def counted(planner, scenario, levers, threads):
        solved.extend(levers["saving_target"])
        return light_runs(planner, scenario, levers, threads)

    monkeypatch.setattr("waterplan.planning.batch.worker.light_runs", counted)
    design = Design.table({"saving_target": [50, 60, 50, 70, 60, 50]}).keeping(chunk=2)
    runs = planned(design, tiny, tmp_path)
    assert sorted(solved) == [50, 60, 70]
    assert runs["counted_saving"].values == pytest.approx([50, 60, 50, 70, 60, 50])
    assert (runs["state"] == "optimal").all()
    assert runs["saving_target"].values.tolist() == [50, 60, 50, 70, 60, 50]


def test_the_digest_of_a_run_without_draws_is_that_of_its_scenario(tiny):
    runs = Runs.of(Design.grid({"saving_target": [50, 60]}), tiny)
    assert runs.digests[1] == Scenario(levers={"saving_target": 60}).digest(tiny)
    drawn = Runs.of(Design.grid({"saving_target": [50, 60]}).sample(4, study="kind"), tiny)
    assert len(set(drawn.digests) | set(runs.digests)) == 10


@pytest.mark.parametrize("study", ["technology", "row"])
def test_a_drawn_run_written_as_scenario_files_gives_the_same_plan(tiny, tmp_path, study):
    base = {"title": "with an override", "levers": {"saving_target": 120}, "set": [
        {"name": "electricity_price", "value": 0.9, "unit": "CNY/kWh", "source": "a price made up for this test"}
    ]}  # fmt: skip
    design = Design(scenarios=(Scenario.from_mapping(base),)).sample(4, {"water_tax": [0, 5]}, study=study)
    runs = Runs.of(design, tiny)
    figures = Solver(tiny, design).solve(Chunk.of(runs, 0, 4))
    for run in (0, 3):
        scenario = Scenario.read(runs.write(run, tmp_path / str(run)))
        scenario.check(tiny)
        plan = Plan.of(Planner(tiny).solve(scenario))
        plan.certify()
        assert float(plan.dataset["annual_cost"]) == pytest.approx(figures["annual_cost"][run], rel=1e-9)
        assert plan.dataset["saving_by_technology"].values == pytest.approx(
            figures["saving_by_technology"][run], abs=1e-6
        )


def test_a_run_of_the_shipped_study_written_as_files_gives_the_same_plan(china, planner_of_china, tmp_path):
    design = Design().sample(2, study="technology")
    runs = Runs.of(design, china)
    figures = Solver(china, design).solve(Chunk.of(runs, 0, 2))
    result = planner_of_china.solve(Scenario.read(runs.write(1, tmp_path)))
    assert result.ledger.annual_cost == pytest.approx(figures["annual_cost"][1], rel=1e-9)


def test_a_run_without_a_plan_has_a_state_a_reason_and_what_can_be_attained(tiny, tmp_path):
    runs = planned(Design.grid({"saving_target": [100, 400]}), tiny, tmp_path)
    assert runs["state"].values.tolist() == ["optimal", "infeasible"]
    assert "No plan saves 400" in str(runs["reason"].values[1])
    most = Planner(tiny).attainable(Scenario())
    assert float(runs["attainable"][1]) == pytest.approx(most, abs=1e-6)
    assert np.isnan(runs["attainable"][0])


def test_a_run_out_of_time_or_with_an_error_has_a_state_and_stops_no_other(tiny, tmp_path, monkeypatch):
    plain = Planner.solve

    def solve(self, scenario, guess, time_limit):
        if scenario.levers["saving_target"] == 60:
            raise MemoryError("no memory left, for this test")
        return plain(self, scenario, guess, -1.0 if scenario.levers["saving_target"] == 70 else time_limit)

    def not_together(*_):
        raise MemoryError("nor for all of them at once")

    monkeypatch.setattr(Planner, "solve", solve)
    monkeypatch.setattr("waterplan.planning.batch.worker.light_runs", not_together)
    runs = planned(Design.grid({"saving_target": [50, 60, 70, 80]}), tiny, tmp_path)
    assert runs["state"].values.tolist() == ["optimal", "failed", "timed_out", "optimal"]
    assert "no memory left" in str(runs["reason"].values[1])
    assert "No plan was found within" in str(runs["reason"].values[2])


def test_values_given_to_a_planner_are_those_of_its_judge_too(tiny):
    """Where prices do not end, the full model is asked: it must know the drawn values."""
    design = Design().sample(2, study="row")
    runs = Runs.of(design, tiny)
    planner = Planner(tiny).with_values(runs.values(1))
    scenario = Scenario(levers={"saving_target": 100})
    fast, slow = planner.solve(scenario), planner._by_the_full_model(planner.search(scenario))
    assert fast.solver, slow.solver == ("planner", "highs")
    assert fast.ledger.annual_cost == pytest.approx(slow.ledger.annual_cost, rel=1e-9)
    assert fast.ledger.annual_cost != pytest.approx(Planner(tiny).solve(scenario).ledger.annual_cost, rel=1e-6)


def test_a_run_written_as_files_takes_the_place_of_nothing_else(tiny, tmp_path):
    runs = Runs.of(Design().sample(1, study="row"), tiny)
    written = runs.write(0, tmp_path)
    content = written.read_bytes()
    assert runs.write(0, tmp_path).read_bytes() == content  # the same again is no loss
    for name in ("run-0.toml", "run-0-figures-1.toml"):
        mine = tmp_path / name
        kept = mine.read_bytes()
        mine.write_text('title = "my scenario"\n')
        with pytest.raises(OutputError, match=rf"{name}(.|\n)*another file stands here"):
            runs.write(0, tmp_path)
        assert mine.read_text() == 'title = "my scenario"\n'
        mine.write_bytes(kept)
