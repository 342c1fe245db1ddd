"""Campaigns that build a difference on purpose: what is told of cells, added and subtracted, until one owner is left.

Each says who comes, goes and changes between releases; who stands behind which answer follows from the cells. P, Q
and N are honest, A and B the attacker's, x is the one that it is after.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pandas as pd
from attacking import OWN, Seen, World

from waterplan.plants.pool.points import size_class
from waterplan.plants.pool.rules import Rules

LARGE, SMALL = 2e6, 9e5  # unit/a, a size class each
SPREAD = 92.0  # m3/unit
ROUTES = ("a", "b", "c")


class Campaign(World):
    """A world whose attacker asks for every cell of each release and knows who stands in which."""

    def __init__(self, folder, rules: Rules):
        super().__init__(folder, rules)
        self.plants: dict[str, dict[str, tuple[float, float]]] = {}
        self.states: list[tuple[str, ...]] = []
        self.public: list[str] = []

    def come(self, names: str, route: str, output: float = LARGE, intensity: float = 93.0) -> None:
        """Owners make so much by a route, by turns with less water and with more; what they make elsewhere stays."""
        for place, name in enumerate(names.split()):
            made = (output, intensity + SPREAD * (-1) ** place * (place > 0))
            self.plants.setdefault(name, {})[route] = made
            self.owners.says(name, (f"plant {route}", "steel", route, *made))
            self.remember(name, route, made)

    def go(self, names: str) -> None:
        """Owners withdraw everything, and their key."""
        for name in names.split():
            self.owners.pool.withdraw(self.owners.keys.pop(name))
            for route in self.plants.pop(name):
                self.labels.pop(f"{name}@{route}")

    def publish(self, count: int, intensity: float) -> None:
        """Enterprises that make what owners usually do; the attacker knows their figures as it knows its own."""
        rows = [(f"public {place}", "steel", 2020, intensity, None) for place in range(count)]
        table = pd.DataFrame(rows, columns=["enterprise", "product", "year", "intensity", "reuse_rate"])
        self.owners.pool.seed(SimpleNamespace(enterprises=table.set_index("enterprise")))
        self.public = [f"{OWN[0]}#public{place}" for place in range(count)]
        self.outputs |= dict.fromkeys(self.public, LARGE)
        self.truth |= dict.fromkeys(self.public, intensity)

    def tell(self) -> None:
        """Makes a release, others elsewhere helping if need be, and takes down what it tells that is new."""
        if not self.release():
            self.elsewhere(8 * len(self.states))
            assert self.release()
        number, told = self.owners.pool.releases(), {}
        for route in ROUTES:
            for size in ("1e5", "1e6", "1e3", "1e4"):
                answer = self.owners.pool.statistics(("steel", route, size))
                told[answer.leaves] = answer
        self.states.append(tuple(sorted(answer.state for answer in told.values() if answer.state != "too_few")))
        for leaves, answer in told.items():
            if answer.state == "told" and answer.origin == number:
                self.seen.append(Seen(self.behind(leaves, answer), answer.deciles))

    def behind(self, leaves, answer) -> tuple[tuple[str, ...], ...]:
        """Labels of whoever stands in a cell, by its groups."""
        inside = [
            self.labels[f"{name}@{route}"]
            for name, made in self.plants.items()
            for route, (output, _) in made.items()
            if (route, size_class(output)) in leaves
        ]
        if len(answer.deciles) == 1:
            return ((*inside, *(self.public if ("", "") in leaves else ())),)
        return self._groups(inside, answer)

    def remember(self, name: str, route: str, made: tuple[float, float]) -> None:
        """A label for what an owner says now of its plant; behind a # stands what is not its name."""
        label = f"{name}#{route}{sum(one.startswith(f'{name}#{route}') for one in self.truth)}"
        self.labels[f"{name}@{route}"] = label
        self.outputs[label], self.truth[label] = made


P, Q, N = "p1 p2 p3 p4 p5", "q1 q2 q3 q4 q5 q6 q7", "n1 n2 n3 n4 n5 n6 n7"
FIRST = f"x {P} A B"


def merged_less_former(world: Campaign) -> None:
    """The others of x's route leave; it merges with a route that did not change."""
    world.come(FIRST, "a")
    world.come(Q, "b")
    world.tell()
    world.go(f"{P} A B")
    world.tell()


def merged_sizes_less_former(world: Campaign) -> None:
    """The same with size classes of one route."""
    world.come(FIRST, "a", SMALL)
    world.come(Q, "a")
    world.tell()
    world.go(f"{P} A B")
    world.tell()


def former_less_a_part(world: Campaign) -> None:
    """x was told with another route; now that enough joined it, that route is told alone."""
    world.come("x", "a")
    world.come(Q, "b")
    world.tell()
    world.come(N, "a")
    world.tell()


def chain_of_three(world: Campaign) -> None:
    """The route that x merges with changed in between, and what it was then is what is subtracted."""
    world.come(FIRST, "a")
    world.come(Q, "b")
    world.tell()
    world.come(Q, "b", intensity=95.0)
    world.tell()
    world.go(f"{P} A B")
    world.tell()


def two_cells_less_a_third(world: Campaign) -> None:
    """x was told with the whole product; then the attacker makes up the numbers that two routes without x need."""
    world.come("x", "a")
    world.come("q1 q2 q3 q4 q5 q6", "b")
    world.come("r1 r2 r3 r4 r5 r6", "c")
    world.tell()
    world.come("A", "b")
    world.come("B", "c")
    world.come(N, "a")
    world.tell()


def re_entries(world: Campaign) -> None:
    """The attacker's owners leave x's route and come back by the other."""
    world.come(FIRST, "a")
    world.come(Q, "b")
    world.tell()
    world.go(f"{P} A B")
    world.come("A B", "b")
    world.tell()


def in_both_cells(world: Campaign) -> None:
    """The attacker's owners stand in either cell, and say something new instead of leaving."""
    world.come(FIRST, "a")
    world.come(f"{Q} A B", "b")
    world.tell()
    world.go(P)
    world.come("A B", "a", intensity=100.0)
    world.tell()


def public_company(world: Campaign) -> None:
    """Published enterprises join with the merger."""
    world.come(FIRST, "a")
    world.come(Q, "b")
    world.tell()
    world.go(f"{P} A B")
    world.publish(3, 88.0)
    world.tell()


def giant_among_newcomers(world: Campaign) -> None:
    """Enough join or say something new at once, but x makes nearly all that they make."""
    world.come("q1 q2 q3 q4 q5 q6", "a", 9e6)
    world.come("A B", "a")
    world.tell()
    world.come("x", "a", 9e6)
    world.come("s1 s2 s3 s4", "a", 2e3)
    world.come("A B", "a", intensity=100.0)
    world.tell()


def withheld_then_told(world: Campaign) -> None:
    """x's cell waits for a release, withheld, before it merges."""
    world.come(FIRST, "a")
    world.come(Q, "b")
    world.tell()
    world.go("p1 p2 p3")
    world.tell()
    world.go("p4 p5 A B")
    world.tell()


ELEVEN = "p1 p2 p3 p4 p5 p6 p7 p8 p9 p10 p11"
HUGE = 5e6  # unit/a


def withdrawn_in_a_merged_cell(world: Campaign) -> None:
    """Those who were told with x have withdrawn, and what they made is no longer known but for its class."""
    world.come(f"x {ELEVEN}", "a", HUGE)
    world.come("z", "a", 6e5)
    world.come(f"{Q} q8", "b", HUGE)
    world.tell()
    world.come(ELEVEN, "a", 1.01 * HUGE)
    world.come("z", "a", 6.1e5)
    world.tell()
    world.go(f"{ELEVEN} z")
    world.tell()


def dust_of_the_attacker(world: Campaign) -> None:
    """The merged cell less the former, where one of the attacker's plants makes next to nothing."""
    world.come(f"x {P} A", "a", HUGE)
    world.come("B", "a", 0.5)
    world.come(Q, "b", HUGE)
    world.tell()
    world.go(f"{P} A B")
    world.tell()


def dust_among_newcomers(world: Campaign) -> None:
    """Enough come as others go, but they make next to nothing beside x, and the small one of its cell stays."""
    world.come(f"x {ELEVEN}", "a", HUGE)
    world.come("z", "a", 150.0)
    world.come(f"{Q} q8", "b", 1.3e6)
    world.tell()
    world.come(ELEVEN, "a", 1.01 * HUGE)
    world.tell()
    world.go(ELEVEN)
    world.come("d1 d2 d3 d4 d5 A B", "a", 900.0)
    world.tell()


def least_of_a_class(world: Campaign) -> None:
    """Those who went made nearly ten times the least of their size class, and so does x; who comes makes the least."""
    world.come(f"{Q} x", "a", 9.9e6)
    world.come("r1 r2 r3 r4 r5 r6 r7 r8", "b", 1.3e6)
    world.tell()
    world.come(Q, "a", 1.0)
    world.come(N, "a", 9.9e6)
    world.tell()
    world.go(f"{Q} {N}")
    world.come("d1 d2 d3 d4 d5 A B", "a", 1e6)
    world.tell()


CAMPAIGNS: tuple[Callable[[Campaign], None], ...] = (
    merged_less_former, merged_sizes_less_former, former_less_a_part, chain_of_three, two_cells_less_a_third,
    re_entries, in_both_cells, public_company, giant_among_newcomers, withheld_then_told,
    withdrawn_in_a_merged_cell, dust_of_the_attacker,
)  # fmt: skip
GIANTS = (dust_among_newcomers, least_of_a_class)  # in which x is not placed, but has nearly all of a sum
