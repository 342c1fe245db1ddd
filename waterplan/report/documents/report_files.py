"""The policy report as a file: HTML or PDF, by the end of its name."""

from __future__ import annotations

from pathlib import Path

from waterplan.base.errors import WaterplanError
from waterplan.base.messages import Message
from waterplan.base.whole_files import write_whole
from waterplan.planning.curve import curve
from waterplan.planning.explain.other_plans import other_plans
from waterplan.planning.explain.sensitivity import weights
from waterplan.planning.plan.plan import Plan
from waterplan.planning.plan.result import Result
from waterplan.planning.planner.planner import Planner
from waterplan.report.documents.document import to_pdf
from waterplan.report.documents.policy_report import report_document

SUFFIXES = (".html", ".pdf")


def write_report(result: Result, path: str | Path, language: str = "en", planner: Planner | None = None) -> None:
    """Writes the policy report of an answer, with its cost curve and what it rests on.

    path: ends in .html or .pdf; planner: of the answer's study, where there is one already. Raises WaterplanError for
    another end and where hvPlot or WeasyPrint is missing, OutputError where the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise WaterplanError(Message("report.no_such_report", path=path))
    study, scenario, plan = result.instance.study, result.instance.scenario, Plan.of(result)
    known = planner or Planner(study)
    points = curve(known, scenario.with_levers(saving_target=0.0))
    text = report_document(plan, language, None if result.before else weights(result), points, other_plans(known, plan))
    content = to_pdf(text) if path.suffix.lower() == ".pdf" else text.encode()
    write_whole(path, content)
