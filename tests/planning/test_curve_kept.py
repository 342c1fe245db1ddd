"""What is looked up in a kept curve is what planning again finds, and nothing of another question is."""

import gc
import weakref

import numpy as np
import pytest

from waterplan import write_report
from waterplan.planning.curve import curve, kept, trace
from waterplan.planning.curve.breakpoints import Breakpoints
from waterplan.planning.curve.kept import MOST, attainable, exact_curve
from waterplan.planning.planner.planner import Planner
from waterplan.report.documents import report_files
from waterplan.study.scenario import Scenario

BY_HAND = Breakpoints(
    counted=np.array([10.0, 30.0, 35.0, 60.0]),
    objective=np.array([-5.0, 15.0, 25.0, 100.0]),
    investment=np.zeros(4),
    price=np.array([0.0, 1.0, 2.0, 3.0]),
    technology=np.array([-1, 0, 1, 0]),
)


def asked(**levers) -> Scenario:
    return Scenario(levers=levers)


@pytest.mark.parametrize(
    ("target", "price"), [(0, 0.0), (10, 0.0), (10.5, 1.0), (30, 1.0), (31, 2.0), (60, 3.0), (60.1, None)]
)
def test_the_price_of_a_target_is_that_of_the_stretch_it_lies_on(target, price):
    assert BY_HAND.price_at(target) == price


@pytest.mark.parametrize(
    ("price", "close", "stretch"),
    [(1.0, 0.0, (10.0, 10.0)), (1.0, 0.1, (10.0, 30.0)), (2.0, 1.1, (10.0, 60.0)), (2.5, 0.1, (35.0, 35.0))],
)
def test_the_stretch_of_a_price_reaches_as_far_as_the_price_is_near(price, close, stretch):
    """Within nothing of a price there is nothing, for what is close is told apart by rounding alone."""
    assert BY_HAND.stretch(price, close) == stretch


@pytest.mark.parametrize(
    "levers",
    [{}, {"province_floor": {"north": 0.2, "south": 0.1}}, {"count_alternative_supply": False}, {"rollout_scale": 1.2}],
)
def test_prices_and_the_most_that_can_be_saved_are_those_of_planning_again(levers, planner):
    scenario = asked(**levers)
    found = exact_curve(planner, scenario)
    assert attainable(planner, scenario) == pytest.approx(planner.attainable(scenario), rel=1e-9)
    middles = (found.counted[:-1] + found.counted[1:]) / 2
    for n in range(0, len(middles), 5):
        result = planner.solve(scenario.with_levers(saving_target=float(middles[n])))
        assert found.price_at(float(middles[n])) == pytest.approx(result.duals.shadow_price, abs=1e-8)
    assert found.price_at(found.attainable * (1 + 1e-6)) is None


def test_the_target_alone_makes_no_other_curve_and_every_other_lever_does(planner):
    one = exact_curve(planner, asked(saving_target=20))
    assert exact_curve(planner, asked(saving_target=60)) is one
    assert exact_curve(planner, asked(saving_target=60, sector_floor=0.1)) is not one
    assert exact_curve(planner, asked(discount_rate=0.05)) is not one
    assert exact_curve(planner, asked(investment_cap=300)) is None  # this limit has a price of its own
    assert attainable(planner, asked(investment_cap=300)) == planner.attainable(asked(investment_cap=300))


@pytest.mark.parametrize("levers", [{}, {"investment_cap": 300}], ids=["every breakpoint", "sampled"])
def test_a_curve_is_worked_out_once_for_all_who_ask(levers, planner, monkeypatch, tmp_path):
    first, result = trace(planner, asked(saving_target=20, **levers)), planner.solve(asked(saving_target=20, **levers))
    for module, name in ((Planner, "solve"), (kept, "exact_breakpoints")):
        monkeypatch.setattr(module, name, lambda *_: pytest.fail("worked out again"))
    assert trace(planner, asked(saving_target=40, **levers)) is first
    drawn = []
    monkeypatch.setattr(report_files, "other_plans", lambda *_: None)
    monkeypatch.setattr(report_files, "report_document", lambda *given: drawn.append(given[3]) or "")
    write_report(result, tmp_path / "report.html", planner=planner)
    assert np.array_equal(drawn[0]["counted_saving"], first.counted)
    assert np.array_equal(drawn[0]["shadow_price"], first.price)


def test_of_many_curves_the_last_few_are_kept_and_none_of_a_planner_that_is_gone(tiny):
    planner = Planner(tiny)
    first = weakref.ref(exact_curve(planner, asked(discount_rate=0.01)))
    for n in range(MOST):
        assert first() is not None
        exact_curve(planner, asked(discount_rate=0.02 + 0.01 * n))
    gc.collect()
    assert first() is None
    last = weakref.ref(exact_curve(planner, asked(discount_rate=0.02)))
    del planner
    gc.collect()
    assert last() is None


def test_nobody_can_change_what_is_kept(planner):
    found = trace(planner, asked())
    with pytest.raises(ValueError, match="read-only"):
        found.price[0] = 1.0
    points = curve(planner, asked())
    points["shadow_price"][0] = 1.0
    assert exact_curve(planner, asked()).price[0] == 0.0
