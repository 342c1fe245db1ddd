"""Files and commands that give what is on the screen."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from waterplan import Plan, Planner, Scenario

KINDS = {
    "toml": ("scenario.toml", "application/toml"),
    "csv": ("plan-tables.zip", "application/zip"),
    "excel": ("plan.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "netcdf": ("plan.nc", "application/x-netcdf"),
}


def export(kind: str, planner: Planner, scenario: Scenario, language: str) -> tuple[str, str, bytes]:
    """Name, type and content of a file. Raises KeyError for another kind, InfeasibleError when there is no plan."""
    name, media = KINDS[kind]
    if kind == "toml":
        titled = scenario if scenario.title else Scenario.from_mapping({**scenario.to_mapping(), "title": "Mine"})
        return name, media, titled.to_toml().encode()
    plan = Plan.of(planner.solve(scenario))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        if kind == "csv":
            return name, media, _zipped(plan, Path(folder) / "tables")
        if kind == "excel":
            plan.to_excel(path, language)
        else:
            plan.save(path)
        return name, media, path.read_bytes()


def _zipped(plan: Plan, folder: Path) -> bytes:
    folder.mkdir()
    plan.to_csv(folder)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    return content.getvalue()


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


def commands(scenario: Scenario, study: str) -> dict[str, str]:
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


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, float) else str(value)
