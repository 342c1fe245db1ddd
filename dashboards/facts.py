"""What the pages know of a study before anybody asks: names in both languages, tiles, levers and how far they go."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from waterplan import Planner, Scenario, Study
from waterplan.base import messages
from waterplan.base.errors import InfeasibleError
from waterplan.base.formats import lever_unit, units
from waterplan.base.texts import Texts
from waterplan.base.vocabulary import Term, of_kind, terms
from waterplan.planning.curve.kept import attainable as most_of

from . import plant_form
from .anyway import what_lacks

GROUPS = ("question", "prices", "limits", "reach", "sector", "province", "technology")
ENTERPRISE_ONLY = ("hurdle_rate", "water_price_scale", "water_tax", "barrier_cost", "investment_subsidy")
FLOORS = ("sector_floor", "province_floor")
NOTHING = 1e-9  # of the whole volume of the study
CATALOGUES = ("sector", "product", "province", "end_use", "technology")
ROOM = "dashboard"
SHARED = (  # sentences of the printed page; here, numbers bring their units
    "anyway_all", "anyway_part", "anyway_not_told", "market_not_told", "on_top", "also", "on_top_nothing",
    "on_top_in_all", "out_on_top_in_all", "on_top_more", "out_on_top_more", "on_top_most", "on_top_none",
    "barriers_out", "barriers_in_part",
)  # fmt: skip
UNIT_AFTER = re.compile(r"(?<=\}) ?(hm3/a|MCNY/a|CNY/m3|百万立方米/年|百万元|元/立方米)")
ROOMS = (ROOM, "runs", "grades", "benchmark_page")


def group_of(lever: Term) -> str:
    """Where a lever stands on the page: by its label, or by what it acts on.

    >>> group_of(terms()["water_tax"]), group_of(terms()["sector_floor"]), group_of(terms()["saving_target"])
    ('prices', 'sector', 'question')
    """
    if lever.dims:
        return lever.dims[0]
    if lever.choices or lever.name == "saving_target":
        return "question"
    return {"price": "prices", "bound": "limits", "coefficient": "reach"}[lever.acts_on]


@dataclass(frozen=True)
class Facts:
    """A study's side of the page. uppers: where sliders end that the vocabulary leaves open. outline: of provinces,
    where a deployer turned it on."""

    study: Study
    uppers: dict[str, float]
    assumed: dict[str, float]
    outline: dict[str, Any] | None = None
    _pages: dict[str, dict[str, Any]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, planner: Planner, outline: dict[str, Any] | None = None) -> Facts:
        """Plans once at the largest saving to learn how far sliders go."""
        study, reference = planner.study, Scenario()
        attainable = most_of(planner, reference) or 0.0
        try:
            largest = max(math.floor(attainable * 10 - 1) / 10, 0.9 * attainable)
            most = planner.solve(reference.with_levers(saving_target=largest))
            investment, electricity = most.ledger.investment, abs(most.ledger.electricity)
            reference_withdrawal = np.maximum(_reference_by_sector(most), NOTHING * most.instance.flows.unit)
            shares = most.ledger.saving.sum(axis=(0, 2)) / reference_withdrawal
            floor = math.ceil(float(shares.max()) * 20) / 20
        except InfeasibleError:
            investment, electricity, floor = 1000.0, 1000.0, 1.0
        uppers = {
            "saving_target": _nice(attainable * 1.1),
            "investment_cap": _nice(investment * 1.1),
            "electricity_cap": _nice(max(electricity, 1000.0) * 1.1),
            "sector_floor": min(floor + 0.05, 1.0),
            "province_floor": min(floor + 0.05, 1.0),
            "non_conventional_min": _most_of_others(planner),
        }
        return cls(study, uppers, _assumed_by_technology(study.rows), outline)

    def of_scenario(self, scenario: Scenario) -> Facts:
        """The same with the figures that a scenario sets counted by their own basis."""
        if not scenario.overrides:
            return self
        return replace(self, assumed=_assumed_by_technology(scenario.rows(self.study)))

    def page(self, language: str) -> dict[str, Any]:
        """What the browser needs once in a language: texts, names, units and levers. Made once; do not change it."""
        if language not in self._pages:
            self._pages[language] = self._page(language)
        return self._pages[language]

    def _page(self, language: str) -> dict[str, Any]:
        study = self.study
        return {
            "language": language,
            "texts": {
                **{key: text[language] for room in ROOMS for key, text in messages.catalogue(room).items()},
                **printed_sentences(language),
            },
            "terms": {name: found.label(language) for name, found in terms().items()},
            "names": {dim: self.names(dim, language) for dim in (*CATALOGUES, "group", "pool")},
            "units": units(language),
            "levers": [self._lever(lever, language) for lever in of_kind("lever")],
            "groups": list(GROUPS),
            "tiles": {
                str(label): [int(row["tile_col"]), int(row["tile_row"])] for label, row in study.provinces.iterrows()
            },
            "levels": {str(label): str(level) for label, level in study.technologies["level"].items()},
            "assumed": self.assumed,
            "lacks": what_lacks(study),
            "outline": self.outline,
            "years": [study.base_year, study.target_year, study.price_year],
            "study": study.name,
            "plant": plant_form.asked(study, language),
        }

    def names(self, dim: str, language: str) -> dict[str, str]:
        """Names of labels in a language; pools have the name of their technology or their own, groups their number."""
        if dim == "group":
            say_group = Texts(ROOM, language)
            return {str(label): say_group("group_number", number=label) for label in self.study.values["group"].values}
        if dim == "pool":
            pools = {str(pool) for pool in self.study.values["pool"].values if str(pool)}
            technologies = self.names("technology", language)
            pretty = {pool: pool.replace("_", " ") for pool in pools}
            say = messages.catalogue(ROOM)
            return {
                pool: technologies.get(pool) or say.get(f"pool_{pool}", {}).get(language) or pretty[pool]
                for pool in sorted(pools)
            }
        frame = getattr(self.study, {"technology": "technologies"}.get(dim, f"{dim}s"))
        return {str(label): str(name) for label, name in frame[f"name_{language}"].items()}

    def levers(self, scenario: Scenario) -> dict[str, Any]:
        """The value of every lever for the page; no cap is null."""
        resolved = scenario.resolve(self.study)
        return {lever.name: _plain(getattr(resolved, lever.name)) for lever in of_kind("lever")}

    def _lever(self, lever: Term, language: str) -> dict[str, Any]:
        factor, unit = lever_unit(lever, language)
        upper = self.uppers.get(lever.name, lever.upper)
        return {
            "name": lever.name,
            "group": group_of(lever),
            "dim": lever.dims[0] if lever.dims else "",
            "label": lever.label(language),
            "help": lever.meaning(language),
            "unit": unit,
            "factor": factor,
            "lower": lever.lower,
            "upper": upper,
            "step": lever.step,
            "choices": list(lever.choices),
            "is_switch": lever.choices == ("true", "false"),
            "can_be_none": lever.default == "none",
            "default": _plain(getattr(Scenario().resolve(self.study), lever.name)),
            "enterprise_only": lever.name in ENTERPRISE_ONLY,
        }


def printed_sentences(language: str) -> dict[str, str]:
    """The words of the printed page on what would come anyway, without the units behind its numbers."""
    page = messages.catalogue("page")
    return {f"printed_{key}": UNIT_AFTER.sub("", page[key][language]) for key in SHARED}


def _most_of_others(planner: Planner) -> float:
    """The largest share that other sources can have of what sites of a province withdraw, a whole percent up."""
    i = planner.search(Scenario()).instance
    s, flows = i.structure, i.flows
    wanted = np.zeros((len(s.technologies), len(s.provinces)))
    place = s.supply_technology[s.pair_supply], s.pair_province[s.pair_supply_pair]
    np.add.at(wanted, place, flows.supply_reach(s) * s.supply_available[place])
    pooled = s.technology_pool >= 0
    wanted[pooled] = np.minimum(wanted[pooled], flows.pool_limit[s.technology_pool[pooled]])
    left = np.bincount(s.pair_province, flows.after_site(s), minlength=len(s.provinces))
    shares = wanted.sum(axis=0) / np.maximum(left, NOTHING * flows.unit)
    return min(max(math.ceil(100.0 * float(shares.max(initial=0.0))) / 100.0, 0.01), 1.0)


def _reference_by_sector(result: Any) -> Any:
    s, volume = result.instance.structure, result.instance.flows.reference_withdrawal
    return np.bincount(s.pair_sector, weights=volume, minlength=len(s.sectors))


def _assumed_by_technology(rows: pd.DataFrame) -> dict[str, float]:
    """Share of a technology's rows that are assumed."""
    rows = rows[rows["technology"] != ""]
    shares = (rows["basis"] == "assumed").groupby(rows["technology"].astype(str)).mean()
    return {str(label): round(float(share), 4) for label, share in shares.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, float) and math.isinf(value):
        return None
    return value


def _nice(value: float) -> float:
    """A round number not below a value.

    >>> _nice(5075.0), _nice(63000.0)
    (5100.0, 63000.0)
    """
    digit = 10 ** max(math.floor(math.log10(max(value, 1.0))) - 1, 0)
    return float(math.ceil(value / digit - 1e-9) * digit)
