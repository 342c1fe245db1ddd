"""A place that cannot be written to ends every command with the same exit code, before anything is computed."""

import io
import os
import shutil

import pytest
from places import TINY

from waterplan import write_template
from waterplan.base.errors import OutputError
from waterplan.cli.entry import main

FILES = {  # words that write a file, with the end of its name
    "plan": ("plan s.toml --study study -o {}", ".nc"),
    "workbook": ("plan s.toml --study study --excel {}", ".xlsx"),
    "report": ("report s.toml --study study -o {}", ".html"),
    "report as PDF": ("report s.toml --study study -o {}", ".pdf"),
    "batch as a table": ("batch d.toml --study study -o runs.zarr --export {}", ".parquet"),
    "plant": ("benchmark records.csv --study study -o {}", ".html"),
    "plants": ("benchmark records.csv --study study -o {}", ".xlsx"),
    "plants as a table": ("benchmark records.csv --study study -o {}", ".csv"),
    "template": ("benchmark --study study --template {}", ".xlsx"),
    "release of a pool": ("peers export --pool pool.sqlite {}", ".csv"),
    "key of an owner": ("peers init --pool pool.sqlite --study study --new-key {}", ".key"),
    "users of the pages": ("dashboard --add-user me --basic-auth {}", ".toml"),
}
FOLDERS = {  # words that write a folder, which is made where it is not there
    "plan as tables": "plan s.toml --study study --csv {}",
    "runs": "batch d.toml --study study -o {}",
    "a run as a scenario": "batch d.toml --study study -o runs.zarr --write 0 --into {}",
    "robust": "robust s.toml --study study -o {}",
}
NOWHERE = ("runs", "robust")  # stores, whose folder must be there


@pytest.fixture
def place(tmp_path, monkeypatch, tiny):
    """A folder to work in, with a study, a scenario, a design, records, and places where nothing can be written."""
    shutil.copytree(TINY, tmp_path / "study")
    (tmp_path / "s.toml").write_text('title = "s"\n[levers]\nsaving_target = 40\n')
    (tmp_path / "d.toml").write_text('[design]\nkind = "grid"\n[ranges]\nsaving_target = [20, 40]\n')
    write_template(tmp_path / "records.csv", tiny)
    (tmp_path / "locked").mkdir(mode=0o500)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO("a long enough password\n"))
    return tmp_path


def refused(words: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What is said when words end with the code of a place that cannot be written to."""
    code = main(words.split())
    said = capsys.readouterr()
    assert (code, said.out) == (OutputError.exit_code, ""), said.err
    return said.err


@pytest.mark.parametrize("what", FILES)
@pytest.mark.parametrize(
    ("kind", "says"),
    [("nowhere/name", "there is no folder"), ("folder", "this is a folder"), ("pipe", "no plain file"),
     (300 * "n", "name is too long"), ("s.toml/name", "there is no folder")],
    ids=["folder missing", "is a folder", "is a pipe", "name too long", "in a file"],
)  # fmt: skip
def test_a_file_that_cannot_be_written_ends_every_command_with_its_code(place, capsys, what, kind, says):
    words, end = FILES[what]
    if kind == "folder":
        (place / f"folder{end}").mkdir()
    elif kind == "pipe":
        os.mkfifo(place / f"pipe{end}")
    assert says in refused(words.format(f"{kind}{end}"), capsys)


@pytest.mark.parametrize("what", FOLDERS)
@pytest.mark.parametrize(
    ("kind", "says"),
    [("s.toml.zarr", "this is a file"), ("s.toml.zarr/name", "this is a file"), (300 * "n", "name is too long"),
     ("nowhere/name", "there is no folder")],
    ids=["is a file", "in a file", "name too long", "folder missing"],
)  # fmt: skip
def test_a_folder_that_cannot_be_written_ends_every_command_with_its_code(place, capsys, what, kind, says):
    if kind == "nowhere/name" and what not in NOWHERE:
        pytest.skip("it is made, with those above it")
    (place / "s.toml.zarr").write_text("a file")
    assert says in refused(FOLDERS[what].format(kind), capsys)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("what", [*FILES, *FOLDERS])
def test_a_folder_without_the_right_to_write_ends_every_command_with_its_code(place, capsys, what):
    words, end = FILES.get(what) or (FOLDERS[what], "")
    assert "this account may not write here" in refused(words.format(f"locked/name{end}"), capsys)
