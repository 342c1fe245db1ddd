"""Why the plan is as it is, what it rests on, and what to relax when there is none."""

from waterplan.planning.explain.causes import causes, states
from waterplan.planning.explain.freedom import freedom
from waterplan.planning.explain.limit_prices import binding_limits
from waterplan.planning.explain.overview import Overview, overview
from waterplan.planning.explain.reasons import reasons
from waterplan.planning.explain.rests import rests_on
from waterplan.planning.explain.sensitivity import share_by_basis, weights
from waterplan.planning.explain.ways_out import WayOut, ways_out

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
