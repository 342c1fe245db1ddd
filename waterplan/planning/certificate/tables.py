"""The study's tables and a scenario's levers as plain long frames: all that the recomputation starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from waterplan.base.vocabulary import of_kind
from waterplan.study.scenario import Levers, Scenario, apply_overrides
from waterplan.study.study import Study

LEVELS = ("end_use", "site", "supply")
APPLICABILITY = ("saving_fraction", "applicable_share", "penetration_base", "penetration_max")
OF_TECHNOLOGY = (
    "investment_per_m3",
    "running_cost_per_m3",
    "running_cost_water_share",
    "water_share",
    "electricity_per_m3",
    "heat_per_m3",
    "lifetime",
)
OF_SECTOR = ("public_supply_share", "sewer_share")
OF_PROVINCE = (
    "water_stress",
    "water_price",
    "resource_fee",
    "sewage_fee",
    "electricity_price",
    "grid_emission_factor",
)


@dataclass(frozen=True)
class Tables:
    """The input rows of a study after a scenario's overrides, each input a long frame of labels and value."""

    study: Study
    levers: Levers
    frames: dict[str, pd.DataFrame]

    @classmethod
    def of(cls, study: Study, scenario: Scenario) -> Tables:
        """The rows of the study; those of inputs that the scenario overrides from the values after the overrides."""
        rows = dict(list(study.rows.groupby("name", sort=False)))
        changed = apply_overrides(study, scenario)
        frames = {}
        for term in of_kind("input"):
            name, dims = term.name, list(term.dims)
            if all(name != override.name for override in scenario.overrides):
                found = rows.get(name, study.rows[:0])
                frames[name] = found[[*dims, "value"]].rename(columns={"value": name})
            elif dims:
                frames[name] = changed[name].to_series().dropna().reset_index()
            else:
                frames[name] = pd.DataFrame({name: [float(changed[name])]})
        return cls(study, scenario.resolve(study), frames)

    def one(self, name: str) -> float:
        """A value without labels."""
        return float(self.frames[name][name].iloc[0])

    def together(self, names: Sequence[str], dims: Sequence[str]) -> pd.DataFrame:
        """Several inputs of the same dims side by side, a row for each set of labels."""
        parts = [self.frames[name].set_index(list(dims))[name] for name in names]
        return pd.concat(parts, axis=1).reset_index()

    @cached_property
    def years(self) -> int:
        """Years from base year to target year."""
        return self.study.target_year - self.study.base_year

    @cached_property
    def technologies(self) -> pd.DataFrame:
        """Each technology with its catalogue entry, values and levers; without a group it is its own group."""
        catalogue, levers = self.study.technologies, self.levers
        group = catalogue["exclusive_group"].fillna("").astype(str)
        frame = pd.DataFrame(
            {
                "technology": catalogue.index.astype(str),
                "level": catalogue["level"].to_numpy(),
                "group": np.where(group == "", catalogue.index, group),
                "joint_product": catalogue["joint_product"].astype(bool).to_numpy(),
                "technology_cost_scale": levers.technology_cost_scale,
                "technology_floor": levers.technology_floor,
                "technology_cap": levers.technology_cap,
                "excluded": levers.excluded,
            }
        )
        return frame.merge(self.together(OF_TECHNOLOGY, ["technology"]), on="technology", how="left")

    @cached_property
    def sectors(self) -> pd.DataFrame:
        """Each sector with values and levers."""
        frame = pd.DataFrame(
            {
                "sector": self.study.sectors.index.astype(str),
                "investment_subsidy": self.levers.investment_subsidy,
                "sector_floor": self.levers.sector_floor,
                "output_scale": self.levers.output_scale,
            }
        )
        return frame.merge(self.together(OF_SECTOR, ["sector"]), on="sector", how="left")

    @cached_property
    def provinces(self) -> pd.DataFrame:
        """Each province with values and levers."""
        frame = pd.DataFrame(
            {"province": self.study.provinces.index.astype(str), "province_floor": self.levers.province_floor}
        )
        return frame.merge(self.together(OF_PROVINCE, ["province"]), on="province", how="left")

    @cached_property
    def products(self) -> pd.DataFrame:
        """Each product with its sector."""
        products = self.study.products
        return pd.DataFrame({"product": products.index.astype(str), "sector": products["sector"].to_numpy()})

    @cached_property
    def potential(self) -> pd.DataFrame:
        """What each listed source can add: technology, province, supply_potential and its pool."""
        rows = self.study.rows
        pools = rows.loc[rows["name"] == "supply_potential", ["technology", "province", "pool"]]
        return self.frames["supply_potential"].merge(pools, on=["technology", "province"])
