"""One cap on the whole beside the target: two light answers, mixed, are what the judge finds."""

from dataclasses import replace

import numpy as np
import pytest
from asking import agree

from waterplan.base.errors import CertificateError
from waterplan.planning.planner.light_plan import LightPlan
from waterplan.planning.planner.planner import Planner
from waterplan.planning.planner.search import Search
from waterplan.study.scenario import Scenario

KINDS = ("investment", "electricity")


def capped(planner, target, kind, share):
    """The question with a cap below what the plan would take without one."""
    question = Scenario(levers={"saving_target": target})
    taken = getattr(planner.solve(question).ledger, kind)
    return question.with_levers(**{f"{kind}_cap": share * taken}), share * taken


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("study", "target"), [("tiny", 60), ("tiny", 75), ("china", 1500), ("china", 2500)])
def test_a_cap_is_kept_exactly_at_the_cost_that_the_judge_finds(study, target, kind, request):
    planner = Planner(request.getfixturevalue(study))
    for share in (0.97, 0.85):
        question, cap = capped(planner, target, kind, share)
        result = agree(planner, question)
        assert isinstance(result.planned, LightPlan)
        assert getattr(result.ledger, kind) == pytest.approx(cap, rel=1e-10)
        assert getattr(result.duals, f"{kind}_cap") > 0
        assert abs(result.gap) < 1e-12


@pytest.mark.parametrize("kind", KINDS)
def test_a_cap_that_does_not_bind_changes_nothing(tiny, kind):
    planner = Planner(tiny)
    question, _ = capped(planner, 60, kind, 1.01)
    result, free = planner.solve(question), planner.solve(Scenario(levers={"saving_target": 60}))
    assert getattr(result.duals, f"{kind}_cap") == 0
    np.testing.assert_array_equal(result.planned.parts[0].accounts.figure, free.planned.parts[0].accounts.figure)


def test_two_answers_mixed_in_another_way_are_caught(tiny, monkeypatch):
    real = Search._plan

    def half(self, parts):
        return real(self, [replace(part, weight=0.5) for part in parts] if len(parts) > 1 else parts)

    planner = Planner(tiny)
    question, _ = capped(planner, 60, "investment", 0.9)
    monkeypatch.setattr(Search, "_plan", half)
    with pytest.raises(CertificateError, match="differ by"):
        planner.solve(question)
