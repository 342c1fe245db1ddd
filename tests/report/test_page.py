"""The printed page: every line by arithmetic on the tiny study, and the shape of the page of the shipped one."""

from dataclasses import replace

import numpy as np
import pytest

from waterplan.planning.plan import figures
from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.question import Verdict, answer, confirm, solve
from waterplan.report.pages.layout import WIDTH, beside, cut, number, paragraph, percent, table, width
from waterplan.report.pages.plan_page import certificate_line, judge_line, plan_page
from waterplan.study.scenario import Override, Scenario, open_scenario

LINES = 60


@pytest.fixture(scope="module")
def drum(tiny) -> Plan:
    """Only drum filters may be built, 20 hm3/a of them: all in the north, at pulp, a joint product."""
    others = [name for name in tiny.technologies.index if name != "drum_filter"]
    return solve(tiny, Scenario(title="One technology alone", levers={"saving_target": 20}, exclude=tuple(others)))


@pytest.fixture(scope="module")
def reference(china) -> Plan:
    return solve(china, open_scenario("reference"))


def line_with(page: str, text: str) -> str:
    found = [line for line in page.splitlines() if text in line]
    assert found, f'no line with "{text}" in\n{page}'
    return found[0]


def line_number(page: str, text: str) -> int:
    return page.splitlines().index(line_with(page, text))


def test_withdrawal_is_told_in_the_base_year_the_reference_and_the_plan(drum):
    page = plan_page(drum)
    assert line_with(page, "base year 2015").split() == ["base", "year", "2015", "500.0"]
    assert line_with(page, "reference 2017").split()[2] == "521.0"  # plate grows to 121
    below = "501.0  3.8 % below the reference, 0.2 % above 2015"  # 20/521 and 501/500
    assert below in line_with(page, "plan 2017")
    assert "Saving is against frozen efficiency" in page
    assert "Withdrawal is not" in page


def test_cost_is_told_a_year_and_per_cubic_metre(drum):
    """A quarter of 40 CNY over 20 years and 0.5 of running cost are charged to water: 0.5 + 0.5 = 1 CNY/m3."""
    page = plan_page(drum)
    assert "TARGET 20.0 hm3/a, reached with 20.0" in page
    assert line_with(page, "programme: what").split()[-8:-3] == ["20.0", "1.000", "price", "of", "last"]
    assert "Costs: 20.0 hm3/a by 1 technologies, 20.0 MCNY/a." in page
    assert "Pays for itself" not in page


def test_what_is_needed_is_told_whole(drum):
    """40 CNY, 1 kWh and -10 MJ per m3 of capacity; carbon dioxide at 1 kg/kWh and the factor of heat."""
    page = plan_page(drum)
    assert "investment, whole       800 MCNY" in page
    assert "electricity added       +20 GWh/a" in page
    assert "heat added             -200 TJ/a" in page


def test_what_pays_for_itself_is_told_apart(tiny):
    """In full credit drum filters cost 40/20 - 2 + 0.5 - 10 heat_price a cubic metre: less than nothing."""
    others = tuple(name for name in tiny.technologies.index if name not in ("drum_filter", "metering"))
    levers = {"saving_target": 30, "cost_accounting": "full_credit"}
    plan = solve(tiny, Scenario(title="Full credit", levers=levers, exclude=others))
    price = 40 / 20 - 2 + 0.5 - 10 * float(tiny.values["heat_price"])
    pays, costs = figures.what_pays(figures.by_technology(plan.statement))
    if price < 0:
        assert (pays.count, costs.count) == (1, 1)
        assert pays.cost == pytest.approx(25 * price)
    assert pays.cost + costs.cost == pytest.approx(float(plan.dataset["annual_cost"]))


def test_saving_is_told_by_sector_and_level_with_its_share(drum):
    page = plan_page(drum)
    assert line_with(page, "  Paper ").split() == ["Paper", "20.0", "0.0", "0.0", "20.0", "5.0", "%"]  # of 400
    assert line_with(page, "  Steel ").split() == ["Steel", "0.0", "0.0", "0.0", "0.0", "0.0", "%"]
    assert page.splitlines()[line_number(page, "  Steel ") + 1].split() == [
        "in",
        "all",
        "20.0",
        "0.0",
        "0.0",
        "20.0",
        "3.8",
        "%",
    ]


def test_a_technology_is_told_with_saving_levelised_cost_and_investment(drum):
    assert line_with(plan_page(drum), "Drum filter").split() == ["Drum", "filter", "end", "use", "20.0", "1.00", "800"]


def test_a_province_is_told_beside_its_share_of_withdrawal(drum):
    page = plan_page(drum)
    told = line_with(page, "  North ").split()[:6]
    assert told == ["North", "20.0", "100.0", "%", "38.4", "%"]  # 200 of 521
    assert "not a quota" in page


def test_the_target_binds_at_its_price(drum):
    assert "target 1.000" in plan_page(drum)


def test_limits_are_told_by_their_bill_whatever_their_units_are(drum):
    """20 hm3/a are saved in paper, none in steel, at an investment of 800 MCNY: bills of 50, 5 and one step's 0.025."""
    data = drum.dataset.copy(deep=True)
    data["sector_floor_price"].loc["paper"] = 0.25
    data["sector_floor_price"].loc["steel"] = 5.0
    data["investment_cap_price"] = ((), 0.0625)
    scenario = replace(drum.scenario, levers={**drum.scenario.levers, "investment_cap": 800})
    page = plan_page(replace(drum, dataset=data, scenario=scenario))
    start = line_number(page, "WHAT BINDS")
    told = " ".join(line.strip() for line in page.splitlines()[start + 1 : start + 4])
    order = ["target 1.000", "investment cap 0.063 CNY/a per CNY", "floor of Paper 0.250", "floor of Steel 5.000"]
    assert told.startswith("; ".join(order))


def test_a_plan_without_a_target_says_so(tiny):
    page = plan_page(solve(tiny, Scenario(title="Nothing asked", levers={"saving_target": 0})))
    assert "NO TARGET" in page
    assert "Nothing but what technologies can do" in page
    assert "nan" not in page


def test_a_plan_in_which_nothing_is_built_says_so_in_place_of_empty_tables(tiny):
    nothing = Scenario(levers={"saving_target": 0}, exclude=tuple(tiny.technologies.index))
    page = plan_page(solve(tiny, nothing), "en", {"assumed": 0.0})
    assert "NOTHING IS BUILT" in page
    assert [word for word in ("TECHNOLOGIES", "PROVINCES", "Rests on", "\n\n\n") if word in page] == []


def test_saving_that_does_not_count_is_told(tiny):
    levers = {"saving_target": 20, "count_alternative_supply": False, "technology_floor": {"reclaimed_water": 1.0}}
    plan = solve(tiny, Scenario(title="Reclaimed water that does not count", levers=levers))
    assert "other sources do not count, with them 35.0" in plan_page(plan)  # the pool holds 5 and 10


def test_the_page_tells_how_much_rests_on_which_basis_when_it_is_known(drum):
    assert "Rests on" not in plan_page(drum)
    page = plan_page(drum, rests_on={"assumed": 0.75, "estimated": 0.25})
    assert "Rests on figures assumed 75 %, estimated 25 %, reported 0 %, measured 0 %" in page


def test_the_page_in_chinese_names_things_in_chinese(drum):
    page = plan_page(drum, "zh")
    assert "转鼓过滤" in page
    assert line_with(page, "北省").split()[:2] == ["北省", "20.0"]
    assert "取水不等于耗水" in page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_of_the_shipped_study_fits_a_screen(reference, language):
    page = plan_page(reference, language, {"assumed": 0.5, "estimated": 0.5}).splitlines()
    certificate = certificate_line(reference.certify(), "planner", 0.1, language).splitlines()
    judge = judge_line(Verdict(3.2, 1e-14, 2e-11), language).splitlines()
    assert len(page) + len(certificate) + len(judge) <= LINES
    assert [line for line in [*page, *certificate, *judge] if width(line) > WIDTH] == []


def test_the_page_adds_up(reference):
    data = reference.statement
    assert figures.by_level_and_sector(data).sum() == pytest.approx(float(data["saving"]))
    assert figures.reference_by_sector(data).sum() == pytest.approx(20406.13, abs=0.01)
    pays, costs = figures.what_pays(figures.by_technology(data))
    assert pays.saving + costs.saving == pytest.approx(2000, abs=1e-3)
    assert pays.cost + costs.cost == pytest.approx(432.37, abs=0.01)
    provinces = figures.by_province(data)
    assert sum(one.of_saving for one in provinces) == pytest.approx(1)
    assert sum(one.of_withdrawal for one in provinces) == pytest.approx(1)


def test_the_judge_says_whether_it_agrees():
    assert "agrees (2.0 s)" in judge_line(Verdict(2.0, 1e-12, 1e-8))
    assert "DIFFERS" in judge_line(Verdict(2.0, 1e-3, 1e-8))
    assert "DIFFERS" in judge_line(Verdict(2.0, 1e-12, 0.5))


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Another plan costs exactly the same"), ("zh", "另有方案成本完全相同")]
)
def test_the_judge_calls_a_tie_a_tie(tiny, language, said):
    """Without investment many unit costs are equal, and two exchanges together cost nothing, not even the tie-break."""
    free = Override("investment_per_m3", {}, value=0, unit="CNY/(m3/a)", source="a guess made for this test")
    verdict = confirm(answer(tiny, Scenario(levers={"saving_target": 60}, overrides=(free,))))
    assert verdict.volume > 1
    assert verdict.is_tie
    assert verdict.agrees
    assert said in judge_line(verdict, language).replace("\n", " ")


@pytest.mark.parametrize(("cost", "tie_break"), [(1e-10, 0.0), (0.0, 1e-12)])
def test_other_volumes_at_another_cost_are_no_tie(cost, tie_break):
    assert not Verdict(2.0, cost, 3.5, 1.0, tie_break).agrees


def test_both_solvers_give_the_same_page(tiny):
    scenario = Scenario(title="Both", levers={"saving_target": 60})
    planner, highs = (plan_page(solve(tiny, scenario, solver)) for solver in ("planner", "highs"))
    assert planner == highs


def test_an_unknown_solver_is_refused(tiny):
    with pytest.raises(ValueError, match="allowed: planner, highs"):
        answer(tiny, Scenario(title="x"), "glpk")


def test_chinese_signs_are_two_columns_wide():
    assert width("节水 hm3") == 8
    rows = table([["节水", "1"], ["saving", "22"]], (8, 3), indent="")
    assert [width(row) for row in rows] == [13, 13]
    assert beside(["省份"], ["x"], 6) == ["省份  x"]
    assert cut("节水技术目录", 7) == "节水..."


def test_a_paragraph_breaks_chinese_between_signs_and_english_between_words():
    lines = paragraph("部分节水本来也会发生。取水不等于耗水", indent="", columns=12)
    assert "".join(lines) == "部分节水本来也会发生。取水不等于耗水"
    assert all(width(line) <= 14 for line in lines)
    assert not any(line.startswith("。") for line in lines)
    assert paragraph("one two three", columns=9, indent="") == ["one two", "three"]


def test_numbers_are_calm():
    assert [number(v, 1) for v in (-0.04, 1234.56, np.nan)] == ["0.0", "1,234.6", "-"]
    assert percent(np.nan) == "-"
