"""A plan as a mixture of answers: which prices were asked, and how much each answer counts in each pair."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from waterplan.planning.core.kernel_arrays import Answers, Costs, Pairs, Uses
from waterplan.planning.model.decisions import Decisions
from waterplan.planning.model.flows import Array
from waterplan.planning.model.instance import Instance
from waterplan.planning.model.structure import Index, expand
from waterplan.planning.model.tie_break import tie_break_of
from waterplan.planning.plan.deployment import Deployment
from waterplan.planning.plan.ledger import Ledger, build_ledger
from waterplan.planning.planner.kernel_input import Places, deployed
from waterplan.planning.planner.steps import steps_of


@dataclass(frozen=True)
class Part:
    """The answers to some prices, and their weight in each pair [pair]; pairs of no weight need not have been asked."""

    weight: Array
    answers: Answers
    costs: Costs


@dataclass(frozen=True)
class Mixture:
    """Parts whose weights add up to 1 in every pair."""

    places: Places
    instance: Instance
    pairs: Pairs
    uses: Uses
    parts: tuple[Part, ...]

    @cached_property
    def deployment(self) -> Deployment:
        """Capacity and savings of the mixture."""
        s = self.places.structure
        first, *others = self.parts
        whole = deployed(self.pairs, self.uses, s, first.answers)
        rows = self._rows_of(np.flatnonzero(first.weight < 1.0))
        for part in (first, *others) if others else ():
            here = part is first
            for name, row, owner in rows:
                volume = getattr(whole, name)
                weight = part.weight[owner]
                volume[row] = weight * volume[row] if here else volume[row] + weight * self._volume(part, name, row)
        return whole

    def _rows_of(self, changed: Index) -> list[tuple[str, Index, Index]]:
        """The rows of some pairs in each array of a deployment, and the pair of each row."""
        s, p = self.places.structure, self.pairs
        locals_ = expand(p.local_start, changed)
        apps = expand(p.app_start, locals_)
        return [
            ("capacity", apps, s.local_pair[s.local_app_local[apps]]),
            ("use_saving", locals_, s.local_pair[locals_]),
            ("site_saving", row := expand(p.site_start, changed), s.pair_site_pair[row]),
            ("supply", row := expand(p.supply_start, changed), s.pair_supply_pair[row]),
        ]

    def _volume(self, part: Part, name: str, row: Index) -> Array:
        s, answers = self.places.structure, part.answers
        if name == "capacity":
            reach = self.uses.saving_fraction[s.local_app[row]] * self.pairs.gross_flow[s.local_app_local[row]]
            return answers.share[row] * reach
        if name == "use_saving":
            return answers.use_saving[row] * self.pairs.gross_flow[row]
        return answers.site_saving[row] if name == "site_saving" else answers.supply[row]

    @cached_property
    def ledger(self) -> Ledger:
        """The accounts of the plan."""
        i = self.instance
        return build_ledger(i.structure, i.flows, i.values, i.levers, i.prices, self.deployment)

    @property
    def tie_break(self) -> float:
        """What the canonical tie-break adds to the objective [MCNY/a]."""
        d = self.deployment
        return tie_break_of(self.places.tie, d.capacity, d.use_saving, d.site_saving, d.supply)

    def decisions(self) -> Decisions:
        """The steps that plants take, and the volumes on the site and of other sources."""
        s = self.places.structure
        step = np.zeros(len(s.local_step))
        for part in self.parts:
            step += steps_of(s, self.pairs, self.uses, part.answers, part.costs, part.weight)
        deployment = self.deployment
        return Decisions(step=step, site_saving=deployment.site_saving, supply=deployment.supply)
