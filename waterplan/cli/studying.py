"""What is known: checking a study, tracing a number, listing the scenarios."""

from __future__ import annotations

from typing import Any

import typer

import waterplan
from waterplan.cli.output import tell, tell_json
from waterplan.messages import Texts
from waterplan.vocabulary import term

ROW_FIELDS = ("value", "low", "high", "unit", "basis", "file", "row", "written", "note")


def print_check(folder: str, as_json: bool, language: str) -> None:
    """Says what a study holds; raises DataError with everything that is wrong in it."""
    study, say = waterplan.open_study(folder), Texts("commands", language)
    catalogues = ("sectors", "products", "provinces", "technologies", "sources")
    counts = {name: len(getattr(study, name)) for name in catalogues}
    years = {"base_year": study.base_year, "target_year": study.target_year}
    basis = study.rows["basis"].value_counts(normalize=True)
    if as_json:
        content = {"study": study.name, "title": study.title, "values": len(study.rows), **counts, **years}
        tell_json({**content, "basis": basis.to_dict(), "digest": study.digest, "problems": []})
        return
    shares = say("and").join(f"{say(f'basis_{name}')} {share:.0%}" for name, share in basis.items())
    tell(say("study_is_good", name=study.name, values=f"{len(study.rows):,}"))
    for line in (
        say("study_has", **counts, **years),
        say("study_basis", shares=shares),
        say("study_digest", digest=study.digest),
    ):
        tell(f"  {line}")


def print_trace(name: str, labels: list[str], study: str, as_json: bool, language: str) -> None:
    """The row of an input and its source."""
    say = Texts("commands", language)
    where: dict[str, str] = {}
    for given in labels:
        label, equals, value = given.partition("=")
        if not (label and equals and value):
            raise typer.BadParameter(say("label_form", given=given), param_hint="LABEL=VALUE")
        where[label.strip()] = value.strip()
    found = waterplan.open_study(study).trace(name, **where)
    row, source = found.row, found.source
    dims = term(str(row["name"])).dims
    if as_json:
        content: dict[str, Any] = {"name": row["name"], "labels": {dim: row[dim] for dim in dims}}
        content |= {field: row[field] for field in ROW_FIELDS}
        known = {str(key): value for key, value in source.dropna().items()}
        tell_json({**content, "source": {"source": source.name, **known}})
        return
    unit = "" if row["unit"] == "1" else str(row["unit"])
    said = "; ".join([str(row["name"]), *(f"{term(dim).label(language)} {row[dim]}" for dim in dims)])
    tell(f"{term(str(row['name'])).label(language)} ({said}): {row['value']:.10g} {unit}".rstrip())
    year = source.dropna().get("year", "-")
    lines = [
        say("range", low=f"{row['low']:.10g}", high=f"{row['high']:.10g}", unit=unit),
        say("basis", basis=say(f"basis_{row['basis']}")),
        say("row", file=row["file"], row=row["row"], written=row["written"]),
        say(
            "source",
            key=source.name,
            title=source["title"],
            publisher=source["publisher"],
            year=year,
            verified=say("verified_yes" if source["verified"] == "yes" else "verified_no"),
        ),
        *(say("note", note=note) for note in (row["note"], source["note"]) if note),
    ]
    for line in lines:
        tell(f"  {line}".rstrip())


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
