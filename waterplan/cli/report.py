"""The policy report of a scenario as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import waterplan
from waterplan.base.extras import CHARTS, need
from waterplan.base.messages import Message
from waterplan.base.texts import Texts
from waterplan.cli.output import tell
from waterplan.cli.plan import Request, check_inputs, check_places, solve
from waterplan.cli.usage import WrongUseError

SUFFIXES = (".html", ".pdf")

FileOption = Annotated[Path, typer.Option("--output", "-o", metavar="REPORT.HTML|.PDF", help="help.report_output")]


def print_report(request: Request, path: Path) -> None:
    """Solves and writes the report; says on stderr how far it is. Another end of the name is a usage error."""
    say = Texts("commands", request.language)
    if path.suffix.lower() not in SUFFIXES:
        raise WrongUseError(Message("commands.report_suffix", path=path))
    check_inputs((path,), (request.scenario, request.study))
    check_places((path,))
    need(*CHARTS, *(["weasyprint"] if path.suffix.lower() == ".pdf" else []))
    planner, result = solve(request)
    typer.echo(say("drawing_report", seconds=f"{result.seconds:.2f}"), err=True)
    waterplan.write_report(result, path, request.language, planner)
    tell(say("saved", path=path))
