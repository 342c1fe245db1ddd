"""Real installs of the wheel, in fresh environments: each extra alone, all, and the oldest versions."""

import subprocess
import sys
from pathlib import Path

import pytest
from installing import ROOT, STUDY, lowest, page_of, wrong

from waterplan.base.extras import BRINGS

pytestmark = pytest.mark.long
EACH = [set(), *({extra} for extra in BRINGS), set(BRINGS)]
PINS = ROOT / "constraints.txt"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check")
    done = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(done, check=True, cwd=folder)
    return next(folder.glob("waterplan-*.whl"))


def installed(wheel: Path, extras: set[str], pins: Path, folder: Path) -> Path:
    """The Python of a fresh environment with the wheel and some of its extras."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    asked = f"{wheel}[{','.join(sorted(extras))}]" if extras else str(wheel)
    pip = [str(python), "-m", "pip", "-qq", "--disable-pip-version-check", "install", "--constraint", str(pins), asked]
    done = subprocess.run(pip, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return python


def works(python: Path, extras: set[str], folder: Path) -> None:
    """Every command works or names its extra; the pages are served where they are installed."""
    folder.mkdir()
    assert wrong(python, folder, extras) == {}
    if "dashboard" in extras:
        command = [str(python), "-m", "waterplan", "dashboard", "--port", "0", "--study", str(STUDY)]
        assert "waterplan" in page_of(command, folder)


@pytest.mark.parametrize("extras", EACH, ids=lambda extras: "-".join(sorted(extras)) or "none")
def test_the_wheel_with_these_extras_alone_works(extras, wheel, tmp_path):
    works(installed(wheel, extras, PINS, tmp_path / "a b 水"), extras, tmp_path / "elsewhere")


def test_a_wheelhouse_is_enough_without_index_compiler_network_or_home(wheel, tmp_path):
    """In a folder with a space and Chinese signs; running it writes nothing into the installation."""
    house, place = tmp_path / "wheels", tmp_path / "a b 水"
    pip = (sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check")
    fetched = [*pip, "download", "--only-binary", ":all:", "--constraint", str(PINS), "-d", str(house), str(wheel)]
    subprocess.run(fetched, check=True)
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    python, bare = str(place / "bin" / "python"), {"PATH": str(tmp_path / "nothing"), "LANG": "C.UTF-8"}
    asked = ["install", "--no-index", "--find-links", str(house), str(wheel)]
    subprocess.run([python, "-m", "pip", "-qq", "--disable-pip-version-check", *asked], check=True, env=bare)
    before = {path for path in place.rglob("*") if path.is_file()}
    (tmp_path / "elsewhere").mkdir()
    command = [str(place / "bin" / "waterplan"), "plan", "reference", "--no-confirm"]
    done = subprocess.run(
        command, env=bare, cwd=tmp_path / "elsewhere", capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Found by price" in done.stdout
    assert {path for path in place.rglob("*") if path.is_file()} == before
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_the_oldest_versions_that_are_admitted_work(wheel, tmp_path):
    pins = tmp_path / "lowest.txt"
    pins.write_text("\n".join(lowest()), encoding="utf-8")
    works(installed(wheel, set(BRINGS), pins, tmp_path / "venv"), set(BRINGS), tmp_path / "elsewhere")
