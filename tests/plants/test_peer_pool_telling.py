"""What is told of a cell, how cells are merged, and what may change between releases: by hand, and as laws."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waterplan.plants.pool.audit import audited, changed_owners
from waterplan.plants.pool.deciles import deciles, group_count, place_among, rounded
from waterplan.plants.pool.points import Contribution, Point, points_of, size_class
from waterplan.plants.pool.pool_cells import Cell, cells_of
from waterplan.plants.pool.rules import Rules

RULES = Rules()
NEEDED = RULES.owners_needed


def points(*intensities: float, output: float = 1.0) -> list[Point]:
    return [Point(owner, False, intensity, output) for owner, intensity in enumerate(sorted(intensities))]


def said(owner: int, route: str = "", size: str = "1e6", intensity: float = 5.0, key: int | None = None, **more):
    key = owner if key is None else key
    return Contribution(key, owner, False, "beer", route, size, intensity, 1e6, 1e6 * intensity, **more)


def public(owner: int, intensity: float) -> Contribution:
    return Contribution(owner, owner, True, "beer", "", "", intensity)


def test_five_others_than_an_asker_with_two_owners_are_needed():
    assert deciles(points(*range(1, 7)), RULES) is None
    assert deciles(points(*range(1, 8)), RULES) == ((50, 4.0),)


def test_an_asker_with_two_owners_never_meets_fewer_than_five_others_in_a_figure():
    for count in range(200):
        told = deciles(points(*range(1, count + 1)), RULES)
        groups = 0 if told is None else min(10, count // NEEDED)
        assert groups == 0 or count // groups - RULES.coalition >= RULES.k


def test_seventy_owners_are_told_in_all_nine_deciles():
    told = deciles(points(*range(1, 71)), RULES)
    assert told is not None
    assert [place for place, _ in told] == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert dict(told)[50] == 36.0  # levels 32 and 39 at 45 % and 55 %: 35.5


def test_the_level_of_a_group_is_what_it_withdraws_over_what_it_makes():
    large = [Point(9, False, 10.0, 4.0), *points(1, 2, 3, 4, 5, 6, output=1.0)]
    assert deciles(sorted(large, key=lambda one: one.intensity), Rules(dominance=1.0)) == ((50, 6.1),)  # 61 over 10


def test_an_owner_of_over_half_of_what_others_than_the_asker_make_is_not_told():
    """Seven owners, the two largest others left out: 4 of 4 + 4 is half, 5 of 5 + 4 more."""
    others = points(1, 2, 3, 4, 5, 6)
    assert deciles([*others, Point(9, False, 7.0, 4.0)], RULES) is not None
    assert deciles([*others, Point(9, False, 7.0, 5.0)], RULES) is None


def test_published_enterprises_count_towards_nothing_but_stand_among_the_peers():
    assert cells_of([public(place, 5.0) for place in range(50)], RULES) == []
    few = [*(public(place, 5.0) for place in range(50, 60)), *(said(owner) for owner in range(6))]
    assert cells_of(few, RULES) == []
    enough = [*(public(place, 15.0) for place in range(50, 57)), *(said(owner) for owner in range(7))]
    (cell,) = cells_of(enough, RULES)
    assert cell.deciles == ((50, 10.0),)
    assert {owner for owner, _ in cell.members} == set(range(7))


def test_published_enterprises_of_unknown_route_make_nobody_merge():
    own = [said(owner, route) for route, owners in (("a", range(7)), ("b", range(7, 14))) for owner in owners]
    assert len(cells_of([*own, public(50, 5.0)], RULES)) == len(cells_of(own, RULES)) == 2


def test_fifty_plants_of_an_owner_are_one_point():
    plants = [said(1, key=place, intensity=float(place)) for place in range(1, 51)]
    assert points_of(plants) == [Point(1, False, 25.5, 50e6)]


def test_small_sizes_are_merged_with_the_smallest_that_could_stand_alone():
    owners = iter(range(100))
    made = [("1e4", 3), ("1e5", 8), ("1e6", 9)]
    cells = cells_of([said(next(owners), "", size) for size, count in made for _ in range(count)], RULES)
    assert [sorted(size for _, size in cell.leaves) for cell in cells] == [["1e6"], ["1e4", "1e5"]]


def test_a_route_that_is_too_small_is_merged_as_a_whole_and_another_route_joins():
    owners = iter(range(100))
    made = [("short", 3), ("long", 8), ("third", 20)]
    cells = cells_of([said(next(owners), route) for route, count in made for _ in range(count)], RULES)
    assert [sorted(route for route, _ in cell.leaves) for cell in cells] == [["third"], ["long", "short"]]


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from("abc"), st.sampled_from(["1e4", "1e5"])), max_size=80))
def test_no_leaf_stands_in_two_cells_and_each_cell_has_owners_enough(made):
    parts = [said(owner, route, size, key=key) for key, (owner, route, size) in enumerate(made)]
    cells = cells_of(parts, RULES)
    leaves = [leaf for cell in cells for leaf in cell.leaves]
    assert len(leaves) == len(set(leaves))
    assert all(len({owner for owner, _ in cell.members}) >= NEEDED for cell in cells)


@given(st.lists(st.floats(1.0, 9.0), min_size=NEEDED, max_size=40), st.randoms(use_true_random=False))
def test_which_places_are_told_does_not_depend_on_who_uses_how_much(outputs, chance):
    def places(intensities: list[int]) -> list[int] | None:
        made = [
            Point(at, False, float(one), output)
            for at, (one, output) in enumerate(zip(intensities, outputs, strict=True))
        ]
        told = deciles(sorted(made, key=lambda one: one.intensity), RULES)
        return None if told is None else [place for place, _ in told]

    order = list(range(1, len(outputs) + 1))
    by_output = sorted(order, key=lambda place: outputs[place - 1])
    assert places(order) == places(by_output) == places(chance.sample(order, len(order)))


def test_large_owners_who_might_stand_in_one_group_make_it_one_group_whoever_does():
    """Fourteen, of which four make as much as five others: half would do in two groups only if they are apart."""
    outputs = [5.0, *[1.0] * 6] * 2
    apart = [
        Point(at, False, float(at + 1), one) for at, one in enumerate([5.0, 5.0, *[2.0] * 5, 5.0, 5.0, *[2.0] * 5])
    ]
    assert group_count([point.output or 0.0 for point in apart], RULES) == 2
    assert group_count(outputs, RULES) == 1


@given(st.lists(st.floats(0.1, 1000), min_size=NEEDED, max_size=90))
def test_deciles_rise_lie_within_the_peers_and_are_rounded(intensities):
    told = deciles(points(*intensities), RULES)
    assert told is not None
    values = [value for _, value in told]
    assert values == sorted(values)
    assert all(value == rounded(value, 2) for value in values)
    assert rounded(min(intensities), 2) <= values[0]
    assert values[-1] <= rounded(max(intensities), 2)


@given(st.lists(st.floats(0.1, 1000), min_size=NEEDED, max_size=40), st.randoms(use_true_random=False))
def test_who_says_which_intensity_makes_no_difference(intensities, chance):
    """Equal outputs: owners may change places, so an owner may be any of those behind a figure."""
    mixed = [Point(owner, False, one, 1.0) for owner, one in enumerate(chance.sample(intensities, len(intensities)))]
    assert deciles(sorted(mixed, key=lambda one: one.intensity), RULES) == deciles(points(*intensities), RULES)


def test_sizes_are_powers_of_ten_also_just_below_and_at_one():
    assert [size_class(output) for output in (999.999, 1000.0, 1e15, 0.02)] == ["1e2", "1e3", "1e15", "1e-2"]


def test_a_place_lies_between_told_deciles_and_is_not_known_beyond():
    told = ((40, 5.0), (50, 7.0), (60, 7.0), (70, 9.0))
    assert place_among(6.0, told) == (45.0, 40.0, 50.0)
    assert place_among(7.0, told) == (55.0, 50.0, 60.0)
    assert [math.isnan(place_among(one, told)[0]) for one in (4.9, 5.0, 9.0, 9.1)] == [True, False, False, True]


def cell(members: range | set[int], version: int = 0, **more) -> Cell:
    parts = frozenset((owner, owner + 1000 * version) for owner in members)
    return Cell("beer", frozenset([("", "1e6")]), parts, ((50, 5.0),), **more)


def test_a_leaver_who_comes_back_under_another_key_counts_once():
    assert changed_owners({(1, 1), (2, 2)}, {(3, 3), (4, 4)}) == 2
    assert changed_owners({(1, 1), (2, 2)}, {(1, 1), (2, 3)}) == 1
    assert changed_owners({(1, 1)}, {(1, 1), (1, 2)}) == 1


@pytest.mark.parametrize(("joined", "state"), [(0, "kept"), (1, "kept"), (6, "kept"), (7, "told")])
def test_a_cell_that_too_few_joined_keeps_what_it_told(joined, state):
    live = set(range(100))
    (found,) = audited([cell(range(10 + joined))], [[cell(range(10), origin=1)]], live, RULES)
    assert (found.state, found.origin) == (state, 0 if state == "told" else 1)


def test_a_cell_that_goes_back_to_nearly_what_it_was_waits_too():
    """Eight join and the same eight leave again while one joins: against the first release, one has changed."""
    first, second = [cell(range(10), origin=1)], [cell(range(18), origin=2)]
    (found,) = audited([cell({*range(10), 50})], [first, second], set(range(100)), RULES)
    assert found.origin == 2
    assert found.state == "kept"


def test_a_kept_cell_of_which_somebody_withdrew_is_withheld():
    live = set(range(100)) - {3}
    (found,) = audited([cell(set(range(10)) - {3})], [[cell(range(10), origin=1)]], live, RULES)
    assert (found.state, found.deciles) == ("withheld", ())


def test_cells_that_merge_are_audited_together():
    """Two cells of eight merge into one of seventeen: their difference is one owner, however the parts are called."""
    small, large = frozenset([("", "1e5")]), frozenset([("", "1e6")])
    before = [
        replace(cell(range(8)), leaves=small, origin=1),
        replace(cell(range(8, 16)), leaves=large, origin=1),
    ]
    merged = replace(cell(range(17)), leaves=small | large)
    found = audited([merged], [before], set(range(100)), RULES)
    assert [(one.leaves, one.state) for one in found] == [(small, "kept"), (large, "kept")]


releases = st.lists(st.sets(st.integers(0, 25), min_size=NEEDED, max_size=20), min_size=2, max_size=6)


@given(releases)
def test_no_two_releases_of_a_cell_ever_differ_by_a_few_owners(memberships):
    former: list[list[Cell]] = []
    for number, members in enumerate(memberships, start=1):
        found = audited([cell(members)], former, set(range(100)), RULES)
        former.append([replace(one, origin=one.origin or number) for one in found])
    told = [one.members for (one,) in former]
    changes = {changed_owners(old, new) for old in told for new in told}
    assert all(changed == 0 or changed >= RULES.changes_needed for changed in changes)
