"""Which rows of the study a computed number rests on, heaviest first.

The weight of a row is what half its range is worth: ``|d number / d value| (high - low) / 2`` in the unit of the
number.
Costs follow from prices (:mod:`waterplan.planning.explain.sensitivity`); volumes and accounts are recomputed while the
plan goes as far towards every limit as it does now; the shadow price is planned again for the rows of the choices at
the margin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from waterplan.base.errors import WaterplanError, suggest
from waterplan.base.messages import Message
from waterplan.base.vocabulary import term
from waterplan.planning.explain.sensitivity import AT_USES, PRICES, STEP, weighed, weights
from waterplan.planning.model.decisions import Decisions
from waterplan.planning.model.flows import Array, Flows, Values, build_flows
from waterplan.planning.model.prices import PERSPECTIVES, build_prices
from waterplan.planning.model.structure import Index, totals
from waterplan.planning.plan.deployment import LEVELS, Deployment, deployment_of, use_saving_by_app
from waterplan.planning.plan.result import Result, must_start_from_base
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Override
from waterplan.study.tables.tolerances import outside

COSTS = ("annual_cost", "objective")
VOLUMES = ("reference_withdrawal", "base_withdrawal", "planned_withdrawal")
ACCOUNTS = (
    "saving",
    "counted_saving",
    "capacity",
    "investment",
    "running_cost",
    "heat",
    "electricity",
    "carbon_dioxide",
    "technology_cost",
    "cost",
    "gross_cost",
    "gains",
    "levelised_cost",
)
SAVINGS = {f"saving_by_{dim}": "saving" for dim in ("level", "sector", "province", "technology", "choice")}
COMPUTED = (*COSTS, "shadow_price", *VOLUMES, *ACCOUNTS, *SAVINGS)
AT_MARGIN = (
    0.25  # of the whole volume of the study: choices that change when the target moves by this much are at the margin
)
MOVED = 1e-6  # of the whole volume of the study


def rests_on(result: Result, name: str, planner: Planner | None = None, **labels: str) -> pd.DataFrame:
    """The rows that a computed number rests on: columns of ``scenario.rows``, derivative and weight.

    name: one of COMPUTED; labels narrow it down (technology, product, sector, province, level). Raises WaterplanError
    for a name or label that does not exist.
    """
    if name not in COMPUTED:
        near = suggest(name, COMPUTED)
        raise WaterplanError(Message("explain_errors.not_traced", name=name, near=near, known=COMPUTED))
    must_start_from_base(result)
    if name in COSTS and not labels:
        return weights(result)
    if name == "shadow_price":
        return _of_the_margin(result, planner or Planner(result.instance.study))
    number = _Number(result, SAVINGS.get(name, "technology_cost" if name in COSTS else name), labels)
    return heavy(weighed(result, _derivatives(number)))


class _Number:
    """A ledger number as a sum over packed rows, each a function of the input values."""

    def __init__(self, result: Result, name: str, labels: Mapping[str, str]):
        self.result = result
        self.name = name
        self.instance = result.instance
        labels = dict(labels)
        self.perspective = self._perspective(labels.pop("perspective", None))
        self._levelised: tuple[float, float] | None = None
        self.wanted = self._rows_of(labels)
        self.base = self.rows(self.instance.values)

    def _perspective(self, asked: str | None) -> str:
        if asked is not None and (self.name != "cost" or asked not in PERSPECTIVES):
            near = suggest(asked, PERSPECTIVES) or Message("explain_errors.perspectives", known=PERSPECTIVES)
            raise WaterplanError(Message("explain_errors.perspective", given=asked, name=self.name, near=near))
        return asked or self.instance.levers.perspective

    @cached_property
    def pair(self) -> Index:
        """Pair of each row: of pairs themselves for withdrawals, of local apps, site and supply apps otherwise."""
        s = self.instance.structure
        if self.name in VOLUMES:
            return np.arange(len(s.pair_product))
        return np.concatenate([s.local_pair[s.local_app_local], s.pair_site_pair, s.pair_supply_pair])

    @cached_property
    def technology(self) -> Index:
        """Technology of each row; -1 for withdrawals."""
        s = self.instance.structure
        if self.name in VOLUMES:
            return np.full(len(s.pair_product), -1)
        return np.concatenate(
            [s.app_technology[s.local_app], s.site_technology[s.pair_site], s.supply_technology[s.pair_supply]]
        )

    def _rows_of(self, labels: Mapping[str, str]) -> Array:
        s, wanted = self.instance.structure, np.ones(len(self.pair), dtype=bool)
        level = np.where(self.technology >= 0, s.technology_level[self.technology], -1)
        owner = {
            "technology": (s.technologies, self.technology),
            "product": (s.products, s.pair_product[self.pair]),
            "sector": (s.sectors, s.pair_sector[self.pair]),
            "province": (s.provinces, s.pair_province[self.pair]),
            "level": (LEVELS, level),
        }
        for dim, label in labels.items():
            if dim not in owner:
                near = suggest(dim, owner) or Message("explain_errors.narrowing", known=list(owner))
                raise WaterplanError(Message("explain_errors.narrows", dim=dim, name=self.name, near=near))
            names, numbers = owner[dim]
            if label not in names:
                near = suggest(label, names)
                raise WaterplanError(Message("explain_errors.no_label", dim=dim, label=label, near=near))
            wanted &= numbers == names.index(label)
        return wanted.astype(float)

    @cached_property
    def _shares(self) -> tuple[Array, Array, Array]:
        """How far the plan goes towards each limit: of steps, on the site, of other sources."""
        i, s = self.instance, self.instance.structure
        flows, decisions = i.flows, self.result.decisions()
        room = (flows.added_share[s.step_app[s.local_step]]) * flows.gross_flow[s.local_step_local]
        left = _left(self.result.deployment, flows, s.local_pair)
        site = flows.site_limit * left[s.pair_site_pair]
        left = left - totals(s.pair_site_pair, decisions.site_saving, len(left))
        supply = flows.supply_limit * left[s.pair_supply_pair]
        return tuple(
            np.divide(volume, limit, out=np.zeros(len(volume)), where=limit > 0)
            for volume, limit in ((decisions.step, room), (decisions.site_saving, site), (decisions.supply, supply))
        )  # type: ignore[return-value]

    def _deployment(self, flows: Flows) -> Deployment:
        """The deployment that goes as far towards limits that have moved."""
        s, (step, site, supply) = self.instance.structure, self._shares
        room = flows.added_share[s.step_app[s.local_step]] * flows.gross_flow[s.local_step_local]
        nothing = Decisions(step * room, np.zeros(len(site)), np.zeros(len(supply)))
        deployment = deployment_of(s, flows, nothing)
        left = _left(deployment, flows, s.local_pair)
        site = site * flows.site_limit * left[s.pair_site_pair]
        left = left - totals(s.pair_site_pair, site, len(left))
        return replace(
            deployment,
            site_saving=site,
            supply=supply * flows.supply_limit * left[s.pair_supply_pair],
        )

    def rows(self, values: Values) -> Array:
        """The number, row by row."""
        i, s = self.instance, self.instance.structure
        flows = build_flows(s, values, i.levers, i.study.target_year - i.study.base_year)
        if self.name == "reference_withdrawal":
            return flows.reference_withdrawal * self.wanted
        if self.name == "base_withdrawal":
            return flows.base_withdrawal * self.wanted
        deployment = self._deployment(flows)
        if self.name == "planned_withdrawal":
            left = _left(deployment, flows, s.local_pair)
            left = left - totals(s.pair_site_pair, deployment.site_saving, len(left))
            return (left - totals(s.pair_supply_pair, deployment.supply, len(left))) * self.wanted
        if self.name in ("saving", "counted_saving"):
            counted = 0.0 if self.name == "counted_saving" and not i.levers.count_alternative_supply else 1.0
            at_uses = use_saving_by_app(s, flows, deployment)
            return np.concatenate([at_uses, deployment.site_saving, counted * deployment.supply]) * self.wanted
        capacity = np.concatenate([deployment.capacity, deployment.site_saving, deployment.supply])
        if self.name in ("cost", "gains", "levelised_cost"):
            return self._net(values, flows, deployment, capacity) * self.wanted
        return capacity * self._unit(values, flows) * self.wanted

    def _net(self, values: Values, flows: Flows, deployment: Deployment, capacity: Array) -> Array:
        """Cost less avoided charges in the perspective asked for; of gains, what is earned and saved; of a levelised
        cost, its change with cost and saving."""
        i, s = self.instance, self.instance.structure
        prices = build_prices(s, values, i.levers, flows.reference_withdrawal, self.perspective)
        place = (s.pair_sector[self.pair], s.pair_province[self.pair])
        saving = np.concatenate([use_saving_by_app(s, flows, deployment), deployment.site_saving, deployment.supply])
        share = values["effluent_share"]
        at_uses = share[s.use_end_use[s.local_use]][s.local_app_local]
        on_site = np.full(len(s.pair_site), share[s.end_uses.index("site")])
        effluent = np.concatenate([at_uses, on_site, np.zeros(len(s.pair_supply))])
        earned = saving * (prices.withdrawal_credit[place] + effluent * prices.effluent_credit[place])
        cost = capacity * prices.unit_cost[(self.technology, *place)]
        if self.name == "gains":
            return capacity * self._gross(values, flows) - cost + earned
        if self.name == "cost":
            return cost - earned
        if self._levelised is None:
            whole = float(saving @ self.wanted)
            self._levelised = (float((cost - earned) @ self.wanted) / whole, whole) if whole > 0 else (0.0, 1.0)
        level, whole = self._levelised
        return (cost - earned - level * saving) / whole

    def _gross(self, values: Values, flows: Flows) -> Array:
        """The positive terms of unit cost [CNY/m3]."""
        i, s = self.instance, self.instance.structure
        prices = build_prices(s, values, i.levers, flows.reference_withdrawal)
        gross = sum(np.maximum(np.broadcast_to(term, prices.unit_cost.shape), 0.0) for term in prices.terms.values())
        return np.asarray(gross)[self.technology, s.pair_sector[self.pair], s.pair_province[self.pair]]

    def _unit(self, values: Values, flows: Flows) -> Array | float:
        i, s = self.instance, self.instance.structure
        if self.name == "capacity":
            return 1.0
        if self.name == "gross_cost":
            return self._gross(values, flows)
        if self.name == "carbon_dioxide":
            electricity = values["electricity_per_m3"][self.technology]
            heat = (values["heat_per_m3"] * values["heat_emission_factor"])[self.technology]
            return electricity * values["grid_emission_factor"][s.pair_province[self.pair]] + heat
        if self.name in ("running_cost", "technology_cost"):
            prices = build_prices(s, values, i.levers, flows.reference_withdrawal)
            cube = prices.unit_cost
            if self.name == "running_cost":
                cube = np.broadcast_to(prices.terms["running_cost"], cube.shape)
            return cube[self.technology, s.pair_sector[self.pair], s.pair_province[self.pair]]
        if self.name == "investment":
            return (values["investment_per_m3"] * i.levers.technology_cost_scale)[self.technology]
        return values[f"{self.name}_per_m3"][self.technology]

    def moved(self, name: str, place: tuple[Array, ...]) -> tuple[Array, Array]:
        """Change of every row when some values grow a little, and by how much each has grown."""
        values = dict(self.instance.values)
        changed = np.array(values[name], dtype=float)
        step = STEP * np.maximum(np.abs(changed[place]), 1e-2)
        changed[place] += step
        values[name] = changed
        return self.rows(values) - self.base, step


def _left(deployment: Deployment, flows: Flows, local_pair: Index) -> Array:
    """What pairs still withdraw after level 1."""
    saved = totals(local_pair, deployment.use_saving, len(flows.reference_withdrawal))
    return flows.reference_withdrawal - saved


def _derivatives(number: _Number) -> dict[str, Array]:
    """d number / d value: rows of different owners are moved together."""
    s = number.instance.structure
    owners: dict[str, Index] = {
        "product": s.pair_product[number.pair],
        "province": s.pair_province[number.pair],
        "sector": s.pair_sector[number.pair],
        "technology": number.technology,
    }
    by: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
        (("product",), (*AT_USES, "end_use_share", "output_growth", "intensity")),
        (("product", "province"), ("output",)),
        (("province", "sector"), ("intensity_factor",)),
        *(((dim,) if dim else (), names) for dim, names in PRICES.items()),
    ]
    return {name: _derivative(number, name, dims, owners) for dims, names in by for name in names}


def _derivative(number: _Number, name: str, dims: tuple[str, ...], owners: Mapping[str, Index]) -> Array:
    study = number.instance.study
    own = [str(dim) for dim in study.values[name].dims]
    value = np.asarray(number.instance.values[name], dtype=float)
    place = np.argwhere(~np.isnan(value)) if own else np.empty((1, 0), dtype=np.int64)
    key = place[:, [own.index(dim) for dim in dims]]
    turn = pd.DataFrame(key).groupby(list(range(key.shape[1]))).cumcount().to_numpy() if dims else np.arange(len(place))
    sizes = tuple(study.values.sizes[dim] for dim in dims)
    row_key = np.ravel_multi_index([np.maximum(owners[dim], 0) for dim in dims], sizes) if dims else None
    derivative = np.full(value.shape, np.nan)
    for number_of_turn in range(int(turn.max(initial=-1)) + 1):
        here = tuple(place[turn == number_of_turn].T) if own else ()
        change, step = number.moved(name, here)
        if row_key is None:
            derivative[here] = change.sum() / step
            continue
        summed = totals(row_key, np.where(owners[dims[0]] >= 0, change, 0.0), int(np.prod(sizes))).reshape(sizes)
        derivative[here] = summed[tuple(here[own.index(dim)] for dim in dims)] / step
    return derivative


def _of_the_margin(result: Result, planner: Planner) -> pd.DataFrame:
    """The shadow price is set by the choices at the margin: their rows are moved and planned again."""
    study, scenario = result.instance.study, result.instance.scenario
    marginal = _marginal(result, planner)
    rows = weights(result)
    technology, product = rows["technology"], rows["product"]
    wanted = (
        (technology.isin([t for t, _, _ in marginal]) & (product == ""))
        | pd.Series(list(zip(technology, product, strict=True))).isin([(t, p) for t, p, _ in marginal])
        | (rows["name"].isin(PRICES["province"]) & rows["province"].isin([r for _, _, r in marginal]))
        | rows["name"].isin(PRICES[""])
    )
    rows = rows[wanted & (rows["weight"] > 0)].copy()
    moved = []
    row: Any
    for row in rows.itertuples():
        where = {str(dim): [getattr(row, str(dim))] for dim in study.values[row.name].dims}
        step = 1e-4 * (row.high - row.low)
        step = -step if outside(np.array(row.value + step), term(row.name).lower, term(row.name).upper) else step
        override = Override(name=row.name, where=where, value=row.value + step, unit=row.unit, source=row.source)
        again = planner.solve(replace(scenario, overrides=(*scenario.overrides, override)), result.duals.shadow_price)
        moved.append((again.duals.shadow_price - result.duals.shadow_price) / step)
    rows["derivative"] = moved
    rows["weight"] = rows["derivative"].abs() * (rows["high"] - rows["low"]) / 2
    return heavy(rows.sort_values("weight", ascending=False, kind="stable"))


def heavy(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that weigh anything."""
    return rows[rows["weight"] > 0].reset_index(drop=True)


def _marginal(result: Result, planner: Planner) -> set[tuple[str, str, str]]:
    """Technology, product and province of the choices that change when the target moves a little."""
    s, scenario, target = result.instance.structure, result.instance.scenario, result.ledger.counted_saving
    number, unit = _Number(result, "capacity", {}), result.instance.flows.unit
    less, more = (
        planner.solve(scenario.with_levers(saving_target=max(target + move, 0.0)), result.duals.shadow_price).deployment
        for move in (-AT_MARGIN * unit, 0.0)
    )
    change = np.concatenate(
        [more.capacity - less.capacity, more.site_saving - less.site_saving, more.supply - less.supply]
    )
    rows = np.flatnonzero(np.abs(change) > MOVED * unit)
    return {
        (
            s.technologies[number.technology[row]],
            s.products[s.pair_product[number.pair[row]]],
            s.provinces[s.pair_province[number.pair[row]]],
        )
        for row in rows
    }
