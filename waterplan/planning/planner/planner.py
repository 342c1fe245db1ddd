"""The instant planner: the exact least-cost plan of a study by price, in milliseconds."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from waterplan.base.errors import DataError, InfeasibleError, ScenarioError, SolverError, StoppedError, must_be
from waterplan.base.messages import Message
from waterplan.planning.core.kernel_arrays import Pairs, Uses, fresh_answers
from waterplan.planning.model.flows import Array, Flows, build_flows
from waterplan.planning.model.instance import Instance, all_prices, input_values
from waterplan.planning.model.structure import Index, build_structure, totals
from waterplan.planning.plan.result import Result, no_plan
from waterplan.planning.planner.answer import ask
from waterplan.planning.planner.judge import judge_by_arrays
from waterplan.planning.planner.kernel_input import Bonus, Places, build_costs, build_pairs, sample_uses
from waterplan.planning.planner.master import TARGET
from waterplan.planning.planner.search import Search
from waterplan.study.scenario import Levers, Scenario
from waterplan.study.study import Study

KEPT_COEFFICIENTS = 8
USUAL_PRICE = 1.0  # CNY/m3
OUT_OF_REACH = 0.5  # of reference withdrawal above itself: nothing saves as much
TECHNOLOGY_LIMITS = ("technology_floor", "technology_cap")
TECHNOLOGY_LIMITS_MAX = 30


@dataclass(frozen=True)
class Coefficients:
    """What only coefficient levers, exclusions and overrides change; shared by all requests that agree on them.

    entry [local]: the stored dictionary that each use with several technologies is likely to need first.
    """

    values: dict[str, Array]
    flows: Flows
    pairs: Pairs
    uses: Uses
    entry: Index


class Planner:
    """Answers scenarios of one study. Safe to share between threads: a request changes nothing that another reads."""

    def __init__(self, study: Study):
        must_be(study, Study, "study", Message("planner_errors.a_study"), DataError)
        self.study = study
        self.structure = build_structure(study)
        self.places = Places.of(self.structure)
        self._values = input_values(study)
        self._kept: OrderedDict[object, Coefficients] = OrderedDict()
        self._lock = threading.Lock()

    def with_values(self, values: Mapping[str, Array]) -> Planner:
        """A planner of the same study with other input values in the same rows, such as a sample of them.

        It shares what rows alone decide and keeps coefficients of its own. Its study has these values, and still the
        rows and the digest of the tables. Overrides of a scenario come on top.
        """
        other = copy(self)
        known = self.study.values
        other.study = replace(self.study, values=known.copy(data={name: values[str(name)] for name in known.data_vars}))
        other._values = {name: np.asarray(array, dtype=float) for name, array in values.items()}
        other._kept, other._lock = OrderedDict(), threading.Lock()
        return other

    def solve(
        self,
        scenario: Scenario,
        guess: float = 1.0,
        time_limit: float = math.inf,
        cancelled: Callable[[], bool] | None = None,
    ) -> Result:
        """The least-cost plan of a scenario, certified.

        guess: a shadow price to start from [CNY/m3]; it changes the time, never the answer. time_limit [s] and
        cancelled are looked at before every question: StoppedError says which of them ended the search.
        Raises InfeasibleError when no plan meets all limits, ScenarioError when the scenario does not fit the study,
        ValueError when the guess is not a number.
        """
        started = time.perf_counter()
        guess = _price(guess)
        search = self.search(scenario, stop=_stop(started, time_limit, cancelled))
        if search.instance.levers.saving_target > (1.0 + OUT_OF_REACH) * search.pairs.reference.sum():
            raise no_plan(search.instance.levers.saving_target, self.attainable(scenario))
        return self._answer(search, scenario, guess, started)

    def _answer(self, search: Search, scenario: Scenario, guess: float, started: float) -> Result:
        try:
            if sum(kind in TECHNOLOGY_LIMITS for kind in search.limits.kind) > TECHNOLOGY_LIMITS_MAX:
                return self._by_the_full_model(scenario)
            mixture, duals, bound = search.run(guess)
        except StoppedError:
            raise
        except SolverError:
            return self._by_the_full_model(scenario)
        deployment = mixture.deployment
        return Result(
            instance=search.instance,
            deployment=deployment,
            duals=duals,
            dual_bound=bound,
            tie_break=search.tie_break(deployment),
            decisions=mixture.decisions,
            solver="planner",
            seconds=time.perf_counter() - started,
        ).checked()

    def _by_the_full_model(self, scenario: Scenario) -> Result:
        """Where prices do not end, or with limits on very many technologies, the full LP is quicker; the result says
        so."""
        return judge_by_arrays(self.study, scenario)

    def attainable(self, scenario: Scenario) -> float | None:
        """The largest counted saving within all limits of a scenario [hm3/a]; None when they contradict each other."""
        pairs = self.search(scenario).pairs
        beyond = (1.0 + 0.5 * OUT_OF_REACH) * float(pairs.reference.sum()) or pairs.unit  # without water, anything is
        asked = scenario.with_levers(saving_target=beyond)
        try:
            self._answer(self.search(asked), asked, 1.0, time.perf_counter())
        except InfeasibleError as error:
            return None if math.isnan(error.attainable) else error.attainable
        raise SolverError(Message("planner_errors.more_than_all"))

    def shortfalls(self, scenario: Scenario, kind: str) -> dict[tuple[str, tuple[int, ...]], float] | None:
        """How much limits of one kind must give way for a plan to exist: by (kind, label), in the unit of the limit.

        Empty when none need to; None when giving way there is not enough.
        """
        try:
            return self.search(scenario, kind).shortfalls()
        except SolverError:
            return None

    def unit(self, scenario: Scenario) -> float:
        """The volume that tolerances are shares of [hm3/a]; as many MCNY/a for money."""
        return self.search(scenario).pairs.unit

    def whole_of(self, scenario: Scenario, kind: str) -> Array:
        """What floors of a kind are shares of, by label [hm3/a]."""
        flows, s = self.search(scenario).instance.flows, self.structure
        if kind == "technology_floor":
            return flows.largest_capacity
        if kind == "sector_floor":
            return totals(s.pair_sector, flows.reference_withdrawal, len(s.sectors))
        return totals(s.pair_province, flows.reference_withdrawal, len(s.provinces))

    def search(
        self,
        scenario: Scenario,
        gives_way: str = TARGET,
        bonus: Bonus | None = None,
        stop: Callable[[], None] | None = None,
    ) -> Search:
        """One request, ready to run."""
        must_be(scenario, Scenario, "scenario", Message("planner_errors.a_scenario"), ScenarioError)
        levers = scenario.resolve(self.study)
        kept = self._coefficients(scenario, levers)
        prices = all_prices(self.structure, kept.values, levers, kept.flows)
        instance = Instance(self.study, scenario, self.structure, kept.values, levers, kept.flows, prices)
        return Search(self.places, instance, kept.pairs, kept.uses, kept.entry, gives_way, bonus, stop)

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
        costs = build_costs(self.places, prices, values, levers)
        uses = sample_uses(self.structure, flows, costs)
        answers = fresh_answers(pairs, costs, uses.entry_start[:-1][self.structure.local_use])
        everyone = np.arange(len(pairs.reference))
        ask(everyone, USUAL_PRICE, np.zeros(len(everyone)), pairs, costs, uses, answers)
        return Coefficients(values, flows, pairs, uses, answers.entry)


def _price(guess: object) -> float:
    """A guess as a price to start from: one that no price can be is the nearest that can, or the usual one."""
    try:
        if isinstance(guess, str | bytes):
            raise TypeError
        price = float(guess)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(Message("planner_errors.guess", given=repr(guess))) from error
    return USUAL_PRICE if math.isnan(price) else max(price, 0.0)


def _stop(started: float, time_limit: float, cancelled: Callable[[], bool] | None) -> Callable[[], None]:
    def stop() -> None:
        if cancelled is not None and cancelled():
            raise StoppedError(Message("planner_errors.replaced"))
        if time.perf_counter() - started > time_limit:
            raise StoppedError(Message("planner_errors.time_is_up", limit=f"{time_limit:g}"))

    return stop
