"""The LP written straight from arrays is that of the Pyomo model: the same rows, columns and numbers to all digits."""

import numpy as np
import pytest
from asking import questions, questions_of_many_limits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from solving import compile_given

from waterplan.base.errors import ScenarioError
from waterplan.planning.model.build import EQUATIONS
from waterplan.planning.model.instance import build_instance
from waterplan.planning.model.matrices import build_matrices
from waterplan.planning.model.row_families import FAMILIES
from waterplan.planning.model.scenario_numbers import Given
from waterplan.planning.planner.judge import judge, judge_by_arrays
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Override, Scenario, scenario_files

EVERY_LIMIT = {
    "sector_floor": {"paper": 0.05},
    "province_floor": {"*": 0.05, "south": 0},
    "technology_floor": {"metering": 0.1},
    "technology_cap": {"drum_filter": 0.9, "spray_rinse": 0.5},
    "investment_cap": 500,
    "electricity_cap": 50,
}
WORDS = "a guess made for this test"
SCENARIOS = {
    "reference": Scenario(),
    "every limit": Scenario(levers=EVERY_LIMIT),
    "sources do not count": Scenario(levers={**EVERY_LIMIT, "count_alternative_supply": False}),
    "nothing is asked": Scenario(levers={"saving_target": 0}),
    "an enterprise": Scenario(levers={"perspective": "enterprise", "scarcity_value": 1, "rollout_scale": 1.3}),
    "no technology at all": Scenario(levers={"rollout_scale": 0}),
    "one that saves hardly anything": Scenario(
        overrides=(Override("saving_fraction", {"technology": ("spray_rinse",)}, 0.001, "1", WORDS),)
    ),
}


def numbers_of(study, scenario):
    i = build_instance(study, scenario)
    return Given(i.structure, i.flows, i.own_prices, i.values, i.levers)


def differences(here, there):
    """What is not the same in two LPs."""
    found = [name for name in ("cost", "row_lower", "row_upper", "lower", "upper")
             if not np.array_equal(getattr(here, name), getattr(there, name))]  # fmt: skip
    found += [name for name in ("shape", "indptr", "indices", "data")
              if not np.array_equal(getattr(here.matrix, name), getattr(there.matrix, name))]  # fmt: skip
    return found + [family for family, rows in here.rows.items() if there.rows.get(family) != rows]


@pytest.mark.parametrize("name", SCENARIOS)
def test_both_ways_to_write_the_lp_of_the_tiny_study_give_the_same(tiny, name):
    numbers = numbers_of(tiny, SCENARIOS[name])
    assert differences(build_matrices(numbers), compile_given(numbers)) == []


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_both_ways_give_the_same_under_any_levers(tiny, data):
    try:
        asked = data.draw(st.one_of(questions(tiny), questions_of_many_limits(tiny)))
        numbers = numbers_of(tiny, asked)
    except ScenarioError:
        return
    assert differences(build_matrices(numbers), compile_given(numbers)) == []


def test_both_ways_give_the_same_for_the_shipped_study(china):
    numbers = numbers_of(china, Scenario())
    assert differences(build_matrices(numbers), compile_given(numbers)) == []


@pytest.mark.long
@pytest.mark.parametrize("path", scenario_files(), ids=lambda path: path.stem)
def test_both_ways_give_the_same_for_every_scenario_that_comes_with_waterplan(china, path):
    numbers = numbers_of(china, Scenario.read(path))
    assert differences(build_matrices(numbers), compile_given(numbers)) == []


def test_families_have_the_names_of_the_equations_in_their_order():
    assert [family.__name__ for family in FAMILIES] == [equation.__name__ for equation in EQUATIONS]


@pytest.mark.parametrize("name", ["reference", "every limit", "an enterprise"])
def test_the_judge_answers_the_same_either_way(tiny, name):
    """The same LP in the same order: HiGHS goes the same way and ends at the same digits."""
    one, other = judge(tiny, SCENARIOS[name]), judge_by_arrays(tiny, SCENARIOS[name])
    assert one.ledger.objective == other.ledger.objective
    assert one.dual_bound == other.dual_bound
    assert np.array_equal(one.decisions().step, other.decisions().step)


def test_where_prices_do_not_end_the_full_model_answers(tiny, monkeypatch):
    monkeypatch.setattr("waterplan.planning.planner.planner.TECHNOLOGY_LIMITS_MAX", -1)
    assert Planner(tiny).solve(SCENARIOS["reference"]).solver == "highs"
