"""An attacker with two owners never places another owner more narrowly than its decile; without a rule it does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from attacking import OWN, Claim, World, half_step
from pooling import records

from waterplan.plants.pool.deciles import place_among
from waterplan.plants.pool.rules import Rules

BIG = "1e6"
MUTANTS = {  # what is changed, and the attack that it lets in; shares in classes of output alone ask for many owners
    "k lowered": ({"k": 1, "dominance": 1.0}, "alone"),
    "dominance off": ({"dominance": 1.0}, "giant"),
    "the asker counted": ({"coalition": 0, "dominance": 0.8}, "diluted"),
    "rounding off": ({"digits": None}, "reckoned"),
    "submissions count at once": ({"submission_waits": False}, "newcomer"),
    "no minimum of changes": ({"min_change": 0}, "newcomer"),
    "deletions count at once": ({"deletion_waits": False}, "leaver"),
    "small cells told unmerged": ({"merges": False}, "alone"),
}


def alone(world: World) -> list[Claim]:
    """Two owners on a route of their own; the attacker's plants keep them company, and one has published its figure."""
    for place in range(12):
        world.says(f"other {place}", ("plant", "steel", "long", 2e6, 20.0 + 3 * place))
    world.says("victim", ("plant", "steel", "short", 3e6, 61.0))
    world.says("neighbour", ("plant", "steel", "short", 3e6, 45.0))
    world.attacks("short", 3e6, 40.0, plants=3)
    world.release()
    answer = world.asks("short", BIG)
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
    world.says("victim", ("plant", "steel", "long", 3.1e6, 71.0))
    if not world.rules.submission_waits:
        world.asks("long", BIG, [*others, *OWN, "victim"])
    world.elsewhere(0)
    world.release()
    last = world.asks("long", BIG)
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
    world.says("victim", ("plant", "steel", "long", 3.1e6, 71.0))
    world.attacks("long", 2e6, 60.0)
    world.release()
    before = world.asks("long", BIG, [*others, *OWN, "victim"])
    world.leaves("victim")
    after = world.asks("long", BIG)
    if after.deciles != before.deciles:
        world.asks("long", BIG, [*others, *OWN])
    world.elsewhere(0)
    world.release()
    last = world.asks("long", BIG)
    if last.deciles and last.origin > 1:
        world.asks("long", BIG, [*others, *OWN])
    return world.placed()


def reckoned(world: World) -> list[Claim]:
    """Intensities are told to half a cubic metre, outputs to the kilogram: one exact figure has one decomposition."""
    steps = np.arange(2, 41) * 0.5
    outputs = [1_345_677.131, 2_456_789.277, 1_987_651.413, 3_123_457.659, 2_777_773.917]
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
    whole = sum(world.outputs.values())
    own = sum(world.outputs[f"{owner}#0"] * world.truth[f"{owner}#0"] for owner in OWN)
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
        claims.append(Claim(f"other {victim}#0", min(possible), max(possible)))
    return [claim for claim in claims if world.is_narrow(claim)]


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
    changed, let_in = MUTANTS[mutant]
    placed = attack(tmp_path, replace(Rules(), **changed))
    assert let_in in placed, f"nothing rests on this rule: {mutant}; placed by {list(placed)}"


def campaign(world: World, seed: int) -> list[Claim]:
    """A pool that grows and shrinks over three releases, among it an attacker that moves its plants as it likes."""
    chance = np.random.default_rng(seed)
    spread = chance.choice([0.05, 0.5, 1.5])

    def honest(place: int) -> None:
        made = (
            "plant",
            "steel",
            "long",
            chance.uniform(1e6, 9.9e6),
            float(np.clip(40 * np.exp(spread * chance.normal()), 1, 900)),
        )
        world.says(f"other {place}", made)

    present = list(range(int(chance.integers(5, 40))))
    for place in present:
        honest(place)
    joined = len(present)
    for _ in range(3):
        world.attacks("long", chance.uniform(1e6, 9.9e6), *chance.choice([0.1, 30, 40, 50, 900], 2))
        members = [*(f"other {place}" for place in present), *OWN]
        if world.release():
            for _ in range(20):
                answer = world.asks("long", BIG)
            if answer.state == "told":
                world.asks("long", BIG, members)
        for place in chance.permutation(present)[: chance.integers(0, 3)]:
            world.leaves(f"other {place}")
            present.remove(place)
        for place in chance.permutation(present)[: chance.integers(0, 6)]:
            honest(place)
        for place in range(joined, joined + int(chance.integers(0, 9))):
            honest(place)
            present.append(place)
            joined += 1
    return world.placed()


@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(one, marks=pytest.mark.long) for one in range(4, 12))])
def test_no_campaign_over_three_releases_places_an_owner_more_narrowly_than_its_decile(tmp_path, seed):
    assert campaign(World(tmp_path, Rules()), seed) == []


def test_a_campaign_against_weak_rules_succeeds(tmp_path):
    weak = Rules(k=2, coalition=0, dominance=1.0, digits=None, min_change=0)
    assert campaign(World(tmp_path, weak), 0)


def test_ten_thousand_questions_tell_no_more_than_the_deciles_of_each_release(tmp_path):
    """Fifty plants of two owners, three releases; cells of all names, and places bracketed as finely as one likes."""
    world, chance = World(tmp_path, Rules()), np.random.default_rng(7)
    pool, answers, asked = world.owners.pool, set(), 0
    for release in range(1, 4):
        for place in range(8 * release - 8, 8 * release):
            world.says(f"other {place}", ("plant", "steel", "long", 2e6, float(chance.uniform(10, 90))))
        world.attacks("long", 2e6, float(chance.uniform(10, 90)))
        assert world.release()
        told = pool.statistics(("steel", "long", BIG)).deciles
        questions = chance.uniform(1, 200, 1500)
        placed = pool.place(records((f"p{n}", "steel", "long", 2e6, x) for n, x in enumerate(questions)))
        expected = [place_among(row.intensity, told) for row in placed.itertuples()]
        np.testing.assert_array_equal(placed[["place", "place_low", "place_high"]].to_numpy(), np.array(expected))
        for _ in range(2000):
            cell = tuple(
                str(chance.choice(words)) for words in (["steel", "beer"], ["long", "", "x"], [BIG, "1e5", ""])
            )
            number = int(chance.integers(1, release + 1))
            answer = pool.statistics(cell, number)
            answers |= {(number, answer.product, answer.deciles)} if answer.told else set()
        asked += len(questions) + 2000
    assert asked >= 10_000
    assert {answer[:2] for answer in answers} == {(1, "steel"), (2, "steel"), (3, "steel")}
    assert len(answers) == 3
