"""A pool whose file is damaged: what is told is right, or nothing is told and why is said."""

import sqlite3

import numpy as np
import pytest
from damaging import KINDS
from pooling import Owners, records
from sqlalchemy import update

from waterplan.base.errors import WaterplanError
from waterplan.plants.pool import submissions as store
from waterplan.plants.pool.database import locked
from waterplan.plants.pool.database_schema import Counted, Owner, Part, Plant, Submission, ToldDecile
from waterplan.plants.pool.pool import PeerPool

CHANGES = {  # what somebody or something changed: table, and the column
    "intensity": (Part, {"intensity": 5.5}),
    "product": (Part, {"product": "beef"}),
    "year": (Submission, {"year": 2031}),
    "public": (Owner, {"is_public": True}),
    "digest of an owner": (Owner, {"digest": Owner.digest + "0"}),
    "digest of a plant": (Plant, {"digest": Plant.digest + "0"}),
    "decile": (ToldDecile, {"value": ToldDecile.value + 1}),
    "counted": (Counted, {"owner": Counted.owner + 1}),
}


@pytest.fixture
def pool(tmp_path):
    owners = Owners(tmp_path / "peers.sqlite")
    owners.join(20, "beer", np.linspace(3, 8, 20))
    owners.pool.release()
    owners.pool.close()
    return tmp_path / "peers.sqlite", owners.keys


def answers(path, keys):
    """All that the pool tells: its release, and what it holds of its owners."""
    with PeerPool.open(str(path)) as pool:
        told = pool.statistics(("beer", "", "1e6"))
        own = [pool.own(key).drop(columns=["plant"]).to_dict("records") for key in list(keys.values())[:3]]
        with locked(pool._engine) as connection:
            return told, own, sorted(store.contributions(connection), key=repr)


@pytest.mark.parametrize(("kind", "count"), [("flipped", 200), ("truncated", 25), ("zeroed", 25)])
def test_damage_is_told_or_changes_no_answer(pool, kind, count):
    path, keys = pool
    whole, rng = path.read_bytes(), np.random.default_rng(20151120)
    truth, told = answers(path, keys), 0
    for _ in range(count):
        path.write_bytes(KINDS[kind](whole, rng))
        try:
            assert answers(path, keys) == truth
        except WaterplanError:
            told += 1
    assert told > count / 10


def test_a_schema_that_is_no_text_is_told(tmp_path):
    """The top bit of a letter makes it no letter: of every ninth byte of the first and last page of the schema."""
    path = tmp_path / "peers.sqlite"
    with PeerPool.open(str(path)) as pool:
        key = pool.issue_key()
    whole, told = path.read_bytes(), 0
    page = int.from_bytes(whole[16:18], "big")
    first = whole.rfind(b"CREATE TABLE") // page * page
    places = [place for place in (*range(page), *range(first, first + page)) if whole[place]]
    for place in places[::9]:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x80]) + whole[place + 1 :])
        try:
            with PeerPool.open(str(path)) as pool:
                pool.own(key)
        except WaterplanError:
            told += 1
    assert told > len(places[::9]) / 2


@pytest.mark.parametrize("what", CHANGES)
def test_a_row_that_the_pool_did_not_write_is_told(pool, what):
    path, keys = pool
    table, values = CHANGES[what]
    with PeerPool.open(str(path)) as opened, locked(opened._engine) as connection:
        key = next(iter(table.__table__.primary_key.columns))
        first = connection.scalar(table.__table__.select().with_only_columns(key).limit(1))
        connection.execute(update(table).where(key == first).values(values))
    with pytest.raises(WaterplanError, match="The pool is damaged"):
        answers(path, keys)


def test_a_row_that_is_lost_is_told(pool):
    path, keys = pool
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DELETE FROM part WHERE id = 3")
    with pytest.raises(WaterplanError, match="The pool is damaged: plant 3"):
        answers(path, keys)


def test_a_pool_from_before_there_were_seals_is_sealed_where_it_stands(pool):
    path, keys = pool
    truth = answers(path, keys)
    with sqlite3.connect(path) as connection:
        sizes = connection.execute("SELECT * FROM size ORDER BY part").fetchall()
        connection.execute("DROP TABLE seal")
        connection.execute("DROP TABLE size")
        connection.execute("UPDATE alembic_version SET version_num = '0002'")
    assert answers(path, keys) == truth
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT * FROM size ORDER BY part").fetchall() == sizes != []
        connection.execute("UPDATE part SET intensity = 1 WHERE id = 3")
    with pytest.raises(WaterplanError, match="The pool is damaged: plant 3"):
        answers(path, keys)


def test_no_release_is_made_where_the_sizes_of_an_earlier_one_are_damaged(pool):
    path, _ = pool
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE size SET coarse = coarse + 1 WHERE part = 3")
    with PeerPool.open(str(path)) as opened:
        for _ in range(8):
            opened.submit(records([("mill", "beer", "", 1e6, 4.0)]), opened.issue_key())
        with pytest.raises(WaterplanError, match="The pool is damaged: size 1"):
            opened.release()
