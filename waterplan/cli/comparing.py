"""Plans side by side: files saved before, or scenarios that are solved now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

import waterplan
from waterplan.cli.output import tell, tell_json
from waterplan.messages import Texts

if TYPE_CHECKING:
    from waterplan.plan.plan import Plan
    from waterplan.study import Study

PLAN_FILE = ".nc"


def print_comparison(names: list[str], study: str, as_json: bool, language: str) -> None:
    """Compares two plans or more. Raises the errors of the study, the files and the scenarios."""
    if len(names) < 2:
        message = Texts("commands", language)("two_plans", count=len(names))
        raise typer.BadParameter(message, param_hint="PLAN")
    known = waterplan.open_study(study)
    plans: dict[str, Plan] = {}
    for name in names:
        shown = Path(name).stem
        plans[shown if shown not in plans else f"{shown} ({len(plans) + 1})"] = plan_of(name, known)
    compared = waterplan.compare(plans)
    if as_json:
        tell_json(compared.as_mapping())
    else:
        tell(waterplan.comparison_page(compared, next(iter(plans.values())), language))


def plan_of(name: str, study: Study) -> Plan:
    """The plan in a file, or the answer to a scenario, certified."""
    if Path(name).suffix == PLAN_FILE:
        return waterplan.Plan.open(name, study)
    plan = waterplan.solve(study, waterplan.open_scenario(name))
    plan.certify()
    return plan
