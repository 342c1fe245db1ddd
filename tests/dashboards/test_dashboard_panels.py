"""The panels without a browser: tables add up, rows are those the number rests on, files hold no formula."""

import base64
import csv
import io

import numpy as np
import openpyxl
import pytest
from conftest import is_number
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("panel")

from screens import Screen

from dashboards.answers import DRAWN
from dashboards.behind import RESTS, Behind
from dashboards.reasons import states_by_technology
from dashboards.state import State
from waterplan import Plan, curve, open_scenario
from waterplan.planning.explain.causes import states
from waterplan.planning.explain.rests import rests_on

CARDS = ("headline", *RESTS)


def asked(screen, name, **message):
    screen.seen.pop(name, None)
    screen.session.receive(message)
    return screen.settle(name)


def column(table, place):
    return [row[place] for row in table["rows"]]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_tables_behind_the_cards_are_the_plan(screen, planner_of_china, language):
    screen.session.state.language = language
    told = Plan.of(planner_of_china.solve(open_scenario("reference"))).headline()
    sectors = asked(screen, "behind", type="behind", card="sectors")["table"]
    assert column(sectors, 4) == pytest.approx(list(told["saving_by_sector"].values()))
    assert column(sectors, 4) == pytest.approx([sum(row[1:4]) for row in sectors["rows"]])
    provinces = asked(screen, "behind", type="behind", card="map")["table"]
    assert column(provinces, 1) == pytest.approx(list(told["saving_by_province"].values()), rel=1e-6, abs=1e-6)
    assert [sum(column(provinces, place)) for place in (7, 8)] == pytest.approx([1, 1])
    lines = [20406.132, 19697.507, 17951.983, 18406.132]  # frozen, turnover, market, planned: README of the study
    assert [sum(column(provinces, place)) for place in (2, 3, 4, 5)] == pytest.approx(lines, abs=2e-3)
    assert [sum(column(sectors, place)) for place in (6, 8, 9, 7)] == pytest.approx(lines, abs=2e-3)
    headlines = asked(screen, "behind", type="behind", card="headline", of="investment")["table"]
    assert column(headlines, 1)[:2] == pytest.approx([told["annual_cost"], told["shadow_price"]])
    path = asked(screen, "behind", type="behind", card="path")["table"]
    assert column(path, 0) == list(range(2015, 2021))
    assert path["rows"][-1][1:6] == pytest.approx([20406.132, 18406.132, 19697.507, 17951.983, 2000], abs=5e-3)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("card", CARDS)
def test_every_card_has_a_table_and_rows(screen, card, language):
    screen.session.state.language = language
    behind = asked(screen, "behind", type="behind", card=card)
    assert behind["table"]["count"] > 0
    assert {len(row) for row in behind["table"]["rows"]} == {len(behind["table"]["columns"])}
    rows = screen.settle("rests")["rows"]
    weights = [row["weight"] for row in rows]
    assert rows
    assert weights == sorted(weights, reverse=True)


def test_rows_are_those_the_number_rests_on(screen, planner_of_china):
    rests = asked(screen, "rests", type="behind", card="sectors", dim="sector", label="paper")
    found = rests_on(planner_of_china.solve(open_scenario("reference")), "saving", sector="paper")
    assert rests["name"] == "saving"
    assert [(row["file"], row["row"]) for row in rests["rows"]] == [
        (file, row) for file, row in zip(found["file"][:20], found["row"][:20], strict=True)
    ]
    assert {row["labels"].get("product") for row in rests["rows"]} <= {
        None, *planner_of_china.study.products.index[planner_of_china.study.products["sector"] == "paper"]
    }  # fmt: skip


def test_words_of_technologies_count_what_is_in_and_out(screen, planner_of_china):
    result = planner_of_china.solve(open_scenario("reference"))
    words = screen.settle("words")
    assert words["digest"] == screen.seen["board"]["digest"]
    used = result.ledger.capacity.sum(axis=(1, 2)) > 1e-7
    labels = result.instance.structure.technologies
    assert {label for label, state in words["technologies"].items() if state["is_in"]} == set(np.array(labels)[used])
    for label, state in states_by_technology(states(planner_of_china, result), result.duals).items():
        n = labels.index(label)
        assert state["sectors"][0] == (result.ledger.capacity[n].sum(axis=1) > 1e-7).sum()


def test_a_technology_is_explained_and_others_are_refused(screen):
    why = asked(screen, "why", type="why", technology="mvr_evaporation")
    assert sum(len(part["heads"]) for part in why["told"]) == 2
    assert all(part["text"] for part in why["told"])
    for technology in ("no_such", "", None, 5, "<script>"):
        screen.session.receive({"type": "why", "technology": technology})
        assert screen.settle()["notice"]["key"] == "notice_refused"


def test_tables_are_saved_and_no_cell_is_a_formula(answers, facts, shipped):
    screen = Screen(answers, facts, shipped, "v=1&t=%3D1%2B1&saving_target=2100")
    screen.settle()
    screen.send("pin")
    screen.send("move", lever="saving_target", value=2400)
    for card in (*CARDS, "rows", "compare", "data"):
        message = {"type": "table", "card": card, "of": "sectors:" if card == "rows" else ""}
        made = asked(screen, "file", **message, form="csv")
        rows = list(csv.reader(io.StringIO(base64.b64decode(made["data"]).decode("utf-8-sig"), newline="")))
        assert len({len(row) for row in rows}) == 1
        assert made["file"] == f"waterplan-{card}.csv"
        texts = [cell for row in rows for cell in row if not is_number(cell)]
        assert not [text for text in texts if text.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert "'=1+1" in texts or card == "data"
    workbook = openpyxl.load_workbook(
        io.BytesIO(base64.b64decode(asked(screen, "file", **message, form="excel")["data"]))
    )
    assert workbook.active.max_row == len(rows) + 1
    assert workbook.active["A1"].value == "=1+1"
    assert workbook.active["A1"].data_type == "s" or workbook.active["A1"].quotePrefix


def test_a_compared_table_names_scenarios_without_formulas(answers, facts, shipped):
    screen = Screen(answers, facts, shipped, "v=1&t=%3D1%2B1&saving_target=2100")
    screen.settle()
    screen.send("pin")
    screen.send("move", lever="saving_target", value=2400)
    made = asked(screen, "file", type="table", card="compare", form="csv")
    head, *rows = csv.reader(io.StringIO(base64.b64decode(made["data"]).decode("utf-8-sig"), newline=""))
    assert head[2:] == ["'=1+1", "'=1+1"]
    assert ["saving target", "hm3/a", "2100.0", "2400.0"] in [
        [row[0], row[1], *map(str, map(as_float, row[2:]))] for row in rows
    ]


def as_float(text):
    return float(text) if is_number(text) else text


def test_the_curve_on_the_page_is_the_exact_one_thinned(answers, planner_of_china):
    scenario = open_scenario("reference")
    drawn, whole = answers.curve(scenario), curve.curve(planner_of_china, scenario.with_levers(saving_target=0.0))
    target, price = whole["counted_saving"].values, whole["shadow_price"].values
    assert drawn["count"] == len(target)
    assert len(drawn["target"]) <= 2 * DRAWN + 4
    assert drawn["attainable"] == pytest.approx(planner_of_china.attainable(scenario))
    assert set(zip(drawn["target"], drawn["price"], strict=True)) <= {
        (float(f"{t:.7g}"), float(f"{p:.7g}")) for t, p in zip(target, price, strict=True)
    }
    result = planner_of_china.solve(scenario)
    place = np.searchsorted(drawn["target"], 2000)
    assert drawn["price"][place] == pytest.approx(result.duals.shadow_price, abs=price[-1] / DRAWN)


@given(st.lists(st.floats(0, 100), min_size=2, max_size=300), st.lists(st.floats(0, 50), min_size=2, max_size=300))
def test_a_thinned_curve_is_nowhere_further_from_the_whole_than_a_step_to_be_seen(targets, prices):
    count = min(len(targets), len(prices))
    target, price = np.sort(targets[:count]), np.sort(prices[:count])
    kept = curve.drawn_points(target, price, DRAWN)
    for n in range(count):
        right = kept[np.searchsorted(kept, n)]
        across = (target[right] - target[n]) / max(target[-1], 1e-9)
        up = (price[right] - price[n]) / max(price[-1], 1e-9)
        assert max(across, up) <= 1 / DRAWN + 1e-12


def test_steps_kept_by_a_browser_come_back(answers, facts, shipped):
    first = Screen(answers, facts, shipped)
    links = [first.settle()["link"]]
    for target in (2100, 2200, 2300):
        links.append(first.send("move", lever="saving_target", value=target)["link"])
    first.send("undo")
    second = Screen(answers, facts, shipped, links[2])
    second.settle()
    board = second.send("history", origin=links[0], past=links[:2], ahead=links[3:])
    assert (board["place"], board["ahead"]) == (2, 1)
    assert board["is_moved"]
    assert second.send("redo")["levers"]["saving_target"] == 2300
    assert [second.send("undo")["levers"]["saving_target"] for _ in range(3)] == [2200, 2100, 2000]
    assert second.send("history", origin=links[0], past=links, ahead=[])["place"] == 0


@pytest.mark.parametrize(
    "message",
    [
        {"past": ["sector_floor=atlantis:1"], "ahead": [], "origin": "f=reference"},
        {"past": ["x" * 30_000], "ahead": [], "origin": ""},
        {"past": [5], "ahead": None, "origin": None},
        {"past": "f=reference", "ahead": {}, "origin": 7},
        {},
    ],
    ids=range(5),
)
def test_damaged_steps_are_left_out(screen, message):
    before = (screen.seen["board"]["place"], screen.seen["board"]["levers"])
    screen.session.receive({"type": "history", **message})
    board = screen.settle()
    assert (board["place"], board["levers"]) == before


def test_steps_are_counted_on_when_the_oldest_are_forgotten(china):
    reference = open_scenario("reference")
    state = State(china, reference, reference, clock=iter(range(0, 100_000, 10)).__next__)
    for n in range(230):
        state.move("saving_target", 1000.0 + n)
    assert (state.place, state.forgotten) == (230, 30)
    state.undo()
    assert (state.place, state.ahead) == (229, 1)


def test_what_comes_while_the_browser_connects_is_kept(answers, facts, shipped):
    seen, later = {}, []
    screen = Screen(answers, facts, shipped)
    session = type(screen.session)(answers, facts, shipped)
    session.start("v=1&saving_target=2345", seen.__setitem__, later.append, waits=True)
    for _ in range(100):
        while later:
            later.pop(0)()
        if "board" in (session._waiting or {}):
            break
        screen.wait()
    assert set(seen) == {"page"}
    session.receive({"type": "ready"})
    assert seen["board"]["levers"]["saving_target"] == 2345


def test_behind_knows_no_other_card(facts, screen):
    with pytest.raises(KeyError):
        Behind(facts, screen.seen["board"]["board"], "en").table("no_such")
    screen.session.receive({"type": "behind", "card": "no_such"})
    assert screen.settle()["notice"]["key"] == "notice_refused"
