"""The model against the slow, obvious version of it in tests/support/naive.py."""

import naive
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from solving import lever_changes, levers_of, solve_study

from waterplan.planning.solver import largest_saving


@pytest.mark.parametrize("perspective", ["programme", "enterprise", "society"])
@pytest.mark.parametrize("cost_accounting", ["water_share", "full_credit"])
def test_the_tiny_study_costs_what_the_obvious_version_says(tiny, perspective, cost_accounting):
    levers = levers_of(tiny, perspective=perspective, cost_accounting=cost_accounting)
    agrees(tiny, levers)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_levers_give_what_the_obvious_version_gives(tiny, data):
    agrees(tiny, levers_of(tiny, **data.draw(lever_changes(tiny))))


@pytest.mark.long
def test_the_whole_study_costs_what_the_obvious_version_says(china):
    agrees(china, levers_of(china))
    agrees(china, levers_of(china, perspective="society", scarcity_value=1.0, rollout_scale=1.2, province_floor=0.05))


def agrees(study, levers):
    """The optimum without the tie-break lies between the two: the tie-break costs less than 1e-6 CNY/m3 of capacity."""
    slow, fast = naive.least_cost(study, levers), solve_study(study, levers)
    most = naive.largest_saving(study, levers)
    attainable = largest_saving(fast.compiled, fast.given.structure)
    assert attainable == (None if most is None else pytest.approx(most, abs=1e-6))
    if most is not None and abs(most - levers.saving_target) < 1e-6:
        return  # feasible or not within the tolerances
    assert fast.feasible == slow.feasible
    if slow.feasible:
        close = 1e-8 * (1 + abs(slow.cost))
        assert slow.cost - close <= fast.cost <= slow.cost + fast.most_tie_break + close
        assert fast.counted_saving >= levers.saving_target - 1e-7
        assert sum(fast.saving.values()) == pytest.approx(sum(slow.saving.values()), abs=1e-5) or slow.cost == (
            pytest.approx(fast.cost, abs=fast.most_tie_break + close)
        )
