"""The arguments and options that commands share, with their help from the messages."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from waterplan.base.messages import usual_language

STUDY, SCENARIO = "china-2015", "reference"


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

StudyOption = Annotated[str, typer.Option("--study", help="help.study")]
LanguageOption = Annotated[Language, typer.Option("--language", help="help.language")]
JsonOption = Annotated[bool, typer.Option("--json", help="help.json")]
ScenarioOption = Annotated[str, typer.Option("--scenario", help="help.traced_scenario")]
FolderArgument = Annotated[str, typer.Argument(metavar="STUDY_FOLDER", help="help.folder")]
ScenarioArgument = Annotated[str, typer.Argument(metavar="SCENARIO", help="help.scenario")]
PlansArgument = Annotated[list[str], typer.Argument(metavar="PLAN", help="help.plans")]
SetOption = Annotated[list[str] | None, typer.Option("--set", metavar="LEVER=VALUE", help="help.set")]
OutputOption = Annotated[Path | None, typer.Option("--output", "-o", metavar="PLAN.NC", help="help.output")]
CsvOption = Annotated[Path | None, typer.Option("--csv", metavar="FOLDER", help="help.csv")]
ExcelOption = Annotated[Path | None, typer.Option("--excel", metavar="FILE", help="help.excel")]
SolverOption = Annotated[Solver, typer.Option("--solver", help="help.solver")]
NoConfirmOption = Annotated[bool, typer.Option("--no-confirm", help="help.no_confirm")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="help.name")]
NameOrNothing = Annotated[str | None, typer.Argument(metavar="NAME", help="help.name")]
LabelsArgument = Annotated[list[str] | None, typer.Argument(metavar="LABEL=VALUE", help="help.labels")]
KindOption = Annotated[str | None, typer.Option("--kind", help="help.kind")]
