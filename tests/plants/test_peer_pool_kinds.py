"""Keys, plants, products and paths that are no text, or an odd one, are refused in the pool's own words."""

from __future__ import annotations

import pytest
from pooling import Owners, records
from test_peer_pool_door import spoilt

from waterplan.base.errors import DataError, WaterplanError

BEER = ("a", "beer", "", 2e6, 4.0)


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    owners = Owners(tmp_path_factory.mktemp("pool") / "pool.sqlite")
    owners.join(12, "beer", range(1, 13))
    owners.pool.release()
    return owners.pool


@pytest.mark.parametrize("key", [None, 5, b"x" * 43, ["x"] * 43, ("k",) * 43], ids=lambda key: type(key).__name__)
def test_a_key_that_is_no_text_is_refused(pool, key):
    for ask in (
        lambda: pool.own(key),
        lambda: pool.withdraw(key),
        lambda: pool.submit(records([BEER]), key),
    ):
        with pytest.raises(
            WaterplanError, match=rf"text of 40 to 200 characters; got a value of type {type(key).__name__}"
        ):
            ask()


@pytest.mark.parametrize("plant", [5, b"a", ["a"], True], ids=str)
def test_a_plant_that_is_no_text_is_refused_and_nothing_withdrawn(pool, plant):
    key = pool.issue_key()
    pool.submit(records([BEER]), key)
    with pytest.raises(WaterplanError, match=r"A plant is named by a text; got a value of type \w+"):
        pool.withdraw(key, plant)
    assert len(pool.own(key)) == 1


def test_what_are_no_records_is_refused_without_repeating_what_may_be_a_key(pool):
    key = pool.issue_key()
    for given in (None, 5, {}, key):
        with pytest.raises(
            DataError, match=r"got a value of type \w+\. Give records as read_records gives them"
        ) as raised:
            pool.submit(given, key)
        assert key[:6] not in str(raised.value)
        with pytest.raises(DataError, match="Give records as read_records"):
            pool.place(given)
    with pytest.raises(DataError, match=r"got a value of type NoneType\. Give a study"):
        pool.seed(None)


@pytest.mark.parametrize("column", ["product", "route"])
@pytest.mark.parametrize("name", [" ", "\t", "\u3000", "\ud800", "a\0", 5, ["x"]], ids=ascii)
def test_a_name_that_cannot_be_seen_does_not_come_in(pool, column, name):
    with pytest.raises(DataError, match=f"row 2, {column}: (empty, or no text|more than 100)"):
        pool.submit(spoilt(column, name), pool.issue_key())


def test_a_plant_named_by_blanks_does_not_come_in(pool):
    with pytest.raises(DataError, match="row 1, plant: empty, or no text"):
        pool.submit(records([(" ", "beer", "", 2e6, 4.0)]), pool.issue_key())


CELLS = [
    None,
    5,
    "beer",
    b"beer",
    (),
    (5,),
    (" ",),
    ("\ud800",),
    (["beer"],),
    ("beer", ["x"]),
    ("beer", None),
    ("b",) * 4,
]


@pytest.mark.parametrize("cell", CELLS, ids=ascii)
def test_a_cell_that_is_none_is_refused(pool, cell):
    with pytest.raises(WaterplanError, match="asked for by product, route and size class"):
        pool.statistics(cell)


@pytest.mark.parametrize("product", [None, 5, " ", "\ud800"], ids=ascii)
def test_no_cell_is_named_by_what_is_no_product(pool, product):
    with pytest.raises(WaterplanError, match="asked for by product, route and size class"):
        pool.cell(product)


def test_a_cell_is_asked_for_by_a_tuple_or_a_list(pool):
    assert pool.statistics(["beer"]).told
    assert pool.statistics(("beer", "", "1e6")).told


@pytest.mark.parametrize("path", [5, None, ["x"], b"x", "\ud800", "a\0b"], ids=ascii)
def test_what_is_no_path_is_refused_and_issues_no_key(pool, path):
    asks = [lambda: pool.export(path), lambda: pool.export_own(path, pool.issue_key())]
    asks += [] if path is None else [lambda: pool.issue_key(path), lambda: pool.read_key(path)]
    for ask in asks:
        with pytest.raises(DataError, match="give the path of a file"):
            ask()


def test_the_words_are_those_of_the_language(pool):
    with pytest.raises(WaterplanError) as caught:
        pool.own(None)
    assert "40 至 200 个字符的文本，收到的值类型为 NoneType" in caught.value.text("zh")
