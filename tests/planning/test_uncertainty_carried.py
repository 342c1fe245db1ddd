"""A plan carried out in another world: what it keeps, where it is cut, and that it is never better than the best."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from waterplan.base.errors import InfeasibleError
from waterplan.planning.model.instance import input_values
from waterplan.planning.uncertainty.outcome import Carried
from waterplan.study.scenario import Scenario

TARGET = 180.0
SHARES = ("saving_fraction", "applicable_share", "penetration_base", "penetration_max", "effluent_share")
AMOUNTS = ("intensity", "output", "supply_potential", "investment_per_m3", "water_price", "electricity_price")
COLUMNS = pytest.mark.parametrize("name", ["investment_per_m3", "water_price", "electricity_price"])


@pytest.fixture(scope="module")
def carried(planner):
    return Carried.of(planner.solve(Scenario(levers={"saving_target": TARGET, "perspective": "enterprise"})))


def moved(planner, **factors):
    """The study's figures, some of them multiplied; shares stay below 1, and the most is never below the base."""
    values = {name: array.copy() for name, array in input_values(planner.study).items()}
    for name, factor in factors.items():
        values[name] = values[name] * factor
        if name in SHARES:
            values[name] = np.minimum(values[name], 1.0)
    values["penetration_max"] = np.maximum(values["penetration_max"], values["penetration_base"])
    return values


def test_under_its_own_figures_a_plan_saves_and_costs_what_it_did(planner, carried):
    ledger, own = carried.under(input_values(planner.study)), carried.result.ledger
    assert ledger.counted_saving == pytest.approx(TARGET, rel=1e-12)
    assert ledger.objective == pytest.approx(own.objective, rel=1e-12)
    np.testing.assert_allclose(ledger.saving, own.saving, atol=1e-12)
    np.testing.assert_allclose(ledger.capacity, own.capacity, atol=1e-12)


@COLUMNS
def test_other_prices_change_what_it_costs_and_not_what_it_saves(planner, carried, name):
    ledger = carried.under(moved(planner, **{name: 1.5}))
    np.testing.assert_allclose(ledger.saving, carried.result.ledger.saving, atol=1e-12)
    assert ledger.annual_cost != pytest.approx(carried.result.ledger.annual_cost, rel=1e-6)


def test_dearer_equipment_costs_as_much_more_as_is_installed(planner, carried):
    own = carried.result.ledger
    assert carried.under(moved(planner, investment_per_m3=1.5)).investment == pytest.approx(1.5 * own.investment)


def test_plants_that_withdraw_twice_as_much_save_twice_as_much_where_no_pool_runs_dry(planner, carried):
    ledger = carried.under(moved(planner, intensity=2.0, supply_potential=2.0))
    assert ledger.counted_saving == pytest.approx(2 * TARGET, rel=1e-12)


def test_without_anything_in_the_pools_only_the_other_levels_save(planner, carried):
    own = carried.result.ledger
    none = carried.under(moved(planner, supply_potential=0.0))
    pooled = own.saving[2].sum() - none.saving[2].sum()
    assert pooled > 0, "the plan draws from a pool"
    assert none.counted_saving == pytest.approx(TARGET - pooled)


def test_where_everything_is_installed_already_nothing_is_added_at_end_uses(planner, carried):
    values = moved(planner)
    values["penetration_base"] = values["penetration_max"].copy()
    assert carried.under(values).saving[:2].sum() == pytest.approx(0.0, abs=1e-12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fixed_dictionaries({name: st.floats(0.4, 1.6) for name in (*SHARES, *AMOUNTS)}))
def test_the_best_plan_of_that_world_costs_no_more_for_as_much(planner, carried, factors):
    values = moved(planner, **factors)
    ledger = carried.under(values)
    there = planner.with_values(values)
    scenario = Scenario(levers={"perspective": "enterprise", "saving_target": ledger.counted_saving * (1 - 1e-9)})
    try:
        best = there.solve(scenario).ledger
    except InfeasibleError as error:  # pragma: no cover - would be a plan outside its limits
        pytest.fail(f"the carried plan saves {ledger.counted_saving}, but: {error}")
    assert best.objective <= ledger.objective + 1e-6 * max(1.0, abs(ledger.objective))
