"""Records by hand, and a pool with its owners, for the tests of the peer pool."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from waterplan.plants.pool.pool import PeerPool
from waterplan.plants.pool.rules import Rules
from waterplan.plants.records.records import Records

YEAR = 2020
Made = tuple[str, str, str, float, float]  # plant, product, route, output, intensity


def records(made: Iterable[Made], year: int = YEAR, metered: bool = True) -> Records:
    """Records of plants that make one product each; unless metered, only the site's withdrawal says what it takes."""
    rows = list(made)
    index = pd.MultiIndex.from_tuples([(plant, year) for plant, *_ in rows], names=["plant", "year"])
    withdrawals = [output * intensity for *_, output, intensity in rows]
    sites = pd.DataFrame({"withdrawal_surface": withdrawals}, index=index)
    products = pd.DataFrame(
        {
            "plant": [row[0] for row in rows], "year": year, "product": [row[1] for row in rows],
            "route": [row[2] for row in rows], "variant": "", "output": [row[3] for row in rows],
            "withdrawal": withdrawals if metered else float("nan"),
        }
    )  # fmt: skip
    empty = pd.DataFrame(columns=["plant", "year", "product"])
    return Records(sites, products, empty, empty)


class Owners:
    """A pool of which the test holds all keys, by name of the owner."""

    def __init__(self, url: str | Path, rules: Rules | None = None):
        self.pool = PeerPool.open(str(url), rules)
        self.keys: dict[str, str] = {}

    def says(self, owner: str, *made: Made, year: int = YEAR):
        """Submits, under a key that is issued when the owner is first named."""
        if owner not in self.keys:
            self.keys[owner] = self.pool.issue_key()
        return self.pool.submit(records(made, year), self.keys[owner])

    def join(self, count: int, product: str, intensities: Iterable[float], start: int = 0, route: str = "") -> None:
        """Many owners of one plant each, with equal output."""
        for place, intensity in zip(range(start, start + count), intensities, strict=True):
            self.says(f"{product} {place}", ("plant", product, route, 2e6, intensity))
