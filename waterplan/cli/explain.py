"""Why a plan is as it is, printed: one technology, or the plan as a whole."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

import waterplan
from waterplan.base.errors import InfeasibleError, nearest
from waterplan.base.messages import Message
from waterplan.base.texts import Texts
from waterplan.cli import names
from waterplan.cli.output import tell, tell_json
from waterplan.cli.usage import WrongUseError

if TYPE_CHECKING:
    import pandas as pd

    from waterplan.planning.explain.overview import Overview
    from waterplan.planning.plan.result import Result
    from waterplan.planning.planner.planner import Planner
    from waterplan.study.scenario import Scenario
    from waterplan.study.study import Study

TOLERANCE = 0.02
TechnologyArgument = Annotated[str | None, typer.Argument(metavar="TECHNOLOGY", help="explain.help_technology")]
ToleranceOption = Annotated[
    float, typer.Option("--tolerance", metavar="SHARE", min=0.0, max=1.0, help="explain.help_tolerance")
]
FastOption = Annotated[bool, typer.Option("--fast", help="explain.help_fast")]


def print_explanation(
    scenario: str,
    technology: str | None,
    study: str,
    settings: tuple[str, ...],
    tolerance: float,
    fast: bool,
    as_json: bool,
    language: str,
) -> None:
    """Solves a scenario and prints why its plan is as it is; progress is told on stderr.

    Raises a usage error for a technology that the study does not have, InfeasibleError where there is no plan.
    """
    known = waterplan.open_study(study)
    label = None if technology is None else known_technology(known, technology)
    question = waterplan.open_scenario(scenario).with_settings(settings)
    question.check(known)
    planner = waterplan.Planner(known)
    result = _solved(planner, question)
    told = _Progress(Texts("explain", language))
    if label is None:
        found = waterplan.explain.overview(planner, result, tolerance, fast, told)
        if as_json:
            tell_json(head_content(scenario, result) | overview_content(found))
        else:
            tell(names.overview_page(result, found, language))
        return
    told("technology")
    causes = waterplan.explain.causes(planner, result, label)
    if as_json:
        tell_json(head_content(scenario, result) | {"technology": label, "sectors": causes.to_dict("records")})
    else:
        tell(names.technology_page(result, causes, language))


def known_technology(study: Study, given: str) -> str:
    """The key of a technology by its key or its name in any language; a usage error with the nearest otherwise."""
    keys = [str(key) for key in study.technologies.index]
    names = {str(study.technologies.loc[key, f"name_{one}"]).lower(): key for key in keys for one in ("en", "zh")}
    called = {**names, **{key: key for key in keys}}
    if given.lower() in called:
        return called[given.lower()]
    near = nearest(given.lower(), called)
    key = "explain.no_technology_but" if near else "explain.no_technology"
    raise WrongUseError(Message(key, given=given, nearest=called.get(near, "")), "TECHNOLOGY")


def _solved(planner: Planner, scenario: Scenario) -> Result:
    try:
        return planner.solve(scenario)
    except InfeasibleError as error:
        ways = waterplan.ways_out(planner, scenario)
        raise InfeasibleError(error.args[0], error.attainable, error.shortfall, ways) from error


class _Progress:
    """Tells on stderr what is being worked out."""

    def __init__(self, say: Texts):
        self.say = say

    def __call__(self, what: str, done: int = 0, of: int = 0) -> None:
        text = self.say(f"working_{what}") if not of else self.say(f"working_{what}_done", done=done, of=of)
        typer.echo(text, err=True)


def head_content(scenario: str, result: Result) -> dict[str, Any]:
    """Which plan is explained, as an object."""
    return {
        "scenario": scenario,
        "study": result.instance.study.name,
        "saving_target": result.instance.levers.saving_target,
        "counted_saving": result.ledger.counted_saving,
        "shadow_price": result.duals.shadow_price,
    }


def overview_content(overview: Overview) -> dict[str, Any]:
    """An overview as an object; freedom is null where it was not asked for."""
    free = {"annual_cost": overview.free_cost, "technologies": _records(overview.free)}
    freedom = None
    if overview.freedom is not None:
        freedom = {"tolerance": overview.tolerance, "choices": _records(overview.freedom)}
    return {
        "pays_for_itself": None if math.isnan(overview.free_cost) else free,
        "margin": _records(overview.margin),
        "following": _records(overview.following),
        "limits": _records(overview.limits),
        "freedom": freedom,
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
