"""The states of all technologies at once are what is found of each alone."""

import pytest

from waterplan.planning.explain.causes import causes, states
from waterplan.report.pages.explanation import technology_page, technology_sentences
from waterplan.study.scenario import Scenario

TOLD = ["sector", "level", "state", "capacity", "largest", "cause", "rest", "rival"]
QUESTIONS = [
    ("saving_target=60",),
    ("saving_target=0",),
    ("saving_target=150", "perspective=enterprise"),
    ("saving_target=100", "technology_floor.dry_cooling=0.3", "technology_cap.spray_rinse=0.2",
     "technology_cap.membrane_reuse=0", "excluded=hybrid_cooling"),
    ("saving_target=0", "rollout_scale=0"),
]  # fmt: skip


@pytest.fixture(scope="module", params=QUESTIONS, ids=" ".join)
def result(request, planner):
    return planner.solve(Scenario(title="A question").with_settings(request.param))


def test_states_of_all_are_the_causes_of_each(planner, result):
    found = states(planner, result)
    assert found["technology"].nunique() == len(planner.structure.technologies)
    for technology, table in found.groupby("technology"):
        alone = causes(planner, result, technology)
        assert table[TOLD].reset_index(drop=True).equals(alone[TOLD])


def test_a_technology_without_which_the_target_cannot_be_met_leaves_at_no_cost(planner):
    most = planner.attainable(Scenario())
    result = planner.solve(Scenario(title="Most").with_levers(saving_target=most * (1 - 1e-6)))
    table = states(planner, result)
    needed = table[table["state"].isin(["in", "partly"])]["technology"].unique()
    lasting = [t for t in needed if causes(planner, result, t)["leaves_above"].isna().any()]
    assert lasting


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sentences_of_a_technology_are_those_of_its_page(planner, result, language):
    table = causes(planner, result, "dry_cooling")
    page = "".join(technology_page(result, table, language).split())
    told = technology_sentences(result, table, language)
    assert sum(len(heads) for heads, _ in told) == len(table)
    for heads, text in told:
        assert all("".join(line.split()) in page for line in (*heads, text))
