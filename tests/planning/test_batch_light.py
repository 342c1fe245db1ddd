"""Runs planned over arrays of levers: each has the figures of its own plan."""

import numpy as np
import pytest

from waterplan import plan_many
from waterplan.base.errors import InfeasibleError, ScenarioError
from waterplan.planning.batch.kept_figures import ALWAYS, figures_of
from waterplan.planning.batch.light_runs import light_runs
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Scenario

PERSPECTIVES = ("programme", "enterprise", "society")


def random_levers(study, targets, count=24):
    """Every lever of price at random, run by run."""
    random = np.random.default_rng(11)
    one = str(study.technologies.index[0])
    return {
        "saving_target": random.uniform(*targets, count),
        "perspective": np.array(PERSPECTIVES)[np.arange(count) % 3],
        "cost_accounting": np.array(["water_share", "full_credit"])[np.arange(count) % 2],
        "discount_rate": random.uniform(0, 0.2, count),
        "hurdle_rate": random.uniform(0, 0.3, count),
        "technology_cost_scale.*": random.uniform(0.6, 1.6, count),
        f"technology_cost_scale.{one}": random.uniform(0.6, 1.6, count),
        "electricity_price_scale": random.uniform(0.5, 2, count),
        "water_price_scale": random.uniform(0.5, 5, count),
        "carbon_price": random.uniform(0, 400, count),
        "water_tax": random.uniform(0, 3, count),
        "investment_subsidy.*": random.uniform(0, 0.8, count),
        "barrier_cost": random.uniform(0, 2, count),
        "scarcity_value": random.uniform(0, 4, count),
    }


def scenario_of(levers, run):
    nested = {}
    for name, values in levers.items():
        lever, _, label = name.partition(".")
        value = values[run].item()
        if label:
            nested.setdefault(lever, {})[label] = value
        else:
            nested[lever] = value
    return Scenario(levers=nested)


@pytest.mark.parametrize(("study", "targets"), [("tiny", (20, 150)), ("china", (500, 3500))])
def test_each_run_has_the_figures_of_its_own_plan(study, targets, request):
    study = request.getfixturevalue(study)
    planner, levers = Planner(study), random_levers(study, targets)
    found = light_runs(planner, Scenario(), levers)
    assert found.planned.sum() > len(found.planned) / 4
    for run in np.flatnonzero(found.planned):
        result = planner.solve(scenario_of(levers, run))
        for name, value in figures_of(result, ALWAYS).items():
            scale = 1e-11 * max(result.ledger.gross_cost, 1.0)
            mine = found.figures[name][run]
            np.testing.assert_allclose(mine, value, rtol=1e-10, atol=scale, err_msg=f"{name} of run {run}")


def test_threads_find_what_one_finds(china):
    levers = random_levers(china, (500, 3000), 150)
    one, two = (light_runs(Planner(china), Scenario(), levers, threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.planned, two.planned)
    for name, values in one.figures.items():
        np.testing.assert_array_equal(values[one.planned], two.figures[name][one.planned], err_msg=name)


def test_what_needs_more_than_a_price_of_the_target_is_left_to_be_planned_alone(tiny):
    planner, targets = Planner(tiny), {"saving_target": np.array([60.0, 1e6, -1.0, np.nan])}
    assert light_runs(planner, Scenario(), targets).planned.tolist() == [True, False, False, False]
    assert light_runs(planner, Scenario(levers={"sector_floor": 0.1}), targets) is None
    assert light_runs(planner, Scenario(), {"rollout_scale": np.array([1.0, 1.1])}) is None


def test_many_plans_are_a_dataset_with_their_levers(tiny):
    many = plan_many(tiny, {"saving_target": [60, 1e6, 80], "carbon_price": [0, 0, 100]})
    assert many["state"].values.tolist() == ["optimal", "infeasible", "optimal"]
    assert many["counted_saving"].values[[0, 2]] == pytest.approx([60, 80])
    assert many["saving_target"].values.tolist() == [60, 1e6, 80]
    with pytest.raises(InfeasibleError) as caught:
        Planner(tiny).solve(Scenario(levers={"saving_target": 1e6}))
    assert float(many["attainable"][1]) == pytest.approx(caught.value.attainable)
    alone = Planner(tiny).solve(Scenario(levers={"saving_target": 80, "carbon_price": 100}))
    assert float(many["annual_cost"][2]) == pytest.approx(alone.ledger.annual_cost)
    assert many["saving_by_sector"].dims == ("run", "sector")
    with pytest.raises(ScenarioError, match="saving_targt"):
        plan_many(tiny, {"saving_targt": [60]})
