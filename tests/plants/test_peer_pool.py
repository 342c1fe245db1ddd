"""The pool from outside: what is taken, what is refused, keys, the command line, and that no figure leaks in words."""

from __future__ import annotations

import json
import traceback
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pooling import Owners, records

import waterplan
from waterplan.base.errors import DataError, WaterplanError
from waterplan.cli.entry import main
from waterplan.plants.pool.keys import digest
from waterplan.plants.records.balance import REUSED

SECRET = 7654321.25  # a withdrawal that must not be seen anywhere


@pytest.fixture
def owners(tmp_path):
    return Owners(tmp_path / "pool.sqlite")


def test_a_product_that_is_not_metered_takes_the_withdrawal_of_a_plant_that_makes_nothing_else(owners):
    said = records([("mill", "beer", "", 2e6, 4.0)], metered=False)
    said.sites["withdrawal_purchased"] = 2e6
    said.sites["withdrawal_sea"] = 5e6
    said.sites[list(REUSED)] = [20e6, 5e6, 10e6, 7e6, 3e6]
    key = owners.pool.issue_key()
    owners.pool.submit(said, key)
    (row,) = owners.pool.own(key).to_dict("records")
    assert (row["intensity"], row["withdrawal"]) == (5.0, 10e6)
    assert row["reuse_rate"] == 0.75


@pytest.mark.parametrize("missing", REUSED)
def test_a_reuse_rate_of_which_a_part_is_missing_is_not_known(owners, missing):
    said = records([("mill", "beer", "", 2e6, 4.0)])
    said.sites[list(REUSED)] = 5e6
    said.sites[missing] = np.nan
    key = owners.pool.issue_key()
    owners.pool.submit(said, key)
    assert owners.pool.own(key)["reuse_rate"].isna().all()
    owners.pool.submit(replace(said, sites=said.sites.drop(columns=missing)), key)
    assert owners.pool.own(key)["reuse_rate"].isna().all()


def test_two_products_that_are_not_metered_are_left_out_and_named(owners):
    said = records([("mill", "beer", "", 2e6, 4.0)], metered=False)
    more = said.products.assign(product="malt")
    said = replace(said, products=pd.concat([said.products, more], ignore_index=True))
    key = owners.pool.issue_key()
    receipt = owners.pool.submit(said, key)
    assert receipt.skipped == (("mill", 2020, "beer"), ("mill", 2020, "malt"))
    assert owners.pool.own(key).empty


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("output", 0.0, "more than nought"),
        ("output", float("nan"), "must be there"),
        ("output", float("inf"), "more than nought"),
        ("withdrawal", -SECRET, "negative or infinite"),
        ("product", "", "empty"),
        ("product", "x" * 101, "more than 100"),
        ("route", "a\nb", "more than 100"),
    ],
)
def test_records_that_are_not_as_they_must_be_are_refused_whole_and_without_their_figures(
    owners, column, value, message
):
    said = records([("good", "beer", "", 2e6, 4.0), ("bad", "beer", "", 2e6, 4.0)])
    said.products.loc[1, column] = value
    key = owners.pool.issue_key()
    with pytest.raises(DataError, match=message) as raised:
        owners.pool.submit(said, key)
    assert str(SECRET) not in "".join(traceback.format_exception(raised.value))
    assert owners.pool.own(key).empty


def test_a_plant_and_year_given_twice_is_refused(owners):
    said = records([("mill", "beer", "", 2e6, 4.0), ("mill", "beer", "", 2e6, 4.0)])
    with pytest.raises(DataError, match="stands there twice"):
        owners.pool.submit(said, owners.pool.issue_key())


def test_the_newest_year_of_a_plant_counts(owners):
    owners.join(7, "beer", [4.0] * 7)
    for place in range(7):
        owners.says(f"beer {place}", ("plant", "beer", "", 2e6, 99.0), year=2015)
    owners.pool.release()
    assert owners.pool.statistics(("beer", "", "1e6")).deciles == ((50, 4.0),)


def test_a_place_is_told_for_records_that_the_pool_does_not_keep(owners):
    owners.join(14, "beer", range(1, 15))
    owners.pool.release()
    placed = owners.pool.place(records([("a", "beer", "", 2e6, 6.8), ("b", "wool", "", 2e6, 6.8)]))
    np.testing.assert_allclose(placed["place"], [45.0, np.nan])
    assert placed["place_high"].tolist()[0] == 50.0
    assert owners.pool.place(records([("a", "beer", "other", 2e2, 6.8)]))["merged"].tolist() == [True]


def test_a_pool_without_a_release_tells_nothing(owners):
    owners.join(14, "beer", range(1, 15))
    with pytest.raises(WaterplanError, match="there is no release"):
        owners.pool.statistics(("beer", "", "1e6"))
    owners.pool.release()
    with pytest.raises(WaterplanError, match="no release 2; the newest is 1"):
        owners.pool.statistics(("beer", "", "1e6"), 2)


def test_a_release_waits_until_enough_owners_have_changed(owners):
    owners.join(14, "beer", range(1, 15))
    owners.pool.release()
    owners.join(6, "wool", range(1, 7))
    with pytest.raises(WaterplanError, match="fewer than 7 owners have changed"):
        owners.pool.release()
    owners.join(1, "wool", [7.0], start=6)
    assert owners.pool.release() == 2


def test_the_file_of_a_release_holds_what_is_told_and_nothing_else(owners, tmp_path):
    owners.join(14, "beer", range(1, 15))
    owners.join(3, "=wool", range(1, 4))
    owners.pool.release()
    assert owners.pool.export(tmp_path / "told.csv") == 1
    told = pd.read_csv(tmp_path / "told.csv")
    assert told["intensity"].tolist() == [4.7, 6.1, 7.5, 8.9, 10.0]
    assert set(told["product"]) == {"beer"}


def test_names_in_files_are_no_formulas(owners, tmp_path):
    owners.says("a", ("mill", "=cmd|' /C calc'!A0", "", 2e6, 4.0))
    owners.pool.export_own(tmp_path / "own.csv", owners.keys["a"])
    assert pd.read_csv(tmp_path / "own.csv")["product"].tolist() == ["'=cmd|' /C calc'!A0"]
    assert (tmp_path / "own.csv").stat().st_mode & 0o077 == 0


def test_the_database_holds_no_key_and_no_name_of_a_plant(owners, tmp_path):
    owners.says("a", ("mill-of-the-north", "beer", "", 2e6, 4.0))
    stored = (tmp_path / "pool.sqlite").read_bytes()
    assert b"mill-of-the-north" not in stored
    assert owners.keys["a"].encode() not in stored


def test_words_cannot_be_pushed_together_into_another_digest():
    assert digest("salt", "ab", "c") != digest("salt", "a", "bc")


@pytest.mark.parametrize("key", ["", "short", "x" * 201, "ü" * 50])
def test_what_is_no_key_is_refused_without_repeating_it(owners, key):
    with pytest.raises(WaterplanError, match="holds no key") as raised:
        owners.pool.own(key)
    assert not key or key not in str(raised.value)


def test_a_key_comes_from_a_file_or_the_environment(tmp_path, monkeypatch, owners):
    key = owners.pool.issue_key(tmp_path / "a.key")
    assert owners.pool.read_key(tmp_path / "a.key") == key
    monkeypatch.setenv("WATERPLAN_PEER_KEY", key)
    assert owners.pool.read_key() == key
    with pytest.raises(WaterplanError, match="name of a new file"):
        owners.pool.issue_key(tmp_path / "a.key")


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("WATERPLAN_PEER_POOL", str(tmp_path / "pool.sqlite"))
    monkeypatch.delenv("WATERPLAN_PEER_KEY", raising=False)

    def command(*words: object) -> tuple[int, str]:
        code = main(["peers", *map(str, words)])
        told = capsys.readouterr()
        return code, told.out + told.err

    return command


def test_the_commands_lead_from_an_empty_pool_to_a_release_and_back(run, tmp_path, monkeypatch):
    files = {}

    def read_records(file, study):
        return files[str(file)]

    monkeypatch.setattr(waterplan, "read_records", read_records, raising=False)
    for place in range(14):
        key = tmp_path / f"{place}.key"
        assert run("init", "--new-key", key)[0] == 0
        files[f"{place}.csv"] = records([("mill", "brick", "", 2e6, place + 1.0)])
        assert run("import", f"{place}.csv", "--key-file", key)[0] == 8  # without consent
        assert "1 plant-years taken" in run("import", f"{place}.csv", "--consent", "--key-file", key)[1]
    assert run("release") == (0, "Release 1 is made.\n")
    code, told = run("stats", "brick", "--output", "2e6", "--json")
    assert code == 0
    assert [one["intensity"] for one in json.loads(told)["deciles"]][:2] == [4.7, 6.1]
    assert "30 % make do with at most 4.7" in run("stats", "brick")[1]
    assert "30% 的同行不超过 4.7" in run("stats", "brick", "--language", "zh")[1]
    assert run("export", tmp_path / "told.csv")[0] == 0
    assert "1 rows of yours" in run("export", tmp_path / "own.csv", "--own", "--key-file", tmp_path / "3.key")[1]
    assert "1 plants deleted" in run("delete", "mill", "--key-file", tmp_path / "3.key")[1]
    assert "0 plants deleted" in run("delete", "--all", "--key-file", tmp_path / "3.key")[1]
    assert run("delete", "--all", "--key-file", tmp_path / "3.key")[0] == 8


@pytest.mark.parametrize("words", [(), ("--all", "mill")])
def test_deleting_needs_a_plant_or_all(run, words):
    assert run("delete", *words)[0] == 2


@pytest.mark.parametrize("command", ["init", "import", "export", "stats", "delete", "release"])
def test_no_command_takes_a_key_as_an_argument(run, command):
    code, told = run(command, "--help")
    assert code == 0
    assert "--key " not in told
