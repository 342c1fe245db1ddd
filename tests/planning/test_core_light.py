"""The light answer of the core, beside what plain Python, numpy and the core pair by pair make of the same question."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import numpy as np
import pytest
import twin_search
from twin_vertices import stored

from waterplan.planning.core.kernel_arrays import fresh_answers
from waterplan.planning.model.decisions import Duals
from waterplan.planning.model.instance import build_instance
from waterplan.planning.plan.deployment import use_saving_by_app
from waterplan.planning.plan.ledger import build_ledger
from waterplan.planning.planner.answer import ask
from waterplan.planning.planner.dictionaries import Vertices, build_uses
from waterplan.planning.planner.kept_coefficients import Coefficients
from waterplan.planning.planner.kernel_input import Places, build_costs, build_pairs, sample_costs, sample_uses
from waterplan.planning.planner.lanes import Layout
from waterplan.planning.planner.light import (
    BEST,
    FIGURES,
    FOUND,
    LOST,
    OUT_OF_REACH,
    PLAIN,
    SLACK,
    Accounts,
    Money,
    answer_runs,
    asked_of,
    decided,
)
from waterplan.planning.planner.light_plan import LightPart, LightPlan
from waterplan.study.scenario import Scenario

SEEDS = range(4)
INSTRUCTIONS = (PLAIN, 1, BEST)
CLOSE = {"rtol": 1e-11, "atol": 1e-11}


class Lighted:
    """What the core is asked with, for random levers of a study."""

    def __init__(self, study, seed, target=20.0, **more):
        self.random = random = np.random.default_rng(seed)
        levers = {
            "saving_target": target,
            "perspective": ("programme", "enterprise", "society")[seed % 3],
            "cost_accounting": ("water_share", "full_credit")[seed % 2],
            "discount_rate": (0.0, random.uniform(0.02, 0.2))[seed % 2],
            "hurdle_rate": random.uniform(0.02, 0.3),
            "electricity_price_scale": random.uniform(0.5, 2),
            "water_price_scale": random.uniform(0.5, 5),
            "carbon_price": random.uniform(0, 500),
            "water_tax": random.uniform(0, 4),
            "barrier_cost": random.uniform(0, 2),
            "scarcity_value": random.uniform(0, 5),
            "investment_subsidy": {name: random.uniform(0, 0.8) for name in study.sectors.index},
            "technology_cost_scale": {name: random.uniform(0.5, 2) for name in study.technologies.index},
            "rollout_scale": random.uniform(0.3, 1.3),
            "count_alternative_supply": bool(seed % 2),
        }
        i = self.instance = build_instance(study, Scenario(levers=levers, **more))
        self.places = Places.of(i.structure)
        self.layout = Layout(self.places)
        self.pairs = build_pairs(self.places, i.flows, i.levers)
        self.costs = build_costs(self.places, i.flows, i.own_prices, i.values, i.levers)
        self.uses = sample_uses(i.structure, i.flows, sample_costs(i.structure, self.costs))
        self.lanes = self.layout.lanes(i.flows, i.values, i.levers)
        self.money = Money.of(i.structure, i.values)
        self.asked = asked_of(i.structure, i.levers, i.wanted)
        self.all = np.arange(len(self.pairs.start))
        self.nothing = np.zeros(len(self.all))

    def answers(self):
        return fresh_answers(self.pairs, self.costs, self.uses.entry_start[:-1][self.instance.structure.local_use])

    def found(self, guess=1.0, instructions=BEST, wanted=False):
        """The accounts of the answer; what the store lacks joins it."""
        accounts = Accounts.blank(self.lanes, is_all_wanted=wanted)
        while True:
            lost = answer_runs(
                self.lanes, self.uses, self.money, self.asked, guess, accounts, instructions=instructions
            )
            if not lost.count:
                return accounts
            assert accounts.figure[0, 0] == LOST
            s, nothing = self.instance.structure, np.empty((0, len(self.instance.structure.app_use)))
            self.uses = build_uses(s, self.instance.flows, nothing, self.uses, lost)

    def plan(self, accounts):
        i = self.instance
        numbers = i.values, i.levers, i.flows, self.uses, self.lanes, self.money
        known = Coefficients("", self.layout, *numbers, np.empty((0, len(i.structure.app_use))))
        part = LightPart(1.0, self.asked, Duals.zero(i.structure), accounts)
        return LightPlan(self.layout, i, known, None, (part,))


@pytest.mark.parametrize("instructions", INSTRUCTIONS)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("study", ["tiny", "china"])
def test_lanes_answer_prices_of_their_own_as_the_core_does_pair_by_pair(study, seed, instructions, request):
    """Costs, credits, the order of site and supply technologies, and the choices at end uses: all stand in it."""
    it = Lighted(request.getfixturevalue(study), seed)
    it.found()
    lane_price = it.random.uniform(0, 12, size=len(it.layout.lane_pair))
    kernel = it.lanes, it.uses, it.money, it.asked
    told = decided(*kernel, lane_price, it.layout.lane_pair, it.pairs, it.answers(), instructions)
    one = it.answers()
    ask(it.all, 0.0, lane_price[it.layout.pair_lane], it.pairs, it.costs, it.uses, one)
    for name in ("counted", "cost", "share", "use_saving", "spent", "site_saving", "supply"):
        np.testing.assert_allclose(getattr(told, name), getattr(one, name), err_msg=name, **CLOSE)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("share", [-0.1, 0.3, 0.6, 0.95, 1.5])
def test_the_price_of_a_target_is_that_of_the_twin(tiny, seed, share):
    it = Lighted(tiny, seed)
    most, _, _ = ask(it.all, 1e4, it.nothing, it.pairs, it.costs, it.uses, it.answers())
    it = Lighted(tiny, seed, max(share * most, 0.0))
    kernel = it.pairs, it.costs, it.uses
    for guess in (0.0, 1.0, 30.0):
        three = [it.answers() for _ in range(3)]
        with np.errstate(all="ignore"):
            twin = twin_search.find_price(it.all, *kernel, it.nothing, max(share * most, 0.0), guess, 1.0, *three)
        figure = it.found(guess).figure[0]
        assert figure[0] == twin[0]
        assert twin[0] in ((SLACK,) if share < 0 else (OUT_OF_REACH,) if share > 1 else (FOUND, SLACK))
        if twin[0] == FOUND:
            assert figure[1] == pytest.approx(twin[1], rel=1e-12)
            assert figure[FIGURES.index("counted_saving")] == pytest.approx(share * most, rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("study", "target"), [("tiny", 60.0), ("china", 1500.0)])
def test_the_accounts_are_those_of_the_deployment(study, target, seed, request):
    it = Lighted(request.getfixturevalue(study), seed, target)
    accounts = it.found(wanted=True)
    plan, i = it.plan(accounts), it.instance
    ledger = build_ledger(i.structure, i.flows, i.values, i.levers, i.prices, plan.deployment)
    for field in fields(ledger):
        if not field.name.endswith("_of"):
            mine, its = getattr(plan.ledger, field.name), getattr(ledger, field.name)
            np.testing.assert_allclose(mine, its, rtol=1e-11, atol=1e-11 * ledger.gross_cost, err_msg=field.name)
    technologies, sectors, provinces = ledger.capacity.shape
    by_sector, powered = (array[0].reshape(technologies, sectors) for array in (accounts.capacity, accounts.powered))
    np.testing.assert_allclose(by_sector, ledger.capacity.sum(axis=2), **CLOSE)
    carbon = i.levers.carbon_price / 1000
    power = i.values["electricity_price"] * i.levers.electricity_price_scale + carbon * i.values["grid_emission_factor"]
    np.testing.assert_allclose(powered, ledger.capacity @ power, **CLOSE)
    placed = accounts.placed[0].reshape(technologies, provinces)
    np.testing.assert_allclose(placed, ledger.capacity.sum(axis=1), **CLOSE)
    s, d = i.structure, plan.deployment
    saved = np.bincount(s.app_technology[s.local_app], use_saving_by_app(s, i.flows, d), minlength=technologies)
    saved += np.bincount(s.site_technology[s.pair_site], d.site_saving, minlength=technologies)
    saved += np.bincount(s.supply_technology[s.pair_supply], d.supply, minlength=technologies)
    np.testing.assert_allclose(accounts.saved[0], saved, **CLOSE)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_set_of_instructions_finds_the_same_to_the_last_bit(china, seed):
    it = Lighted(china, seed, 1000.0)
    assert it.found().figure[0, 0] in (SLACK, FOUND)
    one, *others = (it.found(instructions=instructions, wanted=True) for instructions in INSTRUCTIONS)
    for other in others:
        for field in fields(one):
            np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name), field.name)


def test_threads_that_ask_at_the_same_time_are_answered_as_if_alone(china):
    asked = [Lighted(china, seed, 1500.0) for seed in SEEDS]
    alone = [it.found().figure for it in asked]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda it: it.found().figure, asked * 3))
    np.testing.assert_array_equal(together, alone * 3)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("more", [{}, {"exclude": ("cip_optimisation",)}])
def test_a_store_that_takes_over_bases_holds_the_vertices_that_numpy_solves_for(china, more, seed):
    """Basic variables are what the right-hand sides of the first dictionary make of them: B x = b. Where a technology
    is left out, end uses without it have their bases still, and their dictionaries are copied."""
    before, it = Lighted(china, seed), Lighted(china, seed + 10, **more)
    s = it.instance.structure
    nothing = np.empty((0, len(s.app_use)))
    uses = build_uses(s, it.instance.flows, nothing, before.uses)
    first = build_uses(s, it.instance.flows, nothing)
    assert len(uses.value) > 2 * len(first.value)
    assert (uses.dictionary is before.uses.dictionary) == (not more)
    for use in np.flatnonzero(np.diff(uses.app_start) > 1)[::7]:
        apps, moves, rows = np.diff(uses.app_start)[use], np.diff(uses.move_start)[use], uses.rows[use]
        table, _ = stored(first, use, first.entry_start[use])
        for entry in range(uses.entry_start[use], uses.entry_start[use + 1]):
            found, basis = stored(uses, use, entry)
            columns = np.hstack([table[:rows, :moves], np.eye(rows)])
            inverse = np.linalg.inv(columns[:, basis[:rows]])
            amount = inverse @ table[:rows, moves]
            assert (amount >= -1e-12).all()
            np.testing.assert_allclose(found[:rows, moves], amount, **CLOSE)
            np.testing.assert_allclose(found[:rows, :moves], inverse @ columns[:, basis[rows:]], **CLOSE)
            gain = np.hstack([-table[rows:, :moves], np.zeros((1 + apps, rows))])
            np.testing.assert_allclose(found[rows:, moves], gain[:, basis[:rows]] @ amount, **CLOSE)
            reduced = gain[:, basis[:rows]] @ found[:rows, :moves] - gain[:, basis[rows:]]
            np.testing.assert_allclose(found[rows:, :moves], reduced, **CLOSE)


def test_bases_that_join_a_store_stand_apart_and_are_brought_together_when_they_are_many(china):
    """All bases of a store with several technologies join one in which nobody moves."""
    it = Lighted(china, 0)
    s, flows, nothing = it.instance.structure, it.instance.flows, np.empty((0, len(it.instance.structure.app_use)))
    several, start = np.flatnonzero(np.diff(s.use_app_start) > 1), it.uses.entry_start
    lacked = [(use, entry) for use in several for entry in range(start[use] + 1, start[use + 1])]
    bases = [stored(it.uses, use, entry)[1] for use, entry in lacked]
    more = Vertices(np.array([use for use, _ in lacked]), np.concatenate(bases), len(lacked))
    first = build_uses(s, flows, nothing)
    joined = build_uses(s, flows, nothing, first, more)
    assert joined.dictionary is first.dictionary
    assert len(joined.late_basis) == len(more.basis)
    together = build_uses(s, flows, nothing, joined)
    assert len(together.late_basis) == 0
    for uses in (joined, together):
        for use in several:
            for entry in range(start[use], start[use + 1]):
                known, basis = stored(it.uses, use, entry)
                found, same = stored(uses, use, uses.entry_start[use] + entry - start[use])
                rows = uses.rows[use]
                assert set(same[:rows]) == set(basis[:rows])
                np.testing.assert_allclose(found[rows:, -1], known[rows:, -1], **CLOSE)
                np.testing.assert_allclose(found[:rows][np.argsort(same[:rows])][:, -1],
                                           known[:rows][np.argsort(basis[:rows])][:, -1], **CLOSE)  # fmt: skip
