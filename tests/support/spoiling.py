"""A copy of a study's folder in which single cells, rows and files can be changed."""

import csv
import shutil
from pathlib import Path

from waterplan.base.errors import DataError, Problem
from waterplan.study.study import Study


class Copy:
    """A folder of tables; rows are counted as an editor counts lines, the header is 1."""

    def __init__(self, study: Path, folder: Path):
        self.folder = Path(shutil.copytree(study, folder))

    def read(self) -> Study:
        return Study.read(self.folder)

    def problems(self) -> list[Problem]:
        """What is wrong with it; nothing if it can be read."""
        try:
            self.read()
        except DataError as error:
            return error.problems
        return []

    def records(self, table: str) -> list[list[str]]:
        with (self.folder / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
            return list(csv.reader(lines))

    def write(self, table: str, records: list[list[str]], encoding: str = "utf-8") -> None:
        with (self.folder / f"{table}.csv").open("w", encoding=encoding, newline="") as lines:
            csv.writer(lines, lineterminator="\n").writerows(records)

    def row(self, table: str, **cells: str) -> int:
        """The first row in which all the cells stand."""
        header, *records = self.records(table)
        for number, record in enumerate(records, start=2):
            if all(record[header.index(name)] == text for name, text in cells.items()):
                return number
        raise AssertionError(f"no such row in {table}: {cells}")

    def set(self, table: str, row: int, **cells: str) -> int:
        records = self.records(table)
        for name, text in cells.items():
            records[row - 1][records[0].index(name)] = text
        self.write(table, records)
        return row

    def delete(self, table: str, row: int) -> None:
        records = self.records(table)
        del records[row - 1]
        self.write(table, records)

    def add(self, table: str, *cells: str) -> int:
        records = self.records(table)
        self.write(table, [*records, list(cells)])
        return len(records) + 1

    def replace(self, file: str, old: str, new: str) -> None:
        text = (self.folder / file).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        (self.folder / file).write_text(text.replace(old, new), encoding="utf-8")
