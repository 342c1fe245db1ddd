"""A pool in PostgreSQL, whatever the settings of the session that asks: the same seals hold, the same is told."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import defaultdict

import numpy as np
import pytest
from pooling import Owners
from serving_postgres import cluster
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from waterplan.base.errors import WaterplanError
from waterplan.plants.pool.database import open_engine
from waterplan.plants.pool.pool import PeerPool
from waterplan.plants.pool.seals import CONTENT

COUNT = itertools.count()
SESSIONS = {
    "east": ("PGTZ", "Asia/Shanghai"),
    "west": ("PGTZ", "America/New_York"),
    "zone by option": ("PGOPTIONS", "-c timezone=Asia/Shanghai"),
    "fewer digits": ("PGOPTIONS", "-c extra_float_digits=-3"),
    "German dates": ("PGOPTIONS", "-c datestyle=German"),
    "Latin letters": ("PGCLIENTENCODING", "LATIN1"),
}


@pytest.fixture(scope="module")
def postgres():
    with cluster() as url:
        yield url


@pytest.fixture
def url(postgres):
    """An empty database of a server whose zone is UTC."""
    name = f"pool{next(COUNT)}"
    engine = open_engine(postgres).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET timezone TO 'UTC'")
    engine.dispose()
    return make_url(postgres).set(database=name).render_as_string()


def filled(url: str, intensities, start: int = 0) -> Owners:
    """A pool with an owner for each intensity; the records are of a route whose name is Chinese."""
    owners = Owners(url)
    owners.join(len(intensities), "beer", intensities, start, route="传统")
    owners.pool.close()
    return owners


def told(url: str, keys: dict[str, str]):
    """What a release tells, and what the pool holds of an owner."""
    with PeerPool.open(url) as pool:
        return pool.statistics(("beer", "传统", "1e6")), pool.own(keys["beer 1"]).to_dict("records")


@pytest.mark.parametrize("session", SESSIONS)
def test_a_pool_tells_the_same_in_whatever_session(url, session, monkeypatch):
    owners = filled(url, np.linspace(3, 8, 14) + 0.123456789012345)
    with PeerPool.open(url) as pool:
        pool.release()
    truth = told(url, owners.keys)
    monkeypatch.setenv(*SESSIONS[session])
    assert told(url, owners.keys) == truth


def test_owners_of_two_sessions_stand_in_one_release(url, monkeypatch):
    """Fourteen owners are two groups of seven, 4 and 11: the middle lies between."""
    first = filled(url, range(1, 8))
    monkeypatch.setenv("PGTZ", "Asia/Shanghai")
    filled(url, range(8, 15), start=7)
    monkeypatch.setenv("PGTZ", "America/New_York")
    with PeerPool.open(url) as pool:
        assert pool.release() == 1
        assert dict(pool.statistics(("beer", "传统", "1e6")).deciles)[50] == 7.5
        assert pool.withdraw(first.keys["beer 1"]) == 1


def sealed_as_before(url: str) -> None:
    """Seals all anew as an older waterplan did: over times as the session writes them."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        for kind, queries in CONTENT.items():
            lines = defaultdict(list)
            for number, query in enumerate(queries):
                for row in connection.execute(text(query)):
                    lines[row[0]].append(json.dumps([number, *row], default=str))
            for whose, rows in lines.items():
                digest = hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()
                values = {"digest": digest, "name": f"{kind} {whose}"}
                connection.execute(text("UPDATE seal SET digest = :digest WHERE name = :name"), values)
    engine.dispose()


def test_what_was_sealed_in_utc_by_an_older_waterplan_holds_in_any_session(url, monkeypatch):
    owners = filled(url, range(1, 15))
    with PeerPool.open(url) as pool:
        pool.release()
    sealed_as_before(url)
    monkeypatch.setenv("PGTZ", "Asia/Shanghai")
    assert told(url, owners.keys)[0].told


def test_what_was_sealed_in_another_zone_by_an_older_waterplan_holds_there(url, monkeypatch):
    monkeypatch.setenv("PGTZ", "Asia/Shanghai")
    owners = filled(url, range(1, 15))
    with PeerPool.open(url) as pool:
        pool.release()
    sealed_as_before(url)
    with PeerPool.open(url) as pool:
        owners.pool = pool
        owners.join(7, "beer", range(20, 27), start=20, route="传统")  # sealed in UTC, beside those of before
        assert pool.release() == 2
    assert told(url, owners.keys)[0].told


def test_what_is_damaged_is_told_in_another_zone_as_well(url, monkeypatch):
    owners = filled(url, range(1, 15))
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE submission SET consented_at = consented_at + interval '8 hours' WHERE id = 2"))
    engine.dispose()
    for zone in ("UTC", "Asia/Shanghai"):
        monkeypatch.setenv("PGTZ", zone)
        with PeerPool.open(url) as pool:
            with pytest.raises(WaterplanError, match="The pool is damaged: plant 2"):
                pool.own(owners.keys["beer 1"])
            with pytest.raises(WaterplanError, match="The pool is damaged: plant 2"):
                pool.release()
