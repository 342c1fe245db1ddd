"""The pool in SQLite and in PostgreSQL, both for real: the same answers, migrations, two who open at once."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import socket
import sqlite3
import stat
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from pooling import Owners, records
from serving_postgres import cluster
from sqlalchemy import func, insert, inspect, select, update
from sqlalchemy.engine import make_url

from waterplan.base.errors import BusyError, OutputError, WaterplanError
from waterplan.plants.pool.database import locked, migrate, open_engine
from waterplan.plants.pool.database_schema import Base, Owner, Part, Plant, Salt, Submission
from waterplan.plants.pool.pool import PeerPool

COUNT = itertools.count()


@pytest.fixture(scope="session")
def postgres():
    with cluster() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """An empty database of either kind."""
    if request.param == "sqlite":
        return str(tmp_path / "pool.sqlite")
    server = request.getfixturevalue("postgres")
    name = f"pool{next(COUNT)}"
    engine = open_engine(server).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return make_url(server).set(database=name).render_as_string()


@pytest.fixture
def owners(url):
    owners = Owners(url)
    yield owners
    owners.pool.close()


def rows(pool: PeerPool, table) -> int:
    with locked(pool._engine) as connection:
        return connection.scalar(select(func.count()).select_from(table))


def test_fourteen_owners_are_two_groups_of_seven(owners):
    """Levels are 4 at 25 % and 11 at 75 %; deciles between lie 1.4 apart."""
    owners.join(14, "beer", range(1, 15))
    assert owners.pool.release() == 1
    told = owners.pool.statistics(("beer", "", "1e6"))
    assert told.deciles == ((30, 4.7), (40, 6.1), (50, 7.5), (60, 8.9), (70, 10.0))
    assert (told.state, told.merged, told.leaves) == ("told", False, (("", "1e6"),))


def test_the_same_plant_and_year_replaces_with_history_and_the_same_figures_change_nothing(owners):
    first = owners.says("a", ("mill", "beer", "", 2e6, 5.0))
    again = owners.says("a", ("mill", "beer", "", 2e6, 5.0))
    other = owners.says("a", ("mill", "beer", "", 2e6, 6.0))
    assert [(one.taken, one.unchanged) for one in (first, again, other)] == [(1, 0), (0, 1), (1, 0)]
    history = owners.pool.own(owners.keys["a"])
    assert history["intensity"].tolist() == [5.0, 6.0]
    assert history["replaced_at"].isna().tolist() == [False, True]


def test_withdrawal_deletes_all_that_was_said_with_its_history(owners):
    for intensity in (5.0, 6.0):
        owners.says("a", ("mill", "beer", "", 2e6, intensity), ("plant", "beer", "", 2e6, intensity))
    assert owners.pool.withdraw(owners.keys["a"], "mill") == 1
    assert rows(owners.pool, Part) == 2
    with pytest.raises(WaterplanError, match="no such plant under this key"):
        owners.pool.withdraw(owners.keys["a"], "mill")
    assert owners.pool.withdraw(owners.keys["a"]) == 1
    assert [rows(owners.pool, table) for table in (Part, Submission, Plant, Owner)] == [0, 0, 0, 0]
    with pytest.raises(WaterplanError, match="knows no owner of this key"):
        owners.pool.own(owners.keys["a"])


def test_deletion_is_told_of_from_the_next_release_and_then_the_cell_is_withheld(owners):
    owners.join(14, "beer", range(1, 15))
    owners.pool.release()
    before = owners.pool.statistics(("beer", "", "1e6"), 1)
    owners.pool.withdraw(owners.keys["beer 3"])
    assert owners.pool.statistics(("beer", "", "1e6")) == before
    owners.join(8, "wool", range(1, 9))
    assert owners.pool.release() == 2
    withheld = owners.pool.statistics(("beer", "", "1e6"))
    assert (withheld.state, withheld.told) == ("withheld", False)
    owners.join(7, "beer", range(20, 27), start=20)
    owners.pool.release()
    assert owners.pool.statistics(("beer", "", "1e6")).state == "told"
    assert owners.pool.statistics(("beer", "", "1e6"), 1) == before


def test_a_released_pool_opens_again_as_it_was(owners, url):
    owners.join(14, "beer", range(1, 15))
    owners.pool.release()
    again = PeerPool.open(url)
    assert again.statistics(("beer", "", "1e6")) == owners.pool.statistics(("beer", "", "1e6"))
    assert len(again.own(owners.keys["beer 3"])) == 1
    again.close()


def test_the_tables_are_those_that_the_migrations_make(owners):
    with locked(owners.pool._engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_a_pool_of_revision_one_is_brought_forward_with_all_that_is_in_it(url):
    engine = open_engine(url)
    migrate(engine, "0001")
    now = datetime.now(UTC)
    with locked(engine) as connection:
        assert "release" not in inspect(connection).get_table_names()
        assert "reuse_rate" not in {column["name"] for column in inspect(connection).get_columns("part")}
        connection.execute(insert(Salt).values(id=1, value="salt"))
        connection.execute(insert(Owner).values(id=7, digest="d"))
        connection.execute(insert(Plant).values(id=8, owner_id=7, digest="p"))
        connection.execute(insert(Submission).values(id=9, plant_id=8, year=2019, consented_at=now))
        said = {"submission_id": 9, "product": "beer", "route": "", "size": "1e6"}
        connection.execute(insert(Part).values(id=5, output=2e6, withdrawal=8e6, intensity=4.0, **said))
    migrate(engine)
    pool = PeerPool(engine)
    with locked(engine) as connection:
        kept = connection.execute(select(Part.intensity, Part.reuse_rate)).one()
        digests = [connection.scalar(select(column)) for column in (Owner.digest, Plant.digest, Salt.value)]
    assert tuple(kept) == (4.0, None)
    assert digests == ["d", "p", "salt"]
    assert pool.releases() == 0
    engine.dispose()


def _opens(url: str, ready, done) -> None:
    ready.wait()
    pool = PeerPool.open(url)
    done.put(pool.issue_key())
    pool.close()


def test_processes_that_open_an_empty_pool_at_once_make_one(url):
    context = multiprocessing.get_context("spawn")
    ready, done = context.Barrier(4), context.Queue()
    processes = [context.Process(target=_opens, args=(url, ready, done)) for _ in range(4)]
    for process in processes:
        process.start()
    keys = [done.get(timeout=120) for _ in processes]
    for process in processes:
        process.join()
    pool = PeerPool.open(url)
    assert [len(pool.own(key)) for key in keys] == [0, 0, 0, 0]
    assert rows(pool, Salt) == 1
    pool.close()


def test_a_pool_that_somebody_else_holds_is_told_to_be_busy(owners, url):
    key = owners.pool.issue_key()
    with PeerPool.open(url, wait=0.5) as other:
        with locked(owners.pool._engine), pytest.raises(BusyError, match="The pool is busy"):
            other.own(key)
        assert len(other.own(key)) == 0


def test_a_pool_of_a_newer_waterplan_is_not_touched(owners, url):
    version = MigrationContext.configure
    with locked(owners.pool._engine) as connection:
        table = version(connection)._version
        connection.execute(update(table).values(version_num="9999"))
    with pytest.raises(WaterplanError, match="Update waterplan"):
        PeerPool.open(url)


def test_a_database_of_somebody_else_is_not_touched(tmp_path):
    path = tmp_path / "theirs.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (id INTEGER)")
    connection.close()
    with pytest.raises(WaterplanError, match="a database of its own"):
        PeerPool.open(str(path))


def rights(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_others_may_read_of_a_pool_is_narrowed_when_its_owner_opens_it(tmp_path):
    path = tmp_path / "pool.sqlite"
    PeerPool.open(str(path)).close()
    beside = tmp_path / "pool.sqlite-wal"
    beside.touch()
    path.chmod(0o644)
    beside.chmod(0o664)
    PeerPool.open(str(path)).close()
    assert rights(path) == 0o600
    assert not beside.exists() or rights(beside) == 0o600


def test_a_pool_whose_rights_cannot_be_changed_opens_all_the_same(tmp_path, monkeypatch):
    path = tmp_path / "pool.sqlite"
    PeerPool.open(str(path)).close()
    path.chmod(0o644)

    def refused(*_):
        raise PermissionError

    monkeypatch.setattr(os, "fchmod", refused)
    with PeerPool.open(str(path)) as pool:
        assert pool.releases() == 0
    assert rights(path) == 0o644


def test_the_rights_of_a_file_that_is_no_pool_are_left_as_they_are(tmp_path):
    path = tmp_path / "theirs.txt"
    path.write_bytes(b"not a database, but long enough to be looked at" * 30)
    path.chmod(0o644)
    with pytest.raises(WaterplanError):
        PeerPool.open(str(path))
    assert rights(path) == 0o644


ADDRESSES = (
    "mysql://host/name", "sqlite://", "http://x", "sqlite:///:memory:", "://", "postgresql://u:s3cret@127.0.0.1:port/x",
    "postgresql://[::", "sqlite:///a\0b", "a\0b", "postgresql://u:s3cret@host/a\0b", "a\ud800b", 7, b"pool.sqlite",
)  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES, ids=ascii)
def test_an_address_that_is_no_pool_is_refused_without_repeating_it(address):
    with pytest.raises(WaterplanError, match="address given is neither") as refused:
        PeerPool.open(address)
    assert "s3cret" not in str(refused.value)


def test_a_plant_whose_name_is_no_text_is_not_known(owners):
    key = owners.pool.issue_key()
    with pytest.raises(WaterplanError, match="no such plant under this key"):
        owners.pool.withdraw(key, "a\udcff")


def test_what_the_database_complains_of_holds_no_figure_and_no_password(tmp_path):
    with pytest.raises(WaterplanError, match="Check its address") as raised:
        PeerPool.open(f"postgresql://who:s3cret@/name?host={tmp_path}")
    assert "s3cret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_withdrawn_figures_are_not_left_in_the_file(tmp_path):
    path = tmp_path / "pool.sqlite"
    owners = Owners(path)
    owners.pool.submit(records([("mill", "a-product-like-no-other", "", 2e6, 5.0)]), key := owners.pool.issue_key())
    assert b"like-no-other" in path.read_bytes()
    owners.pool.withdraw(key)
    owners.pool.close()
    assert b"like-no-other" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0


def test_a_database_that_takes_a_connection_and_says_nothing_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(WaterplanError, match="does not answer"):
        PeerPool.check(f"postgresql://who:s3cret@127.0.0.1:{silent.getsockname()[1]}/name", wait=0.1)


def test_a_pool_is_checked_and_not_made(tmp_path):
    PeerPool.check(str(tmp_path / "pool.sqlite"))
    with pytest.raises(OutputError, match="there is no folder"):
        PeerPool.check(str(tmp_path / "none" / "pool.sqlite"))
    assert list(tmp_path.iterdir()) == []
    PeerPool.open(str(tmp_path / "pool.sqlite")).close()
    PeerPool.check(f"sqlite:///{tmp_path / 'pool.sqlite'}")
