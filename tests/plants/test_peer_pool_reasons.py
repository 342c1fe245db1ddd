"""What the operator of a pool hears of what a release does not tell: every product, with the true reason."""

from __future__ import annotations

import pytest
from pooling import Owners

from waterplan.cli.entry import main

ROUTES = ("a", "b")


@pytest.fixture
def owners(tmp_path):
    owners = Owners(tmp_path / "pool.sqlite")
    yield owners
    owners.pool.close()


def fourteen(owners: Owners, route: str, output: float = 2e6, first: float = 3.0) -> None:
    """Fourteen owners like each other: enough for a cell of two groups."""
    for place in range(14):
        owners.says(f"{route} {place}", ("plant", "steel", route, output, first + place / 10))


def waiting(owners: Owners) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Product, state, reason and routes of what the next release tells nothing new of."""
    return [
        (one.product, one.state, one.reason, tuple(sorted({route for route, _ in one.leaves})))
        for one in owners.pool.release().waiting
    ]


def test_a_product_that_one_owner_is_too_large_for_is_told_as_that(owners):
    """A thousand times what each of 28 others makes is more than half of all."""
    for route in ROUTES:
        fourteen(owners, route)
    owners.says("slip", ("plant", "steel", "a", 2e9, 5.0))
    assert waiting(owners) == [("steel", "untold", "too_large", ROUTES)]
    assert [owners.pool.statistics(("steel", route, "1e6")).state for route in ROUTES] == ["too_few"] * 2


def test_what_was_told_before_is_kept_for_the_same_reason(owners):
    for route in ROUTES:
        fourteen(owners, route)
    assert waiting(owners) == []
    for route in ROUTES:
        fourteen(owners, route, first=4.0)
    owners.says("slip", ("plant", "steel", "a", 2e9, 5.0))
    assert waiting(owners) == [
        ("steel", "kept", "too_large", ("a",)),
        ("steel", "kept", "too_large", ("b",)),
        ("steel", "untold", "too_large", ("a",)),  # the size class that the slip alone is in
    ]


def test_a_product_of_six_owners_has_too_few(owners):
    fourteen(owners, "a")
    owners.join(6, "wool", range(1, 7))
    assert waiting(owners) == [("wool", "untold", "too_few", ("",))]


def test_a_leaf_that_cannot_be_told_beside_what_was_told_is_listed(owners):
    """One newcomer on another route stands alone, and a cell merged with it less the former one is about it."""
    fourteen(owners, "a")
    owners.pool.release()
    owners.join(14, "wool", range(1, 15))
    owners.says("alone", ("plant", "steel", "b", 2e6, 5.0))
    assert waiting(owners) == [
        ("steel", "kept", "few_changed", ("a",)),
        ("steel", "untold", "told_apart", ("b",)),
    ]


@pytest.mark.parametrize(("others", "large"), [(0.001, 5.0), (5.0, 0.0), (1000.0, 0.005)])
def test_a_reason_does_not_depend_on_an_intensity(owners, others, large):
    for route in ROUTES:
        fourteen(owners, route, first=others)
    owners.says("slip", ("plant", "steel", "a", 2e9, large))
    assert waiting(owners) == [("steel", "untold", "too_large", ROUTES)]


def test_what_is_untold_is_not_frozen_with_a_release(owners, tmp_path):
    fourteen(owners, "a")
    owners.join(6, "wool", range(1, 7))
    assert [cell.product for cell in owners.pool.release().cells] == ["steel", "wool"]
    assert owners.pool.export(tmp_path / "told.csv") == 1


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["steel (a, 1e6; a, 1e9): nothing new.", "No release has told it yet.", "One owner is too large"]),
        ("zh", ["steel（a, 1e6; a, 1e9）：无新结果。", "此前各次发布均未公布。", "其中一家占比过大"]),
    ],
)
def test_the_command_says_so(owners, capsys, tmp_path, language, told):
    fourteen(owners, "a")
    owners.says("slip", ("plant", "steel", "a", 2e9, 5.0))
    assert main(["peers", "release", "--pool", str(tmp_path / "pool.sqlite"), "--language", language]) == 0
    printed = capsys.readouterr().out
    assert [part for part in told if part not in printed] == []
    assert "few owners" not in printed
