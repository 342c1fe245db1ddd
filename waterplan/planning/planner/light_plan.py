"""The plan of a light answer: its accounts are there, the rest is worked out when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

from waterplan.planning.core.kernel_arrays import Answers, Costs, Pairs, Uses, fresh_answers
from waterplan.planning.model.decisions import Decisions
from waterplan.planning.model.flows import Array
from waterplan.planning.model.instance import Instance
from waterplan.planning.model.prices import PERSPECTIVES
from waterplan.planning.plan.deployment import Deployment, capacity_cube
from waterplan.planning.plan.ledger import COST_LINES, Ledger, public_budget
from waterplan.planning.planner.kernel_input import Bonus, build_costs, build_pairs
from waterplan.planning.planner.lanes import Lanes, Layout
from waterplan.planning.planner.light import FIGURES, Accounts, Asked, Money, decided
from waterplan.planning.planner.mixture import Mixture, Part


@dataclass(frozen=True)
class LightPlan:
    """A plan in which each lane answers to one price, or mixes its answers to two."""

    layout: Layout
    instance: Instance
    lanes: Lanes
    uses: Uses
    money: Money
    asked: Asked
    bonus: Bonus | None
    accounts: Accounts

    @property
    def figure(self) -> dict[str, float]:
        """What the core has found, by name."""
        return dict(zip(FIGURES, self.accounts.figure[0].tolist(), strict=False))

    @property
    def tie_break(self) -> float:
        """What the canonical tie-break adds to the objective [MCNY/a]."""
        return self.figure["tie_break"]

    @cached_property
    def ledger(self) -> Ledger:
        """The accounts of the plan."""
        i, found, figure = self.instance, self.accounts, self.figure
        lines = found.figure[0, len(FIGURES) :].reshape(len(PERSPECTIVES), len(COST_LINES))
        return Ledger(
            saving=found.saving[0],
            effluent=found.effluent[0],
            counted_saving=figure["counted_saving"],
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
        places, i, share = self.layout.places, self.instance, self.accounts.share[self.layout.pair_lane]
        pairs = build_pairs(places, i.flows, i.levers)
        costs = build_costs(places, i.own_prices, i.values, i.levers, bonus=self.bonus)
        parts = [Part(1.0 - share, self._answers(self.accounts.low, pairs, costs), costs)]
        if share.any():
            parts.append(Part(share, self._answers(self.accounts.high, pairs, costs), costs))
        return Mixture(places, i, pairs, self.uses, tuple(parts))

    def _answers(self, price: Array, pairs: Pairs, costs: Costs) -> Answers:
        """What was answered to prices [lane]: the same is asked again, and so the same is answered."""
        answers = fresh_answers(pairs, costs, self.uses.entry_start[:-1][self.instance.structure.local_use])
        return decided(self.lanes, self.uses, self.money, self.asked, price, self.layout.lane_pair, pairs, answers)
