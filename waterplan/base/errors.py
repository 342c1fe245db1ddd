"""What can go wrong, and the exit code of each kind.

.. code-block:: text

    WaterplanError                2 is left to the command line's own usage errors, 1 to crashes
    ├── DataError            3    a table, a plan file or a plant's record is not as it must be; all problems at once
    ├── ScenarioError        4    a scenario asks for something that does not exist or is out of range
    ├── InfeasibleError      5    no plan satisfies all limits; says the attainable maximum and ways out
    ├── SolverError          6    the solver stopped without an answer
    │   └── StoppedError     6    its time was up, or a newer request took its place
    ├── CertificateError     7    a plan does not survive recomputation from the tables
    ├── OutputError          8    a file or a folder cannot be written, whichever command writes it
    └── BusyError            8    somebody else writes in the pool of peers
"""

from __future__ import annotations

import difflib
import os
import reprlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from waterplan.base.messages import LANGUAGES, Message, in_language

INTERRUPTED = 130  # what a shell shows of a command that Ctrl-C ended
SHOWN_PROBLEMS = 50
PROBLEMS_MAX = 100  # of what is wrong in a scenario; what comes after them is not looked at
DIGITS_MAX = 18  # no difference that counts is smaller: a billionth of the smallest study
PATHS = (str, os.PathLike)  # what a path may be given as


def nearest(word: str, words: Iterable[str]) -> str:
    """The nearest allowed word, or nothing when none is near."""
    written, known = str(word), list(words)
    if len(written) > 3 * max(map(len, known), default=0):  # too long to be near any
        return ""
    return next(iter(difflib.get_close_matches(written, known, n=1, cutoff=0.6)), "")


def suggest(word: str, words: Iterable[str]) -> str:
    """A sentence that names the nearest allowed word, or nothing when none is near."""
    near = nearest(word, words)
    return Message("errors.did_you_mean", name=near) if near else ""


def either(words: Sequence[object]) -> object:
    """One of several, as it is said.

    >>> str(either(["t", "kg", "g"])), either(["t", "kg"]).text("zh")
    ('t or kg or g', 't 或 kg')
    """
    first, *rest = words
    return Message("errors.either", first=first, second=either(rest)) if rest else first


def both(words: Sequence[object]) -> object:
    """All of several, as it is said.

    >>> both(["t", "kg", "g"])
    't and kg and g'
    """
    first, *rest = words
    return Message("errors.both", first=first, second=both(rest)) if rest else first


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong, and where: file, row (line of the file, the header is row 1) and column.

    Row 0 stands for the file as a whole, an empty column for the row as a whole.
    """

    file: str
    row: int
    column: str
    message: Message

    def text(self, language: str = LANGUAGES[0]) -> str:
        """The place in its file, and what is wrong there."""
        key = "errors.row_column" if self.column else "errors.row"
        place = Message(key, row=self.row, column=self.column) if self.row else self.column
        said = Message("errors.at", place=place, message=self.message) if place else self.message
        return str(in_language(said, language))

    def __str__(self) -> str:
        return self.text()


class WaterplanError(Exception):
    """Anything that waterplan reports to its user in words; as a text the English ones."""

    exit_code = 8

    def text(self, language: str = LANGUAGES[0]) -> str:
        """What is said, in a language."""
        return str(in_language(self.args[0], language)) if self.args else ""


class ProblemsError(WaterplanError):
    """Many problems at once, grouped by file.

    >>> print(DataError([Problem("a.csv", 2, "unit", 'got "kg".')]))
    a.csv: 1 problem
      row 2, unit: got "kg".
    """

    def __init__(self, problems: Sequence[Problem]):
        super().__init__(problems)
        self.problems = sorted(problems)

    def __str__(self) -> str:
        return self.text()

    def text(self, language: str = LANGUAGES[0]) -> str:
        """All problems, file by file."""
        lines: list[str] = []
        for file in dict.fromkeys(problem.file for problem in self.problems):
            here = [problem for problem in self.problems if problem.file == file]
            head = "errors.problems" if len(here) > 1 else "errors.one_problem"
            lines.append(Message(head, file=file, count=len(here)).text(language))
            lines += [f"  {problem.text(language)}" for problem in here[:SHOWN_PROBLEMS]]
            if len(here) > SHOWN_PROBLEMS:
                lines.append(f"  {Message('errors.more', count=len(here) - SHOWN_PROBLEMS).text(language)}")
        return "\n".join(lines)


class DataError(ProblemsError):
    """A table, a plan file or a plant's record is not as it must be."""

    exit_code = 3


class ScenarioError(ProblemsError):
    """A scenario asks for something that does not exist or is out of range."""

    exit_code = 4


class OutputError(ProblemsError):
    """A file or a folder cannot be written where it was asked for; says why, and that what stood there is unharmed."""


def must_be(
    given: object,
    kinds: type | tuple[type, ...],
    where: str,
    allowed: Message,
    error: type[WaterplanError] = WaterplanError,
) -> None:
    """Raises an error that says where something of another kind was given; true and false are no numbers.

    >>> must_be(3, str, "title", Message("errors.a_text"), ScenarioError)
    Traceback (most recent call last):
    waterplan.base.errors.ScenarioError: title: 1 problem
      got int 3; give a text.
    """
    among = kinds if isinstance(kinds, tuple) else (kinds,)
    if isinstance(given, among) and (bool in among or not isinstance(given, bool)):
        return
    message = Message("errors.got", kind=type(given).__name__, given=reprlib.repr(given), allowed=allowed)
    if issubclass(error, ProblemsError):
        raise error([Problem(where, 0, "", message)])
    raise error(Message("errors.at", place=where, message=message))


def digits_apart(difference: float) -> int:
    """Digits after the point that two figures need for their difference to be seen; two at least.

    >>> digits_apart(12.5), digits_apart(0.003), digits_apart(4e-12)
    (2, 3, 12)
    """
    return next((digits for digits in range(2, DIGITS_MAX) if round(abs(difference), digits) > 0), DIGITS_MAX)


def told_apart(target: float, attainable: float, digits: int, marks: str = "") -> str:
    """A target to so many digits, and to as many more as it needs to be seen above what is attainable.

    >>> told_apart(258.5, 12.0, 10), told_apart(258.0495026331, 258.0495026320, 10)
    ('258.5', '258.049502633')
    """
    told = f"{target:{marks}.{digits}g}"
    if float(told.replace(",", "")) > attainable:
        return told
    return f"{target:{marks}.{digits_apart(target - attainable)}f}"


class InfeasibleError(WaterplanError):
    """No plan satisfies all limits.

    attainable: the largest counted saving that the limits allow [hm3/a; m3/a in the plan of one plant].
    shortfall: what is missing to the target, in the same unit.
    ways_out: single changes (or the best pair) that make it feasible, each verified by solving.
    """

    exit_code = 5

    def __init__(self, message: str, attainable: float, shortfall: float, ways_out: Sequence[object] = ()):
        super().__init__(message)
        self.attainable = attainable
        self.shortfall = shortfall
        self.ways_out = tuple(ways_out)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.args[0], self.attainable, self.shortfall, self.ways_out)


class SolverError(WaterplanError):
    """The solver stopped without an answer (limit, numerical trouble); says its status."""

    exit_code = 6


class StoppedError(SolverError):
    """A search was stopped before it had an answer: its time was up, or a newer request took its place."""


class BusyError(WaterplanError):
    """Somebody else writes in a database, and did not end while it was waited for."""


class CertificateError(WaterplanError):
    """A plan does not survive recomputation from the tables."""

    exit_code = 7
