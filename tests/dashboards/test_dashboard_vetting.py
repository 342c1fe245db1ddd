"""Messages that our page does not send are refused before any work is begun, and no visitor reads a class name."""

from __future__ import annotations

import logging

import pytest

pytest.importorskip("panel")


from waterplan.base.messages import catalogue


def notice_after(screen, **message):
    """The notice that a message leaves, of the page or of itself."""
    screen.seen.pop("notice", None)
    screen.session.receive(message)
    for _ in range(4000):
        while screen.later:
            screen.later.pop(0)()
        found = screen.seen.get("notice") or screen.seen["board"]
        if found["notice"]:
            return found["notice"]
        screen.wait()
    raise AssertionError("no notice came")


UNKNOWN = [
    {"type": "rows", "text": "\ud800"},
    {"type": "move", "lever": "\ud800", "value": 1},
    {"type": "plant_form", "form": {"sites": [{"\udfff": "1"}]}},
    {"type": "table", "card": "zz", "form": "csv"},
    {"type": "table", "card": "technology", "form": "csv"},
    {"type": "table", "card": "rows", "of": "zz", "form": "csv"},
    {"type": "table", "card": "map", "form": "zz"},
    {"type": "behind", "card": "map", "dim": "province", "label": "nowhere"},
    {"type": "table", "card": "rows", "of": "map", "dim": "province", "label": "nowhere", "form": "csv"},
    {"type": "plant_file_wanted", "kind": "table", "card": "zz", "form": "csv"},
    {"type": "plant_file_wanted", "kind": "zz", "card": "ladder", "form": "csv"},
    {"type": "plant_file_wanted", "kind": "template", "language": "fr", "form": "xlsx"},
]


@pytest.mark.parametrize("message", UNKNOWN, ids=ascii)
def test_what_our_page_does_not_send_is_refused_and_nothing_fails(screen, caplog, message):
    with caplog.at_level(logging.ERROR, "waterplan.dashboard"):
        assert notice_after(screen, **message) == {"key": "notice_refused", "detail": ""}
    assert not caplog.records


@pytest.mark.parametrize("card", ["compare", "data", "rows", "map", "headline"])
def test_the_tables_of_our_page_come(screen, card):
    screen.seen.pop("file", None)
    screen.session.receive({"type": "table", "card": card, "of": "technology:mvr_evaporation", "form": "csv",
                            "dim": "technology", "label": "mvr_evaporation"})  # fmt: skip
    assert screen.settle("file")["file"] == f"waterplan-{card}.csv"


@pytest.mark.parametrize("kind", ["table", "report"])
def test_a_file_of_no_plant_is_answered_by_what_is_missing(screen, kind):
    told = notice_after(screen, type="plant_file_wanted", kind=kind, card="ladder", form="html")
    assert told["key"] == "plant_none"
    assert set(catalogue("benchmark_page")["plant_none"]) == {"en", "zh"}


def test_a_file_of_records_with_problems_says_so_in_the_language(screen):
    screen.session.state.language = "zh"
    screen.session.receive({"type": "plant_form", "form": {}})
    told = notice_after(screen, type="plant_file_wanted", kind="table", card="ladder", form="csv")
    assert told == {"key": "notice_refused", "detail": catalogue("benchmark_page")["plant_problems"]["zh"]}


def test_a_table_of_no_plan_is_answered_in_words(screen, caplog):
    screen.send("move", lever="saving_target", value=9000)
    with caplog.at_level(logging.ERROR, "waterplan.dashboard"):
        told = notice_after(screen, type="table", card="map", form="csv")
    assert told == {"key": "notice_refused", "detail": "No plan meets all limits"}
    assert not caplog.records


def test_what_fails_is_told_without_its_class(screen, monkeypatch, caplog):
    def broken(**_):
        raise IndexError

    monkeypatch.setattr(screen.session.answers.rows, "find", broken)
    assert notice_after(screen, type="rows", text="x") == {"key": "notice_failed", "detail": ""}
    assert "IndexError" in caplog.text
