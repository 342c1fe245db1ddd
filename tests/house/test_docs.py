"""Anything printed is run: the commands of README and docs/, their links, and what docs/build.py generates."""

import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from at_once import commands_at_once
from places import ROOT

import waterplan
from waterplan.study.scenario import Scenario
from waterplan.study.study import open_study

DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "dashboards/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
NOT_RUN_HERE = ("make ", "pip install ")  # continuous integration and tests/house/test_packaging.py do


class Command(NamedTuple):
    text: str
    exit_code: int


def commands(document: Path) -> list[Command]:
    """The lines that start with "$ " in ```console blocks; "# exit code 5" at the end of a line announces a failure."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        for line in re.findall(r"^\$ (.*)", block.replace("\\\n", " "), re.MULTILINE):
            text, _, code = line.partition("# exit code ")
            found.append(Command(text.strip(), int(code or 0)))
    return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scenarios and the study, where commands may write what they like."""
    folder = tmp_path_factory.mktemp("desk")
    for name in ("scenarios", "data", "docs/examples"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def binaries(tmp_path_factory: pytest.TempPathFactory):
    """Where a shell finds commands: ours, loaded already, then what is beside Python, then the machine's."""
    with commands_at_once(tmp_path_factory.mktemp("once")) as ours:
        yield os.pathsep.join((str(ours), str(Path(sys.executable).parent), os.environ["PATH"]))


@pytest.fixture(scope="module")
def already_run() -> set[Command]:
    return set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_printed_command_runs(document, desk, binaries, already_run):
    for command in commands(document):
        if command.text.startswith(NOT_RUN_HERE) or command in already_run:
            continue
        environment = {**os.environ, "PATH": binaries, "COLUMNS": "120"}
        done = subprocess.run(
            command.text, shell=True, cwd=desk, env=environment, capture_output=True, encoding="utf-8"
        )
        assert done.returncode == command.exit_code, f"$ {command.text}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        already_run.add(command)


def test_a_fresh_machine_needs_two_commands():
    first_block = re.search(r"```console\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert first_block is not None
    assert first_block[1].splitlines() == ["$ make plan", "$ make test"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file(document):
    links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_model_document_is_what_the_docstrings_and_the_vocabulary_say():
    rendered = runpy.run_path(str(ROOT / "docs" / "build.py"))["render"]()
    assert (ROOT / "docs" / "model.md").read_text(encoding="utf-8") == rendered, "run make docs"


def test_the_python_of_the_quickstart_runs(desk):
    found = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    done = subprocess.run([sys.executable, "-c", found[1]], cwd=desk, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert "TARGET 2,500 hm3/a" in done.stdout


def test_the_python_of_benchmarking_runs(desk):
    found = re.search(
        r"```python\n(.*?)```", (ROOT / "docs" / "benchmarking.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert found is not None
    done = subprocess.run([sys.executable, "-c", found[1]], cwd=desk, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Hill Brewery, 2017\n")


def test_the_claims_of_a_robust_page_are_recomputed_from_its_store(desk):
    document = (ROOT / "docs" / "robust.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", document, re.DOTALL)
    assert code is not None
    page = (
        "from waterplan import Robust, robust; found = robust('reference', samples=40, store='robust.zarr', workers=0)"
    )
    claims = "assert (found.chance, found.secure, found.price) == (chance, secure, price)\n"
    claims += "assert found.answers.aim[found.least_regret] == least\nassert (found.answers.used_share == used).all()"
    done = subprocess.run(
        [sys.executable, "-c", f"{page}\n{code[1]}\n{claims}"], cwd=desk, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr


def test_the_scenario_files_printed_in_the_docs_are_scenarios(tmp_path):
    """Blocks of TOML, each as a file in a folder of its own; a block without a title adds to the one before."""
    for document in DOCUMENTS:
        blocks = re.findall(r"^```toml\n(.*?)^```", document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        for number, block in enumerate(blocks):
            text = block if block.startswith("title") else f'title = "An addition"\n\n{block}'
            path = tmp_path / f"{document.stem}_{number}.toml"
            path.write_text(text, encoding="utf-8")
            Scenario.read(path).check(open_study("china-2015"))


def test_the_page_of_names_has_each_public_name_once():
    page = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == sorted(waterplan.__all__)
