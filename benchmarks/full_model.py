"""From the study's files to the answer of the full model, step by step, beside raw HiGHS and linopy."""

from __future__ import annotations

import linopy_model
import raw
from measuring import Timing, in_new_process, shown, table, timed
from processes import command

from waterplan.planning.model.build import build_model, compile_model
from waterplan.planning.model.instance import build_instance
from waterplan.planning.model.matrices import build_matrices
from waterplan.planning.model.scenario_numbers import Given
from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.judge import judge, judge_by_arrays
from waterplan.planning.planner.planner import Planner
from waterplan.planning.solver import solve
from waterplan.study.scenario import Scenario
from waterplan.study.study import Study, shipped

HOMES = ("cli.entry", "planning.planner.question", "report.pages.plan_page", "planning.plan.plan")
IMPORTS = f"import {', '.join(f'waterplan.{home}' for home in HOMES)}"
PEERS = "import pandas, xarray, highspy"


def run(study: Study, quick: bool) -> str:
    """The section of RESULTS.md."""
    repeats = 3 if quick else 7
    i = build_instance(study, Scenario())
    given = Given(i.structure, i.flows, i.own_prices, i.values, i.levers)
    numbers = (i.structure, i.flows, i.own_prices, i.values, i.levers)
    compiled = raw.compiled_instance(i)
    model, plan = build_model(*numbers), Plan.of(Planner(study).solve(Scenario()))
    linopy = timed(lambda _: linopy_model.build(given), repeats)
    built = linopy_model.build(given)
    linopy_matrix = timed(lambda _: built.matrices.A, repeats)
    methods = raw.all_methods(compiled, repeats)
    cold = methods["simplex"]
    size = f"{len(compiled.cost)} columns, {compiled.matrix.shape[0]} rows, {compiled.matrix.nnz} entries"
    rows: list[tuple[str, Timing, str]] = [
        ("read and check the study", timed(lambda _: Study.read(shipped()), repeats), "aim 1.5 s"),
        ("inputs, coefficients and prices", timed(lambda _: build_instance(study, Scenario()), repeats), ""),
        ("Pyomo: build the model", timed(lambda _: build_model(*numbers), repeats), ""),
        ("Pyomo: compile it to matrices", timed(lambda _: compile_model(model), repeats), ""),
        ("the same matrices straight from arrays", timed(lambda _: build_matrices(given), repeats), ""),
        ("linopy: build the same model", linopy, ""),
        ("linopy: its matrix", linopy_matrix, ""),
        ("waterplan: first solve of the compiled model, 1e-10",
         timed(lambda _: solve(compiled, i.structure), repeats), size),
        *((f"raw highspy on the same matrix, {method}", timing, "") for method, timing in methods.items()),
        ("the judge, from scenario to certified result", timed(lambda _: judge_by_arrays(study, Scenario()), 3), ""),
        ("the same with Pyomo's model", timed(lambda _: judge(study, Scenario()), 3), ""),
        ("the certificate of a plan", timed(lambda _: plan.certify(), repeats), "aim 50 ms"),
        ("importing pandas, xarray and highspy", in_new_process(PEERS, repeats), "new process"),
        ("importing all of waterplan that a plan needs", in_new_process(IMPORTS, repeats), "new process"),
    ]  # fmt: skip
    for name, more in (
        ("`waterplan plan`, page and certificate", ["--no-confirm"]),
        ("the same, confirmed by the judge", []),
    ):
        seconds, peak = command(["plan", "reference", *more], min(repeats, 3))
        rows.append((name, seconds, f"new process; {peak:.0f} MiB at most"))
    body = table(
        ("work", "wall, median", "processor", "of raw simplex (processor)", "remark"),
        [(name, shown(t.wall), shown(t.processor), f"{t.processor / cold.processor:.2f}",
          remark) for name, t, remark in rows],
    )  # fmt: skip
    end = next(t for name, t, _ in rows if name.startswith("`waterplan plan`"))
    return f"## From files to the answer of the full model\n\n{body}\n\n{judged(rows, end)}\n"


def judged(rows: list[tuple[str, Timing, str]], end: Timing) -> str:
    """The aims of the issue and whether they are met."""
    study = rows[0][1].wall
    return (
        f"Aims: study read and checked in 1.5 s: {shown(study)}, {'met' if study <= 1.5 else 'missed'}. Everything but "
        f"the solve within 6 s: {shown(end.wall)} ({shown(end.processor)} of processor time) "
        f"with the planner's solve, {'met' if end.processor <= 6 else 'missed'}."
    )
