"""The four lines of withdrawal, held against the check figures of the study and against sums done by hand."""

import numpy as np
import pytest
from places import TINY
from spoiling import Copy
from told_whole import tell_whole

from waterplan.planning.explain.other_plans import lines_of, other_plans
from waterplan.planning.plan.lines import FROZEN, LINES, MARKET, PLANNED, TURNOVER, build_lines, official_cut
from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Scenario
from waterplan.study.study import Study

FIGURES = {FROZEN: 20406.132, TURNOVER: 19697.507, MARKET: 17951.983}  # README of the study
PLANS = {
    "reference": {},
    "turnover": {"baseline": "turnover"},
    "market": {"baseline": "market", "saving_target": 3000},
    "more": {"baseline": "market", "count_from": "baseline", "saving_target": 1000},
    "nothing asked": {"saving_target": 0},
}


@pytest.fixture(scope="module")
def plans(planner_of_china):
    return {name: Plan.of(planner_of_china.solve(Scenario(levers=levers))) for name, levers in PLANS.items()}


@pytest.fixture(scope="module")
def told_whole(tmp_path_factory):
    """The tiny study with all that it leaves out."""
    return Study.read(tell_whole(Copy(TINY, tmp_path_factory.mktemp("whole") / "study")).folder)


@pytest.mark.parametrize("name", PLANS)
def test_the_lines_of_every_plan_are_those_of_the_readme(planner_of_china, plans, name):
    lines = lines_of(planner_of_china, plans[name])
    assert {line: lines.total(line) for line in FIGURES} == pytest.approx(FIGURES, abs=5e-4)
    assert lines.market_consumption == pytest.approx(404.70, abs=5e-3)


@pytest.mark.parametrize("name", PLANS)
def test_each_line_is_the_sum_of_its_sectors_and_of_its_provinces(planner_of_china, plans, name):
    lines = lines_of(planner_of_china, plans[name])
    for line in LINES:
        assert lines.by_sector(line).sum() == pytest.approx(lines.total(line))
        assert lines.by_province(line).sum() == pytest.approx(lines.total(line))
    for higher, lower in ((FROZEN, TURNOVER), (TURNOVER, MARKET)):
        assert (np.nan_to_num(lines.table[higher] - lines.table[lower]) >= -1e-9).all()


def test_cuts_per_value_added_and_consumption_are_those_of_the_readme(planner_of_china, plans):
    lines = lines_of(planner_of_china, plans["reference"])
    cuts = {name: round(100 * lines.value_added_cut(name), 2) for name in (FROZEN, PLANNED, MARKET)}
    assert cuts == {FROZEN: 15.52, PLANNED: 23.80, MARKET: 25.68}
    assert lines.consumption == pytest.approx(557.05, abs=5e-3)


@pytest.mark.parametrize(
    ("name", "saved"), [("reference", 2000), ("turnover", 1291.375), ("market", 545.850), ("more", 1000)]
)
def test_a_programme_saves_what_lies_below_the_line_of_its_own_baseline(planner_of_china, plans, name, saved):
    """19697.507 less 18406.132; 17951.983 less 17406.132."""
    head = plans[name].headline(lines_of(planner_of_china, plans[name]))
    assert head["programme_saving"] == pytest.approx(saved, abs=5e-3)
    assert head["programme_saving"] == pytest.approx(sum(head["saving"].values()))
    assert (head["turnover_saving"], head["market_saving"]) == pytest.approx((708.625, 1745.525), abs=1e-3)


def test_the_official_cut_is_the_largest_of_the_tables_and_a_plan_that_saves_it_reaches_it(
    planner_of_china, plans, china
):
    """targets.csv: 0.20 and 0.23 for 2015 to 2020; other years, other scopes and outcomes do not count."""
    assert official_cut(china) == 0.23
    lines = lines_of(planner_of_china, plans["reference"])
    exact = planner_of_china.solve(Scenario(levers={"saving_target": lines.official_saving}))
    there = build_lines(Plan.of(exact).statement, china, exact.instance.scenario)
    assert there.value_added_cut(PLANNED) == pytest.approx(0.23, abs=1e-9)


def test_a_study_without_the_tables_tells_null_and_no_guess(tiny, planner):
    plan = Plan.of(planner.solve(Scenario(levers={"saving_target": 60})))
    lines = lines_of(planner, plan)
    assert lines.told == (FROZEN, PLANNED)
    head = lines.headline()
    assert head["withdrawal"] == {FROZEN: pytest.approx(521), TURNOVER: None, MARKET: None, PLANNED: pytest.approx(461)}
    missing = ("market_saving", "turnover_saving", "consumption_saved", "value_added_cut")
    assert [head[name] for name in missing] == [None] * 4
    assert head["programme_saving"] == pytest.approx(60)
    assert other_plans(planner, plan).of_kind("on_top_in_all") is None


def test_turnover_is_told_where_barriers_are_not(tmp_path):
    """Of board a quarter stays, new plants take half: 0.25 + 0.75 / 2 of 300; of pulp 0.81 + 0.19 * 0.8 of 100."""
    copy = tell_whole(Copy(TINY, tmp_path / "study"))
    (copy.folder / "barriers.csv").unlink()
    planner = Planner(Study.read(copy.folder))
    plan = Plan.of(planner.solve(Scenario(levers={"saving_target": 60})))
    lines = lines_of(planner, plan)
    assert lines.told == (FROZEN, TURNOVER, PLANNED)
    assert lines.total(TURNOVER) == pytest.approx(300 * 0.625 + 100 * (0.81 + 0.19 * 0.8) + 121)
    assert lines.headline()["market_saving"] is None


def test_value_added_of_the_tiny_study(told_whole):
    """Paper grows by a tenth for two years, steel does not: (20 * 1.21 + 10) / 30 of the base year's."""
    planner = Planner(told_whole)
    plan = Plan.of(planner.solve(Scenario(levers={"saving_target": 60})))
    lines = lines_of(planner, plan)
    assert lines.value_added_ratio == pytest.approx(34.2 / 30)
    assert lines.value_added_cut(PLANNED) == pytest.approx(1 - 461 / (500 * 34.2 / 30))
    assert np.isnan(lines.official_cut)


def test_other_plans_are_the_figures_that_are_known(planner_of_china, plans):
    others = other_plans(planner_of_china, plans["reference"])
    assert others.counted_anyway == pytest.approx(2454.150, abs=1e-3)
    cost = {one.kind + f"{one.value:g}": one.result.ledger.annual_cost for one in others.plans}
    assert cost["full_creditnan"] == pytest.approx(-3580.2368, abs=1e-3)
    assert cost["on_top_in_all2000"] == pytest.approx(-0.9810, abs=1e-3)
    most = others.of_kind("on_top_most")
    assert (most.largest, most.saving) == pytest.approx((1932.20166,) * 2, abs=1e-4)
    reference = float(plans["reference"].statement["annual_cost"])
    assert cost["rollout1.2"] < reference < cost["rollout0.8"]


@pytest.mark.parametrize("name", ["turnover", "market", "nothing asked"])
def test_a_programme_on_top_is_asked_of_frozen_plans_with_a_target_alone(planner_of_china, plans, name):
    kinds = {one.kind for one in other_plans(planner_of_china, plans[name]).plans}
    assert kinds == {"full_credit", "rollout"}


def test_a_plan_that_cannot_be_is_told_as_none(planner_of_china, china):
    scenario = Scenario(levers={"saving_target": 4500})
    others = other_plans(planner_of_china, Plan.of(planner_of_china.solve(scenario)))
    less = next(one for one in others.plans if (one.kind, one.value) == ("rollout", 0.8))
    assert less.result is None
    assert less.largest == pytest.approx(planner_of_china.attainable(scenario.with_levers(rollout_scale=0.8)))
