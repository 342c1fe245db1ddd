"""From a question to its printed answer: solve, certify, print at once, save, and have it confirmed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

import waterplan
from waterplan.base.errors import CertificateError, InfeasibleError
from waterplan.base.messages import Message
from waterplan.base.texts import Texts
from waterplan.base.whole_files import check_folder, check_place, is_input
from waterplan.cli import names
from waterplan.cli.output import tell, tell_json
from waterplan.cli.usage import WrongUseError

if TYPE_CHECKING:
    from waterplan.planning.plan.lines import Lines
    from waterplan.planning.plan.plan import Plan
    from waterplan.planning.plan.result import Result
    from waterplan.planning.planner.planner import Planner
    from waterplan.planning.planner.question import Verdict


@dataclass(frozen=True)
class Request:
    """What is asked: a scenario of a study, how it is solved, and whether the full model confirms it."""

    scenario: str
    study: str
    settings: tuple[str, ...]
    solver: str
    confirm: bool
    language: str

    @property
    def is_confirmed(self) -> bool:
        """The judge confirms the planner, not itself."""
        return self.confirm and self.solver != "highs"


def solve(request: Request) -> tuple[Planner, Result]:
    """The answer in packed form, and a planner of its study. Raises the errors of study, scenario and solver."""
    study = waterplan.open_study(request.study)
    scenario = waterplan.open_scenario(request.scenario).with_settings(request.settings)
    scenario.check(study)
    planner = waterplan.Planner(study)
    try:
        if request.solver == "planner":
            return planner, planner.solve(scenario)
        return planner, waterplan.answer(study, scenario, str(request.solver))
    except InfeasibleError as error:
        ways = waterplan.ways_out(planner, scenario)
        raise InfeasibleError(error.args[0], error.attainable, error.shortfall, ways) from error


def print_plan(request: Request, as_json: bool, output: Path | None, csv: Path | None, excel: Path | None) -> None:
    """Solves, certifies and prints a plan, saves it where asked, and has it confirmed by the full model.

    A plan that the full model does not confirm is told, and ends with the code of a CertificateError.
    """
    say = Texts("commands", request.language)
    check_inputs((output, excel, csv), (request.scenario, request.study))
    check_places((output, excel), csv)
    planner, result = solve(request)
    plan = waterplan.Plan.of(result)
    certificate = plan.certify()
    shares = waterplan.explain.basis_shares(result)
    if not as_json:
        others = waterplan.explain.other_plans(planner, plan)
        tell(waterplan.plan_page(plan, request.language, shares, others))
        tell(names.certificate_line(certificate, result.solver, result.seconds, request.language))
    lines = waterplan.explain.lines_of(planner, plan) if as_json or excel else None
    saved = save(plan, output, csv, excel, request.language, lines)
    verdict = waterplan.confirm(result) if request.is_confirmed else None
    if as_json:
        tell_json(plan_content(plan, lines, certificate.ok, shares, verdict))
    elif verdict is not None:
        tell(names.judge_line(verdict, request.language))
    for path in () if as_json else saved:
        tell(say("saved", path=path))
    if verdict is not None and not verdict.agrees:
        raise typer.Exit(CertificateError.exit_code)


def check_places(files: Iterable[Path | None], folder: Path | None = None) -> None:
    """Raises OutputError for places where nothing can be saved, before anything is solved."""
    for file in files:
        if file is not None:
            check_place(file)
    if folder is not None:
        check_folder(folder)


def check_store(store: Path | None) -> None:
    """Raises OutputError for a place where no store can be, or go on; it is a folder within one that is there."""
    if store is not None:
        check_folder(store)
        if not store.exists():
            check_place(store)


def check_inputs(places: Iterable[Path | None], inputs: Iterable[str | Path | None]) -> None:
    """A usage error for places at which something stands that is read."""
    given = [one for one in inputs if one is not None]
    for place in places:
        if place is not None and is_input(place, given):
            raise WrongUseError(Message("commands.is_input", path=place))


def save(
    plan: Plan, output: Path | None, csv: Path | None, excel: Path | None, language: str, lines: Lines | None = None
) -> list[Path]:
    """Saves a plan where asked, and says where; raises OutputError where that cannot be written.

    lines: for the workbook.
    """
    if output is not None:
        plan.save(output)
    if csv is not None:
        plan.to_csv(csv)
    if excel is not None:
        plan.to_excel(excel, language, lines)
    return [path for path in (output, csv, excel) if path is not None]


def plan_content(
    plan: Plan, lines: Lines | None, certified: bool, shares: dict[str, float] | None, verdict: Verdict | None
) -> dict[str, Any]:
    """The object that ``--json`` prints: the headline, whether it is certified, and what the judge says."""
    judge = None
    if verdict is not None:
        judge = {
            "agrees": verdict.agrees,
            "cost_difference": verdict.cost,
            "volume_difference": verdict.volume,
            "seconds": verdict.seconds,
        }
    solver = plan.statement.attrs["solver"]
    return {**plan.headline(lines), "certified": certified, "solver": solver, "basis_shares": shares, "judge": judge}
