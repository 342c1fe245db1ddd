"""Builds the site in build/site; a warning is an error. ``--quick``: the notebooks are shown and not run."""

import sys
from pathlib import Path

from sphinx.cmd.build import main

HERE = Path(__file__).parent
SITE = HERE.parents[1] / "build" / "site"
START = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=site/index.html">'


def build(quick: bool) -> int:
    """The exit code of Sphinx; the site opens at build/site/index.html."""
    options = ["-D", "nb_execution_mode=off"] if quick else []
    failed = main(["-q", "-W", "--keep-going", "-b", "html", "-c", str(HERE), *options, str(HERE.parent), str(SITE)])
    if not failed:
        (SITE / "index.html").write_text(START, encoding="utf-8")
        sys.stdout.write(f"{SITE / 'index.html'} written\n")
    return failed


if __name__ == "__main__":
    sys.exit(build("--quick" in sys.argv[1:]))
