"""The plan of a light answer: its accounts are there, the rest is worked out when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from waterplan.planning.core.kernel_arrays import Answers, Costs, fresh_answers
from waterplan.planning.model.decisions import Decisions, Duals
from waterplan.planning.model.flows import Array
from waterplan.planning.model.instance import Instance
from waterplan.planning.model.prices import PERSPECTIVES
from waterplan.planning.plan.deployment import Deployment, capacity_cube
from waterplan.planning.plan.ledger import COST_LINES, Ledger, public_budget
from waterplan.planning.planner.kept_coefficients import Coefficients
from waterplan.planning.planner.kernel_input import Bonus, build_costs
from waterplan.planning.planner.lanes import Layout
from waterplan.planning.planner.light import FIGURES, Accounts, Asked, decided
from waterplan.planning.planner.mixture import Mixture, Part


@dataclass(frozen=True)
class LightPart:
    """One light answer in a plan.

    weight: how much of the plan does as it says; asked, with which duals of limits, and what was found.
    """

    weight: float
    asked: Asked
    duals: Duals
    accounts: Accounts


@dataclass(frozen=True)
class LightPlan:
    """A plan of light answers, whose weights add up to 1.

    In each of them a lane answers to one price, or mixes its answers to two.
    """

    layout: Layout
    instance: Instance
    coefficients: Coefficients
    bonus: Bonus | None
    parts: tuple[LightPart, ...]

    @property
    def tie_break(self) -> float:
        """What the canonical tie-break adds to the objective [MCNY/a]."""
        return self._figure["tie_break"]

    @property
    def draw(self) -> Array:
        """What is drawn from each pool [pool, province], hm3/a."""
        return self._mixed("draw")

    @cached_property
    def ledger(self) -> Ledger:
        """The accounts of the plan."""
        i, figure = self.instance, self._figure
        lines = self._mixed("figure")[len(FIGURES) :].reshape(len(PERSPECTIVES), len(COST_LINES))
        return Ledger(
            saving=self._mixed("saving"),
            effluent=self._mixed("effluent"),
            counted_saving=figure["counted_saving"] + float(i.counted_at_start.sum()),
            cost_lines=lines,
            gross_cost=figure["gross_cost"],
            annual_cost=float(lines[PERSPECTIVES.index(i.levers.perspective)].sum()),
            scarcity_credit=figure["scarcity_credit"],
            investment=figure["investment"],
            electricity=figure["electricity"],
            heat=figure["heat"],
            capacity_of=self._capacity,
            budget_of=partial(public_budget, i.structure, i.values, i.levers),
        )

    def _mixed(self, name: str) -> Array:
        """An array of accounts, each part with its weight; all of them are linear."""
        first, *others = (part.weight * getattr(part.accounts, name)[0] for part in self.parts)
        return np.asarray(sum(others, start=first))

    @property
    def _figure(self) -> dict[str, float]:
        return dict(zip(FIGURES, self._mixed("figure").tolist(), strict=False))

    def _capacity(self) -> Array:
        return capacity_cube(self.instance.structure, self.deployment)

    @property
    def deployment(self) -> Deployment:
        """Capacity and savings of the plan."""
        return self._mixture.deployment

    def decisions(self) -> Decisions:
        """The steps that plants take, and the volumes on the site and of other sources."""
        return self._mixture.decisions()

    @cached_property
    def _mixture(self) -> Mixture:
        places, i, parts = self.layout.places, self.instance, list[Part]()
        for part in self.parts:
            share = part.accounts.share[self.layout.pair_lane]
            costs = build_costs(places, i.flows, i.own_prices, i.values, i.levers, part.duals, self.bonus)
            parts.append(Part(part.weight * (1.0 - share), self._answers(part, part.accounts.low, costs), costs))
            if share.any():
                parts.append(Part(part.weight * share, self._answers(part, part.accounts.high, costs), costs))
        return Mixture(places, i, self.coefficients.pairs, self.coefficients.uses, tuple(parts))

    def _answers(self, part: LightPart, price: Array, costs: Costs) -> Answers:
        """What was answered to prices [lane]: the same is asked again, and so the same is answered."""
        known = self.coefficients
        answers = fresh_answers(known.pairs, costs, known.uses.entry_start[:-1][self.instance.structure.local_use])
        kernel = known.lanes, known.uses, known.money
        return decided(*kernel, part.asked, price, self.layout.lane_pair, known.pairs, answers)
