"""Every limit of the plan, once more: is each kept by the decisions alone?

Written from docs/model.md alone. A limit is a row ``amount <= bound``; its name is a sentence that is true in the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from waterplan.base.messages import Message
from waterplan.planning.certificate.accounts import Amounts
from waterplan.planning.certificate.coefficients import withdrawal_allowed
from waterplan.planning.certificate.decision_rows import Steps
from waterplan.planning.certificate.readings import GROUP, Array
from waterplan.planning.certificate.stage_starts import Stage, pool_draw
from waterplan.planning.certificate.tables import LEVELS, SITE, SUPPLY, Tables

VOLUME = 1e-6  # of the whole volume of the study
RELATIVE = 1e-9


@dataclass(frozen=True)
class Limit:
    """One family of limits.

    count: how many there are; broken: how many are not kept. amount, bound: of the one nearest to breaking or furthest
    past its bound, with its labels in ``where``. It may pass the bound (upwards, or downwards where ``at_least``) by
    ``allowed``.
    """

    name: str
    count: int
    broken: int
    amount: float
    bound: float
    allowed: float
    where: str
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether every limit of the family is kept."""
        return self.broken == 0

    @property
    def message(self) -> Message:
        """How many are broken, and the worst."""
        return Message(
            "planner_errors.limit_at_least" if self.at_least else "planner_errors.limit_at_most",
            name=self.name,
            broken=self.broken,
            count=f"{self.count:,}",
            place=Message("planner_errors.at_place", where=self.where) if self.where else "",
            amount=f"{self.amount:.9g}",
            bound=f"{self.bound:.9g}",
            allowed=f"{self.allowed:.1e}",
        )

    def __str__(self) -> str:
        return self.message


Where = Callable[[int], Sequence[str]]


def at_most(name: str, amount: Array | float, bound: Array | float, scale: float, where: Where | None = None) -> Limit:
    """The limits ``amount <= bound`` of some rows; where: the labels of a row.

    Allowed: 1e-6 of ``scale`` and 1e-9 of the bound. What is not a number is broken.
    """
    amounts, bounds = np.broadcast_arrays(np.atleast_1d(np.asarray(amount, float)), np.asarray(bound, float))
    if not len(amounts):
        return Limit(name, 0, 0, 0.0, 0.0, 0.0, "")
    allowed = VOLUME * scale + RELATIVE * np.abs(np.where(np.isfinite(bounds), bounds, 0.0))
    excess = amounts - bounds
    kept = excess <= allowed
    worst = int(np.argmax(np.where(np.isnan(excess), np.inf, excess - allowed)))
    said = ", ".join(label for label in where(worst) if label) if where else ""
    return Limit(
        name, len(amounts), int((~kept).sum()), float(amounts[worst]), float(bounds[worst]), float(allowed[worst]), said
    )


def at_least(name: str, amount: Array | float, bound: Array | float, scale: float, where: Where | None = None) -> Limit:
    """The limits ``amount >= bound``; see :func:`at_most`."""
    limit = at_most(name, -np.asarray(amount, dtype=float), -np.asarray(bound, dtype=float), scale, where)
    return replace(limit, amount=-limit.amount + 0.0, bound=-limit.bound + 0.0, at_least=True)


def check_limits(stage: Stage, accounts: Amounts) -> list[Limit]:
    """All limits of a plan, each family with its worst case."""
    said = _Said(stage.tables.labels, stage.start.groups)
    return [
        *_decisions(stage, said),
        *_end_uses(stage, said),
        *_whole_plants(stage, said),
        *_on_the_whole(stage, accounts),
    ]


class _Said:
    """Where rows are, in words."""

    def __init__(self, labels: Mapping[str, Sequence[str]], groups: int):
        self.labels, self.groups = labels, groups

    def rows(self, **numbers: Array) -> Where:
        """Rows of these labels."""
        return lambda row: [self.one(dim, int(number[row])) for dim, number in numbers.items()]

    def one(self, dim: str, number: int) -> str:
        if number < 0:
            return ""
        if dim == "place":
            province, group = divmod(number, self.groups)
            name = str(self.labels["province"][province])
            return name if self.groups == 1 else f"{name}, {GROUP} {self.labels[GROUP][group]}"
        return LEVELS[number] if dim == "level" else str(self.labels[dim][number])

    def steps(self, steps: Steps) -> Where:
        """Steps."""
        dims = ("technology", "product", "place", "end_use")
        named = self.rows(**{dim: getattr(steps, dim) for dim in dims})
        return lambda row: [*named(row), steps.configuration[int(steps.row[row])]]


def _decisions(stage: Stage, said: _Said) -> list[Limit]:
    """Nothing is negative; every decision is of a technology listed and available there, and not excluded."""
    c, steps, groups, decisions = stage.coefficients, stage.decisions.steps, stage.start.groups, stage.decisions
    unit, where = c.unit, said.steps(steps)
    limits = [at_least("no_step_is_negative", steps.step, 0.0, unit, where)]
    levels = ((c.sites, "site_saving", decisions.site), (c.sources, "supply", decisions.supply))
    for shares, name, (technology, product, place, volume) in levels:
        here = said.rows(technology=technology, product=product, place=place)
        listed = np.zeros(stage.start.largest.shape[:2], dtype=bool)
        listed[shares.technology, shares.product] = True
        province = place // groups
        there = listed[technology, product] & c.made[product, province] & c.available[technology, province]
        limits.append(at_least(f"no_{name}_is_negative", volume, 0.0, unit, here))
        limits.append(at_most(f"{name}_is_of_technologies_available", np.where(there, 0.0, volume), 0.0, unit, here))
    known = ~np.isnan(steps.saving) | (np.isnan(steps.step) & (steps.origin >= 0) & (steps.app >= 0))
    known &= c.made[steps.product, steps.province]
    limits.append(at_most("steps_are_of_technologies_listed", np.where(known, 0.0, steps.step), 0.0, unit, where))
    book = decisions.book
    out = np.flatnonzero(stage.tables.levers.excluded[book.technology])
    dims = ("level", "technology", "product", "place", "end_use")
    here = said.rows(**{dim: getattr(book, dim)[out] for dim in dims})
    limits.append(at_most("excluded_technologies_are_not_added", book.capacity[out], 0.0, unit, here))
    return limits


def _end_uses(stage: Stage, said: _Said) -> list[Limit]:
    """Level 1: steps leave from plants that exist, and keep within the roll-out.

    Flow at a configuration: what plants have it at the start (their share times gross flow), and those that come to it,
    less those that go on from it.
    """
    c, start, steps = stage.coefficients, stage.start, stage.decisions.steps
    unit, where = c.unit, said.steps(steps)
    sets, places = c.sets, start.after_uses.shape[1]
    made = start.of_places(c.made)
    flow = (start.state.configuration_share * start.gross_flow[sets.use]).ravel()
    for at, sign in ((steps.to, 1.0), (steps.origin, -1.0)):
        there = np.flatnonzero(at >= 0)
        places_there = at[there] * places + steps.place[there]
        flow += sign * np.bincount(places_there, np.nan_to_num(steps.step[there]), minlength=len(flow))
    exists = np.flatnonzero(made[c.use_product[sets.use]].ravel())
    lost = np.flatnonzero(steps.origin < 0)  # they leave from plants that do not exist

    def left(row: int) -> list[str]:
        if row >= len(exists):
            return [*where(int(lost[row - len(exists)]))[1:]]
        one, place = divmod(int(exists[row]), places)
        use = int(sets.use[one])
        members = [app for app in np.flatnonzero(c.use == use) if sets.members[one] >> c.bit[app] & 1]
        names = sorted(said.one("technology", int(c.apps.technology[app])) for app in members)
        product, end_use = int(c.use_product[use]), int(c.use_end_use[use])
        numbers = (("product", product), ("place", place), ("end_use", end_use))
        return [*(said.one(dim, number) for dim, number in numbers), "+".join(names)]

    added = np.zeros(start.reach.shape)
    listed = np.flatnonzero(steps.app >= 0)
    np.add.at(added, (steps.app[listed], steps.place[listed]), np.nan_to_num(steps.step[listed]))
    app, place = np.nonzero(made[c.apps.product])
    numbers = {"product": c.apps.product[app], "place": place, "end_use": c.apps.end_use[app]}
    reached = said.rows(technology=c.apps.technology[app], **numbers)
    amounts = np.concatenate([flow[exists], -steps.step[lost]])
    nowhere = np.where(steps.to >= 0, 0.0, steps.step)
    return [
        at_least("steps_leave_from_plants_that_exist", amounts, 0.0, unit, left),
        at_most("steps_lead_to_configurations_that_exist", nowhere, 0.0, unit, where),
        at_most("steps_keep_within_the_roll_out", added[app, place], start.reach[app, place], unit, reached),
    ]


def _whole_plants(stage: Stage, said: _Said) -> list[Limit]:
    """Levels 2 and 3: each technology and all together, of what the levels before left over; pools."""
    c, start, end, decisions = stage.coefficients, stage.start, stage.end, stage.decisions
    unit, made = c.unit, start.of_places(c.made)
    product, place = np.nonzero(made)
    where = said.rows(product=product, place=place)
    saved = np.zeros(made.shape)
    np.add.at(saved, (stage.book.product, stage.book.place), stage.book.saving)
    limits = [at_most("planned_withdrawal_is_not_negative", saved[made], start.fresh[made], unit, where)]
    levels = (
        (SITE, c.sites, end.after_uses, end.site, start.site_limit, start.site_together, decisions.site),
        (SUPPLY, c.sources, end.after_site, end.source, start.source_limit, start.source_together, decisions.supply),
    )
    for level, shares, flow, added, limit, together, (_, owner, at, volume) in levels:
        row, here = np.nonzero(made[shares.product])
        numbers = {"technology": shares.technology[row], "product": shares.product[row]}
        each = said.rows(**numbers, level=np.full(len(row), level), place=here)
        most = limit[row, here] * flow[shares.product[row], here]
        limits.append(at_most(f"{LEVELS[level]}_keeps_within_each_limit", added[row, here], most, unit, each))
        whole = np.zeros(made.shape)
        np.add.at(whole, (owner, at), np.nan_to_num(volume))
        name = f"{LEVELS[level]}_keeps_within_the_limit_together"
        limits.append(at_most(name, whole[made], together[made] * flow[made], unit, where))
    return [*limits, _pools(stage, said)]


def _pools(stage: Stage, said: _Said) -> Limit:
    """What a stage draws from pools, less what is no longer drawn by what was there before, is left in them."""
    tables, c, start = stage.tables, stage.coefficients, stage.start
    technology, _, place, volume = stage.decisions.supply
    pooled = np.flatnonzero(tables.pool[technology] >= 0)
    drawn = np.zeros(c.pool_limit.shape)
    at = tables.pool[technology[pooled]], place[pooled] // start.groups
    np.add.at(drawn, at, np.nan_to_num(volume[pooled]))
    drawn -= pool_draw(tables, c, start, start.state.source_share * stage.end.changed[c.sources.product])
    pool, province = np.nonzero(~np.isnan(c.pool_limit) | (drawn != 0))
    held = np.nan_to_num(start.pool_limit)[pool, province]

    def basin(row: int) -> list[str]:
        return [tables.pools[int(pool[row])], said.one("province", int(province[row]))]

    return at_most("supply_keeps_within_the_pool", drawn[pool, province], held, c.unit, basin)


def _on_the_whole(stage: Stage, accounts: Amounts) -> list[Limit]:
    """The target; floors of sectors and provinces; floors and caps of technologies; caps on investment, electricity;
    fresh water per value added; sources by province."""
    tables, c, book, start = stage.tables, stage.coefficients, stage.book, stage.start
    levers, unit = tables.levers, c.unit
    counted = np.where(levers.count_alternative_supply | (book.level != SUPPLY), book.saving, 0.0)
    limits = [at_least("saving_meets_target", accounts["counted_saving"], levers.saving_target, unit)]
    before = start.counted(c, levers.count_alternative_supply)
    numbers = {"sector": tables.sector[book.product], "province": book.province}
    for dim, number in numbers.items():
        saved = np.bincount(number, counted, minlength=tables.count(dim)[0]) + by_label(tables, before, dim)
        floor = getattr(levers, f"{dim}_floor") * by_label(tables, c.reference_withdrawal, dim)
        limits.append(at_least(f"saving_reaches_{dim}_floor", saved, floor, unit, _one_of(tables.labels[dim])))
    names = tables.labels["technology"]
    capacity = np.bincount(book.technology, book.capacity, minlength=len(names))
    floor, cap = levers.technology_floor * start.largest_capacity, levers.technology_cap * start.largest_capacity
    cap = np.where(levers.technology_cap < 1, cap, np.maximum(cap, capacity))  # what stood before may yield its pool
    limits.append(at_least("capacity_reaches_technology_floor", capacity, floor, unit, _one_of(names)))
    limits.append(at_most("capacity_keeps_within_technology_cap", capacity, cap, unit, _one_of(names)))
    for name in ("investment", "electricity"):
        cap = getattr(levers, f"{name}_cap")
        if np.isfinite(cap):
            amount = float(accounts[name].sum())
            limits.append(at_most(f"{name}_keeps_within_cap", amount, cap, max(unit, abs(cap))))
    if levers.value_added_cut > 0:
        fresh, most = float(stage.fresh.sum()), withdrawal_allowed(tables, c)
        limits.append(at_most("withdrawal_per_value_added_falls", fresh, most, unit))
    if (levers.non_conventional_min > 0).any():
        left = start.by_province(stage.end.after_site).sum(axis=0)
        replaced = left - stage.fresh.sum(axis=0)
        floor, named = levers.non_conventional_min * left, _one_of(tables.labels["province"])
        limits.append(at_least("other_sources_reach_minimum", replaced, floor, unit, named))
    return limits


def by_label(tables: Tables, volume: Array, dim: str) -> Array:
    """The sums of volumes [product, province] by sector or province."""
    if dim == "province":
        return volume.sum(axis=0)
    return np.bincount(tables.sector, volume.sum(axis=1), minlength=tables.count("sector")[0])


def _one_of(labels: Sequence[str]) -> Where:
    return lambda row: [labels[row]]
