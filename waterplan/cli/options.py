"""The arguments and options that commands share, with their help from the messages."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from waterplan.base.messages import usual_language
from waterplan.base.texts import Texts

STUDY, SCENARIO = "china-2015", "reference"
HELP = Texts("help", usual_language())


class Language(StrEnum):
    """Languages that are printed."""

    en = "en"
    zh = "zh"


class Solver(StrEnum):
    """Ways to a plan."""

    planner = "planner"
    highs = "highs"


class LogFormat(StrEnum):
    """How a server's log is written."""

    text = "text"
    json = "json"


LANGUAGE = Language(usual_language())

StudyOption = Annotated[str, typer.Option("--study", help=HELP("study"))]
LanguageOption = Annotated[Language, typer.Option("--language", help=HELP("language"))]
JsonOption = Annotated[bool, typer.Option("--json", help=HELP("json"))]
ScenarioOption = Annotated[str, typer.Option("--scenario", help=HELP("traced_scenario"))]
FolderArgument = Annotated[str, typer.Argument(metavar="STUDY_FOLDER", help=HELP("folder"))]
ScenarioArgument = Annotated[str, typer.Argument(metavar="SCENARIO", help=HELP("scenario"))]
PlansArgument = Annotated[list[str], typer.Argument(metavar="PLAN", help=HELP("plans"))]
SetOption = Annotated[list[str] | None, typer.Option("--set", metavar="LEVER=VALUE", help=HELP("set"))]
OutputOption = Annotated[Path | None, typer.Option("--output", "-o", metavar="PLAN.NC", help=HELP("output"))]
CsvOption = Annotated[Path | None, typer.Option("--csv", metavar="FOLDER", help=HELP("csv"))]
ExcelOption = Annotated[Path | None, typer.Option("--excel", metavar="FILE", help=HELP("excel"))]
SolverOption = Annotated[Solver, typer.Option("--solver", help=HELP("solver"))]
NoConfirmOption = Annotated[bool, typer.Option("--no-confirm", help=HELP("no_confirm"))]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help=HELP("name"))]
NameOrNothing = Annotated[str | None, typer.Argument(metavar="NAME", help=HELP("name"))]
LabelsArgument = Annotated[list[str] | None, typer.Argument(metavar="LABEL=VALUE", help=HELP("labels"))]
KindOption = Annotated[str | None, typer.Option("--kind", help=HELP("kind"))]
