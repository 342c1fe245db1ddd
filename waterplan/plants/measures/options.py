r"""What one plant can choose from: whole technologies, in sets that compound, with what each set leaves and costs.

A technology is there or not. At every end use of a product one configuration is chosen (level 1), for the product one
set of site technologies (level 2) and one of other sources (level 3), at most one of each exclusive group. With
:math:`s_t` the saving_fraction,

.. math::

    N_p = W_p - \sum_e W_{p,e} (1 - \prod_{t \in S_e} (1 - s_t)), \qquad
    M_p = N_p \prod_{t \in T} (1 - s_t), \qquad
    \text{withdrawal}_p = M_p (1 - r_U), \quad
    r_U = \min(1 - \prod_{t \in U} (1 - s_t), \mathrm{alternative\_share\_max})

What a set of site technologies or of sources saves is divided among its members in proportion to
:math:`-\ln(1 - s_t)`. The share of a source is cut to what its pool holds for the plant's whole withdrawal. Costs of a
unit of capacity and what a saved cubic metre earns are those of the model (``decision_costs``), in the enterprise
perspective; volumes are m3/a and money CNY/a.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from waterplan.base.errors import Problem, ScenarioError
from waterplan.base.messages import Message
from waterplan.planning.model.flows import M3_PER_HM3, Array, Flows, Values, build_flows
from waterplan.planning.model.instance import input_values
from waterplan.planning.model.objective import decision_costs
from waterplan.planning.model.prices import build_prices
from waterplan.planning.model.scenario_numbers import Given
from waterplan.planning.model.structure import Index, Structure, build_structure
from waterplan.plants.measures.plant_study import PlantStudy
from waterplan.study.scenario import Levers, Scenario

Members = tuple[tuple[int, float], ...]  # (technology, capacity per m3 of the flow that the set acts on)
PLANT_LEVERS = (
    "hurdle_rate", "technology_cost_scale", "electricity_price_scale", "water_price_scale", "carbon_price", "water_tax",
    "investment_subsidy", "alternative_share_max",
)  # fmt: skip


@dataclass(frozen=True)
class UseChoices:
    """The configurations of one end use, the one that is in place first: the others add technologies to it.

    members: technologies added (index), with capacity and saving [m3/a]. left: what reaches the site; cost: yearly
    cost less charges saved [CNY/a]; investment [CNY]: by configuration.
    """

    end_use: str
    members: tuple[tuple[tuple[int, float, float], ...], ...]
    left: Array
    cost: Array
    investment: Array


@dataclass(frozen=True)
class WholeChoices:
    """Sets of site technologies and other sources of one product, the empty one first.

    left: withdrawal per m3 that reaches the site [1]; cost [CNY/m3] and investment [CNY per m3/a] per m3 that reaches
    the site: by set.
    """

    site: tuple[Members, ...]
    supply: tuple[Members, ...]
    left: Array
    cost: Array
    investment: Array


@dataclass(frozen=True)
class ProductChoices:
    """All choices of one product. fixed: withdrawal of end uses that no end-use technology acts on [m3/a]."""

    product: str
    fixed: float
    uses: tuple[UseChoices, ...]
    whole: WholeChoices


@dataclass(frozen=True)
class PlantProblem:
    """The numbers of one plant's plan: the model's, and the choices made of them."""

    plant: PlantStudy
    given: Given
    choices: tuple[ProductChoices, ...]

    @property
    def levers(self) -> Levers:
        """The levers in force."""
        return self.given.levers


def plant_levers(plant: PlantStudy, exclude: tuple[str, ...] = (), **levers: object) -> Levers:
    """The levers of a plant's plan: enterprise perspective, everything charged and credited whole, no roll-out limit.

    Raises ScenarioError for a lever that has no meaning for one plant or a technology that the study does not have.
    """
    foreign = [name for name in levers if name not in PLANT_LEVERS]
    if foreign:
        message = Message("plant_plan.no_such_lever", levers=PLANT_LEVERS)
        raise ScenarioError([Problem(plant.plant, 0, name, message) for name in foreign])
    fixed = {
        "perspective": "enterprise", "cost_accounting": "full_credit", "saving_target": 0, "rollout_scale": 1,
        "count_alternative_supply": True, "baseline": "frozen", "count_from": "frozen", "value_added_cut": 0,
        "non_conventional_min": 0,
    }  # fmt: skip
    scenario = Scenario(title=plant.plant).with_levers(**levers, **fixed, excluded=list(exclude))
    return scenario.resolve(plant.study)


def build_problem(plant: PlantStudy, levers: Levers, payback_years: float | None = None) -> PlantProblem:
    """The choices of a plant at given levers.

    With payback_years the yearly payment for an investment is the investment over that many years, without interest:
    what costs nothing then pays back within them.
    """
    structure = build_structure(plant.study)
    values = dict(input_values(plant.study))
    values["end_use_share"] = np.nan_to_num(values["end_use_share"])
    if payback_years is not None:
        values["lifetime"] = np.full_like(values["lifetime"], payback_years)
        levers = replace(levers, hurdle_rate=0.0)
    flows = whole_flows(structure, values, levers)
    prices = build_prices(structure, values, levers, flows.reference_withdrawal, "enterprise")
    given = Given(structure, flows, prices, values, levers)
    step, site, supply = decision_costs(given, tie_broken=False)
    investment = values["investment_per_m3"] * levers.technology_cost_scale
    return PlantProblem(
        plant,
        given,
        tuple(
            ProductChoices(
                product=structure.products[structure.pair_product[pair]],
                fixed=_fixed(given, pair),
                uses=tuple(_uses(given, pair, step, investment)),
                whole=_whole(given, pair, site, supply, investment),
            )
            for pair in range(len(structure.pair_product))
        ),
    )


def whole_flows(structure: Structure, values: Values, levers: Levers) -> Flows:
    """The model's coefficients where each technology can be on the whole plant or not at all.

    Unlike in a country, members of an exclusive group do not share the plants among them (``_installed`` in flows.py):
    each may have the whole of this one. What is in place is part of what the plant withdraws already.
    """
    flows = build_flows(structure, values, levers, years=0)
    s = structure
    place = s.app_technology, s.use_product[s.app_use], s.use_end_use[s.app_use]
    added = values["penetration_max"][place] * (1 - values["penetration_base"][place])
    limit, together = _whole_limits(structure, values, levers, "site")
    supply_limit, _ = _whole_limits(structure, values, levers, "supply")
    return replace(
        flows,
        added_share=np.where(levers.excluded[s.app_technology], 0.0, added),
        site_limit=limit[s.pair_site],
        site_limit_together=together[s.pair_product],
        supply_limit=supply_limit[s.pair_supply],
    )


def _whole_limits(structure: Structure, values: Values, levers: Levers, level: str) -> tuple[Array, Array]:
    """saving_fraction of what can be added [site app], and what the best of each group do together [product]."""
    product, technology, group = (getattr(structure, f"{level}_{name}") for name in ("product", "technology", "group"))
    place = technology, product, np.full(len(product), structure.end_uses.index("site"))
    free = values["penetration_max"][place] * (1 - values["penetration_base"][place]) * ~levers.excluded[technology]
    limit = np.asarray(values["saving_fraction"][place] * free)
    left = np.ones(len(structure.products))
    for one in np.unique(group):
        left[product[group == one][0]] *= 1 - limit[group == one].max()
    return limit, 1 - left


def _fixed(given: Given, pair: int) -> float:
    s = given.structure
    used = s.use_end_use[s.local_use[s.local_pair == pair]]
    share = given.values["end_use_share"][s.pair_product[pair], used].sum()
    return float(given.flows.reference_withdrawal[pair] * max(0.0, 1.0 - share)) * M3_PER_HM3


def _uses(given: Given, pair: int, step_cost: Array, investment: Array) -> Iterator[UseChoices]:
    """The end uses of a pair through which water flows."""
    s, flows = given.structure, given.flows
    for local in np.flatnonzero(s.local_pair == pair).tolist():
        if flows.gross_flow[local] > 0:
            yield _use(given, local, step_cost, investment)


def _use(given: Given, local: int, step_cost: Array, investment: Array) -> UseChoices:
    s, flows = given.structure, given.flows
    use, gross = int(s.local_use[local]), float(flows.gross_flow[local]) * M3_PER_HM3
    first, last = int(s.use_configuration_start[use]), int(s.use_configuration_start[use + 1])
    start = first + int(np.argmax(flows.start_share[first:last]))  # what is in place has share 1
    here: dict[int, tuple[float, float, tuple[tuple[int, float], ...]]] = {start: (0.0, 0.0, ())}
    # configuration: cost, investment, members
    shift = int(given.local_step_start[local]) - int(s.use_step_start[use])
    for step in range(int(s.use_step_start[use]), int(s.use_step_start[use + 1])):
        origin, end, app = int(s.step_from[step]), int(s.step_to[step]), int(s.step_app[step])
        if origin not in here or end in here or not flows.added_share[app] > 0:
            continue
        cost, invested, members = here[origin]
        technology, capacity = int(s.app_technology[app]), float(flows.saving_fraction[app]) * gross
        here[end] = (
            cost + float(step_cost[shift + step]) * gross,
            invested + float(investment[technology]) * capacity,
            (*members, (technology, capacity)),
        )
    left = flows.remaining_fraction[list(here)] * gross
    return UseChoices(
        end_use=s.end_uses[s.use_end_use[use]],
        members=tuple(_with_saving(given, m, capacities[2], left[0] - left[m], gross) for m, capacities in
                      enumerate(here.values())),
        left=left,
        cost=np.array([cost for cost, _, _ in here.values()]),
        investment=np.array([invested for _, invested, _ in here.values()]),
    )  # fmt: skip


def _with_saving(
    given: Given, place: int, members: tuple[tuple[int, float], ...], saving: float, gross: float
) -> tuple[tuple[int, float, float], ...]:
    """Technologies of a configuration with capacity and their parts of its saving."""
    if not place:
        return ()
    parts = shared([capacity / gross for _, capacity in members])
    return tuple((t, capacity, saving * part) for (t, capacity), part in zip(members, parts, strict=True))


def shared(fractions: list[float]) -> list[float]:
    """How the saving of a set is divided among its members: in proportion to -ln(1 - saving_fraction).

    >>> [round(part, 6) for part in shared([0.5, 0.75])]
    [0.333333, 0.666667]
    """
    weights = [-float(np.log1p(-fraction)) for fraction in fractions]
    return [weight / sum(weights) for weight in weights]


def _whole(given: Given, pair: int, site_cost: Array, supply_cost: Array, investment: Array) -> WholeChoices:
    s, flows = given.structure, given.flows
    site = np.flatnonzero(s.pair_site_pair == pair)
    supply = np.flatnonzero((s.pair_supply_pair == pair) & given.supply_is_available)
    fractions = flows.supply_limit[supply]
    pool = s.technology_pool[given.supply_technology[supply]]
    held = np.append(flows.pool_limit.sum(axis=1), np.inf)[pool]  # pool -1: no limit
    room = held / flows.reference_withdrawal.sum()
    sites = list(_sets(given.site_technology[site], flows.site_limit[site], site_cost[site], s))
    sources = list(
        _sets(given.supply_technology[supply], np.minimum(fractions, room), supply_cost[supply], s,
              float(flows.alternative_share[pair]), room, pool)
    )  # fmt: skip
    kept_sites = [1 - sum(share for _, share in members) for members, _ in sites]
    both = [(a, b) for a in range(len(sites)) for b in range(len(sources))]
    kept = np.array([kept_sites[a] * (1 - sum(share for _, share in sources[b][0])) for a, b in both])
    cost = np.array([sites[a][1] + kept_sites[a] * sources[b][1] for a, b in both])
    moved = [
        tuple((t, share * kept_sites[a]) for t, share in sources[b][0]) for a, b in both
    ]  # sources act on what the site technologies leave
    invested = [sum(investment[t] * share for t, share in (*sites[a][0], *moved[n])) for n, (a, _) in enumerate(both)]
    measures = np.stack([kept, cost, np.array(invested, dtype=float)], axis=1)
    good = sorted({0, *unbeaten(measures)})
    return WholeChoices(
        site=tuple(sites[both[n][0]][0] for n in good),
        supply=tuple(moved[n] for n in good),
        left=measures[good, 0],
        cost=measures[good, 1],
        investment=measures[good, 2],
    )


def unbeaten(measures: Array) -> list[int]:
    """Rows that no other row beats: none is at most as large everywhere (of equal ones the first stays).

    >>> unbeaten(np.array([[1.0, 2.0], [2.0, 1.0], [2.0, 2.0], [1.0, 2.0]]))
    [0, 1]
    """
    kept: list[int] = []
    for place in np.lexsort((*measures.T[::-1],)).tolist():  # whoever beats a row stands before it
        if not kept or not (measures[kept] <= measures[place]).all(axis=1).any():
            kept.append(place)
    return sorted(kept)


def _sets(
    technology: Index, fraction: Array, cost: Array, structure: Structure, most: float = 1.0,
    room: Array | None = None, pool: Index | None = None,
) -> Iterator[tuple[Members, float]]:  # fmt: skip
    """Each set with at most one member of a group: (technology, share of the flow) and cost per m3 of the flow."""
    offered = [n for n in range(len(technology)) if fraction[n] > 0]
    group = structure.technology_group[technology]
    for mask in sorted(range(1 << len(offered)), key=lambda mask: (mask.bit_count(), mask)):
        chosen = [n for place, n in enumerate(offered) if mask >> place & 1]
        if len({int(group[n]) for n in chosen}) < len(chosen):
            continue
        if not chosen:
            yield (), 0.0
            continue
        together = min(1 - float(np.prod(1 - fraction[chosen])), most)
        shares = [together * part for part in shared(list(fraction[chosen]))]
        if pool is not None and room is not None:
            shares = _within_pools(shares, [int(pool[n]) for n in chosen], [float(room[n]) for n in chosen])
        yield (
            tuple((int(technology[n]), share) for n, share in zip(chosen, shares, strict=True)),
            sum(float(cost[n]) * share for n, share in zip(chosen, shares, strict=True)),
        )


def _within_pools(shares: list[float], pool: list[int], room: list[float]) -> list[float]:
    """Shares scaled down where technologies of one pool together would draw more than it holds."""
    drawn = {one: sum(share for share, of in zip(shares, pool, strict=True) if of == one) for one in pool}
    return [
        share * min(1.0, most / drawn[of]) if of >= 0 else share
        for share, of, most in zip(shares, pool, room, strict=True)
    ]
