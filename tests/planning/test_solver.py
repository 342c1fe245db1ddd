"""HiGHS on the full LP: published figures, statuses, warm starts, and other solvers on the same matrices."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from solving import (
    compile_given,
    given_of,
    least_cost_by_glpk,
    least_cost_by_ortools,
    lever_changes,
    levers_of,
    solve_study,
)

from waterplan.base.errors import SolverError
from waterplan.planning.solver import FullSolver, Settings, dual_bound, largest_saving, solve

lawful = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def reference(china):
    return solve_study(china, levers_of(china))


# What the study's README gives as figures of an independent second implementation.


def test_the_reference_withdrawal_is_the_published_one(reference):
    assert reference.given.flows.reference_withdrawal.sum() == pytest.approx(20406.13, abs=0.005)


def test_the_least_cost_plan_costs_what_is_published(reference):
    assert reference.cost == pytest.approx(432.37, abs=0.005)
    assert reference.solution.duals.shadow_price == pytest.approx(1.059, abs=0.0005)
    investment = dict(
        zip(reference.given.structure.technologies, reference.given.values["investment_per_m3"], strict=True)
    )
    whole = sum(investment[technology] * amount for (technology, _, _), amount in reference.capacity.items())
    assert whole == pytest.approx(12722, abs=0.5)


def test_the_largest_saving_is_the_published_one(china, reference):
    structure = reference.given.structure
    assert largest_saving(reference.compiled, structure) == pytest.approx(4613.68, abs=0.005)
    without_supply = compile_given(given_of(china, levers_of(china, count_alternative_supply=False)))
    assert largest_saving(without_supply, structure) == pytest.approx(4256.48, abs=0.005)


def test_the_dual_bound_meets_the_cost(reference):
    assert reference.solution.dual_bound == pytest.approx(reference.solution.objective, abs=1e-7)


# Other solvers.


def test_glop_agrees_on_the_reference_scenario(reference):
    assert least_cost_by_ortools(reference.compiled, "glop") == pytest.approx(reference.solution.objective, abs=1e-6)


@lawful
@given(data=st.data())
def test_glpk_agrees_on_the_tiny_study(tiny, data):
    answer = solve_study(tiny, levers_of(tiny, **data.draw(lever_changes(tiny))))
    cost = least_cost_by_glpk(answer.compiled)
    attainable = largest_saving(answer.compiled, answer.given.structure)
    if attainable is not None and abs(attainable - answer.given.levers.saving_target) > 1e-6:
        assert cost == (pytest.approx(answer.solution.objective, rel=1e-7, abs=1e-7) if answer.feasible else None)


# The bound.


@lawful
@given(data=st.data(), seed=st.integers(0, 2**32 - 1), size=st.floats(0, 10))
def test_any_duals_give_a_bound_below_the_cost(tiny, data, seed, size):
    answer = solve_study(tiny, levers_of(tiny, **data.draw(lever_changes(tiny))))
    if answer.feasible:
        best = answer.solution.row_duals
        moved = best + size * np.random.default_rng(seed).normal(size=len(best))
        cost = answer.solution.objective
        assert dual_bound(answer.compiled, moved) <= cost + 1e-8 * (1 + abs(cost))
        assert dual_bound(answer.compiled, best) == pytest.approx(cost, rel=1e-8, abs=1e-7)


# Statuses.


def test_a_target_out_of_reach_is_infeasible_and_the_largest_saving_is_told(tiny):
    answer = solve_study(tiny, levers_of(tiny, saving_target=1e6))
    assert answer.solution.status == "infeasible"
    most = largest_saving(answer.compiled, answer.given.structure)
    assert solve_study(tiny, levers_of(tiny, saving_target=most - 1e-6)).feasible
    assert not solve_study(tiny, levers_of(tiny, saving_target=most + 1e-3)).feasible


def test_floors_and_caps_that_contradict_each_other_leave_no_largest_saving(tiny):
    levers = levers_of(tiny)
    floor, cap = np.full_like(levers.technology_floor, 0.6), np.full_like(levers.technology_cap, 0.4)
    answer = solve_study(tiny, replace(levers, technology_floor=floor, technology_cap=cap))
    assert answer.solution.status == "infeasible"
    assert largest_saving(answer.compiled, answer.given.structure) is None


def test_running_out_of_time_says_so(reference):
    with pytest.raises(SolverError, match="give it more"):
        solve(reference.compiled, reference.given.structure, Settings(time_limit=0.0))


def test_an_unknown_method_is_refused():
    with pytest.raises(SolverError, match="solver = 'guess'"):
        FullSolver(None, Settings(method="guess"))


def test_solving_prints_nothing(tiny, capfd):
    solve_study(tiny, levers_of(tiny))
    assert capfd.readouterr() == ("", "")


# Methods and warm starts.


@pytest.mark.parametrize("method", ["simplex", "ipm", "choose"])
def test_every_method_ends_in_the_canonical_plan(tiny, method):
    answer = solve_study(tiny, levers_of(tiny), settings=Settings(method=method))
    same_plan(answer, solve_study(tiny, levers_of(tiny)))


@lawful
@given(data=st.data())
def test_a_warm_start_gives_what_a_cold_start_gives(tiny, data):
    solver = FullSolver(given_of(tiny, levers_of(tiny)).structure)
    for _ in range(3):
        levers = levers_of(tiny, **data.draw(lever_changes(tiny)))
        cold = solve_study(tiny, levers)
        g = cold.given
        same_plan(replace(cold, solution=solver.solve(g.flows, g.prices, g.values, levers)), cold)


def same_plan(one, other):
    assert one.feasible == other.feasible
    if one.feasible:
        assert one.solution.objective == pytest.approx(other.solution.objective, rel=1e-9, abs=1e-9)
        assert one.capacity == pytest.approx(other.capacity, abs=1e-6)
