"""The instant planner: the exact least-cost plan of a study by price, in milliseconds."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from waterplan.model.flows import Array, Flows, build_flows
from waterplan.model.instance import Instance, all_prices, input_values
from waterplan.model.structure import build_structure
from waterplan.plan.result import Result
from waterplan.planner.answer import Pairs
from waterplan.planner.packed import Places, build_costs, build_pairs, sample_uses
from waterplan.planner.search import Search
from waterplan.planner.vertices import Uses
from waterplan.scenario import Levers, Scenario
from waterplan.study import Study

KEPT_COEFFICIENTS = 8


@dataclass(frozen=True)
class Coefficients:
    """What only coefficient levers, exclusions and overrides change; shared by all requests that agree on them."""

    values: dict[str, Array]
    flows: Flows
    pairs: Pairs
    uses: Uses


class Planner:
    """Answers scenarios of one study. Safe to share between threads: a request changes nothing that another reads."""

    def __init__(self, study: Study):
        self.study = study
        self.structure = build_structure(study)
        self.places = Places.of(self.structure)
        self._values = input_values(study)
        self._kept: OrderedDict[object, Coefficients] = OrderedDict()
        self._lock = threading.Lock()

    def solve(self, scenario: Scenario, guess: float = 1.0) -> Result:
        """The least-cost plan of a scenario, certified.

        guess: a shadow price to start from [CNY/m3]; it changes the time, never the answer.
        Raises InfeasibleError when no plan meets all limits, ScenarioError when the scenario does not fit the study.
        """
        started = time.perf_counter()
        levers = scenario.resolve(self.study)
        kept = self._coefficients(scenario, levers)
        prices = all_prices(self.structure, kept.values, levers, kept.flows)
        instance = Instance(self.study, scenario, self.structure, kept.values, levers, kept.flows, prices)
        search = Search(self.places, instance, kept.pairs, kept.uses)
        mixture, duals, bound = search.run(guess)
        deployment = mixture.deployment()
        return Result(
            instance=instance,
            deployment=deployment,
            duals=duals,
            dual_bound=bound,
            tie_break=search.tie_break(deployment),
            decisions=mixture.decisions,
            solver="planner",
            seconds=time.perf_counter() - started,
        ).checked()

    def _coefficients(self, scenario: Scenario, levers: Levers) -> Coefficients:
        key = (
            levers.rollout_scale,
            levers.alternative_share_max,
            levers.output_scale.tobytes(),
            levers.count_alternative_supply,
            levers.excluded.tobytes(),
            scenario.overrides,
        )
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = self._make_coefficients(scenario, levers)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > KEPT_COEFFICIENTS:
                self._kept.popitem(last=False)
        return made

    def _make_coefficients(self, scenario: Scenario, levers: Levers) -> Coefficients:
        values = input_values(self.study, scenario) if scenario.overrides else self._values
        years = self.study.target_year - self.study.base_year
        flows = build_flows(self.structure, values, levers, years)
        pairs = build_pairs(self.places, flows, levers)
        prices = all_prices(self.structure, values, levers, flows)[levers.perspective]
        uses = sample_uses(self.structure, flows, build_costs(self.places, prices, values, levers))
        return Coefficients(values, flows, pairs, uses)
