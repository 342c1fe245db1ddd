"""All that was ever told, added and subtracted on purpose: nobody is placed; with two releases compared only, x is."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from campaigning import CAMPAIGNS, GIANTS, Campaign
from scipy.optimize import linprog

from waterplan.plants.pool.audit import audited
from waterplan.plants.pool.points import Contribution, size_class
from waterplan.plants.pool.pool_cells import Cell, cells_of
from waterplan.plants.pool.rules import Rules


@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=lambda one: one.__name__)
def test_no_difference_that_is_built_on_purpose_places_an_owner(tmp_path, campaign):
    world = Campaign(tmp_path, Rules())
    campaign(world)
    assert world.placed() == []
    assert world.seen, "nothing was told, so nothing was tried"


@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=lambda one: one.__name__)
def test_where_only_cells_that_hang_together_are_compared_the_same_difference_places_x(tmp_path, campaign):
    world = Campaign(tmp_path, Rules(combines=False))
    campaign(world)
    assert "x" in {claim.victim.partition("#")[0] for claim in world.placed()}


@pytest.mark.parametrize("campaign", [*CAMPAIGNS, *GIANTS], ids=lambda one: one.__name__)
def test_in_no_sum_of_told_cells_an_owner_has_more_than_half_of_the_output(tmp_path, campaign):
    """Whoever withdrew since, and however little the attacker's own plants make."""
    world = Campaign(tmp_path, Rules())
    campaign(world)
    assert world.seen, "nothing was told, so nothing was tried"
    assert largest_share(world) <= 0.5


def largest_share(world: Campaign) -> float:
    """The largest part that an owner has of a sum of told cells, its two largest others left out: by trying all."""
    rows = [{label for group in one.groups for label in group} for one in world.seen]
    labels = sorted(set().union(*rows))
    outputs = np.array([world.outputs[label] for label in labels])
    stands = np.array([[label in row for label in labels] for row in rows], dtype=float) * outputs
    largest = 0.0
    for times in itertools.product((-1, 0, 1), repeat=len(rows)):
        made: dict[str, float] = {}
        for label, weight in zip(labels, np.abs(np.array(times) @ stands), strict=True):
            owner = label.partition("#")[0]
            made[owner] = max(weight, made.get(owner, 0.0))
        weights = sorted(made.values())
        if weights[-1] > 0:
            largest = max(largest, weights[-1] / (weights[-1] + sum(weights[:-3])))
    return largest


def random_history(chance: np.random.Generator) -> Iterator[list[Contribution]]:
    """Blocks of owners that come by one route and size, go, move and say something new: what stands at each release."""
    keys, owners = itertools.count(), itertools.count()
    blocks: list[list[Contribution]] = []

    def block(count: int) -> list[Contribution]:
        route, power = str(chance.choice(["a", "b"])), 6 if chance.random() < 0.8 else 5
        made = 10.0**power * chance.uniform(1.0, 9.9, count)
        return [said(next(owners), route, float(output)) for output in made]

    def said(owner: int, route: str, output: float) -> Contribution:
        intensity = float(chance.uniform(20, 160))
        size = size_class(output)
        return Contribution(next(keys), owner, False, "steel", route, size, intensity, output, output * intensity)

    for _ in range(int(chance.integers(3, 5))):
        blocks += [block(int(chance.choice([1, 1, 2, 6, 7, 7, 8]))) for _ in range(int(chance.integers(1, 4)))]
        yield [one for owned in blocks for one in owned]
        for place in range(len(blocks)):
            match chance.integers(8):
                case 0 | 1:
                    blocks[place] = []
                case 2:
                    blocks[place] = [said(one.owner, one.route, one.output or 1.0) for one in blocks[place]]
                case 3:
                    blocks[place] = blocks[place][1:]


def told_in(history: Iterable[list[Contribution]], rules: Rules) -> tuple[list[Cell], dict[int, Contribution]]:
    """All cells that releases tell of a history, and everything that was ever said."""
    releases: list[list[Cell]] = []
    ever: dict[int, Contribution] = {}
    for now in history:
        live = {one.key for one in now}
        ever |= {one.key: one for one in now}
        sizes = {key: one.coarse for key, one in ever.items()}
        cells = audited(cells_of(now, rules), releases, live, rules, sizes)
        releases.append([replace(cell, origin=cell.origin or len(releases) + 1) for cell in cells])
    told = {cell.members: cell for release in releases for cell in release if cell.state == "told"}
    return list(told.values()), ever


def fewest_owners(cells: Sequence[Cell]) -> int:
    """How few owners are left by adding and subtracting cells, each at most twice: by trying everything."""
    members = sorted({member for cell in cells for member in cell.members})
    stands = np.array([[member in cell.members for member in members] for cell in cells], dtype=float)
    of_owner = np.array(
        [[owner == one for one in sorted({o for o, _ in members})] for owner, _ in members], dtype=float
    )
    times = (-2, -1, 0, 1, 2) if len(cells) <= 6 else (-1, 0, 1)
    combinations = np.array(list(itertools.product(times, repeat=len(cells))))
    left = (np.abs(combinations @ stands) > 0) @ of_owner > 0
    counts = left.sum(axis=1)
    return int(counts[counts > 0].min(initial=99))


def widths(cells: Sequence[Cell], ever: Mapping[int, Contribution]) -> Iterator[tuple[float, float]]:
    """For some two owners as the attacker and some others: how widely its withdrawal follows from exact totals, and
    what the four others withdraw that withdraw least. Who stands in few cells with few is tried first."""
    members = sorted({member for cell in cells for member in cell.members})
    stands = np.array([[member in cell.members for member in members] for cell in cells], dtype=float)
    truth = np.array([ever[key].withdrawal for _, key in members])
    alike = Counter(map(tuple, stands.T))
    rare = sorted(range(len(members)), key=lambda at: alike[tuple(stands[:, at])])[:6]
    for asker in itertools.combinations(dict.fromkeys(members[at][0] for at in rare), 2):
        free = [at for at, (owner, _) in enumerate(members) if owner not in asker]
        for at in (one for one in rare if one in free):
            others: dict[int, float] = {}
            for one in free:
                owner = members[one][0]
                others[owner] = min(truth[one], others.get(owner, np.inf))
            others.pop(members[at][0])
            scale = truth[free].max()
            ends = [
                linprog(sign * (np.array(free) == at), A_eq=stands[:, free], b_eq=stands[:, free] @ truth[free] / scale)
                for sign in (1.0, -1.0)
            ]
            assert all(end.status == 0 for end in ends)
            yield (-ends[1].fun - ends[0].fun) * scale, sum(sorted(others.values())[:4])


def worst(seeds: Iterable[int], rules: Rules) -> list[int]:
    """The fewest owners that are left in each random history of which at least two cells were told."""
    found = []
    for seed in seeds:
        cells, _ = told_in(random_history(np.random.default_rng(seed)), rules)
        if 2 <= len(cells) <= 9:
            found.append(fewest_owners(cells))
    return found


@pytest.mark.parametrize("seeds", [range(60), pytest.param(range(60, 1500), marks=pytest.mark.long)])
def test_a_search_for_the_worst_history_leaves_seven_owners_and_without_the_rule_two(seeds):
    found = worst(seeds, Rules())
    assert len(found) > 0.3 * len(seeds)
    assert min(found) >= Rules().owners_needed
    assert min(worst(seeds, Rules(combines=False))) <= Rules().coalition


@pytest.mark.parametrize("seeds", [range(4), pytest.param(range(4, 60), marks=pytest.mark.long)])
def test_what_follows_for_an_owner_is_as_wide_as_four_others_withdraw(seeds):
    tried = 0
    for seed in seeds:
        cells, ever = told_in(random_history(np.random.default_rng(seed)), Rules())
        for width, promised in widths(cells, ever):
            assert width >= promised * (1 - 1e-6)
            tried += 1
    assert tried > 10 * len(seeds)


def test_without_the_rule_what_follows_is_narrower():
    for seed in range(30):
        cells, ever = told_in(random_history(np.random.default_rng(seed)), Rules(combines=False))
        if len(cells) > 1 and fewest_owners(cells) < 3:
            assert any(width < 0.01 * promised for width, promised in widths(cells, ever))
            return
    raise AssertionError("the search found nothing")
