"""Who can do what where: the index arrays of a study, the same for every scenario.

The optimisation is sparse: a technology is listed for some end uses of some products, and a product is made in some
provinces. Everything below is packed into flat arrays in the order product, province, end use, technology, so that
the Pyomo model, the ledger and the fast planner number things alike.

======================  =====================================================================================
``fleet``               plants of one product that start from the same shares; one a product in the base year
``pair``                a product made in a province (one plan of its own, given prices); where its plants start from
                        different shares, each barrier group of them
``use``                 an end use of a fleet for which at least one end-use technology is listed
``app``                 an end-use technology listed at a use; ``site_app``, ``supply_app`` likewise per product
``configuration``       a set of the apps of one use, at most one of each exclusive group
``step``                a configuration and one app that it lacks and may add
``use_group``           an exclusive group at a use (a technology without a group is its own); ``site_group`` likewise
``local``               a use in a pair; ``local_app``, ``local_step`` the apps and steps there
======================  =====================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from waterplan.base.messages import Message
from waterplan.study.study import Study

Index = NDArray[np.int64]
Array = NDArray[np.float64]
MEMBERS_MAX = 12
LEVELS = ("end_use", "site", "supply")


@dataclass(frozen=True)
class Structure:
    """Index arrays of a study (see the module's table); ``*_start`` arrays delimit the rows of each owner."""

    sectors: tuple[str, ...]
    products: tuple[str, ...]
    provinces: tuple[str, ...]
    end_uses: tuple[str, ...]
    technologies: tuple[str, ...]
    pools: tuple[str, ...]
    groups: tuple[str, ...]
    product_sector: Index
    technology_level: Index
    technology_group: Index
    technology_pool: Index
    joint_product: NDArray[np.bool_]
    supply_available: NDArray[np.bool_]
    fleet_product: Index
    pair_fleet: Index
    pair_province: Index
    pair_group: Index
    use_fleet: Index
    use_end_use: Index
    fleet_use_start: Index
    app_use: Index
    app_technology: Index
    app_use_group: Index
    use_app_start: Index
    configuration_use: Index
    configuration_members: Index
    use_configuration_start: Index
    choice_member: Index
    choice_use_group: Index
    configuration_choice_start: Index
    step_use: Index
    step_from: Index
    step_to: Index
    step_app: Index
    use_step_start: Index
    site_product: Index
    site_technology: Index
    site_group: Index
    product_site_start: Index
    supply_product: Index
    supply_technology: Index
    supply_group: Index
    product_supply_start: Index

    @cached_property
    def barrier_groups(self) -> int:
        """How many barrier groups each product has in a province: a pair stands for so many times less plants."""
        return int(self.pair_group.max(initial=0)) + 1

    @cached_property
    def pair_product(self) -> Index:
        """Product of each pair."""
        return self.fleet_product[self.pair_fleet]

    @cached_property
    def use_product(self) -> Index:
        """Product of each use."""
        return self.fleet_product[self.use_fleet]

    @cached_property
    def pair_sector(self) -> Index:
        """Sector of each pair."""
        return self.product_sector[self.pair_product]

    @cached_property
    def local_pair(self) -> Index:
        """Pair of each local."""
        return np.repeat(np.arange(len(self.pair_fleet)), np.diff(self.fleet_use_start)[self.pair_fleet])

    @cached_property
    def local_use(self) -> Index:
        """Use of each local."""
        return expand(self.fleet_use_start, self.pair_fleet)

    @cached_property
    def local_app_local(self) -> Index:
        """Local of each local app."""
        return np.repeat(np.arange(len(self.local_use)), np.diff(self.use_app_start)[self.local_use])

    @cached_property
    def local_app(self) -> Index:
        """App of each local app."""
        return expand(self.use_app_start, self.local_use)

    @cached_property
    def local_step_local(self) -> Index:
        """Local of each local step."""
        return np.repeat(np.arange(len(self.local_use)), np.diff(self.use_step_start)[self.local_use])

    @cached_property
    def local_step(self) -> Index:
        """Step of each local step."""
        return expand(self.use_step_start, self.local_use)

    @cached_property
    def local_step_app(self) -> Index:
        """Local app that each local step adds."""
        first = np.concatenate([[0], np.cumsum(np.diff(self.use_app_start)[self.local_use])])
        local = self.local_step_local
        return first[local] + self.step_app[self.local_step] - self.use_app_start[self.local_use[local]]

    @cached_property
    def pair_site_pair(self) -> Index:
        """Pair of each pair site app."""
        return np.repeat(np.arange(len(self.pair_product)), self._width(self.product_site_start))

    @cached_property
    def pair_site(self) -> Index:
        """Site app of each pair site app."""
        return expand(self.product_site_start, self.pair_product)

    @cached_property
    def pair_supply_pair(self) -> Index:
        """Pair of each pair supply app."""
        return np.repeat(np.arange(len(self.pair_product)), self._width(self.product_supply_start))

    @cached_property
    def pair_supply(self) -> Index:
        """Supply app of each pair supply app."""
        return expand(self.product_supply_start, self.pair_product)

    @cached_property
    def cube_places(self) -> tuple[Index, Index, Index]:
        """Place of each local app, pair site app and pair supply app in a flat [technology, sector, province] cube."""
        technologies = (
            self.app_technology[self.local_app],
            self.site_technology[self.pair_site],
            self.supply_technology[self.pair_supply],
        )
        pairs = (self.local_pair[self.local_app_local], self.pair_site_pair, self.pair_supply_pair)
        sectors, provinces = len(self.sectors), len(self.provinces)
        first, second, third = (
            (technology * sectors + self.pair_sector[pair]) * provinces + self.pair_province[pair]
            for technology, pair in zip(technologies, pairs, strict=True)
        )
        return first, second, third

    def _width(self, start: Index) -> Index:
        return np.diff(start)[self.pair_product]


def expand(start: Index, owner: Index) -> Index:
    """The rows of each owner, one after the other.

    >>> expand(np.array([0, 2, 5]), np.array([1, 0])).tolist()
    [2, 3, 4, 0, 1]
    """
    width = start[owner + 1] - start[owner]
    ends = np.cumsum(width)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(start[owner] - (ends - width), width)


def totals(owner: Index, volume: Array, count: int) -> Array:
    """The sum of the rows of each of ``count`` owners."""
    return np.asarray(np.bincount(owner, volume, minlength=count), dtype=float)


def pool_draw(structure: Structure, supply: Array) -> Array:
    """What sources draw from each pool in each province [pool, province], hm3/a."""
    s = structure
    pool = s.technology_pool[s.supply_technology[s.pair_supply]]
    place = pool * len(s.provinces) + s.pair_province[s.pair_supply_pair]
    used = totals(place[pool >= 0], supply[pool >= 0], len(s.pools) * len(s.provinces))
    return used.reshape(len(s.pools), len(s.provinces))


def starts(owner: Iterable[int], count: int) -> Index:
    """Where the rows of each of ``count`` owners begin, when rows are sorted by owner."""
    return np.concatenate([[0], np.cumsum(np.bincount(np.asarray(list(owner), dtype=np.int64), minlength=count))])


def build_structure(study: Study) -> Structure:
    """The structure of a study: which rows its tables have."""
    values, labels = study.numbers["value"], study.labels
    listed = ~np.isnan(values["saving_fraction"])
    level = np.array([LEVELS.index(level) for level in study.column("technologies", "level")], dtype=np.int64)
    named = study.column("technologies", "exclusive_group").tolist()
    group_names = [str(name or key) for key, name in zip(labels["technology"], named, strict=True)]
    groups = tuple(dict.fromkeys(group_names))
    group = np.array([groups.index(name) for name in group_names], dtype=np.int64)
    pools = tuple(dict.fromkeys(name for name in study.pools if name))
    pool = np.array([pools.index(name) if name else -1 for name in study.pools], dtype=np.int64)
    potential = ~np.isnan(values["supply_potential"])
    pair_product, pair_province = np.nonzero(~np.isnan(values["output"]))
    sectors = labels["sector"]
    tables = {
        **_uses(listed[level == 0], np.flatnonzero(level == 0), group),
        **_whole_plant("site", listed, level == 1, group),
        **_whole_plant("supply", listed, level == 2, group),
    }
    return Structure(
        sectors=sectors,
        products=labels["product"],
        provinces=labels["province"],
        end_uses=labels["end_use"],
        technologies=labels["technology"],
        pools=pools,
        groups=groups,
        product_sector=np.array([sectors.index(name) for name in study.column("products", "sector")], dtype=np.int64),
        technology_level=level,
        technology_group=group,
        technology_pool=pool,
        joint_product=np.asarray(study.column("technologies", "joint_product"), dtype=bool),
        supply_available=potential | ~potential.any(axis=1, keepdims=True),
        fleet_product=np.arange(len(labels["product"])),
        pair_fleet=pair_product,
        pair_province=pair_province,
        pair_group=np.zeros(len(pair_product), dtype=np.int64),
        **tables,
    )


def _whole_plant(name: str, listed: NDArray[np.bool_], of_level: NDArray[np.bool_], group: Index) -> dict[str, Index]:
    technology, product = np.nonzero(listed.any(axis=2) & of_level[:, None])
    order = np.lexsort((technology, product))
    technology, product = technology[order], product[order]
    return {
        f"{name}_product": product,
        f"{name}_technology": technology,
        f"{name}_group": number(product, group[technology]),
        f"product_{name}_start": starts(product, listed.shape[1]),
    }


def _uses(listed: NDArray[np.bool_], technologies: Index, group: Index) -> dict[str, Index]:
    use_product, use_end_use = np.nonzero(listed.any(axis=0))
    apps = [technologies[np.flatnonzero(listed[:, p, e])] for p, e in zip(use_product, use_end_use, strict=True)]
    use_app_start = np.concatenate([[0], np.cumsum([len(members) for members in apps])]).astype(np.int64)
    configurations = [_configurations(group[members]) for members in apps]
    use_configuration_start = np.concatenate([[0], np.cumsum([len(c) for c in configurations])]).astype(np.int64)
    steps: list[tuple[int, int, int, int]] = []
    for use, sets in enumerate(configurations):
        place = {members: use_configuration_start[use] + n for n, members in enumerate(sets)}
        for members in sets:
            for app in range(len(apps[use])):
                grown = members | (1 << app)
                if grown != members and grown in place:
                    steps.append((use, place[members], place[grown], use_app_start[use] + app))
    step = np.array(steps, dtype=np.int64).reshape(-1, 4)
    app_use = np.repeat(np.arange(len(apps)), np.diff(use_app_start))
    app_technology = np.concatenate([*apps, np.empty(0, np.int64)]).astype(np.int64)
    app_use_group = number(app_use, group[app_technology])
    return {
        **_choices(app_use_group, use_app_start, configurations),
        "use_fleet": use_product,
        "use_end_use": use_end_use,
        "fleet_use_start": starts(use_product, listed.shape[1]),
        "app_use": app_use,
        "app_technology": app_technology,
        "app_use_group": app_use_group,
        "use_app_start": use_app_start,
        "configuration_use": np.repeat(np.arange(len(apps)), np.diff(use_configuration_start)),
        "configuration_members": np.array([m for sets in configurations for m in sets], dtype=np.int64),
        "use_configuration_start": use_configuration_start,
        "step_use": step[:, 0],
        "step_from": step[:, 1],
        "step_to": step[:, 2],
        "step_app": step[:, 3],
        "use_step_start": starts(step[:, 0], len(apps)),
    }


def number(owner: Index, group: Index) -> Index:
    """Numbers the different (owner, group) pairs from 0.

    >>> number(np.array([0, 0, 1, 1]), np.array([7, 7, 7, 2])).tolist()
    [0, 0, 2, 1]
    """
    pairs = np.stack([owner, group], axis=1)
    return np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _choices(app_use_group: Index, use_app_start: Index, configurations: list[list[int]]) -> dict[str, Index]:
    """For every configuration, what each group of its use has there: one member (its app) or none (-1)."""
    rows: list[tuple[int, int]] = []
    width: list[int] = []
    for use, sets in enumerate(configurations):
        first, last = use_app_start[use], use_app_start[use + 1]
        groups = list(dict.fromkeys(app_use_group[first:last].tolist()))
        for members in sets:
            chosen = {int(app_use_group[app]): int(app) for app in range(first, last) if members >> (app - first) & 1}
            rows += [(chosen.get(group, -1), group) for group in groups]
            width.append(len(groups))
    table = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return {
        "choice_member": table[:, 0],
        "choice_use_group": table[:, 1],
        "configuration_choice_start": np.concatenate([[0], np.cumsum(width)]).astype(np.int64),
    }


def _configurations(group: Index) -> list[int]:
    """Sets of members as bit masks, at most one of each group, smaller sets first."""
    if len(group) > MEMBERS_MAX:
        raise ValueError(Message("planner_errors.end_use_members", count=len(group), most=MEMBERS_MAX))
    masks = []
    for mask in range(1 << len(group)):
        members = [group[app] for app in range(len(group)) if mask >> app & 1]
        if len(members) == len(set(members)):
            masks.append(mask)
    return sorted(masks, key=lambda mask: (mask.bit_count(), mask))
