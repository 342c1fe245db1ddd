"""Plans side by side: files saved before, or scenarios that are solved now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import waterplan
from waterplan.base.errors import ScenarioError
from waterplan.base.messages import Message
from waterplan.cli.output import tell, tell_json
from waterplan.cli.usage import WrongUseError

if TYPE_CHECKING:
    from waterplan.planning.plan.comparison_table import Comparison
    from waterplan.planning.plan.plan import Plan
    from waterplan.study.scenario import Scenario
    from waterplan.study.study import Study

PLAN_FILE, SCENARIO_FILE = ".nc", ".toml"


def print_comparison(names: list[str], study: str, as_json: bool, language: str) -> None:
    """Compares two plans or more. Raises the errors of the study, the files and the scenarios."""
    if len(names) < 2:
        raise WrongUseError(Message("commands.two_plans", count=len(names)), "PLAN")
    known = waterplan.open_study(study)
    plans = [plan_of(name, known, language) for name in names]
    compared = waterplan.compare(plans, [Path(name).stem for name in names])
    if as_json:
        tell_json(content(compared))
    else:
        tell(compared.text(language))


def content(compared: Comparison) -> dict[str, Any]:
    """A comparison as an object: values stand in the order of the plans."""
    inputs = compared.inputs.reset_index().itertuples(index=False, name=None)
    headline = compared.headline()
    return {
        "plans": headline["plan"].values.tolist(),
        "inputs": [
            {"kind": kind, "name": name, "where": where, "unit": unit, "values": values}
            for kind, name, where, unit, *values in inputs
        ],
        "results": {str(name): array.values.tolist() for name, array in headline.data_vars.items()},
    }


def plan_of(name: str, study: Study, language: str) -> Plan:
    """The plan in a file, or the answer to a scenario, certified."""
    if Path(name).suffix == PLAN_FILE:
        return waterplan.Plan.open(name, study)
    scenario = scenario_of(name)
    plan = waterplan.solve(study, scenario)
    plan.certify()
    return plan


def scenario_of(name: str) -> Scenario:
    """A scenario; what is neither that nor a plan is told so. Raises ScenarioError."""
    try:
        return waterplan.open_scenario(name)
    except ScenarioError as error:
        if Path(name).suffix == SCENARIO_FILE:
            raise
        hint = Message("commands.saved_plan", suffix=PLAN_FILE)
        problems = [
            replace(problem, message=Message("errors.then", first=problem.message, second=hint))
            for problem in error.problems
        ]
        raise ScenarioError(problems) from error
