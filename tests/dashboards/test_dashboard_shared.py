"""What visitors share is made once, however many ask at the same moment, and holds up nobody who asks for less."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("panel")

from dashboards import answers as answering
from dashboards import stores as storing
from dashboards.answers import Answers
from dashboards.stores import Stores
from waterplan import Scenario

THREADS = 6


def at_once(act):
    """What several threads get that do the same at the same moment."""
    start = threading.Barrier(THREADS)

    def one(_number):
        start.wait(30)
        return act()

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(one, range(THREADS)))


class Counted:
    """Something that takes a while, and of what it was done."""

    def __init__(self, work):
        self.work, self.done = work, []

    def __call__(self, *words, **named):
        self.done.append(str(words))
        time.sleep(0.1)
        return self.work(*words, **named)


@pytest.fixture
def shared(planner):
    made = Answers(planner)
    yield made
    made.close()


def test_six_who_ask_for_one_cold_curve_have_it_worked_out_once(shared, monkeypatch):
    traced = Counted(answering.curve.trace)
    monkeypatch.setattr(answering.curve, "trace", traced)
    scenario = Scenario(levers={"saving_target": 60})
    found = at_once(lambda: (shared.curve(scenario), shared.curve_points(scenario)))
    assert len(traced.done) == 1
    assert {(id(curve), id(points)) for curve, points in found} == {(id(found[0][0]), id(found[0][1]))}


def test_six_who_ask_for_one_plan_its_words_and_its_reasons_have_nothing_solved_twice(shared, monkeypatch):
    solved = Counted(shared.planner.solve)
    monkeypatch.setattr(shared.planner, "solve", solved)
    scenario = Scenario(levers={"saving_target": 61})
    found = at_once(
        lambda: (shared.plan(scenario), shared.words(scenario)["digest"], shared.reasons(scenario)["digest"])
    )
    assert len(solved.done) == len(set(solved.done)) > 1, "this plan and those that its words compare it with"
    assert len({id(answer) for answer, *_ in found}) == 1


@pytest.fixture
def stores(tmp_path, monkeypatch):
    """Two stores that take a while to open, the first until it is let go."""
    opened, goes_on = [], threading.Event()

    def open_runs(path):
        opened.append(path.name)
        if path.name == "slow":
            goes_on.wait(30)
        time.sleep(0.05)
        return object()

    for name in ("slow", "other"):
        (tmp_path / name / "done").mkdir(parents=True)
    monkeypatch.setattr(storing.waterplan, "open_runs", open_runs)
    return Stores(tmp_path), opened, goes_on


def test_six_who_look_at_one_store_have_it_opened_once(stores):
    found, opened, _ = stores
    assert len({id(one) for one in at_once(lambda: found.open("other", ["other"]))}) == 1
    assert opened == ["other"]


def test_a_store_that_takes_long_to_open_does_not_hold_up_another(stores):
    found, opened, goes_on = stores
    with ThreadPoolExecutor(1) as thread:
        slow = thread.submit(found.open, "slow", ["slow"])
        while "slow" not in opened:
            time.sleep(0.01)
        with ThreadPoolExecutor(1) as other:
            assert other.submit(found.open, "other", ["other"]).result(10) is not None
        goes_on.set()
        assert slow.result(30) is not None
