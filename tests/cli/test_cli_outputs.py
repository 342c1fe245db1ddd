"""What is read is never written over: an output at the place of an input is refused, and all stands as it was."""

import os
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from places import TINY
from pooling import Owners

from waterplan import write_template
from waterplan.base.errors import OutputError
from waterplan.base.whole_files import write_whole
from waterplan.cli.entry import main

READ_HERE = "is read here, and would be lost"
COMMANDS = {  # words after which an input would be lost
    "plan over the scenario": "plan s.toml -o s.toml",
    "plan over the scenario by another way": "plan s.toml -o study/../s.toml",
    "plan over a link to the scenario": "plan s.toml -o link.toml",
    "workbook over the scenario": "plan s.toml --excel s.toml",
    "plan over a table": "plan s.toml -o study/prices.csv",
    "tables over the study": "plan s.toml --csv study",
    "report over the scenario": "report s.html -o s.html",
    "benchmark over the records": "benchmark records.csv -o records.csv",
    "benchmark over a table": "benchmark records.csv -o study/products.csv",
    "batch over the design": "batch d.toml -o d.toml",
    "batch over the study": "batch d.toml -o study",
    "a run over the design": "batch run-0.toml -o runs.zarr --write 0",
    "robust over the scenario": "robust s.toml -o s.toml",
}


@pytest.fixture
def place(tmp_path, monkeypatch, tiny):
    """A folder to work in, with a study, a scenario, designs and records."""
    shutil.copytree(TINY, tmp_path / "study")
    for name in ("s.toml", "s.html"):
        (tmp_path / name).write_text('title = "s"\n[levers]\nsaving_target = 40\n')
    for name in ("d.toml", "run-0.toml"):
        (tmp_path / name).write_text('[design]\nkind = "grid"\n[ranges]\nsaving_target = [20, 40]\n')
    os.link(tmp_path / "s.toml", tmp_path / "link.toml")
    write_template(tmp_path / "records.csv", tiny)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WATERPLAN_LANGUAGE", raising=False)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_an_output_in_the_place_of_an_input_is_refused(place, capsys, words):
    before = contents(place)
    assert main([*words.split(), "--study", "study"]) == 2
    assert READ_HERE in capsys.readouterr().err
    assert contents(place) == before


def test_it_is_refused_in_chinese_as_well(place, capsys):
    assert main(["plan", "s.toml", "-o", "s.toml", "--study", "study", "--language", "zh"]) == 2
    assert "正是此处读取的内容" in capsys.readouterr().err


def test_a_plan_saved_beside_the_tables_of_a_study_may_be_written_over(place):
    words = ["plan", "s.toml", "--study", "study", "--no-confirm", "-o", "study/plan.nc"]
    assert [main(words), main(words)] == [0, 0]


@pytest.fixture
def pool(tmp_path, monkeypatch):
    """A pool with a release, and the key of an owner in a file."""
    monkeypatch.delenv("WATERPLAN_LANGUAGE", raising=False)
    monkeypatch.chdir(tmp_path)
    owners = Owners("pool.sqlite")
    owners.join(20, "beer", np.linspace(3, 8, 20))
    owners.pool.release()
    for name in ("owner.key", "key.csv"):
        Path(name).write_text(owners.keys["beer 1"])
    os.link("pool.sqlite", "pool.csv")
    yield owners.pool
    owners.pool.close()


EXPORTS = {  # file, the code that the command ends with, and what is said
    "the pool": ("pool.sqlite", 2, "a name that ends in .csv"),
    "the pool under another name": ("pool.csv", 8, "a database of SQLite"),
    "the key": ("owner.key", 2, "a name that ends in .csv"),
    "the key under another name": ("key.csv", 2, READ_HERE),
}


@pytest.mark.parametrize("what", EXPORTS)
@pytest.mark.parametrize("more", [(), ("--own",)], ids=["told", "own"])
def test_an_export_of_the_pool_overwrites_neither_it_nor_the_key(pool, capsys, what, more):
    file, code, said = EXPORTS[what]
    before = contents(Path())
    assert main(["peers", "export", file, "--pool", "pool.sqlite", "--key-file", "key.csv", *more]) == code
    assert said in capsys.readouterr().err
    assert contents(Path()) == before


@pytest.mark.parametrize("name", ["pool.sqlite", "pool.sqlite-wal", "pool.sqlite-shm", "pool.sqlite-journal"])
def test_no_table_is_written_over_a_database_or_what_stands_beside_it(pool, name):
    before = contents(Path())
    for export in (pool.export, lambda path: pool.export_own(path, Path("owner.key").read_text())):
        with pytest.raises(OutputError, match="a database of SQLite stands here"):
            export(name)
    assert contents(Path()) == before


def test_no_file_at_all_is_written_over_a_database(tmp_path):
    with sqlite3.connect(tmp_path / "theirs") as connection:
        connection.execute("CREATE TABLE theirs (id INTEGER)")
    connection.close()
    with pytest.raises(OutputError, match="a database of SQLite stands here"):
        write_whole(tmp_path / "theirs", b"plan")
    write_whole(tmp_path / "other-wal", b"plan")
    assert (tmp_path / "other-wal").read_bytes() == b"plan"
