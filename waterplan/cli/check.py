"""What is known: checking a study, listing the scenarios."""

from __future__ import annotations

from pathlib import Path

import waterplan
from waterplan.base.messages import Message
from waterplan.base.texts import Texts
from waterplan.cli import names
from waterplan.cli.output import tell, tell_json
from waterplan.study.tables.schema import PARTS

OUTLINE = "provinces.geojson"
RECORDS = ("norms", "norm_editions", "targets", "enterprises", "observations", "water_fees")


def print_check(folder: str, as_json: bool, language: str) -> None:
    """Says what a study holds; raises DataError with everything that is wrong in it."""
    study, say = waterplan.open_study(folder), Texts("commands", language)
    home = Path(folder) if Path(folder).is_dir() else names.shipped(folder)
    if (home / OUTLINE).exists():
        names.read_outline("study", study, home, is_whole=False)
    catalogues = ("sectors", "products", "provinces", "technologies", "sources")
    counts = {name: len(getattr(study, name)) for name in catalogues}
    records = {name: len(getattr(study, name)) for name in RECORDS}
    missing = study.parts_missing
    parts = [Message(f"tables.part_{name}", words=PARTS[name]).text(language) for name in missing]
    years = {"base_year": study.base_year, "target_year": study.target_year}
    basis = study.rows["basis"].value_counts(normalize=True)
    if as_json:
        content = {"study": study.name, "title": study.title, "values": len(study.rows), **counts}
        told = {**content, **records, **years, "without": missing, "basis": basis.to_dict(), "digest": study.digest}
        tell_json({**told, "problems": []})
        return
    shares = say("and").join(f"{say(f'basis_{name}')} {share:.0%}" for name, share in basis.items())
    tell(say("study_is_good", name=study.name, values=f"{len(study.rows):,}"))
    for line in (
        say("study_has", **counts, **years),
        say("study_compares", **records),
        *(say("study_without", part=part) for part in parts),
        say("study_basis", shares=shares),
        say("study_digest", digest=study.digest),
    ):
        tell(f"  {line}")


def print_scenarios(as_json: bool, language: str) -> None:
    """The shipped scenarios: name, and the question that each asks."""
    files = waterplan.scenario_files()
    found = {path.stem: waterplan.Scenario.read(path) for path in files}
    if as_json:
        rows = [
            {"scenario": name, "title": one.headline(language), "why": one.reason(language)}
            for name, one in found.items()
        ]
        tell_json({"scenarios": rows})
        return
    widest = max(map(len, found), default=0)
    for name, one in found.items():
        tell(f"{name:<{widest}}  {one.headline(language)}")
