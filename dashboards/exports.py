"""Files and commands that give what is on the screen."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

from waterplan import Plan, Scenario, write_report

from .answers import Answers
from .jobs import safe_point

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {
    "toml": ("scenario.toml", "application/toml"),
    "csv": ("plan-tables.zip", "application/zip"),
    "excel": ("plan.xlsx", EXCEL),
    "netcdf": ("plan.nc", "application/x-netcdf"),
    "report_html": ("report.html", "text/html"),
    "report_pdf": ("report.pdf", "application/pdf"),
}
HEAVY = ("excel", "netcdf", "report_html", "report_pdf")  # take seconds to make


def export(kind: str, answers: Answers, scenario: Scenario, language: str) -> tuple[str, str, bytes]:
    """Name, type and content of a file. Raises KeyError for another kind, InfeasibleError when there is no plan."""
    name, media = KINDS[kind]
    if kind == "toml":
        titled = scenario if scenario.title else Scenario.from_mapping({**scenario.to_mapping(), "title": "Mine"})
        return name, media, titled.to_toml().encode()
    result = answers.result(scenario)
    plan = Plan.of(result)
    safe_point()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        if kind == "csv":
            return name, media, _zipped(plan, Path(folder) / "tables")
        if kind == "excel":
            plan.to_excel(path, language)
        elif kind.startswith("report_"):
            write_report(result, path, language, answers.planner)
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
