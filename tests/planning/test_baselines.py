"""Plans that start from what would happen anyway: published figures, the judge, and laws."""

from dataclasses import replace

import numpy as np
import pytest
from asking import Refusal, agree, asked, questions, questions_of_many_limits
from figures_of_readme import BASELINES_TOLD
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from places import TINY
from solving import numbers
from spoiling import Copy
from told_whole import tell_whole

from waterplan import Plan, compare, open_scenario, robust, ways_out, write_report
from waterplan.base.errors import InfeasibleError, ScenarioError
from waterplan.base.texts import Texts
from waterplan.planning.model.instance import input_values
from waterplan.planning.model.state import State
from waterplan.planning.plan.deployment import Effect
from waterplan.planning.planner.judge import judge_by_arrays, judge_stage_by_arrays
from waterplan.planning.planner.planner import Planner
from waterplan.planning.planner.stages import after_market, market_instance, programme_instance
from waterplan.study.scenario import Scenario

BASELINES = ("frozen", "turnover", "market")
TIES = 0.05  # hm3/a: where the target is slack, some of what costs nothing may be built or not
lawful = settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much, HealthCheck.too_slow],
)
BOTH = st.sampled_from([questions, questions_of_many_limits])


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The tiny study with everything that a study may tell."""
    return tell_whole(Copy(TINY, tmp_path_factory.mktemp("told") / "copy")).read()


@pytest.fixture(scope="module")
def planner(told):
    return Planner(told)


def free(result):
    """Fresh water where nothing is added [hm3/a]."""
    return float(result.instance.flows.programme_free(result.instance.structure).sum())


def planned(result):
    i = result.instance
    return free(result) - float(Effect.of(i.structure, i.flows, result.deployment).fresh.sum())


def by_pair(result, volume):
    """Volumes of pairs and their groups, by product and province."""
    s = result.instance.structure
    place = s.pair_product * len(s.provinces) + s.pair_province
    return np.bincount(place, volume, minlength=len(s.products) * len(s.provinces))


@pytest.mark.parametrize(("baseline", "count_from", "target", "levers", "told"), BASELINES_TOLD)
def test_the_planner_meets_the_figures_of_the_readme(baseline, count_from, target, levers, told, planner_of_china):
    asked_for = {"baseline": baseline, "count_from": count_from, "saving_target": target, **levers}
    result = planner_of_china.solve(Scenario().with_levers(**asked_for))
    line, plan, cost, price, investment = told
    assert result.solver == "planner"
    assert free(result) == pytest.approx(line, abs=6e-4)
    assert planned(result) == pytest.approx(plan, abs=6e-4 if price else TIES)
    assert (result.ledger.annual_cost, result.duals.shadow_price) == pytest.approx((cost, price), abs=6e-5)
    assert result.ledger.investment == pytest.approx(investment, abs=0.06)


def test_the_lines_of_the_readme(planner_of_china):
    flows = planner_of_china.anyway(open_scenario("reference")).instance.flows
    assert flows.existing_withdrawal.sum() == pytest.approx(16081.62, abs=6e-3)
    assert flows.new_withdrawal.sum() == pytest.approx(3615.88, abs=6e-3)


def test_the_judge_plans_the_market_of_the_shipped_study_alike(china, planner_of_china):
    scenario = Scenario().with_levers(baseline="market", saving_target=3000)
    fast, slow = planner_of_china.solve(scenario), judge_by_arrays(china, scenario)
    assert slow.ledger.objective == pytest.approx(fast.ledger.objective, abs=1e-9 * fast.ledger.gross_cost)
    for stage, judged in ((fast.before, slow.before), (fast, slow)):
        for name in ("capacity", "use_saving", "site_saving", "supply"):
            apart = np.abs(getattr(stage.deployment, name) - getattr(judged.deployment, name))
            assert apart.max() < 1e-6, name


@st.composite
def stages(draw, study, kind):
    """A question of the tiny study with a baseline, and limits of the kinds that came with it."""
    limits = {
        "baseline": draw(st.sampled_from(["turnover", "market"])),
        "count_from": draw(st.sampled_from(["frozen", "baseline"])),
        "barrier_scale": draw(st.one_of(st.just(1.0), numbers(0, 3))),
        "value_added_cut": draw(st.one_of(st.just(0.0), numbers(0.05, 0.5))),
        "non_conventional_min": draw(
            st.dictionaries(st.sampled_from(list(study.provinces.index)), numbers(0, 0.04), max_size=2)
        ),
    }
    return draw(kind(study)).with_levers(**limits)


@lawful
@given(data=st.data(), kind=BOTH)
def test_the_planner_and_the_judge_agree_from_every_baseline(planner, data, kind):
    agree(planner, data.draw(stages(planner.study, kind)))


def answered(planner, scenario):
    result = asked(lambda: planner.solve(scenario))
    assume(not isinstance(result, Refusal))
    return result


@lawful
@given(data=st.data())
def test_no_line_passes_the_one_before_it_anywhere(planner, data):
    scenario = data.draw(stages(planner.study, questions)).with_levers(baseline="market")
    result = answered(planner, scenario)
    i, before = result.instance, result.before.instance
    frozen = by_pair(result, i.flows.reference_withdrawal)
    turnover = by_pair(result, i.flows.existing_withdrawal + i.flows.new_withdrawal)
    market = by_pair(result, i.flows.programme_free(i.structure))
    plan = market - by_pair(result, Effect.of(i.structure, i.flows, result.deployment).fresh)
    assert (turnover <= frozen + 1e-9).all()
    assert (market <= turnover + 1e-9).all()
    assert plan.sum() <= market.sum() + 1e-9
    assert free(result) == pytest.approx(planned(result.before), abs=1e-9)
    assert before.levers.perspective == "enterprise"


@lawful
@given(data=st.data())
def test_a_market_asked_twice_adds_nothing_the_second_time(planner, data):
    scenario = data.draw(questions(planner.study)).with_levers(baseline="market")
    once = planner.anyway(scenario)
    fleets, flows = after_market(once)
    again = programme_instance(once.instance, once)
    again = replace(again, flows=replace(again.flows, barrier=once.instance.flows.barrier))
    twice = judge_stage_by_arrays(again)
    assert Effect.of(fleets.structure, flows, twice.deployment).fresh.sum() == pytest.approx(0, abs=1e-6)
    assert twice.ledger.objective == pytest.approx(0, abs=1e-6)


@lawful
@given(data=st.data(), baseline=st.sampled_from(["turnover", "market"]))
def test_a_programme_asked_again_from_its_own_end_adds_and_costs_nothing(planner, data, baseline):
    levers = {"baseline": baseline, "sector_floor": 0, "province_floor": 0, "technology_floor": 0, "technology_cap": 1}
    free_of_limits = {"investment_cap": "none", "electricity_cap": "none", "perspective": "programme"}
    scenario = data.draw(questions(planner.study)).with_levers(**levers, **free_of_limits, scarcity_value=0)
    result = answered(planner, scenario)
    assume(result.duals.shadow_price > 1e-3)
    first = (result.before or result).instance.flows  # of plants as they were in the base year
    fleets, flows = result.end.flows(replace(first, barrier=np.zeros_like(first.barrier)))
    again = replace(result.instance, structure=fleets.structure, flows=flows, state=result.end)
    twice = judge_stage_by_arrays(again)
    assert twice.ledger.objective == pytest.approx(0, abs=1e-6 * (1 + result.ledger.gross_cost))
    assert planned(twice) == pytest.approx(planned(result), abs=1e-6)


@lawful
@given(data=st.data(), tax=numbers(0, 5), more=numbers(0, 5))
def test_a_higher_water_tax_never_lowers_what_enterprises_save_in_all(planner, data, tax, more):
    scenario = data.draw(questions(planner.study))
    low, high = (planned(planner.anyway(scenario.with_levers(water_tax=t))) for t in (tax, tax + more))
    assert high <= low + 1e-7


@pytest.fixture(scope="module")
def alike(tmp_path_factory):
    """Planners of the tiny study whose barriers are all the same: of five groups, and of one."""
    five = tell_whole(Copy(TINY, tmp_path_factory.mktemp("five") / "copy"))
    header, *rows = five.records("barriers")
    rows = [[*row[:2], "0.3", "0.3", "0.3", *row[5:]] for row in rows]
    five.write("barriers", [header, *rows])
    one = Copy(five.folder, tmp_path_factory.mktemp("one") / "copy")
    one.write("barriers", [header, *(row for row in rows if row[1] == "1")])
    return Planner(five.read()), Planner(one.read())


@lawful
@given(data=st.data(), scale=numbers(0, 3))
def test_groups_with_the_same_barrier_are_like_one(alike, data, scale):
    scenario = data.draw(questions(alike[0].study)).with_levers(baseline="market", barrier_scale=scale)
    five, one = (answered(planner, scenario) for planner in alike)
    stages = [(five.before, one.before)]
    if not one.before.duals.pool.any():  # else the tie-break says which of the groups alike draw from a full pool
        stages.append((five, one))
    for several, single in stages:
        gross = 1 + single.ledger.gross_cost
        assert several.ledger.objective == pytest.approx(single.ledger.objective, abs=1e-6 * gross)
        assert np.abs(several.ledger.saving - single.ledger.saving).max() < 1e-5
    assert by_pair(five, five.instance.flows.programme_free(five.instance.structure)) == pytest.approx(
        by_pair(one, one.instance.flows.programme_free(one.instance.structure)), abs=1e-6
    )


def test_without_retirement_and_growth_turnover_is_frozen_efficiency(planner):
    values = dict(input_values(planner.study))
    still = {**values, "retirement_rate": np.zeros(3), "output_growth": np.zeros(3)}
    scenario = Scenario().with_levers(saving_target=60)
    frozen, turnover = (
        planner.with_values(still).solve(scenario.with_levers(baseline=name)) for name in ("frozen", "turnover")
    )
    assert turnover.ledger.objective == frozen.ledger.objective
    assert np.array_equal(turnover.ledger.saving, frozen.ledger.saving)


def test_a_state_keeps_groups_apart(planner):
    """A mean over groups after the market would let the willing adopt again on plants that the others left."""
    result = planner.anyway(Scenario())
    s, end = result.instance.structure, result.end
    assert s.barrier_groups == 5
    share = np.add.reduceat(end.configuration_share, np.arange(0, 1))  # all plants are somewhere
    assert share > 0
    assert isinstance(end, State)
    groups = [by_group(result, g) for g in range(5)]
    assert len({round(saved, 9) for saved in groups}) > 1
    assert groups == sorted(groups, reverse=True)  # who meets less in the way does more


def by_group(result, group):
    i = result.instance
    return float(Effect.of(i.structure, i.flows, result.deployment).fresh[i.structure.pair_group == group].sum())


def test_market_instances_of_judge_and_planner_are_the_same(planner):
    scenario = Scenario().with_levers(baseline="market")
    instance = planner.anyway(scenario).instance
    other = market_instance(planner.search(scenario.with_levers(baseline="frozen")).instance)
    assert np.array_equal(instance.flows.barrier, other.flows.barrier)
    assert np.array_equal(instance.flows.existing_withdrawal, other.flows.existing_withdrawal)


def test_plans_of_all_baselines_are_compared_in_what_they_share(planner):
    """A plan after a market has rows of its own, such as its groups, that others lack."""
    results = [planner.solve(Scenario().with_levers(saving_target=20, baseline=name)) for name in BASELINES]
    plans = [Plan.of(result) for result in results]
    for first in (0, 2):
        order = [plans[first], *(plan for plan in plans if plan is not plans[first])]
        compared = compare(order, ["a", "b", "c"]).results
        assert compared["saving"].values.tolist() == [float(plan.dataset["saving"]) for plan in order]
        assert "turnover_withdrawal" not in compared


def test_a_report_after_a_market_does_not_say_what_it_rests_on(planner, tmp_path):
    result = planner.solve(Scenario(title="After", title_zh="之后").with_levers(saving_target=20, baseline="market"))
    write_report(result, tmp_path / "after.html", planner=planner)
    text = (tmp_path / "after.html").read_text(encoding="utf-8")
    assert Texts("report", "en")("rests_unknown").split(".")[0] in text


def test_what_is_robust_after_a_market_is_refused_before_anything_is_planned(told, tmp_path, monkeypatch):
    monkeypatch.setattr("waterplan.planning.uncertainty.robust.run_batch", lambda *_: pytest.fail("planned"))
    scenario = Scenario().with_levers(saving_target=20, baseline="market")
    with pytest.raises(ScenarioError, match="With the baseline market figures also act"):
        robust(scenario, told, samples=8, store=tmp_path / "runs.zarr")


@pytest.mark.parametrize("baseline", BASELINES)
@pytest.mark.parametrize(
    ("name", "asked_for", "step"), [("value_added_cut", 0.5, 0.01), ("non_conventional_min", {"south": 0.9}, 0.001)]
)
def test_what_is_out_of_reach_is_lowered_to_the_largest_that_is_not(planner, baseline, name, asked_for, step):
    levers = {"saving_target": 0, "rollout_scale": 0.1, "baseline": baseline, name: asked_for}
    scenario = Scenario().with_levers(**levers)
    with pytest.raises(InfeasibleError):
        planner.solve(scenario)
    (most,) = (way.settings[name] for way in ways_out(planner, scenario) if list(way.settings) == [name])
    more = {label: value + step for label, value in most.items()} if isinstance(most, dict) else most + step
    planner.solve(scenario.with_levers(**{name: most}))
    with pytest.raises(InfeasibleError):
        planner.solve(scenario.with_levers(**{name: more}))
