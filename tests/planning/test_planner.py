"""The planner gives what the judge gives: the Pyomo model, solved whole by HiGHS."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from asking import Refusal, agree, asked, difference, questions, questions_of_many_limits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from places import TINY
from solving import numbers

from waterplan.base.errors import ScenarioError
from waterplan.planning.model.instance import input_values
from waterplan.planning.plan.deployment import deployment_of
from waterplan.planning.planner.judge import judge
from waterplan.planning.planner.planner import Planner
from waterplan.planning.planner.question import answer, solve
from waterplan.study.scenario import Scenario

stable = {"derandomize": True, "deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}
TOLERANCE = 1e-6  # hm3/a

CHINA = {
    "as it stands": {"levers": {}},
    "prices moved": {
        "levers": {"perspective": "society", "cost_accounting": "full_credit", "scarcity_value": 0.7,
                   "carbon_price": 120, "technology_cost_scale": {"*": 1.3, "water_network_pinch": 0.7},
                   "electricity_price_scale": 1.4, "discount_rate": 0.045, "saving_target": 3100}
    },
    "floors of one kind": {"levers": {"sector_floor": {"*": 0.09, "paper": 0.14}, "perspective": "enterprise",
                                      "barrier_cost": 0.4, "investment_subsidy": 0.2}},
    "all limits at once": {
        "levers": {"saving_target": 2600, "sector_floor": 0.08, "province_floor": 0.07, "investment_cap": 17500,
                   "electricity_cap": 900, "technology_floor": {"mine_water_utilisation": 0.6},
                   "technology_cap": {"water_network_pinch": 0.6, "municipal_reclaimed_water": 0.8}}
    },
    "coefficients moved": {
        "levers": {"rollout_scale": 0.85, "output_scale": {"steel": 0.9, "textiles": 1.2},
                   "alternative_share_max": 0.2, "count_alternative_supply": False},
        "exclude": ["direct_seawater_cooling", "water_network_pinch"],
        "set": [{"name": "saving_fraction", "factor": 0.9, "where": {"technology": "membrane_nonconventional"},
                 "source": "a guess made for this test"},
                {"name": "intensity", "factor": 1.2, "source": "a guess made for this test"}],
    },
    "out of reach": {"levers": {"saving_target": 5200, "province_floor": 0.05}},
}  # fmt: skip


def test_study_and_scenario_may_be_given_by_name_or_path(tiny, tmp_path):
    path = tmp_path / "twenty.toml"
    path.write_text('title = "Twenty"\n[levers]\nsaving_target = 20\n', encoding="utf-8")
    for study, scenario in ((TINY, path), (str(TINY), str(path)), (tiny, path)):
        assert answer(study, scenario).ledger.counted_saving == pytest.approx(20)
    assert float(solve(TINY, "carbon_priced").dataset["saving"]) > 0
    with pytest.raises(ScenarioError, match='Did you mean "reference"'):
        solve(TINY, "referense")


@settings(max_examples=110, **stable)
@given(data=st.data())
def test_any_question_is_answered_as_by_the_judge(planner, data):
    agree(planner, data.draw(questions(planner.study)), data.draw(st.floats(0, 50)))


@settings(max_examples=60, **stable)
@given(data=st.data())
def test_floors_caps_and_pools_together_are_answered_as_by_the_judge(planner, data):
    agree(planner, data.draw(questions_of_many_limits(planner.study)))


@pytest.mark.parametrize("name", CHINA)
def test_the_shipped_study_is_planned_as_by_the_judge(planner_of_china, name):
    answer = agree(planner_of_china, Scenario.from_mapping({"title": name, **CHINA[name]}))
    assert isinstance(answer, Refusal) == (name == "out of reach")


@pytest.mark.long
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_question_to_the_shipped_study_is_answered_as_by_the_judge(planner_of_china, data):
    agree(planner_of_china, data.draw(questions_to_china(planner_of_china.study)), by=judge)


@pytest.mark.long
@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_two_thousand_questions_are_answered_as_by_the_judge(planner, data):
    kind = data.draw(st.sampled_from([questions, questions_of_many_limits]))
    agree(planner, data.draw(kind(planner.study)), by=judge)


@settings(max_examples=40, **stable)
@given(data=st.data(), guesses=st.lists(st.floats(0, 1000), min_size=2, max_size=4))
def test_the_price_guessed_at_first_changes_nothing(planner, data, guesses):
    question = data.draw(questions_of_many_limits(planner.study))
    first, *others = [asked(lambda guess=guess: planner.solve(question, guess)) for guess in guesses]
    for other in others:
        if isinstance(first, Refusal):
            assert other.attainable == (None if first.attainable is None else pytest.approx(first.attainable, abs=1e-6))
        else:
            assert max(difference(first, other)) <= TOLERANCE


def test_the_exact_price_as_a_guess_changes_nothing(planner):
    """The price is a breakpoint, at which a pair is indifferent: the usual start after a small move of the target."""
    for target in (20, 70, 113, 140):
        question = Scenario(levers={"saving_target": target})
        result = planner.solve(question)
        for near in (question, question.with_levers(saving_target=target - 0.25)):
            agree(planner, near, result.duals.shadow_price)


@settings(max_examples=60, **stable)
@given(data=st.data(), kind=st.sampled_from([questions, questions_of_many_limits]))
def test_the_steps_of_a_plan_are_its_deployment_and_fit_the_plants(planner, data, kind):
    result = asked(lambda: planner.solve(data.draw(kind(planner.study))))
    if not isinstance(result, Refusal):
        steps_fit(result)


def test_the_steps_of_the_shipped_plan_are_its_deployment_and_fit_the_plants(planner_of_china):
    steps_fit(planner_of_china.solve(Scenario()))
    steps_fit(planner_of_china.solve(Scenario(levers=CHINA["all limits at once"]["levers"])))


def steps_fit(result):
    """The steps give the deployment again; no configuration is left by more plants than are there; roll-out is kept."""
    s, flows, decisions = result.instance.structure, result.instance.flows, result.decisions()
    again = deployment_of(s, flows, decisions)
    for name in ("capacity", "use_saving", "site_saving", "supply"):
        assert getattr(again, name) == pytest.approx(getattr(result.deployment, name), abs=1e-8)
    step, local = decisions.step, s.local_step_local
    assert (step >= 0).all()
    for n in range(len(s.local_use)):
        here = np.flatnonzero(local == n)
        there = flows.start_share * flows.gross_flow[n]
        np.subtract.at(there, s.step_from[s.local_step[here]], step[here])
        np.add.at(there, s.step_to[s.local_step[here]], step[here])
        assert (there >= -1e-8).all()
    taken = np.bincount(s.local_step_app, step, minlength=len(s.local_app))
    assert (taken <= flows.added_share[s.local_app] * flows.gross_flow[s.local_app_local] + 1e-8).all()


def test_eight_threads_on_one_planner_get_what_single_runs_get(tiny, china):
    for study, targets in ((tiny, np.linspace(20, 180, 6)), (china, np.linspace(500, 3500, 4))):
        ways = [{}, {"rollout_scale": 1.1}, {"perspective": "society"}, {"sector_floor": 0.05, "province_floor": 0.04}]
        scenarios = [Scenario(levers={"saving_target": float(target), **way}) for target in targets for way in ways]
        shared = Planner(study)
        with ThreadPoolExecutor(8) as threads:
            together = list(threads.map(shared.solve, scenarios))
        for scenario, result in zip(scenarios, together, strict=True):
            alone = Planner(study).solve(scenario)
            assert max(difference(alone, result)) <= TOLERANCE
            assert result.duals.shadow_price == pytest.approx(alone.duals.shadow_price, abs=1e-6)


@st.composite
def questions_to_china(draw, study):
    """A scenario of the shipped study: levers of every kind, one of the limits on the whole or several."""
    technologies, sectors = st.sampled_from(list(study.technologies.index)), list(study.sectors.index)
    levers = {
        "saving_target": draw(numbers(0, 4000)),
        "perspective": draw(st.sampled_from(["programme", "enterprise", "society"])),
        "cost_accounting": draw(st.sampled_from(["water_share", "full_credit"])),
        "discount_rate": draw(numbers(0, 0.25)),
        "technology_cost_scale": draw(st.dictionaries(technologies, numbers(0.5, 2), max_size=20)),
        "carbon_price": draw(numbers(0, 500)),
        "electricity_price_scale": draw(numbers(0.5, 2)),
        "rollout_scale": draw(st.sampled_from([1.0, 0.8, 1.2])),
        "output_scale": {name: draw(numbers(0.7, 1.3)) for name in sectors} if draw(st.booleans()) else 1.0,
        "sector_floor": draw(st.sampled_from([0.0, 0.05, 0.1])),
        "province_floor": draw(st.sampled_from([0.0, 0.05, 0.1])),
        "technology_floor": draw(st.dictionaries(technologies, numbers(0, 0.7), max_size=3)),
        "technology_cap": draw(st.dictionaries(technologies, numbers(0.4, 1), max_size=3)),
    }
    if draw(st.booleans()):
        levers["investment_cap"] = draw(numbers(5000, 40000))
    return Scenario.from_mapping(
        {"title": "test", "levers": levers, "exclude": draw(st.lists(technologies, max_size=3, unique=True))}
    )


def test_overrides_come_on_top_of_other_values(planner):
    """A planner of other values has a study that is no bundle any more; its tables are found by their keys."""
    override = {"name": "intensity", "where": {"product": "pulp"}, "factor": 1.1, "source": "a guess for this test"}
    scenario = Scenario.from_mapping({"title": "t", "levers": {"saving_target": 60}, "set": [override]})
    same = planner.with_values(input_values(planner.study))
    assert same.solve(scenario).ledger.objective == planner.solve(scenario).ledger.objective
