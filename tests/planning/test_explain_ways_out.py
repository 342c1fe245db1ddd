"""What to relax when no plan exists: each way is tried, none is larger than it must be, and output is never touched."""

import pytest

from waterplan.base.errors import InfeasibleError
from waterplan.cli.output import error_text
from waterplan.planning.explain import ways_out
from waterplan.planning.plan.result import no_plan
from waterplan.planning.planner.judge import judge_by_arrays
from waterplan.study.scenario import Scenario

STEP = {"saving_target": 0.1, "rollout_scale": 0.01, "alternative_share_max": 0.01, "investment_cap": 100.0,
        "electricity_cap": 10.0, "sector_floor": 0.005, "province_floor": 0.005, "technology_floor": 0.05}  # fmt: skip
RISING = ("rollout_scale", "alternative_share_max", "investment_cap", "electricity_cap")


def feasible(planner, scenario):
    try:
        planner.solve(scenario)
    except InfeasibleError:
        return False
    return True


def asked(planner, exclude=(), **levers):
    """The ways out of a scenario that has no plan, each by what it changes; every one is tried by the judge too."""
    scenario = Scenario(levers=levers, exclude=tuple(exclude))
    assert not feasible(planner, scenario)
    found = ways_out(planner, scenario)
    for way in found:
        assert way.result.gap < 1e-6
        assert feasible(planner, way.scenario)
        judged = judge_by_arrays(planner.study, way.scenario)
        assert judged.ledger.objective == pytest.approx(way.result.ledger.objective)
        assert "output_scale" not in way.settings
    return scenario, found


def smaller(name, value):
    """The same change, a step less of it."""
    move = -STEP[name] if name in RISING else STEP[name]
    if isinstance(value, dict):
        return {label: number + move for label, number in value.items()}
    return value + move


def smallest(planner, scenario, way):
    """Whether a step less is not enough."""
    ((name, value),) = way.settings.items()
    return not feasible(planner, scenario.with_levers(**{name: smaller(name, value)}))


def names(found):
    return [tuple(way.settings) for way in found]


def test_a_small_shortfall_is_told_with_as_many_digits_as_it_needs():
    error = no_plan(4613.684, 4613.6804)
    assert str(error) == (
        "No plan saves 4,613.684 hm3/a. All technologies within their limits save 4,613.680; 0.004 are missing."
    )
    assert error_text(error, "en") == str(error)
    assert "4,613.684 百万立方米" in error_text(error, "zh")
    assert "save 10.00; 2.00 are missing" in str(no_plan(12, 10))


def test_a_target_out_of_reach_is_lowered_or_rollout_is_faster(planner):
    most = planner.attainable(Scenario())
    scenario, found = asked(planner, saving_target=most + 3)
    assert names(found)[0] == ("saving_target",)
    assert found[0].settings["saving_target"] == pytest.approx(most, abs=0.1)
    assert ("rollout_scale",) in names(found)
    for way in found:
        assert smallest(planner, scenario, way), str(way)


def test_more_of_other_sources_is_a_way_out_where_they_are_limited(planner):
    most = planner.attainable(Scenario(levers={"alternative_share_max": 0.05}))
    scenario, found = asked(planner, saving_target=most + 2, alternative_share_max=0.05)
    assert ("alternative_share_max",) in names(found)
    for way in found:
        assert smallest(planner, scenario, way), str(way)


def test_counting_other_sources_is_a_way_out_where_they_do_not_count(planner):
    most = planner.attainable(Scenario(levers={"count_alternative_supply": False}))
    _, found = asked(planner, saving_target=most + 2, count_alternative_supply=False)
    assert {"count_alternative_supply": True} in [way.settings for way in found]


@pytest.mark.parametrize(("cap", "value"), [("investment_cap", 900), ("electricity_cap", 20)])
def test_a_cap_is_raised_by_no_more_than_it_must_be(planner, cap, value):
    scenario, found = asked(planner, saving_target=120, **{cap: value})
    (way,) = [way for way in found if tuple(way.settings) == (cap,)]
    assert way.settings[cap] > value
    assert way.settings[cap] % STEP[cap] == pytest.approx(0, abs=1e-9)
    assert smallest(planner, scenario, way)


@pytest.mark.parametrize("kind", ["sector_floor", "province_floor"])
def test_floors_that_cannot_be_met_are_lowered_by_no_more_than_they_must_be(planner, kind):
    scenario, found = asked(planner, saving_target=20, **{kind: 0.6})
    (way,) = [way for way in found if tuple(way.settings) == (kind,)]
    assert smallest(planner, scenario, way)
    assert ("saving_target",) not in names(found)  # whatever the target, floors cannot be met


def test_technologies_that_were_excluded_are_let_in_again(planner):
    left_out = ("metering", "drum_filter", "counter_current")
    most = planner.attainable(Scenario(exclude=left_out))
    _, found = asked(planner, exclude=left_out, saving_target=most + 1)
    let_in = [way.settings["excluded"] for way in found if "excluded" in way.settings]
    assert ("drum_filter", "counter_current") in let_in  # all but metering, which is enough alone
    for way in found:
        if "excluded" in way.settings:
            assert set(way.scenario.exclude) == set(way.settings["excluded"]) < set(left_out)


def test_a_cap_on_a_technology_is_lifted(planner):
    most = planner.attainable(Scenario(levers={"technology_cap": {"metering": 0.2}}))
    _, found = asked(planner, saving_target=most + 1, technology_cap={"metering": 0.2})
    assert {"technology_cap": 1.0} in [way.settings for way in found]


def test_the_best_pair_is_given_when_no_single_change_of_a_limit_is_enough(planner_of_china):
    """The example of the command line: 9000 hm3/a can be had by no limit alone."""
    most = planner_of_china.attainable(Scenario())
    scenario, found = asked(planner_of_china, saving_target=9000)
    assert [way for way in found if len(way.settings) == 1 and "saving_target" not in way.settings] == []
    target, pair = found
    assert target.settings == {"saving_target": pytest.approx(most, abs=0.1)}
    assert smallest(planner_of_china, scenario, target)
    assert len(pair.settings) == 2
    more = pair.settings["saving_target"]
    assert more > most
    assert not feasible(planner_of_china, pair.scenario.with_levers(saving_target=more + 0.1))


def test_a_scenario_that_has_a_plan_needs_no_way_out_of_its_limits(planner):
    assert ("saving_target",) not in names(ways_out(planner, Scenario(levers={"saving_target": 50})))
