"""The instant planner: the exact least-cost plan of a study by price, in milliseconds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace

import numpy as np

from waterplan.base.errors import DataError, InfeasibleError, ScenarioError, SolverError, StoppedError, must_be
from waterplan.base.messages import Message
from waterplan.planning.model.flows import Array
from waterplan.planning.model.instance import Instance, input_values
from waterplan.planning.model.structure import build_structure, totals
from waterplan.planning.plan.result import Result, no_plan
from waterplan.planning.planner.judge import judge_stage_by_arrays
from waterplan.planning.planner.kept_coefficients import Coefficients
from waterplan.planning.planner.kernel_input import Bonus, Places
from waterplan.planning.planner.lanes import Layout
from waterplan.planning.planner.master import TARGET
from waterplan.planning.planner.search import Search
from waterplan.planning.planner.starts import Starts
from waterplan.study.scenario import Scenario
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
        self.starts = Starts(study, self.layout, input_values(study))

    def with_values(self, values: Mapping[str, Array]) -> Planner:
        """A planner of the same study with other input values in the same rows, such as a sample of them.

        It shares what rows alone decide and keeps coefficients of its own. Its study has these values, and still the
        rows and the digest of the tables. Overrides of a scenario come on top.
        """
        other = copy(self)
        known = self.study.values
        other.study = replace(self.study, values=known.copy(data={name: values[str(name)] for name in known.data_vars}))
        arrays = {name: np.asarray(array, dtype=float) for name, array in values.items()}
        before = self.starts.last() or self.search(Scenario()).coefficients
        other.starts = Starts(other.study, self.layout, arrays, before)
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
        i = search.instance
        if i.levers.saving_target > (1.0 + OUT_OF_REACH) * i.flows.reference_withdrawal.sum():
            raise no_plan(i.levers.saving_target, self.attainable(scenario))
        return self._answer(search, guess, started)

    def _answer(self, search: Search, guess: float, started: float) -> Result:
        try:
            if sum(kind in TECHNOLOGY_LIMITS for kind in search.limits.kind) > TECHNOLOGY_LIMITS_MAX:
                return self._by_the_full_model(search)
            known = search.coefficients
            plan, duals, bound = search.run(guess)
            if search.coefficients is not known:
                self.keep(search.coefficients)
        except StoppedError:
            raise
        except SolverError:
            return self._by_the_full_model(search)
        return Result(
            instance=search.instance,
            planned=plan,
            duals=duals,
            dual_bound=bound,
            solver="planner",
            seconds=time.perf_counter() - started,
            before=search.coefficients.before,
        ).checked()

    def anyway(self, scenario: Scenario) -> Result:
        """What would happen without a programme: turnover, and what enterprises do by themselves under the levers of a
        scenario, whatever its baseline. Raises ScenarioError where the study does not tell it."""
        scenario.with_levers(baseline="market").resolve(self.study)  # says what the study lacks
        return self.starts.market(scenario, self._plan_of_stage)[0]

    def keep(self, coefficients: Coefficients) -> None:
        """From now on these stand in the place of those that they were made from, such as with a larger store."""
        self.starts.put(coefficients)

    def _by_the_full_model(self, search: Search) -> Result:
        """Where prices do not end, or with limits on very many technologies, the full LP is quicker; the result says
        so."""
        return replace(judge_stage_by_arrays(search.instance), before=search.coefficients.before)

    def attainable(self, scenario: Scenario) -> float | None:
        """The largest counted saving within all limits of a scenario [hm3/a]; None when they contradict each other."""
        flows = self.search(scenario).instance.flows
        whole = float(flows.reference_withdrawal.sum())
        beyond = (1.0 + 0.5 * OUT_OF_REACH) * whole or flows.unit  # without water, anything is
        asked = scenario.with_levers(saving_target=beyond)
        try:
            self._answer(self.search(asked), 1.0, time.perf_counter())
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
        i = self.search(scenario).instance
        flows, s = i.flows, i.structure
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
        instance, known = self.starts.instance(scenario, self._plan_of_stage)
        return Search(known.layout, instance, known, gives_way, bonus, stop)

    def _plan_of_stage(self, instance: Instance, coefficients: Coefficients) -> Result:
        """The plan of a stage that comes before that of a scenario."""
        return self._answer(Search(coefficients.layout, instance, coefficients), USUAL_PRICE, time.perf_counter())


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
