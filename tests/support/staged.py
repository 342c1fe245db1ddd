"""Stages that start anywhere: random states of a study, and what the core is asked with from there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from waterplan.planning.core.kernel_arrays import fresh_answers
from waterplan.planning.model.decisions import Decisions, Duals
from waterplan.planning.model.fleets import with_groups
from waterplan.planning.model.flows import Flows, build_flows
from waterplan.planning.model.instance import Instance, input_values
from waterplan.planning.model.state import State, after_site, after_uses
from waterplan.planning.model.structure import Structure, build_structure, expand, pool_draw, totals
from waterplan.planning.planner.dictionaries import build_uses
from waterplan.planning.planner.kernel_input import Places, build_costs, build_pairs, sample_costs, sample_uses
from waterplan.planning.planner.lanes import Layout
from waterplan.planning.planner.light import Money, asked_of
from waterplan.study.scenario import Scenario

PERSPECTIVES = ("programme", "enterprise", "society")


def with_turnover(structure: Structure, flows: Flows, existing, built) -> Flows:
    """The flows where of what a pair withdraws at base-year efficiency some part is left, and another is built anew."""
    left = existing * flows.reference_withdrawal
    gross = left[structure.local_pair] * flows.use_flow[structure.local_use]
    new = built * flows.reference_withdrawal
    return replace(flows, existing_withdrawal=left, new_withdrawal=new, gross_flow=gross)


def some_decisions(random, structure: Structure, flows: Flows) -> Decisions:
    """Decisions within all limits; often all that is possible."""
    s, step = structure, np.zeros(len(structure.local_step))
    part = np.where(random.random(len(step)) < 0.3, 1.0, random.random(len(step))) * (random.random(len(step)) < 0.6)
    first = np.concatenate([[0], np.cumsum(np.diff(s.use_step_start)[s.local_use])])
    for local, use in enumerate(s.local_use):
        has, room = dict[int, float](), dict[int, float]()
        for n in range(first[local], first[local + 1]):
            at, to, app = (int(a[s.local_step[n]]) for a in (s.step_from, s.step_to, s.step_app))
            assert s.step_use[s.local_step[n]] == use
            for one in (at, to):
                has.setdefault(one, float(flows.start_share[one]))
            amount = part[n] * min(has[at], room.setdefault(app, float(flows.added_share[app])))
            has[at], has[to], room[app] = has[at] - amount, has[to] + amount, room[app] - amount
            step[n] = amount * flows.gross_flow[local]
    nothing = Decisions(step, np.zeros(len(s.pair_site)), np.zeros(len(s.pair_supply)))
    site = _within(random, s.pair_site_pair, flows.site_limit, flows.site_limit_together)
    left = replace(nothing, site_saving=site * after_uses(s, flows, nothing)[s.pair_site_pair])
    is_there = s.supply_available[s.supply_technology[s.pair_supply], s.pair_province[s.pair_supply_pair]]
    supply = _within(random, s.pair_supply_pair, flows.supply_limit * is_there, flows.alternative_share)
    supply = supply * after_site(s, flows, left)[s.pair_supply_pair]
    wanted, pool = pool_draw(s, supply), s.technology_pool[s.supply_technology[s.pair_supply]]
    held = np.divide(flows.pool_limit, wanted, out=np.ones_like(wanted), where=wanted > flows.pool_limit)
    held = np.where(pool >= 0, held[pool, s.pair_province[s.pair_supply_pair]], 1.0)
    return replace(left, supply=supply * held)


def _within(random, pair, limit, together):
    wanted = limit * np.where(random.random(len(limit)) < 0.4, 1.0, random.random(len(limit)))
    whole = totals(pair, wanted, len(together))
    return wanted * np.divide(together, whole, out=np.ones(len(together)), where=whole > together)[pair]


class Staged:
    """What the core is asked with by a random stage of a study: groups, turnover, two stages before, barriers, duals.

    store: whether the dictionaries of uses are walked along sample costs, or only the first is there.
    """

    def __init__(self, study, seed, store="full", perspective=None, groups=None, duals=True, **levers):
        self.random = random = np.random.default_rng(seed)
        given = {
            "saving_target": 0.0,
            "perspective": perspective or PERSPECTIVES[seed % 3],
            "discount_rate": random.uniform(0.02, 0.2),
            "water_tax": random.uniform(0, 4),
            "barrier_cost": random.uniform(0, 1),
            "scarcity_value": random.uniform(0, 2),
            "rollout_scale": random.uniform(0.5, 1.3),
            "alternative_share_max": random.uniform(0.2, 0.6),
            "count_alternative_supply": bool(random.integers(2)),
            "non_conventional_min": {name: random.uniform(0, 0.3) for name in study.provinces.index},
        }
        scenario = Scenario(levers=given | levers)
        values, resolved = input_values(study, scenario), scenario.resolve(study)
        origin = with_groups(build_structure(study), groups or int(random.integers(1, 4)))
        base = build_flows(origin, values, resolved, study.target_year - study.base_year)
        existing, built = random.uniform(0, 1, size=(2, len(origin.pair_fleet)))
        existing[random.random(len(existing)) < 0.1] = 0.0
        built[random.random(len(built)) < 0.3] = 0.0
        base = with_turnover(origin, base, existing, built)
        self.state, structure, flows = State.base(origin, base), origin, base
        for _ in range(2):
            decisions = some_decisions(random, structure, flows)
            self.state = self.state.after(structure, flows, decisions)
            self.fleets, flows = self.state.flows(base)
            structure = self.fleets.structure
        full = random.random(flows.pool_limit.shape) < 0.3
        flows = replace(flows, pool_limit=np.where(full, 0.0, random.random(full.shape) * flows.pool_limit))
        flows = replace(flows, barrier=random.uniform(0, 1, size=len(existing)))
        self.instance = i = Instance(study, scenario, structure, values, resolved, flows)
        self.structure, self.flows = structure, flows
        self.places = Places.of(structure)
        self.layout = Layout(self.places)
        self.duals = self._duals() if duals else Duals.zero(structure)
        self.pairs = build_pairs(self.places, flows, resolved)
        self.costs = build_costs(self.places, flows, i.own_prices, values, resolved, self.duals)
        if store == "full":
            self.uses = sample_uses(structure, flows, sample_costs(structure, self.costs))
        else:
            self.uses = build_uses(structure, flows, np.empty((0, len(structure.app_use))))
        self.lanes = self.layout.lanes(flows, values, resolved)
        self.money = Money.of(structure, values)
        self.asked = asked_of(structure, resolved, 0.0)
        self.asked = replace(self.asked, pool_surcharge=self.duals.pool)
        self.all = np.arange(len(self.pairs.start))
        self.nothing = np.zeros(len(self.all))

    def _duals(self):
        zero, random = Duals.zero(self.structure), self.random
        return replace(zero, pool=random.uniform(0, 2, size=zero.pool.shape))

    def with_all_duals(self):
        """The same, asked when a cut of withdrawal per value added and least shares of other sources have prices."""
        i, random = self.instance, self.random
        others = random.uniform(0, 2, size=len(self.structure.provinces))
        self.duals = replace(self.duals, value_added_cut=random.uniform(0, 2), non_conventional_min=others)
        self.costs = build_costs(self.places, i.flows, i.own_prices, i.values, i.levers, self.duals)
        return self

    def answers(self):
        """Answers that hold for no price yet."""
        return fresh_answers(self.pairs, self.costs, self.uses.entry_start[:-1][self.structure.local_use])

    def local_steps(self, pair):
        """The steps of a pair."""
        s = self.structure
        return np.flatnonzero(s.local_pair[s.local_step_local] == pair)

    def rows(self, start, pair):
        """The rows of a pair."""
        return expand(start, np.array([pair]))
