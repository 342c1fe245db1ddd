"""The core from any start: a pair alone, pairs side by side, and the equations of a stage given to HiGHS."""

from dataclasses import fields, replace

import numpy as np
import pytest
import twin_answers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive_pair import NaivePair
from staged import Staged

from waterplan.planning.planner.answer import ask
from waterplan.planning.planner.light import BEST, FIGURES, PLAIN, Accounts, answer_runs, decided
from waterplan.planning.planner.steps import steps_of
from waterplan.planning.planner.walk import Levels, walk_prices

SEEDS = range(6)
INSTRUCTIONS = (PLAIN, 1, BEST)
CLOSE = {"rtol": 1e-11, "atol": 1e-11}
LOW, HIGH = 1e-9, 1e3
stable = {"derandomize": True, "deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


def answered(staged, prices):
    """The answers of all pairs to prices [pair], and the steps that their plants take."""
    answers = staged.answers()
    ask(staged.all, 0.0, prices, staged.pairs, staged.costs, staged.uses, answers)
    weight = np.ones(len(staged.all))
    steps = steps_of(staged.structure, staged.pairs, staged.uses, answers, staged.costs, weight)
    return answers, steps


def decisions_of(pair, naive, answers, steps):
    return steps[naive.steps], answers.site_saving[naive.sites], answers.supply[naive.sources]


@settings(max_examples=25, **stable)
@given(seed=st.integers(0, 10_000), store=st.sampled_from(("full", "single")))
def test_a_pair_earns_from_any_start_what_the_equations_of_a_stage_allow(tiny, seed, store):
    staged = Staged(tiny, seed, store).with_all_duals()
    prices = staged.random.uniform(-1, 12, size=len(staged.all))
    answers, steps = answered(staged, prices)
    for pair in staged.all:
        naive = NaivePair(staged, pair)
        own = decisions_of(pair, naive, answers, steps)
        told = naive.accounts(*own)
        size = 1.0 + abs(answers.cost[pair]) + abs(prices[pair] * answers.counted[pair])
        assert naive.excess(*own) <= 1e-9
        assert min(np.min(one, initial=0.0) for one in own) >= 0.0
        assert answers.counted[pair] == pytest.approx(told["counted"], abs=1e-9)
        assert answers.cost[pair] == pytest.approx(naive.cost_of(*own), abs=1e-9 * size)
        profit = prices[pair] * answers.counted[pair] - answers.cost[pair]
        assert profit == pytest.approx(naive.best(prices[pair]), abs=1e-7 * size)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("store", ["full", "single"])
def test_the_core_and_its_twin_answer_from_any_start_to_the_last_bit(tiny, seed, store):
    staged = Staged(tiny, seed, store).with_all_duals()
    one, other = staged.answers(), staged.answers()
    for price in staged.random.uniform(-1, 12, size=5):
        extra = staged.random.uniform(0, 0.5, size=len(staged.all))
        kernel = staged.pairs, staged.costs, staged.uses
        told = ask(staged.all, price, extra, *kernel, one)
        assert told == twin_answers.ask(staged.all, price, extra, *kernel, other)
        for field in fields(one):
            np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name), field.name)


@settings(max_examples=25, **stable)
@given(seed=st.integers(0, 10_000))
def test_lanes_answer_from_any_start_as_the_core_does_pair_by_pair(tiny, seed):
    staged = Staged(tiny, seed)
    lane_price = staged.random.uniform(-1, 12, size=len(staged.layout.lane_pair))
    one, _ = answered(staged, lane_price[staged.layout.pair_lane])
    kernel = staged.lanes, staged.uses, staged.money, staged.asked, lane_price, staged.layout.lane_pair, staged.pairs
    first, *others = (decided(*kernel, staged.answers(), instructions) for instructions in INSTRUCTIONS)
    for name in ("counted", "cost", "share", "use_saving", "spent", "site_saving", "supply"):
        np.testing.assert_allclose(getattr(first, name), getattr(one, name), err_msg=name, **CLOSE)
    for other in others:
        for field in fields(first):
            np.testing.assert_array_equal(getattr(other, field.name), getattr(first, field.name), field.name)


def found(staged, target, instructions=BEST):
    """The accounts of the plan that reaches a target, the store being full."""
    accounts = Accounts.blank(staged.lanes, is_all_wanted=True)
    lever = staged.asked.lever.copy()
    lever[0] = target
    kernel = staged.lanes, staged.uses, staged.money, replace(staged.asked, lever=lever)
    lost = answer_runs(*kernel, 1.0, accounts, instructions=instructions)
    assert not lost.count
    return accounts
