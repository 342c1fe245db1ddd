"""A visitor's plant, kept in the memory of his visit and nowhere else, and what is worked out of it.

What was given (a file's bytes, a form) is kept as it came; records, problems and the standing are worked out of it in
threads, anew in each language. Clearing drops all of it. Nothing of it is in the address, in the log or on the disk.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from waterplan import Goal, Study, plant_standing, plant_year, read_records
from waterplan.base.errors import BusyError, DataError, WaterplanError
from waterplan.base.messages import Message, in_language
from waterplan.base.texts import Texts
from waterplan.plants.records.reader import read_table

from .heap import give_back
from .jobs import is_abandoned, safe_point
from .plant_form import cleaned, example, table_of
from .plant_tables import ROOM
from .plant_view import told
from .shelf import Given, Shelf

LISTED_MAX, CHOICES_MAX = 200, 200
FILE, FORM, EXAMPLE = "file", "form", "example"


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


@dataclass(frozen=True)
class Plants:
    """What is worked out of visitors' plants: for a study, among the peers of a pool."""

    study: Study
    shelf: Shelf
    pool: Any = None

    def standing(self, work: Work, language: str) -> Any:
        """The standing of the plant chosen, kept until something else is asked. Raises WaterplanError."""
        with work.lock:
            safe_point()
            return self._standing(work, language)

    def _standing(self, work: Work, language: str) -> Any:
        assert work.given is not None
        records = self._records(work, language)
        if isinstance(records, Faulty):
            raise WaterplanError(Message("benchmark_page.plant_problems"))
        own = _own(work, records, language)
        plant, year = own.sites.index[0]
        asked = (id(work.given), language if work.given.kind == EXAMPLE else "", plant, year, work.goal)
        if work.standing is None or work.standing[0] != asked:
            goal, place = Goal(*work.goal) if work.goal else None, self._place(own, work)
            made = plant_standing(own, plant, int(year), self.study, place=place, goal=goal)
            work.standing = (asked, made)
        return work.standing[1]

    def content(self, work: Work, language: str) -> dict[str, Any]:
        """What is shown of the plant, or what is wrong with what was given."""
        records = self._records(work, language)
        safe_point()
        if isinstance(records, Faulty):
            return {"state": "problems", "problems": records.problems, "problem_count": records.count}
        plant, year = _chosen(work, records)
        changed = [one.said_in(language) for one in _own(work, records, language).conversions[:LISTED_MAX]]
        found = {
            "conversions": [[one.sheet, one.row, one.column, one.written, one.became] for one in changed],
            "conversion_count": len(_own(work, records, language).conversions),
            **_chooser(records, work.filter),
        }
        if work.pool_was_busy:
            work.standing, work.pool_was_busy = None, False
        try:
            one = self.standing(work, language)
        except WaterplanError as error:
            fault = [["", 0, "", error.text(language)]]
            return found | {"state": "problems", "problems": fault, "problem_count": 1, "plant": plant, "year": year}
        safe_point()
        pooled = work.pooled or (busy(language) if work.pool_was_busy else None)
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
        study = self.study
        try:
            if given.kind == FILE:
                return read_records(given.content, study, given.name, cancelled=is_abandoned)
            form = cleaned(example(language)) if given.kind == EXAMPLE else given.content
            return read_table(table_of(form, study, language), study, "")
        except DataError as error:  # it holds on to all that was read: what is shown of it is kept
            listed = [
                [one.file, one.row, in_language(one.column, language), in_language(one.message, language)]
                for one in error.problems[:LISTED_MAX]
            ]
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


def busy(language: str) -> dict[str, Any]:
    """What is said of a pool that somebody else writes in."""
    return {"fault": Texts(ROOM, language)("pool_busy")}


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
