"""The saving cost curve of a scenario: the optimum over all targets, every breakpoint exactly."""

from __future__ import annotations

import numpy as np
import xarray as xr

from waterplan.base.vocabulary import term
from waterplan.planning.core.kernel_arrays import Answers, Costs, fresh_answers
from waterplan.planning.curve.pools import Point, PooledBlock
from waterplan.planning.curve.segments import Segments, joined, take_floors
from waterplan.planning.curve.stack import naive_stack
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index, totals
from waterplan.planning.plan.result import no_plan
from waterplan.planning.planner.answer import ask
from waterplan.planning.planner.planner import Planner
from waterplan.planning.planner.search import Search
from waterplan.planning.planner.shared_limits import pool_draw
from waterplan.planning.planner.walk import Levels, walk_prices
from waterplan.study.scenario import Scenario

LOWEST = 1e-9  # CNY/m3: above nothing
FLOORS = ("sector_floor", "province_floor")
SAMPLES = 25


def curve(planner: Planner, scenario: Scenario) -> xr.Dataset:
    """Least cost over all targets from 0 to the largest saving within the scenario's other limits.

    Dim ``point``: counted_saving [hm3/a], objective [MCNY/a, what is minimised, the canonical
    tie-break of at most 1e-6 CNY/m3 with it], shadow_price [CNY/m3, of the stretch
    that ends here; 0 at the first], investment_needed [MCNY],
    marginal_technology (whose capacity grows most on the stretch), in steps of rising
    price. Between points the curve is straight. The first point is what the limits other than the target ask for and
    what
    pays for itself: its cost, where negative, is a net benefit and never a cost per m3. Dim ``technology``: the naive
    stack.

    attrs: exact (whether every breakpoint is there: always without caps; with floors of one kind; otherwise exact at
    ``points`` sampled), attainable [hm3/a], double_counted [hm3/a, what the naive stack claims beyond the maximum].
    """
    search = planner.search(scenario)
    kinds = search.limits.kinds
    points = None if kinds - set(FLOORS) or len(kinds) > 1 else _exact(search)
    exact = points is not None
    if points is None:
        points = _sampled(planner, scenario)
    stack = naive_stack(search.instance)
    attainable = float(points["counted_saving"][-1])
    dataset = points.merge(stack).assign_attrs(
        exact=int(exact),
        attainable=attainable,
        double_counted=float(stack["stand_alone_saving"].sum()) - attainable,
        scenario_digest=scenario.digest(planner.study),
        study_digest=planner.study.digest,
    )
    for name, array in dataset.data_vars.items():
        array.attrs = {"units": term(str(name)).unit, "long_name": term(str(name)).label_en}
    return dataset


def _exact(search: Search) -> xr.Dataset | None:
    """The curve by walking all prices; None when a floor cannot be met without water from a used-up pool."""
    s = search.places.structure
    costs, count = search.costs(), len(search.all)
    answers = fresh_answers(search.pairs, costs, search.uses.entry_start[:-1][s.local_use])
    highest = search.highest_price()
    segments = _of_pairs(search, costs, answers, highest)
    segments, used_up = _with_pools(search, costs, answers, segments, highest)
    answers = fresh_answers(search.pairs, costs, answers.entry)
    apart = np.concatenate([np.empty(0, np.int64), *(members for members, _ in used_up)])
    alone = np.setdiff1d(search.all, apart)
    ask(alone, LOWEST, np.zeros(count), search.pairs, costs, search.uses, answers)
    start = np.array([answers.counted.sum(), answers.cost.sum(), _investment(search, answers)])
    for members, point in used_up:
        start += [point.counted, point.cost, point.investment]
        answers.counted[members[0]] = point.counted
    if used_up and "sector_floor" in search.limits.kinds:
        return None
    floors = _floors(search, answers.counted)
    if floors is not None:
        group, missing = floors
        ours = segments.where(segments.pair >= 0)
        if (totals(group[ours.pair], ours.counted, len(missing)) < missing).any():
            return None
        taken, left = take_floors(ours, group[ours.pair], missing)
        segments = joined([left, segments.where(segments.pair < 0)])
        start += [taken.counted.sum(), taken.cost.sum(), taken.investment.sum()]
    return _points(search, start, segments.by_price())


def _of_pairs(search: Search, costs: Costs, answers: Answers, highest: float) -> Segments:
    s, i = search.places.structure, search.instance
    technologies = (
        s.app_technology[s.local_app],
        s.site_technology[s.pair_site],
        s.supply_technology[s.pair_supply],
    )
    unit = i.values["investment_per_m3"] * i.levers.technology_cost_scale
    at_uses, on_site, supply = (unit[technology] for technology in technologies)
    fraction, flow = i.flows.saving_fraction[s.local_app], i.flows.gross_flow[s.local_app_local]
    capacities = fraction * flow, np.ones(len(on_site)), np.ones(len(supply))
    levels = Levels(*technologies, *capacities, at_uses * fraction * flow, on_site, supply)
    changes = walk_prices(search.all, LOWEST, highest, search.pairs, costs, search.uses, answers, levels)
    return Segments(changes.price, changes.counted, changes.cost, changes.investment, changes.technology, changes.pair)


def _with_pools(
    search: Search, costs: Costs, answers: Answers, segments: Segments, highest: float
) -> tuple[Segments, list[tuple[Index, Point]]]:
    """Puts pairs that overdraw a pool at some price into blocks of their province.

    Returns the segments, and the members and first answer of the blocks whose pools are used up from the start.
    """
    over = _reaching(search)
    parts, alone = [], np.ones(len(segments.pair), dtype=bool)
    used_up: list[tuple[Index, Point]] = []
    for province in np.unique([r for _, r in over]) if over else ():
        places = [place for place in over if place[1] == province]
        members = _members(search, places)
        block = PooledBlock(search, costs, answers, members, places)
        mine = np.isin(segments.pair, members)
        border = block.last_price_within(np.sort(segments.price[mine]))
        if border == 0.0:
            used_up.append((members, block.answer(LOWEST)))
        parts.append(block.segments(max(border, LOWEST), highest))
        alone &= ~mine | (segments.price < border)
    return joined([segments.where(alone), *parts]), used_up


def _reaching(search: Search) -> list[tuple[int, int]]:
    """Pools that could be overdrawn at some price: those that the largest wishes of all their sites exceed."""
    s, flows = search.places.structure, search.instance.flows
    wish = search.pairs.supply_limit * flows.reference_withdrawal[s.pair_supply_pair]
    wish = np.minimum(wish, flows.alternative_share_max * flows.reference_withdrawal[s.pair_supply_pair])
    most = pool_draw(s, wish)
    return [(int(k), int(r)) for k, r in np.argwhere(most > flows.pool_limit * (1 + 1e-12))]


def _members(search: Search, places: list[tuple[int, int]]) -> Index:
    s = search.places.structure
    pool = s.technology_pool[s.supply_technology[s.pair_supply]]
    province = s.pair_province[s.pair_supply_pair]
    here = np.zeros(len(pool), dtype=bool)
    for k, r in places:
        here |= (pool == k) & (province == r) & (search.pairs.supply_limit > 0)
    return np.unique(s.pair_supply_pair[here])


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


def _investment(search: Search, answers: Answers) -> float:
    s, i = search.places.structure, search.instance
    unit = i.values["investment_per_m3"] * i.levers.technology_cost_scale
    at_uses = answers.share * i.flows.saving_fraction[s.local_app] * i.flows.gross_flow[s.local_app_local]
    return float(
        unit[s.app_technology[s.local_app]] @ at_uses
        + unit[s.site_technology[s.pair_site]] @ answers.site_saving
        + unit[s.supply_technology[s.pair_supply]] @ answers.supply
    )


def _points(search: Search, start: Array, segments: Segments) -> xr.Dataset:
    names = np.array([*search.places.structure.technologies, ""])

    def along(first: float, added: Array) -> Array:
        return first + np.concatenate([[0.0], np.cumsum(added)])

    return xr.Dataset(
        {
            "counted_saving": ("point", along(start[0], segments.counted)),
            "objective": ("point", along(start[1], segments.cost)),
            "investment_needed": ("point", along(start[2], segments.investment)),
            "shadow_price": ("point", np.concatenate([[0.0], segments.price])),
            "marginal_technology": ("point", np.concatenate([[""], names[segments.technology]])),
        }
    )


def _sampled(planner: Planner, scenario: Scenario) -> xr.Dataset:
    """Exact points of the curve at evenly spaced targets: for caps, and for floors of several kinds."""
    attainable = planner.attainable(scenario)
    if attainable is None:
        raise no_plan(0.0, None)
    least = planner.solve(scenario.with_levers(saving_target=0.0))
    start = min(least.ledger.counted_saving, attainable)
    targets = np.linspace(start, max(attainable - 1e-4 * least.instance.flows.unit, start), SAMPLES)[1:]
    results = [least]
    for target in targets:
        results.append(planner.solve(scenario.with_levers(saving_target=float(target)), results[-1].duals.shadow_price))
    return xr.Dataset(
        {
            "counted_saving": ("point", [r.ledger.counted_saving for r in results]),
            "objective": ("point", [r.ledger.objective for r in results]),
            "investment_needed": ("point", [r.ledger.investment for r in results]),
            "shadow_price": ("point", [0.0, *(r.duals.shadow_price for r in results[1:])]),
            "marginal_technology": ("point", [""] * len(results)),
        }
    )
