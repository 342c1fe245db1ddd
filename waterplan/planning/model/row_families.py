"""The rows of the planning problem, family by family, as entries of a matrix: what the equations say in Pyomo.

Each family has the name of the function that states it in Pyomo, where its docstring is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from waterplan.planning.model.flows import Array
from waterplan.planning.model.scenario_numbers import Given
from waterplan.planning.model.structure import Index, Structure

Mask = NDArray[np.bool_]
AT_MOST, EQUAL, AT_LEAST = 1, 0, -1


class Entries(NamedTuple):
    """Rows of a family: where entries stand and what they are, and what the rows are at most, equal to or at least."""

    row: Index
    column: Index
    value: Array
    sense: int
    bound: Array
    labels: tuple[object, ...] = ()


@dataclass(frozen=True)
class ColumnPlaces:
    """Where the columns of each kind of unknown begin; a family is written with these."""

    given: Given

    @property
    def s(self) -> Structure:
        return self.given.structure

    @cached_property
    def starts(self) -> Index:
        s, pairs = self.s, len(self.s.pair_product)
        return np.cumsum([0, len(s.local_step), len(s.pair_site), len(s.pair_supply), pairs, pairs])

    def step(self, at: Index) -> Index:
        return at

    def site(self, at: Index) -> Index:
        return self.starts[1] + at

    def supply(self, at: Index) -> Index:
        return self.starts[2] + at

    def after_end_use(self, at: Index) -> Index:
        return self.starts[3] + at

    def after_site(self, at: Index) -> Index:
        return self.starts[4] + at

    @cached_property
    def shared(self) -> Index:
        """Locals at which an end use has more than one technology."""
        return np.flatnonzero((np.diff(self.s.use_app_start) > 1)[self.s.local_use])

    def at_locals(self, owner: Index, is_row: Mask) -> tuple[Index, Index, Index]:
        """Rows for each shared local and each thing of its use that has one. owner [thing]: its use; the local and the
        thing of each row, and of each local and thing the row (of a thing without one any)."""
        things = np.flatnonzero(is_row)
        count = np.bincount(owner[things], minlength=len(self.s.use_product))
        begin, width = np.cumsum(count) - count, count[self.s.local_use[self.shared]]
        local = np.repeat(self.shared, width)
        first = np.cumsum(width) - width
        thing = things[begin[self.s.local_use[local]] + np.arange(len(local)) - np.repeat(first, width)]
        at = np.zeros(len(self.s.local_use), np.int64)
        at[self.shared] = first
        return local, thing, at - begin[self.s.local_use]


def steps_leave_from_plants_that_exist(at: ColumnPlaces) -> Entries:
    s, flows = at.s, at.given.flows
    has = np.bincount(s.step_from, minlength=len(s.configuration_use)) > 0
    local, here, shift = at.at_locals(s.configuration_use, has)
    rank: Index = np.cumsum(has) - has
    step = np.flatnonzero(np.isin(s.local_step_local, at.shared))
    owner, origin, end = s.local_step_local[step], s.step_from[s.local_step[step]], s.step_to[s.local_step[step]]
    row = np.concatenate([shift[owner] + rank[origin], (shift[owner] + rank[end])[has[end]]])
    value = np.repeat([1.0, -1.0], [len(step), len(row) - len(step)])
    column = at.step(np.concatenate([step, step[has[end]]]))
    return Entries(row, column, value, AT_MOST, flows.start_share[here] * flows.gross_flow[local])


def technology_stays_within_its_rollout(at: ColumnPlaces) -> Entries:
    s, flows = at.s, at.given.flows
    has = np.bincount(s.step_app, minlength=len(s.app_use)) > 1
    local, app, shift = at.at_locals(s.app_use, has)
    rank: Index = np.cumsum(has) - has
    own = s.step_app[s.local_step]
    step = np.flatnonzero(np.isin(s.local_step_local, at.shared) & has[own])
    row = shift[s.local_step_local[step]] + rank[own[step]]
    return Entries(row, at.step(step), np.ones(len(step)), AT_MOST, flows.added_share[app] * flows.gross_flow[local])


def end_use_saving_lowers_withdrawal(at: ColumnPlaces) -> Entries:
    given, pairs = at.given, np.arange(len(at.s.pair_product))
    row = np.concatenate([pairs, given.step_pair])
    column = np.concatenate([at.after_end_use(pairs), at.step(np.arange(len(given.step_pair)))])
    value = np.concatenate([np.ones(len(pairs)), given.step_saving])
    return Entries(row, column, value, EQUAL, given.flows.after_uses(at.s))


def site_technology_stays_within_its_sites(at: ColumnPlaces) -> Entries:
    s, limit = at.s, at.given.flows.site_limit
    return _each(at.site(np.arange(len(limit))), at.after_end_use(s.pair_site_pair), limit)


def _each(saving: Index, flow: Index, limit: Array) -> Entries:
    """Each saving is at most its share of a flow."""
    row = np.arange(len(limit))
    value = np.concatenate([np.ones(len(limit)), -limit])
    return Entries(np.tile(row, 2), np.concatenate([saving, flow]), value, AT_MOST, np.zeros(len(limit)))


def site_technologies_together_stay_within_their_sites(at: ColumnPlaces) -> Entries:
    s = at.s
    together, saving = at.given.flows.site_limit_together, at.site(np.arange(len(s.pair_site)))
    return _together(s.pair_site_pair, saving, at.after_end_use, together, 2)


def _together(
    owner: Index, saving: Index, flow: Callable[[Index], Index], limit: Array, least: int
) -> Entries:  # fmt: skip
    """All savings of a pair are at most its share of a flow, in pairs that have at least so many."""
    count = np.bincount(owner, minlength=len(limit))
    pairs = np.flatnonzero(count >= least)
    row = np.full(len(limit), -1)
    row[pairs] = np.arange(len(pairs))
    chosen = np.flatnonzero(row[owner] >= 0)
    column = np.concatenate([saving[chosen], flow(pairs)])
    value = np.concatenate([np.ones(len(chosen)), -limit[pairs]])
    return Entries(np.concatenate([row[owner[chosen]], row[pairs]]), column, value, AT_MOST, np.zeros(len(pairs)))


def site_saving_lowers_withdrawal(at: ColumnPlaces) -> Entries:
    s, pairs = at.s, np.arange(len(at.s.pair_product))
    column = [at.after_site(pairs), at.site(np.arange(len(s.pair_site))), at.after_end_use(pairs)]
    value = np.concatenate([np.ones(len(pairs) + len(s.pair_site)), -(1.0 - at.given.on_site)])
    row = np.concatenate([pairs, s.pair_site_pair, pairs])
    return Entries(row, np.concatenate(column), value, EQUAL, at.given.flows.new_withdrawal)


def source_stays_within_its_sites(at: ColumnPlaces) -> Entries:
    s, there = at.s, np.flatnonzero(at.given.supply_is_available)
    limit = at.given.flows.supply_limit[there]
    return _each(at.supply(there), at.after_site(s.pair_supply_pair[there]), limit)


def sources_together_stay_below_alternative_share_max(at: ColumnPlaces) -> Entries:
    s = at.s
    return _together(
        s.pair_supply_pair, at.supply(np.arange(len(s.pair_supply))), at.after_site, at.given.flows.alternative_share, 1
    )


def pool_is_not_overdrawn(at: ColumnPlaces) -> Entries:
    s, given, provinces = at.s, at.given, len(at.s.provinces)
    pool = s.technology_pool[given.supply_technology]
    there = np.flatnonzero(given.supply_is_available & (pool >= 0))
    keys, row = np.unique(pool[there] * provinces + given.supply_province[there], return_inverse=True)
    k, r = np.divmod(keys, provinces)
    labels = tuple((s.pools[a], s.provinces[b]) for a, b in zip(k.tolist(), r.tolist(), strict=True))
    share = given.pooled_share[k] * (s.pair_province == r[:, None])
    before, pair = np.nonzero(share)
    column = np.concatenate([at.supply(there), at.after_site(pair)])
    value = np.concatenate([np.ones(len(there)), share[before, pair]])
    return Entries(np.concatenate([row, before]), column, value, AT_MOST, given.pool_bound[k, r], labels)


def _counted(at: ColumnPlaces, number: Index, owner: Index) -> tuple[Index, Index, Array]:
    """Counted saving of the pairs of some owners, less their reference withdrawal; number [owner]: its row or -1."""
    s, row = at.s, number[owner]
    pairs = np.flatnonzero(row >= 0)
    supply = np.flatnonzero(row[s.pair_supply_pair] >= 0) if at.given.levers.count_alternative_supply else pairs[:0]
    column = np.concatenate([at.after_site(pairs), at.supply(supply)])
    value = np.concatenate([-at.given.uncounted[pairs], np.ones(len(supply))])
    return np.concatenate([row[pairs], row[s.pair_supply_pair[supply]]]), column, value


def saving_meets_target(at: ColumnPlaces) -> Entries:
    entries = _counted(at, np.zeros(1, np.int64), np.zeros(len(at.s.pair_fleet), np.int64))
    bound = at.given.levers.saving_target - at.given.counted_from
    return Entries(*entries, AT_LEAST, np.array([bound]), (None,))


def sector_saving_meets_floor(at: ColumnPlaces) -> Entries:
    return _floors(at, at.given.levers.sector_floor, at.s.pair_sector, at.s.sectors)


def province_saving_meets_floor(at: ColumnPlaces) -> Entries:
    return _floors(at, at.given.levers.province_floor, at.s.pair_province, at.s.provinces)


def _floors(at: ColumnPlaces, floor: Array, owner: Index, names: tuple[str, ...]) -> Entries:
    places = np.flatnonzero((floor > 0) & (np.bincount(owner, minlength=len(floor)) > 0))
    number = np.full(len(floor), -1)
    number[places] = np.arange(len(places))
    reference = at.given.flows.reference_withdrawal
    bound = [float(floor[n] - 1.0) * float(sum(reference[owner == n].tolist())) for n in places]
    return Entries(*_counted(at, number, owner), AT_LEAST, np.array(bound), tuple(names[n] for n in places))


def withdrawal_per_value_added_falls(at: ColumnPlaces) -> Entries | None:
    s, limit = at.s, at.given.fresh_limit
    if not np.isfinite(limit):
        return None
    column = [at.after_site(np.arange(len(s.pair_fleet))), at.supply(np.arange(len(s.pair_supply)))]
    value = np.concatenate([1.0 - at.given.replaced, -np.ones(len(s.pair_supply))])
    return Entries(np.zeros(len(value), np.int64), np.concatenate(column), value, AT_MOST, np.array([limit]), (None,))


def other_sources_reach_minimum(at: ColumnPlaces) -> Entries | None:
    s, share = at.s, at.given.levers.non_conventional_min
    provinces = np.flatnonzero((share > 0) & (np.bincount(s.pair_province, minlength=len(share)) > 0))
    number = np.full(len(share), -1)
    number[provinces] = np.arange(len(provinces))
    of_pair, of_supply = number[s.pair_province], number[at.given.supply_province]
    pairs, supply = np.flatnonzero(of_pair >= 0), np.flatnonzero(of_supply >= 0)
    column = np.concatenate([at.after_site(pairs), at.supply(supply)])
    value = np.concatenate([at.given.replaced[pairs] - share[s.pair_province[pairs]], np.ones(len(supply))])
    row = np.concatenate([of_pair[pairs], of_supply[supply]])
    labels = tuple(s.provinces[r] for r in provinces)
    return Entries(row, column, value, AT_LEAST, np.zeros(len(provinces)), labels)


def _capacity(at: ColumnPlaces, weights: Array, row: int = 0) -> tuple[Index, Index, Array]:
    """Capacity of all technologies, each times a weight."""
    given = at.given
    steps = weights[given.step_technology] * given.step_capacity
    value = np.concatenate([steps, weights[given.site_technology], weights[given.supply_technology]])
    used = np.flatnonzero(value)
    return np.full(len(used), row), used, value[used]


def _limits(at: ColumnPlaces, share: Array, asked: Mask, sense: int) -> Entries | None:
    """Floors or caps of technologies, as shares of the largest capacity."""
    largest = at.given.flows.largest_capacity
    technologies = np.flatnonzero(asked & (largest > 0))
    if not len(technologies):
        return None
    ones = np.eye(len(largest))
    parts = [_capacity(at, ones[t], row) for row, t in enumerate(technologies)]
    labels = tuple(at.s.technologies[t] for t in technologies)
    row, column, value = (np.concatenate(joined) for joined in zip(*parts, strict=True))
    return Entries(row, column, value, sense, (share * largest)[technologies], labels)


def technology_meets_floor(at: ColumnPlaces) -> Entries | None:
    floor = at.given.levers.technology_floor
    return _limits(at, floor, floor > 0, AT_LEAST)


def technology_stays_below_cap(at: ColumnPlaces) -> Entries | None:
    cap = at.given.levers.technology_cap
    return _limits(at, cap, cap < 1, AT_MOST)


def investment_stays_below_cap(at: ColumnPlaces) -> Entries | None:
    weights = at.given.values["investment_per_m3"] * at.given.levers.technology_cost_scale
    return _cap(at, weights, float(at.given.levers.investment_cap))


def electricity_stays_below_cap(at: ColumnPlaces) -> Entries | None:
    return _cap(at, at.given.values["electricity_per_m3"], float(at.given.levers.electricity_cap))


def _cap(at: ColumnPlaces, weights: Array, cap: float) -> Entries | None:
    return Entries(*_capacity(at, weights), AT_MOST, np.array([cap]), (None,)) if np.isfinite(cap) else None


FAMILIES: tuple[Callable[[ColumnPlaces], Entries | None], ...] = (
    steps_leave_from_plants_that_exist,
    technology_stays_within_its_rollout,
    end_use_saving_lowers_withdrawal,
    site_technology_stays_within_its_sites,
    site_technologies_together_stay_within_their_sites,
    site_saving_lowers_withdrawal,
    source_stays_within_its_sites,
    sources_together_stay_below_alternative_share_max,
    pool_is_not_overdrawn,
    saving_meets_target,
    sector_saving_meets_floor,
    province_saving_meets_floor,
    withdrawal_per_value_added_falls,
    other_sources_reach_minimum,
    technology_meets_floor,
    technology_stays_below_cap,
    investment_stays_below_cap,
    electricity_stays_below_cap,
)
