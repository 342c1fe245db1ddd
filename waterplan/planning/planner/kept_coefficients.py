"""What only coefficient levers, exclusions and overrides change, and what a planner keeps of it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import cached_property

from waterplan.planning.core.kernel_arrays import Pairs, Uses
from waterplan.planning.model.flows import Array, Flows
from waterplan.planning.plan.result import Result
from waterplan.planning.planner.dictionaries import Vertices, build_uses
from waterplan.planning.planner.kernel_input import Places, build_pairs
from waterplan.planning.planner.lanes import Lanes, Layout
from waterplan.planning.planner.light import Money
from waterplan.study.scenario import Levers

KEPT = 8


@dataclass(frozen=True)
class Coefficients:
    """What all requests share that agree on coefficient levers, exclusions and overrides.

    key: what they depend on. samples [sample, app]: costs along which stores are filled. before: the stage in whose
    end state the plan starts.
    """

    key: Hashable
    layout: Layout
    values: dict[str, Array]
    levers: Levers
    flows: Flows
    uses: Uses
    lanes: Lanes
    money: Money
    samples: Array
    before: Result | None = None

    @property
    def places(self) -> Places:
        """Where costs and credits of packed rows stand."""
        return self.layout.places

    @cached_property
    def pairs(self) -> Pairs:
        """Volumes and limits pair by pair."""
        return build_pairs(self.places, self.flows, self.levers)

    def joined_by(self, more: Vertices) -> Coefficients:
        """The same with vertices in the store that it lacked."""
        kappas = self.samples * self.flows.saving_fraction
        return replace(self, uses=build_uses(self.places.structure, self.flows, kappas, self.uses, more))


class Kept:
    """The coefficients last used, by what they depend on; safe to share between threads."""

    def __init__(self, before: Coefficients | None = None):
        self._before = before
        self._kept: OrderedDict[Hashable, Coefficients] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: Hashable, make: Callable[[], Coefficients]) -> Coefficients:
        """Those of a key, made where they are not known."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        self.put(made)
        return made

    def put(self, made: Coefficients) -> None:
        """Keeps what was made, or what has taken its place."""
        with self._lock:
            self._kept[made.key] = made
            self._kept.move_to_end(made.key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)

    def last(self, layout: Layout) -> Coefficients | None:
        """Those last used of a layout, from which others are quickly made; None where there are none yet."""
        with self._lock:
            known = (one for one in reversed(self._kept.values()) if one.layout is layout)
            return next(known, self._before if self._before and self._before.layout is layout else None)
