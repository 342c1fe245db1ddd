"""The last few curves of each planner: made once, whatever target of a scenario is asked for, and by whom."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np

from waterplan.base.errors import SolverError
from waterplan.planning.curve.breakpoints import FLOORS, Breakpoints, exact_breakpoints
from waterplan.planning.plan.result import no_plan
from waterplan.planning.planner.planner import Planner
from waterplan.planning.planner.search import Search
from waterplan.study.scenario import Scenario

MOST = 8
SAMPLES = 25

Key = tuple[str, str]  # exact or sampled, digest of the scenario without its target


@dataclass
class _Kept:
    lock: threading.Lock = field(default_factory=threading.Lock)
    curves: OrderedDict[Key, Breakpoints | None] = field(default_factory=OrderedDict)


_KEPT: WeakKeyDictionary[Planner, _Kept] = WeakKeyDictionary()
_LOCK = threading.Lock()


def exact_curve(planner: Planner, scenario: Scenario) -> Breakpoints | None:
    """Every breakpoint of a scenario's curve, its own target left aside; None where other limits than floors of one
    kind need prices of their own, or where floors of sectors and used-up pools need prices together."""
    return _of(planner, "exact", scenario, lambda free: _found(planner.search(free)))


def trace(planner: Planner, scenario: Scenario) -> Breakpoints:
    """Every breakpoint of a scenario's curve, or points of it where they are not to be had.

    Raises InfeasibleError where the limits contradict each other.
    """
    found = exact_curve(planner, scenario) or _of(planner, "sampled", scenario, lambda free: _sampled(planner, free))
    assert found is not None
    return found


def _of(
    planner: Planner, kind: str, scenario: Scenario, make: Callable[[Scenario], Breakpoints | None]
) -> Breakpoints | None:
    free = scenario.with_levers(saving_target=0.0)
    key = (kind, free.digest(planner.study))
    with _LOCK:
        kept = _KEPT.setdefault(planner, _Kept())
    with kept.lock:
        if key in kept.curves:
            kept.curves.move_to_end(key)
            return kept.curves[key]
    found = make(free)
    for array in vars(found).values() if found else ():
        array.setflags(write=False)  # several may read it
    with kept.lock:
        kept.curves[key] = found
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


def _sampled(planner: Planner, free: Scenario) -> Breakpoints:
    """Exact points of the curve at evenly spaced targets: for caps, and for floors of several kinds."""
    most = planner.attainable(free)
    if most is None:
        raise no_plan(0.0, None)
    least = planner.solve(free)
    start = min(least.ledger.counted_saving, most)
    targets = np.linspace(start, max(most - 1e-4 * least.instance.flows.unit, start), SAMPLES)[1:]
    results = [least]
    for target in targets:
        results.append(planner.solve(free.with_levers(saving_target=float(target)), results[-1].duals.shadow_price))
    return Breakpoints(
        np.array([r.ledger.counted_saving for r in results]),
        np.array([r.ledger.objective for r in results]),
        np.array([r.ledger.investment for r in results]),
        np.array([0.0, *(r.duals.shadow_price for r in results[1:])]),
        np.full(len(results), -1),
    )


def attainable(planner: Planner, scenario: Scenario) -> float | None:
    """The largest counted saving within all limits of a scenario [hm3/a]; None when they contradict each other."""
    found = exact_curve(planner, scenario)
    return planner.attainable(scenario) if found is None else found.attainable
