"""Opens the database of a pool: a SQLite file or PostgreSQL, brought to the newest revision under a lock."""

from __future__ import annotations

import math
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import platformdirs
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, func, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from waterplan.base.errors import BusyError, WaterplanError
from waterplan.base.extras import need
from waterplan.base.messages import Message
from waterplan.base.plain_files import words_of
from waterplan.base.whole_files import BESIDE_DATABASE
from waterplan.plants.pool.seals import ZONE, damaged

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x77617465  # "wate": of this room, among the advisory locks of a PostgreSQL database
ADDRESS = Message("peer_pool.address")
WAIT = 60.0  # seconds for somebody else's lock
SESSION = {  # what says in PostgreSQL how values are written
    "timezone": "UTC", "datestyle": "ISO", "extra_float_digits": "1", "client_encoding": "UTF8",
    "standard_conforming_strings": "on",
}  # fmt: skip
OTHERS = stat.S_IRWXG | stat.S_IRWXO
PLAINLY = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)  # no pipe is waited for, no link followed
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, "55P03")  # of SQLite, and PostgreSQL's lock_not_available


def usual_url() -> str:
    """The pool of whoever runs the command: a file in the user's data folder."""
    return f"sqlite:///{platformdirs.user_data_path('waterplan') / 'peers.sqlite'}"


def open_engine(url: str, wait: float = WAIT) -> Engine:
    """An engine for a URL of SQLite or PostgreSQL, or for the path of a SQLite file; figures stay out of its errors.

    wait: seconds for somebody else's lock.
    """
    known, file = _place_of(url)
    if file is None:
        need("psycopg")
        known = known.set(drivername="postgresql+psycopg")
        if "connect_timeout" not in known.query:  # a machine that does not answer would be waited for
            known = known.update_query_dict({"connect_timeout": f"{math.ceil(wait) + 1}"})
        return create_engine(known, hide_parameters=True, pool_pre_ping=True, execution_options={"wait": wait})
    made = {"made": _make_file(file)}
    engine = create_engine(
        known, hide_parameters=True, poolclass=NullPool, connect_args={"timeout": wait}, execution_options=made
    )
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def file_of(url: str) -> Path | None:
    """The SQLite file that is meant; None for a PostgreSQL database. Raises WaterplanError for what is neither."""
    return _place_of(url)[1]


def _place_of(url: str) -> tuple[URL, Path | None]:
    if not isinstance(url, str) or "\0" in url:
        raise WaterplanError(ADDRESS)
    try:
        known = make_url(url if "://" in url else f"sqlite:///{url}")
    except (ArgumentError, ValueError):  # a port that is no number, brackets that do not close
        raise WaterplanError(ADDRESS) from None
    if known.drivername.split("+")[0] in ("postgresql", "postgres"):
        return known, None
    if known.drivername != "sqlite" or not known.database or known.database == ":memory:":
        raise WaterplanError(ADDRESS)
    return known, Path(known.database)


@contextmanager
def locked(engine: Engine) -> Iterator[Connection]:
    """A transaction that no other writer of the pool shares; what the database complains of is told without figures."""
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                wait = engine.get_execution_options()["wait"]
                connection.execute(text(f"SET LOCAL lock_timeout = {1000 * wait:.0f}"))
                _fix_session(connection)
                connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
            yield connection
    except UnicodeDecodeError:  # the driver repeats a statement of a schema in which bytes have changed
        raise damaged("SQLite") from None
    except (SQLAlchemyError, sqlite3.Error) as error:
        if _is_disk_full(error):
            _take_away_empty(engine)
            raise WaterplanError(Message("peer_pool.disk_full")) from None
        raise told(error) from None


def _fix_session(connection: Connection) -> None:
    """For one transaction, values come back from PostgreSQL alike, whatever the client, the account or the server set.

    Not for the whole session, which others share where a pooler stands between.
    """
    driver: Any = connection.connection.driver_connection
    connection.info[ZONE] = driver.info.timezone
    for name, value in SESSION.items():
        connection.execute(text(f"SET LOCAL {name} = '{value}'"))


def _is_disk_full(error: Exception) -> bool:
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)
    return bool(code & 0xFF == sqlite3.SQLITE_FULL)


def _take_away_empty(engine: Engine) -> None:
    """Takes away the file of a pool of which nothing could be written, if it was made for this pool."""
    made = engine.get_execution_options().get("made")
    with suppress(OSError):
        file = Path(str(engine.url.database))
        found = file.lstat()
        is_plain = stat.S_ISREG(found.st_mode) and found.st_size == 0
        if made is not None and is_plain and os.path.samestat(found, made):
            file.unlink()


def told(error: Exception) -> WaterplanError:
    """What the database says, without the statement and what was in it."""
    found = getattr(error, "orig", error)
    if getattr(found, "sqlite_errorcode", getattr(found, "sqlstate", None)) in BUSY:
        return BusyError(Message("peer_pool.busy"))
    return WaterplanError(Message("peer_pool.not_answering"))


def migrate(engine: Engine, to: str = "head") -> None:
    """Brings the database to the newest revision, keeping what is in it.

    Two processes that open at once migrate one after the other. Raises WaterplanError for a database made by a newer
    waterplan, or by somebody else.
    """
    script = ScriptDirectory(str(MIGRATIONS))
    with locked(engine) as connection:
        if engine.dialect.name == "sqlite" and connection.execute(text("PRAGMA integrity_check(1)")).scalar() != "ok":
            raise damaged("SQLite")
        current = MigrationContext.configure(connection).get_current_revision()
        known = {revision.revision for revision in script.walk_revisions()}
        if current is not None and current not in known:
            raise WaterplanError(Message("peer_pool.newer"))
        if current is None and inspect(connection).get_table_names():
            raise WaterplanError(Message("peer_pool.no_pool"))
        if current != (script.get_current_head() if to == "head" else to):
            config = alembic.config.Config()
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            alembic.command.upgrade(config, to)


def narrow(engine: Engine) -> None:
    """Takes from others what they may do with the files of a pool, where its owner runs this and modes are known."""
    if engine.dialect.name != "sqlite":
        return
    for suffix in ("", *BESIDE_DATABASE):
        with suppress(OSError, AttributeError):  # not there, somebody else's, or a system without modes
            handle = os.open(f"{engine.url.database}{suffix}", os.O_RDONLY | (PLAINLY if suffix else 0))
            try:
                found = os.fstat(handle)
                if stat.S_ISREG(found.st_mode) and found.st_mode & OTHERS:
                    os.fchmod(handle, stat.S_IMODE(found.st_mode) & ~OTHERS)
            finally:
                os.close(handle)


def _make_file(path: Path) -> os.stat_result | None:
    """Makes the file before SQLite does, so that only its owner may read it; what was made, None if it was there.

    Raises WaterplanError for what is no plain file, or cannot be opened.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists() and not path.is_file():
            raise WaterplanError(Message("peer_pool.no_plain_file", path=path))
        return _made(path)
    except ValueError:  # signs that no path can hold
        raise WaterplanError(ADDRESS) from None
    except OSError as error:
        raise WaterplanError(Message("peer_pool.not_opened", path=path, reason=words_of(error))) from None


def _made(path: Path) -> os.stat_result | None:
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    except FileExistsError:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        return None
    try:
        return os.fstat(handle)
    finally:
        os.close(handle)


def _set_up(connection: Any, _record: object) -> None:
    """Leaves transactions to SQLAlchemy; deleted figures are overwritten in the file, not merely unlinked."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Takes the write lock at once: reading first and locking later would let two writers wait for each other."""
    connection.execute(text("BEGIN IMMEDIATE"))
