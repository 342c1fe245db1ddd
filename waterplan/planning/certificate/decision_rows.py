"""A plan's decisions as rows of numbers, and what they add and save: steps, site_saving and supply, nothing else.

With groups of enterprises a row is of a place: province * groups + group; without, places are provinces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from waterplan.base.errors import CertificateError
from waterplan.base.messages import Message
from waterplan.planning.certificate.coefficients import Coefficients
from waterplan.planning.certificate.readings import GROUP, Array
from waterplan.planning.certificate.statement import Statement
from waterplan.planning.certificate.tables import END_USE, SITE, SUPPLY, Tables

CHOICE = ("technology", "product", "province")
NOWHERE = -1

Volumes = tuple[Array, Array, Array, Array]


@dataclass(frozen=True)
class Steps:
    """The steps of a plan [hm3/a]: numbers of their labels, and their places; ``app``, and the sets of technologies
    that they lead from and ``to``, -1 where there is no such thing; capacity and saving, NaN where no such step
    exists. configuration: of the plan's ``row`` that a step stands in."""

    technology: Array
    product: Array
    province: Array
    place: Array
    end_use: Array
    configuration: Sequence[str]
    row: Array
    step: Array
    app: Array
    origin: Array
    to: Array
    capacity: Array
    saving: Array


@dataclass(frozen=True)
class Rows:
    """Choices with capacity and saving [hm3/a], by the numbers of their labels; end_use -1 where it is of no matter."""

    level: Array
    technology: Array
    product: Array
    province: Array
    place: Array
    end_use: Array
    capacity: Array
    saving: Array

    def __len__(self) -> int:
        return len(self.level)

    @classmethod
    def of(cls, parts: Sequence[Sequence[Array]]) -> Rows:
        """Rows one after the other, each part with a column for each field."""
        return cls(*(np.concatenate(column) for column in zip(*parts, strict=True)))


@dataclass(frozen=True)
class Decisions:
    """What is decided. site, supply: technology, product, place and volume of everything that is not zero (NaN
    included). book: each choice at each end use, with what it saves of what reaches it."""

    steps: Steps
    site: Volumes
    supply: Volumes
    book: Rows


def read_decisions(plan: Statement, tables: Tables, coefficients: Coefficients) -> Decisions:
    """The decisions of a plan with their capacity and saving."""
    named, configuration = _named(plan, tables, "step_", (*CHOICE, "end_use"))
    row, place, flow = np.arange(len(configuration)), named["province"], plan["step_flow"].astype(float)
    site, supply = _of_cube(plan, tables, "site_saving"), _of_cube(plan, tables, "supply")
    groups = 1
    if tables.levers.baseline == "market":
        groups = len(tables.labels[GROUP])
        amounts = _over_groups(plan, tables, "step_flow_by_group", ("step", GROUP))
        row, group = np.nonzero(amounts)
        place, flow = named["province"][row] * groups + group, amounts[row, group]
        site, supply = _of_rows(plan, tables, "choice")
    steps = _steps(coefficients, tables, named, configuration, (row, place, flow), groups)
    return _decisions(tables, coefficients, steps, site, supply, groups)


def read_market(plan: Statement, tables: Tables, coefficients: Coefficients) -> Decisions:
    """What enterprises do by themselves, by their groups."""
    named, configuration = _named(plan, tables, "market_step_", ("technology", "product", "end_use"))
    amounts = _over_groups(plan, tables, "market_step_flow", ("market_step", "province", GROUP))
    row, province, group = np.nonzero(amounts)
    groups = amounts.shape[2]
    flow = row, province * groups + group, amounts[row, province, group]
    steps = _steps(coefficients, tables, named, configuration, flow, groups)
    return _decisions(tables, coefficients, steps, *_of_rows(plan, tables, "market_choice"), groups)


def _decisions(
    tables: Tables, coefficients: Coefficients, steps: Steps, site: Volumes, supply: Volumes, groups: int
) -> Decisions:
    site_use = tables.labels["end_use"].index("site")
    parts = [_attributed(steps, coefficients, groups)]
    for level, use, (technology, product, place, volume) in ((SITE, site_use, site), (SUPPLY, NOWHERE, supply)):
        amount, one = np.nan_to_num(volume), np.ones(len(volume), np.int64)
        parts.append((level * one, technology, product, place // groups, place, use * one, amount, amount))
    return Decisions(steps, site, supply, Rows.of(parts))


def _named(plan: Statement, tables: Tables, prefix: str, dims: Sequence[str]) -> tuple[dict[str, Array], list[str]]:
    """Numbers of the labels of rows, and their configurations."""
    numbers = {}
    for dim in dims:
        known = {label: n for n, label in enumerate(tables.labels[dim])}
        labels = list(map(str, plan[prefix + dim].tolist()))
        numbers[dim] = np.array([known.get(label, NOWHERE) for label in labels], np.int64)
        if dim in CHOICE and NOWHERE in numbers[dim]:
            unknown = min(label for label in labels if label not in known)
            raise CertificateError(Message("planner_errors.unknown_step", dim=dim, label=unknown))
    name = f"{prefix}configuration"
    return numbers, [str(one) for one in plan[name].tolist()] if name in plan else []


def _steps(
    coefficients: Coefficients,
    tables: Tables,
    named: dict[str, Array],
    configuration: list[str],
    flows: tuple[Array, Array, Array],
    groups: int,
) -> Steps:
    r"""Each step with what it adds and saves; flows: row of the names, place and flow of each.

    capacity = saving_fraction of the technology times step; saving = remaining_fraction of the configuration that the
    plants had times capacity.
    """
    row, place, step = flows
    pairs = zip(named["product"].tolist(), named["end_use"].tolist(), strict=True)
    use = [coefficients.use_at.get(pair, NOWHERE) for pair in pairs]
    app = [coefficients.app_at.get(pair, NOWHERE) for pair in zip(use, named["technology"].tolist(), strict=True)]
    apps = np.array(app, np.int64)
    origin, to = _moves(tables, coefficients, use, app, configuration)
    fraction = np.where(apps >= 0, np.append(coefficients.apps.saving_fraction, np.nan)[apps], np.nan)
    remaining = np.where(origin >= 0, np.append(coefficients.sets.remaining_fraction, np.nan)[origin], np.nan)
    capacity = fraction[row] * step
    return Steps(
        technology=named["technology"][row],
        product=named["product"][row],
        province=place // groups,
        place=place,
        end_use=named["end_use"][row],
        configuration=configuration,
        row=row,
        step=step,
        app=apps[row],
        origin=origin[row],
        to=to[row],
        capacity=capacity,
        saving=remaining[row] * capacity,
    )


def _moves(
    tables: Tables, coefficients: Coefficients, use: list[int], app: list[int], configuration: list[str]
) -> tuple[Array, Array]:
    """The sets that steps lead from and to."""
    number = {label: n for n, label in enumerate(tables.labels["technology"])}
    place, bit = coefficients.sets.place, coefficients.bit.tolist()
    known: dict[tuple[int, str], int] = {}
    origin, to = [], []
    for here, one, name in zip(use, app, configuration, strict=True):
        if (here, name) not in known:
            found = [coefficients.app_at.get((here, number.get(member, NOWHERE)), NOWHERE)
                     for member in name.split("+") if member]  # fmt: skip
            is_set = here >= 0 and NOWHERE not in found and len(set(found)) == len(found)
            known[here, name] = sum(1 << bit[member] for member in found) if is_set else NOWHERE
        members = known[here, name]
        has = members >= 0 and one >= 0 and members >> bit[one] & 1
        origin.append(place.get((here, members), NOWHERE))
        to.append(NOWHERE if members < 0 or one < 0 or has else place.get((here, members | 1 << bit[one]), NOWHERE))
    return np.array(origin, np.int64), np.array(to, np.int64)


def _of_cube(plan: Statement, tables: Tables, name: str) -> Volumes:
    """Everything of site_saving or supply that is not zero (NaN included): technology, product, province, volume."""
    cube = plan.over(name, CHOICE, tables.labels)
    technology, product, province = np.nonzero(cube != 0)
    return technology, product, province, cube[technology, product, province]


def _of_rows(plan: Statement, tables: Tables, prefix: str) -> tuple[Volumes, Volumes]:
    """Everything on sites and of sources that is not zero: technology, product, place, volume."""
    named, _ = _named(plan, tables, f"{prefix}_", ("technology", "product"))
    amounts = _over_groups(plan, tables, f"{prefix}_volume", (prefix, "province", GROUP))
    row, province, group = np.nonzero(amounts)
    is_source = tables.level[named["technology"][row]] == SUPPLY
    found = (named["technology"][row], named["product"][row], province * amounts.shape[2] + group,
             amounts[row, province, group])  # fmt: skip
    return tuple(one[~is_source] for one in found), tuple(one[is_source] for one in found)


def _over_groups(plan: Statement, tables: Tables, name: str, dims: Sequence[str]) -> Array:
    """Volumes by rows, provinces and groups; what has no figure is NaN."""
    row = dims[0]
    labels = {**tables.labels, row: range(plan[name].shape[plan.variables[name][0].index(row)])}
    labels[GROUP] = [label if label in plan.labels[GROUP] else int(label) for label in tables.labels[GROUP]]
    return plan.over(name, dims, labels).astype(float)


def _attributed(steps: Steps, coefficients: Coefficients, groups: int) -> tuple[Array, ...]:
    """Capacity and saving of each technology at each end use of a product at a place.

    What an end use saves is divided among the technologies added there in proportion to the plants (by gross flow) that
    add each, times -ln(1 - saving_fraction).
    """
    apps, places = coefficients.apps, coefficients.made.shape[1] * groups
    listed = np.flatnonzero(steps.app >= 0)
    keys, number = np.unique(steps.app[listed] * places + steps.place[listed], return_inverse=True)
    step, capacity, saving = (
        np.bincount(number, np.nan_to_num(amount[listed]), minlength=len(keys))
        for amount in (steps.step, steps.capacity, steps.saving)
    )
    app, place = np.divmod(keys, places)
    weight = step * -np.log1p(-apps.saving_fraction[app])
    local = coefficients.use[app] * places + place
    count = len(coefficients.use_product) * places
    total = np.bincount(local, weight, minlength=count)[local]
    saved = np.bincount(local, saving, minlength=count)[local]
    saving = saved * (weight / np.where(total > 0, total, 1.0))
    level, use = np.full(len(keys), END_USE), apps.end_use[app]
    return level, apps.technology[app], apps.product[app], place // groups, place, use, capacity, saving
