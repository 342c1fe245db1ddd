"""What would come anyway, by the plain implementation: the figures in the study's README, and laws on a tiny study.

The planner does not know turnover and market yet; what it will be held against is held itself here.
"""

import math

import pytest
from figures_of_readme import BASELINES_TOLD
from naive_stages import State, Tables, Year, fresh, stage, volumes
from places import ROOT

CHINA = ROOT / "data" / "china-2015"
TIES = 0.03  # hm3/a: where the target is slack, some of what costs nothing may be built or not


def start(tables, year, baseline):
    """The state that a plan starts from."""
    if baseline != "market":
        return State(tables)
    return stage(tables, State(tables, range(1, 6)), year, "enterprise", barriers=True)[0]


@pytest.mark.long
@pytest.mark.parametrize(("baseline", "count_from", "target", "levers", "told"), BASELINES_TOLD)
def test_the_figures_of_the_readme_follow_from_the_tables(baseline, count_from, target, levers, told):
    tables = Tables(CHINA, **levers)
    year = Year(tables, baseline)
    state = start(tables, year, baseline)
    if count_from == "baseline":
        _, left, replaced = volumes(tables, state, year)
        target += sum(year.frozen.values()) - sum(left.values()) + sum(replaced.values())
    end, cost, price, investment = stage(tables, state, year, "programme", target)
    line, planned, told_cost, told_price, told_investment = told
    assert fresh(tables, state, year) == pytest.approx(line, abs=6e-4)
    assert fresh(tables, end, year) == pytest.approx(planned, abs=6e-4 if told_price else TIES)
    assert (cost, price) == pytest.approx((told_cost, told_price), abs=6e-5)
    assert investment == pytest.approx(told_investment, abs=0.06)


def test_the_figures_of_the_readme_without_a_market_follow_from_the_tables():
    tables = Tables(CHINA)
    year = Year(tables, "turnover")
    assert fresh(tables, State(tables), year) == pytest.approx(19697.507, abs=6e-4)
    assert sum(year.existing.values()) == pytest.approx(16081.62, abs=6e-3)
    assert sum(year.new.values()) == pytest.approx(3615.88, abs=6e-3)


@pytest.mark.long
def test_the_bound_of_a_path_follows_from_the_tables():
    tables = Tables(CHINA)
    first = Year(tables, "turnover", 2018)
    last = Year(tables, "turnover", 2020, first)
    begun, cost, _, _ = stage(tables, State(tables), first, "programme", 1000)
    ended, _, _, _ = stage(tables, begun, last, "programme", 2000)
    assert fresh(tables, begun, first) == pytest.approx(18880.874, abs=6e-4)
    assert fresh(tables, ended, last) == pytest.approx(18406.132, abs=6e-4)
    alone = stage(tables, State(tables), last, "programme", 2000)[1]
    assert cost + alone == pytest.approx(-223.1793, abs=6e-5)


@pytest.fixture
def tables(whole):
    """Those of the tiny study with everything that a study may tell."""
    return Tables(whole.folder)


def test_a_market_asked_twice_in_a_year_adds_nothing_the_second_time(tables):
    year = Year(tables, "market")
    once = start(tables, year, "market")
    twice, cost, _, _ = stage(tables, once, year, "enterprise", barriers=True)
    assert fresh(tables, once, year) < fresh(tables, State(tables, range(1, 6)), year)
    assert fresh(tables, twice, year) == pytest.approx(fresh(tables, once, year), abs=1e-6)
    assert cost == pytest.approx(0, abs=1e-6)


def test_frozen_is_never_below_turnover_and_that_never_below_the_market_anywhere(tables):
    year = Year(tables, "market")
    state = start(tables, year, "market")
    for pair, frozen in year.frozen.items():
        turnover = year.existing[pair] + year.new[pair]
        _, left, replaced = volumes(tables, state, year)
        market = sum(left[*pair, g] - replaced[*pair, g] for g in state.groups)
        assert frozen >= turnover - 1e-9
        assert turnover >= market - 1e-9


def test_a_programme_asked_again_from_its_own_end_costs_nothing(tables):
    year = Year(tables, "turnover")
    line = fresh(tables, State(tables), year)
    target = sum(year.frozen.values()) - line + 0.03 * line
    end, cost, _, _ = stage(tables, State(tables), year, "programme", target)
    again, more, _, _ = stage(tables, end, year, "programme", target)
    assert math.isfinite(cost)
    assert fresh(tables, again, year) == pytest.approx(fresh(tables, end, year), abs=1e-6)
    assert more == pytest.approx(0, abs=1e-6)


def test_groups_with_the_same_barrier_are_like_one(tables):
    for key in tables.barrier:
        tables.barrier[key] = 0.3
    year = Year(tables, "market")
    five, one = (
        stage(tables, State(tables, groups), year, "enterprise", barriers=True)[0] for groups in (range(1, 6), [1])
    )
    assert fresh(tables, five, year) == pytest.approx(fresh(tables, one, year), abs=1e-6)
