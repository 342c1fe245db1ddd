"""What the usual command loads: nothing that its answer does not need."""

import subprocess
import sys

import pytest
from places import ROOT

HEAVY = {"pandas", "xarray", "pyomo", "scipy", "dask", "openpyxl", "hvplot", "panel", "matplotlib", "h5netcdf"}
LOADED = """
import sys
from waterplan.cli import main
assert main({words!r}) == 0
print("loaded:", *sorted({{name.split(".")[0] for name in sys.modules}}))
"""


def loaded(*words: str) -> set[str]:
    """The packages that a command has imported when it ends."""
    code = LOADED.format(words=list(words))
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "reference", "--no-confirm"),
        ("plan", "reference", "--no-confirm", "--language", "zh"),
        ("plan", "bulletin_basis", "--no-confirm"),
        ("plan", "tight_investment", "--no-confirm"),
        ("plan", "reference", "--no-confirm", "--json"),
        ("plan", "reference"),
    ],
    ids=" ".join,
)
def test_a_plan_is_printed_without_the_large_packages(words):
    assert loaded(*words) & HEAVY == set()


def test_an_own_study_is_read_without_them_for_the_first_time_too(copy, tmp_path):
    copy.set("sectors", 2, name_en=f"A name that no study has had: {tmp_path.name}")
    assert loaded("plan", "reference", "--no-confirm", "--study", str(copy.folder)) & HEAVY == set()


def test_the_readable_model_is_asked_where_somebody_wants_it():
    assert {"pyomo", "scipy"} <= loaded("plan", "reference", "--solver", "highs")
