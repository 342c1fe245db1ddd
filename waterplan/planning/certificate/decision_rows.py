"""A plan's decisions as rows of numbers, and what they add and save: steps, site_saving and supply, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from waterplan.base.errors import CertificateError
from waterplan.base.messages import Message
from waterplan.planning.certificate.coefficients import Coefficients
from waterplan.planning.certificate.readings import Array
from waterplan.planning.certificate.statement import Statement
from waterplan.planning.certificate.tables import END_USE, SITE, SUPPLY, Tables

CHOICE = ("technology", "product", "province")
NOWHERE = -1


@dataclass(frozen=True)
class Steps:
    """The steps of a plan [hm3/a]: numbers of their labels; ``app``, and the sets of technologies that they lead from
    and ``to``, -1 where there is no such thing; capacity and saving, NaN where no such step exists."""

    technology: Array
    product: Array
    province: Array
    end_use: Array
    configuration: Sequence[str]
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
    end_use: Array
    capacity: Array
    saving: Array

    def __len__(self) -> int:
        return len(self.level)


@dataclass(frozen=True)
class Decisions:
    """What is decided. site, supply: technology, product, province and volume of everything that is not zero (NaN
    included). book: each choice at each end use."""

    steps: Steps
    site: tuple[Array, Array, Array, Array]
    supply: tuple[Array, Array, Array, Array]
    book: Rows


def read_decisions(plan: Statement, tables: Tables, coefficients: Coefficients) -> Decisions:
    """The decisions of a plan with their capacity and saving."""
    steps = _steps(plan, tables, coefficients)
    site, supply = volumes(plan, tables, "site_saving"), volumes(plan, tables, "supply")
    site_use = tables.labels["end_use"].index("site")
    parts = [_attributed(steps, coefficients)]
    for level, use, (*places, volume) in ((SITE, site_use, site), (SUPPLY, NOWHERE, supply)):
        amount = np.nan_to_num(volume)
        parts.append((np.full(len(volume), level), *places, np.full(len(volume), use), amount, amount))
    return Decisions(steps, site, supply, Rows(*(np.concatenate(column) for column in zip(*parts, strict=True))))


def _steps(plan: Statement, tables: Tables, coefficients: Coefficients) -> Steps:
    r"""Each step with what it adds and saves.

    capacity = saving_fraction of the technology times step; saving = remaining_fraction of the configuration that the
    plants had times capacity.
    """
    place = {dim: {label: n for n, label in enumerate(tables.labels[dim])} for dim in (*CHOICE, "end_use")}
    named = {dim: list(map(str, plan[f"step_{dim}"].tolist())) for dim in (*CHOICE, "end_use")}
    numbers = {}
    for dim, labels in named.items():
        known = place[dim]
        numbers[dim] = [known.get(label, NOWHERE) for label in labels]
        if dim in CHOICE and NOWHERE in numbers[dim]:
            unknown = min(label for label in labels if label not in known)
            raise CertificateError(Message("planner_errors.unknown_step", dim=dim, label=unknown))
    configuration = [str(name) for name in plan["step_configuration"].tolist()]
    use = [coefficients.use_at.get(pair, NOWHERE) for pair in zip(numbers["product"], numbers["end_use"], strict=True)]
    app = [coefficients.app_at.get(pair, NOWHERE) for pair in zip(use, numbers["technology"], strict=True)]
    origin, to = _moves(tables, coefficients, use, app, configuration)
    apps, step = np.array(app, np.int64), plan["step_flow"].astype(float)
    fraction = np.where(apps >= 0, np.append(coefficients.apps.saving_fraction, np.nan)[apps], np.nan)
    remaining = np.where(origin >= 0, np.append(coefficients.sets.remaining_fraction, np.nan)[origin], np.nan)
    places = {dim: np.array(found, np.int64) for dim, found in numbers.items()}
    capacity = fraction * step
    return Steps(
        **places, configuration=configuration, step=step, app=apps, origin=origin, to=to,
        capacity=capacity, saving=remaining * capacity,
    )  # fmt: skip


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


def volumes(plan: Statement, tables: Tables, name: str) -> tuple[Array, Array, Array, Array]:
    """Everything of site_saving or supply that is not zero (NaN included): technology, product, province, volume."""
    cube = plan.over(name, CHOICE, tables.labels)
    technology, product, province = np.nonzero(cube != 0)
    return technology, product, province, cube[technology, product, province]


def _attributed(steps: Steps, coefficients: Coefficients) -> tuple[Array, ...]:
    """Capacity and saving of each technology at each end use of a product in a province.

    What an end use saves is divided among the technologies added there in proportion to the plants (by gross flow) that
    add each, times -ln(1 - saving_fraction).
    """
    apps, provinces = coefficients.apps, coefficients.made.shape[1]
    listed = np.flatnonzero(steps.app >= 0)
    keys, number = np.unique(steps.app[listed] * provinces + steps.province[listed], return_inverse=True)
    step, capacity, saving = (
        np.bincount(number, np.nan_to_num(amount[listed]), minlength=len(keys))
        for amount in (steps.step, steps.capacity, steps.saving)
    )
    app, province = np.divmod(keys, provinces)
    weight = step * -np.log1p(-apps.saving_fraction[app])
    local = coefficients.use[app] * provinces + province
    count = len(coefficients.use_product) * provinces
    total = np.bincount(local, weight, minlength=count)[local]
    saved = np.bincount(local, saving, minlength=count)[local]
    saving = saved * (weight / np.where(total > 0, total, 1.0))
    level, use = np.full(len(keys), END_USE), apps.end_use[app]
    return level, apps.technology[app], apps.product[app], province, use, capacity, saving
