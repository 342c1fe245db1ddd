"""What would happen anyway on the Plan page: its figures, when they come, and what a study without them is told."""

import re

import numpy as np
import pytest

pytest.importorskip("panel")

from screens import Screen

from dashboards.answers import Answers
from dashboards.anyway import anyway_scenario, what_lacks
from dashboards.board import build_board
from dashboards.facts import SHARED, Facts, printed_sentences
from waterplan import Planner, Scenario, open_scenario
from waterplan.base import messages
from waterplan.base.errors import ScenarioError
from waterplan.planning.plan.lines import build_lines
from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.stages import market_key
from waterplan.study.study import open_study

REFERENCE = open_scenario("reference")
BASELINES = ("frozen", "turnover", "market")
MET = {  # levers that enterprises meet, and some that they do not
    "water_tax": 1.0, "hurdle_rate": 0.1, "barrier_scale": 2.0, "rollout_scale": 0.9, "electricity_price_scale": 1.2,
    "excluded": ["air_cooling"], "output_scale": {"paper": 1.1}, "investment_subsidy": 0.2,
}  # fmt: skip
UNMET = {
    "saving_target": 100.0, "baseline": "market", "count_from": "baseline", "perspective": "society",
    "cost_accounting": "full_credit", "barrier_cost": 1.0, "scarcity_value": 1.0, "sector_floor": {"paper": 0.1},
    "province_floor": 0.01, "investment_cap": 9000.0, "value_added_cut": 0.2, "count_alternative_supply": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def tiny_answers():
    made = Answers(Planner(open_study("tests/tiny_study")))
    yield made
    made.close()


def test_the_lines_are_those_of_the_study_in_all_by_sector_and_by_province(answers, planner_of_china):
    told = answers.anyway(REFERENCE)
    assert told["turnover"] == pytest.approx(19697.507, abs=1e-3)  # README of the study
    assert told["market"] == pytest.approx(17951.983, abs=1e-3)
    assert told["consumption"] == pytest.approx(404.70, abs=0.01)
    result, market = planner_of_china.solve(REFERENCE), planner_of_china.anyway(REFERENCE)
    lines = build_lines(Plan.of(result).statement, planner_of_china.study, REFERENCE, market)
    for name in ("turnover", "market"):
        assert told[f"{name}_by_sector"] == pytest.approx(lines.by_sector(name), rel=1e-6)
        assert told[f"{name}_by_province"] == pytest.approx(lines.by_province(name), rel=1e-6, abs=1e-6)
    board = answers.plan(REFERENCE).board
    for name, level in (("frozen", "reference"), ("planned", "planned")):
        cut = 1 - board["headline"][f"{level}_withdrawal"] / board["even"]
        assert cut == pytest.approx(lines.value_added_cut(name))
    assert 1 - told["market"] / board["even"] == pytest.approx(0.2568, abs=5e-5)


def test_what_counts_of_it_is_what_a_programme_with_that_baseline_starts_from(answers, planner_of_china):
    told, whole = answers.anyway(REFERENCE), answers.plan(REFERENCE).board["headline"]["reference_withdrawal"]
    for counts, wanted in ((True, whole - told["market"]), (False, told["own"])):
        asked = REFERENCE.with_levers(baseline="market", saving_target=0, count_alternative_supply=counts)
        assert planner_of_china.search(asked).instance.counted_at_start.sum() == pytest.approx(wanted)


@pytest.mark.parametrize("baseline", BASELINES)
def test_what_a_plan_knows_itself_is_what_comes_after_it(answers, baseline):
    scenario = REFERENCE.with_levers(baseline=baseline, saving_target=2600)
    own, told = answers.plan(scenario).board["anyway"], answers.anyway(scenario)
    known = {"frozen": 0, "turnover": 3, "market": 9}[baseline]
    assert len(own or {}) == known
    for name in own or {}:
        assert own[name] == pytest.approx(told[name]), name


@pytest.mark.parametrize("baseline", BASELINES)
def test_the_fall_of_each_sector_is_what_its_baseline_and_the_programme_bring(answers, baseline):
    board = answers.plan(REFERENCE.with_levers(baseline=baseline, saving_target=3000)).board
    for place, sector in enumerate(board["sectors"]):
        start = sector["reference"] if baseline == "frozen" else board["anyway"][f"{baseline}_by_sector"][place]
        assert sum(sector["levels"]) == pytest.approx(start - sector["planned"], abs=1e-2)


@pytest.mark.parametrize("lever", [*MET, *UNMET])
def test_scenarios_have_the_same_market_where_enterprises_meet_the_same(china, answers, lever):
    moved = REFERENCE.with_levers(**{lever: (MET | UNMET)[lever]})
    same = market_key(moved, moved.resolve(china)) == market_key(REFERENCE, REFERENCE.resolve(china))
    assert same == (lever in UNMET)
    assert (answers.anyway_key(moved) == answers.anyway_key(REFERENCE)) == same
    assert market_key(anyway_scenario(moved, china), anyway_scenario(moved, china).resolve(china)) == market_key(
        moved, moved.resolve(china)
    )


@pytest.mark.parametrize(
    ("levers", "in_all", "more"),
    [
        ({"saving_target": 1000.0}, 0.0, (1000.0, 1707.9992, None)),  # README of the study
        ({"saving_target": 3000.0}, 629.3812, None),
        ({}, 0.0, (1932.2, None, 1932.2017)),  # out of reach: the most there is
    ],
)
def test_what_a_programme_adds_on_top(answers, levers, in_all, more):
    told = answers.on_top(REFERENCE.with_levers(**levers))
    if in_all:
        assert told["in_all"]["annual_cost"] == pytest.approx(in_all, abs=1e-3)
    else:
        assert told["in_all"]["shadow_price"] == 0.0, "nothing is left to do"
    if more is not None:
        saving, cost, largest = more
        assert told["more"]["saving"] == pytest.approx(saving, abs=0.01)
        assert told["more"]["largest"] == (None if largest is None else pytest.approx(largest, abs=1e-3))
        assert told["more"].get("is_most", False) == (largest is not None)
        assert cost is None or told["more"]["annual_cost"] == pytest.approx(cost, abs=1e-3)


def test_where_nothing_can_be_added_that_is_told(answers):
    told = answers.on_top(REFERENCE.with_levers(saving_target=4000.0, investment_cap=0.0))
    assert told["in_all"]["saving"] is told["more"]["saving"] is None
    assert told["in_all"]["largest"] > 2400, "what comes anyway"


class Ordered(Screen):
    """A screen that remembers in which order contents came, and of which move."""

    def __init__(self, *given):
        super().__init__(*given)
        self.order = []
        show = self.session._show

        def remembered(name, content):
            self.order.append((name, self.session.number))
            show(name, content)

        self.session._show = remembered


def test_what_would_come_anyway_comes_after_the_answer_to_a_move_and_only_of_the_last(answers, facts, shipped):
    screen = Ordered(answers, facts, shipped)
    screen.settle()
    screen.order.clear()
    for tax in (0.31, 0.32, 0.33):
        screen.session.receive({"type": "move", "lever": "water_tax", "value": tax})
    board = screen.settle()
    told = screen.settle("on_top")
    while told["digest"] != board["digest"]:
        screen.wait()
        told = screen.settle("on_top")
    names = [name for name, _ in screen.order]
    assert names.index("board") < names.index("anyway")
    assert names.index("board") < names.index("on_top")
    assert screen.seen["anyway"]["key"] == board["anyway_key"]
    assert {number for name, number in screen.order if name in ("anyway", "on_top")} == {screen.session.number}


def test_a_move_that_enterprises_do_not_meet_keeps_the_key_and_a_market_has_all_at_once(answers, facts, shipped):
    screen = Screen(answers, facts, shipped)
    first = screen.settle()
    assert first["board"]["anyway"] is None
    moved = screen.send("move", lever="saving_target", value=2100)
    assert moved["anyway_key"] == first["anyway_key"]
    market = screen.send("move", lever="baseline", value="market")
    assert market["board"]["anyway"]["market"] == pytest.approx(17951.983, abs=1e-3)
    assert "baseline=market" in market["link"]
    back = screen.send("undo")
    assert back["levers"]["baseline"] == "frozen"


@pytest.mark.parametrize("levers", [{}, {"count_from": "baseline"}, {"count_alternative_supply": False}])
@pytest.mark.parametrize("baseline", BASELINES)
def test_a_curve_counts_from_where_the_target_does(answers, planner_of_china, baseline, levers):
    scenario = REFERENCE.with_levers(baseline=baseline, **levers)
    points = answers.curve_points(scenario)
    assert points["target"][-1] == pytest.approx(planner_of_china.attainable(scenario), abs=1e-6)
    target = float(points["target"][0] + 0.6 * (points["target"][-1] - points["target"][0]))
    plan = planner_of_china.solve(scenario.with_levers(saving_target=target))
    wanted = plan.ledger.objective + plan.tie_break
    assert np.interp(target, points["target"], points["objective"]) == pytest.approx(wanted, abs=1e-6)


def test_a_study_that_leaves_it_out_is_told_so_and_shows_two_lines(tiny_answers):
    answers = tiny_answers
    lacks = what_lacks(answers.planner.study)
    assert lacks["market"] == ["retirement_rate", "new_intensity_ratio", "barrier"]
    facts, scenario = Facts.of(answers.planner), Scenario(title="tiny", levers={"saving_target": 50.0})
    assert facts.page("en")["lacks"] == lacks
    screen = Screen(answers, facts, {"reference": scenario})
    board = screen.settle()
    assert board["anyway_key"] == ""
    assert (board["board"]["anyway"], board["board"]["even"], board["board"]["consumption"]) == (None, None, None)
    screen.settle("reasons")
    assert not {"anyway", "on_top"} & set(screen.seen)
    refused = screen.send("move", lever="baseline", value="market")
    assert refused["notice"]["key"] == "notice_refused"
    assert refused["levers"]["baseline"] == "frozen"
    with pytest.raises(ScenarioError):
        answers.plan(scenario.with_levers(baseline="market"))


def test_a_slider_of_other_sources_goes_as_far_as_any_province_can(facts, planner_of_china):
    upper = facts.uppers["non_conventional_min"]
    assert upper == pytest.approx(0.04)  # 1.5 to 3.4 % are attainable
    province = str(planner_of_china.study.values["province"].values[0])
    reach = REFERENCE.with_levers(saving_target=0, non_conventional_min={province: 0.01})
    assert build_board(planner_of_china.solve(reach))["headline"]["saving"] > 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_words_are_those_of_the_printed_page_with_units_that_numbers_bring(facts, language):
    told, page = printed_sentences(language), messages.catalogue("page")
    texts = facts.page(language)["texts"]
    for key in SHARED:
        text = told[f"printed_{key}"]
        assert texts[f"printed_{key}"] == text
        assert re.findall(r"\{\w+\}", text) == re.findall(r"\{\w+\}", page[key][language])
        assert not re.search(r"hm3|CNY|百万|立方米", text)


def test_what_an_answer_rests_on_is_not_worked_out_after_a_market_and_the_page_says_so(answers, facts, shipped):
    screen = Screen(answers, facts, shipped, "v=1&f=reference&baseline=market&saving_target=3000")
    screen.settle("curve")
    screen.settle("words")
    screen.session.receive({"type": "behind", "card": "sectors"})
    assert screen.settle("behind")["table"]["count"] == 5
    rests = screen.settle("rests")
    assert (rests["rows"], rests["untold"]) == ([], "rests_after_market")
    screen.session.receive({"type": "table", "card": "rests", "form": "csv", "seq": 5})
    while screen.seen.get("notice", {}).get("notice") is None:
        screen.settle()
        screen.wait()
    assert "reasons" not in screen.seen
    assert "baseline Market" in screen.seen["notice"]["notice"]["detail"]
