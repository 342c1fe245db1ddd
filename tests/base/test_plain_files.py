"""Only plain files are read: no door waits for a pipe, even where one takes the place of a file that was looked at."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from dashboards.passwords import PasswordError, Users, add_user, read_secret
from waterplan import Plan, open_study, read_records
from waterplan.base.errors import WaterplanError
from waterplan.planning.batch.design_file import read_design
from waterplan.plants.pool.keys import read_key
from waterplan.study.scenario.scenario import Scenario
from waterplan.study.tables import path_faults

WAIT = 20  # seconds; who waits for a pipe waits for ever


@pytest.fixture
def pipe(tmp_path) -> Path:
    os.mkfifo(tmp_path / "pipe.toml")
    return tmp_path / "pipe.toml"


def refusal(read) -> Exception:
    """What a reader raises, in a thread that may be left waiting."""
    raised: list[Exception] = []

    def run():
        try:
            read()
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(WAIT)
    assert raised, "it waits for the pipe, or took it"
    return raised[0]


@pytest.mark.parametrize("read", [Users.read, read_secret, lambda path: add_user(path, "zhang", "a long password")])
def test_a_pipe_in_the_place_of_users_or_a_secret_is_refused(pipe, read):
    error = refusal(lambda: read(pipe))
    assert isinstance(error, PasswordError)
    assert "a pipe or a device; give a plain file" in str(error)


def test_a_pipe_in_the_place_of_a_key_is_refused(pipe):
    error = refusal(lambda: read_key(pipe))
    assert isinstance(error, WaterplanError)
    assert "cannot be read as a key" in str(error)


def test_users_of_too_large_a_file_are_refused_before_they_are_read(tmp_path):
    with (tmp_path / "users.toml").open("wb") as file:
        file.truncate(2_000_000)
    with pytest.raises(PasswordError, match="larger than 1000000 bytes"):
        Users.read(tmp_path / "users.toml")


def test_a_key_between_blanks_is_read(tmp_path):
    (tmp_path / "key").write_text(f"\n  {'k' * 43}\n\n")
    assert read_key(tmp_path / "key") == "k" * 43


@pytest.mark.parametrize("reader", ["records", "plan", "scenario", "design"])
def test_a_pipe_that_takes_the_place_of_a_file_after_it_was_looked_at_is_refused(pipe, monkeypatch, china, reader):
    readers = ("plants.records.reader", "planning.plan.files.netcdf", "study.scenario.scenario_file")
    for module in (*readers, "planning.batch.design_file"):
        monkeypatch.setattr(f"waterplan.{module}.not_a_file", lambda _: None)  # as it was then
    read = {
        "records": lambda: read_records(pipe, china),
        "plan": lambda: Plan.open(pipe, china),
        "scenario": lambda: Scenario.read(pipe),
        "design": lambda: read_design(pipe),
    }[reader]
    error = refusal(read)
    assert isinstance(error, WaterplanError)
    assert "no plain file" in str(error) or "Invalid argument" in str(error)


def test_a_pipe_that_takes_the_place_of_a_table_is_refused(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "study.toml")
    real = path_faults.not_a_file
    monkeypatch.setattr(
        "waterplan.study.tables.sheet.not_a_file", lambda path: None if path.name == "study.toml" else real(path)
    )
    assert "study.toml" in str(refusal(lambda: open_study(tmp_path)))
