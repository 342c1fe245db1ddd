"""The core from any start: a pair alone, pairs side by side, and the equations of a stage given to HiGHS."""

from dataclasses import fields, replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import twin_answers
import twin_store
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive_pair import NaivePair, best_within_pools
from staged import Staged
from twin_vertices import stored

from waterplan.planning.curve.pools import build_blocks, share_pools
from waterplan.planning.plan.ledger import build_ledger
from waterplan.planning.planner.answer import ask
from waterplan.planning.planner.dictionaries import build_uses
from waterplan.planning.planner.kept_coefficients import Coefficients
from waterplan.planning.planner.light import BEST, FIGURES, PLAIN, Accounts, answer_runs, decided
from waterplan.planning.planner.light_plan import LightPart, LightPlan
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


def plan_of(staged, accounts):
    """The decisions of every pair in a plan: each answers to two prices and mixes them."""
    lanes = staged.layout.pair_lane
    low, high = (answered(staged, price[lanes]) for price in (accounts.low, accounts.high))
    for pair, share in enumerate(accounts.share[lanes]):
        naive = NaivePair(staged, pair)
        ends = [decisions_of(pair, naive, *end) for end in (low, high)]
        yield naive, [(1.0 - share) * one + share * other for one, other in zip(*ends, strict=True)]


@settings(max_examples=15, **stable)
@given(seed=st.integers(0, 10_000), share=st.floats(0.05, 0.95))
def test_the_accounts_of_a_stage_are_differences_of_states(tiny, seed, share):
    """Saving by level, technology and place, what is drawn from pools, effluent, cost; and no plan costs less."""
    staged = Staged(tiny, seed)
    s, levers = staged.structure, staged.instance.levers
    most, _, _ = ask(staged.all, 1e4, staged.nothing, staged.pairs, staged.costs, staged.uses, staged.answers())
    accounts = found(staged, share * most)
    figure = dict(zip(FIGURES, accounts.figure[0], strict=False))
    saving, effluent = np.zeros_like(accounts.saving[0]), np.zeros_like(accounts.effluent[0])
    draw, saved, cost, counted = np.zeros_like(accounts.draw[0]), np.zeros(len(s.technologies)), 0.0, 0.0
    capacity, barrier = np.zeros(len(s.technologies)), 0.0
    for naive, decisions in plan_of(staged, accounts):
        sector, province = s.pair_sector[naive.pair], s.pair_province[naive.pair]
        told = naive.accounts(*decisions)
        saving[:, sector, province] += told["at_uses"], told["site"].sum(), told["sources"].sum()
        effluent[sector, province] += told["effluent"]
        np.add.at(saved, naive.site_technology, told["site"])
        np.add.at(saved, naive.source_technology, told["sources"])
        pooled = naive.pool >= 0
        np.add.at(draw, (naive.pool[pooled], province), told["sources"][pooled])
        counted, cost = counted + told["counted"], cost + naive.cost_of(*decisions)
        technology = s.app_technology[s.step_app[s.local_step[naive.steps]]]
        bought = np.zeros(len(s.technologies))
        for where, volume in ((technology, naive.added * decisions[0]), (naive.site_technology, decisions[1]),
                              (naive.source_technology, decisions[2])):  # fmt: skip
            np.add.at(bought, where, volume)
        capacity += bought
        barrier += (levers.barrier_cost + staged.flows.barrier[naive.pair]) * bought.sum()
    unit = {"rtol": 1e-10, "atol": 1e-9}
    np.testing.assert_allclose(accounts.saving[0], saving, **unit)
    np.testing.assert_allclose(accounts.effluent[0], effluent, **unit)
    np.testing.assert_allclose(accounts.draw[0], draw, **unit)
    beyond_uses = s.technology_level > 0
    np.testing.assert_allclose(accounts.saved[0][beyond_uses], saved[beyond_uses], **unit)
    assert accounts.saved[0].sum() == pytest.approx(saving.sum(), abs=1e-9)
    np.testing.assert_allclose(accounts.placed[0].reshape(len(capacity), -1).sum(axis=1), capacity, **unit)
    lines = accounts.figure[0][len(FIGURES) :].reshape(3, -1)
    assert lines[1, 4] == pytest.approx(barrier, abs=1e-9)
    assert figure["counted_saving"] == pytest.approx(counted, abs=1e-9)
    assert figure["counted_saving"] >= share * most - 1e-9
    whole = figure["objective"] + figure["tie_break"] + float((staged.duals.pool * draw).sum())
    assert whole == pytest.approx(cost, abs=1e-9 * (1 + figure["gross_cost"]))
    assert whole == pytest.approx(figure["bound"], abs=1e-9 * (1 + figure["gross_cost"]))
    for other in (found(staged, share * most, instructions) for instructions in INSTRUCTIONS):
        for field in fields(other):
            np.testing.assert_array_equal(getattr(other, field.name), getattr(accounts, field.name), field.name)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_accounts_of_a_stage_are_those_of_the_ledger(tiny, seed):
    staged = Staged(tiny, seed, duals=False)
    i = staged.instance
    numbers = i.values, i.levers, i.flows, staged.uses, staged.lanes, staged.money
    known = Coefficients("", staged.layout, *numbers, np.empty((0, len(staged.structure.app_use))))
    part = LightPart(1.0, staged.asked, staged.duals, found(staged, 5.0))
    plan = LightPlan(staged.layout, i, known, None, (part,))
    ledger = build_ledger(i.structure, i.flows, i.values, i.levers, i.prices, plan.deployment)
    for field in fields(ledger):
        if not field.name.endswith("_of"):
            mine, its = getattr(plan.ledger, field.name), getattr(ledger, field.name)
            np.testing.assert_allclose(mine, its, rtol=1e-11, atol=1e-11 * (1 + ledger.gross_cost), err_msg=field.name)


def levels(staged):
    s = staged.structure
    technologies = s.app_technology[s.local_app], s.site_technology[s.pair_site], s.supply_technology[s.pair_supply]
    numbers = (staged.random.uniform(0.5, 2, size=len(one)) for one in (*technologies, *technologies))
    return Levels(*technologies, *numbers)


@pytest.mark.parametrize("seed", range(12))
def test_every_price_of_the_walk_from_any_start_has_the_answers_of_both_sides(tiny, seed):
    staged = Staged(tiny, seed).with_all_duals()
    kernel = staged.pairs, staged.costs, staged.uses
    changes, start = walk_prices(staged.all, LOW, HIGH, *kernel, staged.answers(), levels(staged))
    for pair in staged.all:
        mine = changes[changes["pair"] == pair]
        prices = np.unique(np.append(mine["price"], 2 * HIGH))
        for before, after in zip(np.append(LOW, prices), prices, strict=False):
            if after - before <= 1e-6 * after:
                continue
            answers, middle = staged.answers(), (before + min(after, HIGH)) / 2
            ask(np.array([pair]), middle, staged.nothing, *kernel, answers)
            passed = mine[mine["price"] < middle]
            size = 1.0 + abs(answers.cost[pair])
            assert answers.counted[pair] == pytest.approx(start[pair, 0] + passed["counted"].sum(), abs=1e-9 * size)
            assert answers.cost[pair] == pytest.approx(start[pair, 1] + passed["cost"].sum(), abs=1e-9 * size)
        slope = np.divide(mine["cost"], mine["counted"])
        np.testing.assert_allclose(slope, mine["price"], rtol=1e-6, atol=1e-6)


def shared_by(staged):
    """The blocks of a stage that share pools, and what the core makes of them."""
    search = SimpleNamespace(places=staged.places, instance=staged.instance, pairs=staged.pairs, uses=staged.uses)
    kernel, its = (staged.pairs, staged.costs, staged.uses), levels(staged)
    changes, _ = walk_prices(staged.all, LOW, HIGH, *kernel, staged.answers(), its)
    blocks = build_blocks(search, changes)
    return blocks, share_pools(blocks, LOW, HIGH, search, staged.costs, staged.answers(), its, changes)


@settings(max_examples=25, **stable)
@given(seed=st.integers(0, 10_000))
def test_pairs_that_share_pools_from_any_start_earn_the_most_within_them(tiny, seed):
    """What is saved before a source leaves its pool to others, even where nothing else is left in it."""
    staged = Staged(tiny, seed, duals=False)
    blocks, told = shared_by(staged)
    for block in range(blocks.count):
        members = blocks.member[blocks.start[block] : blocks.start[block + 1]]
        mine = told.stretches[told.stretches["pair"] == block]
        border = max(told.border[block], LOW)
        for price in border + staged.random.uniform(0, 6, size=3):
            passed = mine[mine["price"] < price]
            counted, cost = (told.start[block, n] + passed[name].sum() for n, name in enumerate(("counted", "cost")))
            size = 1.0 + abs(cost) + price * abs(counted)
            best = best_within_pools(staged, members, price)
            assert price * counted - cost == pytest.approx(best, abs=1e-7 * size)


@pytest.mark.parametrize("seed", SEEDS)
def test_end_uses_that_start_from_the_same_shares_are_stored_once(tiny, seed):
    """And each has what it would have alone."""
    staged = Staged(tiny, seed, groups=3)
    s, flows = staged.structure, staged.flows
    flows = replace(flows, start_share=np.round(flows.start_share, 1), added_share=np.round(flows.added_share, 1))
    kappas = staged.random.uniform(0, 4, size=(3, len(staged.fleets.origin.app_use)))[:, staged.fleets.app]
    together, alone = build_uses(s, flows, kappas), twin_store.build_uses(s, flows, kappas)
    for name in ("rows", "move_start", "move_from", "move_to", "move_members", "entry_start"):
        np.testing.assert_array_equal(getattr(together, name), getattr(alone, name), name)
    for use in range(len(s.use_fleet)):
        for entry in range(*together.entry_start[use : use + 2]):
            for mine, its in zip(stored(together, use, entry), stored(alone, use, entry), strict=True):
                np.testing.assert_array_equal(mine, its)
    starts = {
        (
            s.use_product[use],
            s.use_end_use[use],
            flows.start_share[slice(*c)].tobytes(),
            flows.added_share[slice(*a)].tobytes(),
        )
        for use, (c, a) in enumerate(zip(pairwise(s.use_configuration_start), pairwise(s.use_app_start), strict=True))
    }
    assert len(starts) < len(s.use_fleet)
    assert len(np.unique(together.entry_value[together.entry_start[:-1]])) == len(starts)


# Mutants: every term that a start brings is missed where it is forgotten


@pytest.mark.parametrize("term", ["on_site", "replaced", "built", "start"])
def test_a_term_of_the_start_that_is_forgotten_is_caught(tiny, term):
    """By the core, or by the equations that it is held against."""
    caught = set()
    for seed in SEEDS:
        staged = Staged(tiny, seed).with_all_duals()
        prices = staged.random.uniform(0, 12, size=len(staged.all))
        right, _ = answered(staged, prices)
        gone = {"start": staged.flows.existing_withdrawal}.get(term, staged.nothing)
        staged.pairs = replace(staged.pairs, **{term: gone})
        wrong, _ = answered(staged, prices)
        for pair in staged.all:
            best, forgetful = (NaivePair(staged, pair, forgets).best(prices[pair]) for forgets in ((), (term,)))
            if abs(prices[pair] * right.counted[pair] - right.cost[pair] - forgetful) > 1e-6:
                caught.add("equations")
            if abs(prices[pair] * wrong.counted[pair] - wrong.cost[pair] - best) > 1e-6:
                caught.add("core")
    assert caught == {"equations", "core"}


def test_a_pool_that_forgets_what_it_gives_already_is_caught(tiny):
    """Some pools hold nothing more, and still something is drawn from them: as much as is left of what was."""
    most, full = 0.0, 0
    for seed in range(30):
        staged = Staged(tiny, seed, duals=False)
        blocks, told = shared_by(staged)
        full += int((blocks.bound < 1e-9).sum())
        staged.pairs = replace(staged.pairs, source_share=np.zeros(len(staged.pairs.source_share)))
        _, forgetful = shared_by(staged)
        if told.start.shape == forgetful.start.shape:
            most = max(most, float(np.abs(told.start - forgetful.start).max(initial=0.0)))
    assert full > 3
    assert most > 1e-3


@pytest.mark.parametrize("term", ["on_site", "replaced", "built", "start"])
def test_a_term_of_the_start_that_lanes_forget_is_caught(tiny, term):
    differs = 0.0
    for seed in SEEDS:
        staged = Staged(tiny, seed)
        lane_price = staged.random.uniform(0, 12, size=len(staged.layout.lane_pair))
        right, _ = answered(staged, lane_price[staged.layout.pair_lane])
        gone = np.ones if term == "start" else np.zeros
        staged.lanes = replace(staged.lanes, **{term: gone(len(getattr(staged.lanes, term)))})
        kernel = staged.lanes, staged.uses, staged.money, staged.asked, lane_price, staged.layout.lane_pair
        told = decided(*kernel, staged.pairs, staged.answers())
        differs = max(differs, float(np.abs(told.counted - right.counted).max()))
    assert differs > 1e-3
