"""The numbers of a scenario over their labels, from the study's files: all that the recomputation starts from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from waterplan.base.units import factor
from waterplan.base.vocabulary import Term, of_kind, term
from waterplan.planning.certificate.readings import WEIGHED, Array, Readings
from waterplan.study.scenario import Override, Scenario
from waterplan.study.study import Study

LEVELS = ("end_use", "site", "supply")
END_USE, SITE, SUPPLY = range(3)
ALL_OTHERS, NO_CAP = "*", "none"
LEAST = ("saving_target", "sector_floor", "province_floor", "technology_floor", "value_added_cut",
         "non_conventional_min")  # fmt: skip
MOST = ("investment_cap", "electricity_cap")


@dataclass(frozen=True)
class Tables:
    """Labels of each dim; values of each input over its dims, NaN where there is no row; levers by name.

    level and group (a number for each, a technology without one is its own) [technology], joint_product [technology],
    pool [technology] (-1: none) among ``pools``, sector [product].
    """

    labels: Mapping[str, tuple[str, ...]]
    values: Mapping[str, Array]
    levers: Any
    level: Array
    group: Array
    joint_product: Array
    pool: Array
    pools: tuple[str, ...]
    sector: Array
    base_year: int
    target_year: int

    @classmethod
    def of(cls, study: Study, scenario: Scenario) -> Tables:
        """The numbers of a study as a scenario sets them."""
        readings = Readings.of(study)
        labels, columns = readings.labels, readings.columns
        rows = {name: (places, values.copy()) for name, (places, values) in readings.rows.items()}
        for override in scenario.overrides:
            if override.name in rows:  # else no plan depends on it
                _override(readings, rows[override.name], override)
        values = {}
        for one in WEIGHED:
            values[one.name] = np.full([len(labels[dim]) for dim in one.dims], np.nan)
            places, numbers = rows[one.name]
            values[one.name][places] = numbers if one.dims else numbers[0]
        groups = [name or key for key, name in
                  zip(labels["technology"], columns["technologies", "exclusive_group"], strict=True)]  # fmt: skip
        of_technologies = [readings.pools.get(label, "") for label in labels["technology"]]
        pools = tuple(dict.fromkeys(filter(None, of_technologies)))
        return cls(
            labels=labels,
            values=values,
            levers=_levers(readings, scenario),
            level=np.array([LEVELS.index(level) for level in columns["technologies", "level"]]),
            group=np.array([groups.index(group) for group in groups]),
            joint_product=np.array(columns["technologies", "joint_product"], dtype=bool),
            pool=np.array([pools.index(pool) if pool else -1 for pool in of_technologies]),
            pools=pools,
            sector=np.array([labels["sector"].index(sector) for sector in columns["products", "sector"]]),
            base_year=readings.settings["base_year"],
            target_year=readings.settings["target_year"],
        )

    @property
    def years(self) -> int:
        """Years from base year to target year."""
        return self.target_year - self.base_year

    @property
    def of_market(self) -> Tables:
        """The same with the levers by which enterprises do what pays for themselves: their costs and their barriers,
        and no limit but roll-out, pools and exclusions."""
        levers = vars(self.levers) | {
            "perspective": "enterprise",
            "cost_accounting": "water_share",
            "barrier_cost": self.levers.barrier_scale * self.values["barrier"],
            "scarcity_value": 0.0,
            "count_from": "frozen",
            "technology_cap": np.ones_like(self.levers.technology_cap),
        }
        levers |= {name: np.zeros_like(levers[name], dtype=float) for name in LEAST}
        levers |= {name: np.full_like(levers[name], np.inf, dtype=float) for name in MOST}
        return replace(self, levers=SimpleNamespace(**levers))

    def count(self, *dims: str) -> tuple[int, ...]:
        """How many labels dims have."""
        return tuple(len(self.labels[dim]) for dim in dims)

    def one(self, name: str) -> float:
        """A value without labels."""
        return float(self.values[name])


def _override(readings: Readings, rows: tuple[tuple[Array, ...], Array], override: Override) -> None:
    """Sets the rows that an override means: those of its labels, of all labels of a dim that it does not name."""
    own, (places, values) = term(override.name), rows
    meant = np.ones(len(values), dtype=bool)
    for dim, place in zip(own.dims, places, strict=True):
        if dim in override.where:
            meant &= np.isin(place, [readings.labels[dim].index(label) for label in override.where[dim]])
    if override.factor is not None:
        values[meant] *= override.factor
    elif override.value is not None:
        values[meant] = override.value * _scales(readings, own, override.unit, places)[meant]


def _scales(readings: Readings, own: Term, unit: str, places: tuple[Array, ...]) -> Array:
    """What brings a unit to the canonical one of each row."""
    if "output_unit" not in own.unit:
        return np.full(len(places[0]) if places else 1, factor(unit, own.unit))
    product = places[own.dims.index("product")]
    scales = dict.fromkeys(product.tolist(), 0.0)
    for n in scales:
        try:
            scales[n] = factor(unit, readings.unit(own, n))
        except ValueError:  # a product that is made in another unit, and not meant
            scales[n] = math.nan
    return np.array([scales[n] for n in product.tolist()])


def _levers(readings: Readings, scenario: Scenario) -> Any:
    """Each lever as the scenario, or study.toml, or the vocabulary has it; by label an array. No cap is infinite."""
    found: dict[str, Any] = {}
    for lever in of_kind("lever"):
        if lever.name == "excluded":
            found[lever.name] = np.isin(readings.labels["technology"], scenario.exclude)
            continue
        for given in (lever.default, readings.settings["levers"].get(lever.name), scenario.levers.get(lever.name)):
            if given is not None:
                found[lever.name] = _lever(readings, lever, given, found.get(lever.name))
    return SimpleNamespace(**found)


def _lever(readings: Readings, lever: Term, given: Any, before: Any) -> Any:
    if not lever.dims:
        return math.inf if given == NO_CAP else given
    labels = readings.labels[lever.dims[0]]
    if not isinstance(given, Mapping):
        return np.full(len(labels), float(given))
    return np.array(
        [given.get(label, given.get(ALL_OTHERS, usual)) for label, usual in zip(labels, before, strict=True)], float
    )
