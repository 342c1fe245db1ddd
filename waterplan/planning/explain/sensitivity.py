"""How the least cost answers to every figure of the study: derivatives from prices, without planning again.

At the prices of the plan the problem falls apart into pairs. By the envelope theorem the least cost moves with a
figure as
the pairs' own answers do while prices stay, so one figure of every product can be moved in the same question: a few
hundred questions of the compiled kernel give the derivative for thousands of figures.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from waterplan.base.vocabulary import term
from waterplan.planning.explain.at_prices import STEP, AtPrices, cut_by_pool, floor_price
from waterplan.planning.model.flows import Array, Values
from waterplan.planning.model.prices import build_prices
from waterplan.planning.model.structure import Index, totals
from waterplan.planning.plan.result import Result, must_start_from_base
from waterplan.planning.planner.kernel_input import capacity_surcharge
from waterplan.study.scenario.provenance import columns_of
from waterplan.study.study import Study

if TYPE_CHECKING:
    import pandas as pd

AT_USES = ("saving_fraction", "applicable_share", "penetration_base", "penetration_max")
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
    chosen, derivative = _of_rows(study, found)
    weight = np.abs(derivative) * (rows["high"].to_numpy()[chosen] - rows["low"].to_numpy()[chosen]) / 2
    order = np.argsort(-weight, kind="stable")
    rows = rows.take(chosen[order]).reset_index(drop=True)
    return rows.assign(derivative=derivative[order], weight=weight[order])


def _of_rows(study: Study, found: Mapping[str, Array]) -> tuple[Index, Array]:
    """The rows of the inputs that are found, in their order, and the derivative of each."""
    cells = {name: place for name, place in _cells(study).items() if name in found}
    rows = np.concatenate([np.empty(0, np.int64), *(here for here, _ in cells.values())])
    found_there = (np.atleast_1d(np.asarray(found[name])[place]) for name, (_, place) in cells.items())
    derivative = np.concatenate([np.empty(0), *found_there])
    order = np.argsort(rows)
    return rows[order], derivative[order]


Cells = dict[str, tuple[Index, tuple[Index, ...]]]
_CELLS: dict[int, Cells] = {}


def _cells(study: Study) -> Cells:
    """The rows of each input, and where their values stand in its array: made once for each study object. A scenario
    changes what stands in rows, not which there are."""
    if id(study) not in _CELLS:
        weakref.finalize(study, _CELLS.pop, id(study), None)
        _CELLS[id(study)] = _find_cells(study)
    return _CELLS[id(study)]


def _find_cells(study: Study) -> Cells:
    names = columns_of(study, (), ("name",))["name"]
    inputs = sorted(set(names.tolist()))
    dims = sorted({dim for name in inputs for dim in term(name).dims})
    labels = columns_of(study, (), dims)
    number = {dim: {label: n for n, label in enumerate(study.labels[dim])} for dim in dims}
    cells = {}
    for name in inputs:
        here = np.flatnonzero(names == name)
        place = (np.array([number[dim][str(label)] for label in labels[dim][here]]) for dim in term(name).dims)
        cells[name] = here, tuple(place)
    return cells


def share_by_basis(rows: pd.DataFrame) -> dict[str, float]:
    """How much of the weight stands on rows of each basis; adds up to 1."""
    total = rows["weight"].sum()
    by_basis = rows.groupby("basis")["weight"].sum()
    return {basis: float(by_basis.get(basis, 0.0) / total) if total > 0 else 0.0 for basis in BASES}


def basis_shares(result: Result) -> dict[str, float] | None:
    """The same of all rows that the least cost depends on, without making a frame of them; None where a plan starts
    after what enterprises do by themselves, and so rests on figures in more ways than are worked out."""
    if result.before is not None:
        return None
    i = result.instance
    columns = columns_of(i.study, i.scenario.overrides, ("low", "high", "basis"))
    chosen, derivative = _of_rows(i.study, derivatives(result))
    weight = np.abs(derivative) * (columns["high"] - columns["low"])[chosen] / 2
    by_basis = {basis: math.fsum(weight[columns["basis"][chosen] == basis]) for basis in BASES}
    total = math.fsum(weight)
    return {basis: share / total if total > 0 else 0.0 for basis, share in by_basis.items()}


def derivatives(result: Result) -> dict[str, Array]:
    """d objective / d value for every input that the plan depends on, in the input's own dims [MCNY/a per unit].

    The weights of the scarcity credit are held as they are.
    """
    must_start_from_base(result)
    problem = AtPrices(result)
    return {
        **_of_technologies_at_products(problem),
        **_of_outputs(problem),
        **_of_prices(result),
        "effluent_share": _of_effluent_shares(result),
        "supply_potential": _of_potentials(result),
    }


def _of_technologies_at_products(problem: AtPrices) -> dict[str, Array]:
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
        product, own = place[:, -2], use[place[:, -2], place[:, -1]]
        for rows in _in_turn(own, own >= 0):
            here = tuple(place[rows].T)
            change, step = problem.moved_at_uses(name, here)
            derivative[here] = totals(s.local_use, change, len(s.use_product))[own[rows]] / step
        for rows in _in_turn(product, own < 0):
            here = tuple(place[rows].T)
            if name == "end_use_share":  # where nothing can be done
                derivative[here] = 0.0
                continue
            change, step = problem.moved_behind_uses(name, here)
            derivative[here] = totals(s.pair_product, change, len(s.products))[product[rows]] / step
        found[name] = derivative
    return found


def _in_turn(owner: Index, wanted: NDArray[np.bool_]) -> Iterator[Index]:
    """Rows that are wanted, each time at most one of each owner."""
    rows = np.flatnonzero(wanted)
    turn = turns(owner[rows])
    for number in range(turn.max(initial=-1) + 1):
        yield rows[turn == number]


def turns(owner: Index) -> Index:
    """How many rows of the same owner stand before each.

    >>> turns(np.array([7, 3, 7, 7, 3])).tolist()
    [0, 0, 1, 2, 1]
    """
    order = np.argsort(owner, kind="stable")
    found = np.empty(len(owner), dtype=np.int64)
    found[order] = np.arange(len(owner)) - np.searchsorted(owner[order], owner[order])
    return found


def _of_outputs(problem: AtPrices) -> dict[str, Array]:
    s, values = problem.instance.structure, problem.instance.values
    found = {}
    for name in BY_PRODUCT:
        change, step = problem.moved_outputs(name, np.nonzero(~np.isnan(values[name])))
        found[name] = totals(s.pair_product, change, len(s.products)) / step
    output = np.full(values["output"].shape, np.nan)
    change, step = problem.moved_outputs("output", (s.pair_product, s.pair_province))
    output[s.pair_product, s.pair_province] = change / step
    factor = np.full(values["intensity_factor"].shape, np.nan)
    place = np.nonzero(~np.isnan(values["intensity_factor"]))
    change, step = problem.moved_outputs("intensity_factor", place)
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
