"""The saving cost curve against planning target by target."""

import numpy as np
import pytest
from asking import questions
from hypothesis import given, settings
from hypothesis import strategies as st

from waterplan.base.errors import InfeasibleError
from waterplan.planning.curve import curve
from waterplan.planning.explain.causes import saving
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Scenario, open_scenario
from waterplan.study.study import open_study

SETTINGS = settings(max_examples=25, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def china_planner(china):
    return Planner(china)


def reference(**levers):
    return Scenario.from_mapping({"title": "test", "levers": levers})


def least_cost(planner, scenario, target):
    result = planner.solve(scenario.with_levers(saving_target=float(target)))
    return result.ledger.objective + result.tie_break, result


@SETTINGS
@given(data=st.data())
def test_between_any_two_points_the_curve_is_the_least_cost(data, planner, tiny):
    scenario = data.draw(questions(tiny))
    try:
        points = curve(planner, scenario)
    except InfeasibleError:
        return
    if not points.attrs["exact"]:
        return
    saving, cost = points["counted_saving"].values, points["objective"].values
    target = data.draw(st.floats(float(saving[0]), float(saving[-1]) - 1e-6 if len(saving) > 1 else float(saving[0])))
    planned, result = least_cost(planner, scenario, target)
    assert np.interp(target, saving, cost) == pytest.approx(planned, abs=1e-8 * (1 + result.ledger.gross_cost))


def random_floors(study, seed):
    """Floors of one kind that are likely to bind where pools are used up."""
    random = np.random.default_rng(seed)
    kind, labels = (("sector_floor", study.sectors), ("province_floor", study.provinces))[seed % 2]
    return reference(
        **{kind: {str(label): float(random.uniform(0.0, 0.3)) for label in labels.index}},
        rollout_scale=float(random.uniform(0.5, 1.3)),
        alternative_share_max=float(random.uniform(0.1, 0.6)),
        perspective=("programme", "enterprise", "society")[seed % 3],
        water_tax=float(random.uniform(0.0, 4.0)),
    )


def test_a_curve_with_floors_is_called_exact_only_where_it_is(planner, tiny):
    """Where the floor of a sector raises what pairs pay that share a pool with others, no stretch has one price."""
    exact = {True: 0, False: 0}
    for scenario in (reference(sector_floor=0.1), *(random_floors(tiny, seed) for seed in range(60))):
        try:
            points = curve(planner, scenario)
        except InfeasibleError:
            continue
        exact[bool(points.attrs["exact"])] += 1
        if not points.attrs["exact"]:
            continue
        saving, cost = points["counted_saving"].values, points["objective"].values
        assert points.attrs["attainable"] == pytest.approx(planner.attainable(scenario), abs=1e-6)
        for share in (0.01, 0.3, 0.6):
            target = saving[0] + share * (saving[-1] - saving[0])
            planned, result = least_cost(planner, scenario, target)
            assert np.interp(target, saving, cost) == pytest.approx(planned, abs=1e-8 * (1 + result.ledger.gross_cost))
    assert exact[True] > 25
    assert exact[False] > 10


@pytest.mark.parametrize("name", ["reference", "equal_sector_floors", "equal_province_floors"])
def test_on_the_full_study_the_curve_is_the_least_cost_also_where_pools_are_used_up(name, china_planner):
    scenario = open_scenario(name)
    points = curve(china_planner, scenario)
    saving = points["counted_saving"].values
    assert points.attrs["exact"] == 1
    assert points.attrs["attainable"] == pytest.approx(china_planner.attainable(scenario), abs=1e-6)
    for target in (2000.0, 3210.0, 4555.5):
        planned, result = least_cost(china_planner, scenario, target)
        assert np.interp(target, saving, points["objective"]) == pytest.approx(planned, rel=1e-9)
        assert np.interp(target, saving, points["investment_needed"]) == pytest.approx(
            result.ledger.investment, rel=1e-7
        )
        here = np.searchsorted(saving, target)
        assert points["shadow_price"].values[here] == pytest.approx(result.duals.shadow_price, abs=1e-9)


def test_the_curve_is_convex_and_starts_with_what_pays_for_itself(china_planner):
    points = curve(china_planner, open_scenario("reference"))
    nothing_asked = china_planner.solve(open_scenario("reference").with_levers(saving_target=0.0))
    assert (np.diff(points["shadow_price"]) >= -1e-9).all()
    assert (np.diff(points["counted_saving"]) > 0).all()
    assert float(points["counted_saving"][0]) == pytest.approx(nothing_asked.ledger.counted_saving, abs=1e-6)
    assert float(points["objective"][0]) == pytest.approx(nothing_asked.ledger.objective, abs=1e-3)
    assert float(points["objective"][0]) < 0


def test_the_marginal_technology_is_the_one_that_grows_most(china_planner):
    """At 4.126, 10.564 and 3.1156 CNY/m3 another technology shrinks beside it; at 3.026 two changes cost the same."""
    reference = open_scenario("reference")
    points = curve(china_planner, reference)
    counted, price = points["counted_saving"].values, points["shadow_price"].values
    named = points["marginal_technology"].values
    assert named[0] == ""
    assert (named[1:] != "").all()
    places = (4.12631701725799, 10.564052518742432, 3.1155516527991196, 3.0260317412512445)
    known = [int(np.abs(price - there).argmin()) for there in places]
    for here in [int(np.searchsorted(counted, 2000.0)), *known]:
        ends = counted[here - 1] + 1e-6, counted[here] - 1e-6
        first, last = (
            china_planner.solve(reference.with_levers(saving_target=float(target))).ledger.capacity for target in ends
        )
        grown = (last - first).sum(axis=(1, 2))
        assert china_planner.structure.technologies[int(grown.argmax())] == named[here]


def test_where_no_capacity_grows_the_technology_is_named_that_saves_more(china_planner):
    """At 0.0037 CNY/m3 plants in Yunnan only combine differently what they have: nothing is built, and more
    is saved."""
    reference = open_scenario("reference")
    points = curve(china_planner, reference)
    counted, price = points["counted_saving"].values, points["shadow_price"].values
    here = int(np.abs(price - 0.0036996774452210447).argmin())
    width = counted[here] - counted[here - 1]
    first, last = (
        china_planner.solve(reference.with_levers(saving_target=float(counted[here] - share * width)))
        for share in (0.9, 0.1)
    )
    assert (last.ledger.capacity - first.ledger.capacity).max() <= 1e-12
    more = saving(last) - saving(first)
    assert more.sum() == pytest.approx(0.8 * width, rel=1e-6)
    named = str(points["marginal_technology"].values[here])
    assert china_planner.structure.technologies[int(more.argmax())] == named


@pytest.mark.parametrize("target", [3313.5571651078244, 3316.1914538009887])
def test_what_changes_at_one_price_in_a_pair_is_invested_once(target, china_planner):
    reference = open_scenario("reference")
    points, (_, result) = curve(china_planner, reference), least_cost(china_planner, reference, target)
    told = np.interp(target, points["counted_saving"], points["investment_needed"])
    assert told == pytest.approx(result.ledger.investment, abs=1e-6)


def test_the_naive_stack_claims_water_twice(china_planner):
    points = curve(china_planner, open_scenario("reference"))
    stacked = float(points["stand_alone_saving"].sum())
    assert points.attrs["double_counted"] == pytest.approx(stacked - points.attrs["attainable"])
    assert points.attrs["double_counted"] > 100


def test_alone_a_technology_saves_its_largest_capacity(planner, tiny):
    """``drum_filter`` can be added at 0.4 of 125 hm3/a and saves half: 25; see the README of the tiny study."""
    points = curve(planner, reference())
    assert float(points["stand_alone_saving"].sel(technology="drum_filter")) == pytest.approx(25.0)


def test_with_caps_the_points_are_exact_and_said_to_be_samples(china_planner):
    scenario = open_scenario("tight_investment")
    points = curve(china_planner, scenario)
    assert points.attrs["exact"] == 0
    cost, _ = least_cost(china_planner, scenario, float(points["counted_saving"][12]))
    assert float(points["objective"][12]) == pytest.approx(cost, abs=1e-2)


def test_limits_that_contradict_each_other_have_no_curve(planner):
    with pytest.raises(InfeasibleError, match="contradict each other"):
        curve(planner, reference(sector_floor=0.99, province_floor=0.99))


def test_another_study_has_another_curve(china_planner):
    scarce = open_scenario("save_where_scarce")
    assert curve(china_planner, scarce).attrs["scenario_digest"] == scarce.digest(open_study("china-2015"))
