"""The command line: a thin shell over the public names of waterplan, each loaded when a command first asks for it."""

from waterplan.cli.entry import main

__all__ = ["main"]
