"""The limits that pairs share: what each weighs, what is allowed, and how much of it an answer takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waterplan.planning.model.decisions import Duals
from waterplan.planning.model.flows import Array, Flows
from waterplan.planning.model.instance import Instance
from waterplan.planning.model.structure import Index, Structure, totals
from waterplan.planning.model.value_added import fresh_limit
from waterplan.planning.plan.deployment import Deployment
from waterplan.planning.plan.effect import Effect

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
    """How much of every limit each pair takes: a sparse sum over a deployment, by pair."""

    def __init__(self, instance: Instance):
        s, flows, values, levers = instance.structure, instance.flows, instance.values, instance.levers
        self.structure, self.flows = s, flows
        self._others = levers.non_conventional_min
        self.pairs = len(s.pair_product)
        self._pair = np.concatenate([s.local_pair[s.local_app_local], s.pair_site_pair, s.pair_supply_pair])
        self._technology = np.concatenate(
            [s.app_technology[s.local_app], s.site_technology[s.pair_site], s.supply_technology[s.pair_supply]]
        )
        self._investment = (values["investment_per_m3"] * levers.technology_cost_scale)[self._technology]
        self._electricity = values["electricity_per_m3"][self._technology]

    def of(self, limits: Limits, deployment: Deployment, counted: Array) -> Array:
        """Usage [row, pair] in the unit of each row."""
        s = self.structure
        capacity = np.concatenate([deployment.capacity, deployment.site_saving, deployment.supply])
        used = np.zeros((len(limits), self.pairs))
        used[0] = counted
        effect = Effect.of(s, self.flows, deployment)
        for row, (kind, label) in enumerate(zip(limits.kind, limits.label, strict=True)):
            if kind == "sector_floor":
                used[row] = np.where(s.pair_sector == label[0], counted, 0.0)
            elif kind == "province_floor":
                used[row] = np.where(s.pair_province == label[0], counted, 0.0)
            elif kind == "value_added_cut":
                used[row] = effect.fresh
            elif kind == "non_conventional_min":
                here = s.pair_province == label[0]
                used[row] = np.where(here, effect.others + self._others[label[0]] * effect.at_site, 0.0)
            elif kind in ("technology_floor", "technology_cap"):
                here = self._technology == label[0]
                used[row] = totals(self._pair[here], capacity[here], self.pairs)
            elif kind == "investment_cap":
                used[row] = totals(self._pair, self._investment * capacity, self.pairs)
            elif kind == "electricity_cap":
                used[row] = totals(self._pair, self._electricity * capacity, self.pairs)
            elif kind == "pool":
                pool = s.technology_pool[s.supply_technology[s.pair_supply]]
                here = (pool == label[0]) & (s.pair_province[s.pair_supply_pair] == label[1])
                used[row] = totals(s.pair_supply_pair[here], effect.supply[here], self.pairs)
        return used
