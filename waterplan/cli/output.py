"""What commands print: text, or one JSON object in which a number that does not exist is null."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import typer

from waterplan.base.errors import InfeasibleError, ProblemsError, WaterplanError
from waterplan.base.messages import in_language
from waterplan.base.texts import Texts

if TYPE_CHECKING:
    from waterplan.planning.explain.ways_out import WayOut

TARGET = "saving_target"
USAGE = 2
BROKEN_PIPE = 141


def plain(value: Any) -> Any:
    """A value as JSON knows it: plain numbers, lists and objects; NaN and infinity are null.

    >>> plain({"cap": float("inf"), "target": 2000.0})
    {'cap': None, 'target': 2000.0}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def tell(text: str = "") -> None:
    """Prints a text at once."""
    typer.echo(text)


def tell_json(content: Mapping[str, Any]) -> None:
    """Prints one JSON object."""
    typer.echo(json.dumps(plain(content), ensure_ascii=False, indent=2, allow_nan=False))


def error_content(error: WaterplanError, language: str) -> dict[str, Any]:
    """An error as an object: its kind, what is said in the language asked for, and what there is beyond."""
    kind = type(error).__name__.removesuffix("Error").lower()
    content: dict[str, Any] = {"error": kind, "message": error.text(language), "exit_code": error.exit_code}
    if isinstance(error, ProblemsError):
        fields = ("file", "row", "column", "message")
        content["problems"] = [
            {name: in_language(getattr(problem, name), language) for name in fields} for problem in error.problems
        ]
    if isinstance(error, InfeasibleError):
        ways = [{"settings": way.settings, "annual_cost": way.result.ledger.annual_cost} for way in ways_of(error)]
        content |= {"attainable": error.attainable, "shortfall": error.shortfall, "ways_out": ways}
    return content


def ways_of(error: InfeasibleError) -> list[WayOut]:
    """The ways out that an error carries; errors.py, the lowest room, knows them as objects only."""
    return cast("list[WayOut]", list(error.ways_out))


def error_text(error: WaterplanError, language: str) -> str:
    """An error in a few lines, of an infeasible scenario with the ways out."""
    if not isinstance(error, InfeasibleError):
        return error.text(language)
    say = Texts("commands", language)
    lines = [error.text(language)]
    ways = ways_of(error)
    if ways:
        alone = [way for way in ways if len(way.settings) == 1 and TARGET not in way.settings]
        lines += [] if alone else [say("no_single_change")]
        lines += [say("ways_out"), *(f"  {way_text(way, say)}" for way in ways)]
    return "\n".join(lines)


def way_text(way: WayOut, say: Texts) -> str:
    """A way out as the settings that make it, with what the plan then costs."""
    cost = say("way_cost", cost=f"{way.result.ledger.annual_cost:,.1f}")
    return f"{' '.join(_settings(way.settings))}  ({cost})"


def _settings(settings: Mapping[str, Any]) -> Iterator[str]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from (f"{name}.{label}={_shown(one)}" for label, one in value.items())
        else:
            yield f"{name}={_shown(value)}"


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value) or "[]"
    return f"{value:.10g}" if isinstance(value, float) else str(value).lower()
