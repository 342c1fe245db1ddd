"""More keys than the rules allow for, and a pool of many owners: what is left of the promise, and how long it takes."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from attacking import Seen, deduced

from waterplan.plants.pool.audit import audited
from waterplan.plants.pool.deciles import deciles
from waterplan.plants.pool.points import Contribution, points_of, size_class
from waterplan.plants.pool.pool_cells import Cell, cells_of
from waterplan.plants.pool.rules import Rules

OUTPUT = 2e6
TRUTH = {f"owner {place}#0": 60.0 + 10 * place for place in range(7)}


def cell_of(truth: dict[str, float]) -> Seen:
    """A cell of seven owners, as it is told."""
    said = [
        Contribution(place, place, False, "steel", "", "1e6", intensity, OUTPUT, OUTPUT * intensity)
        for place, intensity in enumerate(truth.values())
    ]
    told = deciles(points_of(said), Rules())
    assert told is not None
    return Seen((tuple(truth),), told)


@pytest.mark.parametrize("keys", range(2, 7))
def test_each_key_more_than_two_takes_one_owner_from_the_crowd_and_six_place_the_seventh(keys):
    """With equal outputs an owner lies between nought and what those whom the asker does not hold withdraw together."""
    seen, outputs = cell_of(TRUTH), dict.fromkeys(TRUTH, OUTPUT)
    own = dict(itertools.islice(TRUTH.items(), keys))
    others = sum(value for name, value in TRUTH.items() if name not in own)
    slack = 7 * 0.5  # the figure told is 90, to the whole cubic metre
    for claim in deduced([seen], outputs, own, Rules().digits).values():
        assert claim.low == pytest.approx(0.0 if keys < 6 else others - slack, abs=1e-6)
        assert claim.high == pytest.approx(others + slack)


def test_an_enterprise_under_two_keys_is_two_of_the_seven_and_stands_beside_three_others():
    """Even known to be one, its figure is at most what it and the three others withdraw, over its own output."""
    seen, outputs = cell_of(TRUTH), dict.fromkeys(TRUTH, OUTPUT)
    asker = {name: TRUTH[name] for name in ("owner 0#0", "owner 1#0")}
    twice = {"owner 5#0", "owner 6#0"}
    (group,) = seen.groups
    others = {name for name in group if name not in asker and name not in twice}
    assert len(others) == 3
    claims = deduced([seen], outputs, asker, Rules().digits)
    assert all(claims[name].low == 0.0 for name in twice | others)
    assert min(claims[name].high / 2 for name in twice) > seen.answer[0][1]  # half of the sum, for it makes up two


def releases_of(count: int, times: int, chance: np.random.Generator, rules: Rules) -> tuple[list[list[Cell]], float]:
    """Releases of a pool in which a tenth comes, a tenth goes and a tenth says something new each time; the seconds
    that it takes to make them."""
    keys, owners = itertools.count(1), itertools.count(1)

    def said(owner: int, route: str, made: float) -> Contribution:
        output, intensity = made * chance.uniform(0.9, 1.1), 40 * float(np.exp(0.4 * chance.normal()))
        size = size_class(output)
        return Contribution(next(keys), owner, False, "steel", route, size, intensity, output, output * intensity)

    def joined() -> Contribution:
        return said(next(owners), str(chance.choice(list("abc"))), float(10 ** chance.normal(6.2, 0.3)))

    now, ever, releases, taken = [joined() for _ in range(count)], {}, [], 0.0
    for _ in range(times):
        ever |= {one.key: one for one in now}
        here = {one.owner for one in now}
        live = {key for key, one in ever.items() if one.owner in here}
        sizes = {key: one.coarse for key, one in ever.items()}
        start = time.perf_counter()
        cells = audited(cells_of(now, rules), releases, live, rules, sizes)
        taken += time.perf_counter() - start
        releases.append([replace(cell, origin=cell.origin or len(releases) + 1) for cell in cells])
        now = [one for one in now if chance.random() > 0.1]
        now = [said(one.owner, one.route, one.output or 1.0) if chance.random() < 0.1 else one for one in now]
        now += [joined() for _ in range(count - len(now))]
    return releases, taken


def told_anew(releases: list[list[Cell]]) -> int:
    return sum(cell.state == "told" for release in releases[1:] for cell in release)


def test_a_pool_with_ordinary_comings_and_goings_is_still_told():
    told, alone = (
        sum(told_anew(releases_of(100, 5, np.random.default_rng(seed), rules)[0]) for seed in range(6))
        for rules in (Rules(), Rules(combines=False))
    )
    assert told >= 0.7 * alone > 0


@pytest.mark.long
def test_ten_releases_of_two_hundred_owners_are_audited_within_a_minute():
    releases, taken = releases_of(200, 10, np.random.default_rng(0), Rules())
    alone, _ = releases_of(200, 10, np.random.default_rng(0), Rules(combines=False))
    assert told_anew(releases) >= 0.8 * told_anew(alone)
    assert taken < 60
