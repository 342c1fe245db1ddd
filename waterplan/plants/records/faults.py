"""What is wrong with a plant's file and what reading changed in it, collected with file, sheet, row and column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from waterplan.base.errors import DataError, Problem
from waterplan.base.messages import Message, Name
from waterplan.plants.records.records import Conversion

TOLD_EACH = 5
FAULTS_MAX = 100  # of a column, or of the first rows of a sheet; then the file is refused for them
SHOWN_LENGTH = 60
NO_MARKUP = str.maketrans("<>", "\u2039\u203a")


def shown(text: object) -> str:
    """A text of the file as a message may repeat it: short, on one line, never markup.

    >>> shown("<b>")
    '\u2039b\u203a'
    """
    plain = "".join(sign if sign.isprintable() else "\ufffd" for sign in str(text)[: SHOWN_LENGTH + 1])
    return (plain if len(plain) <= SHOWN_LENGTH else f"{plain[: SHOWN_LENGTH - 3]}...").translate(NO_MARKUP)


@dataclass
class Faults:
    """Problems and conversions of one file, as they are found.

    The same fault in many rows of a column is told a few times, then counted; so is the same conversion.
    """

    file: str
    problems: list[Problem] = field(default_factory=list)
    conversions: list[Conversion] = field(default_factory=list)

    def place(self, sheet: str) -> str:
        """The file, with the sheet where it has any."""
        return f"{self.file} [{shown(sheet)}]" if sheet else self.file

    def add(self, sheet: str, row: int, column: str, message: Message) -> None:
        """One problem at one place; row 0 stands for the sheet as a whole."""
        where = column if isinstance(column, Name) else shown(column)
        self.problems.append(Problem(self.place(sheet), int(row), where, message))

    def add_rows(self, sheet: str, rows: Iterable[int], column: str, message: Message) -> None:
        """The same problem in several rows: the first few each, the others counted."""
        places = [int(row) for row in rows]
        for number, row in enumerate(places[:TOLD_EACH], start=1):
            more = len(places) - TOLD_EACH
            if number == TOLD_EACH and more > 0:
                message = Message("plants.same_in_more", message=message, count=more)
            self.add(sheet, row, column, message)

    def is_one_more(self, count: int, sheet: str, column: str) -> bool:
        """Whether a column's next different fault is told; one too many says so once, and the rest is not looked at."""
        if count == FAULTS_MAX + 1:
            self.add(sheet, 0, column, Message("plants.many_faults", most=FAULTS_MAX))
        return count <= FAULTS_MAX

    def changed(self, sheet: str, row: int, column: str, written: object, became: str) -> None:
        """One thing that reading changed."""
        self.conversions.append(Conversion(self.file, shown(sheet), int(row), shown(column), shown(written), became))

    def changed_cells(self, sheet: str, column: str, cells: Sequence[tuple[int, int, str, str]]) -> None:
        """Cells of a column that were changed: row, number of such cells, what was written, what it became."""
        for row, count, written, became in cells[:TOLD_EACH]:
            told = Message("plants.in_cells", became=became, count=count) if count > 1 else became
            self.changed(sheet, row, column, written, told)
        rest = cells[TOLD_EACH:]
        if rest:
            row, _, written, became = rest[0]
            count = sum(count for _, count, _, _ in rest)
            self.changed(sheet, row, column, written, Message("plants.and_more_cells", became=became, count=count))

    def stop(self) -> None:
        """Raises DataError with all that was found, if anything was."""
        if self.problems:
            raise DataError(self.problems)
