"""Every command in turn, in the Python that runs this, and what became of each: printed as one JSON object.

Runs alone, without pytest and outside the checkout. Arguments: a study, a table of plants, parts of the command lines
that are run (parted by |; nothing: all), and the packages that are to be treated as if they were not installed.
"""

import contextlib
import io
import json
import sys
import traceback
from importlib.machinery import PathFinder
from pathlib import Path

COMMANDS = (
    "plan", "check", "explain", "trace", "scenarios", "describe", "compare", "benchmark", "report", "batch", "robust",
    "peers", "dashboard",
)  # fmt: skip
DESIGN = """
[grid]
saving_target = [40, 90]
"""


def words(study: str, plants: str) -> list[list[str]]:
    """The command lines; `dashboard` only where it is bound to be refused, for it serves until it is stopped."""
    asked = [
        "--help",
        *(f"{name} --help" for name in COMMANDS),
        f"check {study}",
        f"plan reference --no-confirm --study {study} -o plan.nc --excel plan.xlsx",
        f"plan reference --study {study}",
        f"explain reference --study {study}",
        f"trace annual_cost --study {study}",
        "trace water_price province=hebei",
        "scenarios",
        "describe --kind lever",
        f"compare reference carbon_priced --study {study}",
        "benchmark --template template.xlsx",
        f"benchmark {plants} --plant Hill_Brewery --year 2017",
        f"benchmark {plants} --plant Hill_Brewery --year 2017 -o plant.html",
        f"benchmark {plants} --plant Hill_Brewery --year 2017 -o plant.pdf",
        f"report reference -o report.html --study {study}",
        f"report reference -o report.pdf --study {study} --language zh",
        f"batch design.toml -o runs.zarr --workers 0 --study {study} --export runs.nc --export runs.parquet",
        f"robust reference --samples 4 --workers 0 --study {study} -o robust.zarr --set saving_target=90",
        f"peers init --pool pool.sqlite --study {study} --new-key owner.key",
        f"peers import {plants} --consent --pool pool.sqlite --key-file owner.key",
        "peers export back.csv --own --pool pool.sqlite --key-file owner.key",
        f"benchmark {plants} --plant Hill_Brewery --year 2017 --pool pool.sqlite",
    ]
    return [[word.replace("Hill_Brewery", "Hill Brewery") for word in line.split()] for line in asked]


def told(main, line: list[str]) -> dict[str, object]:
    """The exit code of a command, or None for a stack trace, and everything it printed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            code = main(line)
        except BaseException:
            code = None
            traceback.print_exc()
    return {"code": code, "text": out.getvalue()}


def hide(packages: list[str]) -> None:
    """Lets packages be found no more, as if they were not installed."""

    class Finder(PathFinder):
        @classmethod
        def find_spec(cls, name, path=None, target=None):
            return None if name in packages else super().find_spec(name, path, target)

    sys.meta_path[sys.meta_path.index(PathFinder)] = Finder


def everything() -> dict[str, dict[str, object]]:
    study, plants, parts, *missing = sys.argv[1:]
    hide(missing)
    from waterplan.cli import main

    Path("pool.sqlite").touch()
    Path("design.toml").write_text(DESIGN, encoding="utf-8")
    return {
        " ".join(line): told(main, line)
        for line in words(study, plants)
        if any(part in " ".join(line) for part in parts.split("|"))
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(everything()))
