"""The command line: a thin shell over the public names of waterplan, each loaded when a command first asks for it."""

from __future__ import annotations

from collections.abc import Sequence

from waterplan.base.errors import INTERRUPTED

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code, see entry.py. Ctrl-C is answered while the command is loaded, too."""
    try:
        from waterplan.cli.entry import main as run
    except KeyboardInterrupt:
        return INTERRUPTED
    return run(arguments)
