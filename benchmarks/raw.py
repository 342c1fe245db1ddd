"""HiGHS on the matrix of a scenario, without anything around it: what every ratio is measured against."""

from __future__ import annotations

from collections.abc import Sequence

import highspy
import numpy as np
from measuring import Timing, timed

from waterplan.planning.model.build import build_model, compile_model
from waterplan.planning.model.instance import Instance, build_instance
from waterplan.planning.model.matrices import Compiled
from waterplan.study.scenario import Scenario
from waterplan.study.study import Study

METHODS = {
    "simplex": {"solver": "simplex"},
    "simplex without presolve": {"solver": "simplex", "presolve": "off"},
    "IPM": {"solver": "ipm"},
    "IPM without crossover": {"solver": "ipm", "run_crossover": "off"},
}


def compiled_of(study: Study, scenario: Scenario) -> Compiled:
    """The matrix of a scenario."""
    return compiled_instance(build_instance(study, scenario))


def compiled_instance(i: Instance) -> Compiled:
    """The matrix of an instance."""
    return compile_model(build_model(i.structure, i.flows, i.own_prices, i.values, i.levers))


def linear_programme(compiled: Compiled) -> highspy.HighsLp:
    """The matrix as HiGHS takes it."""
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = compiled.matrix.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = compiled.cost, compiled.lower, compiled.upper
    lp.row_lower_, lp.row_upper_ = compiled.row_lower, compiled.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = compiled.matrix.indptr
    lp.a_matrix_.index_ = compiled.matrix.indices
    lp.a_matrix_.value_ = compiled.matrix.data
    return lp


class QuietHighs(highspy.Highs):
    """HiGHS that does not print its name before it can be told not to."""

    def enableCallbacks(self) -> None:  # noqa: N802
        """Called first of all."""
        self.silent()
        super().enableCallbacks()


def highs(method: str) -> highspy.Highs:
    """A quiet instance on one thread, at HiGHS's own tolerances."""
    solver = QuietHighs()
    for name, value in {"output_flag": False, "threads": 1, "parallel": "off", **METHODS[method]}.items():
        solver.setOptionValue(name, value)
    return solver


def cold(compiled: Compiled, method: str = "simplex", repeats: int = 5) -> Timing:
    """Hands over the matrix and solves it from nothing."""
    lp = linear_programme(compiled)

    def work(_: int) -> None:
        solver = highs(method)
        solver.passModel(lp)
        solver.run()
        assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal, solver.getModelStatus()

    return timed(work, repeats, warm_up=1 if repeats > 1 else 0)


def all_methods(compiled: Compiled, repeats: int) -> dict[str, Timing]:
    """Every method from nothing; those that take many times as long are run once."""
    return {method: cold(compiled, method, repeats if method == "simplex" else 1) for method in METHODS}


def warm(compiled: Compiled, costs: Sequence[np.ndarray], repeats: int) -> Timing:
    """New costs on the same matrix, from the last basis: raw HiGHS after a small move of one lever."""
    solver = highs("simplex")
    solver.passModel(linear_programme(compiled))
    solver.run()
    columns = np.arange(len(compiled.cost), dtype=np.int32)

    def work(number: int) -> None:
        solver.changeColsCost(len(columns), columns, costs[number % len(costs)])
        solver.run()
        assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal, solver.getModelStatus()

    return timed(work, repeats)
