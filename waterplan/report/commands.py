"""The commands that give a plan again: what stands beside it on a page and at the foot of a report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from shlex import quote
from typing import Any

from waterplan.study.scenario import Scenario, scenario_files


def settings(scenario: Scenario) -> list[str]:
    """What differs from the study, each as ``--set`` takes it.

    >>> settings(Scenario(levers={"saving_target": 2500.0, "sector_floor": {"paper": 0.1}}, exclude=("air_cooling",)))
    ['saving_target=2500', 'sector_floor.paper=0.1', 'excluded=air_cooling']
    """
    found = []
    for name, value in scenario.levers.items():
        if isinstance(value, Mapping):
            everyone = value.get("*")
            found += [f"{name}={_word(everyone)}"] * (everyone is not None)
            found += [f"{name}.{label}={_word(item)}" for label, item in value.items() if label != "*"]
        else:
            found.append(f"{name}={_word(value)}")
    return [*found, *([f"excluded={','.join(scenario.exclude)}"] if scenario.exclude else [])]


def command_lines(scenario: Scenario, study: str) -> dict[str, str]:
    """The command line and the Python lines that give the plan of a scenario."""
    chosen = "" if study == "china-2015" else f" --study {study}"
    if scenario.overrides:
        line = f"waterplan plan scenario.toml{chosen}"
        made = 'Scenario.read("scenario.toml")'
    else:
        sets = "".join(f" --set {setting}" for setting in settings(scenario))
        line = f"waterplan plan reference{sets}{chosen}"
        content = {key: item for key, item in scenario.to_mapping().items() if key in ("levers", "exclude")}
        made = f"Scenario.from_mapping({json.dumps(content, ensure_ascii=False)})".replace("true", "True")
        made = made.replace("false", "False")
    lines = [
        "from waterplan import Scenario, open_study, solve",
        "",
        f"scenario = {made}",
        f'plan = solve(open_study("{study}"), scenario)',
        "print(plan.headline())",
    ]
    return {"cli": line, "python": "\n".join(lines)}


def report_line(scenario: Scenario, study: str, language: str = "en") -> tuple[str, bool]:
    """The command line that makes the report of a scenario again, and whether it needs the scenario as a file.

    >>> report_line(Scenario(levers={"saving_target": 2500.0}), "china-2015")
    ('waterplan report reference --set saving_target=2500 -o report.pdf', False)
    """
    shipped = next((path.stem for path in scenario_files() if _same(Scenario.read(path), scenario)), "")
    sets = "" if shipped or scenario.overrides else "".join(f" --set {quote(one)}" for one in settings(scenario))
    named = shipped or ("scenario.toml" if scenario.overrides else "reference")
    chosen = "" if study == "china-2015" else f" --study {quote(study)}"
    spoken = "" if language == "en" else f" --language {language}"
    return f"waterplan report {named}{sets}{chosen}{spoken} -o report.pdf", named == "scenario.toml"


def _same(one: Scenario, other: Scenario) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in ("levers", "exclude", "overrides"))


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, float) else str(value)
