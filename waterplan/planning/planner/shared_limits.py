"""The limits that pairs share: what each weighs, what is allowed, and how much of it an answer takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waterplan.planning.model.decisions import Duals
from waterplan.planning.model.flows import Array, Flows, Values
from waterplan.planning.model.structure import Index, Structure, totals
from waterplan.planning.plan.deployment import Deployment
from waterplan.study.scenario import Levers

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


def build_limits(structure: Structure, flows: Flows, levers: Levers) -> Limits:
    """The limits that a scenario sets; pools are joined when an answer overdraws them."""
    s, reference = structure, flows.reference_withdrawal
    rows: list[tuple[str, tuple[int, ...], float, float]] = [("shadow_price", (), 1.0, levers.saving_target)]

    def add(kind: str, sign: float, share: Array, wanted: NDArray[np.bool_], whole: Callable[[], Array]) -> None:
        if wanted.any():
            bounds = share * whole()
            rows.extend((kind, (int(n),), sign, float(bounds[n])) for n in np.flatnonzero(wanted))

    floor, cap = levers.technology_floor, levers.technology_cap
    sectors, provinces = levers.sector_floor, levers.province_floor
    add("sector_floor", 1.0, sectors, sectors > 0, lambda: totals(s.pair_sector, reference, len(s.sectors)))
    add("province_floor", 1.0, provinces, provinces > 0, lambda: totals(s.pair_province, reference, len(s.provinces)))
    add("technology_floor", 1.0, floor, floor > 0, lambda: flows.largest_capacity)
    add("technology_cap", -1.0, cap, cap < 1, lambda: flows.largest_capacity)
    if np.isfinite(levers.investment_cap):
        rows.append(("investment_cap", (), -1.0, levers.investment_cap))
    if np.isfinite(levers.electricity_cap):
        rows.append(("electricity_cap", (), -1.0, levers.electricity_cap))
    return _limits(rows)


def with_pools(limits: Limits, flows: Flows, pools: list[tuple[int, int]]) -> Limits:
    """The limits with rows for some pools (pool, province)."""
    rows = list(zip(limits.kind, limits.label, limits.sign, limits.bound, strict=True))
    rows += [("pool", place, -1.0, float(flows.pool_limit[place])) for place in pools]
    return _limits(rows)


def _limits(rows: list[tuple[str, tuple[int, ...], float, float]]) -> Limits:
    kind, label, sign, bound = zip(*rows, strict=True)
    return Limits(kind, label, np.array(sign), np.array(bound))


def pool_draw(structure: Structure, supply: Array) -> Array:
    """What is drawn from each pool in each province [pool, province], hm3/a."""
    s = structure
    pool = s.technology_pool[s.supply_technology[s.pair_supply]]
    place = pool * len(s.provinces) + s.pair_province[s.pair_supply_pair]
    used = totals(place[pool >= 0], supply[pool >= 0], len(s.pools) * len(s.provinces))
    return used.reshape(len(s.pools), len(s.provinces))


class Usage:
    """How much of every limit each block takes; a block is a sector in a province. block [pair]: its number."""

    def __init__(self, structure: Structure, limits: Limits, values: Values, levers: Levers):
        s, self._rows = structure, len(limits)
        place = s.pair_sector * len(s.provinces) + s.pair_province
        _, first, self.block = np.unique(place, return_index=True, return_inverse=True)
        self.blocks = len(first)
        sector, province = s.pair_sector[first], s.pair_province[first]
        pair = np.concatenate([s.local_pair[s.local_app_local], s.pair_site_pair, s.pair_supply_pair])
        levels = s.app_technology[s.local_app], s.site_technology[s.pair_site], s.supply_technology[s.pair_supply]
        technology, place = np.concatenate(levels), self.block[pair]
        self._counts: list[tuple[int, NDArray[np.bool_]]] = []  # row, whether what a block counts is counted there
        self._takes: list[tuple[int, Any, Index, Any]] = []  # row, capacities, their blocks and weights
        for row, (kind, label) in enumerate(zip(limits.kind, limits.label, strict=True)):
            if kind in ("shadow_price", "sector_floor", "province_floor"):
                owner = {"sector_floor": sector, "province_floor": province}.get(kind)
                self._counts.append((row, np.ones(len(first), bool) if owner is None else owner == label[0]))
            elif kind in ("investment_cap", "electricity_cap"):
                scale = levers.technology_cost_scale if kind == "investment_cap" else 1.0
                weight = values[kind.removesuffix("_cap") + "_per_m3"] * scale
                self._takes.append((row, slice(None), place, weight[technology]))
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
        return used
