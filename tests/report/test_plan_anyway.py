"""What the printed page says of what would come anyway is true of its scenario, in both languages."""

import re

import pytest
from places import TINY
from spoiling import Copy
from told_whole import tell_whole

from waterplan.base.texts import Texts
from waterplan.planning.explain.other_plans import other_plans
from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.planner import Planner
from waterplan.report.pages.layout import WIDTH, width
from waterplan.report.pages.plan_page import plan_page
from waterplan.study.scenario import Scenario, open_scenario
from waterplan.study.study import Study

LINES = 85
ALL = "all of the target would come anyway"
LEFT = "are left to a programme"
ON_TOP = "A programme on top of that"
NO_BARRIERS = "No cost here contains what it takes to overcome the barriers"
SOME_BARRIERS = "costs here contain 1.00 CNY/m3 alone"
FROM_FROZEN = "Saving is against frozen efficiency"
FROM_TURNOVER = "Saving is on top of turnover"
FROM_MARKET = "Saving is on top of what would come anyway"
CASES = {  # levers, what is said, what is not
    "reference": ({}, (ALL, ON_TOP, NO_BARRIERS, FROM_FROZEN), (LEFT,)),
    "no target": ({"saving_target": 0}, (FROM_FROZEN, "NO TARGET"), (ALL, LEFT, ON_TOP, NO_BARRIERS)),
    "more than comes": (
        {"saving_target": 3000},
        ("2,454 hm3/a of the target would come anyway", "546 are left to a programme",
         "in all it adds 546, at 629 MCNY"),
        (ALL, "nothing is left"),
    ),
    "out of reach": (
        {"saving_target": 4500},
        ("4,500 in all are out of reach, at most 4,386 are", "market, then to 4,500: none", "roll-out 0.8: none"),
        (ALL, "nothing is left"),
    ),
    "turnover": (
        {"baseline": "turnover"},
        (FROM_TURNOVER, "TARGET 2,000 hm3/a from frozen efficiency", "on top of turnover the plan saves 1,291"),
        (ALL, LEFT, ON_TOP, FROM_FROZEN, NO_BARRIERS),
    ),
    "market": (
        {"baseline": "market", "saving_target": 3000},
        (FROM_MARKET, "TARGET 3,000 hm3/a from frozen efficiency", "the plan saves 546", NO_BARRIERS,
         "for earlier savings that the plan displaces"),
        (ALL, LEFT, ON_TOP, FROM_FROZEN),
    ),
    "additional": (
        {"baseline": "market", "saving_target": 1000, "count_from": "baseline"},
        ("TARGET 1,000 hm3/a from what comes anyway, reached with 1,000", "the plan saves 1,000"),
        (ALL, "from frozen efficiency, reached"),
    ),
    "market without target": (
        {"baseline": "market", "saving_target": 0},
        ("NO TARGET: on top of what comes anyway", "saves 4 hm3/a; 2,458 count from frozen"),
        ("TARGET 0",),
    ),
    "enterprises": (
        {"saving_target": 3000, "perspective": "enterprise", "barrier_cost": 1},
        (SOME_BARRIERS, "(minimised: enterprise)"),
        (NO_BARRIERS,),
    ),
    "own saving counts": (
        {"saving_target": 2500, "count_alternative_supply": False},
        ("other sources do not count, with them", "hm3/a of the target would come anyway"),
        (ALL,),
    ),
    "value added": (
        {"saving_target": 0, "value_added_cut": 0.23},
        ("plan -23.0 %", "cut per value added 1.0", "takes a saving of 1,807 hm3/a"),
        ("Nothing but what technologies can do",),
    ),
    "other sources": ({"non_conventional_min": 0.01}, ("least share of other sources in",), ()),
    "full credit": ({"cost_accounting": "full_credit"}, ("joint products by water share",), ("in full credit",)),
}  # fmt: skip


def flat(page):
    return re.sub(r"\s+", " ", page)


def page_of(planner, scenario, language="en"):
    plan = Plan.of(planner.solve(scenario))
    return plan_page(plan, language, None, other_plans(planner, plan))


@pytest.fixture(scope="module")
def told_whole(tmp_path_factory):
    return Study.read(tell_whole(Copy(TINY, tmp_path_factory.mktemp("whole") / "study")).folder)


@pytest.mark.parametrize("name", CASES)
def test_each_sentence_is_true_of_its_scenario(planner_of_china, name):
    levers, said, unsaid = CASES[name]
    page = flat(page_of(planner_of_china, Scenario(title="A case", levers=levers)))
    assert [text for text in said if text not in page] == []
    assert [text for text in unsaid if text in page] == []
    assert not re.search(r"\bnan\b", page)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_line_is_wider_than_the_screen(planner_of_china, name, language):
    page = page_of(planner_of_china, Scenario(title="A case", title_zh="一例", levers=CASES[name][0]), language)
    assert [line for line in page.splitlines() if width(line) > WIDTH] == []
    assert len(page.splitlines()) <= LINES


def test_the_page_in_chinese_says_the_same_figures(planner_of_china):
    """Each number of the English blocks stands in the Chinese ones."""
    pages = {one: flat(page_of(planner_of_china, open_scenario("reference"), one)) for one in ("en", "zh")}
    for figure in ("19,698", "17,952", "-25.7 %", "2,454", "1,932", "6,781", "-7,561", "1,807", "405"):
        assert all(figure in page for page in pages.values()), figure
    assert "节水目标全部本来也会实现" in pages["zh"]


def test_both_accountings_and_all_perspectives_stand_side_by_side(planner_of_china):
    page = page_of(planner_of_china, open_scenario("reference")).splitlines()
    row = {line.strip().split("  ")[0]: line.split() for line in page}
    assert row["this plan"][2:] == ["2,000", "557", "432", "-3,635", "-3,575", "1,923", "1,491"]
    assert row["joint products in full credit"][5:] == ["2,000", "558", "-3,580", "-6,919", "-7,561", "4,609", "8,189"]


def test_the_lines_stand_by_sector_and_by_province(planner_of_china):
    page = flat(page_of(planner_of_china, open_scenario("reference")))
    assert "Textiles 2,176 2,125 1,874 1,897 Shandong 1,561 1,512 1,341 1,415" in page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_study_without_the_tables_says_that_it_cannot_tell(planner, language):
    page = flat(page_of(planner, Scenario(title="Sixty", title_zh="六十", levers={"saving_target": 60}), language))
    say = Texts("page", language)
    assert say("anyway_not_told")[:20] in page
    assert say("line_market") not in page.replace(say("anyway_not_told"), "")
    assert not re.search(r"\bnan\b", page)


def test_a_study_without_barriers_tells_turnover_alone(tmp_path):
    copy = tell_whole(Copy(TINY, tmp_path / "study"))
    (copy.folder / "barriers.csv").unlink()
    page = flat(page_of(Planner(Study.read(copy.folder)), Scenario(title="Sixty", levers={"saving_target": 60})))
    assert "turnover 2017" in page
    assert "this study does not tell their barriers" in page
    assert "market 2017" not in page


def test_a_small_study_that_tells_everything_has_a_whole_page(told_whole):
    planner = Planner(told_whole)
    for levers in ({"saving_target": 60}, {"baseline": "market", "saving_target": 120}, {"baseline": "turnover"}):
        page = page_of(planner, Scenario(title="Whole", levers=levers))
        assert "market 2017" in page
        assert not re.search(r"\bnan\b", page)


def test_nobody_asked_and_nothing_is_said(planner_of_china):
    page = plan_page(Plan.of(planner_of_china.solve(open_scenario("reference"))))
    assert not any(text in page for text in ("market", "ASKED OTHERWISE", "would come anyway"))
