"""An attacker with two owners never places another owner more narrowly than its decile; without any one rule it does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from attacking import OWN, Claim, World, half_step

from waterplan.peer_pool.rules import Rules

BIG = "1e6"
MUTANTS = {
    "k lowered": {"k": 1},
    "dominance off": {"dominance": 1.0},
    "the asker counted": {"coalition": 0},
    "rounding off": {"digits": None},
    "submissions count at once": {"submission_waits": False},
    "no minimum of changes": {"min_change": 0},
    "deletions count at once": {"deletion_waits": False},
    "small cells told unmerged": {"merges": False},
}


def alone(world: World) -> list[Claim]:
    """Two owners on a route of their own; the attacker's plants keep them company, and one has published its figure."""
    for place in range(12):
        world.says(f"other {place}", ("plant", "steel", "long", 2e6, 20.0 + 3 * place))
    world.says("victim", ("plant", "steel", "short", 3e6, 61.0))
    world.says("neighbour", ("plant", "steel", "short", 3e6, 45.0))
    world.attacks("short", 3e6, 40.0, plants=3)
    world.release()
    for _ in range(3):
        answer = world.asks("short", BIG, None)
    if answer.leaves == (("short", BIG),):
        world.asks("short", BIG, ["victim", "neighbour", *OWN])
    return world.placed(known=["neighbour"])


def giant(world: World) -> list[Claim]:
    """One owner makes nearly all of the output of its cell."""
    world.says("victim", ("plant", "steel", "long", 9e6, 61.0), ("second", "steel", "long", 9e6, 61.0))
    for place in range(4):
        world.says(f"other {place}", ("plant", "steel", "long", 1e3, 20.0 + 3 * place))
    world.attacks("long", 1e3, 40.0)
    world.release()
    world.asks("long", BIG, ["victim", *OWN, *(f"other {place}" for place in range(4))])
    return world.placed()


def diluted(world: World) -> list[Claim]:
    """The same, and the attacker makes as much: beside it nobody is large."""
    world.says("victim", ("plant", "steel", "long", 9e6, 61.0))
    for place in range(4):
        world.says(f"other {place}", ("plant", "steel", "long", 1e3, 20.0 + 3 * place))
    world.attacks("long", 9e6, 60.0, plants=1)
    world.release()
    world.asks("long", BIG, ["victim", *OWN, *(f"other {place}" for place in range(4))])
    return world.placed()


def newcomer(world: World) -> list[Claim]:
    """One owner joins a cell, between two answers and between two releases that others made possible."""
    others = [f"other {place}" for place in range(8)]
    for place, owner in enumerate(others):
        world.says(owner, ("plant", "steel", "long", 2e6, 50.0 + 3 * place))
    world.attacks("long", 2e6, 60.0)
    world.release()
    world.asks("long", BIG, [*others, *OWN])
    world.says("victim", ("plant", "steel", "long", 8e6, 71.0))
    before = world.answers[-1]
    after = world.asks("long", BIG, None)
    if after.deciles != before.deciles or not world.rules.submission_waits:
        world.asks("long", BIG, [*others, *OWN, "victim"])
    world.elsewhere(0)
    world.release()
    last = world.asks("long", BIG, None)
    if last.state == "told" and last.origin > 1:
        world.asks("long", BIG, [*others, *OWN, "victim"])
    world.elsewhere(8)
    world.release()
    return world.placed()


def leaver(world: World) -> list[Claim]:
    """One owner withdraws, between two answers and between two releases."""
    others = [f"other {place}" for place in range(8)]
    for place, owner in enumerate(others):
        world.says(owner, ("plant", "steel", "long", 2e6, 50.0 + 3 * place))
    world.says("victim", ("plant", "steel", "long", 8e6, 71.0))
    world.attacks("long", 2e6, 60.0)
    world.release()
    before = world.asks("long", BIG, [*others, *OWN, "victim"])
    world.leaves("victim")
    after = world.asks("long", BIG, None)
    if after.deciles != before.deciles:
        world.asks("long", BIG, [*others, *OWN])
    world.elsewhere(0)
    world.release()
    last = world.asks("long", BIG, None)
    if last.deciles and last.origin > 1:
        world.asks("long", BIG, [*others, *OWN])
    return world.placed({"victim": 71.0}, {"victim": 8e6})


def reckoned(world: World) -> list[Claim]:
    """Intensities are told to half a cubic metre, outputs to the kilogram: one exact figure has one decomposition."""
    steps = np.arange(2, 41) * 0.5
    outputs = [2_345_677.131, 3_456_789.277, 2_987_651.413, 4_123_457.659, 3_777_773.917]
    truth = [4.5, 6.0, 7.5, 11.0, 18.5]
    for place, (output, intensity) in enumerate(zip(outputs, truth, strict=True)):
        world.says(f"other {place}", ("plant", "steel", "long", output, intensity))
    world.attacks("long", 3e6, 5.0)
    world.release()
    answer = world.asks("long", BIG, [*(f"other {place}" for place in range(5)), *OWN])
    if not answer.told:
        return []
    told = answer.deciles[0][1]
    slack = half_step(told, world.rules.digits) if world.rules.digits else 1e-12 * told
    whole = sum(world.outputs().values())
    own = sum(world.outputs()[owner] * world.intensity(owner) for owner in OWN)
    claims = []
    for victim in range(5):
        rest = [output for place, output in enumerate(outputs) if place != victim]
        pairs = [np.add.outer(steps * rest[side], steps * rest[side + 1]).ravel() for side in (0, 2)]
        possible = [
            step
            for step in steps
            if _sums_to(pairs, (told - slack) * whole - own - step * outputs[victim],
                        (told + slack) * whole - own - step * outputs[victim])
        ]  # fmt: skip
        claims.append(Claim(f"other {victim}", min(possible), max(possible)))
    made, truths = world.outputs(), {owner: world.intensity(owner) for owner in world.made}
    return [claim for claim in claims if world.is_narrow(claim, truths, made)]


def _sums_to(pairs: list[np.ndarray], low: float, high: float) -> bool:
    second = np.sort(pairs[1])
    first = np.searchsorted(second, low - pairs[0] - 1e-6)
    return bool((np.searchsorted(second, high - pairs[0] + 1e-6) > first).any())


ATTACKS = (alone, giant, diluted, newcomer, leaver, reckoned)


def attack(folder, rules: Rules) -> dict[str, list[Claim]]:
    """All attacks, each in a pool of its own; those that placed somebody more narrowly than its decile."""
    placed = {}
    for one in ATTACKS:
        (folder / one.__name__).mkdir()
        if claims := one(World(folder / one.__name__, rules)):
            placed[one.__name__] = claims
    return placed


def test_no_attack_places_an_owner_more_narrowly_than_its_decile(tmp_path):
    assert attack(tmp_path, Rules()) == {}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_without_any_one_rule_an_attack_succeeds(tmp_path, mutant):
    placed = attack(tmp_path, replace(Rules(), **MUTANTS[mutant]))
    assert placed, f"nothing rests on this rule: {mutant}"
