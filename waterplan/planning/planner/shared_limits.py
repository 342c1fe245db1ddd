"""The limits that pairs share: what each weighs, what is allowed, and how much of it an answer takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waterplan.planning.model.decisions import Duals
from waterplan.planning.model.flows import Array, Flows
from waterplan.planning.model.instance import Instance
from waterplan.planning.model.structure import Index, Structure, totals
from waterplan.planning.model.value_added import fresh_limit
from waterplan.planning.plan.deployment import Deployment, Effect

KEPT = 1e-9  # of the size of a row
LARGE = 1e6


@dataclass(frozen=True)
class Limits:
    """Floors are met from above (sign +1), caps and pools from below (sign -1); the target is the first row.

    kind and label name each row as in :class:`~waterplan.planning.model.decisions.Duals`; bound in the unit of its
    quantity.
    """

    kind: tuple[str, ...]
    label: tuple[tuple[int, ...], ...]
    sign: Array
    bound: Array

    def __len__(self) -> int:
        return len(self.kind)

    def size(self, unit: float) -> Array:
        """What each row is counted in [row], so that numbers can be told apart: ``unit``, and more where a bound is a
        very large multiple of it."""
        return unit * np.maximum(1.0, self.bound / (unit * LARGE))

    def kept(self, unit: float) -> Array:
        """Who misses a limit by less keeps it [row]."""
        return KEPT * self.size(unit)

    @property
    def kinds(self) -> set[str]:
        """The kinds of limits beside the target."""
        return set(self.kind[1:])

    def duals(self, structure: Structure, price: Array) -> Duals:
        """Prices of the rows as duals by name."""
        arrays = Duals.zero(structure).__dict__ | {"shadow_price": float(price[0])}
        for kind, label, value in zip(self.kind[1:], self.label[1:], price[1:], strict=True):
            if label:
                arrays[kind][label] = value
            else:
                arrays[kind] = float(value)
        return Duals(**arrays)


def build_limits(instance: Instance) -> Limits:
    """The limits that a scenario sets on what is added to its start; pools are joined when an answer overdraws them."""
    s, flows, levers = instance.structure, instance.flows, instance.levers
    reference, counted = flows.reference_withdrawal, flows.counted_at_start(s, levers.count_alternative_supply)
    rows: list[tuple[str, tuple[int, ...], float, float]] = [("shadow_price", (), 1.0, instance.wanted)]

    def add(kind: str, sign: float, wanted: NDArray[np.bool_], bounds_of: Callable[[], Array]) -> None:
        if wanted.any():
            bounds = bounds_of()
            rows.extend((kind, (int(n),), sign, float(bounds[n])) for n in np.flatnonzero(wanted))

    def floor_of(share: Array, owner: Index) -> Array:
        return share * totals(owner, reference, len(share)) - totals(owner, counted, len(share))

    floor, cap = levers.technology_floor, levers.technology_cap
    sectors, provinces = levers.sector_floor, levers.province_floor
    others = levers.non_conventional_min
    add("sector_floor", 1.0, sectors > 0, lambda: floor_of(sectors, s.pair_sector))
    add("province_floor", 1.0, provinces > 0, lambda: floor_of(provinces, s.pair_province))
    if levers.value_added_cut > 0:
        over = float(flows.programme_free(s).sum()) - fresh_limit(flows, instance.values, levers)
        rows.append(("value_added_cut", (), 1.0, over))
    add("non_conventional_min", 1.0, others > 0, lambda: _wanted_of_others(s, flows, others))
    add("technology_floor", 1.0, floor > 0, lambda: floor * flows.largest_capacity)
    add("technology_cap", -1.0, cap < 1, lambda: cap * flows.largest_capacity)
    if np.isfinite(levers.investment_cap):
        rows.append(("investment_cap", (), -1.0, levers.investment_cap))
    if np.isfinite(levers.electricity_cap):
        rows.append(("electricity_cap", (), -1.0, levers.electricity_cap))
    return _limits(rows)


def _wanted_of_others(structure: Structure, flows: Flows, share: Array) -> Array:
    """What other sources have to add so that they are a share of what flows at the start [province, hm3/a]."""
    there, count = structure.pair_province, len(share)
    at_start = flows.after_site(structure)
    return share * totals(there, at_start, count) - totals(there, flows.replaced(structure) * at_start, count)


def with_pools(limits: Limits, flows: Flows, pools: list[tuple[int, int]]) -> Limits:
    """The limits with rows for some pools (pool, province)."""
    rows = list(zip(limits.kind, limits.label, limits.sign, limits.bound, strict=True))
    rows += [("pool", place, -1.0, float(flows.pool_limit[place])) for place in pools]
    return _limits(rows)


def _limits(rows: list[tuple[str, tuple[int, ...], float, float]]) -> Limits:
    kind, label, sign, bound = zip(*rows, strict=True)
    return Limits(kind, label, np.array(sign), np.array(bound))


class Usage:
    """How much of every limit each block takes; a block is a sector in a province. block [pair]: its number."""

    def __init__(self, instance: Instance, limits: Limits):
        s, flows, values, levers = instance.structure, instance.flows, instance.values, instance.levers
        self.instance, self._rows = instance, len(limits)
        place = s.pair_sector * len(s.provinces) + s.pair_province
        _, first, self.block = np.unique(place, return_index=True, return_inverse=True)
        self.blocks = len(first)
        sector, province = s.pair_sector[first], s.pair_province[first]
        pair = np.concatenate([s.local_pair[s.local_app_local], s.pair_site_pair, s.pair_supply_pair])
        levels = s.app_technology[s.local_app], s.site_technology[s.pair_site], s.supply_technology[s.pair_supply]
        technology, place = np.concatenate(levels), self.block[pair]
        self._counts: list[tuple[int, NDArray[np.bool_]]] = []  # row, whether what a block counts is counted there
        self._takes: list[tuple[int, Any, Index, Any]] = []  # row, capacities, their blocks and weights
        self._moves: list[tuple[int, str, tuple[int, ...]]] = []  # rows of what is moved behind the site
        replaces = bool(flows.source_share.any())
        for row, (kind, label) in enumerate(zip(limits.kind, limits.label, strict=True)):
            if kind in ("shadow_price", "sector_floor", "province_floor"):
                owner = {"sector_floor": sector, "province_floor": province}.get(kind)
                self._counts.append((row, np.ones(len(first), bool) if owner is None else owner == label[0]))
            elif kind in ("investment_cap", "electricity_cap"):
                scale = levers.technology_cost_scale if kind == "investment_cap" else 1.0
                weight = values[kind.removesuffix("_cap") + "_per_m3"] * scale
                self._takes.append((row, slice(None), place, weight[technology]))
            elif kind in ("value_added_cut", "non_conventional_min") or (kind == "pool" and replaces):
                self._moves.append((row, kind, label))
            else:
                here = technology == label[0]
                if kind == "pool":
                    here = (s.technology_pool[technology] == label[0]) & (s.pair_province[pair] == label[1])
                self._takes.append((row, np.flatnonzero(here), place[here], 1.0))

    def of(self, deployment: Deployment, counted: Array) -> Array:
        """Usage [row, block] in the unit of each row; counted [pair]."""
        used = np.zeros((self._rows, self.blocks))
        counted = totals(self.block, counted, self.blocks)
        for row, here in self._counts:
            used[row] = np.where(here, counted, 0.0)
        capacity = np.concatenate([deployment.capacity, deployment.site_saving, deployment.supply])
        for row, here, place, weight in self._takes:
            used[row] = totals(place, weight * capacity[here], self.blocks)
        if self._moves:
            effect = Effect.of(self.instance.structure, self.instance.flows, deployment)
            for row, kind, label in self._moves:
                used[row] = totals(self.block, self._moved(effect, kind, label), self.blocks)
        return used

    def _moved(self, effect: Effect, kind: str, label: tuple[int, ...]) -> Array:
        """What each pair takes of a limit on fresh water, on other sources or on a pool [pair, hm3/a]."""
        s = self.instance.structure
        if kind == "value_added_cut":
            return effect.fresh
        if kind == "non_conventional_min":
            share = self.instance.levers.non_conventional_min[label[0]]
            return np.where(s.pair_province == label[0], effect.others + share * effect.at_site, 0.0)
        pool = s.technology_pool[s.supply_technology[s.pair_supply]]
        here = (pool == label[0]) & (s.pair_province[s.pair_supply_pair] == label[1])
        return totals(s.pair_supply_pair[here], effect.supply[here], len(self.block))
