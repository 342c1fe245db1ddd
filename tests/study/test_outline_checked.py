"""``waterplan check`` reads the outlines of a study as the page does."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import TINY

from waterplan.base.errors import WaterplanError
from waterplan.study.outline import read_outline


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


def test_outlines_of_a_country_are_good_for_a_study_of_a_part_of_it_and_are_drawn_for_that_part(tmp_path, tiny):
    study = Path(shutil.copytree(TINY, tmp_path / "study"))
    square = [[[100, 30], [101, 30], [101, 31], [100, 31], [100, 30]]]
    places = ["north", "middle", "south", "elsewhere"]
    features = [
        {"properties": {"province": name}, "geometry": {"type": "Polygon", "coordinates": square}} for name in places
    ]
    file = study / "provinces.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert checked(study).returncode == 0
    assert set(read_outline("study", tiny, study)["paths"]) == {"north", "middle", "south"}
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features[2:]}))
    assert checked(study).returncode == 0  # tiles are drawn
    with pytest.raises(WaterplanError, match="without north, middle"):
        read_outline("study", tiny, study)
