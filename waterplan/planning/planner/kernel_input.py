"""From the numbers of an optimisation to what the compiled kernel reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterplan.planning.core.kernel_arrays import Answers, Costs, Pairs, Uses
from waterplan.planning.model.decisions import Duals
from waterplan.planning.model.flows import Array, Flows, Values
from waterplan.planning.model.prices import Prices
from waterplan.planning.model.structure import Index, Structure, totals
from waterplan.planning.model.tie_break import WASTE, TieBreak, build_tie_break
from waterplan.planning.plan.deployment import Deployment
from waterplan.planning.planner.dictionaries import build_uses
from waterplan.study.scenario import Levers

SAMPLES = 12
DEAREST = 1e3  # CNY/m3: dearer than any capacity of the shipped study at the ends of all levers


@dataclass(frozen=True)
class Places:
    """Where costs and credits of a study's packed rows stand in the cubes, and the canonical tie-break [CNY/m3]."""

    structure: Structure
    local_start: Index
    app_start: Index
    site_start: Index
    supply_start: Index
    pair_place: Index
    local_place: Index
    local_end_use: Index
    tie: TieBreak
    supply_open: Array

    @classmethod
    def of(cls, structure: Structure) -> Places:
        """The places of a structure; made once."""
        s = structure
        technology = s.supply_technology[s.pair_supply]
        pair_place = s.pair_sector * len(s.provinces) + s.pair_province
        return cls(
            structure=s,
            local_start=_starts(s.fleet_use_start, s.pair_fleet),
            app_start=_starts(s.use_app_start, s.local_use),
            site_start=_starts(s.product_site_start, s.pair_product),
            supply_start=_starts(s.product_supply_start, s.pair_product),
            pair_place=pair_place,
            local_place=pair_place[s.local_pair],
            local_end_use=s.use_end_use[s.local_use],
            tie=build_tie_break(s),
            supply_open=s.supply_available[technology, s.pair_province[s.pair_supply_pair]].astype(float),
        )


@dataclass(frozen=True)
class Bonus:
    """What is paid beside the cost, to see where a plan could go [CNY/m3]: on counted saving [sector] and on capacity
    [technology, sector]."""

    on_saving: Array
    on_capacity: Array

    @classmethod
    def on(cls, structure: Structure, kind: str, label: int, amount: float, sector: int | None = None) -> Bonus:
        """A bonus on the counted saving of a sector, or on the capacity of a technology (in one sector or in all)."""
        bonus = cls(np.zeros(len(structure.sectors)), np.zeros((len(structure.technologies), len(structure.sectors))))
        if kind == "sector":
            bonus.on_saving[label] = amount
        else:
            bonus.on_capacity[label, slice(None) if sector is None else sector] = amount
        return bonus


def _starts(start: Index, owner: Index) -> Index:
    return np.concatenate([[0], np.cumsum(start[owner + 1] - start[owner])])


def build_pairs(places: Places, flows: Flows, levers: Levers) -> Pairs:
    """Where the pairs of a scenario start, and their limits."""
    s = places.structure
    return Pairs(
        start=flows.after_uses(s),
        built=flows.new_withdrawal,
        on_site=flows.on_site(s),
        replaced=flows.replaced(s),
        local_start=places.local_start,
        local_use=s.local_use,
        gross_flow=flows.gross_flow,
        app_start=places.app_start,
        site_start=places.site_start,
        site_limit=flows.site_limit,
        site_together=flows.site_limit_together,
        supply_start=places.supply_start,
        supply_limit=flows.supply_limit * places.supply_open,
        source_share=flows.source_share,
        alternative_share=flows.alternative_share,
        count_supply=1.0 if levers.count_alternative_supply else 0.0,
        unit=flows.unit,
    )


def build_costs(
    places: Places,
    flows: Flows,
    prices: Prices,
    values: Values,
    levers: Levers,
    duals: Duals | None = None,
    bonus: Bonus | None = None,
) -> Costs:
    r"""Unit costs and credits, with what binding limits and a bonus add to them.

    What stands behind a level takes its part of what is saved before it: a m3 saved at an end use withdraws
    :math:`(1 - \sum\sigma)(1 - \sum\rho)` less and discharges :math:`\mathrm{effluent\_share}_e - \sum\sigma \cdot
    \mathrm{effluent\_share}_{site}` less; one saved on the site withdraws :math:`1 - \sum\rho` less.
    """
    s = places.structure
    unit_cost = prices.unit_cost
    if duals is not None:
        unit_cost = unit_cost + capacity_surcharge(values, levers, duals)[:, None, None]
    if bonus is not None:
        unit_cost = unit_cost - bonus.on_capacity[:, :, None]
    flat = unit_cost.reshape(-1)
    at_uses, on_site, at_supply = s.cube_places
    app, site = flat[at_uses] + places.tie.app, flat[on_site] + places.tie.site
    supply = flat[at_supply] + places.tie.supply
    if "barrier_cost" in prices.terms and flows.barrier.any():
        app += flows.barrier[s.local_pair[s.local_app_local]]
        site += flows.barrier[s.pair_site_pair]
        supply += flows.barrier[s.pair_supply_pair]
    if duals is not None:
        supply += _supply_surcharge(s, duals)
    credit = (prices.withdrawal_credit + prices.scarcity_credit).reshape(-1)[places.pair_place]
    if duals is not None:
        credit += duals.value_added_cut
    effluent = prices.effluent_credit.reshape(-1)[places.pair_place]
    share, at_site = values["effluent_share"], values["effluent_share"][s.end_uses.index("site")]
    saved_there, not_replaced = flows.on_site(s), (1.0 - flows.replaced(s)) * credit
    discharged = share[places.local_end_use] - (saved_there * at_site)[s.local_pair]
    return Costs(
        app=app,
        site=site,
        supply=supply,
        use_credit=WASTE + ((1.0 - saved_there) * not_replaced)[s.local_pair] + effluent[s.local_pair] * discharged,
        site_credit=not_replaced + effluent * at_site,
        supply_credit=credit,
        behind=np.zeros(len(credit)) if duals is None else _behind(s, flows, levers, duals),
    )


def surcharges(places: Places, flows: Flows, values: Values, levers: Levers, duals: Duals) -> Costs:
    """What limits alone add to costs and credits, as if nothing else cost or earned anything."""
    s, pairs = places.structure, len(places.pair_place)
    added = capacity_surcharge(values, levers, duals)
    credit = np.full(pairs, duals.value_added_cut)
    not_replaced = (1.0 - flows.replaced(s)) * credit
    return Costs(
        app=added[s.app_technology][s.local_app],
        site=added[s.site_technology][s.pair_site],
        supply=added[s.supply_technology][s.pair_supply] + _supply_surcharge(s, duals),
        use_credit=((1.0 - flows.on_site(s)) * not_replaced)[s.local_pair],
        site_credit=not_replaced,
        supply_credit=credit,
        behind=_behind(s, flows, levers, duals),
    )


def _supply_surcharge(structure: Structure, duals: Duals) -> Array:
    """What prices of pools add to the cost of sources, a least share of them taken off [pair_supply, CNY/m3]."""
    s = structure
    return _pool_price(s, duals) - duals.non_conventional_min[s.pair_province[s.pair_supply_pair]]


def _pool_price(structure: Structure, duals: Duals) -> Array:
    s = structure
    if not duals.pool.any():
        return np.zeros(len(s.pair_supply))
    pool = s.technology_pool[s.supply_technology[s.pair_supply]]
    return np.where(pool >= 0, duals.pool[pool, s.pair_province[s.pair_supply_pair]], 0.0)


def _behind(structure: Structure, flows: Flows, levers: Levers, duals: Duals) -> Array:
    r"""What a m3 that is less behind the site earns beside credits [pair, CNY/m3]: sources leave their pools to others,
    and fewer of them make up the least share.

    .. math:: \sum_t \rho_t \lambda_{pool(t)} + (\mathrm{non\_conventional\_min}_r - \sum\rho) \mu_r
    """
    s, there = structure, structure.pair_province
    left = totals(s.pair_supply_pair, flows.source_share * _pool_price(s, duals), len(there))
    others = duals.non_conventional_min[there]
    return left + (levers.non_conventional_min[there] - flows.replaced(s)) * others


def dearness(costs: Costs) -> float:
    """How much dearer than usual the dearest capacity is; 1 where it is not: what prices of limits are multiples of."""
    return max(1.0, *(float(np.abs(cost).max(initial=0.0)) / DEAREST for cost in (costs.app, costs.site, costs.supply)))


def cost_of(structure: Structure, costs: Costs, deployment: Deployment) -> Array:
    """What a deployment costs where no limit has a price, credits taken off [pair, MCNY/a]."""
    s, d, pairs = structure, deployment, len(costs.site_credit)
    return (
        totals(s.local_pair[s.local_app_local], costs.app * d.capacity, pairs)
        - totals(s.local_pair, costs.use_credit * d.use_saving, pairs)
        + totals(s.pair_site_pair, (costs.site - costs.site_credit[s.pair_site_pair]) * d.site_saving, pairs)
        + totals(s.pair_supply_pair, (costs.supply - costs.supply_credit[s.pair_supply_pair]) * d.supply, pairs)
    )


def capacity_surcharge(values: Values, levers: Levers, duals: Duals) -> Array:
    """What binding limits add to the cost of a cubic metre of capacity [technology, CNY/m3]."""
    return (
        duals.technology_cap
        - duals.technology_floor
        + duals.investment_cap * values["investment_per_m3"] * levers.technology_cost_scale
        + duals.electricity_cap * values["electricity_per_m3"]
    )


def extra_worth(structure: Structure, duals: Duals) -> Array:
    """What floors add to the worth of a counted cubic metre [pair, CNY/m3]."""
    return duals.sector_floor[structure.pair_sector] + duals.province_floor[structure.pair_province]


def sample_costs(structure: Structure, costs: Costs) -> Array:
    """Today's costs of each app, and costs scattered around them [sample, app]: along these a store is filled."""
    mean = totals(structure.local_app, costs.app, len(structure.app_use))
    mean /= np.maximum(np.bincount(structure.local_app, minlength=len(structure.app_use)), 1)
    generator = np.random.default_rng(2015)
    spread = generator.normal(size=(SAMPLES - 1, len(mean)))
    scattered = mean * np.exp(0.5 * spread) + 0.05 * generator.normal(size=spread.shape)
    return np.vstack([mean, scattered])


def sample_uses(structure: Structure, flows: Flows, samples: Array, known: Uses | None = None) -> Uses:
    """The uses of a scenario, their stores filled by walking along costs [sample, app], or with the bases that they
    have among ``known`` uses."""
    return build_uses(structure, flows, samples * flows.saving_fraction, known)


def deployed(pairs: Pairs, uses: Uses, structure: Structure, answers: Answers) -> Deployment:
    """The deployment that answers stand for."""
    gross = pairs.gross_flow
    return Deployment(
        capacity=answers.share * uses.saving_fraction[structure.local_app] * gross[structure.local_app_local],
        use_saving=answers.use_saving * gross,
        site_saving=answers.site_saving.copy(),
        supply=answers.supply.copy(),
    )
