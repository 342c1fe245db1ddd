"""Pairs that share pools: their part of the curve against a twin that leaves the prices of pools to HiGHS."""

import numpy as np
import pytest
from twin_pools import PooledBlock

from waterplan.planning.core.kernel_arrays import fresh_answers
from waterplan.planning.curve.breakpoints import LOWEST, levels_of
from waterplan.planning.curve.pools import build_blocks, share_pools
from waterplan.planning.planner.walk import walk_prices
from waterplan.study.scenario import Scenario, open_scenario

HIGH = 1e4
DEAR_WATER = {"saving_target": 0, "perspective": "enterprise", "barrier_cost": 1, "water_price_scale": 2}
CASES = [  # scenario, provinces: one pool, two and three
    ("reference", ("jiangsu", "hubei", "guangxi")),
    ("bulletin_basis", ("jiangsu",)),
    ("dear_water", None),
]


def asked(name):
    return Scenario(levers=DEAR_WATER) if name == "dear_water" else open_scenario(name)


class Shared:
    """The blocks of a scenario, and the core's part of the curve of each."""

    def __init__(self, planner, scenario):
        search = self.search = planner.search(scenario)
        s, self.costs = search.places.structure, search.costs()
        answers = fresh_answers(search.pairs, self.costs, search.uses.entry_start[:-1][s.local_use])
        levels = levels_of(search)
        kernel = search.pairs, self.costs, search.uses, answers, levels
        self.changes, _ = walk_prices(search.all, LOWEST, HIGH, *kernel)
        self.blocks = build_blocks(search, self.changes)
        self.told = share_pools(self.blocks, LOWEST, HIGH, search, self.costs, answers, levels, self.changes)

    def members(self, block):
        return self.blocks.member[self.blocks.start[block] : self.blocks.start[block + 1]]

    def province(self, block):
        return int(self.search.places.structure.pair_province[self.members(block)[0]])

    def places(self, block):
        """Pool and province of each place of a block."""
        s, blocks = self.search.places.structure, self.blocks
        rows = np.flatnonzero(np.isin(s.pair_supply_pair, self.members(block)) & (blocks.place >= 0))
        pool = s.technology_pool[s.supply_technology[s.pair_supply]]
        named = {int(blocks.place[row]): (int(pool[row]), self.province(block)) for row in rows}
        return [named[n] for n in range(len(named))]

    def twin(self, block):
        s = self.search.places.structure
        answers = fresh_answers(self.search.pairs, self.costs, self.search.uses.entry_start[:-1][s.local_use])
        return PooledBlock(self.search, self.costs, answers, self.members(block), self.places(block))


def compare(shared, block):
    """The same end of the free part, and the same least cost and investment at every breakpoint of the twin."""
    twin = shared.twin(block)
    mine = np.isin(shared.changes["pair"], shared.members(block))
    border = twin.last_price_within(np.sort(shared.changes["price"][mine]))
    assert shared.told.border[block] == pytest.approx(border, rel=1e-12)
    points = twin.points(max(border, LOWEST), HIGH)
    stretches = shared.told.stretches[shared.told.stretches["pair"] == block]
    start = shared.told.start[block]
    counted, cost, investment = (
        first + np.append(0.0, np.cumsum(stretches[name]))
        for first, name in zip(start, ("counted", "cost", "investment"), strict=True)
    )
    assert (np.diff(stretches["price"]) >= -1e-9).all()
    for point in points:
        assert np.interp(point.counted, counted, cost) == pytest.approx(point.cost, rel=1e-9, abs=1e-8)
        assert np.interp(point.counted, counted, investment) == pytest.approx(point.investment, rel=1e-6, abs=1e-6)
    assert counted[-1] == pytest.approx(points[-1].counted, rel=1e-9)
    return len(points)


@pytest.mark.parametrize(("name", "provinces"), CASES)
def test_blocks_cost_the_least_within_their_pools(name, provinces, planner_of_china):
    shared = Shared(planner_of_china, asked(name))
    known = planner_of_china.structure.provinces
    met = 0
    for block in range(shared.blocks.count):
        if provinces is None or known[shared.province(block)] in provinces:
            met += compare(shared, block)
    assert met > 10


def test_a_pool_that_holds_nothing_is_drawn_from_by_nobody(planner_of_china):
    """Then no price of the pool is right or wrong: it is closed, and the block is the sum of its members without it."""
    study = planner_of_china.study
    rows = study.values["supply_potential"]
    province = "jiangsu"
    emptied = study.values.copy()
    emptied["supply_potential"] = rows.where(rows["province"] != province, 0.0).where(rows.notnull())
    planner = planner_of_china.with_values({str(name): array.values for name, array in emptied.data_vars.items()})
    shared = Shared(planner, Scenario())
    block = next(n for n in range(shared.blocks.count) if planner.structure.provinces[shared.province(n)] == province)
    assert shared.told.border[block] > 0.0
    assert compare(shared, block) > 3


@pytest.mark.parametrize("name", ["bulletin_basis", "reference"])
def test_blocks_are_the_pairs_that_reach_for_an_overdrawn_pool(name, planner_of_china):
    shared = Shared(planner_of_china, asked(name))
    search, blocks = shared.search, shared.blocks
    s, flows = search.places.structure, search.instance.flows
    wanted = {}
    for row, pair in enumerate(s.pair_supply_pair):
        pool, province = s.technology_pool[s.supply_technology[s.pair_supply[row]]], s.pair_province[pair]
        share = min(search.pairs.supply_limit[row], flows.alternative_share[pair])
        wanted.setdefault((province, pool), []).append((pair, share * flows.reference_withdrawal[pair]))
    members = {
        int(pair)
        for (province, pool), asked in wanted.items()
        if pool >= 0 and sum(volume for _, volume in asked) > flows.pool_limit[pool, province] * (1 + 1e-12)
        for pair, volume in asked
        if volume > 0
    }
    assert set(blocks.member.tolist()) == members
    assert len(blocks.member) == len(members)
    for block in range(blocks.count):
        assert len({int(s.pair_province[pair]) for pair in shared.members(block)}) == 1
        for n, (pool, province) in enumerate(shared.places(block)):
            assert blocks.bound[blocks.place_start[block] + n] == flows.pool_limit[pool, province]
