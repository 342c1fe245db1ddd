"""Measures waterplan and writes benchmarks/RESULTS.md: ``make bench``.

``--only full_model,moves`` measures some parts and prints them, without writing; ``--quick`` repeats less.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import batch
import dashboard
import frontier
import full_model
import machine
import many
import moves
import plants
import processes
import profiled

from waterplan.study.study import open_study

PARTS = {
    "moves": moves.run,
    "many": many.run,
    "processes": processes.run,
    "full_model": full_model.run,
    "profiled": profiled.run,
    "batch": batch.run,
    "frontier": frontier.run,
    "plants": plants.run,
    "dashboard": dashboard.run,
}
RESULTS = Path(__file__).with_name("RESULTS.md")
HEADER = """# Measured

Written by `make bench`. The shipped study; times are medians; ratios are of processor time
within this run, for everything here runs on one core and others may use the machine.

"""


def main() -> None:
    """Runs the parts asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help=f"parts, by commas: {', '.join(PARTS)}; printed, not written")
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    options = parser.parse_args()
    wanted = [name for name in options.only.split(",") if name] or list(PARTS)
    study = open_study("china-2015")
    moves.check(study)
    before, texts = machine.load(), []
    for name in wanted:
        print(f"{name} ...", flush=True)
        texts.append(PARTS[name](study, options.quick))
        if options.only:
            print(texts[-1])
    noise = (
        f"Load of the machine (processes wanting a core) before: {before:.1f}, after: {machine.load():.1f}; "
        "this benchmark itself is 1. Where wall time is well above processor time, others were using the machine.\n\n"
    )
    if not options.only:
        RESULTS.write_text(f"{HEADER}{machine.description()}\n{noise}" + "\n".join(texts), encoding="utf-8")
        print(f"written: {RESULTS.name}")


if __name__ == "__main__":
    main()
