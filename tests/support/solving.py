"""Solves a study for the tests: the model, its matrices and the answer; the same matrices in other solvers."""

from dataclasses import dataclass

import numpy as np
import swiglpk as glpk
from hypothesis import strategies as st
from ortools.linear_solver.python import model_builder_helper as ortools
from scipy.sparse import csr_matrix

from waterplan.planning.model.build import build_model, compile_model
from waterplan.planning.model.flows import build_flows
from waterplan.planning.model.instance import input_values
from waterplan.planning.model.matrices import Compiled
from waterplan.planning.model.objective import decision_costs
from waterplan.planning.model.prices import build_prices
from waterplan.planning.model.scenario_numbers import Given
from waterplan.planning.model.structure import build_structure
from waterplan.planning.model.tie_break import TIE_BREAK_MAX
from waterplan.planning.solver import Solution, solve
from waterplan.study.scenario import Scenario


@dataclass
class Solved:
    given: Given
    compiled: Compiled
    solution: Solution

    @property
    def feasible(self):
        return self.solution.status == "optimal"

    @property
    def capacity(self):
        """(technology, product, province) -> hm3/a."""
        return self._by_place(self.given.step_capacity * self.solution.decisions.step)

    @property
    def saving(self):
        return self._by_place(self.given.step_saving * self.solution.decisions.step)

    @property
    def cost(self):
        """Annual cost without the tie-break [MCNY/a]: what a unit of capacity costs less what a unit saved earns."""
        return self.solution.objective - self.tie_break

    @property
    def tie_break(self):
        g, decisions = self.given, self.solution.decisions
        amounts = np.concatenate([decisions.step, decisions.site_saving, decisions.supply])
        with_it = np.concatenate(decision_costs(g))
        without = np.concatenate(decision_costs(g, tie_broken=False))
        return float((with_it - without) @ amounts)

    @property
    def most_tie_break(self):
        """What the tie-break can add to a plan at most [MCNY/a]."""
        return TIE_BREAK_MAX * sum(self.capacity.values())

    @property
    def counted_saving(self):
        end_use = float(self.given.step_saving @ self.solution.decisions.step)
        supply = self.solution.decisions.supply.sum() if self.given.levers.count_alternative_supply else 0.0
        return end_use + self.solution.decisions.site_saving.sum() + supply

    def _by_place(self, steps):
        s, decisions = self.given.structure, self.solution.decisions
        amounts = np.concatenate([steps, decisions.site_saving, decisions.supply]).tolist()
        technologies = np.concatenate([self.given.step_technology, self.given.site_technology])
        technologies = np.concatenate([technologies, self.given.supply_technology]).tolist()
        pairs = np.concatenate([self.given.step_pair, s.pair_site_pair, s.pair_supply_pair]).tolist()
        places = {}
        for t, pair, amount in zip(technologies, pairs, amounts, strict=True):
            place = s.technologies[t], s.products[s.pair_product[pair]], s.provinces[s.pair_province[pair]]
            places[place] = places.get(place, 0.0) + amount
        return places


def levers_of(study, **levers):
    """The study's default levers, with these instead."""
    exclude = levers.pop("exclude", [])
    return Scenario.from_mapping({"title": "test", "levers": levers, "exclude": exclude}).resolve(study)


def given_of(study, levers, values=None):
    structure, values = build_structure(study), values or input_values(study)
    flows = build_flows(structure, values, levers, study.target_year - study.base_year)
    return Given(structure, flows, build_prices(structure, values, levers, flows.reference_withdrawal), values, levers)


def compile_given(given):
    return compile_model(build_model(given.structure, given.flows, given.prices, given.values, given.levers))


def solve_study(study, levers, values=None, settings=None):
    given = given_of(study, levers, values)
    compiled = compile_given(given)
    return Solved(given, compiled, solve(compiled, given.structure, settings))


def numbers(least, most):
    """Numbers as a user writes them: four digits after the point."""
    return st.floats(least, most).map(lambda number: round(number, 4))


@st.composite
def lever_changes(draw, study):
    """Levers of every kind, for the tiny study: it withdraws 521 hm3/a and can save about 250."""
    share, scale = numbers(0, 1), numbers(0.5, 2)

    def by(catalogue, strategy):
        labels = list(getattr(study, catalogue).index)
        return draw(st.dictionaries(st.sampled_from(labels), strategy, max_size=3))

    def mostly(default, strategy):
        return draw(st.one_of(st.just(default), strategy))

    levers = {
        "saving_target": draw(numbers(0, 200)),
        "perspective": draw(st.sampled_from(["programme", "enterprise", "society"])),
        "cost_accounting": draw(st.sampled_from(["water_share", "full_credit"])),
        "discount_rate": draw(numbers(0, 0.25)),
        "hurdle_rate": draw(numbers(0, 0.4)),
        "technology_cost_scale": by("technologies", scale),
        "electricity_price_scale": mostly(1.0, scale),
        "water_price_scale": mostly(1.0, numbers(0.5, 5)),
        "carbon_price": mostly(0.0, numbers(0, 500)),
        "water_tax": mostly(0.0, numbers(0, 10)),
        "investment_subsidy": by("sectors", numbers(0, 0.8)),
        "barrier_cost": mostly(0.0, numbers(0, 5)),
        "scarcity_value": mostly(0.0, numbers(0, 10)),
        "sector_floor": by("sectors", numbers(0, 0.15)),
        "province_floor": by("provinces", numbers(0, 0.15)),
        "technology_floor": by("technologies", numbers(0, 0.5)),
        "technology_cap": by("technologies", numbers(0.5, 1)),
        "rollout_scale": mostly(1.0, numbers(0, 1.3)),
        "alternative_share_max": mostly(0.3, numbers(0, 0.6)),
        "output_scale": by("sectors", numbers(0.7, 1.3)),
        "count_alternative_supply": draw(st.booleans()),
        "exclude": draw(st.lists(st.sampled_from(list(study.technologies.index)), max_size=2, unique=True)),
    } | (
        {"investment_cap": draw(numbers(100, 3000)), "electricity_cap": draw(numbers(0, 100))}
        if draw(share) < 0.3
        else {}
    )
    for technology in levers["exclude"]:  # a floor on what is excluded is refused
        levers["technology_floor"].pop(technology, None)
    return levers


def least_cost_by_glpk(compiled):
    """The least cost, by the simplex method of GLPK; None when GLPK finds no plan."""
    problem = glpk.glp_create_prob()
    rows, columns = compiled.matrix.shape
    glpk.glp_add_rows(problem, rows)
    glpk.glp_add_cols(problem, columns)
    for row, (lower, upper) in enumerate(zip(compiled.row_lower, compiled.row_upper, strict=True), start=1):
        glpk.glp_set_row_bnds(problem, row, *_glpk_bounds(lower, upper))
    for column, (lower, upper) in enumerate(zip(compiled.lower, compiled.upper, strict=True), start=1):
        glpk.glp_set_col_bnds(problem, column, *_glpk_bounds(lower, upper))
        glpk.glp_set_obj_coef(problem, column, float(compiled.cost[column - 1]))
    entries = compiled.matrix.tocoo()
    places, values = (glpk.intArray(entries.nnz + 1), glpk.intArray(entries.nnz + 1)), glpk.doubleArray(entries.nnz + 1)
    for n, (row, column, value) in enumerate(zip(entries.row, entries.col, entries.data, strict=True), start=1):
        places[0][n], places[1][n], values[n] = int(row) + 1, int(column) + 1, float(value)
    glpk.glp_load_matrix(problem, entries.nnz, *places, values)
    control = glpk.glp_smcp()
    glpk.glp_init_smcp(control)
    control.msg_lev, control.tol_bnd, control.tol_dj = glpk.GLP_MSG_OFF, 1e-9, 1e-9
    glpk.glp_simplex(problem, control)
    found = glpk.glp_get_status(problem) == glpk.GLP_OPT
    cost = glpk.glp_get_obj_val(problem)
    glpk.glp_delete_prob(problem)
    return cost if found else None


def _glpk_bounds(lower, upper):
    if lower == upper:
        kind = glpk.GLP_FX
    elif np.isfinite(lower):
        kind = glpk.GLP_DB if np.isfinite(upper) else glpk.GLP_LO
    else:
        kind = glpk.GLP_UP
    return kind, float(lower if np.isfinite(lower) else 0), float(upper if np.isfinite(upper) else 0)


def least_cost_by_ortools(compiled, solver="glop"):
    """The least cost by a solver of OR-Tools; None when it finds no plan."""
    model = ortools.ModelBuilderHelper()
    model.fill_model_from_sparse_data(
        compiled.lower,
        compiled.upper,
        compiled.cost,
        compiled.row_lower,
        compiled.row_upper,
        csr_matrix(compiled.matrix),
    )
    helper = ortools.ModelSolverHelper(solver)
    helper.solve(model)
    return helper.objective_value() if helper.status() == ortools.SolveStatus.OPTIMAL else None
