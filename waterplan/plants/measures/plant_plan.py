"""What one plant should do next: a priced plan of whole technologies, exact, with the planning model's LP as a bound.

Three questions: the cheapest way to a withdrawal or a grade (``reach``), the best within a budget (``within_budget``),
all that pays back in time (``paying_back``); and the plant's cost curve. Enterprise perspective: charges saved count,
at the plant's tariffs; technologies that make something else as well are charged and credited whole, because the plant
pays and earns all of it. Cost figures are sector averages without economies of scale (the plan's remarks say so).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from waterplan.base.errors import InfeasibleError, WaterplanError, digits_apart, either, suggest
from waterplan.base.messages import Message
from waterplan.plants.measures.finance import internal_rate, payback, present_value
from waterplan.plants.measures.lp_bound import least_cost_in_parts, least_investment_in_parts, most_saving_in_parts
from waterplan.plants.measures.optimum import (
    COST,
    INVESTMENT,
    WITHDRAWAL,
    Choice,
    least,
    nothing,
    solve,
    thriftiest,
    weigh,
)
from waterplan.plants.measures.options import PlantProblem, build_problem, plant_levers
from waterplan.plants.measures.plant_accounts import plan_steps
from waterplan.plants.measures.plant_curve import plant_curve
from waterplan.plants.measures.plant_study import PlantStudy

HORIZON = 15.0  # years over which net present value is counted
LEAST = {"annual_cost": COST, "investment": INVESTMENT}
BEST = ("saving", "net_benefit")
JUST_WORTH_IT = 1e-9  # CNY/m3: what pays back exactly in time is done
ROUNDING = 1e-12  # a target at the very end of what is attainable is attained
ADDED = (
    "capacity", "saving", "investment", "outlay", "running_cost", "energy_cost", "electricity", "heat", "charges_saved",
    "net_benefit", "annual_investment", "annual_cost",
)  # fmt: skip


@dataclass(frozen=True)
class PlantPlan:
    """Technologies that a plant should add, and what comes of it in a year.

    ``steps``
        a row for each technology at each product and end use (``site`` for levels 2 and 3): level, product, end_use,
        technology; capacity, saving [m3/a]; investment (whole), outlay (less subsidy) [CNY]; running_cost, energy_cost
        (electricity and heat, with any carbon price), charges_saved, net_benefit (charges_saved - running_cost -
        energy_cost), annual_investment (outlay * crf at the hurdle rate), annual_cost (annual_investment - net_benefit)
        [CNY/a]; electricity [kWh/a], heat [MJ/a]; levelised_cost (annual_cost / saving) [CNY/m3]; lifetime, payback
        [a]; npv [CNY], irr [1/a] (conventions: finance.py). Savings add up; in the order of levelised_cost.
    ``before, withdrawal``
        graded withdrawal of the site now and with the plan [m3/a]; ``by_product`` both by product, with output and
        intensity
    ``objective, value, bound``
        what was made best, its value, and what the planning model's LP says it can be at best if technologies came in
        parts: annual_cost [CNY/a] and investment [CNY] from below, saving [m3/a] from above. ``paying_back`` puts
        investment / years in place of annual_investment and calls the sum payback_cost [CNY/a].
    ``horizon, rate``
        of npv [a], and the plant's hurdle rate [1/a]
    """

    plant: str
    year: int
    mode: str
    asked: Mapping[str, object]
    before: float
    withdrawal: float
    by_product: pd.DataFrame
    steps: pd.DataFrame
    objective: str
    value: float
    bound: float
    rate: float
    horizon: float
    remarks: tuple[Message, ...]

    @property
    def saving(self) -> float:
        """Graded withdrawal saved [m3/a]."""
        return self.before - self.withdrawal

    @cached_property
    def totals(self) -> dict[str, float]:
        """What all steps come to together."""
        return self.together(self.steps)

    def together(self, steps: pd.DataFrame) -> dict[str, float]:
        """Sums of some of the steps, and payback [a], npv [CNY], irr [1/a] and levelised_cost [CNY/m3] of them."""
        sums = {name: float(steps[name].sum()) for name in ADDED}
        outlay, lifetime = steps["outlay"].to_numpy(float), steps["lifetime"].to_numpy(float)
        return sums | {
            "payback": payback(sums["outlay"], sums["net_benefit"]),
            "npv": present_value(outlay, lifetime, sums["net_benefit"], self.rate, self.horizon),
            "irr": internal_rate(outlay, lifetime, sums["net_benefit"]),
            "levelised_cost": sums["annual_cost"] / sums["saving"] if sums["saving"] > 0 else np.nan,
        }

    def notes(self, language: str = "en") -> list[str]:
        """What a reader must know, as sentences."""
        return [remark.text(language) for remark in self.remarks]


class PlantPlanner:
    """Plans for one plant at given levers; each answer takes milliseconds.

    exclude: technologies that do not fit; levers: hurdle_rate, water_tax and the like (PLANT_LEVERS). horizon: years
    over which net present value is counted.
    """

    def __init__(self, plant: PlantStudy, exclude: tuple[str, ...] = (), horizon: float = HORIZON, **levers: object):
        self.plant = plant
        self.horizon = horizon
        self.levers = plant_levers(plant, tuple(exclude), **levers)
        self.problem: PlantProblem = build_problem(plant, self.levers)

    @cached_property
    def attainable(self) -> float:
        """The largest saving of graded withdrawal, whatever it costs [m3/a]."""
        return float((weigh(self.problem, nothing(self.problem)) - weigh(self.problem, thriftiest(self.problem)))[0])

    def reach(
        self,
        withdrawal: float | None = None,
        intensity: Mapping[str, float] | None = None,
        best: str = "annual_cost",
    ) -> PlantPlan:
        """The cheapest plan that brings the graded withdrawal of the site down to a volume [m3/a].

        Or to a grade: ``intensity`` gives it for each product [m3/output_unit]; the site as a whole must keep the sum
        of output * intensity, as a mixed plant is graded. ``best``: least annual_cost (then what pays for itself is
        done too) or least investment. Raises InfeasibleError with what can be attained and what is missing.
        """
        if (withdrawal is None) == (intensity is None) or best not in LEAST:
            raise WaterplanError(Message("plant_plan.reach_what", best=either(list(LEAST))))
        allowed = float(withdrawal) if withdrawal is not None else self._allowed(intensity or {})
        if not np.isfinite(allowed):
            raise WaterplanError(Message("plant_plan.reach_no_number", given=allowed))
        found = solve(self.problem, LEAST[best], WITHDRAWAL, allowed - self.plant.unallocated)
        if found is None:
            raise self._out_of_reach(allowed)
        saving = max(0.0, self.plant.graded_withdrawal - allowed)
        in_parts = {
            "annual_cost": least_cost_in_parts,
            "investment": least_investment_in_parts,
        }[best]
        asked = {"withdrawal": allowed, "intensity": dict(intensity) if intensity else None}
        return self._plan("reach", asked, found, best, in_parts(self.problem, saving * (1 - ROUNDING)))

    def within_budget(self, budget: float, best: str = "saving") -> PlantPlan:
        """The plan within an investment [CNY] that saves most water, or has the most net benefit after capital cost.

        ``best``: ``saving`` or ``net_benefit`` (least annual_cost, which is the most net present value).
        """
        if not budget >= 0 or not np.isfinite(budget) or best not in BEST:
            raise WaterplanError(Message("plant_plan.budget_what", best=either(BEST)))
        objective = WITHDRAWAL if best == "saving" else COST
        found = solve(self.problem, objective, INVESTMENT, budget)
        if best == "saving":
            bound = most_saving_in_parts(self.problem, budget)
        else:
            bound = least_cost_in_parts(self.problem, budget=budget)
        objective_name = "saving" if best == "saving" else "annual_cost"
        choice = found or nothing(self.problem)
        return self._plan("budget", {"budget": budget, "best": best}, choice, objective_name, bound)

    def paying_back(self, years: float) -> PlantPlan:
        """All that pays back within some years: every addition by itself does, and nothing that does is left out.

        The best of years * net_benefit - outlay, without interest: an addition is in it if and only if what it earns
        in those years, on top of all the others, covers what it costs.
        """
        if not years > 0 or not np.isfinite(years):
            raise WaterplanError(Message("plant_plan.payback_what"))
        problem = build_problem(self.plant, self.levers, payback_years=years)
        found = least(problem, np.array([JUST_WORTH_IT, 1.0, 0.0]))
        value = float(weigh(problem, found)[COST])
        bound = least_cost_in_parts(problem)
        return self._plan("payback", {"years": years}, found, "payback_cost", bound, problem, value)

    def curve(self) -> pd.DataFrame:
        """The plant's cost curve (curve.py)."""
        return plant_curve(self.problem)

    def _allowed(self, intensity: Mapping[str, float]) -> float:
        """Withdrawal of the site at an intensity for each product [m3/a]."""
        output = self.plant.output
        for product in intensity:
            if product not in output:
                named = {"plant": self.plant.plant, "product": product, "near": suggest(product, output)}
                raise WaterplanError(Message("plant_plan.not_made", **named))
        missing = [product for product in output if product not in intensity]
        if missing:
            raise WaterplanError(Message("plant_plan.no_intensity_for", products=missing))
        return sum(output[product] * float(value) for product, value in intensity.items())

    def _out_of_reach(self, allowed: float) -> InfeasibleError:
        before, attainable = self.plant.graded_withdrawal, self.attainable
        short = before - attainable - allowed
        digits = digits_apart(short) if short < 1 else 0
        message = Message(
            "plant_plan.out_of_reach",
            plant=self.plant.plant,
            before=f"{before:,.0f}",
            allowed=f"{allowed:,.{digits}f}",
            reached=f"{before - attainable:,.{digits}f}",
            short=f"{short:,.{digits}f}",
        )
        return InfeasibleError(message, attainable=attainable, shortfall=short)

    def _plan(
        self,
        mode: str,
        asked: Mapping[str, object],
        choice: Choice,
        objective: str,
        bound: float,
        problem: PlantProblem | None = None,
        value: float | None = None,
    ) -> PlantPlan:
        problem = problem or self.problem
        plant = self.plant
        steps = plan_steps(self.problem.given, problem.choices, choice, self.horizon)  # always at the hurdle rate
        by_product = pd.DataFrame({"before": dict(plant.withdrawal), "output": dict(plant.output)})
        by_product["withdrawal"] = by_product["before"] - steps.groupby("product")["saving"].sum().reindex(
            by_product.index, fill_value=0.0
        )
        by_product["intensity_before"] = by_product["before"] / by_product["output"]
        by_product["intensity"] = by_product["withdrawal"] / by_product["output"]
        return PlantPlan(
            plant=plant.plant,
            year=plant.year,
            mode=mode,
            asked=asked,
            before=plant.graded_withdrawal,
            withdrawal=float(weigh(problem, choice)[WITHDRAWAL]) + plant.unallocated,
            by_product=by_product.rename_axis("product"),
            steps=steps,
            objective=objective,
            value=float(steps[objective].sum()) if value is None else value,
            bound=bound,
            rate=self.levers.hurdle_rate,
            horizon=self.horizon,
            remarks=(
                *plant.remarks,
                Message("plant_plan.fits"),
                Message("plant_plan.whole_costs"),
                Message("plant_plan.in_parts", bound=Message(f"plant_plan.bound_{objective}", value=f"{bound:,.0f}")),
            ),
        )
