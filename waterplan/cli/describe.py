"""The data dictionary on the screen."""

from __future__ import annotations

from dataclasses import asdict

from waterplan.base.texts import Texts
from waterplan.base.vocabulary import KINDS, Term, of_kind, term
from waterplan.cli.output import tell, tell_json
from waterplan.report.pages.layout import paragraph, table, width


def print_description(name: str | None, kind: str | None, as_json: bool, language: str) -> None:
    """One name, the names of a kind, or the kinds; raises WaterplanError with the nearest name."""
    if name is not None:
        found = [term(name)]
    elif kind is not None:
        found = of_kind(kind)
    else:
        found = [one for each in KINDS for one in of_kind(each)]
    if as_json:
        tell_json({"terms": [asdict(one) for one in found]})
    elif name is not None:
        tell("\n".join(description(found[0], language)))
    elif kind is not None:
        tell("\n".join(listing(found, language)))
    else:
        tell("\n".join(kinds(language)))


def description(one: Term, language: str) -> list[str]:
    """A name with its meaning, unit, range and default."""
    say = Texts("commands", language)
    return [
        f"{one.name} ({say(f'kind_{one.kind}')}): {one.label(language)}",
        *paragraph(one.meaning(language)),
        *(f"  {fact}" for fact in facts(one, language)),
    ]


def facts(one: Term, language: str) -> list[str]:
    """What is known of a name beyond its meaning."""
    say = Texts("commands", language)
    dims = say("and").join(term(dim).label(language) for dim in one.dims)
    told = [
        say("by", dims=dims) if dims else "",
        say("unit", unit=one.unit) if one.unit not in ("", "1") else "",
        say("bounds", bounds=bounds(one)) if bounds(one) else "",
        say("step", step=f"{one.step:g}") if one.step is not None else "",
        say("default", default=default_value(one, language)) if one.kind == "lever" else "",
        say("acts_on", what=one.acts_on) if one.acts_on else "",
        say("table", table=one.table) if one.table else "",
    ]
    return [fact for fact in told if fact]


def bounds(one: Term) -> str:
    """The range or the words allowed."""
    if one.choices:
        return ", ".join(one.choices)
    if one.lower is None:
        return ""
    return f"{one.lower:g} .. {'' if one.upper is None else f'{one.upper:g}'}".rstrip()


def default_value(one: Term, language: str) -> str:
    """The default of a lever; nothing of other names."""
    if one.kind != "lever":
        return ""
    if one.default is None:
        return Texts("commands", language)("of_study")
    value = str(one.default).lower() if isinstance(one.default, bool) else one.default
    return f"{value:g}" if isinstance(value, float) else value


def listing(found: list[Term], language: str) -> list[str]:
    """The names of a kind, a line each: name, default and range of levers, unit, label."""
    rows = [[one.name, default_value(one, language), bounds(one), one.unit, one.label(language)] for one in found]
    if any(one.kind != "lever" for one in found):
        rows = [[row[0], *row[3:]] for row in rows]
    columns = [max(width(row[n]) for row in rows) for n in range(len(rows[0]))]
    return table(rows, columns, texts=len(columns), indent="")


def kinds(language: str) -> list[str]:
    """The kinds of names, with all their names."""
    say = Texts("commands", language)
    lines = []
    for kind in KINDS:
        found = of_kind(kind)
        lines.append(say("names_of_kind", kind=say(f"kind_{kind}"), count=len(found)))
        lines += paragraph(" ".join(one.name for one in found))
    return [*lines, say("how_to_describe")]
