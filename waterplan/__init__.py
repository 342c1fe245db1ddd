"""waterplan: least-cost industrial water saving, with a source for every number.

.. code-block:: python

    from waterplan import open_scenario, open_study, solve

    plan = solve(open_study("china-2015"), open_scenario("reference").with_levers(saving_target=2500))

The names below are the public ones. Each is loaded when first asked for, so the import itself costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from waterplan.extras import missing_extra

if TYPE_CHECKING:
    from waterplan import charts, curve, errors, formats, messages, palette, toml_text, vocabulary
    from waterplan.batch.design import Design
    from waterplan.batch.engine import run_batch
    from waterplan.batch.export import save_runs, write_run
    from waterplan.batch.opening import open_runs
    from waterplan.explain.causes import causes, states, told_cause
    from waterplan.explain.freedom import freedom
    from waterplan.explain.limits import binding_limits
    from waterplan.explain.overview import overview
    from waterplan.explain.reasons import reasons
    from waterplan.explain.rests import rests_on
    from waterplan.explain.sensitivity import share_by_basis, weights
    from waterplan.explain.ways_out import ways_out
    from waterplan.outline import read_outline
    from waterplan.peer_pool.pool import PeerPool
    from waterplan.plan.binding import foremost, what_binds
    from waterplan.plan.compare import compare
    from waterplan.plan.dataset import plan_variables
    from waterplan.plan.files.single import pack_table
    from waterplan.plan.plan import Plan
    from waterplan.planner.compiled import is_compiled, keeps_code
    from waterplan.planner.planner import Planner
    from waterplan.planner.planning import answer, confirm, solve
    from waterplan.plant.contract import shared_savings
    from waterplan.records.reading import read_records, read_table
    from waterplan.records.template import pack_template, write_template
    from waterplan.report.commands import command_lines, settings
    from waterplan.report.explanation import overview_page, technology_page, technology_sentences
    from waterplan.report.page import certificate_line, judge_line, plan_page
    from waterplan.report.plant import plant_report, plant_report_pdf, write_plant_report
    from waterplan.report.policy import report_document
    from waterplan.report.robustness import robust_page
    from waterplan.report.standing_page import plant_page, plants_page
    from waterplan.report.writing import write_report
    from waterplan.scenario import Scenario, open_scenario, scenario_files
    from waterplan.standing.goal import Goal
    from waterplan.standing.many import benchmark
    from waterplan.standing.one import Standing, plant_standing, plant_year
    from waterplan.standing.tables import write_benchmark
    from waterplan.study import Study, open_study, shipped
    from waterplan.uncertainty.candidates import first_secure
    from waterplan.uncertainty.robust import Robust, open_answers, reach, robust
    from waterplan.whole import write_whole

__version__ = "0.1.0"
__all__ = [
    "Design",
    "Goal",
    "PeerPool",
    "Plan",
    "Planner",
    "Robust",
    "Scenario",
    "Standing",
    "Study",
    "__version__",
    "answer",
    "benchmark",
    "binding_limits",
    "causes",
    "certificate_line",
    "charts",
    "command_lines",
    "compare",
    "confirm",
    "curve",
    "errors",
    "first_secure",
    "foremost",
    "formats",
    "freedom",
    "is_compiled",
    "judge_line",
    "keeps_code",
    "messages",
    "open_answers",
    "open_runs",
    "open_scenario",
    "open_study",
    "overview",
    "overview_page",
    "pack_table",
    "pack_template",
    "palette",
    "plan_page",
    "plan_variables",
    "plant_page",
    "plant_report",
    "plant_report_pdf",
    "plant_standing",
    "plant_year",
    "plants_page",
    "reach",
    "read_outline",
    "read_records",
    "read_table",
    "reasons",
    "report_document",
    "rests_on",
    "robust",
    "robust_page",
    "run_batch",
    "save_runs",
    "scenario_files",
    "settings",
    "share_by_basis",
    "shared_savings",
    "shipped",
    "solve",
    "states",
    "technology_page",
    "technology_sentences",
    "told_cause",
    "toml_text",
    "vocabulary",
    "ways_out",
    "weights",
    "what_binds",
    "write_benchmark",
    "write_plant_report",
    "write_report",
    "write_run",
    "write_template",
    "write_whole",
]

_HOME = {
    "Design": "waterplan.batch.design",
    "Goal": "waterplan.standing.goal",
    "PeerPool": "waterplan.peer_pool.pool",
    "Plan": "waterplan.plan.plan",
    "Planner": "waterplan.planner.planner",
    "Robust": "waterplan.uncertainty.robust",
    "Scenario": "waterplan.scenario",
    "Standing": "waterplan.standing.one",
    "Study": "waterplan.study",
    "answer": "waterplan.planner.planning",
    "benchmark": "waterplan.standing.many",
    "binding_limits": "waterplan.explain.limits",
    "causes": "waterplan.explain.causes",
    "certificate_line": "waterplan.report.page",
    "charts": "waterplan.charts",
    "command_lines": "waterplan.report.commands",
    "compare": "waterplan.plan.compare",
    "confirm": "waterplan.planner.planning",
    "curve": "waterplan.curve",
    "errors": "waterplan.errors",
    "first_secure": "waterplan.uncertainty.candidates",
    "foremost": "waterplan.plan.binding",
    "formats": "waterplan.formats",
    "freedom": "waterplan.explain.freedom",
    "is_compiled": "waterplan.planner.compiled",
    "keeps_code": "waterplan.planner.compiled",
    "judge_line": "waterplan.report.page",
    "messages": "waterplan.messages",
    "open_runs": "waterplan.batch.opening",
    "open_answers": "waterplan.uncertainty.robust",
    "open_scenario": "waterplan.scenario",
    "open_study": "waterplan.study",
    "overview": "waterplan.explain.overview",
    "overview_page": "waterplan.report.explanation",
    "pack_table": "waterplan.plan.files.single",
    "pack_template": "waterplan.records.template",
    "palette": "waterplan.palette",
    "plan_page": "waterplan.report.page",
    "plant_page": "waterplan.report.standing_page",
    "plant_report": "waterplan.report.plant",
    "plant_report_pdf": "waterplan.report.plant",
    "plan_variables": "waterplan.plan.dataset",
    "plant_standing": "waterplan.standing.one",
    "plant_year": "waterplan.standing.one",
    "plants_page": "waterplan.report.standing_page",
    "reach": "waterplan.uncertainty.robust",
    "read_outline": "waterplan.outline",
    "read_records": "waterplan.records.reading",
    "read_table": "waterplan.records.reading",
    "reasons": "waterplan.explain.reasons",
    "report_document": "waterplan.report.policy",
    "rests_on": "waterplan.explain.rests",
    "robust": "waterplan.uncertainty.robust",
    "robust_page": "waterplan.report.robustness",
    "run_batch": "waterplan.batch.engine",
    "save_runs": "waterplan.batch.export",
    "scenario_files": "waterplan.scenario",
    "settings": "waterplan.report.commands",
    "share_by_basis": "waterplan.explain.sensitivity",
    "shared_savings": "waterplan.plant.contract",
    "shipped": "waterplan.study",
    "solve": "waterplan.planner.planning",
    "states": "waterplan.explain.causes",
    "technology_page": "waterplan.report.explanation",
    "technology_sentences": "waterplan.report.explanation",
    "told_cause": "waterplan.explain.causes",
    "toml_text": "waterplan.toml_text",
    "vocabulary": "waterplan.vocabulary",
    "ways_out": "waterplan.explain.ways_out",
    "weights": "waterplan.explain.sensitivity",
    "what_binds": "waterplan.plan.binding",
    "write_benchmark": "waterplan.standing.tables",
    "write_plant_report": "waterplan.report.plant",
    "write_report": "waterplan.report.writing",
    "write_run": "waterplan.batch.export",
    "write_template": "waterplan.records.template",
    "write_whole": "waterplan.whole",
}


def __getattr__(name: str) -> Any:
    """The public name, from the module where it lives (PEP 562). Raises MissingExtraError that names its extra."""
    if name not in _HOME:
        raise AttributeError(f"module 'waterplan' has no attribute {name!r}")
    try:
        module = import_module(_HOME[name])
    except ModuleNotFoundError as error:
        raise missing_extra(error) or error from None
    value = module if module.__name__ == f"waterplan.{name}" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
