"""Every limit of the plan, once more: is each kept by the decisions alone?

Written from docs/model.md alone. A limit is a row ``amount <= bound``; its name is a sentence that is true in the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from waterplan.base.messages import Message
from waterplan.planning.certificate.accounts import Amounts
from waterplan.planning.certificate.coefficients import Coefficients
from waterplan.planning.certificate.decision_rows import Decisions, Steps
from waterplan.planning.certificate.readings import Array
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


def check_limits(tables: Tables, coefficients: Coefficients, decisions: Decisions, accounts: Amounts) -> list[Limit]:
    """All limits of a plan, each family with its worst case."""
    said = _Said(tables.labels)
    return [
        *_decisions(tables, coefficients, decisions, said),
        *_end_uses(coefficients, decisions, said),
        *_whole_plants(tables, coefficients, decisions, said),
        *_on_the_whole(tables, coefficients, decisions, accounts),
    ]


class _Said:
    """Where rows are, in words."""

    def __init__(self, labels: Mapping[str, Sequence[str]]):
        self.labels = labels

    def rows(self, **numbers: Array) -> Where:
        """Rows of these labels."""
        return lambda row: [self.one(dim, int(number[row])) for dim, number in numbers.items()]

    def one(self, dim: str, number: int) -> str:
        return "" if number < 0 else LEVELS[number] if dim == "level" else str(self.labels[dim][number])

    def steps(self, steps: Steps) -> Where:
        """Steps."""
        dims = ("technology", "product", "province", "end_use")
        named = self.rows(**{dim: getattr(steps, dim) for dim in dims})
        return lambda row: [*named(row), steps.configuration[row]]


def _decisions(tables: Tables, coefficients: Coefficients, decisions: Decisions, said: _Said) -> list[Limit]:
    """Nothing is negative; every decision is of a technology listed and available there, and not excluded."""
    c, unit, steps, where = coefficients, coefficients.unit, decisions.steps, said.steps(decisions.steps)
    limits = [at_least("no_step_is_negative", steps.step, 0.0, unit, where)]
    levels = ((c.sites, "site_saving", decisions.site), (c.sources, "supply", decisions.supply))
    for shares, name, (technology, product, province, volume) in levels:
        here = said.rows(technology=technology, product=product, province=province)
        listed = np.zeros(c.largest.shape[:2], dtype=bool)
        listed[shares.technology, shares.product] = True
        there = listed[technology, product] & c.made[product, province] & c.available[technology, province]
        limits.append(at_least(f"no_{name}_is_negative", volume, 0.0, unit, here))
        limits.append(at_most(f"{name}_is_of_technologies_available", np.where(there, 0.0, volume), 0.0, unit, here))
    known = ~np.isnan(steps.saving) | (np.isnan(steps.step) & (steps.origin >= 0) & (steps.app >= 0))
    known &= c.made[steps.product, steps.province]
    limits.append(at_most("steps_are_of_technologies_listed", np.where(known, 0.0, steps.step), 0.0, unit, where))
    book = decisions.book
    out = np.flatnonzero(tables.levers.excluded[book.technology])
    dims = ("level", "technology", "product", "province", "end_use")
    here = said.rows(**{dim: getattr(book, dim)[out] for dim in dims})
    limits.append(at_most("excluded_technologies_are_not_added", book.capacity[out], 0.0, unit, here))
    return limits


def _end_uses(coefficients: Coefficients, decisions: Decisions, said: _Said) -> list[Limit]:
    """Level 1: steps leave from plants that exist, and keep within the roll-out.

    Flow at a configuration: what plants have it in the base year (m0 times gross flow), and those that come to it, less
    those that go on from it.
    """
    c, unit, steps, where = coefficients, coefficients.unit, decisions.steps, said.steps(decisions.steps)
    sets, provinces = c.sets, c.made.shape[1]
    flow = (sets.base_share[:, None] * c.gross_flow[sets.use]).ravel()
    for at, sign in ((steps.to, 1.0), (steps.origin, -1.0)):
        there = np.flatnonzero(at >= 0)
        places = at[there] * provinces + steps.province[there]
        flow += sign * np.bincount(places, np.nan_to_num(steps.step[there]), minlength=len(flow))
    exists = np.flatnonzero(c.made[c.use_product[sets.use]].ravel())
    lost = np.flatnonzero(steps.origin < 0)  # they leave from plants that do not exist

    def left(row: int) -> list[str]:
        if row >= len(exists):
            return [*where(int(lost[row - len(exists)]))[1:]]
        one, province = divmod(int(exists[row]), provinces)
        use = int(sets.use[one])
        members = [app for app in np.flatnonzero(c.use == use) if sets.members[one] >> c.bit[app] & 1]
        names = sorted(said.one("technology", int(c.apps.technology[app])) for app in members)
        product, end_use = int(c.use_product[use]), int(c.use_end_use[use])
        places = (("product", product), ("province", province), ("end_use", end_use))
        return [*(said.one(dim, number) for dim, number in places), "+".join(names)]

    added = np.zeros(c.reach.shape)
    listed = np.flatnonzero(steps.app >= 0)
    np.add.at(added, (steps.app[listed], steps.province[listed]), np.nan_to_num(steps.step[listed]))
    app, province = np.nonzero(c.made[c.apps.product])
    places = {"product": c.apps.product[app], "province": province, "end_use": c.apps.end_use[app]}
    reached = said.rows(technology=c.apps.technology[app], **places)
    amounts = np.concatenate([flow[exists], -steps.step[lost]])
    nowhere = np.where(steps.to >= 0, 0.0, steps.step)
    return [
        at_least("steps_leave_from_plants_that_exist", amounts, 0.0, unit, left),
        at_most("steps_lead_to_configurations_that_exist", nowhere, 0.0, unit, where),
        at_most("steps_keep_within_the_roll_out", added[app, province], c.reach[app, province], unit, reached),
    ]


def _whole_plants(tables: Tables, coefficients: Coefficients, decisions: Decisions, said: _Said) -> list[Limit]:
    """Levels 2 and 3: each technology and all together, of what the levels before left over; pools."""
    c, unit, book = coefficients, coefficients.unit, decisions.book
    saved = np.zeros((len(LEVELS), *c.made.shape))
    np.add.at(saved, (book.level, book.product, book.province), book.saving)
    product, province = np.nonzero(c.made)
    where = said.rows(product=product, province=province)
    reaching = c.reference_withdrawal - np.cumsum(saved, axis=0)[: len(LEVELS) - 1]
    whole, volume = saved.sum(axis=0)[c.made], c.reference_withdrawal[c.made]
    limits = [at_most("planned_withdrawal_is_not_negative", whole, volume, unit, where)]
    levels = ((SITE, c.sites, c.site_limit, decisions.site), (SUPPLY, c.sources, c.source_limit, decisions.supply))
    for level, shares, limit, (*choice, volumes) in levels:
        flow, cube = reaching[level - 1], np.zeros(c.largest.shape)
        cube[tuple(choice)] = np.nan_to_num(volumes)
        row, at = np.nonzero(c.made[shares.product])
        technology, owner = shares.technology[row], shares.product[row]
        places = {"technology": technology, "product": owner, "level": np.full(len(row), level), "province": at}
        name, each = f"{LEVELS[level]}_keeps_within_each_limit", said.rows(**places)
        limits.append(at_most(name, cube[technology, owner, at], limit[row] * flow[owner, at], unit, each))
        together = c.together[level][product] if level == SITE else tables.levers.alternative_share_max
        name = f"{LEVELS[level]}_keeps_within_the_limit_together"
        limits.append(at_most(name, saved[level][c.made], together * flow[c.made], unit, where))
    technology, _, at, volumes = decisions.supply
    pooled = np.flatnonzero(tables.pool[technology] >= 0)
    drawn = np.zeros(c.pool_limit.shape)
    np.add.at(drawn, (tables.pool[technology[pooled]], at[pooled]), np.nan_to_num(volumes[pooled]))
    pool, at = np.nonzero(~np.isnan(c.pool_limit) | (drawn != 0))
    held = np.nan_to_num(c.pool_limit)[pool, at]

    def basin(row: int) -> list[str]:
        return [tables.pools[int(pool[row])], said.one("province", int(at[row]))]

    return [*limits, at_most("supply_keeps_within_the_pool", drawn[pool, at], held, unit, basin)]


def _on_the_whole(tables: Tables, coefficients: Coefficients, decisions: Decisions, accounts: Amounts) -> list[Limit]:
    """The target; floors of sectors and provinces; floors and caps of technologies; caps on investment, electricity."""
    levers, book, unit = tables.levers, decisions.book, coefficients.unit
    counted = np.where(levers.count_alternative_supply | (book.level != SUPPLY), book.saving, 0.0)
    limits = [at_least("saving_meets_target", accounts["counted_saving"], levers.saving_target, unit)]
    by_product = coefficients.reference_withdrawal.sum(axis=1)
    references = {
        "sector": np.bincount(tables.sector, by_product, minlength=tables.count("sector")[0]),
        "province": coefficients.reference_withdrawal.sum(axis=0),
    }
    numbers = {"sector": tables.sector[book.product], "province": book.province}
    for dim, reference in references.items():
        saved = np.bincount(numbers[dim], counted, minlength=len(reference))
        floor, named = getattr(levers, f"{dim}_floor") * reference, _one_of(tables.labels[dim])
        limits.append(at_least(f"saving_reaches_{dim}_floor", saved, floor, unit, named))
    names = tables.labels["technology"]
    capacity = np.bincount(book.technology, book.capacity, minlength=len(names))
    floor, cap = (levers.technology_floor * coefficients.largest_capacity,
                  levers.technology_cap * coefficients.largest_capacity)  # fmt: skip
    limits.append(at_least("capacity_reaches_technology_floor", capacity, floor, unit, _one_of(names)))
    limits.append(at_most("capacity_keeps_within_technology_cap", capacity, cap, unit, _one_of(names)))
    for name in ("investment", "electricity"):
        cap = getattr(levers, f"{name}_cap")
        if np.isfinite(cap):
            amount = float(accounts[name].sum())
            limits.append(at_most(f"{name}_keeps_within_cap", amount, cap, max(unit, abs(cap))))
    return limits


def _one_of(labels: Sequence[str]) -> Where:
    return lambda row: [labels[row]]
