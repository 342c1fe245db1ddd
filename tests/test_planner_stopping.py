"""Requests that are not wanted any more end, say why, and leave nothing behind."""

import threading

import pytest

from waterplan.errors import StoppedError
from waterplan.planner.planner import Latest
from waterplan.scenario import Scenario


def question(**levers):
    return Scenario.from_mapping({"title": "test", "levers": {"saving_target": 60, **levers}})


def test_a_search_without_time_says_so(planner):
    with pytest.raises(StoppedError, match="Give it more time"):
        planner.solve(question(), time_limit=0.0)


def test_a_cancelled_search_says_so_and_the_next_one_is_whole(planner):
    with pytest.raises(StoppedError, match="newer request"):
        planner.solve(question(), cancelled=lambda: True)
    assert planner.solve(question()).ledger.counted_saving == pytest.approx(60)


def test_a_search_with_many_limits_is_stopped_between_two_questions(planner):
    asked = []

    def enough():
        asked.append(True)
        return len(asked) > 3

    with pytest.raises(StoppedError):
        planner.solve(question(sector_floor=0.12, province_floor=0.1), cancelled=enough)
    assert len(asked) == 4


def test_a_newer_request_takes_the_place_of_the_older(planner):
    latest = Latest(planner)
    waits, may_go_on = threading.Event(), threading.Event()
    solve, told = planner.solve, []

    def slow(scenario, guess, time_limit, cancelled):
        if scenario.levers["saving_target"] == 50:
            waits.set()
            may_go_on.wait(10)
        return solve(scenario, guess, time_limit, cancelled)

    planner.solve = slow

    def older():
        try:
            latest.solve(question(saving_target=50))
        except StoppedError as error:
            told.append(str(error))

    thread = threading.Thread(target=older)
    thread.start()
    waits.wait(10)
    newer = latest.solve(question(saving_target=70))
    may_go_on.set()
    thread.join(10)
    del planner.solve
    assert told == ["A newer request took the place of this one."]
    assert newer.ledger.counted_saving == pytest.approx(70)
