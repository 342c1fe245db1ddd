"""The saving cost curve: least cost over all targets, every breakpoint exactly, and what a naive stack would claim."""

from waterplan.curve.curve import curve
from waterplan.curve.stack import naive_stack
from waterplan.curve.thinning import drawn_points

__all__ = ["curve", "drawn_points", "naive_stack"]
