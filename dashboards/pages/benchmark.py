"""The Benchmark page: a visitor's plant among others, and what he asks of it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

from waterplan.base.errors import BusyError, WaterplanError

from .. import messages
from ..bounds import PLANT_FILE_MAX
from ..heap import give_back
from ..jobs import LOOK, PLANT, POOL
from ..plant_form import cleaned
from ..plant_view import SHARE, TERM
from ..plants import EXAMPLE, FILE, FORM, Plants, Work, busy
from ..shelf import Given
from ..visit import DETAIL_MAX, Handlers, Visit

NAME_MAX, GRADE_MAX, KEY_MAX = 120, 20, 400
GOAL_MAX = 1e13
SHARE_MAX, TERM_MAX = 1.0, 100.0


def plants_of(visit: Visit) -> Plants:
    """What works out a plant for this visit."""
    return Plants(visit.facts.study, visit.answers.shelf, visit.pool)


def file(visit: Visit, message: messages.PlantFile) -> None:
    """A file that was uploaded; its size is looked at before and after unpacking."""
    data = message["data"]
    if len(data) > PLANT_FILE_MAX * 4 // 3 + 4:
        visit.tell("plant_too_large")
        return
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        visit.tell("plant_no_file")
        return
    _take(visit, Given(FILE, message["name"][:NAME_MAX], content))


def form(visit: Visit, message: messages.PlantForm) -> None:
    """A form that was filled in. Raises ValueError for what is no form."""
    _take(visit, Given(FORM, "", cleaned(message["form"])))


def example(visit: Visit, _message: messages.Word) -> None:
    """The plant that does not exist."""
    _take(visit, Given(EXAMPLE, "", None))


def choose(visit: Visit, message: messages.PlantChoose) -> None:
    """Another plant or year of the same file, or a part of a name to look for. Raises KeyError if it says neither."""
    work = visit.part(Work)
    if "filter" in message:
        work.filter = message["filter"][:NAME_MAX]
    else:
        work.chosen = (message["plant"], message["year"])
        work.goal, work.contract, work.pooled = None, {}, None
    again(visit)


def goal(visit: Visit, message: messages.PlantGoal) -> None:
    """What the plan is to reach; without a kind the usual goal. Raises ValueError for a number that is none."""
    work, value = visit.part(Work), message.get("value", 0)
    if "kind" not in message:
        work.goal = None
    elif message["kind"] == "grade":
        work.goal = (message["kind"], str(value)[:GRADE_MAX])
    else:
        work.goal = (message["kind"], min(max(float(value), 0.0), GOAL_MAX))
    work.contract = {}
    again(visit)


def contract(visit: Visit, message: messages.PlantContract) -> None:
    """The share of the saving that the company receives, and for how long."""
    work = visit.part(Work)
    if "share" in message:
        work.contract[SHARE] = min(max(message["share"], 0.0), SHARE_MAX)
    if "term" in message:
        work.contract[TERM] = min(max(message["term"], 0.0), TERM_MAX)
    again(visit)


def clear(visit: Visit, _message: messages.Word) -> None:
    """Forgets everything, and shows that it has."""
    forget(visit)
    again(visit)


def forget(visit: Visit) -> None:
    """Lets go of all that was given and worked out."""
    given, shelf = visit.part(Work).given, visit.answers.shelf
    visit.drop(Work)
    if given is None:
        return
    shelf.leave(given)
    if given.is_large:
        del given
        visit.answers.jobs.ask(LOOK, shelf, give_back, lambda: True, give_back)


def give(visit: Visit, message: messages.PlantGive) -> None:
    """Gives the record of this plant and year to the pool: with consent, a key and a pool only."""
    if message.get("consent", False):
        _pooled(visit, message.get("key", ""), lambda pool, one, key: _receipt(pool.submit(one.records, key)))
    else:
        visit.tell("pool_no_consent")


def withdraw(visit: Visit, message: messages.PlantGive) -> None:
    """Takes the plant out of the pool again, with its history."""
    _pooled(visit, message.get("key", ""), lambda pool, one, key: {"withdrawn": pool.withdraw(key, one.plant)})


def again(visit: Visit) -> None:
    """Works everything out that is not known yet, and shows it."""
    visit.number += 1
    show(visit)


def show(visit: Visit) -> None:
    """Shows the plant: at once if there is none, otherwise from a thread."""
    plants, work, language, frame = plants_of(visit), visit.part(Work), visit.state.language, _frame(visit)
    if work.given is None:
        visit.show("plant", {**frame, "state": "empty"})
        return
    visit.ask(PLANT, "plant", lambda: {**frame, **plants.content(work, language)})


def _frame(visit: Visit) -> dict[str, Any]:
    given = visit.part(Work).given
    return {
        "seq": visit.seen,
        "kind": given.kind if given else "",
        "file": given.name if given else "",
        "offers_pool": visit.pool is not None and not visit.read_only,
        "bytes_max": PLANT_FILE_MAX,
    }


def _take(visit: Visit, given: Given) -> None:
    work = visit.part(Work)
    if not visit.answers.shelf.take(given, work.given):
        visit.tell("plant_no_room")
        return
    visit.drop(Work)
    visit.part(Work).given = given
    again(visit)


def _pooled(visit: Visit, key: str, act: Callable[[Any, Any, str], dict[str, Any]]) -> None:
    """Something about the pool, in a thread. The key is used and forgotten."""
    plants, work, language = plants_of(visit), visit.part(Work), visit.state.language
    if visit.pool is None or visit.read_only or work.given is None:
        visit.tell("pool_not_here")
        return
    key = key[:KEY_MAX].strip()

    def ask() -> dict[str, Any]:
        try:
            return act(plants.pool, plants.standing(work, language), key)
        except BusyError:
            return busy(language)
        except WaterplanError as error:
            return {"fault": error.text(language)[:DETAIL_MAX]}

    def then(done: dict[str, Any]) -> None:
        work.pooled = done
        show(visit)

    visit.number += 1
    visit.run(POOL, ask, then, visit.number, always=True)


def _receipt(receipt: Any) -> dict[str, Any]:
    return {
        "taken": receipt.taken, "unchanged": receipt.unchanged,
        "skipped": [product for _, _, product in receipt.skipped],
    }  # fmt: skip


HANDLERS: Handlers = {
    "plant_file": file, "plant_form": form, "plant_example": example, "plant_choose": choose, "plant_goal": goal,
    "plant_contract": contract, "plant_clear": clear, "plant_give": give, "plant_withdraw": withdraw,
}  # fmt: skip
