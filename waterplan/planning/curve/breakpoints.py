"""The saving cost curve as arrays: the optimum over all targets, every breakpoint exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterplan.planning.core.kernel_arrays import fresh_answers
from waterplan.planning.curve.pools import Blocks, build_blocks, share_pools
from waterplan.planning.curve.segments import Segments, joined, take_floors
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index, totals
from waterplan.planning.planner.search import Search
from waterplan.planning.planner.walk import Levels, walk_prices

LOWEST = 1e-9  # CNY/m3: above nothing
FLOORS = ("sector_floor", "province_floor")


@dataclass(frozen=True)
class Breakpoints:
    """Points of a curve [point], between which it is straight.

    counted saving [hm3/a], what is minimised [MCNY/a], investment [MCNY]; price [CNY/m3] and technology of the stretch
    that ends there: 0 and -1 at the first.
    """

    counted: Array
    objective: Array
    investment: Array
    price: Array
    technology: Index

    @classmethod
    def of(cls, first: Array, segments: Segments) -> Breakpoints:
        """From the first point (counted saving, what is minimised, investment), in the order given."""
        added = (segments.counted, segments.cost, segments.investment)
        counted, objective, investment = (
            np.cumsum(np.concatenate([[begin], more])) for begin, more in zip(first, added, strict=True)
        )
        price, technology = np.concatenate([[0.0], segments.price]), np.concatenate([[-1], segments.technology])
        return cls(counted, objective, investment, price, technology)

    @property
    def attainable(self) -> float:
        """The largest counted saving [hm3/a]."""
        return float(self.counted[-1])

    def price_at(self, target: float) -> float | None:
        """The shadow price of a target [CNY/m3]: nought where more is saved anyhow, None where it is out of reach."""
        here = int(np.searchsorted(self.counted, target))
        return float(self.price[here]) if here < len(self.price) else None

    def stretch(self, price: float, close: float) -> tuple[float, float]:
        """Between which targets the shadow price is ``price``, give or take ``close`` [hm3/a]: where nothing has it, it
        is passed at one target."""
        first, last = np.searchsorted(self.price[1:], [price - close, price + close])
        return float(self.counted[first]), float(self.counted[last])


def exact_breakpoints(search: Search) -> Breakpoints | None:
    """The curve by walking all prices; None where floors of sectors and used-up pools need prices together."""
    s, costs = search.places.structure, search.costs()
    answers = fresh_answers(search.pairs, costs, search.uses.entry_start[:-1][s.local_use])
    highest, levels = search.highest_price(), levels_of(search)
    changes, start = walk_prices(search.all, LOWEST, highest, search.pairs, costs, search.uses, answers, levels)
    blocks = build_blocks(search, changes)
    shared = share_pools(blocks, LOWEST, highest, search, costs, answers, levels, changes)
    block = blocks.block_of(len(search.all))
    border = np.append(shared.border, np.inf)  # a pair in no block is alone at every price
    alone = changes[changes["price"] < border[block[changes["pair"]]]]
    segments = joined([Segments.of_blocks(shared.stretches), Segments.of_pairs(alone)])
    used_up = np.flatnonzero(shared.border == 0.0)
    start[np.isin(block, used_up)] = 0.0
    start[blocks.member[blocks.start[:-1][used_up]]] = shared.start[used_up]
    whole = start.sum(axis=0)
    floors = _floors(search, start[:, 0])
    if floors is not None:
        split = _met(*floors, segments, blocks, shared.apart, "province_floor" in search.limits.kinds)
        if split is None:
            return None
        taken, segments = split
        whole += [taken.counted.sum(), taken.cost.sum(), taken.investment.sum()]
    whole[0] += _counted_before(search)
    return Breakpoints.of(whole, segments.by_price())


def _counted_before(search: Search) -> float:
    """What counts to the target where nothing is added: turnover and what an earlier stage saves [hm3/a]."""
    i = search.instance
    if i.levers.count_from == "baseline":
        return 0.0
    return float(i.flows.counted_at_start(i.structure, i.levers.count_alternative_supply).sum())


def _met(
    group: Index, missing: Array, segments: Segments, blocks: Blocks, apart: Array, whole_blocks: bool
) -> tuple[Segments, Segments] | None:
    """What floors take before any target, and what is left; None where that cannot be told from the segments alone.

    whole_blocks: whether the members of a block are of one group (of a province). Otherwise a floor may not raise the
    price of some members of a block beyond what leaves its pools within their bounds whatever others pay.
    """
    owner = np.append(group, np.full(blocks.count, -1))  # a negative pair counts from the end
    if whole_blocks:
        owner[-1 - np.arange(blocks.count)] = group[blocks.member[blocks.start[:-1]]]
    group_of = owner[segments.pair]
    ours = group_of >= 0
    if (totals(group_of[ours], segments.counted[ours], len(missing)) < missing).any():
        return None
    taken, left = take_floors(segments.where(ours), group_of[ours], missing)
    if not whole_blocks:
        price = np.zeros(len(missing))
        np.maximum.at(price, group[taken.pair], taken.price)
        if (price[group[blocks.member]] > np.repeat(apart, np.diff(blocks.start))).any():
            return None
    return taken, joined([segments.where(~ours), left])


def levels_of(search: Search) -> Levels:
    """What capacities cost and weigh."""
    s, i = search.places.structure, search.instance
    technologies = (
        s.app_technology[s.local_app],
        s.site_technology[s.pair_site],
        s.supply_technology[s.pair_supply],
    )
    unit = i.values["investment_per_m3"] * i.levers.technology_cost_scale
    at_uses, on_site, supply = (unit[technology] for technology in technologies)
    reach = i.flows.saving_fraction[s.local_app] * i.flows.gross_flow[s.local_app_local]
    capacities = reach, np.ones(len(on_site)), np.ones(len(supply))
    return Levels(*technologies, *capacities, at_uses * reach, on_site, supply)


def _floors(search: Search, counted: Array) -> tuple[Index, Array] | None:
    """Group of each pair, and what each group's floor asks for beyond what pays for itself [hm3/a]."""
    s = search.places.structure
    kind = next(iter(search.limits.kinds & set(FLOORS)), None)
    if kind is None:
        return None
    group, count = (s.pair_sector, len(s.sectors)) if kind == "sector_floor" else (s.pair_province, len(s.provinces))
    bound = np.zeros(count)
    for label, amount in zip(search.limits.label[1:], search.limits.bound[1:], strict=True):
        bound[label[0]] = amount
    return group, np.maximum(bound - totals(group, counted, count), 0.0)
