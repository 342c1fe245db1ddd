"""The instant planner: the exact least-cost plan of a study by price, in milliseconds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Hashable, Mapping
from copy import copy
from dataclasses import replace

import numpy as np

from waterplan.base.errors import DataError, InfeasibleError, ScenarioError, SolverError, StoppedError, must_be
from waterplan.base.messages import Message
from waterplan.planning.model.flows import Array, Values, build_flows
from waterplan.planning.model.instance import Instance, input_values
from waterplan.planning.model.prices import build_prices
from waterplan.planning.model.structure import build_structure, totals
from waterplan.planning.plan.result import Result, no_plan
from waterplan.planning.planner.judge import judge_by_arrays
from waterplan.planning.planner.kept_coefficients import Coefficients, Kept
from waterplan.planning.planner.kernel_input import Bonus, Places, build_costs, sample_costs, sample_uses
from waterplan.planning.planner.lanes import Layout
from waterplan.planning.planner.light import MONEY, MONEY_OF_ALL, Money
from waterplan.planning.planner.master import TARGET
from waterplan.planning.planner.search import Search
from waterplan.study.scenario import Levers, Scenario
from waterplan.study.study import Study

USUAL_PRICE = 1.0  # CNY/m3
OUT_OF_REACH = 0.5  # of reference withdrawal above itself: nothing saves as much
TECHNOLOGY_LIMITS = ("technology_floor", "technology_cap")
TECHNOLOGY_LIMITS_MAX = 30


class Planner:
    """Answers scenarios of one study. Safe to share between threads: a request changes nothing that another reads."""

    def __init__(self, study: Study):
        must_be(study, Study, "study", Message("planner_errors.a_study"), DataError)
        self.study = study
        self.structure = build_structure(study)
        self.layout = Layout(Places.of(self.structure))
        self._values = input_values(study)
        self._kept = Kept()

    def with_values(self, values: Mapping[str, Array]) -> Planner:
        """A planner of the same study with other input values in the same rows, such as a sample of them.

        It shares what rows alone decide and keeps coefficients of its own. Its study has these values, and still the
        rows and the digest of the tables. Overrides of a scenario come on top.
        """
        other = copy(self)
        known = self.study.values
        other.study = replace(self.study, values=known.copy(data={name: values[str(name)] for name in known.data_vars}))
        other._values = {name: np.asarray(array, dtype=float) for name, array in values.items()}
        other._kept = Kept(self._kept.last() or self.search(Scenario()).coefficients)
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
        target, flows = search.instance.levers.saving_target, search.instance.flows
        if target > (1.0 + OUT_OF_REACH) * flows.reference_withdrawal.sum():
            raise no_plan(target, self.attainable(scenario))
        return self._answer(search, scenario, guess, started)

    def _answer(self, search: Search, scenario: Scenario, guess: float, started: float) -> Result:
        try:
            if sum(kind in TECHNOLOGY_LIMITS for kind in search.limits.kind) > TECHNOLOGY_LIMITS_MAX:
                return self._by_the_full_model(scenario)
            known = search.coefficients
            plan, duals, bound = search.run(guess)
            if search.coefficients is not known:
                self.keep(search.coefficients)
        except StoppedError:
            raise
        except SolverError:
            return self._by_the_full_model(scenario)
        return Result(
            instance=search.instance,
            planned=plan,
            duals=duals,
            dual_bound=bound,
            solver="planner",
            seconds=time.perf_counter() - started,
        ).checked()

    def keep(self, coefficients: Coefficients) -> None:
        """From now on these stand in the place of those that they were made from, such as with a larger store."""
        self._kept.put(coefficients)

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
        return self.search(scenario).instance.flows.unit

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
        key = _key(scenario, levers)
        known = self._kept.of(key, lambda: self._coefficients(key, scenario, levers))
        instance = Instance(self.study, scenario, self.structure, known.values, levers, known.flows)
        return Search(self.layout, instance, known, gives_way, bonus, stop)

    def _coefficients(self, key: Hashable, scenario: Scenario, levers: Levers) -> Coefficients:
        values = input_values(self.study, scenario) if scenario.overrides else self._values
        years = self.study.target_year - self.study.base_year
        flows, before = build_flows(self.structure, values, levers, years), self._kept.last()
        if before is None:
            prices = build_prices(self.structure, values, levers, flows.reference_withdrawal)
            samples = sample_costs(self.structure, build_costs(self.layout.places, prices, values, levers))
        else:
            samples = before.samples
        if before is not None and before.flows.has_same_shares(flows):
            uses = before.uses
        else:
            uses = sample_uses(self.structure, flows, samples, None if before is None else before.uses)
        return Coefficients(
            key=key,
            places=self.layout.places,
            values=values,
            levers=levers,
            flows=flows,
            uses=uses,
            lanes=self.layout.lanes(flows, values, levers),
            money=self._money(values, before),
            samples=samples,
        )

    def _money(self, values: Values, before: Coefficients | None) -> Money:
        if before is None or any(values[name] is not before.values[name] for name in (*MONEY, *MONEY_OF_ALL)):
            return Money.of(self.structure, values)
        return before.money


def _key(scenario: Scenario, levers: Levers) -> Hashable:
    """What coefficients depend on."""
    return (
        levers.rollout_scale,
        levers.alternative_share_max,
        levers.output_scale.tobytes(),
        levers.count_alternative_supply,
        levers.excluded.tobytes(),
        scenario.overrides,
    )


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
