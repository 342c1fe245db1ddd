"""waterplan: least-cost industrial water saving, with a source for every number.

.. code-block:: python

    from waterplan import open_scenario, open_study, solve

    plan = solve(open_study("china-2015"), open_scenario("reference").with_levers(saving_target=2500))

The names below are the public ones. Each is loaded when first asked for, so the import itself costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from waterplan import errors
    from waterplan.plan.plan import Plan
    from waterplan.planner.planner import Planner
    from waterplan.planner.planning import answer, confirm, solve
    from waterplan.report.comparison import compare, comparison_page
    from waterplan.report.page import certificate_line, judge_line, plan_page
    from waterplan.scenario import Scenario, open_scenario, scenario_files
    from waterplan.study import Study, open_study

__version__ = "0.1.0"
__all__ = [
    "Plan",
    "Planner",
    "Scenario",
    "Study",
    "__version__",
    "answer",
    "certificate_line",
    "compare",
    "comparison_page",
    "confirm",
    "errors",
    "judge_line",
    "open_scenario",
    "open_study",
    "plan_page",
    "scenario_files",
    "solve",
]

_HOME = {
    "Plan": "waterplan.plan.plan",
    "Planner": "waterplan.planner.planner",
    "Scenario": "waterplan.scenario",
    "Study": "waterplan.study",
    "answer": "waterplan.planner.planning",
    "certificate_line": "waterplan.report.page",
    "compare": "waterplan.report.comparison",
    "comparison_page": "waterplan.report.comparison",
    "confirm": "waterplan.planner.planning",
    "errors": "waterplan.errors",
    "judge_line": "waterplan.report.page",
    "open_scenario": "waterplan.scenario",
    "open_study": "waterplan.study",
    "plan_page": "waterplan.report.page",
    "scenario_files": "waterplan.scenario",
    "solve": "waterplan.planner.planning",
}


def __getattr__(name: str) -> Any:
    """The public name, from the module where it lives (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'waterplan' has no attribute {name!r}")
    module = import_module(_HOME[name])
    value = module if module.__name__ == f"waterplan.{name}" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
