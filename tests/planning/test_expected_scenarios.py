"""Every scenario file that is shipped gives its expected headline figures; the judge worked them out.

To write them anew after a change of study or model, with the changelog saying which results move:
``PYTHONPATH=tests/support python tests/planning/test_expected_scenarios.py``, with names for some alone.
"""

import sys
import tomllib

import pytest
import tomli_w
from places import TESTS

from waterplan.planning.plan.deployment import Effect
from waterplan.planning.planner.judge import judge
from waterplan.study.scenario import Scenario, open_scenario, scenario_files
from waterplan.study.study import open_study

FILE = TESTS / "expected_scenarios.toml"
HEADER = """\
# Expected headline figures of the files in scenarios/, by the judge: the Pyomo model solved whole by HiGHS.
# MCNY/a and MCNY, hm3/a, CNY/m3, GWh/a. saving counts other sources even where counted_saving does not; it is what the
# plan saves from where it starts, programme_free_withdrawal.
# Written by: PYTHONPATH=tests/support python tests/planning/test_expected_scenarios.py

"""
EXPECTED = tomllib.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def headline(result):
    """The figures that are compared."""
    ledger, i = result.ledger, result.instance
    free = i.flows.programme_free(i.structure).sum()
    planned = free - Effect.of(i.structure, i.flows, result.deployment).fresh.sum()
    started = {} if i.levers.baseline == "frozen" else {"programme_free_withdrawal": float(free)}
    return {
        **started,
        **({"planned_withdrawal": float(planned)} if started else {}),
        "annual_cost": ledger.annual_cost,
        "gross_cost": ledger.gross_cost,
        "saving": float(ledger.saving.sum()),
        "counted_saving": ledger.counted_saving,
        "shadow_price": result.duals.shadow_price,
        "investment": ledger.investment,
        "electricity": ledger.electricity,
    }


def test_every_scenario_file_has_expected_figures_and_no_others_have():
    assert sorted(EXPECTED) == sorted(path.stem for path in scenario_files())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_scenario_gives_its_expected_figures(planner_of_china, name):
    found, expected = headline(planner_of_china.solve(open_scenario(name))), EXPECTED[name]
    assert found.keys() == expected.keys()
    for figure, value in expected.items():
        assert found[figure] == pytest.approx(value, rel=1e-6, abs=1e-6), figure


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_judge_still_says_so(china, name):
    assert headline(judge(china, open_scenario(name))) == pytest.approx(EXPECTED[name], rel=1e-6, abs=1e-6)


def test_the_check_figures_of_the_study_are_met(planner_of_china):
    """data/china-2015/README.md: from an independent implementation, to the digits that it prints."""
    result = planner_of_china.solve(Scenario())
    assert result.instance.flows.reference_withdrawal.sum() == pytest.approx(20406.13, abs=0.005)
    assert planner_of_china.attainable(Scenario()) == pytest.approx(4613.68, abs=0.005)
    own = Scenario(levers={"count_alternative_supply": False})
    assert planner_of_china.attainable(own) == pytest.approx(4256.48, abs=0.005)
    assert result.ledger.annual_cost == pytest.approx(432.37, abs=0.005)
    assert result.duals.shadow_price == pytest.approx(1.059, abs=0.0005)
    assert result.ledger.investment == pytest.approx(12722, abs=0.5)
    assert result.ledger.counted_saving == pytest.approx(2000, abs=1e-6)


def write(*names):
    """Solves every scenario, or those of some names, by the judge and writes the file."""
    study, known = open_study("china-2015"), {path.stem for path in scenario_files()}
    figures = {name: figures for name, figures in EXPECTED.items() if names and name in known - set(names)}
    figures |= {name: headline(judge(study, open_scenario(name))) for name in sorted(known - set(figures))}
    figures = dict(sorted(figures.items()))
    rounded = {name: {figure: float(f"{value:.9g}") for figure, value in row.items()} for name, row in figures.items()}
    FILE.write_text(HEADER + tomli_w.dumps(rounded), encoding="utf-8")


if __name__ == "__main__":
    write(*sys.argv[1:])
