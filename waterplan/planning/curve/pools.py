"""Pairs that share pools of alternative water: their part of the cost curve once a pool is used up (core/pools.cpp)."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np

from waterplan.base.errors import SolverError
from waterplan.base.messages import Message
from waterplan.planning.core.kernel_arrays import Answers, Costs, Handed
from waterplan.planning.core.library import Column, call, taken
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index, pool_draw
from waterplan.planning.planner.search import Search
from waterplan.planning.planner.walk import CHANGE, NOT_ENDED, Changes, Levels


@dataclass(frozen=True)
class Blocks(Handed):
    """Blocks of pairs, each those of a province that reach for the same pools.

    member [packed by block]: pairs; bound [packed by block]: what each of its pools holds [hm3/a]; place [pair supply]:
    which of the pools of its block a row draws from, -1 for none of them; change_start [pair]: where the changes of a
    pair stand.
    """

    start: Index
    member: Index
    place_start: Index
    bound: Array
    place: Index
    change_start: Index
    count: int
    technologies: int

    def block_of(self, pairs: int) -> Index:
        """The block of each pair, -1 where it is in none."""
        block = np.full(pairs, -1)
        block[self.member] = np.repeat(np.arange(self.count), np.diff(self.start))
        return block


@dataclass(frozen=True)
class Shared:
    """What blocks do beyond the price up to which no pool of theirs is overdrawn: ``border`` [block, CNY/m3], nought
    where one is from the start; start [block, 3]: what they save, cost and invest there; their stretches.

    apart [block, CNY/m3]: the price up to which none is even if each member has a price of its own.
    """

    border: Array
    apart: Array
    start: Array
    stretches: Changes


def build_blocks(search: Search, changes: Changes) -> Blocks:
    """The blocks of all provinces in which a pool could be overdrawn at some price."""
    s, flows = search.places.structure, search.instance.flows
    over = _reaching(search)
    pool, province = s.technology_pool[s.supply_technology[s.pair_supply]], s.pair_province[s.pair_supply_pair]
    over_there = over.T.reshape(-1)  # by province, then pool
    place = np.cumsum(over_there) - 1
    first = np.concatenate([[0], np.cumsum(over.sum(axis=0))])
    reaches = (pool >= 0) & (over[pool, province] if len(s.pools) else False)
    number = place[np.where(reaches, province * len(s.pools) + pool, 0)] - first[province] if over.any() else province
    draws = (search.pairs.supply_limit > 0) | (search.pairs.source_share > 0)
    pairs = np.unique(s.pair_supply_pair[reaches & draws])
    pairs = pairs[np.argsort(s.pair_province[pairs], kind="stable")]
    provinces, size = np.unique(s.pair_province[pairs], return_counts=True)
    return Blocks(
        start=np.concatenate([[0], np.cumsum(size)]),
        member=pairs,
        place_start=np.concatenate([[0], np.cumsum(over.sum(axis=0)[provinces])]),
        bound=np.ascontiguousarray(flows.pool_limit.T[over.T & np.isin(np.arange(len(over.T)), provinces)[:, None]]),
        place=np.where(reaches, number, -1),
        change_start=np.searchsorted(changes["pair"], np.arange(len(s.pair_product) + 1)),
        count=len(provinces),
        technologies=len(s.technologies),
    )


def _reaching(search: Search) -> np.ndarray:
    """Pools that could be overdrawn at some price: those that the largest wishes of all their sites exceed."""
    s, flows = search.places.structure, search.instance.flows
    at_most = flows.after_site(s)[s.pair_supply_pair]
    wish = np.minimum(search.pairs.supply_limit, flows.alternative_share[s.pair_supply_pair]) * at_most
    return np.asarray(pool_draw(s, wish) > flows.pool_limit * (1 + 1e-12))


def share_pools(
    blocks: Blocks,
    low: float,
    high: float,
    search: Search,
    costs: Costs,
    answers: Answers,
    levels: Levels,
    changes: Changes,
) -> Shared:
    """The part of the curve of each block beyond the price up to which nothing is paid for its pools."""
    border, start, column = np.zeros((blocks.count, 2)), np.zeros((blocks.count, 3)), Column()
    kernel = search.pairs, costs, search.uses, answers, levels
    status = call(
        "pools", blocks, low, high, *kernel, changes.ctypes.data, len(costs.supply), border, start,
        ctypes.byref(column),
    )  # fmt: skip
    if status == NOT_ENDED:
        raise SolverError(Message("planner_errors.walk"))
    return Shared(border[:, 0], border[:, 1], start, taken(column, CHANGE))
