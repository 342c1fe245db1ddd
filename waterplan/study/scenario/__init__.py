"""TOML to a question that a study can answer.

``scenario_file`` reads them and what they extend, their ``content`` key by key; ``levers`` what a user may move,
``settings`` the same as words; ``overrides`` sourced figures in place of the study's, their ``overlaps``; ``changes``
what they write; ``own_study`` applies them and checks what they can break; ``provenance`` and ``remarks`` say what that
did; ``scenario`` brings these together.
"""

from waterplan.study.scenario.levers import Levers
from waterplan.study.scenario.overrides import Override
from waterplan.study.scenario.scenario import (
    Scenario,
    apply_overrides,
    open_scenario,
    overridden,
    override_range,
)
from waterplan.study.scenario.scenario_file import scenario_files
from waterplan.study.scenario.settings import parse_setting

__all__ = [
    "Levers",
    "Override",
    "Scenario",
    "apply_overrides",
    "open_scenario",
    "overridden",
    "override_range",
    "parse_setting",
    "scenario_files",
]
