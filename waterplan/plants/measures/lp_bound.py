"""What the planning model says of a plant if technologies came in parts: a bound on every plan of whole ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from waterplan.base.errors import SolverError
from waterplan.base.messages import Message
from waterplan.planning.model.decision_costs import decision_costs
from waterplan.planning.model.flows import M3_PER_HM3, Array
from waterplan.planning.model.matrices import Compiled, build_matrices
from waterplan.planning.model.scenario_numbers import Given
from waterplan.planning.solver import largest_saving, solve
from waterplan.plants.measures.options import PlantProblem


def least_cost_in_parts(problem: PlantProblem, saving: float = 0.0, budget: float = np.inf) -> float:
    """Least yearly cost less charges saved for a saving [m3/a] within a budget [CNY], a lower bound [CNY/a]."""
    return _least(problem, np.concatenate(decision_costs(problem.given, tie_broken=False)), saving, budget)


def least_investment_in_parts(problem: PlantProblem, saving: float) -> float:
    """Least investment for a saving [m3/a], a lower bound [CNY]."""
    given = problem.given
    each = given.values["investment_per_m3"] * given.levers.technology_cost_scale
    weights = [each[given.step_technology] * given.step_capacity, each[given.site_technology]]
    return _least(problem, np.concatenate([*weights, each[given.supply_technology]]), saving, np.inf)


def most_saving_in_parts(problem: PlantProblem, budget: float) -> float:
    """Largest saving within a budget [CNY], an upper bound [m3/a]."""
    found = largest_saving(_compiled(problem.given, 0.0, budget), problem.given.structure)
    if found is None:
        raise SolverError(Message("plant_plan.no_budget_kept"))
    return found * M3_PER_HM3


def _least(problem: PlantProblem, weights: Array, saving: float, budget: float) -> float:
    compiled = _compiled(problem.given, saving, budget)
    cost = np.zeros_like(compiled.cost)
    cost[: len(weights)] = weights
    solution = solve(replace(compiled, cost=cost), problem.given.structure)
    if solution.status != "optimal":
        raise SolverError(Message("plant_plan.none_in_parts"))
    return min(solution.dual_bound, solution.objective) * M3_PER_HM3


def _compiled(given: Given, saving: float, budget: float) -> Compiled:
    levers = replace(given.levers, saving_target=saving / M3_PER_HM3, investment_cap=budget / M3_PER_HM3)
    return build_matrices(replace(given, levers=levers))
