"""How much water flows where and how much of it each technology can reach, once more.

Written from docs/model.md alone. Nothing here knows the optimisation. Arrays have a column for each province.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from waterplan.base.units import whole_volume
from waterplan.planning.certificate.readings import Array
from waterplan.planning.certificate.tables import END_USE, SITE, SUPPLY, Tables

M3_PER_HM3 = 1e6


@dataclass(frozen=True)
class Shares:
    """A row for each technology listed at an end use of a product (on the site, for levels 2 and 3): numbers of its
    labels, its saving_fraction, and the share of plants that have it in the base year and can have it in the end."""

    technology: Array
    product: Array
    end_use: Array
    saving_fraction: Array
    installed_base: Array
    installed_max: Array

    def __len__(self) -> int:
        return len(self.technology)

    def of(self, chosen: Array) -> Shares:
        """Some of the rows."""
        return Shares(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Sets:
    """A row for each set of technologies that plants can have at a use: ``members``, a bit for each technology of the
    use in the order of its rows; base_share (m0) and remaining_fraction."""

    use: Array
    members: Array
    base_share: Array
    remaining_fraction: Array

    @cached_property
    def place(self) -> dict[tuple[int, int], int]:
        """The row of a use and members."""
        return {pair: n for n, pair in enumerate(zip(self.use.tolist(), self.members.tolist(), strict=True))}


@dataclass(frozen=True)
class Coefficients:
    """Everything that limits are made of, whatever plants have when a stage starts; volumes hm3/a.

    made, output_target, base_withdrawal, reference_withdrawal (frozen efficiency), existing_withdrawal, new_withdrawal
    (plants of the base year, and built since) [product, province]: where something is made, and how much. apps, sites,
    sources: the shares of the three levels. use [app], bit [app]: its use and its place there; use_product,
    use_end_use, use_flow (gross flow of a m3 of existing withdrawal), groups [use]: how many exclusive groups it has.
    limit (c) [site, source], together (k) [level, product]. pool_limit [pool, province], NaN where the study has no
    row. available [technology, province].
    """

    made: Array
    output_target: Array
    base_withdrawal: Array
    reference_withdrawal: Array
    existing_withdrawal: Array
    new_withdrawal: Array
    apps: Shares
    sites: Shares
    sources: Shares
    use: Array
    bit: Array
    use_product: Array
    use_end_use: Array
    use_flow: Array
    groups: Array
    sets: Sets
    site_limit: Array
    source_limit: Array
    together: Array
    pool_limit: Array
    available: Array

    @cached_property
    def unit(self) -> float:
        """The volume that tolerances are shares of [hm3/a]; as many MCNY/a for money."""
        return whole_volume(float(self.reference_withdrawal.sum()))

    @cached_property
    def use_at(self) -> dict[tuple[int, int], int]:
        """The use of a product and an end use."""
        pairs = zip(self.use_product.tolist(), self.use_end_use.tolist(), strict=True)
        return {pair: n for n, pair in enumerate(pairs)}

    @cached_property
    def app_at(self) -> dict[tuple[int, int], int]:
        """The app of a use and a technology."""
        pairs = zip(self.use.tolist(), self.apps.technology.tolist(), strict=True)
        return {pair: n for n, pair in enumerate(pairs)}


def recompute_coefficients(tables: Tables) -> Coefficients:
    """The coefficients of a scenario from its tables."""
    made, output, base, reference = reference_withdrawal(tables)
    existing, new = turnover(tables, output, reference)
    shares = installed_shares(tables)
    apps, sites, sources = (shares.of(tables.level[shares.technology] == level) for level in (END_USE, SITE, SUPPLY))
    keys, use = np.unique(apps.product * tables.count("end_use")[0] + apps.end_use, return_inverse=True)
    use_product, use_end_use = np.divmod(keys, tables.count("end_use")[0])
    bit = np.arange(len(apps)) - np.searchsorted(use, use)
    sets, groups = configurations(tables, apps, use, bit, len(keys))
    average = np.bincount(sets.use, sets.base_share * sets.remaining_fraction, minlength=len(keys))
    use_flow = tables.values["end_use_share"][use_product, use_end_use] / average
    together = np.zeros((3, *tables.count("product")))
    site_limit, together[SITE] = whole_plant_limits(tables, sites)
    source_limit, together[SUPPLY] = whole_plant_limits(tables, sources)
    potential = tables.values["supply_potential"]
    listed = ~np.isnan(potential)
    available = listed | ~listed.any(axis=1, keepdims=True)
    return Coefficients(
        made, output, base, reference, existing, new, apps, sites, sources, use, bit, use_product, use_end_use,
        use_flow, groups, sets, site_limit, source_limit, together, pool_limits(tables), available,
    )  # fmt: skip


def reference_withdrawal(tables: Tables) -> tuple[Array, Array, Array, Array]:
    """Where something is made, output of the target year, and withdrawal of the base year and, at its efficiency, of
    the target year [product, province]; 0 where nothing is made."""
    v = tables.values
    made = ~np.isnan(v["output"])
    per_output = v["intensity"][:, None] * v["intensity_factor"].T[tables.sector] / M3_PER_HM3
    growth = (1 + v["output_growth"]) ** tables.years * tables.levers.output_scale[tables.sector]
    output = np.where(made, v["output"], 0.0)
    target = output * growth[:, None]
    base, reference = (np.where(made, volume * per_output, 0.0) for volume in (output, target))
    return made, target, base, reference


def turnover(tables: Tables, output_target: Array, reference: Array) -> tuple[Array, Array]:
    """What plants of the base year withdraw in the target year, and what plants built since do [product, province].

    As many plants of the base year are left as have not closed, and no more than make what is made; the others are new.
    """
    if tables.levers.baseline == "frozen":
        return reference, np.zeros_like(reference)
    v = tables.values
    left = np.where(np.isnan(v["output"]), 0.0, v["output"]) * ((1 - v["retirement_rate"]) ** tables.years)[:, None]
    existing = np.minimum(output_target, left)
    per_output = np.divide(reference, output_target, out=np.zeros_like(reference), where=output_target > 0)
    new = (output_target - existing) * v["new_intensity_ratio"][:, None]
    return existing * per_output, new * per_output


def installed_shares(tables: Tables) -> Shares:
    """Share of plants that have each technology in the base year, and that can have it in the target year.

    Where the members of an exclusive group would together pass 1, their additions are scaled down to fit.
    """
    v = tables.values
    product, end_use, technology = np.nonzero(~np.isnan(v["saving_fraction"]).transpose(1, 2, 0))
    place = (technology, product, end_use)
    before, wanted = v["penetration_base"][place], v["penetration_max"][place]
    applicable = v["applicable_share"][place]
    after = np.minimum(before + tables.levers.rollout_scale * (wanted - before), 1.0)
    installed, added = applicable * before, applicable * (after - before)
    groups = (product, end_use, tables.level[technology], tables.group[technology])
    room, together = 1.0 - _summed(installed, *groups), _summed(added, *groups)
    scale = np.where(together > room, room / np.where(together > 0, together, 1.0), 1.0)
    return Shares(technology, product, end_use, v["saving_fraction"][place], installed, installed + added * scale)


def _numbers(*keys: Array) -> Array:
    """A number for each row, the same for rows with the same keys; in the order of the keys."""
    if not len(keys[0]):
        return np.empty(0, np.int64)
    return np.unique(np.stack(keys), axis=1, return_inverse=True)[1].reshape(-1)


def _summed(values: Array, *keys: Array) -> Array:
    """For each row the sum over all rows with the same keys."""
    number = _numbers(*keys)
    return np.bincount(number, values)[number] if len(values) else values


def configurations(tables: Tables, apps: Shares, use: Array, bit: Array, uses: int) -> tuple[Sets, Array]:
    """Every set of technologies that plants can have at an end use, at most one of each group; and the groups of each.

    base_share is the product over groups of the installed share of the member, or of what no member takes;
    remaining_fraction the product of (1 - saving_fraction) of the members.
    """
    group = _numbers(use, tables.group[apps.technology])
    count = int(group.max(initial=-1)) + 1
    owner = np.zeros(count, dtype=np.int64)
    owner[group] = use
    groups = np.bincount(owner, minlength=uses)
    option = np.concatenate([np.arange(count), group])  # of each group nobody, then its members
    ranked = np.argsort(option, kind="stable")
    nobody = 1.0 - np.bincount(group, apps.installed_base, minlength=count)
    share = np.concatenate([nobody, apps.installed_base])[ranked]
    left = np.concatenate([np.ones(count), 1.0 - apps.saving_fraction])[ranked]
    member = np.concatenate([np.zeros(count, np.int64), 1 << bit])[ranked]
    width = 1 + np.bincount(group, minlength=count)
    begin = np.cumsum(width) - width
    first = np.cumsum(groups) - groups
    sets = [np.arange(uses), np.zeros(uses, np.int64), np.ones(uses), np.ones(uses)]
    for turn in range(int(groups.max(initial=0))):
        here, members, base, remaining = sets
        has = groups[here] > turn
        chosen = np.where(has, first[here] + turn, 0)
        many = np.where(has, width[chosen], 1)
        again = np.repeat(np.arange(len(here)), many)
        at = begin[chosen][again] + np.arange(len(again)) - np.repeat(np.cumsum(many) - many, many)
        grows = has[again]
        at = np.where(grows, at, 0)
        sets = [
            here[again],
            members[again] | np.where(grows, member[at], 0),
            base[again] * np.where(grows, share[at], 1.0),
            remaining[again] * np.where(grows, left[at], 1.0),
        ]
    return Sets(*sets), groups


def whole_plant_limits(tables: Tables, rows: Shares) -> tuple[Array, Array]:
    """c: what each technology of a level can do alone [row], and k: what all of a product can do together [product].

    Both as a share of what reaches the level. Sites without a technology withdraw more than the average.
    """
    before, after = rows.saving_fraction * rows.installed_base, rows.saving_fraction * rows.installed_max
    group = _numbers(rows.product, tables.group[rows.technology])
    owner = np.zeros(int(group.max(initial=-1)) + 1, dtype=np.int64)
    owner[group] = rows.product
    left_before, left_after = np.ones(tables.count("product")), np.ones(tables.count("product"))
    for left, taken in ((left_before, before), (left_after, after)):
        np.multiply.at(left, owner, 1.0 - np.bincount(group, taken, minlength=len(owner)))
    return (after - before) / left_before[rows.product], 1.0 - left_after / left_before


def pool_limits(tables: Tables) -> Array:
    """What each pool of other water holds [pool, province]; NaN where no technology of it has a potential."""
    potential = tables.values["supply_potential"]
    limit = np.full((len(tables.pools), *tables.count("province")), np.nan)
    for pool in range(len(tables.pools)):
        members = potential[tables.pool == pool]
        listed = (~np.isnan(members)).any(axis=0)
        limit[pool, listed] = tables.levers.rollout_scale * np.nansum(members[:, listed], axis=0)
    return limit


def withdrawal_allowed(tables: Tables, coefficients: Coefficients) -> float:
    """The most fresh water [hm3/a] of which each unit of value added (constant prices) takes less by value_added_cut
    than in the base year. Value added of a sector grows at its rate, and with output_scale."""
    v, levers = tables.values, tables.levers
    before = v["sector_value_added"]
    after = before * (1.0 + v["value_added_growth"]) ** tables.years * levers.output_scale
    return float((1.0 - levers.value_added_cut) * coefficients.base_withdrawal.sum() * after.sum() / before.sum())
