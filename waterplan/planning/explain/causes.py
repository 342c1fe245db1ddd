"""What stands behind each state of a technology: the cause, what holds back the rest, and the target at which it turns.

Each cause is found by planning again: without a target, at a target a little lower and higher, without the rivals.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from waterplan.base.errors import InfeasibleError
from waterplan.planning.curve.kept import attainable
from waterplan.planning.explain.reasons import COLUMNS, NEGLIGIBLE, WHOLE, largest_by_sector, listed, reasons, state_of
from waterplan.planning.model.decisions import Duals
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import totals
from waterplan.planning.plan.deployment import saving_by_choice
from waterplan.planning.plan.result import Result
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Scenario

SLACK = 1e-6
NUDGE = 0.01  # of the counted saving
TARGETS_TRIED = 12
FINENESS = 1e-5
CAUSE, TURNS = ("cause", "rest", "rival"), ("reach", "enters_at_target", "enters_at_price")
SHARED = ("sector_floor", "province_floor", "technology_floor", "technology_cap")
NO_FLOORS = {"sector_floor": 0.0, "province_floor": 0.0, "technology_floor": 0.0}


@dataclass(frozen=True)
class Around:
    """A plan and its neighbours: without target and floors, and at targets a hundredth lower and higher (None where
    there is no such plan)."""

    planner: Planner
    result: Result
    free: Result | None
    lower: Result | None
    higher: Result | None
    _without: dict[int, Array | float] = field(default_factory=dict)

    @cached_property
    def used(self) -> Array:
        """Capacity [technology, sector] of the plan, hm3/a."""
        return self.result.ledger.capacity.sum(axis=2)

    @cached_property
    def used_free(self) -> Array | float:
        """The same without target and floors."""
        return capacity(self.free)

    @cached_property
    def used_beside(self) -> list[Array | float]:
        """The same at the targets beside it, where there are such plans."""
        return [capacity(one) for one in (self.lower, self.higher) if one is not None]

    @cached_property
    def groups(self) -> list[str]:
        """The exclusive group of each technology, empty where it is in none."""
        return self.planner.study.technologies["exclusive_group"].fillna("").astype(str).tolist()

    @classmethod
    def of(cls, planner: Planner, result: Result) -> Around:
        """Plans the neighbours; without a target, or where it is slack, there is nothing lower or higher."""
        scenario, target = result.instance.scenario, float(result.instance.levers.saving_target)
        binds = result.duals.shadow_price > SLACK

        def at(share: float) -> Result | None:
            return _tried(planner, scenario.with_levers(saving_target=target * share), result) if binds else None

        free = _tried(planner, scenario.with_levers(saving_target=0.0, **NO_FLOORS), result)
        return cls(planner, result, free, at(1 - NUDGE), at(1 + NUDGE))

    def without(self, technology: int) -> Array | float:
        """Capacity [technology, sector] when a technology and its floor are left out; planned once."""
        if technology not in self._without:
            i = self.result.instance
            name = i.structure.technologies[technology]
            scenario = i.scenario.with_levers(excluded=(*i.scenario.exclude, name))
            if i.levers.technology_floor[technology] > 0:
                scenario = scenario.with_levers(technology_floor={name: 0.0})
            self._without[technology] = capacity(_tried(self.planner, scenario, self.result))
        return self._without[technology]


def _tried(planner: Planner, scenario: Scenario, result: Result) -> Result | None:
    try:
        return planner.solve(scenario, max(result.duals.shadow_price, 1e-3))
    except InfeasibleError:
        return None


def capacity(result: Result | None) -> Array | float:
    """Capacity [technology, sector] of a plan, hm3/a; nought where there is none."""
    return 0.0 if result is None else result.ledger.capacity.sum(axis=2)


def saving(result: Result) -> Array:
    """Real saving of each technology [technology], hm3/a."""
    i = result.instance
    return saving_by_choice(i.structure, i.flows, result.deployment).sum(axis=(1, 2))


def causes(planner: Planner, result: Result, technology: str) -> pd.DataFrame:
    """The reasons of one technology, a row for each sector in which it is listed, with their causes.

    Beside the columns of :func:`~waterplan.planning.explain.reasons.reasons`:

    cause: of what is in: floor, pays (would be built without any target), pays_in_part, margin (a target a hundredth
    lower or higher changes it), cheaper (it costs less than the price); of what is out: excluded, no_source,
    nothing_left, cap, pool, group (it would be in, were ``rival`` not there), dearer.
    rest, of what is partly in: cap, pool, upstream (all that earlier technologies leave is used) or dearer.
    reach: what is left for it in this plan, pools not counted [hm3/a].
    enters_at_target: the least target tried at which it is in, enters_at_price: the shadow price there; NaN where it is
    in at no target (then enters_at_price is that of :func:`~waterplan.planning.explain.reasons.reasons`).
    """
    around, table = Around.of(planner, result), reasons(planner, result, technology)
    s = result.instance.structure
    t = s.technologies.index(technology)
    reach, entered = reach_by_sector(result, t), _entered(around, t, table)
    rows = []
    for row in table.to_dict("records"):
        sector = s.sectors.index(row["sector"])
        target, price = entered.get(sector, (np.nan, row["enters_at_price"]))
        turns = {"reach": float(reach[sector]), "enters_at_target": target, "enters_at_price": price}
        rows.append(row | _cause(around, t, sector, row["state"], float(reach[sector])) | turns)
    found = pd.DataFrame(rows, columns=list(dict.fromkeys((*table.columns, *CAUSE, *TURNS))))
    found.attrs["technology"] = technology  # a catalogue may have one that no product lists
    return found


def states(planner: Planner, result: Result) -> pd.DataFrame:
    """State and cause of every technology in every sector in which it is listed: what :func:`causes` tells of all
    technologies that can be known from a few plans, without what would turn it.

    Columns: technology, sector, level, state, capacity and largest [hm3/a], cause, rest, rival.
    """
    around, s = Around.of(planner, result), result.instance.structure
    used, largest, places = around.used, largest_by_sector(result), listed(result)
    rows = []
    for t, name in enumerate(s.technologies):
        reach: Array | None = None
        for sector in np.flatnonzero(places[t]):
            state = state_of(result, t, used[t, sector], largest[t, sector])
            if state == "partly" and reach is None:
                reach = reach_by_sector(result, t)
            row = {
                "technology": name,
                "sector": s.sectors[sector],
                "level": ("end_use", "site", "supply")[s.technology_level[t]],
                "state": state,
                "capacity": used[t, sector],
                "largest": largest[t, sector],
            }
            rows.append(row | _cause(around, t, int(sector), state, 0.0 if reach is None else float(reach[sector])))
    return pd.DataFrame(rows, columns=[*COLUMNS[:6], *CAUSE])


def _cause(around: Around, technology: int, sector: int, state: str, reach: float) -> dict[str, str]:
    if state not in ("in", "partly"):
        cause, rival = _cause_out(around, technology, sector, state)
        return {"cause": cause, "rest": "", "rival": rival}
    cause = _cause_in(around, technology, sector)
    rest = "" if state == "in" else _rest(around.result, technology, sector, reach)
    if rest == "upstream" and cause == "margin":
        cause = "cheaper"  # it moves with what comes before it, not with the target
    return {"cause": cause, "rest": rest, "rival": ""}


def reach_by_sector(result: Result, technology: int) -> Array:
    """What is left for a technology behind what comes before it in this plan [sector], hm3/a; pools not counted."""
    i, d = result.instance, result.deployment
    s, flows = i.structure, i.flows
    count = len(s.pair_product)
    on_site = flows.reference_withdrawal - totals(s.local_pair, d.use_saving, count)
    after_site = on_site - totals(s.pair_site_pair, d.site_saving, count)
    supply = s.supply_technology[s.pair_supply]
    opened = s.supply_available[supply, s.pair_province[s.pair_supply_pair]]
    at_uses = (flows.saving_fraction * flows.added_share)[s.local_app] * flows.gross_flow[s.local_app_local]
    reach = np.zeros(len(s.sectors))
    for owner, pair, volume in (
        (s.app_technology[s.local_app], s.local_pair[s.local_app_local], at_uses),
        (s.site_technology[s.pair_site], s.pair_site_pair, flows.site_limit * on_site[s.pair_site_pair]),
        (supply, s.pair_supply_pair, flows.supply_limit * opened * after_site[s.pair_supply_pair]),
    ):
        here = owner == technology
        reach += totals(s.pair_sector[pair[here]], volume[here], len(reach))
    return reach


def _cause_in(around: Around, technology: int, sector: int) -> str:
    place, least = (technology, sector), NEGLIGIBLE * around.result.instance.flows.unit
    now = around.used[place]
    if around.result.duals.technology_floor[technology] > SLACK:
        return "floor"
    free = _at(around.used_free, place)
    if free >= WHOLE * now:
        return "pays"
    if any(abs(_at(one, place) - now) > least + (1 - WHOLE) * now for one in around.used_beside):
        return "margin"
    return "pays_in_part" if free > least else "cheaper"


def _at(used: Array | float, place: tuple[int, int]) -> float:
    return used if isinstance(used, float) else float(used[place])


def _rest(result: Result, technology: int, sector: int, reach: float) -> str:
    s, duals = result.instance.structure, result.duals
    if duals.technology_cap[technology] > SLACK:
        return "cap"
    if result.ledger.capacity[technology, sector].sum() >= WHOLE * reach:
        return "upstream"
    pool = s.technology_pool[technology]
    return "pool" if pool >= 0 and duals.pool[pool].max() > SLACK else "dearer"


def _cause_out(around: Around, technology: int, sector: int, state: str) -> tuple[str, str]:
    """Why a technology is not in a sector, and the rival that is there instead."""
    i = around.result.instance
    s, levers = i.structure, i.levers
    if state == "excluded":
        return "excluded", ""
    pool = s.technology_pool[technology]
    if state == "full":
        return ("no_source" if pool >= 0 and not _has_source(around.result, technology, sector) else "nothing_left"), ""
    if levers.technology_cap[technology] <= 0:
        return "cap", ""
    if pool >= 0:
        here = _provinces(around.result, technology, sector)
        if (around.result.duals.pool[pool][here] > SLACK).all() or not i.flows.pool_limit[pool][here].any():
            return "pool", ""
    rival = _rival(around, technology, sector)
    return ("group", rival) if rival else ("dearer", "")


def _provinces(result: Result, technology: int, sector: int) -> Array:
    """Where a sector could draw a supply technology [province]."""
    s = result.instance.structure
    mine = (s.supply_technology[s.pair_supply] == technology) & (s.pair_sector[s.pair_supply_pair] == sector)
    here = np.zeros(len(s.provinces), dtype=bool)
    here[s.pair_province[s.pair_supply_pair[mine]]] = True
    return here & s.supply_available[technology].astype(bool)


def _has_source(result: Result, technology: int, sector: int) -> bool:
    return bool(_provinces(result, technology, sector).any())


def _rival(around: Around, technology: int, sector: int) -> str:
    """The member of its exclusive group without which the technology would be in, most used first."""
    groups, i = around.groups, around.result.instance
    if not groups[technology]:
        return ""
    used, least = around.used[:, sector], NEGLIGIBLE * i.flows.unit
    members = [n for n, group in enumerate(groups) if group == groups[technology] and n != technology]
    rivals = [n for n in sorted(members, key=lambda n: -used[n]) if used[n] > least]
    for rival in rivals:
        if _at(around.without(rival), (technology, sector)) > least:
            return str(i.structure.technologies[rival])
    return ""


def _entered(around: Around, technology: int, table: pd.DataFrame) -> dict[int, tuple[float, float]]:
    """For each sector where the technology is out: the least target at which a plan has it, and the shadow price there.

    Targets up to the attainable saving are tried, then the first stretch on which it enters is halved.
    """
    result, planner = around.result, around.planner
    s, scenario, unit = result.instance.structure, result.instance.scenario, result.instance.flows.unit
    wanted = [s.sectors.index(sector) for sector in table.loc[table["state"] == "out", "sector"]]
    most = attainable(planner, scenario) if wanted else None
    if most is None:
        return {}
    start = max(float(result.instance.levers.saving_target), result.ledger.counted_saving)
    targets = np.linspace(start, most - 1e-6 * max(most, unit), TARGETS_TRIED + 1)
    known: dict[float, tuple[Array, float]] = {start: (result.ledger.capacity[technology].sum(axis=1), 0.0)}

    def at(target: float) -> tuple[Array, float]:
        if target not in known:
            found = _tried(planner, scenario.with_levers(saving_target=target), result)
            known[target] = (
                (np.zeros(len(s.sectors)), np.nan)
                if found is None
                else (found.ledger.capacity[technology].sum(axis=1), found.duals.shadow_price)
            )
        return known[target]

    entered = {}
    for sector in wanted:
        first = next((n for n, one in enumerate(targets) if n and at(float(one))[0][sector] > NEGLIGIBLE * unit), None)
        if first is None:
            continue
        low, high = float(targets[first - 1]), float(targets[first])
        while high - low > FINENESS * high:
            middle = (low + high) / 2.0
            low, high = (low, middle) if at(middle)[0][sector] > NEGLIGIBLE * unit else (middle, high)
        entered[sector] = (high, at(high)[1])
    return entered


def told_cause(cause: str, duals: Duals) -> str:
    """A cause as it is told: against the price alone, with other limits beside it, or where nothing has a price."""
    if cause in ("cheaper", "dearer") and _has_other_limits(duals):
        return f"{cause}_limits"
    return "dearer_free" if cause == "dearer" and duals.shadow_price <= SLACK else cause


def _has_other_limits(duals: Duals) -> bool:
    """Whether other limits than the target make a saved m3 worth more, or technologies dearer."""
    shared = (float(getattr(duals, name).max()) for name in SHARED)
    return max(duals.investment_cap, duals.electricity_cap, *shared) > SLACK
