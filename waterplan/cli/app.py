"""The commands: their arguments here, their work in the modules beside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import waterplan
from waterplan.cli import batch as b
from waterplan.cli import benchmark as p
from waterplan.cli import explain as x
from waterplan.cli import options as o
from waterplan.cli import peers
from waterplan.cli import robust as r
from waterplan.cli.check import print_check, print_scenarios
from waterplan.cli.compare import print_comparison
from waterplan.cli.dashboard import add_user, serve_pages
from waterplan.cli.describe import print_description
from waterplan.cli.help_page import SpokenCommand, SpokenGroup
from waterplan.cli.output import tell
from waterplan.cli.plan import Request, print_plan
from waterplan.cli.report import FileOption, print_report
from waterplan.cli.trace import print_trace

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=SETTINGS,
)

app.add_typer(peers.app, name="peers")


def _version(asked: bool) -> None:
    if asked:
        tell(f"waterplan {waterplan.__version__}")
        raise typer.Exit


@app.callback(cls=SpokenGroup, help="help.waterplan", epilog="help.waterplan_examples")
def _waterplan(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="help.version")] = False,
    language: o.LanguageOption = o.LANGUAGE,
) -> None:
    pass


@app.command(cls=SpokenCommand, help="help.check", epilog="help.check_examples")
def check(folder: o.FolderArgument, as_json: o.JsonOption = False, language: o.LanguageOption = o.LANGUAGE) -> None:
    """Reads a study and says what is in it."""
    print_check(folder, as_json, language)


@app.command(cls=SpokenCommand, help="help.plan", epilog="help.plan_examples")
def plan(
    scenario: o.ScenarioArgument,
    study: o.StudyOption = o.STUDY,
    settings: o.SetOption = None,
    output: o.OutputOption = None,
    csv: o.CsvOption = None,
    excel: o.ExcelOption = None,
    as_json: o.JsonOption = False,
    solver: o.SolverOption = o.Solver.planner,
    no_confirm: o.NoConfirmOption = False,
    language: o.LanguageOption = o.LANGUAGE,
) -> None:
    """Solves a scenario, certifies the plan and prints it."""
    print_plan(
        Request(scenario, study, tuple(settings or ()), solver, not no_confirm, language), as_json, output, csv, excel
    )


@app.command(cls=SpokenCommand, help="help.report", epilog="help.report_examples")
def report(
    scenario: o.ScenarioArgument,
    output: FileOption,
    study: o.StudyOption = o.STUDY,
    settings: o.SetOption = None,
    language: o.LanguageOption = o.LANGUAGE,
) -> None:
    """Writes the policy report of a scenario."""
    print_report(Request(scenario, study, tuple(settings or ()), o.Solver.planner, False, language), output)


@app.command(cls=SpokenCommand, help="help.compare", epilog="help.compare_examples")
def compare(
    plans: o.PlansArgument,
    study: o.StudyOption = o.STUDY,
    as_json: o.JsonOption = False,
    language: o.LanguageOption = o.LANGUAGE,
) -> None:
    """Compares plans, inputs first."""
    print_comparison(plans, study, as_json, language)


@app.command(cls=SpokenCommand, help="explain.help", epilog="explain.help_examples")
def explain(
    scenario: o.ScenarioArgument,
    technology: x.TechnologyArgument = None,
    study: o.StudyOption = o.STUDY,
    settings: o.SetOption = None,
    tolerance: x.ToleranceOption = x.TOLERANCE,
    fast: x.FastOption = False,
    as_json: o.JsonOption = False,
    language: o.LanguageOption = o.LANGUAGE,
) -> None:
    """Says why the plan is as it is."""
    x.print_explanation(scenario, technology, study, tuple(settings or ()), tolerance, fast, as_json, language)


@app.command(cls=SpokenCommand, help="batch.help", epilog="batch.help_examples")
def batch(
    design: b.DesignArgument,
    output: b.StoreOption,
    study: o.StudyOption = o.STUDY,
    scheduler: b.SchedulerOption = None,
    workers: b.WorkersOption = None,
    export: b.ExportOption = None,
    write: b.WriteOption = None,
    into: b.IntoOption = Path(),
    as_json: o.JsonOption = False,
    language: o.LanguageOption = o.LANGUAGE,
) -> None:
    """Plans many scenarios and stores them."""
    asked = b.Batch(design, output, study, scheduler, workers, tuple(export or ()), write, into)
    b.print_batch(asked, as_json, language)


@app.command(cls=SpokenCommand, help="robust.help", epilog="robust.help_examples")
def robust(
    scenario: o.ScenarioArgument,
    samples: r.SamplesOption = 500,
    probability: r.ProbabilityOption = 0.9,
    together: r.TogetherOption = r.Together.technology,
    indices: r.IndicesOption = 0,
    seed: r.SeedOption = 2015,
    store: r.StoreOption = None,
    study: o.StudyOption = o.STUDY,
    settings: o.SetOption = None,
    scheduler: b.SchedulerOption = None,
    workers: b.WorkersOption = None,
    as_json: o.JsonOption = False,
    language: o.LanguageOption = o.LANGUAGE,
) -> None:
    """Says what holds whatever the uncertain figures turn out to be."""
    words, places = tuple(settings or ()), (store, scheduler, workers)
    r.print_robust(
        r.Asked(scenario, study, words, samples, probability, together, indices, seed, *places), as_json, language
    )


@app.command(cls=SpokenCommand, help="benchmark.help", epilog="benchmark.help_examples")
def benchmark(
    file: p.RecordsArgument = None,
    plant: p.PlantOption = None,
    year: p.YearOption = None,
    goal: p.GoalOption = None,
    output: p.OutputOption = None,
    template: p.TemplateOption = None,
    pool: p.PoolOption = None,
    study: o.StudyOption = o.STUDY,
    as_json: o.JsonOption = False,
    language: o.LanguageOption = o.LANGUAGE,
) -> None:
    """Says where plants stand."""
    if template is not None:
        p.write_template(template, study, language)
        return
    p.print_benchmark(file, study, p.Asked(plant, year, goal, pool, language), output, as_json)


@app.command(cls=SpokenCommand, help="help.trace", epilog="help.trace_examples")
def trace(
    name: o.NameArgument,
    labels: o.LabelsArgument = None,
    study: o.StudyOption = o.STUDY,
    scenario: o.ScenarioOption = o.SCENARIO,
    as_json: o.JsonOption = False,
    language: o.LanguageOption = o.LANGUAGE,
) -> None:
    """Leads from a number to its row and source."""
    print_trace(name, labels or [], study, scenario, as_json, language)


@app.command(cls=SpokenCommand, help="help.describe", epilog="help.describe_examples")
def describe(
    name: o.NameOrNothing = None,
    kind: o.KindOption = None,
    as_json: o.JsonOption = False,
    language: o.LanguageOption = o.LANGUAGE,
) -> None:
    """Explains names of the data dictionary."""
    print_description(name, kind, as_json, language)


@app.command(cls=SpokenCommand, help="help.scenarios", epilog="help.scenarios_examples")
def scenarios(as_json: o.JsonOption = False, language: o.LanguageOption = o.LANGUAGE) -> None:
    """Lists the shipped scenarios."""
    print_scenarios(as_json, language)


@app.command(cls=SpokenCommand, help="help.dashboard", epilog="help.dashboard_examples")
def dashboard(
    study: o.StudyOption = o.STUDY,
    scenarios: Annotated[str | None, typer.Option(metavar="FOLDER", help="help.scenarios_folder")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="help.port")] = 5006,
    address: Annotated[str, typer.Option(help="help.address")] = "127.0.0.1",
    workers: Annotated[int, typer.Option(min=1, max=64, help="help.workers")] = 4,
    origin: Annotated[list[str] | None, typer.Option(metavar="HOST[:PORT]", help="help.origin")] = None,
    show: Annotated[bool, typer.Option("--show", help="help.show")] = False,
    read_only: Annotated[bool, typer.Option("--read-only", help="help.read_only")] = False,
    runs: Annotated[str | None, typer.Option(metavar="FOLDER", help="help.runs_folder")] = None,
    pool: Annotated[
        str | None, typer.Option(metavar="URL", envvar="WATERPLAN_PEER_POOL", help="help.dashboard_pool")
    ] = None,
    outline_map: Annotated[str | None, typer.Option(metavar="study|FILE", help="help.outline_map")] = None,
    basic_auth: Annotated[str | None, typer.Option(metavar="FILE", help="help.basic_auth")] = None,
    user: Annotated[str | None, typer.Option("--add-user", metavar="NAME", help="help.add_user")] = None,
    cookie_secret_file: Annotated[str | None, typer.Option(metavar="FILE", help="help.cookie_secret_file")] = None,
    log_format: Annotated[o.LogFormat, typer.Option(help="help.log_format")] = o.LogFormat.text,
    language: o.LanguageOption = o.LANGUAGE,
) -> None:
    """Serves the pages in a browser, or adds a user who may sign in."""
    if user is not None:
        add_user(basic_auth, user, language)
        return
    where = {"port": port, "address": address, "origins": origin}
    doors = {"basic_auth": basic_auth, "cookie_secret_file": cookie_secret_file, "log_format": log_format.value}
    shown = {"show": show, "read_only": read_only, "outline_map": outline_map, "runs": runs, "pool": pool}
    serve_pages(study, scenarios, language, workers=workers, **shown, **where, **doors)
