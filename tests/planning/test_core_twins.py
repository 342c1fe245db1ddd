"""The core and its twin in plain Python answer the same to the last bit, whatever is asked."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import numpy as np
import pytest
import twin_answers
import twin_store
import twin_walk

from waterplan.planning.core.kernel_arrays import fresh_answers
from waterplan.planning.model.instance import build_instance
from waterplan.planning.planner.answer import ask
from waterplan.planning.planner.dictionaries import build_uses
from waterplan.planning.planner.kernel_input import Places, build_costs, build_pairs, sample_costs, sample_uses
from waterplan.planning.planner.steps import steps_of
from waterplan.planning.planner.walk import Levels, walk_prices
from waterplan.study.scenario import Scenario

SEEDS = range(4)
LOW, HIGH, CLOSE = 1e-9, 1e4, 1e-6
STORES = ("full", "single")  # from a single dictionary most choices are found by pivoting


class Asked:
    """What the core is asked with, for random levers of a study."""

    def __init__(self, study, seed, store="full"):
        self.random = np.random.default_rng(seed)
        levers = {
            "discount_rate": self.random.uniform(0.02, 0.2),
            "water_tax": self.random.uniform(0, 4),
            "rollout_scale": self.random.uniform(0.3, 1.5),
            "perspective": ("programme", "enterprise", "society")[seed % 3],
            "count_alternative_supply": bool(seed % 2),
        }
        i = self.instance = build_instance(study, Scenario(levers=levers))
        self.structure = i.structure
        places = Places.of(i.structure)
        self.pairs = build_pairs(places, i.flows, i.levers)
        self.costs = build_costs(places, i.flows, i.own_prices, i.values, i.levers)
        if store == "full":
            self.uses = sample_uses(i.structure, i.flows, sample_costs(i.structure, self.costs))
        else:
            self.uses = build_uses(i.structure, i.flows, np.empty((0, len(i.structure.app_use))))
        self.all = np.arange(len(self.pairs.start))

    def answers(self):
        return fresh_answers(self.pairs, self.costs, self.uses.entry_start[:-1][self.structure.local_use])

    def make_costs_equal(self):
        """Rounds costs, so that many of them are equal: what stands first is then taken first."""
        rounded = {name: np.round(getattr(self.costs, name)) for name in ("app", "site", "supply")}
        self.costs = replace(self.costs, **rounded)

    def some(self, most):
        return np.sort(self.random.permutation(self.all)[:most])

    def levels(self):
        s = self.structure
        technologies = s.app_technology[s.local_app], s.site_technology[s.pair_site], s.supply_technology[s.pair_supply]
        numbers = (self.random.uniform(0.5, 2, size=len(one)) for one in (*technologies, *technologies))
        return Levels(*technologies, *numbers)


def same(one, other):
    for field in fields(one):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name), field.name)


def python(function, *arguments):
    with np.errstate(all="ignore"):  # as in C, what is divided by nothing is infinite
        return function(*arguments)


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("study", ["tiny", "china"])
def test_answers_to_prices_one_after_the_other(study, seed, store, request):
    asked = Asked(request.getfixturevalue(study), seed, store)
    members, kernel = asked.some(12), (asked.pairs, asked.costs, asked.uses)
    one, other = asked.answers(), asked.answers()
    for price in asked.random.uniform(-1, 12, size=6):
        extra = asked.random.uniform(0, 0.5, size=len(asked.all))
        told = ask(members, price, extra, *kernel, one)
        assert told == python(twin_answers.ask, members, price, extra, *kernel, other)
        same(one, other)


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("costs", ["apart", "equal"])
@pytest.mark.parametrize(("study", "most"), [("tiny", 100), ("china", 6)])
@pytest.mark.parametrize("seed", SEEDS)
def test_all_prices_at_which_answers_change(study, most, seed, costs, store, request):
    """Found in two ways; prices that are equal to a millionth may be told as one price or as two."""
    asked = Asked(request.getfixturevalue(study), seed, store)
    if costs == "equal":
        asked.make_costs_equal()
    members, levels = asked.some(most), asked.levels()
    kernel = asked.pairs, asked.costs, asked.uses
    changes, start = walk_prices(members, LOW, HIGH, *kernel, asked.answers(), levels)
    assert len(changes) > len(members)
    np.testing.assert_array_equal(np.lexsort((changes["price"], changes["pair"])), np.arange(len(changes)))
    twin = twin_walk.Walk(*kernel, asked.answers(), levels)
    for i in members:
        mine, its = changes[changes["pair"] == i], python(twin.changes, i, LOW, HIGH)
        assert start[i] == pytest.approx(python(twin.start, i, LOW), rel=1e-9, abs=1e-9)
        prices = np.array([one.price for one in its])
        ends = np.append(prices, 2 * HIGH)
        for n in np.flatnonzero(np.diff(ends) > CLOSE * ends[:-1]):
            told = mine[mine["price"] < (ends[n] + ends[n + 1]) / 2]
            for name in ("counted", "cost", "investment"):
                whole = sum(getattr(one, name) for one in its[: n + 1])
                assert told[name].sum() == pytest.approx(whole, rel=1e-9, abs=1e-9), name
            assert told["price"][-1] == pytest.approx(prices[n], rel=CLOSE)
            is_alone = len(told) == 1 or told["price"][-2] < told["price"][-1] * (1 - CLOSE)
            if is_alone and max(its[n].grown.values()) > 1e-9:
                grown = its[n].grown
                assert grown[told["technology"][-1]] == pytest.approx(max(grown.values()), rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_store_of_dictionaries(tiny, seed):
    asked = Asked(tiny, seed)
    s, flows = asked.structure, asked.instance.flows
    for samples in (0, 1, 9):
        kappas = asked.random.uniform(-0.5, 4, size=(samples, len(s.app_use)))
        same(build_uses(s, flows, kappas), twin_store.build_uses(s, flows, kappas))


def test_the_store_of_dictionaries_of_the_shipped_study(china):
    asked = Asked(china, 0)
    s, flows = asked.structure, asked.instance.flows
    kappas = asked.random.uniform(0, 4, size=(1, len(s.app_use)))
    same(build_uses(s, flows, kappas), twin_store.build_uses(s, flows, kappas))


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize(("study", "most"), [("tiny", 100), ("china", 20)])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_steps_of_plants(study, most, seed, store, request):
    asked = Asked(request.getfixturevalue(study), seed, store)
    answers, weight = asked.answers(), np.zeros(len(asked.all))
    ask(asked.all, 2.0, np.zeros(len(asked.all)), asked.pairs, asked.costs, asked.uses, answers)
    weight[asked.some(most)] = asked.random.uniform()
    kernel = asked.structure, asked.pairs, asked.uses, answers, asked.costs, weight
    told = steps_of(*kernel)
    assert told.any()
    np.testing.assert_array_equal(told, twin_store.steps_of(*kernel))


def test_threads_that_ask_at_the_same_time_are_answered_as_if_alone(china):
    asked = Asked(china, 0)
    extra, kernel = np.zeros(len(asked.all)), (asked.pairs, asked.costs, asked.uses)

    def answered(price):
        answers = asked.answers()
        ask(asked.all, price, extra, *kernel, answers)
        return answers

    prices = np.linspace(0.1, 6, 24)
    with ThreadPoolExecutor(4) as threads:
        for together, price in zip(threads.map(answered, prices), prices, strict=True):
            same(together, answered(price))


# Mutants: the twins tell apart what the laws of a plan tell apart only now and then


def test_a_core_that_skips_the_last_check_would_be_told_from_its_twin(tiny):
    """With reduced profits of nothing, no stored choice is ever seen to be bettered."""
    asked = Asked(tiny, 0, "single")
    blind = replace(asked.uses, reduced=np.zeros_like(asked.uses.reduced))
    kernel, nothing = (asked.pairs, asked.costs), np.zeros(len(asked.all))
    values = [ask(asked.all, 6.0, nothing, *kernel, uses, asked.answers())[2] for uses in (asked.uses, blind)]
    assert values[1] < values[0] - 1e-3
