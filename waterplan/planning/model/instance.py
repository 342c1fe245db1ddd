"""A study and a scenario as the numbers of one optimisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from waterplan.planning.model.flows import Array, Flows, Values, build_flows
from waterplan.planning.model.prices import PERSPECTIVES, Prices, build_prices
from waterplan.planning.model.state import State
from waterplan.planning.model.structure import Structure, build_structure
from waterplan.study.scenario import Levers, Scenario, overridden
from waterplan.study.study import Study


@dataclass(frozen=True)
class Instance:
    """What an optimisation is about: labels and rows, input values after overrides, levers and coefficients.

    state: where its plants start from; None: from the base year's. Then ``structure`` has fleets of its own.
    """

    study: Study
    scenario: Scenario
    structure: Structure
    values: Values
    levers: Levers
    flows: Flows
    state: State | None = None

    @property
    def start(self) -> State:
        """Where its plants start from."""
        return self.state or State.base(self.structure, self.flows)

    @property
    def years(self) -> int:
        """Years from base year to target year."""
        return self.study.target_year - self.study.base_year

    @cached_property
    def counted_at_start(self) -> Array:
        """Counted saving where nothing is added, from where the target counts [pair, hm3/a]."""
        if self.levers.count_from == "baseline":
            return np.zeros(len(self.flows.reference_withdrawal))
        return self.flows.counted_at_start(self.structure, self.levers.count_alternative_supply)

    @property
    def wanted(self) -> float:
        """What has to be added to the counted saving of the start [hm3/a]."""
        return self.levers.saving_target - float(self.counted_at_start.sum())

    @cached_property
    def prices(self) -> Mapping[str, Prices]:
        """Prices in every perspective."""
        values, levers, reference = self.values, self.levers, self.flows.reference_withdrawal
        return {name: build_prices(self.structure, values, levers, reference, name) for name in PERSPECTIVES}

    @property
    def own_prices(self) -> Prices:
        """Prices of the perspective that is minimised."""
        return self.prices[self.levers.perspective]


def input_values(study: Study, scenario: Scenario | None = None) -> dict[str, Array]:
    """The input values as plain arrays, with the scenario's overrides applied."""
    return dict(overridden(study, scenario) if scenario is not None else study.numbers["value"])


def build_instance(study: Study, scenario: Scenario) -> Instance:
    """The numbers of one optimisation, from tables and levers."""
    structure, values, levers = build_structure(study), input_values(study, scenario), scenario.resolve(study)
    flows = build_flows(structure, values, levers, study.target_year - study.base_year)
    return Instance(study, scenario, structure, values, levers, flows)
