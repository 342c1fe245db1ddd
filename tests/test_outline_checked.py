"""``waterplan check`` reads the outlines of a study as the page does."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import TINY


def checked(folder):
    words = [sys.executable, "-m", "waterplan", "check", str(folder)]
    return subprocess.run(words, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("content", ["[" * 100_000, "{}", '{"features": [{}]}', None])
def test_an_outline_that_is_none_is_a_problem_of_the_study(tmp_path, content):
    study = Path(shutil.copytree(TINY, tmp_path / "study"))
    file = study / "provinces.geojson"
    os.mkfifo(file) if content is None else file.write_text(content)
    done = checked(study)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "provinces.geojson" in done.stderr


def test_a_study_without_outlines_and_the_shipped_one_are_good():
    assert checked(TINY).returncode == 0
    assert checked("china-2015").returncode == 0
