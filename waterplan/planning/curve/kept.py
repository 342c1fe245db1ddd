"""The last few exact curves of each planner: made once, whatever target of a scenario is asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from waterplan.base.errors import SolverError
from waterplan.planning.curve.breakpoints import FLOORS, Breakpoints, exact_breakpoints
from waterplan.planning.planner.planner import Planner
from waterplan.planning.planner.search import Search
from waterplan.study.scenario import Scenario

MOST = 4


@dataclass
class _Kept:
    lock: threading.Lock = field(default_factory=threading.Lock)
    curves: OrderedDict[str, Breakpoints | None] = field(default_factory=OrderedDict)


_KEPT: WeakKeyDictionary[Planner, _Kept] = WeakKeyDictionary()
_LOCK = threading.Lock()


def exact_curve(planner: Planner, scenario: Scenario) -> Breakpoints | None:
    """Every breakpoint of a scenario's curve, its own target left aside; None where other limits than floors of one
    kind need prices of their own, or where floors of sectors and used-up pools need prices together."""
    free = scenario.with_levers(saving_target=0.0)
    digest = free.digest(planner.study)
    with _LOCK:
        kept = _KEPT.setdefault(planner, _Kept())
    with kept.lock:
        if digest in kept.curves:
            kept.curves.move_to_end(digest)
            return kept.curves[digest]
    found = _found(planner.search(free))
    for array in vars(found).values() if found else ():
        array.setflags(write=False)  # several may read it
    with kept.lock:
        kept.curves[digest] = found
        while len(kept.curves) > MOST:
            kept.curves.popitem(last=False)
    return found


def _found(search: Search) -> Breakpoints | None:
    kinds = search.limits.kinds
    if kinds - set(FLOORS) or len(kinds) > 1:
        return None
    try:
        return exact_breakpoints(search)
    except SolverError:  # where the walk does not end, plans one by one still do
        return None


def attainable(planner: Planner, scenario: Scenario) -> float | None:
    """The largest counted saving within all limits of a scenario [hm3/a]; None when they contradict each other."""
    found = exact_curve(planner, scenario)
    return planner.attainable(scenario) if found is None else found.attainable
