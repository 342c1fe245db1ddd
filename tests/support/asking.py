"""Random questions for the planner's tests, and what it means that two ways answer one alike."""

from dataclasses import dataclass

import pytest
from hypothesis import strategies as st
from solving import lever_changes, numbers

from waterplan.base.errors import InfeasibleError
from waterplan.planning.plan.result import Result
from waterplan.planning.planner.judge import difference, judge_by_arrays
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Scenario

COST, VOLUME = 1e-9, 1e-6  # of gross cost; hm3/a
OVERRIDDEN = (
    "saving_fraction",
    "applicable_share",
    "penetration_max",
    "intensity",
    "intensity_factor",
    "output_growth",
    "supply_potential",
    "investment_per_m3",
    "running_cost_per_m3",
    "electricity_per_m3",
    "lifetime",
    "water_share",
    "electricity_price",
    "water_price",
    "effluent_share",
    "heat_price",
)


@st.composite
def overrides(draw, study):
    """Up to three figures of the study, each set to another value of its own range."""
    rows = study.rows[study.rows["name"].isin(OVERRIDDEN)]
    written = {}
    for number in draw(st.lists(st.integers(0, len(rows) - 1), max_size=3, unique=True)):
        row = rows.iloc[number]
        where = {dim: str(row[dim]) for dim in study.values[row["name"]].dims}
        value = row["low"] + draw(st.floats(0, 1)) * (row["high"] - row["low"])
        place = str(row["name"]), str(where)
        written[place] = {"name": row["name"], "where": where, "value": round(float(value), 6), "unit": row["unit"],
                          "source": "a guess made for this test, within the range of the study"}  # fmt: skip
    return list(written.values())


@st.composite
def questions(draw, study):
    """A scenario of the tiny study: levers of every kind, exclusions, overrides."""
    levers = draw(lever_changes(study))
    exclude = levers.pop("exclude")
    return Scenario.from_mapping({"title": "test", "exclude": exclude, "levers": levers, "set": draw(overrides(study))})


@st.composite
def questions_of_many_limits(draw, study):
    """A scenario of the tiny study in which floors, caps and pools are likely to bind together."""
    levers = {
        "saving_target": draw(numbers(60, 190)),
        "perspective": draw(st.sampled_from(["programme", "enterprise", "society"])),
        "sector_floor": {name: draw(numbers(0, 0.4)) for name in study.sectors.index},
        "province_floor": {name: draw(numbers(0, 0.4)) for name in study.provinces.index},
        "technology_floor": draw(
            st.dictionaries(st.sampled_from(list(study.technologies.index)), numbers(0, 0.6), max_size=3)
        ),
        "technology_cap": draw(
            st.dictionaries(st.sampled_from(list(study.technologies.index)), numbers(0.6, 1), max_size=3)
        ),
        "alternative_share_max": draw(numbers(0.1, 0.6)),
        "rollout_scale": draw(numbers(0.8, 1.3)),
    }
    if draw(st.booleans()):
        levers["investment_cap"] = draw(numbers(300, 3000))
    if draw(st.booleans()):
        levers["electricity_cap"] = draw(numbers(5, 100))
    return Scenario.from_mapping({"title": "test", "levers": levers})


@dataclass
class Refusal:
    """No plan exists; ``attainable`` None when other limits than the target contradict each other."""

    attainable: float | None


def asked(way) -> Result | Refusal:
    """The answer of ``way()``, or why there is none."""
    try:
        return way()
    except InfeasibleError as error:
        return Refusal(None if error.attainable != error.attainable else error.attainable)


def agree(
    planner: Planner, scenario: Scenario, guess: float = 1.0, solver: str = "planner", by=judge_by_arrays
) -> Result | Refusal:
    """Asks the planner and the judge; both must give the same plan, or the same reason why there is none.

    solver: where the planner's answer must come from, so that falling back to the judge is not taken for agreement; by:
    the judge, with the LP as it is written from arrays, in a third of the time that the readable model takes;
    test_matrices.py says that both are the same to the last digit.
    """
    fast = asked(lambda: planner.solve(scenario, guess))
    slow = asked(lambda: by(planner.study, scenario))
    target = scenario.resolve(planner.study).saving_target
    if isinstance(fast, Refusal) or isinstance(slow, Refusal):
        assert isinstance(fast, Refusal) == isinstance(slow, Refusal) or at_the_edge(target, fast, slow), (fast, slow)
        if isinstance(fast, Refusal) and isinstance(slow, Refusal):
            assert fast.attainable == (None if slow.attainable is None else pytest.approx(slow.attainable, abs=1e-6))
        return fast
    assert fast.solver == solver
    cost, volume = difference(fast, slow)
    assert cost <= COST, f"cost differs by {cost:.1e} of gross cost"
    assert volume <= VOLUME, f"a volume differs by {volume:.1e} hm3/a"
    return fast


def at_the_edge(target: float, *answers: Result | Refusal) -> bool:
    """Whether the target is the most that can be saved, within the tolerances: a plan may be found or not."""
    known = [answer.attainable for answer in answers if isinstance(answer, Refusal)]
    return all(most is not None and abs(most - target) < 1e-6 for most in known)
