"""Requests that are not wanted any more end, say why, and leave nothing behind."""

import math
import subprocess
import sys

import numpy as np
import pytest
from conftest import TINY

from waterplan.base.errors import SolverError, StoppedError
from waterplan.study.scenario import Scenario

GUESSES = """
import sys
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Scenario
from waterplan.study.study import Study

planner = Planner(Study.read(sys.argv[1]))
for guess in map(float, sys.argv[3:]):
    print(planner.solve(Scenario(levers={"saving_target": float(sys.argv[2])}), guess).ledger.objective)
"""


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


@pytest.mark.parametrize("target", [0.0, 60.0])
def test_a_guess_that_no_price_can_be_changes_nothing_and_never_hangs(planner, target):
    """In a process of its own, since nothing inside stops compiled code that does not end."""
    guesses = ["nan", "-5", "-inf", "inf", "1e308", "0"]
    call = [sys.executable, "-c", GUESSES, str(TINY), str(target), *guesses]
    done = subprocess.run(call, capture_output=True, text=True, timeout=300, check=True)
    cost = planner.solve(question(saving_target=target)).ledger.objective
    assert [float(line) for line in done.stdout.split()] == pytest.approx([cost] * len(guesses), rel=1e-9, abs=1e-9)


def test_no_loop_goes_on_for_ever_from_a_price_that_is_no_number(planner):
    search = planner.search(question())
    with pytest.raises(SolverError, match="did not end"):
        search.run(math.nan)


@pytest.mark.parametrize("guess", [None, "dear", "1.5", [1.0, 2.0], 1j, 10**400])
def test_a_guess_that_is_no_number_is_refused_in_words(planner, guess):
    with pytest.raises(ValueError, match="allowed: a number, a shadow price"):
        planner.solve(question(), guess)


@pytest.mark.parametrize("guess", [2, True, np.float32(2), np.int64(2)])
def test_a_guess_of_another_type_is_the_number_that_it_stands_for(planner, guess):
    assert (
        planner.solve(question(), guess).duals.shadow_price
        == planner.solve(question(), float(guess)).duals.shadow_price
    )
