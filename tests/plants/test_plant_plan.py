"""The plan for one plant: equal to the best of all sets of technologies, above its bound, and lawful."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from one_plant import YEAR, Naive, records_of

from waterplan.base.errors import InfeasibleError, ScenarioError, WaterplanError
from waterplan.plants.measures.plant_plan import PlantPlanner
from waterplan.plants.measures.plant_study import plant_study

BOARD = {"board": (1e5, None)}
BOTH = {"board": (1e5, None), "plate": (2e5, None)}
HUGE = {"board": (2e6, None)}  # withdraws four times what the north's pool of reclaimed water holds
CASES = [
    (BOARD, "middle", 1e6, ()),
    (BOTH, "north", 1e6, ()),
    (BOTH, "south", 3e6, (("board", "spray_rinse"),)),
    (BOTH, "middle", 1e6, (("board", "hybrid_cooling"), ("plate", "metering"))),
    (HUGE, "north", 2e7, (("board", "biological_reuse"),)),
    ({"pulp": (1e4, None)}, "north", 2e5, ()),
]


def plan_and_naive(study, case, lifetime=None):
    products, province, ground, in_place = case
    records = records_of(products, province, ground=ground * 0.75, public=ground * 0.25, in_place=in_place)
    plant = plant_study(records, "mill", YEAR, study)
    naive = Naive(study, province, dict(plant.withdrawal), in_place, public_share=0.25, lifetime=lifetime)
    return PlantPlanner(plant), naive.every()


@pytest.fixture(scope="module", params=range(len(CASES)))
def case(request, tiny):
    return plan_and_naive(tiny, CASES[request.param])


@pytest.mark.parametrize("part", [0.0, 0.2, 0.45, 0.7, 0.9, 1.0])
def test_reaching_a_withdrawal_costs_what_the_cheapest_of_all_sets_costs(case, part):
    planner, every = case
    target = planner.plant.graded_withdrawal - part * planner.attainable
    enough = every[every[:, 0] <= target * (1 + 1e-9)]
    for best, column in (("annual_cost", 1), ("investment", 2)):
        plan = planner.reach(target, best=best)
        assert plan.withdrawal <= target * (1 + 1e-9)
        assert plan.value == pytest.approx(enough[:, column].min(), rel=1e-6, abs=1e-3)
        assert plan.bound <= plan.value + 1e-6 * max(1.0, abs(plan.value))


@pytest.mark.parametrize("part", [0.0, 0.1, 0.3, 0.6, 1.0])
def test_a_budget_buys_what_the_best_of_all_sets_within_it_brings(case, part):
    planner, every = case
    budget = part * every[:, 2].max()
    within = every[every[:, 2] <= budget * (1 + 1e-9)]
    saving = planner.within_budget(budget)
    assert saving.withdrawal == pytest.approx(within[:, 0].min(), rel=1e-7)
    assert saving.totals["investment"] <= budget * (1 + 1e-9)
    assert saving.bound >= saving.value * (1 - 1e-9)
    benefit = planner.within_budget(budget, best="net_benefit")
    assert benefit.value == pytest.approx(within[:, 1].min(), rel=1e-6, abs=1e-3)
    assert benefit.bound <= benefit.value + 1e-6 * max(1.0, abs(benefit.value))


@pytest.mark.parametrize("number", range(len(CASES)))
@pytest.mark.parametrize("years", [1, 3, 8])
def test_what_pays_back_in_time_is_the_best_of_all_sets_counted_over_that_time(tiny, number, years):
    planner, every = plan_and_naive(tiny, CASES[number], lifetime=years)
    plan = planner.paying_back(years)
    assert plan.value == pytest.approx(every[:, 1].min(), rel=1e-6, abs=2e-3)
    assert plan.bound <= plan.value + 1e-6 * max(1.0, abs(plan.value))
    totals = plan.totals
    assert totals["investment"] / years - totals["net_benefit"] == pytest.approx(plan.value, rel=1e-9, abs=2e-3)
    assert totals["payback"] <= years


def test_the_largest_saving_is_that_of_the_thriftiest_set(case):
    planner, every = case
    assert planner.attainable == pytest.approx(planner.plant.graded_withdrawal - every[:, 0].min(), rel=1e-9)


def test_no_set_of_technologies_lies_below_the_curve(case):
    planner, every = case
    curve = planner.curve()
    saving = np.concatenate([[0.0], curve["saving"]])
    cost = np.concatenate([[0.0], curve["annual_cost"]])
    line = np.interp(planner.plant.graded_withdrawal - every[:, 0], saving, cost)
    assert (every[:, 1] >= line - 1e-6 * np.abs(cost).max()).all()
    assert (np.diff(curve["price"]) >= -1e-9).all()
    for corner in zip(curve["saving"], curve["annual_cost"], strict=True):
        assert np.abs(planner.plant.graded_withdrawal - every[:, 0] - corner[0]).min() < 1e-3
    assert curve["width"].sum() == pytest.approx(planner.attainable)


def test_a_single_technology_has_the_figures_of_a_sum_in_the_head(tiny):
    """Pulp in the north, 200,000 m3/a of own ground water; drum_filter saves half of it: 100,000 m3/a.

    It costs 40 CNY per m3/a, so 4 million; saves fee 1 + intake 0.5 + effluent_share * 1 per m3;
    running cost -2 CNY/m3; 1 kWh at 0.5 and -10 MJ at 0.05 make energy 0.
    """
    plant = plant_study(records_of({"pulp": (1e4, None)}, "north", ground=2e5), "mill", YEAR, tiny)
    planner = PlantPlanner(plant, exclude=("metering",))
    plan = planner.reach(1e5)
    effluent = float(tiny.values["effluent_share"].sel(end_use="washing"))
    step = plan.steps.iloc[0]
    assert (step["technology"], step["saving"], step["investment"]) == ("drum_filter", 1e5, 4e6)
    assert step["running_cost"] == pytest.approx(-2e5)
    assert (step["electricity"], step["heat"]) == (1e5, -1e6)
    assert step["energy_cost"] == pytest.approx(1e5 * 0.5 - 1e6 * 0.05)
    assert step["net_benefit"] == pytest.approx(2e5 + 1e5 * (1.5 + effluent))
    assert step["payback"] == pytest.approx(4e6 / step["net_benefit"])
    discounted = sum(step["net_benefit"] / (1 + step["irr"]) ** year for year in range(1, 21))
    assert discounted == pytest.approx(4e6)
    own_life = PlantPlanner(plant, exclude=("metering",), horizon=20).reach(1e5).totals["npv"]
    assert own_life == pytest.approx(sum(step["net_benefit"] / 1.1**year for year in range(1, 21)) - 4e6)


def test_steps_add_up_to_the_plan(case):
    planner, _ = case
    for plan in (planner.reach(planner.plant.graded_withdrawal * 0.6), planner.paying_back(6)):
        assert plan.steps["saving"].sum() == pytest.approx(plan.saving)
        assert plan.by_product["withdrawal"].sum() == pytest.approx(plan.withdrawal)
        parts = plan.totals["annual_investment"] - plan.totals["net_benefit"]
        assert plan.totals["annual_cost"] == pytest.approx(parts)
        factor = sum(1.1**-year for year in range(1, 16))
        assert plan.totals["npv"] == pytest.approx(-plan.totals["annual_cost"] * factor)


def planner_of(study, shares, ground, exclude=(), **levers):
    records = records_of(BOTH, "north", ground=ground, shares=shares)
    return PlantPlanner(plant_study(records, "mill", YEAR, study), exclude, **levers)


@st.composite
def plants(draw):
    wash = draw(st.integers(0, 10)) / 10
    shares = [("board", "washing", wash), ("board", "cooling", 1 - wash)]
    ground = float(draw(st.integers(1, 400))) * 1e4
    levers = {"hurdle_rate": draw(st.integers(0, 30)) / 100, "water_tax": draw(st.integers(0, 60)) / 10}
    return shares, ground, levers


@settings(max_examples=15, deadline=None)
@given(plant=plants(), budgets=st.tuples(st.integers(0, 100), st.integers(0, 100)))
def test_a_bigger_budget_never_saves_or_earns_less(tiny, plant, budgets):
    shares, ground, levers = plant
    planner = planner_of(tiny, shares, ground, **levers)
    small, large = (ground * b / 5 for b in sorted(budgets))
    assert planner.within_budget(large).saving >= planner.within_budget(small).saving * (1 - 1e-7)
    earned = [planner.within_budget(b, "net_benefit").totals["npv"] for b in (small, large)]
    assert earned[1] >= earned[0] - 1e-6 * max(1.0, abs(earned[0]))


@settings(max_examples=15, deadline=None)
@given(
    plant=plants(),
    part=st.integers(0, 100),
    excluded=st.sampled_from(["spray_rinse", "dry_cooling", "membrane_reuse", "metering", "reclaimed_water"]),
)
def test_one_more_technology_to_choose_from_never_makes_a_plan_worse(tiny, plant, part, excluded):
    shares, ground, levers = plant
    fewer = planner_of(tiny, shares, ground, (excluded,), **levers)
    more = planner_of(tiny, shares, ground, **levers)
    target = ground - fewer.attainable * part / 100
    few, many = fewer.reach(target), more.reach(target)
    assert many.value <= few.value + 1e-6 * max(1.0, abs(few.value))
    assert excluded not in set(few.steps["technology"])
    assert many.bound <= many.value + 1e-6 * max(1.0, abs(many.value))
    assert more.paying_back(4).value <= fewer.paying_back(4).value + 1e-3


@settings(max_examples=10, deadline=None)
@given(plant=plants(), factor=st.integers(2, 20), part=st.integers(0, 100))
def test_a_plant_of_another_size_has_the_same_plan_in_proportion(tiny, plant, factor, part):
    """Cost figures are sector averages without economies of scale; pools are not binding for so little water."""
    shares, ground, levers = plant
    small, large = planner_of(tiny, shares, ground, **levers), planner_of(tiny, shares, ground / factor, **levers)
    pair = [p.reach(p.plant.graded_withdrawal - p.attainable * part / 100) for p in (small, large)]
    assert pair[0].value == pytest.approx(pair[1].value * factor, rel=1e-6, abs=1e-3)


def test_what_cannot_be_reached_says_what_can_and_what_is_missing(tiny):
    planner = planner_of(tiny, (), 1e6)
    with pytest.raises(InfeasibleError, match="are missing") as caught:
        planner.reach(1000.0)
    assert caught.value.attainable == pytest.approx(planner.attainable)
    assert caught.value.shortfall == pytest.approx(1e6 - planner.attainable - 1000.0)
    assert planner.reach(1000.0 + caught.value.shortfall).saving == pytest.approx(planner.attainable)


def test_a_grade_is_for_the_site_as_a_whole(tiny):
    planner = planner_of(tiny, (), 1.5e6)
    by_grade = planner.reach(intensity={"board": 6.0, "plate": 3.0})
    assert by_grade.asked["withdrawal"] == 1e5 * 6 + 2e5 * 3
    assert by_grade.value == planner.reach(1.2e6).value
    with pytest.raises(WaterplanError, match="no intensity for plate"):
        planner.reach(intensity={"board": 6.0})
    with pytest.raises(WaterplanError, match='Did you mean "board"'):
        planner.reach(intensity={"boards": 6.0})


def test_levers_without_a_meaning_for_one_plant_are_refused(tiny):
    with pytest.raises(ScenarioError, match="has no meaning in the plan of one plant"):
        planner_of(tiny, (), 1e6, rollout_scale=0.5)
    with pytest.raises(ScenarioError, match="metering"):
        planner_of(tiny, (), 1e6, exclude=("meterin",))


def test_every_plan_says_that_costs_are_averages_in_both_languages(tiny):
    plan = planner_of(tiny, (), 1e6).paying_back(3)
    assert any("without economies of scale" in note for note in plan.notes())
    assert any("规模效应" in note for note in plan.notes("zh"))


def test_the_bound_of_the_planning_model_is_broken_by_a_plan_that_is_too_cheap(tiny):
    """The check can fail: what costs half of the best plan is below the bound."""
    plan = planner_of(tiny, (), 1e6).reach(4e5, best="investment")
    assert plan.value > 0
    assert plan.bound > 0.5 * plan.value


def test_a_subsidy_lowers_the_outlay_and_not_the_investment(tiny):
    subsidy = {"paper": 0.5, "steel": 0.5}
    plan = planner_of(tiny, (), 1e6, investment_subsidy=subsidy).reach(5e5)
    assert plan.steps["outlay"].to_numpy() == pytest.approx(0.5 * plan.steps["investment"].to_numpy())
    dearer = planner_of(tiny, (), 1e6).reach(5e5)
    assert plan.totals["annual_cost"] < dearer.totals["annual_cost"]


def test_an_empty_plan_has_no_figures_that_are_not_there(tiny):
    plan = planner_of(tiny, (), 1e6).within_budget(0)
    free = plan.steps["investment"].sum()
    assert (free, plan.saving) == (0, 0)
    assert (plan.totals["payback"], plan.totals["npv"]) == (0, 0)
    assert np.isnan([plan.totals["irr"], plan.totals["levelised_cost"]]).all()
    assert isinstance(plan.steps, pd.DataFrame)
    assert replace(plan, withdrawal=0.0).saving == plan.before
