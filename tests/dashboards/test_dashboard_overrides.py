"""The pages show a figure that a scenario sets as the scenario's, with what the study has, and nobody else's words."""

import tomllib

import pytest

pytest.importorskip("panel")

from screens import Screen

from dashboards.pages.panels import Source
from waterplan import Scenario

WORDS = "Site survey of forty plants in 2016"
SET = {"name": "saving_fraction", "where": {"technology": "leak_control_cross"}, "value": 0.3, "low": 0.1, "high": 0.9,
       "unit": "1", "source": WORDS, "basis": "measured", "note": "first note"}  # fmt: skip


def loaded(answers, facts, shipped, file="survey.toml", **changes):
    screen = Screen(answers, facts, shipped)
    screen.settle()
    text = Scenario.from_mapping({"title": "Survey", "set": [{**SET, **changes}]}).to_toml()
    assert screen.send("load", file=file, text=text)["notice"] is None
    return screen


def rests(screen, technology="leak_control_cross"):
    screen.seen.pop("rests", None)
    screen.session.receive({"type": "why", "technology": technology})
    return screen.settle("rests")


def test_rows_behind_a_figure_are_those_of_the_scenario(answers, facts, shipped, china):
    found = rests(loaded(answers, facts, shipped))
    rows = [row for row in found["rows"] if row["name"] == "saving_fraction"]
    assert rows
    for row in rows:
        assert (row["value"], row["low"], row["high"], row["basis"]) == (0.3, 0.1, 0.9, "measured")
        assert (row["file"], row["written"], row["note"]) == ("survey.toml, set 1", "0.3 1", "first note")
        study = china.trace("saving_fraction", **row["labels"]).row
        assert row["instead_of"] == {
            "basis": study["basis"], "file": study["file"], "written": study["written"], "value": study["value"],
            "row": study["row"],
        }  # fmt: skip
    assert found["sources"][WORDS]["title"] == WORDS
    assert all(row["instead_of"] is None for row in found["rows"] if row["name"] != "saving_fraction")


def test_the_card_of_reasons_counts_the_basis_of_the_scenario(answers, facts, shipped):
    plain = Screen(answers, facts, shipped)
    plain.settle()
    shares = [screen.settle("reasons")["shares"]["measured"] for screen in (plain, loaded(answers, facts, shipped))]
    assert shares[0] == 0 < shares[1]


def test_the_share_that_is_assumed_is_that_of_the_scenario(answers, facts, shipped, china):
    technology = "leak_control_cross"
    board = loaded(answers, facts, shipped).settle()
    rows = china.rows[china.rows["technology"] == technology]
    fractions = rows["name"] == "saving_fraction"
    expected = (rows[~fractions]["basis"] == "assumed").sum() / len(rows)
    assert board["assumed"][technology] == pytest.approx(expected, abs=1e-4)
    assert Screen(answers, facts, shipped).settle()["assumed"] is None


def test_visitors_with_equal_figures_see_their_own_words(answers, facts, shipped):
    one, two = (
        loaded(answers, facts, shipped, file, note=note) for file, note in (("a.toml", "mine"), ("b.toml", "theirs"))
    )
    assert one.settle()["digest"] == two.settle()["digest"]
    told = [{(row["file"], row["note"]) for row in rests(screen)["rows"] if row["instead_of"]} for screen in (one, two)]
    assert told == [{("a.toml, set 1", "mine")}, {("b.toml, set 1", "theirs")}]


def test_the_file_of_the_rows_has_both_figures(answers, facts, shipped):
    screen = loaded(answers, facts, shipped)
    rests(screen)
    table = Source.of(screen.session).file("rows", "technology:", {"technology": "leak_control_cross"})
    columns = {column.heading: list(column.cells) for column in table.columns}
    at = columns["Source"].index(WORDS)
    assert columns["Row of the study"][at].startswith("applicability.csv:")
    assert columns["Study"][at] > 0


def test_a_price_of_heat_is_another_question(answers, facts, shipped):
    """Figures without labels were left out of the digest, so that the answer to another figure was shown."""
    heat = {"name": "heat_price", "where": {}, "unit": "CNY/MJ", "low": 0.001, "high": 9}
    costs = [
        loaded(answers, facts, shipped, value=value, **heat).settle()["board"]["headline"]["annual_cost"]
        for value in (0.02, 0.2)
    ]
    assert costs[1] != pytest.approx(costs[0])


def test_figures_set_twice_in_a_loaded_file_are_refused(answers, facts, shipped):
    screen = Screen(answers, facts, shipped)
    screen.settle()
    text = Scenario.from_mapping({"title": "x", "set": [SET]}).to_toml()
    twice = text + "".join(f"\n{line}" for line in text.splitlines()[1:])
    assert len(tomllib.loads(twice)["set"]) == 2
    board = screen.send("load", file="twice.toml", text=twice)
    assert board["notice"]["key"] == "notice_refused"
    assert "set 2 sets every figure of set 1 again" in board["notice"]["detail"]
