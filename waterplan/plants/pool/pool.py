"""The pool: owners submit and withdraw, the operator makes releases, everybody may ask what a release tells."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from sqlalchemy import Connection, Engine

from waterplan.base.errors import WaterplanError
from waterplan.base.messages import Message
from waterplan.base.spreadsheet import csv_cell
from waterplan.base.whole_files import check_place, write_whole
from waterplan.plants.pool import submissions as store
from waterplan.plants.pool.audit import audited, changed_owners
from waterplan.plants.pool.database import WAIT, file_of, locked, migrate, narrow, open_engine, usual_url
from waterplan.plants.pool.door import (
    checked_cell,
    checked_key,
    checked_output,
    checked_path,
    checked_plant,
    checked_release,
    is_countable,
)
from waterplan.plants.pool.keys import digest, new_key, read_key, write_key
from waterplan.plants.pool.parts import PlantYear, plant_years, published
from waterplan.plants.pool.points import Contribution, size_class
from waterplan.plants.pool.pool_cells import Cell, cells_of
from waterplan.plants.pool.releases import Released, keep_sizes, sizes_of
from waterplan.plants.pool.rules import Rules
from waterplan.plants.pool.silence import reasoned
from waterplan.plants.pool.statistics import CellName, Statistics, found, place_rows, table_of
from waterplan.plants.records.records import Records
from waterplan.study.study import Study

PUBLIC, KEY, PLANT = "public", "key", "plant"  # what a digest is of, so that none is mistaken for another


@dataclass(frozen=True)
class Receipt:
    """What became of a submission: plant-years that are new or replace others, that say what stood there already, and
    products that were left out because their withdrawal is not known (plant, year, product)."""

    taken: int
    unchanged: int
    skipped: tuple[tuple[str, int, str], ...]


class PeerPool:
    """Plants of many owners, in a SQLite file or a PostgreSQL database; docs/peers.md says what is told of them."""

    def __init__(self, engine: Engine, rules: Rules | None = None):
        self._engine = engine
        self._rules = rules or Rules()
        self._frozen: dict[int, list[Cell]] = {}
        with locked(engine) as connection:
            self._salt = store.salt_of(connection)

    @classmethod
    def open(cls, url: str | None = None, rules: Rules | None = None, wait: float = WAIT) -> PeerPool:
        """Opens a pool, makes it if it is not there, and brings it to the newest revision under a lock.

        ``url``: sqlite:///path, a path, or postgresql://user@host/name; without it a file in the user's data folder.
        ``wait``: seconds for somebody else who writes in it; BusyError is raised after them.
        """
        engine = open_engine(usual_url() if url is None else url, wait)
        try:
            migrate(engine)
            narrow(engine)
            return cls(engine, rules)
        except BaseException:
            engine.dispose()
            raise

    @classmethod
    def check(cls, url: str, wait: float = WAIT) -> None:
        """Raises WaterplanError for a pool that cannot be opened; what is not there yet is looked for and not made."""
        file = file_of(url)
        if file is None or os.path.exists(file):  # pathlib's raises for a folder that may not be searched
            cls.open(url, wait=wait).close()
        else:
            check_place(file)

    def __enter__(self) -> PeerPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the database."""
        self._engine.dispose()

    def issue_key(self, file: str | Path | None = None) -> str:
        """A new owner's secret key, for the operator to hand out: one to each enterprise that he knows to be one.

        The pool keeps a salted digest; a key that is lost cannot be found again. ``file``: a new file to write it to,
        which only who runs this may read.
        """
        key, goal = new_key(), None if file is None else checked_path(file)
        with locked(self._engine) as connection:
            store.add_owner(connection, self._digest(KEY, key))
            if goal is not None:
                write_key(goal, key)
        return key

    @staticmethod
    def read_key(file: str | Path | None = None) -> str:
        """The key in a file, or in the environment variable WATERPLAN_PEER_KEY."""
        return read_key(None if file is None else checked_path(file))

    @staticmethod
    def cell(product: str, route: str = "", output: float | None = None) -> CellName:
        """The name of the cell of a plant: product, route, and the size class of its output [unit/a].

        Raises WaterplanError for names that are none, and an output that no plant can have.
        """
        checked_cell((product, route))
        return CellName(product, route, size_class(checked_output(output)))

    def seed(self, study: Study) -> int:
        """Puts the published enterprises of a study into the pool, each its own owner; how many are new or changed.

        They are public: they stand among the peers, but nobody hides behind them, so they count towards nothing. Raises
        DataError for enterprises that are not as they must be.
        """
        taken, enterprises = 0, published(study)
        with locked(self._engine) as connection:
            for said in enterprises:
                named = self._digest(PUBLIC, said.plant)
                owner = store.owner_of(connection, named)
                owner = store.add_owner(connection, named, is_public=True) if owner is None else owner
                taken += store.put(connection, owner, named, self._salt, said)
        return taken

    def submit(self, records: Records, owner_key: str) -> Receipt:
        """Takes records of an owner who consents; a plant and year given again replaces what stood there.

        All or nothing. They count from the next release. Raises DataError for records that are not as they must be,
        WaterplanError for a key that was not issued.
        """
        said = plant_years(records)
        with locked(self._engine) as connection:
            owner = self._owner(connection, owner_key)
            secret = self._digest(PLANT, owner_key)
            new = [store.put(connection, owner, secret, self._salt, one) for one in said]
        return Receipt(sum(new), len(new) - sum(new), _skipped(said))

    def withdraw(self, owner_key: str, plant: str | None = None) -> int:
        """Deletes a plant, or all plants and the key itself, history included; how many plants.

        Deleted at once; the next release tells nothing that rests on them. Raises WaterplanError for an unknown plant.
        """
        with locked(self._engine) as connection:
            owner = self._owner(connection, owner_key)
            if plant is None:
                return store.delete_owner(connection, owner)
            named = digest(self._salt, self._digest(PLANT, owner_key), checked_plant(plant))
            known = store.plant_of(connection, owner, named)
            if known is None:
                raise WaterplanError(Message("peer_pool.no_such_plant"))
            store.delete_plant(connection, known)
            return 1

    def own(self, owner_key: str) -> pd.DataFrame:
        """All that the pool holds of an owner, with the history; plants by digest, for their names are not kept."""
        with locked(self._engine) as connection:
            rows = store.own_rows(connection, self._owner(connection, owner_key))
        columns = ["plant", "year", "consented_at", "replaced_at", *store.OWN_COLUMNS]
        return pd.DataFrame(rows, columns=columns)

    def release(self) -> Released:
        """Makes the next release; its number, with what became of each cell.

        A cell tells nothing new, and says why, where too few owners have changed, where all that was ever told would
        with it tell somebody apart, where owners are too few, or one of them too large. Raises WaterplanError if too
        few owners of the whole pool have changed.
        """
        with locked(self._engine) as connection:
            last = store.newest_release(connection)
            now = _countable(store.contributions(connection))
            members = {(one.owner, one.key) for one in now if not one.is_public}
            needed = self._rules.changes_needed
            if changed_owners(store.counted_in(connection, last), members) < needed:
                raise WaterplanError(Message("peer_pool.few_changed", needed=needed))
            former = [store.cells_in(connection, number) for number in range(1, last + 1)]
            sizes = {one.key: one.coarse for one in now if one.coarse is not None} | sizes_of(connection)
            proposed = cells_of(now, self._rules)
            cells = audited(proposed, former, store.live_parts(connection), self._rules, sizes)
            store.put_release(connection, last + 1, cells, members)
            keep_sizes(connection, last + 1, sizes, cells)
        return Released(last + 1, reasoned(cells, proposed, now, self._rules))

    def releases(self) -> int:
        """How many releases there are: the number of the newest."""
        with locked(self._engine) as connection:
            return store.newest_release(connection)

    def statistics(self, cell: CellName | Sequence[str], release: int | None = None) -> Statistics:
        """What a release tells of the peers of a product, route and size class; the same to everybody who asks.

        ``told`` is False, and no decile there, where the rules do not allow it.
        """
        number = checked_release(release, self.releases())
        return found(self._cells(number), CellName(*checked_cell(cell)), number)

    def place(self, records: Records, release: int | None = None) -> pd.DataFrame:
        """Where each product of the records stands among its peers, interpolated between told deciles.

        Columns plant, year, product, route, size, intensity [m3/unit], place [percent of peers that make do with
        less], place_low, place_high, release, merged. Place is missing beyond the told deciles, all three where nothing
        is told.
        The records are not stored.
        """
        number = checked_release(release, self.releases())
        return place_rows(plant_years(records), self._cells(number), number)

    def export(self, path: str | Path, release: int | None = None) -> int:
        """Writes all that a release tells into a CSV file; how many cells. Nothing else of the pool is in it."""
        goal, number = checked_path(path), checked_release(release, self.releases())
        cells = self._cells(number)
        _write(table_of(cells, number), goal)
        return len(cells)

    def export_own(self, path: str | Path, owner_key: str) -> int:
        """Writes what the pool holds of an owner into a CSV file that only who runs this may read; how many rows."""
        goal, table = checked_path(path), self.own(owner_key)
        _write(table, goal)
        return len(table)

    def _digest(self, *words: str) -> str:
        return digest(self._salt, *words)

    def _owner(self, connection: Connection, owner_key: str) -> int:
        owner = store.owner_of(connection, self._digest(KEY, checked_key(owner_key)))
        if owner is None:
            raise WaterplanError(Message("peer_pool.unknown_key"))
        return owner

    def _cells(self, number: int) -> list[Cell]:
        """The cells of a release, from memory after the first time: what is frozen does not change."""
        if not (self._rules.submission_waits and self._rules.deletion_waits):
            return self._at_once(number)
        if number not in self._frozen:
            with locked(self._engine) as connection:
                self._frozen[number] = store.cells_in(connection, number)
        return self._frozen[number]

    def _at_once(self, number: int) -> list[Cell]:
        """What a pool tells that does not wait: of everything there is, or of what is left of a release."""
        with locked(self._engine) as connection:
            now = _countable(store.contributions(connection))
            if self._rules.submission_waits:
                counted = {part for _, part in store.counted_in(connection, number)}
                now = [one for one in now if one.key in counted or one.is_public]
        return cells_of(now, self._rules)


def _write(table: pd.DataFrame, path: Path) -> None:
    """A table as CSV, in a file that others may not read; words that a spreadsheet would run are quoted."""
    safe = table.map(lambda value: csv_cell(value) if isinstance(value, str) else value)
    write_whole(path, safe.to_csv(index=False).encode(), mode=0o600)


def _countable(said: Sequence[Contribution]) -> list[Contribution]:
    """Without what came in before the door was narrow."""
    return [one for one in said if is_countable(one.intensity, one.output, one.withdrawal)]


def _skipped(said: Sequence[PlantYear]) -> tuple[tuple[str, int, str], ...]:
    return tuple((one.plant, one.year, product) for one in said for product in one.skipped)
