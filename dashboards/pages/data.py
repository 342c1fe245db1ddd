"""The Data page: rows of the study that somebody looks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..jobs import LOOK
from ..messages import Rows
from ..visit import Handlers, Visit

ASKED = ("text", "name", "basis", "at")
TEXT_MAX = 200


@dataclass
class Search:
    """What a visitor looks for, as ``Rows.find`` takes it."""

    wanted: dict[str, Any] = field(default_factory=dict)


def rows(visit: Visit, message: Rows) -> None:
    """Looks for other rows, or turns the page."""
    search = visit.part(Search)
    changed = {key: str(one)[:TEXT_MAX] for key, one in message.items() if key in ASKED}
    search.wanted = {**search.wanted, **changed, "page": message.get("page", 0)}
    visit.number += 1
    show(visit)
    visit.hush()


def show(visit: Visit) -> None:
    """Shows the rows that were found."""
    wanted = {**visit.part(Search).wanted, "language": visit.state.language}
    visit.ask(LOOK, "rows", lambda: visit.answers.rows.find(**wanted))


HANDLERS: Handlers = {"rows": rows}
