"""Levers so small that a solver or a certificate might take them for nothing: they count, or are told."""


import pytest
from conftest import TINY
from places import TESTS

from waterplan import Plan, Planner, Scenario, open_study
from waterplan.base.highs import quiet_highs
from waterplan.planning.planner.judge import difference, judge


@pytest.fixture(scope="module")
def study():
    return open_study(TINY)


EXCLUDED = ["drum_filter", "counter_current", "dry_cooling", "spray_rinse"]
AT_ITS_OWN_CAP = {
    "alternative_share_max": 6e-10,
    "saving_target": 129.02475131578947,
    "electricity_cap": 46.04179072409846,
    "output_scale": {"paper": 1.3},
    "technology_floor": {"hybrid_cooling": 0.01},
}


def test_a_share_below_the_solvers_usual_smallest_coefficient_counts(study):
    scenario = Scenario.from_mapping({"title": "cap", "exclude": EXCLUDED, "levers": AT_ITS_OWN_CAP})
    result = Planner(study).solve(scenario)
    judged = judge(study, scenario)
    assert judged.ledger.counted_saving == pytest.approx(AT_ITS_OWN_CAP["saving_target"], abs=1e-9)
    assert difference(result, judged)[0] < 1e-9


def test_the_solver_keeps_small_coefficients():
    highs = quiet_highs()
    highs.addRow(1.0, 1.0, 0, [], [])
    highs.addCol(1.0, 0.0, 1e30, 1, [0], [6e-10])
    highs.run()
    assert highs.getSolution().col_value[0] == pytest.approx(1 / 6e-10)


def test_a_share_of_dust_is_as_exact_as_the_dust(study):
    result = Planner(study).solve(Scenario.read(TESTS / "dust.toml"))
    assert Plan.of(result).certify().ok


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_share_where_nothing_is_deployed_is_found_out(study, share):
    plan = Plan.of(Planner(study).solve(Scenario(levers={"saving_target": 60})))
    deployed, capacity = plan.dataset["deployed_share"], plan.dataset["capacity"]
    places = deployed.where(capacity == 0).stack(choice=deployed.dims).dropna("choice")
    where = dict(zip(deployed.dims, places["choice"].values[0], strict=True))
    plan.dataset["deployed_share"].loc[where] = share
    with pytest.raises(Exception, match="deployed_share"):
        plan.certify()
