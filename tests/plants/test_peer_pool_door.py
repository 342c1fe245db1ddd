"""The door of the pool: what is no number, or none that a plant can have, comes in from no side."""

from __future__ import annotations

import json
import math
import traceback
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pooling import Owners, records
from sqlalchemy import update

from waterplan.base.errors import DataError, WaterplanError
from waterplan.cli.entry import main
from waterplan.plants.pool.database import locked
from waterplan.plants.pool.database_schema import Part
from waterplan.plants.pool.deciles import place_among
from waterplan.plants.pool.seals import PLANT, seal

WRONG = [
    math.inf, -math.inf, 1.7e308, 1e11 * (1 + 1e-9), -1.0, -1e-300, 5e-324, 1e-10, "12", "", b"1", True, np.True_,
    10**400, 2**80, -(10**400), [1.0], 1j, Decimal("NaN"), Decimal(1), np.float64(1.7e308), np.datetime64("2020"),
]  # fmt: skip


@pytest.fixture
def owners(tmp_path):
    return Owners(tmp_path / "pool.sqlite")


def spoilt(column: str, value: object):
    """Records of two plants, of which one says something else in a column of products or of sites."""
    said = records([("good", "beer", "", 2e6, 4.0), ("bad", "beer", "", 2e6, 4.0)])
    table = said.products if column in said.products else said.sites
    changed = table.astype({column: object}) if column in table else table.assign(**{column: None})
    cells = list(changed[column])
    cells[1] = value
    changed[column] = pd.Series(cells, index=changed.index, dtype=object)
    return replace(said, **{"products" if table is said.products else "sites": changed})


@pytest.mark.parametrize("column", ["output", "withdrawal", "withdrawal_surface", "withdrawal_sea", "effluent_reused"])
@pytest.mark.parametrize("value", WRONG, ids=lambda value: f"{type(value).__name__} {value!s:.12}")
def test_what_is_no_amount_of_a_plant_is_refused_without_being_repeated(owners, column, value):
    said, key = spoilt(column, value), owners.pool.issue_key()
    for ask in (lambda: owners.pool.submit(said, key), lambda: owners.pool.place(said, 1)):
        with pytest.raises((DataError, WaterplanError)) as raised:
            ask()
        assert "1.7e+308" not in "".join(traceback.format_exception(raised.value))
    with pytest.raises(DataError, match=f"row 2, {column}: "):
        owners.pool.submit(said, key)
    assert owners.pool.own(key).empty


@pytest.mark.parametrize("column", ["output", "withdrawal"])
@pytest.mark.parametrize("value", [1e-9, 2.0, 7, np.float32(3.5), np.int64(4), Fraction(1, 2), 1e10])
def test_what_is_an_amount_is_taken_whatever_its_type(owners, column, value):
    key = owners.pool.issue_key()
    assert owners.pool.submit(spoilt(column, value), key).taken == 2
    assert float(value) in owners.pool.own(key)[column].tolist()


@pytest.mark.parametrize("year", [1948, 2101, 2020.5, math.nan, math.inf, "2020", None, True, 10**400, -1])
def test_what_is_no_year_is_refused(owners, year):
    said = records([("good", "beer", "", 2e6, 4.0)])
    index = pd.MultiIndex.from_arrays([["good"], pd.Index([year], dtype=object)], names=["plant", "year"])
    said = replace(said, sites=said.sites.set_axis(index))
    said.products["year"] = pd.Series([year], dtype=object)
    with pytest.raises(DataError, match=r"not a year\. Give a whole number between 1949 and 2100"):
        owners.pool.submit(said, owners.pool.issue_key())


def test_all_that_is_wrong_is_told_at_once(owners):
    said = records([("a", "beer", "", math.inf, 1.0), ("b", "", "", 2e6, -1.0), ("a", "beer", "", 2e6, 1.0)], year=1900)
    with pytest.raises(DataError) as raised:
        owners.pool.submit(said, owners.pool.issue_key())
    told = str(raised.value)
    for part in (
        "stands there twice",
        "not a year",
        "more than nought",
        "negative or infinite",
        "empty",
        "add them up",
    ):
        assert part in told
    assert len(raised.value.problems) >= 9


def test_a_product_without_its_site_and_records_without_a_column_are_refused(owners):
    said, key = records([("a", "beer", "", 2e6, 1.0)]), owners.pool.issue_key()
    with pytest.raises(DataError, match="not among the sites"):
        owners.pool.submit(replace(said, products=said.products.assign(plant="other")), key)
    with pytest.raises(DataError, match="not there: output"):
        owners.pool.submit(replace(said, products=said.products.drop(columns="output")), key)


@pytest.mark.parametrize(
    ("column", "value"),
    [(column, value) for column in ("intensity", "reuse_rate") for value in (-1.0, math.inf, 1e8, "5", 10**400)]
    + [("intensity", math.nan), ("year", 1900), ("enterprise", ""), ("product", "a\nb")],
)
def test_a_published_enterprise_that_cannot_be_is_refused(owners, column, value):
    row = {"enterprise": "one", "product": "beer", "year": 2020, "intensity": 5.0, "reuse_rate": None}
    good = pd.DataFrame([row]).astype(object)
    bad = pd.DataFrame([row, row | {column: value}]).astype(object)
    assert owners.pool.seed(SimpleNamespace(enterprises=good.set_index("enterprise"))) == 1
    with pytest.raises(DataError, match=f"row 2, {column}: "):
        owners.pool.seed(SimpleNamespace(enterprises=bad.set_index("enterprise")))


@pytest.mark.parametrize("output", [0, -1.0, math.inf, 1.7e308, 5e-324, "5", 10**400, True])
def test_an_output_that_no_plant_has_is_not_asked_about(owners, output):
    with pytest.raises(WaterplanError, match="output of the plant that is compared is wrong"):
        owners.pool.cell("beer", "", output)
    assert owners.pool.cell("beer", "", math.nan) == owners.pool.cell("beer") == ("beer", "", "")


@pytest.mark.parametrize("number", [0, -1, 2, 1.0, "1", True, 10**400])
def test_a_release_that_there_is_not_is_not_asked_about(owners, number):
    owners.join(7, "beer", [4.0] * 7)
    assert owners.pool.release() == 1
    for ask in (lambda: owners.pool.statistics(("beer", "", "1e6"), number), lambda: owners.pool.export("x", number)):
        with pytest.raises(WaterplanError, match="the newest is 1"):
            ask()


@pytest.mark.parametrize("intensity", [math.nan, math.inf, -math.inf])
def test_what_is_no_intensity_has_no_place(intensity):
    assert all(math.isnan(one) for one in place_among(intensity, ((40, 5.0), (50, 7.0))))


def test_a_figure_that_an_older_pool_took_in_moves_nothing_and_stops_no_release(owners):
    owners.join(9, "beer", [4.0] * 9)
    with locked(owners.pool._engine) as connection:
        connection.execute(update(Part).where(Part.id == 1).values(withdrawal=1.7e308, output=5e-324, intensity=1e308))
        connection.execute(update(Part).where(Part.id == 2).values(intensity=math.inf))
        for plant in (1, 2):
            seal(connection, PLANT, plant)  # as the first opening with this version did
    owners.pool.release()
    assert owners.pool.statistics(("beer", "", "1e6")).deciles == ((50, 4.0),)


def test_the_command_refuses_an_endless_output(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("WATERPLAN_PEER_POOL", str(tmp_path / "pool.sqlite"))
    assert main(["peers", "stats", "beer", "--output", "inf"]) == 8
    assert "finite" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["Release 2 is made.", "steel (a, 1e6): nothing new.", "Withheld", "Added to and taken from"]),
        ("zh", ["第 2 次发布已完成。", "steel（a, 1e6）：无新结果。", "暂不公布", "所余企业过少"]),
    ],
)
def test_a_release_says_what_it_does_not_tell_and_why(owners, capsys, monkeypatch, tmp_path, language, told):
    for route, names in (("a", "x p1 p2 p3 p4 p5 A B"), ("b", "q1 q2 q3 q4 q5 q6 q7")):
        for name in names.split():
            owners.says(name, ("plant", "steel", route, 2e6, 90.0))
    first = owners.pool.release()
    assert [(cell.state, cell.reason) for cell in first.cells] == [("told", "")] * 2
    assert first.waiting == ()
    for name in ("p1", "p2", "p3", "p4", "p5", "A", "B"):
        owners.pool.withdraw(owners.keys[name])
    monkeypatch.setenv("WATERPLAN_PEER_POOL", str(tmp_path / "pool.sqlite"))
    assert main(["peers", "release", "--language", language]) == 0
    printed = capsys.readouterr().out
    assert all(part in printed for part in told), printed
    assert main(["peers", "stats", "steel", "--route", "a", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "withheld"
