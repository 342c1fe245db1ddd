"""A plan as a mixture of answers: which prices were asked, and how much each answer counts in each pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterplan.model.decisions import Decisions
from waterplan.model.flows import Array
from waterplan.model.instance import Instance
from waterplan.plan.deployment import Deployment
from waterplan.planner.answer import Answers, Costs, Pairs
from waterplan.planner.packed import Places, deployed
from waterplan.planner.steps import steps_of
from waterplan.planner.store import Uses


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

    def deployment(self) -> Deployment:
        """Capacity and savings of the mixture."""
        s = self.places.structure
        whole = Deployment(
            np.zeros(len(s.local_app)), np.zeros(len(s.local_use)), np.zeros(len(s.pair_site)),
            np.zeros(len(s.pair_supply))
        )
        for part in self.parts:
            here = deployed(self.pairs, self.uses, s, part.answers)
            weight = part.weight
            if len(self.parts) == 1:
                return here
            whole = Deployment(
                whole.capacity + weight[s.local_pair[s.local_app_local]] * here.capacity,
                whole.use_saving + weight[s.local_pair] * here.use_saving,
                whole.site_saving + weight[s.pair_site_pair] * here.site_saving,
                whole.supply + weight[s.pair_supply_pair] * here.supply,
            )
        return whole

    def decisions(self) -> Decisions:
        """The steps that plants take, and the volumes on the site and of other sources."""
        s = self.places.structure
        step = np.zeros(len(s.local_step))
        for part in self.parts:
            step += steps_of(s, self.pairs, self.uses, part.answers, part.costs, part.weight)
        deployment = self.deployment()
        return Decisions(step=step, site_saving=deployment.site_saving, supply=deployment.supply)
