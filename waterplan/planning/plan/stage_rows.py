"""What a stage does, as sparse rows: what is done stands once, with its volumes over provinces and groups beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from waterplan.planning.model.decisions import Decisions
from waterplan.planning.model.flows import Array
from waterplan.planning.model.instance import Instance
from waterplan.planning.model.state import steps_taken
from waterplan.planning.model.structure import Index, Structure

Variables = dict[str, tuple[tuple[str, ...], Array]]


@dataclass(frozen=True)
class StageRows:
    """The decisions of a stage; smaller steps than rounding are left out, as the state after it leaves them out."""

    instance: Instance
    decisions: Decisions

    @property
    def _s(self) -> Structure:
        return self.instance.structure

    @cached_property
    def taken(self) -> Index:
        """The local steps that are taken."""
        return steps_taken(self._s, self.instance.flows, self.decisions)

    def steps(self) -> tuple[Variables, Index]:
        """The columns technology, product, province, end_use, configuration and flow of the steps by province, groups
        added up; and the row of each step that is taken."""
        s, pair = self._s, self._pair_of_step
        keys = [*self._of_step, s.pair_province[pair]]
        row, first = _numbered(keys) if s.barrier_groups > 1 else (np.arange(len(pair)), np.arange(len(pair)))
        flow = self.decisions.step[self.taken]
        columns: dict[str, Any] = {
            **self._named(first),
            "province": np.array(s.provinces)[s.pair_province[pair[first]]],
            "flow": flow if s.barrier_groups == 1 else np.bincount(row, flow, minlength=len(first)),
        }
        order = ("technology", "product", "province", "end_use", "configuration", "flow")
        return {name: (("step",), columns[name]) for name in order}, row

    def flow_by_group(self, row: Index) -> Array:
        """The flow of each row of steps by group [step, group]."""
        s, groups = self._s, self._s.barrier_groups
        group = s.pair_group[self._pair_of_step]
        count = int(row.max(initial=-1)) + 1
        flow = np.bincount(row * groups + group, self.decisions.step[self.taken], minlength=count * groups)
        return np.asarray(flow, dtype=float).reshape(count, groups)

    def wide_steps(self) -> Variables:
        """The kinds of step that are taken anywhere, and their flow [step, province, group]."""
        row, first = _numbered(self._of_step)
        flow = self._wide(row, len(first), self._pair_of_step, self.decisions.step[self.taken])
        named = {name: (("step",), column) for name, column in self._named(first).items()}
        return {**named, "flow": (("step", "province", "group"), flow)}

    def wide_choices(self) -> Variables:
        """Site technologies and sources used anywhere at a product, and their volume [choice, province, group]."""
        s = self._s
        technology = np.concatenate([s.site_technology[s.pair_site], s.supply_technology[s.pair_supply]])
        pair = np.concatenate([s.pair_site_pair, s.pair_supply_pair])
        volume = np.concatenate([self.decisions.site_saving, self.decisions.supply])
        used = np.flatnonzero(volume > 0.0)
        technology, pair, volume = technology[used], pair[used], volume[used]
        row, first = _numbered([technology, s.pair_product[pair]])
        return {
            "technology": (("choice",), np.array(s.technologies)[technology[first]]),
            "product": (("choice",), np.array(s.products)[s.pair_product[pair[first]]]),
            "volume": (("choice", "province", "group"), self._wide(row, len(first), pair, volume)),
        }

    def _wide(self, row: Index, rows: int, pair: Index, volume: Array) -> Array:
        s, provinces, groups = self._s, len(self._s.provinces), self._s.barrier_groups
        place = (row * provinces + s.pair_province[pair]) * groups + s.pair_group[pair]
        wide = np.bincount(place, volume, minlength=rows * provinces * groups)
        return np.asarray(wide, dtype=float).reshape(rows, provinces, groups)

    @cached_property
    def _pair_of_step(self) -> Index:
        return self._s.local_pair[self._s.local_step_local[self.taken]]

    @cached_property
    def _of_step(self) -> list[Index]:
        """Technology, product, end use and configuration, as the technologies that it has, of each step taken."""
        s, step = self._s, self._s.local_step[self.taken]
        end_use, members = s.use_end_use[s.step_use[step]], s.configuration_members[s.step_from[step]]
        return [s.app_technology[s.step_app[step]], s.pair_product[self._pair_of_step], end_use, members]

    def _named(self, first: Index) -> dict[str, Array]:
        s, step = self._s, self._s.local_step[self.taken[first]]
        technology, product, end_use, _ = (column[first] for column in self._of_step)
        known = {int(c): configuration_name(s, int(c)) for c in np.unique(s.step_from[step])}
        return {
            "technology": np.array(s.technologies)[technology],
            "product": np.array(s.products)[product],
            "end_use": np.array(s.end_uses)[end_use],
            "configuration": np.array([known[int(c)] for c in s.step_from[step]], dtype=str),
        }


def configuration_name(structure: Structure, configuration: int) -> str:
    """The technologies of a configuration joined by "+"; empty for none."""
    s = structure
    first, last = s.use_app_start[s.configuration_use[configuration] + np.array([0, 1])]
    members = int(s.configuration_members[configuration])
    return "+".join(s.technologies[s.app_technology[app]] for app in range(first, last) if members >> (app - first) & 1)


def _numbered(keys: list[Index]) -> tuple[Index, Index]:
    """The number of each row among those with different keys, in the order of their first ones; and these."""
    if not len(keys[0]):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    _, first, inverse = np.unique(np.stack(keys, axis=1), axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[inverse.reshape(-1)], first[order]
