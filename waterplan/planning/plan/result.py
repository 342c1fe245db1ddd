"""A least-cost plan in packed form: what every solver hands over, and what reports are made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from waterplan.base.errors import CertificateError, InfeasibleError, Problem, ScenarioError, digits_apart, told_apart
from waterplan.base.messages import Message
from waterplan.planning.model.decisions import Decisions, Duals
from waterplan.planning.model.instance import Instance
from waterplan.planning.model.state import State
from waterplan.planning.plan.deployment import Deployment
from waterplan.planning.plan.ledger import Ledger, build_ledger

GAP_MAX = 1e-6


class Planned(Protocol):
    """What a solver has found: worked out when it is asked for."""

    @property
    def deployment(self) -> Deployment:
        """Capacity and savings."""

    @property
    def ledger(self) -> Ledger:
        """The accounts."""

    @property
    def tie_break(self) -> float:
        """What the canonical tie-break adds to the objective [MCNY/a]."""

    def decisions(self) -> Decisions:
        """The steps that plants take, and the volumes on the site and of other sources."""


@dataclass(frozen=True)
class Deployed:
    """A plan whose deployment is known, and whose decisions can be worked out."""

    instance: Instance
    deployment: Deployment
    tie_break: float
    decisions: Callable[[], Decisions]

    @cached_property
    def ledger(self) -> Ledger:
        """The accounts of the plan."""
        i = self.instance
        return build_ledger(i.structure, i.flows, i.values, i.levers, i.prices, self.deployment)


@dataclass(frozen=True)
class Result:
    """The answer to a scenario before it becomes a Dataset.

    dual_bound: a lower bound on ``objective`` + ``tie_break`` [MCNY/a]. solver: ``planner`` or ``highs``. before: the
    stage in whose end state the plan starts; None where that is the base state.
    """

    instance: Instance
    planned: Planned
    duals: Duals
    dual_bound: float
    solver: str
    seconds: float
    before: Result | None = None

    @cached_property
    def end(self) -> State:
        """What plants have after the plan."""
        i = self.instance
        return i.start.after(i.structure, i.flows, self.decisions())

    @property
    def deployment(self) -> Deployment:
        """Capacity and savings of the plan."""
        return self.planned.deployment

    @property
    def ledger(self) -> Ledger:
        """The accounts of the plan."""
        return self.planned.ledger

    @property
    def tie_break(self) -> float:
        """What the canonical tie-break adds to the objective [MCNY/a]."""
        return self.planned.tie_break

    def decisions(self) -> Decisions:
        """The steps of the plan, worked out when asked for."""
        return self.planned.decisions()

    @property
    def gap(self) -> float:
        """How far the plan can be from the least cost, as a share of gross cost: recomputed cost less dual bound."""
        ledger = self.ledger
        scale = max(ledger.gross_cost, abs(ledger.objective), self.instance.flows.unit)
        return (ledger.objective + self.tie_break - self.dual_bound) / scale

    def checked(self) -> Result:
        """Itself, when cost and dual bound meet; CertificateError otherwise."""
        if not abs(self.gap) <= GAP_MAX:
            figures = {"cost": f"{self.ledger.objective:.6f}", "bound": f"{self.dual_bound:.6f}"}
            apart = {"gap": f"{self.gap:.1e}", "allowed": f"{GAP_MAX:.0e}"}
            raise CertificateError(Message("planner_errors.gap", **figures, **apart))
        return self


def must_start_from_base(result: Result) -> None:
    """ScenarioError where a plan starts after what enterprises do by themselves: figures then also act through that,
    which is not worked out."""
    if result.before is not None:
        file = result.instance.scenario.file
        raise ScenarioError([Problem(file, 0, "baseline", Message("planner_errors.after_market"))])


def no_plan(target: float, attainable: float | None, broken: tuple[str, ...] = ()) -> InfeasibleError:
    """The error of a scenario without a plan; ``attainable`` None when other limits contradict each other."""
    if attainable is None:
        key = "contradiction_of" if broken else "contradiction"
        return InfeasibleError(Message(f"planner_errors.{key}", broken=broken), attainable=np.nan, shortfall=np.nan)
    shortfall = target - attainable
    digits = digits_apart(shortfall)
    message = Message(
        "planner_errors.infeasible",
        target=told_apart(target, attainable, 12, ","),
        attainable=f"{attainable:,.{digits}f}",
        shortfall=f"{shortfall:,.{digits}f}",
    )
    return InfeasibleError(message, attainable, shortfall)
