"""What each extra is for, and what every command does where one is missing; shared by the tests of installs."""

import json
import os
import re
import signal
import subprocess
import time
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

from places import ROOT

from waterplan.base.extras import BRINGS
from waterplan.base.texts import Texts

STUDY, PLANTS, SMOKE = (
    ROOT / "tests" / "tiny_study",
    ROOT / "docs" / "examples" / "plants.csv",
    ROOT / "tests" / "support" / "smoke.py",
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REFUSED = 8
FOR = {  # a part of the command line -> the extra without which the command is refused
    "plant.html": "report",
    "plant.pdf": "report",
    "report.html": "report",
    "report.pdf": "report",
    "batch design": "batch",
    "robust reference": "batch",
    "peers init": "peers",
    "peers import": "peers",
    "peers export": "peers",
    "--pool": "peers",
}
NOTHING_RELEASED = "there is no release"  # what a pool says that is new; seven owners make a release
ALONG = {"report": BRINGS["dashboard"]}  # hvPlot needs Panel
ADDRESS = re.compile(r"http://[\d.]+:\d+")


def extra_for(line: str) -> str | None:
    return next((extra for part, extra in FOR.items() if part in line), None)


def wrong(
    python: Path | str,
    folder: Path,
    extras: set[str],
    missing: tuple[str, ...] = (),
    parts: tuple[str, ...] = ("",),
    **environment: str,
) -> dict:
    """Commands that did something else than to work, or to be refused with the words that name the missing extra."""
    done = subprocess.run(
        [str(python), str(SMOKE), str(STUDY), str(PLANTS), "|".join(parts), *missing],
        cwd=folder, capture_output=True, encoding="utf-8", env={**os.environ, **environment}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    became = json.loads(done.stdout)
    assert len(became) >= (30 if parts == ("",) else len(parts))
    found = {}
    for line, one in became.items():
        extra = extra_for(line)
        if "--pool" in line and line.startswith("benchmark") and "peers" in extras:
            is_right = NOTHING_RELEASED in one["text"]
        elif extra is None or extra in extras:
            is_right = one["code"] == 0
        else:
            language = "zh" if "zh" in line.split() else "en"
            is_right = one["code"] == REFUSED and one["text"].endswith(f"{Texts('extras', language)(extra)}\n")
        if not is_right:
            found[line] = one
    return found


def page_of(command: list[str], folder: Path, **environment: str) -> str:
    """The page that a server of the pages sends once it is ready; it is stopped afterwards."""
    log = folder / "server.log"
    with log.open("w", encoding="utf-8") as stream:
        server = subprocess.Popen(
            command,
            cwd=folder,
            stdout=stream,
            stderr=stream,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        )
        try:
            return _page(server, log)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)


def _page(server: subprocess.Popen, log: Path) -> str:
    for _ in range(600):
        told = ADDRESS.search(log.read_text(encoding="utf-8"))
        assert server.poll() is None, log.read_text(encoding="utf-8")
        if told:
            try:
                with urllib.request.urlopen(told[0], timeout=60) as answer:
                    return answer.read().decode()
            except urllib.error.URLError:  # 503 until the first plan is known
                pass
        time.sleep(0.5)
    raise AssertionError(log.read_text(encoding="utf-8"))


def packages(extras: set[str]) -> tuple[str, ...]:
    """What is not installed where only some extras are."""
    there = {package for extra in extras for package in (*BRINGS[extra], *ALONG.get(extra, ()))}
    return tuple(package for names in BRINGS.values() for package in names if package not in there)


def lowest() -> list[str]:
    """The oldest versions that pyproject.toml admits, as constraints: ``numpy==1.26``."""
    extras = PROJECT["optional-dependencies"]
    asked = [*PROJECT["dependencies"], *(one for extra in BRINGS for one in extras[extra])]
    return sorted({re.sub(r"\[.*\]", "", one).replace(">=", "==") for one in asked})
