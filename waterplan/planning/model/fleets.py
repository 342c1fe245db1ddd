"""Plants of one product that start from different shares: barrier groups of a pair, and fleets of plants alike.

A stage that starts from a state (see :mod:`~waterplan.planning.model.state`) asks every group of plants of a pair on
its own. What groups can still add at their end uses depends on their shares alone, so plants of a product with the same
shares are one **fleet**, in whatever province: the uses of a fleet stand in the structure as those of a product do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index, Structure, expand
from waterplan.planning.model.tie_break import KEPT_AS, build_tie_break

SAME_WITH_FLEETS = (
    "pair_product", "pair_sector", "local_pair", "local_app_local", "local_step_local", "local_step_app",
    "pair_site_pair", "pair_site", "pair_supply_pair", "pair_supply",
)  # fmt: skip


def with_groups(structure: Structure, groups: int) -> Structure:
    """The structure in which each pair stands once for each of so many barrier groups, one after the other."""
    if groups == 1:
        return structure
    return replace(
        structure,
        pair_fleet=np.repeat(structure.pair_fleet, groups),
        pair_province=np.repeat(structure.pair_province, groups),
        pair_group=np.tile(np.arange(groups), len(structure.pair_fleet)),
    )


@dataclass(frozen=True)
class Fleets:
    """A structure with fleets of its own, and which row of the first structure each of its rows repeats.

    use [use], app [app], configuration [configuration]: rows of ``origin``, whose pairs and locals are the same.
    """

    origin: Structure
    structure: Structure
    use: Index
    app: Index
    configuration: Index


def with_fleets(origin: Structure, pair_fleet: Index, fleet_product: Index) -> Fleets:
    """The structure whose pairs belong to these fleets [pair], each of a product [fleet].

    ``origin`` has one fleet a product. Pairs, locals and all that hangs on them keep their order.
    """
    s = origin
    use = expand(s.fleet_use_start, fleet_product)
    app = expand(s.use_app_start, use)
    configuration = expand(s.use_configuration_start, use)
    choice = expand(s.configuration_choice_start, configuration)
    step = expand(s.use_step_start, use)
    app_start, configuration_start = _starts(s.use_app_start, use), _starts(s.use_configuration_start, use)
    step_start = _starts(s.use_step_start, use)
    app_use = np.repeat(np.arange(len(use)), np.diff(app_start))
    configuration_use = np.repeat(np.arange(len(use)), np.diff(configuration_start))
    step_use = np.repeat(np.arange(len(use)), np.diff(step_start))
    choice_width = np.diff(s.configuration_choice_start)[configuration]
    choice_use = np.repeat(configuration_use, choice_width)
    app_shift = app_start[:-1] - s.use_app_start[use]
    configuration_shift = configuration_start[:-1] - s.use_configuration_start[use]
    group_first = _first_groups(s)
    group_start = _starts(group_first, use)
    group_shift = group_start[:-1] - group_first[use]
    member = s.choice_member[choice]
    made = replace(
        s,
        fleet_product=fleet_product,
        pair_fleet=pair_fleet,
        use_fleet=np.repeat(np.arange(len(fleet_product)), np.diff(s.fleet_use_start)[fleet_product]),
        use_end_use=s.use_end_use[use],
        fleet_use_start=_starts(s.fleet_use_start, fleet_product),
        app_use=app_use,
        app_technology=s.app_technology[app],
        app_use_group=s.app_use_group[app] + group_shift[app_use],
        use_app_start=app_start,
        configuration_use=configuration_use,
        configuration_members=s.configuration_members[configuration],
        use_configuration_start=configuration_start,
        choice_member=np.where(member >= 0, member + app_shift[choice_use], -1),
        choice_use_group=s.choice_use_group[choice] + group_shift[choice_use],
        configuration_choice_start=np.concatenate([[0], np.cumsum(choice_width)]),
        step_use=step_use,
        step_from=s.step_from[step] + configuration_shift[step_use],
        step_to=s.step_to[step] + configuration_shift[step_use],
        step_app=s.step_app[step] + app_shift[step_use],
        use_step_start=step_start,
    )
    vars(made).update({name: getattr(s, name) for name in SAME_WITH_FLEETS})
    vars(made)[KEPT_AS] = build_tie_break(s)
    return Fleets(s, made, use, app, configuration)


def _starts(start: Index, owner: Index) -> Index:
    return np.concatenate([[0], np.cumsum(start[owner + 1] - start[owner])])


def _first_groups(structure: Structure) -> Index:
    """Where the exclusive groups of each use begin, which are numbered use by use."""
    s, uses = structure, len(structure.use_fleet)
    count = np.zeros(uses, dtype=np.int64)
    np.maximum.at(count, s.app_use, s.app_use_group + 1)
    return np.concatenate([[0], np.maximum.accumulate(count)])


@dataclass(frozen=True)
class LocalConfigurations:
    """The configurations of every local, one after the other: where plants of a pair can stand at an end use."""

    structure: Structure

    @cached_property
    def start(self) -> Index:
        """Where those of each local begin."""
        return _starts(self.structure.use_configuration_start, self.structure.local_use)

    @cached_property
    def configuration(self) -> Index:
        """Configuration of each local configuration."""
        return expand(self.structure.use_configuration_start, self.structure.local_use)

    @cached_property
    def local(self) -> Index:
        """Local of each local configuration."""
        return np.repeat(np.arange(len(self.structure.local_use)), np.diff(self.start))

    @cached_property
    def step_from(self) -> Index:
        """Where the plants of each local step come from."""
        return self._place(self.structure.step_from)

    @cached_property
    def step_to(self) -> Index:
        """Where the plants of each local step go."""
        return self._place(self.structure.step_to)

    def _place(self, configuration: Index) -> Index:
        s = self.structure
        shift = self.start[:-1] - s.use_configuration_start[s.local_use]
        return shift[s.local_step_local] + configuration[s.local_step]


def alike(structure: Structure, share: Array, start: Index) -> tuple[Index, Index, Index]:
    """Fleets of plants alike: the fleet of each pair, and the product and one of the pairs of each fleet.

    share [local configuration], whose rows of each pair begin at ``start`` [pair]. Rows that only seem alike, because
    the numbers that they are told apart by agree, are told apart one by one.
    """
    s = structure
    width = np.diff(start)
    within = np.arange(len(share)) - np.repeat(start[:-1], width)
    weight = np.random.default_rng(2015).random(int(width.max(initial=1)))
    mark = np.add.reduceat(np.append(share * weight[within], 0.0), start[:-1]) * (width > 0)
    order = np.lexsort((mark, s.pair_product))
    product, marks = s.pair_product[order], mark[order]
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (product[1:] != product[:-1]) | (marks[1:] != marks[:-1])
    fleet = np.empty(len(order), dtype=np.int64)
    fleet[order] = np.cumsum(is_new) - 1
    first = order[is_new]
    same = share[expand(start, first[fleet])] == share
    odd = np.flatnonzero(~np.logical_and.reduceat(np.append(same, True), start[:-1]) & (width > 0))
    fleet[odd] = len(first) + np.arange(len(odd))
    first = np.concatenate([first, odd])
    return fleet, s.pair_product[first], first
