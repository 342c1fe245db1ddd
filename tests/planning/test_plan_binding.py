"""What binds: each limit with what it is worth, the same and in the same order wherever it is shown."""

import numpy as np
import pytest

from dashboards.board import build_board
from waterplan.planning.explain.limit_prices import binding_limits
from waterplan.planning.plan.binding import Binding, foremost, what_binds
from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.planner import Planner
from waterplan.report.documents.policy_report import report_document
from waterplan.report.pages.plan_page import plan_page
from waterplan.study.scenario import Scenario, open_scenario

LIMITS = {
    "saving_target": 100, "sector_floor": {"steel": 0.15}, "technology_floor": {"dry_cooling": 0.3},
    "technology_cap": {"spray_rinse": 0.2}, "investment_cap": 3000,
}  # fmt: skip
QUESTIONS = (
    LIMITS, {"saving_target": 60, "province_floor": {"north": 0.2, "south": 0.1}},
    {"saving_target": 120, "electricity_cap": 35}, {"saving_target": 200, "investment_cap": 3000},
)  # fmt: skip


def asked(**levers) -> Scenario:
    return Scenario.from_mapping({"title": "test", "levers": levers})


@pytest.fixture(scope="module")
def many(china):
    """Thirty-one limits bind, among them the cap on investment, whose price is the smallest of all."""
    levers = {"saving_target": 2000, "province_floor": 0.1, "investment_cap": 12500}
    return Planner(china).solve(open_scenario("reference").with_levers(**levers))


def wanted(planner: Planner, scenario: Scenario, limit: Binding) -> float:
    """What a limit stands for, from its lever and what the lever is a share of [its unit]."""
    levers, s = scenario.resolve(planner.study), planner.structure
    if limit.kind == "pool":
        flows = planner.search(scenario).instance.flows
        return float(flows.pool_limit[s.pools.index(limit.labels[0]), s.provinces.index(limit.labels[1])])
    value = getattr(levers, limit.kind)
    if not limit.labels:
        return float(value)
    labels = {"sector": s.sectors, "province": s.provinces, "technology": s.technologies}[limit.dims[0]]
    n = labels.index(limit.labels[0])
    kind = "technology_floor" if limit.kind == "technology_cap" else limit.kind
    return float(value[n] * planner.whole_of(scenario, kind)[n])


@pytest.mark.parametrize("levers", QUESTIONS)
def test_a_limit_that_binds_stands_for_what_its_lever_says(planner, levers):
    scenario = asked(**levers)
    for limit in what_binds(planner.solve(scenario)):
        assert limit.bound == pytest.approx(wanted(planner, scenario, limit), rel=1e-7)
        assert limit.worth == pytest.approx(limit.price * wanted(planner, scenario, limit), rel=1e-7)


def test_where_supply_does_not_count_a_floor_stands_for_what_counts(planner):
    levers = {"saving_target": 60, "sector_floor": {"steel": 0.15}, "count_alternative_supply": False}
    scenario = asked(**levers)
    floors = [limit for limit in what_binds(planner.solve(scenario)) if limit.kind == "sector_floor"]
    assert floors
    for limit in floors:
        assert limit.bound == pytest.approx(wanted(planner, scenario, limit), rel=1e-7)


@pytest.mark.parametrize("levers", QUESTIONS)
def test_a_plan_read_from_its_dataset_binds_where_its_result_does(planner, levers):
    result = planner.solve(asked(**levers))
    here, there = what_binds(result), Plan.of(result).what_binds()
    assert [(one.kind, one.labels, one.asked) for one in here] == [(one.kind, one.labels, one.asked) for one in there]
    assert [one.worth for one in here] == pytest.approx([one.worth for one in there])


def test_a_cap_of_nothing_is_worth_what_one_step_of_it_would_change(planner):
    scenario = asked(saving_target=100, technology_cap={"spray_rinse": 0.0})
    result = planner.solve(scenario)
    cap = next(limit for limit in what_binds(result) if limit.kind == "technology_cap")
    n = planner.structure.technologies.index("spray_rinse")
    step = 0.05 * float(planner.whole_of(scenario, "technology_floor")[n])
    assert cap.bound == 0
    assert cap.worth == pytest.approx(cap.price * step)
    again = Plan.of(result).what_binds()
    assert [one.worth for one in again] == pytest.approx([one.worth for one in what_binds(result)])


def test_limits_stand_by_their_bill_behind_the_target(many):
    found = what_binds(many)
    assert len(found) == 31
    worth = [limit.worth for limit in found if limit.kind != "saving_target"]
    assert worth == sorted(worth, reverse=True)
    assert next(limit for limit in found if limit.kind == "investment_cap").price == min(limit.price for limit in found)


def test_page_report_dashboard_and_explanation_show_the_same_limits_in_the_same_order(many, china):
    found = [(limit.kind, limit.labels) for limit in what_binds(many)]
    explained = binding_limits(Planner(china), many, 0)
    told = zip(explained["kind"], explained["label"], explained["province"], strict=True)
    assert [(kind, tuple(label for label in labels if label)) for kind, *labels in told] == found
    board = build_board(many)["binds"]
    assert [(limit["kind"], tuple(limit["labels"].values())) for limit in board["list"]] == found
    assert found.index(("investment_cap", ())) in board["shown"]


def test_the_cap_that_the_user_set_is_on_the_page_and_in_the_report(many):
    plan = Plan.of(many)
    assert "investment cap 0.018 CNY/a per CNY" in " ".join(plan_page(plan).split())
    assert "投资上限 0.018 元/年每元" in plan_page(plan, "zh")
    assert "cap on investment" in report_document(plan)
    assert "0.018 CNY/a per CNY" in report_document(plan)


def limit(place: int, kind: str, asked: str) -> Binding:
    return Binding(kind, (f"label {place}",), (place,), 0.1, 1.0, 1.0, 100.0 - place, asked)


def test_what_the_user_asks_for_is_shown_even_where_it_is_last():
    kinds = [("pool", "")] * 9 + [("province_floor", "all")] * 3 + [("sector_floor", "own")] * 2
    found = [limit(place, *kind) for place, kind in enumerate(kinds)]
    shown, left_out = foremost(found, 8)
    assert [one.place[0] for one in shown] == [*range(8), 9, 12, 13]
    assert left_out == 3


def test_nothing_is_asked_for_where_a_lever_is_at_its_default(planner):
    scenario = asked(saving_target=200, investment_cap=3000)
    asks = {one.kind: one.asked for one in what_binds(planner.solve(scenario))}
    assert asks["investment_cap"] == "own"
    assert asks["pool"] == ""
    assert np.isfinite([one.worth for one in what_binds(planner.solve(scenario))]).all()
