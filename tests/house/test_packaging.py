"""What `pip install .` gives somebody who has no checkout: the command, with the study and the scenarios inside."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from places import ROOT

import waterplan
from waterplan.study.study import open_study


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    """What a command prints in another folder; its complaint when it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore", **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT, folder=folder)
    return next(folder.glob("waterplan-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """A folder in which nothing but the wheel is installed; its dependencies are those of the tests."""
    site = wheel.parent / "site"
    pip = (sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check")
    run(*pip, "install", "--no-deps", "--target", site, wheel, folder=wheel.parent)
    return site


@pytest.fixture
def elsewhere(installed: Path, tmp_path: Path):
    """Runs the installed command from an empty folder outside the checkout."""

    def command(*words: str) -> str:
        return run(installed / "bin" / "waterplan", *words, folder=tmp_path, PYTHONPATH=str(installed))

    return command


def test_the_wheel_carries_every_file_of_the_study_and_the_scenarios_and_no_tests(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "data", "scenarios", "dashboards"], cwd=ROOT, capture_output=True, encoding="utf-8"
    )
    shipped = {f"waterplan/_shipped/{name}" for name in tracked.stdout.split("\n") if name}
    assert shipped <= names
    assert "waterplan/base/vocabulary.csv" in names
    assert {"waterplan/planning/core/_core.so", "waterplan/planning/core/answer.cpp"} <= names
    assert not [name for name in names if name.startswith(("tests", "docs", "data", "scenarios", "benchmarks"))]


def test_one_wheel_of_a_platform_serves_every_python(wheel):
    assert "-py3-none-" in wheel.name
    assert "-any" not in wheel.name


@pytest.mark.long
def test_a_wheel_is_made_from_the_source_distribution_too(tmp_path):
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path, folder=ROOT)
    pip = (sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check")
    packed = next(tmp_path.glob("waterplan-*.tar.gz"))
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, packed, folder=tmp_path)
    made = next(tmp_path.glob("waterplan-*.whl"))
    assert "waterplan/planning/core/_core.so" in zipfile.ZipFile(made).namelist()


def test_the_wheel_carries_the_bundle_of_the_shipped_study(installed, tmp_path):
    """A first run after an installation is as a second: the tables are not parsed, and nothing is kept."""
    script = (
        "from waterplan.study.tables import bundle_files; bundle_files.read_folder = None\n"
        "from waterplan.study.study import open_study; print(open_study().digest)"
    )
    cache = {"PYTHONPATH": str(installed), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert run(sys.executable, "-c", script, folder=tmp_path, **cache).strip() == open_study().digest
    assert list(tmp_path.iterdir()) == []


def test_the_installed_command_says_its_version(elsewhere):
    assert waterplan.__version__ in elsewhere("--version")


def test_the_installed_command_lists_the_shipped_scenarios(elsewhere):
    listed = elsewhere("scenarios")
    assert [path.stem for path in sorted(ROOT.glob("scenarios/*.toml")) if path.stem not in listed] == []


def test_the_installed_command_checks_the_shipped_study(elsewhere):
    elsewhere("check", "china-2015")


def test_the_installed_command_plans(elsewhere):
    assert "Found by price" in elsewhere("plan", "reference", "--no-confirm")


def test_the_public_names_come_from_the_wheel(installed, tmp_path):
    script = "import waterplan; print(waterplan.__file__); [getattr(waterplan, name) for name in waterplan.__all__]"
    home = run(sys.executable, "-c", script, folder=tmp_path, PYTHONPATH=str(installed))
    assert Path(home.strip()).is_relative_to(installed)


def test_importing_waterplan_imports_nothing_heavy(tmp_path):
    script = "import sys, waterplan; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = run(sys.executable, "-c", script, folder=tmp_path).split()
    assert not {"numpy", "pandas", "xarray", "pyomo", "highspy"} & set(loaded)


def test_a_version_has_one_place_and_the_citation_agrees():
    assert tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dynamic"] == ["version"]
    assert f"version: {waterplan.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_pins_name_packages_and_versions_only():
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or (line.count("==") == 1 and not set(line) & set("/:@ ;")), line


def test_what_the_tests_install_asks_for_nothing_proprietary():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    asking = {extra for extra, packages in extras.items() if any(name.startswith("pystoned") for name in packages)}
    assert asking == {"bench"}, "pystoned brings Mosek"
    assert "bench" not in extras["all"][0]


def test_the_slow_tests_that_make_test_quick_leaves_out_are_there():
    listed = (ROOT / "tests" / "slow.txt").read_text(encoding="utf-8").split()
    assert [path for path in listed if not (ROOT / path).is_file()] == []
