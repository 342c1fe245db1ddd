"""The Benchmark page without Panel: a visitor's plant, kept in the memory of his session and nowhere else.

What was given (a file's bytes, a form) is kept as it came; records, problems and the standing are worked out of it in
threads, anew in each language. Clearing drops all of it. Nothing of it is in the address, in the log or on the disk.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from waterplan import Goal, plant_standing, plant_year, read_records
from waterplan.base.errors import BusyError, DataError, WaterplanError
from waterplan.base.texts import Texts
from waterplan.plants.records.reader import read_table

from .jobs import LOOK, PLANT, POOL, is_abandoned, safe_point
from .plant_files import ROOM, FileMaker
from .plant_form import cleaned, example, table_of
from .plant_view import SHARE, TERM, told
from .shelf import Given, give_back

if TYPE_CHECKING:
    from .session import Session

BYTES_MAX = 8 * 2**20
NAME_MAX, LISTED_MAX, CHOICES_MAX = 120, 200, 200
FILE, FORM, EXAMPLE = "file", "form", "example"
GOALS = ("grade", "budget", "payback")
GOAL_MAX = 1e13


@dataclass(frozen=True)
class Faulty:
    """What is wrong with a file, as it is shown: the first problems and how many there are, nothing of the file."""

    problems: list[list[Any]]
    count: int


@dataclass(eq=False)
class Work:
    """The plant of a session. chosen: plant and year; goal: kind and value; contract: share and term."""

    given: Given | None = None
    chosen: tuple[str, int] | None = None
    goal: tuple[str, Any] | None = None
    contract: dict[str, float] = field(default_factory=dict)
    filter: str = ""
    pooled: dict[str, Any] | None = None
    own: tuple[Any, Any] | None = None  # language, plant and year; its records alone
    standing: tuple[Any, Any] | None = None  # what it was asked for, and the answer
    pool_was_busy: bool = False  # when the standing was made: the next view asks it again
    lock: Any = field(default_factory=threading.RLock)  # the page and a file of it are made of one reading


class Plants:
    """Messages of the Benchmark page."""

    def __init__(self, session: Session, pool: Any = None):
        self.session, self.pool, self.shelf = session, pool, session.answers.shelf
        self.work = Work()
        self.files = FileMaker(self)

    def on_plant_file(self, message: Mapping[str, Any]) -> None:
        """A file that was uploaded; its size is looked at before and after unpacking."""
        data, name = message.get("data"), str(message.get("name") or "")[:NAME_MAX]
        if not isinstance(data, str) or len(data) > BYTES_MAX * 4 // 3 + 4:
            self._refuse("plant_too_large")
            return
        try:
            content = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            self._refuse("plant_no_file")
            return
        self._take(Given(FILE, name, content))

    def on_plant_form(self, message: Mapping[str, Any]) -> None:
        """A form that was filled in."""
        self._take(Given(FORM, "", cleaned(message.get("form"))))

    def on_plant_example(self, message: Mapping[str, Any]) -> None:
        """The plant that does not exist."""
        self._take(Given(EXAMPLE, "", None))

    def on_plant_choose(self, message: Mapping[str, Any]) -> None:
        """Another plant or year of the same file, or a part of a name to look for."""
        if "filter" in message:
            self.work.filter = str(message["filter"])[:NAME_MAX]
        else:
            self.work.chosen = (str(message["plant"]), int(message["year"]))
            self.work.goal, self.work.contract, self.work.pooled = None, {}, None
        self.again()

    def on_plant_goal(self, message: Mapping[str, Any]) -> None:
        """What the plan is to reach; without a kind the usual goal."""
        kind, value = message.get("kind"), message.get("value")
        if kind not in GOALS:
            self.work.goal = None
        elif kind == "grade":
            self.work.goal = (kind, str(value)[:20])
        else:
            self.work.goal = (kind, min(max(float(value or 0), 0.0), GOAL_MAX))
        self.work.contract = {}
        self.again()

    def on_plant_contract(self, message: Mapping[str, Any]) -> None:
        """The share of the saving that the company receives, and for how long."""
        for name, most in ((SHARE, 1.0), (TERM, 100.0)):
            if name in message:
                self.work.contract[name] = min(max(float(message[name]), 0.0), most)
        self.again()

    def on_plant_clear(self, message: Mapping[str, Any]) -> None:
        """Forgets everything, and shows that it has."""
        self.forget()
        self.again()

    def forget(self) -> None:
        """Lets go of all that was given and worked out."""
        given, self.work = self.work.given, Work()
        if given is None:
            return
        self.shelf.leave(given)
        if given.is_large:
            del given
            self.session.answers.jobs.ask(LOOK, self.shelf, give_back, lambda: True, give_back)

    def on_plant_file_wanted(self, message: Mapping[str, Any]) -> None:
        """A file to download: a table, the report, or the template."""
        self.files.make(message)

    def on_plant_give(self, message: Mapping[str, Any]) -> None:
        """Gives the record of this plant and year to the pool: with consent, a key and a pool only."""
        if message.get("consent") is True:
            self._pooled(message, lambda pool, one, key: _receipt(pool.submit(one.records, key)))
        else:
            self._refuse("pool_no_consent")

    def on_plant_withdraw(self, message: Mapping[str, Any]) -> None:
        """Takes the plant out of the pool again, with its history."""
        self._pooled(message, lambda pool, one, key: {"withdrawn": pool.withdraw(key, one.plant)})

    def again(self) -> None:
        """Works everything out that is not known yet, and shows it."""
        self.session.number += 1
        self.show(self.session.number)

    def show(self, number: int) -> None:
        """Shows the plant: at once if there is none, otherwise from a thread."""
        session, work, language = self.session, self.work, self.session.state.language
        seq = session.seen
        if work.given is None:
            session.show("plant", {**self._frame(seq), "state": "empty"})
            return

        def content() -> dict[str, Any]:
            return {**self._frame(seq), **self._content(work, language)}

        session.run(PLANT, content, lambda found: session.show("plant", found), number)

    def standing(self, work: Work, language: str) -> Any:
        """The standing of the plant chosen, kept until something else is asked. Raises WaterplanError."""
        with work.lock:
            safe_point()
            return self._standing(work, language)

    def _standing(self, work: Work, language: str) -> Any:
        assert work.given is not None
        records = self._records(work, language)
        if isinstance(records, Faulty):
            raise WaterplanError(Texts(ROOM, language)("plant_problems"))
        own = _own(work, records, language)
        plant, year = own.sites.index[0]
        asked = (id(work.given), language if work.given.kind == EXAMPLE else "", plant, year, work.goal)
        if work.standing is None or work.standing[0] != asked:
            goal, place = Goal(*work.goal) if work.goal else None, self._place(own, work)
            made = plant_standing(own, plant, int(year), self.session.facts.study, place=place, goal=goal)
            work.standing = (asked, made)
        return work.standing[1]

    def _take(self, given: Given) -> None:
        if not self.shelf.take(given, self.work.given):
            self._refuse("plant_no_room")
            return
        self.work = Work(given=given)
        self.again()

    def _refuse(self, key: str) -> None:
        self.session.tell(key)

    def _frame(self, seq: int) -> dict[str, Any]:
        given = self.work.given
        return {
            "seq": seq,
            "kind": given.kind if given else "",
            "file": given.name if given else "",
            "offers_pool": self.pool is not None and not self.session.read_only,
            "bytes_max": BYTES_MAX,
        }

    def _content(self, work: Work, language: str) -> dict[str, Any]:
        records = self._records(work, language)
        safe_point()
        if isinstance(records, Faulty):
            return {"state": "problems", "problems": records.problems, "problem_count": records.count}
        plant, year = _chosen(work, records)
        changed = _own(work, records, language).conversions
        found = {
            "conversions": [[one.sheet, one.row, one.column, one.written, one.became] for one in changed[:LISTED_MAX]],
            "conversion_count": len(changed),
            **_chooser(records, work.filter),
        }
        if work.pool_was_busy:
            work.standing, work.pool_was_busy = None, False
        try:
            one = self.standing(work, language)
        except WaterplanError as error:
            fault = [["", 0, "", str(error)]]
            return found | {"state": "problems", "problems": fault, "problem_count": 1, "plant": plant, "year": year}
        safe_point()
        pooled = work.pooled or (_busy(language) if work.pool_was_busy else None)
        return found | {"state": "ready", "pooled": pooled, **told(one, language, work.contract)}

    def _records(self, work: Work, language: str) -> Any:
        """The records, or what is wrong with them, in words of a language; read anew where they gave way to others."""
        assert work.given is not None
        with work.lock:
            safe_point()
            found = work.given.read.get(language)
            if found is None:
                found = work.given.read[language] = self._read(work.given, language)
                if work.given.is_large:
                    give_back()
            self.shelf.used(work.given)
            return found

    def _read(self, given: Given, language: str) -> Any:
        study = self.session.facts.study
        try:
            if given.kind == FILE:
                return read_records(given.content, study, given.name, language, cancelled=is_abandoned)
            form = cleaned(example(language)) if given.kind == EXAMPLE else given.content
            return read_table(table_of(form, study, language), study, "", language)
        except DataError as error:  # it holds on to all that was read: what is shown of it is kept
            listed = [[one.file, one.row, one.column, one.message] for one in error.problems[:LISTED_MAX]]
            return Faulty(listed, len(error.problems))

    def _place(self, records: Any, work: Work) -> Any:
        """What the pool tells of the plant's place; None where it tells nothing, or is busy."""
        if self.pool is None:
            return None
        try:
            return self.pool.place(records)
        except BusyError:
            work.pool_was_busy = True
            return None
        except WaterplanError:  # no release yet, or nothing that can be placed
            return None

    def _pooled(self, message: Mapping[str, Any], act: Callable[[Any, Any, str], dict[str, Any]]) -> None:
        """Something about the pool, in a thread. The key is used and forgotten."""
        session, work, language = self.session, self.work, self.session.state.language
        if self.pool is None or session.read_only or work.given is None:
            self._refuse("pool_not_here")
            return
        key = str(message.get("key") or "")[:400].strip()

        def ask() -> dict[str, Any]:
            try:
                return act(self.pool, self.standing(work, language), key)
            except BusyError:
                return _busy(language)
            except WaterplanError as error:
                return {"fault": str(error)[:600]}

        def then(done: dict[str, Any]) -> None:
            work.pooled = done
            self.show(session.number)

        session.number += 1
        session.run(POOL, ask, then, session.number, always=True)


def _busy(language: str) -> dict[str, Any]:
    return {"fault": Texts(ROOM, language)("pool_busy")}


def _receipt(receipt: Any) -> dict[str, Any]:
    return {
        "taken": receipt.taken, "unchanged": receipt.unchanged,
        "skipped": [product for _, _, product in receipt.skipped],
    }  # fmt: skip


def _chosen(work: Work, records: Any) -> tuple[str, int]:
    """The plant and year that were chosen, or the newest year of the first plant."""
    index = records.sites.index
    if work.chosen is not None and work.chosen in index:
        return work.chosen
    first = index[0][0]
    return str(first), max(int(year) for plant, year in index[index.get_level_values(0) == first])


def _own(work: Work, records: Any, language: str) -> Any:
    """The records of the plant and year chosen alone, kept until another is."""
    asked = (language, *_chosen(work, records))
    if work.own is None or work.own[0] != asked:
        work.own = (asked, plant_year(records, *asked[1:]))
    return work.own[1]


def _chooser(records: Any, wanted: str) -> dict[str, Any]:
    """The plant-years to choose from; of very many those whose name holds a text, and how many there are."""
    index = records.sites.index
    names = index.get_level_values(0)
    if wanted:
        index = index[names.str.contains(wanted, case=False, regex=False)]
    return {
        "choices": [[str(plant), int(year)] for plant, year in index[:CHOICES_MAX]],
        "choice_count": len(records.sites),
        "found_count": len(index),
        "filter": wanted,
    }
