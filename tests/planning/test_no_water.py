"""Nothing is withdrawn at all: nothing can be saved, and every page, command and file says so in words."""

import json

import pytest
from conftest import TINY

from waterplan import Plan, Planner, Scenario, open_study
from waterplan.base.errors import InfeasibleError
from waterplan.cli.entry import main
from waterplan.planning.planner.judge import judge
from waterplan.report.documents.policy_report import report_document
from waterplan.report.pages.plan_page import plan_page

ZERO = '[[set]]\nname = "{name}"\nfactor = 0\nsource = "a careless nought"\n'


@pytest.fixture(params=["output", "intensity"])
def dry(request, tmp_path):
    path = tmp_path / "dry.toml"
    path.write_text('title = "Dry"\n' + ZERO.format(name=request.param), encoding="utf-8")
    return Scenario.read(path)


@pytest.fixture(scope="module")
def study():
    return open_study(TINY)


def test_what_can_be_saved_of_nothing_is_nothing(study, dry):
    for answer in (Planner(study).solve, lambda scenario: judge(study, scenario)):
        with pytest.raises(InfeasibleError) as told:
            answer(dry)
        assert told.value.attainable == pytest.approx(0, abs=1e-12)
    assert Planner(study).attainable(dry) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("levers", [{}, {"scarcity_value": 2.0}])
def test_a_plan_that_saves_nothing_of_nothing_is_certified_and_told(study, dry, levers):
    asked = dry.with_levers(saving_target=0, **levers)
    for result, reported in ((Planner(study).solve(asked), "zh"), (judge(study, asked), "en")):
        assert result.ledger.counted_saving == pytest.approx(0, abs=1e-12)
        plan = Plan.of(result)
        for language in ("en", "zh"):
            assert "nan" not in plan_page(plan, language)
        assert ">nan" not in report_document(plan, reported)
    assert float(plan.dataset["planned_withdrawal"].sum()) == 0


@pytest.mark.parametrize("words", [("plan",), ("explain", "--fast"), ("compare", "reference"), ("plan", "--json")])
def test_commands_end_with_the_code_of_no_plan(capsys, dry, tmp_path, words):
    code = main([*words, str(tmp_path / "dry.toml"), "--study", str(TINY)])
    told = capsys.readouterr()
    assert code == 5, told
    assert "Traceback" not in told.err
    if "--json" in words:
        assert json.loads(told.out)["attainable"] == pytest.approx(0, abs=1e-9)
