"""The dashboard without a browser: state, address, answers and files."""

import random
import tomllib
import zlib
from base64 import urlsafe_b64encode
from io import BytesIO
from urllib.parse import quote, urlencode
from zipfile import ZipFile

import numpy as np
import pytest

pytest.importorskip("panel")

from screens import Screen

from dashboards import link
from dashboards.answers import Answers
from dashboards.board import build_board
from dashboards.exports import export
from dashboards.facts import GROUPS, group_of
from dashboards.gate import language_of
from dashboards.state import PINS_MAX, State, set_lever
from dashboards.tables import Rows, what_differs
from waterplan import Plan, Scenario, open_scenario
from waterplan.base.vocabulary import of_kind
from waterplan.report.commands import command_lines, settings


@pytest.fixture(scope="module")
def answers(planner_of_china):
    made = Answers(planner_of_china, kept=12)
    yield made
    made.close()


@pytest.fixture
def state(china):
    reference = open_scenario("reference")
    return State(china, reference, reference, clock=iter(range(0, 10_000, 10)).__next__)


def test_moves_can_be_taken_back_and_made_again(state):
    for target in (2100, 2200):
        state.move("saving_target", target)
    state.undo()
    assert state.scenario.levers == {"saving_target": 2100}
    state.redo()
    state.redo()
    assert state.scenario.levers == {"saving_target": 2200}
    state.undo()
    state.undo()
    assert (state.scenario.levers, state.can_undo, state.can_redo) == ({}, False, True)
    state.move("discount_rate", 0.05)
    assert not state.can_redo


def test_moves_of_one_gesture_are_one_step_back(china):
    reference = open_scenario("reference")
    state = State(china, reference, reference, clock=iter(np.arange(0, 10, 0.1)).__next__)
    for target in range(2010, 2110, 10):
        state.move("saving_target", target)
    state.undo()
    assert state.scenario == reference


def test_a_lever_at_its_default_is_not_written(china):
    moved = set_lever(open_scenario("reference"), china, "sector_floor", 0.1, "paper")
    moved = set_lever(moved, china, "sector_floor", 0.05, "food")
    assert moved.levers == {"sector_floor": {"paper": 0.1, "food": 0.05}}
    moved = set_lever(moved, china, "sector_floor", 0, "paper")
    assert set_lever(moved, china, "sector_floor", None, "food").levers == {}
    assert set_lever(moved, china, "saving_target", 2000).levers == moved.levers
    assert set_lever(moved, china, "investment_cap", None).levers == moved.levers


def test_one_label_can_be_moved_where_a_scenario_gives_one_value_for_all(china):
    everywhere = Scenario(levers={"province_floor": 0.05})
    moved = set_lever(everywhere, china, "province_floor", 0.0, "hebei").resolve(china).province_floor
    hebei = list(china.provinces.index).index("hebei")
    assert moved[hebei] == 0
    assert set(np.delete(moved, hebei)) == {0.05}


def test_the_oldest_pin_gives_way_and_none_is_there_twice(state):
    for target in (1000, 1100, 1100, 1200, 1300, 1400):
        state.move("saving_target", target)
        state.pin()
    assert [pin.levers["saving_target"] for pin in state.pins] == [1100, 1200, 1300, 1400]
    assert len(state.pins) == PINS_MAX


FLOOR_AND_CAP = ("technology_floor", "technology_cap")  # they may contradict each other, and what is excluded


def random_scenario(china, dice: random.Random) -> Scenario:
    scenario = Scenario(title=dice.choice(["", "Mine & yours = 1", "我的情景<b>"]))
    for lever in dice.sample([lever for lever in of_kind("lever") if lever.name not in FLOOR_AND_CAP], 6):
        labels = [str(label) for label in china.values[lever.dims[0]].values] if lever.dims else []
        if lever.name == "excluded":
            scenario = scenario.with_levers(excluded=dice.sample(labels, 3))
        elif lever.choices:
            value = dice.choice(lever.choices)
            scenario = scenario.with_levers(**{lever.name: value == "true" if value in ("true", "false") else value})
        else:
            upper = lever.upper if lever.upper is not None else 5000.0
            some = dice.sample(labels, 4) if labels else []
            values = {label: round(dice.uniform(lever.lower, upper), 3) for label in some}
            scenario = scenario.with_levers(**{lever.name: values or round(dice.uniform(lever.lower, upper), 4)})
    return scenario


def test_an_address_gives_the_scenario_back(china, shipped):
    dice = random.Random(7)
    for n in range(40):
        scenario = random_scenario(china, dice) if n else open_scenario("bulletin_basis")
        state = State(china, scenario, scenario, pins=[open_scenario("stretch")], language="zh", theme="dark")
        back = State(china, Scenario(), Scenario())
        link.decode(link.encode(state, shipped)[0], back, shipped)
        assert back.scenario == scenario
        assert back.scenario.digest(china) == scenario.digest(china)
        assert (back.pins, back.language, back.theme) == (state.pins, "zh", "dark")


@pytest.mark.parametrize(
    "query",
    [
        "v=1&saving_target=abc",
        "v=1&saving_target=1e999",
        "v=1&saving_target=-5",
        "v=2&saving_target=2000",
        "v=1&no_such_lever=1",
        "v=1&sector_floor=atlantis:0.1",
        "v=1&sector_floor=paper",
        "v=1&x=<script>alert(1)</script>",
        "v=1&set=AAAA",
        "v=1&set=" + quote(urlsafe_b64encode(zlib.compress(b"[" * 5_000_000)).decode()),
        "v=1&set=" + quote(urlsafe_b64encode(zlib.compress(b"[" * 50_000)).decode()),
        "v=1&perspective=nobody",
        "v=1&pin=" + quote("saving_target=oops"),
        "&".join(f"a{n}=1" for n in range(500)),
        "v=1&t=" + "x" * 50_000,
    ],
    ids=range(15),
)
def test_a_damaged_or_hostile_address_gives_a_notice_and_the_reference_scenario(query, answers, facts, shipped):
    screen = Screen(answers, facts, shipped, query)
    board = screen.settle()
    assert board["notice"]["key"] == "notice_link"
    assert screen.session.state.scenario == shipped["reference"]


def test_the_board_has_the_numbers_of_the_plan(planner_of_china):
    for name in ("reference", "save_where_scarce", "enterprises_with_subsidy"):
        result = planner_of_china.solve(open_scenario(name))
        board, told = build_board(result), Plan.of(result).headline()
        assert {key: told[key] for key in board["headline"] if key in told and key != "saving"} == pytest.approx(
            {key: value for key, value in board["headline"].items() if key in told and key != "saving"}, abs=1e-9
        )
        assert board["cost"] == pytest.approx(told["cost"])
        by_sector = {sector["label"]: sum(sector["levels"]) for sector in board["sectors"]}
        assert by_sector == pytest.approx(told["saving_by_sector"])
        by_province = {province["label"]: province["saving"] for province in board["provinces"]}
        assert by_province == pytest.approx(told["saving_by_province"], rel=1e-6, abs=1e-6)


def test_every_lever_of_the_vocabulary_is_on_the_page_in_both_languages(facts):
    for language in ("en", "zh"):
        page = facts.page(language)
        assert [lever["name"] for lever in page["levers"]] == [lever.name for lever in of_kind("lever")]
        assert {group_of(lever) for lever in of_kind("lever")} == set(GROUPS)
        for lever in page["levers"]:
            assert lever["label"]
            assert lever["help"]
            assert lever["choices"] or lever["name"] == "excluded" or lever["upper"] > lever["lower"]


def test_a_visitor_moves_and_sees_the_plan_of_that_scenario(answers, facts, shipped, planner_of_china):
    screen = Screen(answers, facts, shipped)
    screen.settle()
    board = screen.send("move", lever="saving_target", value=2500, seq=1)
    plan = planner_of_china.solve(open_scenario("reference").with_levers(saving_target=2500))
    assert board["board"]["headline"]["annual_cost"] == pytest.approx(plan.ledger.annual_cost)
    assert (board["seq"], board["can_undo"]) == (1, True)


def test_an_infeasible_scenario_offers_ways_out_that_work(answers, facts, shipped):
    screen = Screen(answers, facts, shipped)
    screen.settle()
    board = screen.send("move", lever="saving_target", value=4900)
    assert board["board"] is None
    assert board["infeasible"]["attainable"] == pytest.approx(4613.679, abs=0.01)
    for way in screen.settle("ways")["ways"]:
        other = Screen(answers, facts, shipped, board["link"])
        assert other.send("apply", settings=way["settings"])["board"] is not None


def test_what_is_refused_is_told_and_changes_nothing(answers, facts, shipped):
    screen = Screen(answers, facts, shipped)
    before = screen.settle()["levers"]
    for message in (
        {"lever": "saving_target", "value": "<img src=x onerror=alert(1)>"},
        {"lever": "no_such_lever", "value": 1},
        {"lever": "sector_floor", "label": "atlantis", "value": 0.1},
        {"lever": "discount_rate", "value": 7},
        {"lever": "excluded", "label": "no_such_technology", "value": True},
    ):
        board = screen.send("move", **message)
        assert board["notice"]["key"] == "notice_refused"
        assert board["levers"] == before
    for junk in (None, 5, [], {"type": "__class__"}, {"type": None}, {"type": "unpin", "place": "x"}, {"type": "move"},
                 {"type": "unpin", "place": float("inf")}):  # fmt: skip
        screen.session.receive(junk)
    assert screen.settle()["levers"] == before


def test_two_visitors_do_not_share_a_scenario(answers, facts, shipped):
    one, two = Screen(answers, facts, shipped), Screen(answers, facts, shipped)
    one.settle()
    before = two.settle()["levers"]
    one.send("move", lever="saving_target", value=2300)
    two.session.refresh()
    assert two.settle()["levers"] == before


def test_answers_are_shared_and_bounded(answers, facts, shipped):
    scenario = open_scenario("reference").with_levers(saving_target=2345)
    assert answers.plan(scenario) is answers.plan(scenario)
    for target in range(1000, 1400, 20):
        answers.plan(scenario.with_levers(saving_target=float(target)))
    assert len(answers._kept) <= 12
    assert answers.known(scenario) is None


def test_a_file_comes_back_as_the_same_scenario(answers, facts, shipped):
    screen = Screen(answers, facts, shipped)
    screen.settle()
    screen.send("move", lever="sector_floor", label="paper", value=0.15)
    name, _, content = export("toml", answers, screen.session.state.scenario, "en")
    other = Screen(answers, facts, shipped)
    board = other.send("load", file=name, text=content.decode())
    assert board["digest"] == screen.seen["board"]["digest"]
    for text in ("not toml [", "nothing = 1", "x" * 300_000):
        assert other.send("load", file="bad.toml", text=text)["notice"] is not None


def test_files_open_and_hold_the_plan(answers, tmp_path):
    scenario = open_scenario("reference").with_levers(saving_target=1500)
    told = Plan.of(answers.result(scenario)).headline()
    _, _, saved = export("netcdf", answers, scenario, "en")
    (tmp_path / "plan.nc").write_bytes(saved)
    assert Plan.open(tmp_path / "plan.nc", answers.planner.study).headline()["annual_cost"] == told["annual_cost"]
    _, _, zipped = export("csv", answers, scenario, "en")
    assert ZipFile(BytesIO(zipped)).testzip() is None
    openpyxl = pytest.importorskip("openpyxl")
    _, _, workbook = export("excel", answers, scenario, "zh")
    assert len(openpyxl.load_workbook(BytesIO(workbook)).sheetnames) > 3
    _, _, toml = export("toml", answers, scenario, "en")
    assert tomllib.loads(toml.decode())["levers"] == {"saving_target": 1500}


def test_the_commands_give_the_same_scenario(china):
    scenario = open_scenario("reference").with_levers(
        saving_target=2500, sector_floor={"paper": 0.1}, count_alternative_supply=False, excluded=["mvr_evaporation"]
    )
    again = open_scenario("reference").with_settings(settings(scenario))
    assert again.digest(china) == scenario.digest(china)
    names: dict = {}
    exec(command_lines(scenario, "china-2015")["python"].split("plan = ")[0], names)
    assert names["scenario"].digest(china) == scenario.digest(china)
    assert "--set saving_target=2500" in command_lines(scenario, "china-2015")["cli"]


def test_rows_are_found_by_name_label_and_basis(china):
    rows = Rows(china)
    everything = rows.find()
    assert everything["total"] == len(china.rows) == sum(everything["by_basis"].values())
    found = rows.find(text="啤酒 saving_fraction")
    assert found["total"] > 0
    assert {row["labels"]["product"] for row in found["rows"]} == {"beer"}
    assert rows.find(basis="assumed")["total"] == int((china.rows["basis"] == "assumed").sum())
    assert rows.find(text="(*[")["total"] == 0
    assert rows.find(page=10_000)["page"] == everything["pages"] - 1


def test_only_what_differs_is_compared(china):
    reference = open_scenario("reference")
    other = reference.with_levers(saving_target=2500, sector_floor={"paper": 0.1}, investment_cap=20000)
    told = {(row["name"], row["label"]): row["values"] for row in what_differs(china, [reference, other])}
    assert told == {
        ("saving_target", ""): [2000, 2500],
        ("sector_floor", "paper"): [0, 0.1],
        ("investment_cap", ""): [None, 20000],
    }


def test_links_may_come_with_foreign_parts(answers, facts, shipped):
    board = Screen(answers, facts, shipped, urlencode({"lang": "zh", "theme": "dark", "page": "data"})).settle()
    assert (board["theme"], board["page"], board["notice"]) == ("dark", "data", None)


@pytest.mark.parametrize("address", ["/?" + "&".join(f"a={n}" for n in range(250)), "http://[", "/?lang=%ff"])
def test_the_language_of_an_address_that_cannot_be_read_is_the_usual_one(address):
    assert language_of("", address, "", "zh") == "zh"
