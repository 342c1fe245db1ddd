"""The saving cost curve: least cost over all targets, every breakpoint exactly, and what a naive stack would claim."""

from waterplan.planning.curve.curve import curve
from waterplan.planning.curve.kept import trace
from waterplan.planning.curve.stack import naive_stack
from waterplan.planning.curve.thinning import drawn_points

__all__ = ["curve", "drawn_points", "naive_stack", "trace"]
