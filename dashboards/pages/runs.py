"""The Runs page: a store of runs, and how somebody slices it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..jobs import WORK
from ..messages import Runs
from ..stores import view
from ..visit import Handlers, Visit

ASKED = ("store", "figure", "across")
TEXT_MAX, NAME_MAX, DIMS_MAX = 300, 100, 50


@dataclass
class Slice:
    """What a visitor wants of the runs, as :func:`view` takes it."""

    wanted: dict[str, Any] = field(default_factory=dict)


def runs(visit: Visit, message: Runs) -> None:
    """Another store, figure or place of a lever; another store begins anew."""
    slice_ = visit.part(Slice)
    asked: dict[str, Any] = {key: str(one)[:TEXT_MAX] for key, one in message.items() if key in ASKED}
    at = slice_.wanted.get("at", {})
    if "dim" in message and "place" in message:
        named = {**at, message["dim"][:NAME_MAX]: message["place"]}
        asked["at"] = dict(list(named.items())[-DIMS_MAX:])
    slice_.wanted = ({} if "store" in asked else slice_.wanted) | asked
    visit.number += 1
    show(visit)
    visit.hush()


def show(visit: Visit) -> None:
    """Shows the runs as they are sliced."""
    wanted, stores = dict(visit.part(Slice).wanted), visit.answers.stores
    visit.ask(WORK, "runs", lambda: view(stores, wanted))


HANDLERS: Handlers = {"runs": runs}
