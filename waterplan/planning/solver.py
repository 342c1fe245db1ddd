"""The full LP on HiGHS: the judge of every faster way.

A model as matrices, compiled from Pyomo or written straight from arrays, is handed to HiGHS. A solution carries the
decisions, the prices with signs so that none is negative, and a lower bound on the cost that holds whatever the solver
did.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import highspy
import numpy as np

from waterplan.base.errors import SolverError
from waterplan.base.highs import QuietHighs, quiet_highs
from waterplan.base.messages import Message
from waterplan.base.units import whole_volume
from waterplan.planning.model.decisions import Decisions, Duals
from waterplan.planning.model.flows import Array, Flows, Values
from waterplan.planning.model.matrices import Compiled, RowPlaces, build_matrices
from waterplan.planning.model.prices import Prices
from waterplan.planning.model.scenario_numbers import Given
from waterplan.planning.model.structure import Structure
from waterplan.study.scenario import Levers

TARGET = "saving_meets_target"
WARM_ITERATIONS_MAX = 1000  # a small move takes hundreds; after more, presolve and a cold start are quicker
_process = {"threads": 1}
STATUS = {
    highspy.HighsModelStatus.kOptimal: "optimal",
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kUnboundedOrInfeasible: "infeasible",  # every unknown is bounded
}


@dataclass(frozen=True)
class Settings:
    """How HiGHS is asked.

    The tolerance must resolve the canonical tie-break, which is below 1e-6 CNY/m3. The number of threads is a matter of
    the whole process: solve nothing else at the time when it changes.
    """

    method: str = "choose"
    tolerance: float = 1e-10
    time_limit: float = np.inf
    threads: int = 1
    crossover: bool = True
    log: bool = False


@dataclass(frozen=True)
class Solution:
    """What HiGHS says; ``objective`` includes the canonical tie-break. Without a plan the arrays are empty.

    status is ``optimal`` or ``infeasible``; dual_bound [MCNY/a] holds whatever the solver did.
    """

    status: str
    objective: float
    dual_bound: float
    values: Array
    row_duals: Array
    decisions: Decisions
    duals: Duals
    iterations: int
    seconds: float


def dual_bound(compiled: Compiled, row_duals: Array) -> float:
    r"""A lower bound on the cost of every plan within the limits, from any row duals [MCNY/a].

    .. math:: \sum_i y_i b_i + \sum_j \min(d_j \underline{x}_j, d_j \overline{x}_j), \qquad d = c - A^\mathsf{T} y

    where :math:`b_i` is the side that :math:`y_i` pushes against. Right for any y, because every unknown has finite
    bounds; tight for an optimal one. A dual that pushes against a side that is not there is taken as 0.
    """
    sides = np.where(row_duals > 0, compiled.row_lower, compiled.row_upper)
    duals = np.where(np.isfinite(sides), row_duals, 0.0)
    sides = np.where(duals != 0, sides, 0.0)
    reduced = compiled.reduced(duals)
    return float(duals @ sides + np.minimum(reduced * compiled.lower, reduced * compiled.upper).sum())


class FullSolver:
    """Solves plan after plan on one HiGHS instance, each from the basis of the one before if the rows are the same."""

    def __init__(self, structure: Structure, settings: Settings | None = None):
        self.structure = structure
        self.settings = settings or Settings()
        self._highs = _highs(self.settings)
        self._basis: highspy.HighsBasis | None = None
        self._rows: RowPlaces | None = None

    def solve(self, flows: Flows, prices: Prices, values: Values, levers: Levers) -> Solution:
        """The least-cost plan of a scenario."""
        return self.solve_compiled(build_matrices(Given(self.structure, flows, prices, values, levers)))

    def solve_compiled(self, compiled: Compiled) -> Solution:
        """The least-cost plan of a compiled model; SolverError when HiGHS ends without an answer."""
        started = time.perf_counter()
        unit = whole_volume(_withdrawn(compiled, self.structure))
        self._highs.passModel(_lp(compiled, unit))
        if self._basis is None or self._rows != compiled.rows or not self._run_from(self._basis):
            self._highs.run()
        status = self._status()
        if status == "optimal" and self.settings.method != "ipm":
            self._rows, self._basis = compiled.rows, self._highs.getBasis()
        return self._solution(compiled, unit, status, time.perf_counter() - started)

    def _run_from(self, basis: highspy.HighsBasis) -> bool:
        """Runs from a basis; False, with the basis forgotten, when that turns out to be the longer way."""
        self._highs.setBasis(basis)
        self._highs.setOptionValue("simplex_iteration_limit", WARM_ITERATIONS_MAX)
        self._highs.run()
        self._highs.setOptionValue("simplex_iteration_limit", highspy.kHighsIInf)
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kIterationLimit:
            return True
        self._highs.clearSolver()
        return False

    def _status(self) -> str:
        status = self._highs.getModelStatus()
        if status in STATUS:
            return STATUS[status]
        said = self._highs.modelStatusToString(status)
        if status == highspy.HighsModelStatus.kTimeLimit:
            raise SolverError(Message("planner_errors.highs_time", status=said, limit=f"{self.settings.time_limit:g}"))
        raise SolverError(Message("planner_errors.highs_ended", status=said))

    def _solution(self, compiled: Compiled, unit: float, status: str, seconds: float) -> Solution:
        if status != "optimal":
            nothing = np.empty(0)
            return Solution(
                status, np.nan, np.nan, nothing, nothing, Decisions(nothing, nothing, nothing),
                Duals.zero(self.structure), 0, seconds,
            )  # fmt: skip
        info, answer = self._highs.getInfo(), self._highs.getSolution()
        values, row_duals = unit * np.array(answer.col_value), np.array(answer.row_dual)
        return Solution(
            status=status,
            objective=float(compiled.cost @ values),
            dual_bound=dual_bound(compiled, row_duals),
            values=values,
            row_duals=row_duals,
            decisions=decisions_of(self.structure, compiled, values),
            duals=duals_of(self.structure, compiled, row_duals),
            iterations=info.simplex_iteration_count + info.ipm_iteration_count + info.crossover_iteration_count,
            seconds=seconds,
        )


def solve(compiled: Compiled, structure: Structure, settings: Settings | None = None) -> Solution:
    """The least-cost plan of a compiled model, from scratch."""
    return FullSolver(structure, settings).solve_compiled(compiled)


def largest_saving(compiled: Compiled, structure: Structure, settings: Settings | None = None) -> float | None:
    """The largest counted saving within all other limits [hm3/a]; None when floors and caps contradict each other."""
    row = compiled.rows[TARGET][None]
    saving = compiled.row(row)
    freed = compiled.row_lower.copy()
    freed[row] = -np.inf
    solution = solve(replace(compiled, cost=-saving, row_lower=freed), structure, settings)
    return None if solution.status != "optimal" else compiled.counted_from - solution.objective


def with_less_saving(compiled: Compiled, less: float) -> Compiled:
    """A model whose target is lower [hm3/a]."""
    lowered = compiled.row_lower.copy()
    lowered[compiled.rows[TARGET][None]] -= less
    return replace(compiled, row_lower=lowered)


def decisions_of(structure: Structure, compiled: Compiled, values: Array) -> Decisions:
    """The decisions among the values of all columns, within their bounds."""
    inside = np.clip(values, compiled.lower, compiled.upper)
    ends = np.cumsum([len(structure.local_step), len(structure.pair_site), len(structure.pair_supply)])
    step, site_saving, supply, _ = np.split(inside, ends)
    return Decisions(step=step, site_saving=site_saving, supply=supply)


def duals_of(structure: Structure, compiled: Compiled, row_duals: Array) -> Duals:
    """The prices of the limits on the whole: duals of floors as they are, of caps with the sign turned."""

    def price(family: str, label: object = None) -> float:
        row = compiled.rows.get(family, {}).get(label)
        return 0.0 if row is None else abs(float(row_duals[row]))

    def prices(family: str, labels: tuple[str, ...]) -> Array:
        return np.array([price(family, label) for label in labels])

    pool = [[price("pool_is_not_overdrawn", (k, r)) for r in structure.provinces] for k in structure.pools]
    return Duals(
        shadow_price=price(TARGET),
        sector_floor=prices("sector_saving_meets_floor", structure.sectors),
        province_floor=prices("province_saving_meets_floor", structure.provinces),
        value_added_cut=price("withdrawal_per_value_added_falls"),
        non_conventional_min=prices("other_sources_reach_minimum", structure.provinces),
        technology_floor=prices("technology_meets_floor", structure.technologies),
        technology_cap=prices("technology_stays_below_cap", structure.technologies),
        investment_cap=price("investment_stays_below_cap"),
        electricity_cap=price("electricity_stays_below_cap"),
        pool=np.array(pool, dtype=float).reshape(len(structure.pools), len(structure.provinces)),
    )


def _withdrawn(compiled: Compiled, structure: Structure) -> float:
    """What all pairs withdraw after level 2 where nothing is added: the bound of what is left there."""
    return float(compiled.upper[-len(structure.pair_product) :].sum())


def _lp(compiled: Compiled, unit: float) -> highspy.HighsLp:
    """What HiGHS is given: volumes as multiples of a unit, since its tolerances are absolute. Costs are per volume."""
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = compiled.matrix.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = compiled.cost, compiled.lower / unit, compiled.upper / unit
    lp.row_lower_, lp.row_upper_ = compiled.row_lower / unit, compiled.row_upper / unit
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = compiled.matrix.indptr
    lp.a_matrix_.index_ = compiled.matrix.indices
    lp.a_matrix_.value_ = compiled.matrix.data
    return lp


def _highs(settings: Settings) -> highspy.Highs:
    if settings.threads != _process["threads"]:  # HiGHS keeps one set of threads for the whole process
        QuietHighs.resetGlobalScheduler(True)
        _process["threads"] = settings.threads
    return quiet_highs(
        output_flag=settings.log,
        solver=settings.method,
        threads=settings.threads,
        parallel="off" if settings.threads == 1 else "choose",
        primal_feasibility_tolerance=settings.tolerance,
        dual_feasibility_tolerance=settings.tolerance,
        run_crossover="on" if settings.crossover else "off",
        time_limit=settings.time_limit,
    )
