"""Why the plan is as it is, what it rests on, and what to relax when there is none."""

from waterplan.explain.causes import causes, states
from waterplan.explain.freedom import freedom
from waterplan.explain.limits import binding_limits
from waterplan.explain.overview import Overview, overview
from waterplan.explain.reasons import reasons
from waterplan.explain.rests import rests_on
from waterplan.explain.sensitivity import share_by_basis, weights
from waterplan.explain.ways_out import WayOut, ways_out

__all__ = [
    "Overview",
    "WayOut",
    "binding_limits",
    "causes",
    "freedom",
    "overview",
    "reasons",
    "rests_on",
    "share_by_basis",
    "states",
    "ways_out",
    "weights",
]
