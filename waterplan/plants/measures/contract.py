r"""Contract water saving (合同节水管理): what an enterprise and a service company each pay and earn, year by year.

Two forms, in the sense of GB/T 34149-2017 (合同节水管理技术通则). The standard defines them in words; the cash flows
here are the usual reading of them, and each contract may differ:

- **shared savings** (节水效益分享型): the company pays the investment (or its part of it) and, during the term, runs
  the equipment and receives a share of what the saved water is worth. After the term everything is the enterprise's.
- **guaranteed savings** (节水效果保证型): the enterprise pays the company a price at the start and runs the
  equipment; the company guarantees a saving and compensates what is missing of it.

A project invests I at the start and in each year of its life L earns V (water and effluent charges saved, at the
promised saving) less R (running cost and energy). With a the achieved share of the promised saving:

.. math:: \text{project}_0 = -I, \qquad \text{project}_t = a V - R \quad (t = 1 \dots L)

Running cost does not fall with a missed saving. The flows of both sides always add up to the project's. Money is CNY of
one price year, rates are real, flows fall at the end of each year (year 0: the start).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from waterplan.base.errors import WaterplanError
from waterplan.base.messages import Message
from waterplan.planning.model.flows import Array
from waterplan.plants.measures.finance import internal_rate_of_flows, present_value_of_flows
from waterplan.plants.measures.plant_plan import PlantPlan
from waterplan.plants.records.names import in_a_row

COMPANY_RATE = 0.08
ENTERPRISE_RATE = 0.08
LIFE_MAX = 100


@dataclass(frozen=True)
class Project:
    """What a contract is about: investment [CNY], saving [m3/a], saving_value and running_cost [CNY/a], life [a].

    saving_value: charges saved at the promised saving. running_cost: with energy; negative where energy is gained.
    """

    investment: float
    saving: float
    saving_value: float
    running_cost: float
    life: int

    def __post_init__(self) -> None:
        numbers = (self.investment, self.saving, self.saving_value, self.running_cost)
        if not all(map(math.isfinite, numbers)) or min(self.investment, self.saving, self.saving_value) < 0:
            raise WaterplanError(Message("plant_plan.no_project"))
        if not 1 <= self.life <= LIFE_MAX or self.life != int(self.life):
            raise WaterplanError(Message("plant_plan.project_life", most=LIFE_MAX))

    @classmethod
    def of(cls, plan: PlantPlan, life: int | None = None) -> Project:
        """The project of a plant's plan.

        life: by default the shortest lifetime among its technologies, so that nothing must be replaced within it.
        """
        if not len(plan.steps):
            raise WaterplanError(Message("plant_plan.no_contract"))
        totals = plan.totals
        return cls(
            investment=totals["outlay"],
            saving=totals["saving"],
            saving_value=totals["charges_saved"],
            running_cost=totals["running_cost"] + totals["energy_cost"],
            life=life or max(1, int(plan.steps["lifetime"].min())),
        )

    def flows(self, achieved: float = 1.0) -> Array:
        """Cash flow by year, 0 to life [CNY]."""
        yearly = np.full(self.life, achieved * self.saving_value - self.running_cost)
        return np.concatenate([[-self.investment], yearly])


@dataclass(frozen=True)
class Shared:
    """Shared savings: share of the saved water's value that the company receives, for a term of whole years.

    company_invests: its part of the investment, the enterprise pays the rest. company_runs: whether the company bears
    running cost and energy during the term. Rates [1/a] discount each side's flows.
    """

    share: float
    term: int
    company_invests: float = 1.0
    company_runs: bool = True
    company_rate: float = COMPANY_RATE
    enterprise_rate: float = ENTERPRISE_RATE

    def company_flows(self, project: Project, achieved: float = 1.0) -> Array:
        """The company's cash flow by year [CNY]."""
        received = self.share * achieved * project.saving_value
        yearly = received - (project.running_cost if self.company_runs else 0.0)
        return _until(self.term, project.life, -self.company_invests * project.investment, yearly)


@dataclass(frozen=True)
class Guaranteed:
    """Guaranteed savings: a price at the start [CNY], and a guarantee during a term of whole years.

    guaranteed_share: part of the promised saving that is guaranteed. compensation: what the company pays for each CNY
    that the saving is worth less than guaranteed (1: all of it). fee: yearly payment to the company [CNY/a].
    """

    price: float
    term: int
    guaranteed_share: float = 1.0
    compensation: float = 1.0
    fee: float = 0.0
    company_rate: float = COMPANY_RATE
    enterprise_rate: float = ENTERPRISE_RATE

    def company_flows(self, project: Project, achieved: float = 1.0) -> Array:
        """The company's cash flow by year [CNY]."""
        missed = max(0.0, self.guaranteed_share - achieved) * project.saving_value
        yearly = self.fee - self.compensation * missed
        return _until(self.term, project.life, self.price - project.investment, yearly)


Contract = Shared | Guaranteed


@dataclass(frozen=True)
class Outcome:
    """Both sides of a contract.

    flows: by year, columns project, company, enterprise [CNY]; npv of each side at its own rate [CNY] and irr [1/a],
    NaN for a side that does not first pay and then earn (who invests nothing has no rate of return).
    """

    flows: pd.DataFrame
    company_npv: float
    enterprise_npv: float
    company_irr: float
    enterprise_irr: float

    @property
    def both_gain(self) -> bool:
        """Whether neither side loses."""
        return min(self.company_npv, self.enterprise_npv) >= 0


def settle(project: Project, contract: Contract, achieved: float = 1.0) -> Outcome:
    """What both sides pay and earn; ``achieved``: share of the promised saving that is really saved (0 or more)."""
    _check(project, contract, achieved)
    whole, company = project.flows(achieved), contract.company_flows(project, achieved)
    enterprise = whole - company
    flows = pd.DataFrame({"project": whole, "company": company, "enterprise": enterprise})
    return Outcome(
        flows=flows.rename_axis("year"),
        company_npv=present_value_of_flows(company, contract.company_rate),
        enterprise_npv=present_value_of_flows(enterprise, contract.enterprise_rate),
        company_irr=internal_rate_of_flows(company),
        enterprise_irr=internal_rate_of_flows(enterprise),
    )


def shared_savings(plan: PlantPlan, share: float, term: int, achieved: float = 1.0) -> Outcome:
    """What both sides pay and earn of a plant's plan by shared savings, share and term brought within what can be.

    achieved: share of the promised saving that is really saved.

    Raises WaterplanError for a plan that adds nothing.
    """
    project = Project.of(plan)
    return settle(project, Shared(min(max(share, 0.0), 1.0), min(max(int(term), 1), project.life)), achieved)


def region(project: Project, contract: Contract, terms: Iterable[int] | None = None) -> pd.DataFrame:
    r"""For each term, the sharing ratio (or the price) at which both sides gain.

    Index term; columns lower (below it the company loses), upper (above it the enterprise does) and both_gain (whether
    lower <= upper). A sharing ratio stays within 0 to 1. Both net present values are straight lines in it, so with a
    unit u (1, or the investment for a price)

    .. math::

        \mathrm{lower} = -u \, \mathrm{NPV}_c(0) / (\mathrm{NPV}_c(u) - \mathrm{NPV}_c(0)), \qquad
        \mathrm{upper} = u \, \mathrm{NPV}_e(0) / (\mathrm{NPV}_e(0) - \mathrm{NPV}_e(u))
    """
    unit = 1.0 if isinstance(contract, Shared) else max(project.investment, 1.0)
    rows = []
    for term in terms if terms is not None else range(1, project.life + 1):
        nothing, one = (settle(project, _at(contract, value, int(term))) for value in (0.0, unit))
        gained = one.company_npv - nothing.company_npv
        lost = nothing.enterprise_npv - one.enterprise_npv
        if gained <= 0 or lost <= 0:  # the saving has no value: nothing to share
            rows.append((int(term), math.nan, math.nan, nothing.both_gain))
            continue
        lower, upper = -unit * nothing.company_npv / gained, unit * nothing.enterprise_npv / lost
        if isinstance(contract, Shared):
            lower, upper = max(lower, 0.0), min(upper, 1.0)
        rows.append((int(term), lower, upper, lower <= upper))
    return pd.DataFrame(rows, columns=["term", "lower", "upper", "both_gain"]).set_index("term")


def missed_saving(project: Project, contract: Contract, achieved: Iterable[float]) -> pd.DataFrame:
    """Both sides when less (or more) than the promised saving is achieved.

    Index achieved (share of the promised saving); saving [m3/a], company_npv, enterprise_npv [CNY], company_irr,
    enterprise_irr [1/a].
    """
    rows = []
    for share in achieved:
        outcome = settle(project, contract, float(share))
        rows.append(
            (float(share), float(share) * project.saving, outcome.company_npv, outcome.enterprise_npv,
             outcome.company_irr, outcome.enterprise_irr)
        )  # fmt: skip
    columns = ["achieved", "saving", "company_npv", "enterprise_npv", "company_irr", "enterprise_irr"]
    return pd.DataFrame(rows, columns=columns).set_index("achieved")


def _at(contract: Contract, value: float, term: int) -> Contract:
    """The contract at another share or price, and term."""
    if isinstance(contract, Shared):
        return replace(contract, share=value, term=term)
    return replace(contract, price=value, term=term)


def _until(term: int, life: int, start: float, yearly: float) -> Array:
    return np.concatenate([[start], np.where(np.arange(1, life + 1) <= term, yearly, 0.0)])


def _check(project: Project, contract: Contract, achieved: float) -> None:
    faults = []
    if not 1 <= contract.term <= project.life or contract.term != int(contract.term):
        faults.append(Message("plant_plan.contract_term", given=contract.term, life=project.life))
    shares = (
        {"share": contract.share, "company_invests": contract.company_invests}
        if isinstance(contract, Shared)
        else {"guaranteed_share": contract.guaranteed_share}
    )
    faults += [
        Message("plant_plan.contract_share", name=name, given=f"{value:g}")
        for name, value in shares.items()
        if not 0 <= value <= 1
    ]
    if not (math.isfinite(achieved) and achieved >= 0):
        faults.append(Message("plant_plan.contract_achieved", given=f"{achieved:g}"))
    for name in ("company_rate", "enterprise_rate"):
        if not -0.5 <= (rate := getattr(contract, name)) <= 1:
            faults.append(Message("plant_plan.contract_rate", name=name, given=f"{rate:g}"))
    if isinstance(contract, Guaranteed) and (not math.isfinite(contract.price) or contract.compensation < 0):
        faults.append(Message("plant_plan.contract_price"))
    if faults:
        raise WaterplanError(Message("plant_plan.contract_cannot_be", faults=in_a_row(faults)))
