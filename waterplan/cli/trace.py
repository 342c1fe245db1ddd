"""From a number to the rows that it rests on, and to their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import waterplan
from waterplan.base.messages import Message
from waterplan.base.texts import Texts
from waterplan.base.vocabulary import Term, of_kind, term, terms
from waterplan.cli.output import tell, tell_json
from waterplan.cli.usage import WrongUseError
from waterplan.report.pages.layout import cut, left, number, percent, right
from waterplan.study.tables.translations import cell_in

if TYPE_CHECKING:
    import pandas as pd

    from waterplan.planning.plan.result import Result
    from waterplan.study.study import Trace

ROW_FIELDS = ("value", "low", "high", "unit", "basis", "file", "row", "written", "note")
COMPUTED = ("ledger", "result", "dual")
SHOWN = 15
PLACE_COLUMNS = 58


def print_trace(name: str, labels: list[str], study: str, scenario: str, as_json: bool, language: str) -> None:
    """The row of an input and its source; of a computed number, the rows it rests on, heaviest first."""
    where = read_labels(labels)
    known = waterplan.open_study(study)
    if name in terms() and term(name).kind in COMPUTED:
        question = waterplan.open_scenario(scenario)
        result = waterplan.answer(known, question)
        rows = waterplan.explain.rests_on(result, name, None, **where)
        if as_json:
            tell_json({"name": name, "labels": where, "value": value_of(result, name, where), "rows": records(rows)})
        else:
            tell("\n".join(heaviest(result, name, where, rows, language)))
        return
    found = waterplan.open_scenario(scenario).trace(known, name, **where)
    if as_json:
        tell_json(row_content(found))
    else:
        tell("\n".join(row_lines(found, language)))


def read_labels(labels: list[str]) -> dict[str, str]:
    """Labels by dimension; a usage error where one is not of the form label=value, or comes twice."""
    where: dict[str, str] = {}
    for given in labels:
        label, _, value = (part.strip() for part in given.partition("="))
        if not (label and value):
            raise WrongUseError(Message("commands.label_form", given=given), "LABEL=VALUE")
        if label in where:
            raise WrongUseError(Message("commands.label_twice", label=label), "LABEL=VALUE")
        where[label] = value
    return where


def row_content(found: Trace) -> dict[str, Any]:
    """The row of an input and its source as an object."""
    row, source = found.row, found.source
    labels = {dim: row[dim] for dim in term(str(row["name"])).dims}
    content = {"name": row["name"], "labels": labels, **{field: row[field] for field in ROW_FIELDS}}
    known = {str(key): value for key, value in source.dropna().items()}
    return {**content, "source": {"source": source.name or row["source"], **known}, **_of_study(row)}


def _of_study(row: Any) -> dict[str, dict[str, Any]]:
    """What the study has where the scenario sets a figure; nothing elsewhere."""
    fields = ("value", "low", "high", "basis", "source", "file", "row", "written", "note")
    return {"instead_of": {field: row[f"study_{field}"] for field in fields}} if row.get("study_file") else {}


def row_lines(found: Trace, language: str) -> list[str]:
    """The row of an input and its source in words."""
    say, row, source = Texts("commands", language), found.row, found.source
    one, unit = term(str(row["name"])), "" if row["unit"] == "1" else str(row["unit"])
    said = "; ".join([one.name, *(f"{term(dim).label(language)} {row[dim]}" for dim in one.dims)])
    verified = say("verified_yes" if source["verified"] == "yes" else "verified_no")
    document = {key: cell_in(source, key, language) for key in ("title", "publisher")}
    year = source.dropna().get("year", "-")
    lines = [
        say("range", low=f"{row['low']:.10g}", high=f"{row['high']:.10g}", unit=unit),
        say("basis", basis=say(f"basis_{row['basis']}")),
        *_place_lines(row, unit, say),
        say("source", key=source.name, **document, year=year, verified=verified)
        if source.name
        else say("source_in_words", words=row["source"]),
        *(say("note", note=note) for note in (row["note"], source["note"]) if note),
    ]
    head = f"{one.label(language)} ({said}): {row['value']:.10g} {unit}".rstrip()
    return [head, *(f"  {line}".rstrip() for line in lines)]


def _place_lines(row: Any, unit: str, say: Texts) -> list[str]:
    """Where a figure stands: its row, or the override that set it and the row of the study below."""
    below = _of_study(row).get("instead_of")
    if below is None:
        return [say("row", file=row["file"], row=row["row"], written=row["written"])]
    numbers = {name: f"{below[name]:.10g}" for name in ("value", "low", "high")}
    words = {name: below[name] for name in ("source", "written")}
    at, basis = _at(below["file"], below["row"], say), say(f"basis_{below['basis']}")
    return [
        say("set_by", place=_at(row["file"], row["row"], say), written=row["written"]),
        say("instead_of", **numbers, **words, unit=unit, basis=basis, place=at),
    ]


def _at(file: str, row: int, say: Texts) -> str:
    return say("at_row", file=file, row=row) if row else file


def value_of(result: Result, name: str, where: dict[str, str]) -> float | None:
    """A computed number summed over the labels that are left open; None where a label is not one of its own."""
    array = waterplan.Plan.of(result).dataset[name]
    if set(where) - set(map(str, array.dims)):
        return None
    return float(array.sel(where).sum(skipna=True))


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as objects, without the labels that an input does not have."""
    fields = [field for field in (*ROW_FIELDS, "source", "derivative", "weight") if field in rows]
    return [
        {"name": row["name"], "labels": {dim: row[dim] for dim in term(row["name"]).dims}}
        | {field: row[field] for field in fields}
        | _of_study(row)
        for row in rows.to_dict("records")
    ]


def heaviest(result: Result, name: str, where: dict[str, str], rows: pd.DataFrame, language: str) -> list[str]:
    """The rows that a computed number rests on in words: the heaviest, each with basis, place and source."""
    say, one = Texts("commands", language), term(name)
    value, total = value_of(result, name, where), float(rows["weight"].sum())
    labels = "; ".join([name, *(f"{dim} {label}" for dim, label in where.items())])
    told = "" if value is None else f": {number(value, 3)} {one.unit}"
    lines = [f"{one.label(language)} ({labels}){told}", f"  {say('rests_on', count=f'{len(rows):,}', unit=one.unit)}"]
    for row in rows.head(SHOWN).to_dict("records"):
        share = row["weight"] / total if total > 0 else 0.0
        place = " ".join([row["name"], *(str(row[dim]) for dim in term(row["name"]).dims)])
        basis, at = say(f"basis_{row['basis']}"), _at(row["file"], row["row"], say)
        for below in _of_study(row).values():
            instead = say("set_here", value=f"{below['value']:.4g}")
            at = f"{at}; {instead}"
        weight = right(number(row["weight"], 2), 9)
        lines.append(
            f"{weight}  {right(percent(share), 6)}  {left(cut(place, PLACE_COLUMNS), PLACE_COLUMNS)}  {basis}; {at}"
        )
    return [*lines, *(f"  {hint}" for hint in _input_of_that_name(name, language))]


def _input_of_that_name(name: str, language: str) -> list[str]:
    """The input that stands in the tables under the name of a computed number."""
    inputs: list[Term] = [one for one in of_kind("input") if one.variable == name]
    return [Texts("commands", language)("input_of_that_name", name=one.name, table=one.table) for one in inputs]
