"""How the least cost answers to every figure of the study: derivatives from prices, without planning again.

At the prices of the plan the problem falls apart into pairs. By the envelope theorem the least cost moves with a
figure as
the pairs' own answers do while prices stay, so one figure of every product can be moved in the same question: a few
hundred questions of the compiled kernel give the derivative for thousands of figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from waterplan.base.vocabulary import term
from waterplan.planning.core.kernel_arrays import Uses, fresh_answers
from waterplan.planning.model.decisions import Duals
from waterplan.planning.model.flows import Array, Flows, Values, build_flows
from waterplan.planning.model.instance import Instance
from waterplan.planning.model.prices import build_prices
from waterplan.planning.model.structure import totals
from waterplan.planning.plan.result import Result
from waterplan.planning.planner.answer import ask
from waterplan.planning.planner.dictionaries import build_uses
from waterplan.planning.planner.kernel_input import Places, build_costs, build_pairs, capacity_surcharge, extra_worth
from waterplan.study.scenario.provenance import columns_of
from waterplan.study.study import Study

if TYPE_CHECKING:
    import pandas as pd

STEP = 1e-6
AT_USES = ("saving_fraction", "applicable_share", "penetration_base", "penetration_max")
OF_USES = ("saving_fraction", "added_share", "base_share", "remaining_fraction")  # the flows that the end uses rest on
BY_PRODUCT = ("output_growth", "intensity")
PRICES = {
    "technology": (
        "investment_per_m3",
        "running_cost_per_m3",
        "running_cost_water_share",
        "electricity_per_m3",
        "heat_per_m3",
        "water_share",
        "lifetime",
    ),
    "sector": ("public_supply_share", "sewer_share"),
    "province": ("water_price", "resource_fee", "sewage_fee", "electricity_price", "grid_emission_factor"),
    "": ("heat_price", "heat_emission_factor", "own_intake_cost", "effluent_treatment_cost"),
}
BASES = ("measured", "reported", "estimated", "assumed")


def weights(result: Result) -> pd.DataFrame:
    r"""The rows that the least cost depends on, heaviest first: the study's, and what the scenario sets in their place.

    derivative: d objective / d value [MCNY/a per unit]; weight: what half the row's range is worth,
    :math:`|\partial \mathrm{cost} / \partial \mathrm{value}| (\mathrm{high} - \mathrm{low}) / 2` [MCNY/a].
    """
    return weighed(result, derivatives(result))


def weighed(result: Result, found: Mapping[str, Array]) -> pd.DataFrame:
    """The rows of a scenario with derivative and weight, heaviest first; found: derivatives by input, in its dims."""
    study = result.instance.study
    rows = result.instance.scenario.rows(study)
    rows = rows[rows["name"].isin(found)].copy()
    columns = {name: rows[name].to_numpy(dtype=object) for name in ("name", *_dims(found))}
    rows = rows.assign(derivative=_of_rows(study, columns, found))
    rows["weight"] = rows["derivative"].abs() * (rows["high"] - rows["low"]) / 2
    return rows.sort_values("weight", ascending=False, kind="stable").reset_index(drop=True)


def _dims(names: Iterable[str]) -> list[str]:
    return sorted({dim for name in names for dim in term(name).dims})


def _of_rows(study: Study, columns: Mapping[str, NDArray[Any]], found: Mapping[str, Array]) -> Array:
    """The derivative of each row of the tables; 0 where none was found."""
    derivative = np.zeros(len(columns["name"]))
    number = {dim: {label: n for n, label in enumerate(study.labels[dim])} for dim in _dims(found)}
    for name, values in found.items():
        here = np.flatnonzero(columns["name"] == name)
        place = tuple([number[dim][str(label)] for label in columns[dim][here]] for dim in term(name).dims)
        derivative[here] = np.asarray(values)[place]
    return derivative


def share_by_basis(rows: pd.DataFrame) -> dict[str, float]:
    """How much of the weight stands on rows of each basis; adds up to 1."""
    total = rows["weight"].sum()
    by_basis = rows.groupby("basis")["weight"].sum()
    return {basis: float(by_basis.get(basis, 0.0) / total) if total > 0 else 0.0 for basis in BASES}


def basis_shares(result: Result) -> dict[str, float]:
    """The same of all rows that the least cost depends on, without making a frame of them."""
    i, found = result.instance, derivatives(result)
    columns = columns_of(i.study, i.scenario.overrides, ("name", *_dims(found), "low", "high", "basis"))
    weight = np.abs(_of_rows(i.study, columns, found)) * (columns["high"] - columns["low"]) / 2
    by_basis = {basis: math.fsum(weight[columns["basis"] == basis]) for basis in BASES}
    total = math.fsum(weight)
    return {basis: share / total if total > 0 else 0.0 for basis, share in by_basis.items()}


def derivatives(result: Result) -> dict[str, Array]:
    """d objective / d value for every input that the plan depends on, in the input's own dims [MCNY/a per unit].

    The weights of the scarcity credit are held as they are.
    """
    problem = _AtPrices(result)
    return {
        **_of_technologies_at_products(problem),
        **_of_outputs(problem),
        **_of_prices(result),
        "effluent_share": _of_effluent_shares(result),
        "supply_potential": _of_potentials(result),
    }


class _AtPrices:
    """What each pair adds to the dual value at the plan's prices, as a function of the input values."""

    def __init__(self, result: Result):
        self.instance: Instance = result.instance
        self.duals = result.duals
        self.places = Places.of(self.instance.structure)
        i = self.instance
        self.costs = build_costs(self.places, i.own_prices, i.values, i.levers, self.duals)
        self.extra = extra_worth(i.structure, self.duals)
        self.cut = cut_by_pool(i)
        self.years = i.study.target_year - i.study.base_year
        self._known_uses: tuple[Flows, Uses] | None = None
        self.base, self.base_of_uses = self.parts(i.values)

    def parts(self, values: Values) -> tuple[Array, Array]:
        """What pairs and their end uses add [pair; local].

        A pair's value is that of its end uses, each at the worth of a cubic metre less what it would earn later on the
        way, and of the whole reference withdrawal at what a cubic metre earns there.
        """
        i = self.instance
        s = i.structure
        flows = build_flows(s, values, i.levers, self.years)
        pairs = build_pairs(self.places, flows, i.levers)
        uses = self._uses(flows)
        answers = fresh_answers(pairs, self.costs, uses.entry_start[:-1][s.local_use])
        everyone = np.arange(len(pairs.reference))
        ask(everyone, self.duals.shadow_price, self.extra, pairs, self.costs, uses, answers)
        worth = self.duals.shadow_price + self.extra
        value = worth * answers.counted - answers.cost
        saved = flows.gross_flow * answers.use_saving
        earned = worth[s.local_pair] * saved - flows.gross_flow * answers.spent
        count = len(s.pair_product)
        left = flows.reference_withdrawal - totals(s.local_pair, saved, count)
        later = value - totals(s.local_pair, earned, count)
        later = np.divide(later, left, out=np.zeros(count), where=left > 0)
        at_uses, floors = self._floors(flows)
        return floors - value, at_uses - (earned - later[s.local_pair] * saved)

    def _uses(self, flows: Flows) -> Uses:
        """The end uses, made anew only where a coefficient of them has moved."""
        s, known = self.instance.structure, self._known_uses
        if known and all(np.array_equal(getattr(flows, name), getattr(known[0], name)) for name in OF_USES):
            return known[1]
        mean = totals(s.local_app, self.costs.app, len(s.app_use))
        mean /= np.maximum(np.bincount(s.local_app, minlength=len(s.app_use)), 1)
        uses = build_uses(s, flows, (mean * flows.saving_fraction)[None, :])
        self._known_uses = known or (flows, uses)
        return uses

    def _floors(self, flows: Flows) -> tuple[Array, Array]:
        """What floors and caps that are shares of a volume add, at end uses and in all [local; pair]: price x bound."""
        i, s, d = self.instance, self.instance.structure, self.duals
        levers = i.levers
        floor = (d.sector_floor * levers.sector_floor)[s.pair_sector]
        floor = floor + (d.province_floor * levers.province_floor)[s.pair_province]
        bound = floor * flows.reference_withdrawal
        price = floor_price(self.instance, d)
        at_uses = np.zeros(len(s.local_use))
        if price.any():
            count = len(s.pair_product)
            reach = (flows.saving_fraction * flows.added_share)[s.local_app] * flows.gross_flow[s.local_app_local]
            at_uses = totals(s.local_app_local, price[s.app_technology[s.local_app]] * reach, len(s.local_use))
            bound = bound + totals(s.local_pair, at_uses, count)
            site = flows.site_limit[s.pair_site] * flows.reference_withdrawal[s.pair_site_pair]
            bound = bound + totals(s.pair_site_pair, price[s.site_technology[s.pair_site]] * site, count)
            supply = flows.supply_limit[s.pair_supply] * flows.reference_withdrawal[s.pair_supply_pair]
            technology = s.supply_technology[s.pair_supply]
            free = (s.supply_available & ~self.cut)[technology, s.pair_province[s.pair_supply_pair]]
            bound = bound + totals(s.pair_supply_pair, free * price[technology] * supply, count)
        return at_uses, np.asarray(bound)

    def moved(self, name: str, place: tuple[NDArray[Any], ...]) -> tuple[Array, Array, Array]:
        """Change of the parts of pairs and of end uses when some values grow a little; by how much each has grown."""
        values = dict(self.instance.values)
        changed = np.array(values[name], dtype=float)
        step = STEP * np.maximum(np.abs(changed[place]), 1e-2)
        changed[place] += step
        values[name] = changed
        pairs, uses = self.parts(values)
        return pairs - self.base, uses - self.base_of_uses, step


def floor_price(instance: Instance, duals: Duals) -> Array:
    """What a cubic metre of largest capacity costs through floors and caps of technologies [technology, CNY/m3]."""
    levers = instance.levers
    return duals.technology_floor * levers.technology_floor - duals.technology_cap * levers.technology_cap


def cut_by_pool(instance: Instance) -> NDArray[np.bool_]:
    """Where a pool, not its sites, sets the largest capacity of a technology [technology, province]."""
    s, flows = instance.structure, instance.flows
    technology, province = s.supply_technology[s.pair_supply], s.pair_province[s.pair_supply_pair]
    shape = (len(s.technologies), len(s.provinces))
    volume = flows.supply_limit[s.pair_supply] * flows.reference_withdrawal[s.pair_supply_pair]
    volume = volume * s.supply_available[technology, province]
    wanted = totals(technology * shape[1] + province, volume, shape[0] * shape[1]).reshape(shape)
    pooled = (s.technology_pool >= 0)[:, None]
    if not len(s.pools):
        return np.zeros(shape, dtype=bool)
    return np.asarray(pooled & (wanted > flows.pool_limit[s.technology_pool]))


def _of_technologies_at_products(problem: _AtPrices) -> dict[str, Array]:
    """Rows of different end uses are moved together, for each changes the part of its own end use only.

    So are rows of different products where a technology works on the whole plant or replaces other water.
    """
    s, values = problem.instance.structure, problem.instance.values
    use = np.full((len(s.products), len(s.end_uses)), -1)
    use[s.use_product, s.use_end_use] = np.arange(len(s.use_product))
    found = {}
    for name in (*AT_USES, "end_use_share"):
        derivative = np.full(values[name].shape, np.nan)
        place = np.argwhere(~np.isnan(values[name]))
        product, end_use = place[:, -2], place[:, -1]
        own = use[product, end_use]
        for owner, at_use in ((own, True), (product, False)):
            rows = np.flatnonzero((own >= 0) == at_use)
            turn = _turns(owner[rows])
            for number in range(turn.max(initial=-1) + 1):
                now = rows[turn == number]
                here = tuple(place[now].T)
                of_pairs, of_uses, step = problem.moved(name, here)
                if at_use:
                    change = totals(s.local_use, of_uses, len(s.use_product))
                else:
                    change = totals(s.pair_product, of_pairs, len(s.products))
                derivative[here] = change[owner[now]] / step
        found[name] = derivative
    return found


def _turns(owner: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many rows before each are of the same owner.

    >>> _turns(np.array([3, 1, 3, 3])).tolist()
    [0, 0, 1, 2]
    """
    order = np.argsort(owner, kind="stable")
    turn = np.empty(len(owner), dtype=np.int64)
    turn[order] = np.arange(len(owner)) - np.searchsorted(owner[order], owner[order])
    return turn


def _of_outputs(problem: _AtPrices) -> dict[str, Array]:
    s, values = problem.instance.structure, problem.instance.values
    found = {}
    for name in BY_PRODUCT:
        change, _, step = problem.moved(name, np.nonzero(~np.isnan(values[name])))
        found[name] = totals(s.pair_product, change, len(s.products)) / step
    output = np.full(values["output"].shape, np.nan)
    change, _, step = problem.moved("output", (s.pair_product, s.pair_province))
    output[s.pair_product, s.pair_province] = change / step
    factor = np.full(values["intensity_factor"].shape, np.nan)
    place = np.nonzero(~np.isnan(values["intensity_factor"]))
    change, _, step = problem.moved("intensity_factor", place)
    changed = totals(s.pair_province * len(s.sectors) + s.pair_sector, change, factor.size).reshape(factor.shape)
    factor[place] = changed[place] / step
    return {**found, "output": output, "intensity_factor": factor}


def _of_prices(result: Result) -> dict[str, Array]:
    """Unit costs and credits are linear in the plan's volumes, which stay as they are."""
    base = _bill(result)(result.instance.values)
    found = {}
    for dim, names in PRICES.items():
        for name in names:
            values = dict(result.instance.values)
            step = STEP * np.maximum(np.abs(values[name]), 1e-2)
            values[name] = values[name] + step
            found[name] = _sum_over_all_but(dim, _bill(result)(values) - base) / step
    return found


def _bill(result: Result) -> Callable[[Values], Array]:
    """What capacity costs less what savings earn, from the input values [technology and 1, sector, province]."""
    i, ledger, duals = result.instance, result.ledger, result.duals
    saved = ledger.saving.sum(axis=0)

    def bill(values: Values) -> Array:
        prices = build_prices(i.structure, values, i.levers, i.flows.reference_withdrawal)
        unit = prices.unit_cost + capacity_surcharge(values, i.levers, duals)[:, None, None]
        earned = prices.withdrawal_credit * saved + prices.effluent_credit * ledger.effluent
        return np.concatenate([unit * ledger.capacity, -earned[None]])

    return bill


def _sum_over_all_but(dim: str, bill: Array) -> Array:
    if dim == "technology":
        return np.asarray(bill[:-1].sum(axis=(1, 2)))
    axes = {"sector": (0, 2), "province": (0, 1), "": (0, 1, 2)}[dim]
    return np.asarray(bill.sum(axis=axes))


def _of_effluent_shares(result: Result) -> Array:
    i, s, d = result.instance, result.instance.structure, result.deployment
    credit = i.own_prices.effluent_credit[s.pair_sector, s.pair_province]
    end_use = s.use_end_use[s.local_use]
    earned = totals(end_use, credit[s.local_pair] * d.use_saving, len(s.end_uses))
    earned[s.end_uses.index("site")] += credit[s.pair_site_pair] @ d.site_saving
    return -earned


def _of_potentials(result: Result) -> Array:
    i, s = result.instance, result.instance.structure
    pooled = s.technology_pool >= 0
    price = np.where(pooled[:, None], result.duals.pool[s.technology_pool], 0.0) if len(s.pools) else 0.0
    of_technology = np.where(pooled[:, None], floor_price(i, result.duals)[:, None] * cut_by_pool(i), 0.0)
    together = np.zeros_like(of_technology)
    for pool in range(len(s.pools)):  # a pool's potentials add up, so each serves all technologies of the pool
        members = s.technology_pool == pool
        together[members] = of_technology[members].sum(axis=0)
    return np.where(np.isnan(i.values["supply_potential"]), np.nan, i.levers.rollout_scale * (together - price))
