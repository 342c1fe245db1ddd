"""What a right implementation obeys (design, model.md): the laws of the model under any levers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from solving import lever_changes, levers_of, solve_study

from waterplan.planning.model.instance import input_values

lawful = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def solved(study, levers, values=None):
    answer = solve_study(study, levers, values)
    assume(answer.feasible)
    return answer


def close(cost, answer):
    """Equal to 1e-8 of what is spent and earned, and to what the tie-break can do."""
    return pytest.approx(cost, rel=1e-8, abs=1e-7 + answer.most_tie_break)


@lawful
@given(data=st.data())
def test_savings_and_planned_withdrawal_add_up_to_the_reference(tiny, data):
    answer = solved(tiny, levers_of(tiny, **data.draw(lever_changes(tiny))))
    s, values = answer.given.structure, answer.solution.values
    after_site = values[-len(s.pair_product) :]
    decisions = answer.solution.decisions
    supply = np.bincount(s.pair_supply_pair, decisions.supply, minlength=len(s.pair_product))
    saving = np.zeros(len(s.pair_product))
    names = [(s.products[p], s.provinces[r]) for p, r in zip(s.pair_product, s.pair_province, strict=True)]
    for (_, product, province), amount in answer.saving.items():
        saving[names.index((product, province))] += amount
    planned = after_site - supply
    assert saving + planned == pytest.approx(answer.given.flows.reference_withdrawal, abs=1e-8)
    assert (planned > -1e-8).all()


@lawful
@given(data=st.data(), near=st.floats(0, 40), far=st.floats(0, 40), between=st.floats(0, 1))
def test_the_least_cost_is_convex_in_the_target(tiny, data, near, far, between):
    levers = levers_of(tiny, **data.draw(lever_changes(tiny)))
    ends = [solved(tiny, replace(levers, saving_target=target)) for target in (near, far)]
    middle = solved(tiny, replace(levers, saving_target=(1 - between) * near + between * far))
    chord = (1 - between) * ends[0].solution.objective + between * ends[1].solution.objective
    assert middle.solution.objective <= chord + 1e-8 * (1 + abs(chord))


@lawful
@given(perspective=st.sampled_from(["programme", "enterprise", "society"]))
def test_with_target_zero_only_what_pays_for_itself_is_built(tiny, perspective):
    answer = solve_study(tiny, levers_of(tiny, saving_target=0.0, perspective=perspective))
    assert answer.cost <= 1e-9
    assert answer.solution.duals.shadow_price == 0


@lawful
@given(data=st.data())
def test_the_shadow_price_lies_between_the_derivatives_on_both_sides(tiny, data):
    levers = levers_of(tiny, **data.draw(lever_changes(tiny)))
    step = 1e-3
    below, here, above = (
        solved(tiny, replace(levers, saving_target=max(levers.saving_target + move, 0.0))).solution
        for move in (-step, 0.0, step)
    )
    price = here.duals.shadow_price
    assume(levers.saving_target > step)
    assert (here.objective - below.objective) / step <= price + 1e-5 * (1 + price)
    assert (above.objective - here.objective) / step >= price - 1e-5 * (1 + price)


@lawful
@given(data=st.data())
def test_a_slack_target_has_no_price(tiny, data):
    answer = solved(tiny, levers_of(tiny, **data.draw(lever_changes(tiny))))
    if answer.counted_saving > answer.given.levers.saving_target + 1e-6:
        assert answer.solution.duals.shadow_price == 0


@lawful
@given(data=st.data(), scale=st.floats(0.1, 10))
def test_scaling_all_volumes_scales_cost_and_leaves_prices_alone(tiny, data, scale):
    levers = levers_of(tiny, **data.draw(lever_changes(tiny)))
    answer = solved(tiny, levers)
    values = input_values(tiny)
    larger = values | {name: scale * values[name] for name in ("output", "supply_potential")}
    caps = {name: scale * getattr(levers, name) for name in ("saving_target", "investment_cap", "electricity_cap")}
    scaled = solved(tiny, replace(levers, **caps), larger)
    assert scaled.solution.objective == pytest.approx(scale * answer.solution.objective, rel=1e-7, abs=1e-7)
    target = levers.saving_target
    step = 1e-4  # at a kink the price may be any in a range: compare it where the range is a point
    either = [
        solved(tiny, replace(levers, saving_target=max(target + move, 0.0))).solution.duals.shadow_price
        for move in (-step, step)
    ]
    if either[0] == pytest.approx(either[1], abs=1e-9):
        price = answer.solution.duals.shadow_price
        assert scaled.solution.duals.shadow_price == pytest.approx(price, rel=1e-6, abs=1e-6)


@lawful
@given(data=st.data())
def test_excluding_a_technology_never_makes_the_plan_cheaper(tiny, data):
    changes = data.draw(lever_changes(tiny))
    levers = levers_of(tiny, **changes | {"technology_floor": 0.0, "technology_cap": 1.0})
    answer = solved(tiny, levers)
    left_out = data.draw(st.sampled_from(range(len(tiny.technologies))))
    excluded = levers.excluded.copy()
    excluded[left_out] = True
    fewer = solved(tiny, replace(levers, excluded=excluded))
    assert fewer.solution.objective >= answer.solution.objective - 1e-8 * (1 + abs(answer.solution.objective))


@lawful
@given(data=st.data(), share=st.floats(0.3, 1))
def test_lowering_a_cap_never_makes_the_plan_cheaper(tiny, data, share):
    levers = levers_of(tiny, **data.draw(lever_changes(tiny)) | {"technology_floor": 0.0})
    answer = solved(tiny, levers)
    lower = solved(tiny, replace(levers, technology_cap=share * levers.technology_cap))
    assert lower.solution.objective >= answer.solution.objective - 1e-8 * (1 + abs(answer.solution.objective))


@lawful
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_no_price_is_negative(tiny, data, seed):
    answer = solved(tiny, levers_of(tiny, **data.draw(lever_changes(tiny))))
    for price in vars(answer.solution.duals).values():
        assert np.min(price, initial=0.0) >= 0.0
