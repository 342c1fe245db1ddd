"""Why each technology is in the plan or not, sector by sector, and what would turn it.

At the plan's prices nothing else needs to be known: a technology enters a sector exactly when its cost falls by what is
missing there to the first cubic metre's worth. What it takes to leave is found by planning again with a growing
penalty.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from waterplan.base.errors import InfeasibleError
from waterplan.planning.core.kernel_arrays import Costs, fresh_answers
from waterplan.planning.model.flows import Array
from waterplan.planning.model.prices import annual_investment, charged_share
from waterplan.planning.model.structure import Index, expand, totals
from waterplan.planning.plan.ledger import build_ledger
from waterplan.planning.plan.result import Result
from waterplan.planning.planner.answer import ask
from waterplan.planning.planner.kernel_input import Bonus, build_costs, extra_worth
from waterplan.planning.planner.planner import Planner

NEGLIGIBLE = 1e-7  # of the whole volume of the study
WHOLE = 0.999
UTMOST = 1e4  # CNY/m3
DEAREST, FINENESS = 100.0, 1.01
ROUNDS_MAX = 60
COLUMNS = (
    *("technology", "sector", "level", "state", "capacity", "largest"),
    *("enters_below", "enters_at_price", "leaves_above"),
)


class _Prices:
    """The problem of one plan at its own prices."""

    def __init__(self, planner: Planner, result: Result):
        search = self.search = planner.search(result.instance.scenario)
        i, s = result.instance, result.instance.structure
        self.structure, self.shadow_price, self.extra = s, result.duals.shadow_price, extra_worth(s, result.duals)
        self.costs = build_costs(search.places, i.flows, i.own_prices, i.values, i.levers, result.duals)
        self.answers = fresh_answers(search.pairs, self.costs, search.uses.entry_start[:-1][s.local_use])
        self.reach = search.uses.saving_fraction[s.local_app] * search.pairs.gross_flow[s.local_app_local]
        # of the rows of each level: technology, pair, and the name of their costs
        self.levels = (
            (s.app_technology[s.local_app], s.local_pair[s.local_app_local], "app"),
            (s.site_technology[s.pair_site], s.pair_site_pair, "site"),
            (s.supply_technology[s.pair_supply], s.pair_supply_pair, "supply"),
        )
        self.place = np.concatenate([t * len(s.sectors) + s.pair_sector[pair] for t, pair, _ in self.levels])

    def value(self, members: Index, price: float, costs: Costs) -> float:
        """What ``members`` are worth at a shadow price, all other prices as in the plan; ``answers`` has theirs."""
        return ask(members, price, self.extra, self.search.pairs, costs, self.search.uses, self.answers)[2]

    def capacity(self, price: float) -> Array:
        """Capacity [technology, sector] of everyone at a shadow price. Choices stand until their worth leaves them."""
        s = self.structure
        self.value(self.search.all, price, self.costs)
        volume = np.concatenate([self.answers.share * self.reach, self.answers.site_saving, self.answers.supply])
        used = totals(self.place, volume, len(s.technologies) * len(s.sectors))
        return used.reshape(len(s.technologies), len(s.sectors))

    def entrant(self, technology: int, sector: int) -> _Entrant:
        s = self.structure
        owner, pair, costs = self.levels[s.technology_level[technology]]
        rows = np.flatnonzero((owner == technology) & (s.pair_sector[pair] == sector))
        members = np.unique(pair[rows])
        return _Entrant(self, rows, members, expand(self.search.places.local_start, members), costs)


@dataclass(frozen=True)
class _Entrant:
    """A technology in a sector: its rows, the pairs that have them, the locals of these, and the name of its costs."""

    at: _Prices
    rows: Index
    members: Index
    locals_: Index
    costs: str

    def answer(self, bonus: float) -> tuple[float, float]:
        """Its capacity, and what its pairs are worth, with a bonus on the capacity, prices being what they are."""
        at, cost = self.at, getattr(self.at.costs, self.costs).copy()
        cost[self.rows] -= bonus
        at.answers.low[self.locals_], at.answers.high[self.locals_] = np.inf, -np.inf  # chosen at other costs
        value = at.value(self.members, at.shadow_price, replace(at.costs, **{self.costs: cost}))
        if self.costs == "app":
            return float(at.answers.share[self.rows] @ at.reach[self.rows]), value
        volume = at.answers.site_saving if self.costs == "site" else at.answers.supply
        return float(volume[self.rows].sum()), value


def reasons(planner: Planner, result: Result, technology: str | None = None) -> pd.DataFrame:
    """One row for each technology and sector in which it is listed.

    Columns: technology, sector, level; state (in, partly, out, full, excluded), capacity and largest [hm3/a], share;
    enters_below: how far its yearly cost would have to fall [CNY/m3 of capacity]; enters_investment: the investment at
    which it enters [CNY per m3/a, NaN if a gift is not enough]; enters_at_price: the shadow price at which it enters
    [CNY/m3, to a hundredth of it]; leaves_above: how far its yearly cost would have to rise for it to leave (by
    planning again; only when one technology is asked for), leaves_investment likewise.
    """
    s = result.instance.structure
    at = _Prices(planner, result)
    capacity = result.ledger.capacity.sum(axis=2)
    largest = largest_by_sector(result)
    entry_price: Array | None = None
    chosen = range(len(s.technologies)) if technology is None else [s.technologies.index(technology)]
    rows = []
    for t in chosen:
        for sector in np.flatnonzero(listed(result)[t]):
            state = state_of(result, t, capacity[t, sector], largest[t, sector])
            level = ("end_use", "site", "supply")[s.technology_level[t]]
            known = (s.technologies[t], s.sectors[sector], level, state, capacity[t, sector], largest[t, sector])
            row = dict(zip(COLUMNS, (*known, np.nan, np.nan, np.nan), strict=True))
            if state == "out":
                row["enters_below"] = _entry_bonus(at, t, int(sector))
                entry_price = _entry_prices(at) if entry_price is None else entry_price
                row["enters_at_price"] = entry_price[t, sector]
            elif state in ("in", "partly") and technology is not None:
                row["leaves_above"] = _leaving_penalty(planner, result, t, int(sector))
            rows.append(row)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.assign(**_investments(result, table))


def listed(result: Result) -> Array:
    """Where a technology is listed [technology, sector]."""
    s = result.instance.structure
    listed = np.zeros((len(s.technologies), len(s.sectors)), dtype=bool)
    listed[s.app_technology, s.product_sector[s.use_product[s.app_use]]] = True
    listed[s.site_technology, s.product_sector[s.site_product]] = True
    listed[s.supply_technology, s.product_sector[s.supply_product]] = True
    return listed


def largest_by_sector(result: Result) -> Array:
    """Largest capacity still open to each technology [technology, sector], hm3/a, pools not counted."""
    s, flows = result.instance.structure, result.instance.flows
    sectors = len(s.sectors)
    at_uses = (flows.saving_fraction * flows.added_share)[s.local_app] * flows.gross_flow[s.local_app_local]
    supply = s.supply_technology[s.pair_supply]
    opened = s.supply_available[supply, s.pair_province[s.pair_supply_pair]]
    rows = (
        (s.app_technology[s.local_app], s.local_pair[s.local_app_local], at_uses),
        (s.site_technology[s.pair_site], s.pair_site_pair, flows.site_reach(s)),
        (supply, s.pair_supply_pair, flows.supply_reach(s) * opened),
    )
    largest = np.zeros(len(s.technologies) * sectors)
    for technology, pair, volume in rows:
        largest += totals(technology * sectors + s.pair_sector[pair], volume, len(largest))
    return largest.reshape(len(s.technologies), sectors)


def state_of(result: Result, technology: int, capacity: float, largest: float) -> str:
    """in, partly, out, full or excluded, by the capacity in the plan and the largest [hm3/a]."""
    if result.instance.levers.excluded[technology]:
        return "excluded"
    least = NEGLIGIBLE * result.instance.flows.unit
    if largest <= least:
        return "full"
    if capacity <= least:
        return "out"
    return "in" if capacity >= WHOLE * largest else "partly"


def _entry_bonus(at: _Prices, technology: int, sector: int) -> float:
    """The smallest bonus on capacity at which the technology enters the sector, prices being what they are."""
    entrant = at.entrant(technology, sector)
    _, without = entrant.answer(0.0)
    bonus = UTMOST
    for _ in range(ROUNDS_MAX):
        used, value = entrant.answer(bonus)
        if used <= NEGLIGIBLE * at.search.pairs.unit:
            return np.nan if bonus == UTMOST else bonus
        lower = bonus - (value - without) / used
        if lower >= bonus - 1e-9 * max(bonus, 1.0):
            return bonus
        bonus = max(lower, 0.0)
    return bonus


def _leaving_penalty(planner: Planner, result: Result, technology: int, sector: int) -> float:
    """The penalty on capacity at which the least-cost plan does without the technology in the sector; planned again."""
    i, scenario = result.instance, result.instance.scenario
    guess = max(result.duals.shadow_price, 1e-3)

    def plan(penalty: float) -> tuple[float, float]:
        search = planner.search(scenario, bonus=Bonus.on(i.structure, "technology", technology, -penalty, sector))
        ledger = build_ledger(i.structure, i.flows, i.values, i.levers, i.prices, search.run(guess)[0].deployment)
        used = float(ledger.capacity[technology, sector].sum())
        return used, ledger.objective + penalty * used

    try:
        least_used, without = plan(UTMOST)
    except InfeasibleError:  # the target cannot do without it
        return np.nan
    if least_used > NEGLIGIBLE * i.flows.unit:
        return np.nan  # a floor or the target needs it at any cost
    penalty = 0.0
    for _ in range(ROUNDS_MAX):
        used, value = plan(penalty)
        if used <= NEGLIGIBLE * i.flows.unit:
            return penalty
        higher = penalty + (without - value) / used
        if higher <= penalty + 1e-9 * max(penalty, 1.0):
            return penalty
        penalty = higher
    return penalty


def _entry_prices(at: _Prices) -> Array:
    """The shadow price, to a hundredth of it, at which each technology enters each sector [technology, sector]."""
    price = max(at.shadow_price, 0.01)
    found = np.full((len(at.structure.technologies), len(at.structure.sectors)), np.nan)
    at.answers.low[:], at.answers.high[:] = np.inf, -np.inf
    while price < DEAREST:
        found[np.isnan(found) & (at.capacity(price) > NEGLIGIBLE * at.search.pairs.unit)] = price
        price *= FINENESS
    return found


def _investments(result: Result, table: pd.DataFrame) -> dict[str, Array]:
    """The investments [CNY per m3/a] that the changes of yearly cost stand for."""
    i, s = result.instance, result.instance.structure
    technology = [s.technologies.index(name) for name in table["technology"]]
    sector = [s.sectors.index(name) for name in table["sector"]]
    perspective = i.levers.perspective
    yearly = (annual_investment(i.values, i.levers, perspective) * charged_share(s, i.values, i.levers))[technology]
    if perspective == "enterprise":
        yearly = yearly * (1.0 - i.levers.investment_subsidy[sector])
    investment = (i.values["investment_per_m3"] * i.levers.technology_cost_scale)[technology]
    per_unit = np.divide(yearly, investment, out=np.full(len(yearly), np.nan), where=investment > 0)
    enters = investment - table["enters_below"].to_numpy(float) / per_unit
    leaves = investment + table["leaves_above"].to_numpy(float) / per_unit
    return {
        "investment": investment,
        "enters_investment": np.where(enters >= 0, enters, np.nan),
        "leaves_investment": leaves,
    }
