"""TOML to a question that a study can answer.

``reading`` files and what they extend, their ``content`` key by key; ``levers`` what a user may move, ``settings`` the
same as words; ``overrides`` sourced figures in place of the study's, their ``overlaps``; ``applying`` them and checking
what they can break; ``provenance`` and ``remarks`` say what that did; ``scenario`` brings these together.
"""

from waterplan.scenario.levers import Levers
from waterplan.scenario.overrides import Override
from waterplan.scenario.reading import scenario_files
from waterplan.scenario.scenario import (
    Scenario,
    apply_overrides,
    build_inputs,
    open_scenario,
    override_range,
)
from waterplan.scenario.settings import parse_setting

__all__ = [
    "Levers",
    "Override",
    "Scenario",
    "apply_overrides",
    "build_inputs",
    "open_scenario",
    "override_range",
    "parse_setting",
    "scenario_files",
]
