"""Floors of one kind beside the target: one light answer, with a price for each, is what the judge finds."""

from dataclasses import replace

import numpy as np
import pytest
from asking import agree
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from waterplan.base.errors import CertificateError
from waterplan.planning.planner.judge import judge_by_arrays
from waterplan.planning.planner.light_plan import LightPlan
from waterplan.planning.planner.search import Search
from waterplan.study.scenario import Scenario

stable = {"derandomize": True, "deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}
KINDS = {"sector_floor": "sectors", "province_floor": "provinces"}


def floors(kind, target, highest, planner, seed, **levers):
    """Floors at random for four labels of five."""
    random = np.random.default_rng(seed)
    labels = [name for name in getattr(planner.structure, KINDS[kind]) if random.uniform() < 0.8]
    wanted = {name: float(random.uniform(0, highest)) for name in labels}
    return Scenario(levers={"saving_target": target, kind: wanted, **levers})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("perspective", ["programme", "enterprise"])
@pytest.mark.parametrize("target", [600.0, 2000.0])
def test_floors_of_the_shipped_study_are_met_at_the_cost_and_prices_that_the_judge_finds(
    planner_of_china, target, perspective, kind
):
    planner = planner_of_china
    question = floors(kind, target, 0.15, planner, 3, perspective=perspective)
    result = agree(planner, question)
    assert isinstance(result.planned, LightPlan)
    judged = judge_by_arrays(planner.study, question)
    assert (getattr(judged.duals, kind) > 1e-3).any() or perspective == "enterprise"
    np.testing.assert_allclose(getattr(result.duals, kind), getattr(judged.duals, kind), atol=1e-7)
    assert result.duals.shadow_price == pytest.approx(judged.duals.shadow_price, abs=1e-7)
    assert abs(result.gap) < 1e-12


@settings(max_examples=25, **stable)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(sorted(KINDS)),
    target=st.floats(0, 130),
    highest=st.floats(0.05, 0.4),
)
def test_floors_of_the_tiny_study_are_met_as_the_judge_meets_them(planner, seed, kind, target, highest):
    agree(planner, floors(kind, target, highest, planner, seed))


def test_a_floor_that_is_lower_than_it_was_asked_for_is_caught(planner_of_china, monkeypatch):
    real = Search._light

    def light(self, duals, guess, floors=None):
        return real(self, duals, guess, None if floors is None else replace(floors, bound=0.9 * floors.bound))

    question = floors("sector_floor", 600.0, 0.15, planner_of_china, 3)
    agree(planner_of_china, question)
    monkeypatch.setattr(Search, "_light", light)
    with pytest.raises(AssertionError, match="differs by"):
        agree(planner_of_china, question)


def test_the_price_of_a_floor_that_is_forgotten_is_caught(planner_of_china, monkeypatch):
    """A floor is worth its price in the bound: cost and bound do not meet without it."""
    real = Search._light

    def light(self, duals, guess, floors=None):
        part, bound = real(self, duals, guess, floors)
        return part, bound - float((floors.price * floors.bound).max())

    monkeypatch.setattr(Search, "_light", light)
    with pytest.raises(CertificateError, match="differ by"):
        planner_of_china.solve(floors("sector_floor", 600.0, 0.15, planner_of_china, 3))
