"""The certificate holds for every right plan, of either solver, under levers of every kind."""

import ast
from pathlib import Path

import naive
import numpy as np
import pytest
from certifying import EVERY_LINE, asked, planned
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from solving import lever_changes

import waterplan.planning.certificate as package
from waterplan.base.errors import InfeasibleError
from waterplan.planning.certificate import certify, examine
from waterplan.planning.certificate.coefficients import recompute_coefficients
from waterplan.planning.certificate.stage_starts import base_state, start_from
from waterplan.planning.certificate.tables import SITE, Tables
from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.judge import judge
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Override, Scenario, scenario_files


@pytest.fixture(scope="module")
def coefficients(tiny):
    return recompute_coefficients(Tables.of(tiny, asked()))


# What it is made of


def test_no_module_of_the_optimisation_takes_part():
    for path in Path(package.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in (name for name in names if name.startswith("waterplan.")):
                allowed = name.startswith(("waterplan.base.", "waterplan.study.", "waterplan.planning.certificate."))
                assert allowed, f"{path.name} imports {name}"


def number(tiny, **labels):
    """The numbers of labels among those of the tiny study."""
    return tuple(tiny.labels[dim].index(label) for dim, label in labels.items())


def rows_of(tiny, coefficients, **labels):
    """The sets of technologies at a use by their names, with a figure of each."""
    use = coefficients.use_at[number(tiny, **labels)]
    names, apps = {}, np.flatnonzero(coefficients.use == use)
    for n in np.flatnonzero(coefficients.sets.use == use):
        members = [app for app in apps if coefficients.sets.members[n] >> coefficients.bit[app] & 1]
        names["+".join(sorted(tiny.labels["technology"][coefficients.apps.technology[app]] for app in members))] = n
    return names


def test_the_reference_withdrawal_of_the_tiny_study_is_that_of_its_readme(tiny, coefficients):
    assert coefficients.reference_withdrawal.sum() == pytest.approx(521)
    assert coefficients.base_withdrawal.sum() == pytest.approx(500)
    place = number(tiny, product="plate", province="south")
    assert coefficients.reference_withdrawal[place] == pytest.approx(60.5)


@pytest.mark.parametrize(
    ("product", "end_use", "flow"), [("pulp", "washing", 125), ("board", "washing", 62.5), ("board", "cooling", 37.5)]
)
def test_the_gross_flows_of_the_tiny_study_are_those_of_its_readme(tiny, coefficients, product, end_use, flow):
    use = coefficients.use_at[number(tiny, product=product, end_use=end_use)]
    start = start_from(Tables.of(tiny, asked()), coefficients, base_state(coefficients, 1))
    assert start.gross_flow[use, *number(tiny, province="north")] == pytest.approx(flow)


def test_the_plants_of_board_washing_are_in_the_configurations_that_its_readme_says(tiny, coefficients):
    names = rows_of(tiny, coefficients, product="board", end_use="washing")
    base, remaining = coefficients.sets.base_share, coefficients.sets.remaining_fraction
    assert {name: base[n] for name, n in names.items()} == pytest.approx(
        {"": 0.6, "spray_rinse": 0.4, "counter_current": 0.0, "counter_current+spray_rinse": 0.0}
    )
    assert {name: remaining[n] for name, n in names.items()} == pytest.approx(
        {"": 1.0, "spray_rinse": 0.5, "counter_current": 0.5, "counter_current+spray_rinse": 0.25}
    )


def test_what_sites_of_board_can_do_together_is_what_its_readme_says(tiny, coefficients):
    assert coefficients.together[SITE, *number(tiny, product="board")] == pytest.approx(0.28)


def test_the_additions_of_an_exclusive_group_are_scaled_to_fit(tiny):
    """Hybrid cooling 0.4 to 0.4 + 1.3 * 0.2 and dry cooling 0 to 1.3 * 0.4 would pass 1: 0.78 is scaled to 0.6."""
    c = recompute_coefficients(Tables.of(tiny, asked(rollout_scale=1.3)))
    here = np.flatnonzero(c.use == c.use_at[number(tiny, product="board", end_use="cooling")])
    most = {tiny.labels["technology"][c.apps.technology[n]]: c.apps.installed_max[n] for n in here}
    assert most == pytest.approx({"hybrid_cooling": 0.6, "dry_cooling": 0.4})


# It holds for right plans

LEVERS = [
    {},
    {"saving_target": 0},
    {"perspective": "enterprise", "water_price_scale": 2, "water_tax": 1, "barrier_cost": 0.5},
    {"perspective": "enterprise", "investment_subsidy": {"paper": 0.5}, "hurdle_rate": 0},
    {"perspective": "society", "scarcity_value": 2, "carbon_price": 300},
    {"cost_accounting": "full_credit", "discount_rate": 0.2, "electricity_price_scale": 2},
    {"technology_cost_scale": {"spray_rinse": 2, "drum_filter": 0.5}},
    {"sector_floor": {"*": 0.1}, "province_floor": {"south": 0.2}},
    {"technology_floor": {"dry_cooling": 0.5}, "technology_cap": {"spray_rinse": 0.5}},
    {"saving_target": 100, "investment_cap": 800},
    {"saving_target": 80, "electricity_cap": 5},
    {"rollout_scale": 1.3, "alternative_share_max": 0.1, "saving_target": 140},
    {"output_scale": {"*": 1.2}, "count_alternative_supply": False, "saving_target": 120},
    {"saving_target": 165},
    EVERY_LINE,
]


@pytest.mark.parametrize(
    "solver", [lambda study, scenario: Planner(study).solve(scenario), judge], ids=["planner", "judge"]
)
@pytest.mark.parametrize("levers", LEVERS, ids=lambda levers: "-".join(levers) or "reference")
def test_plans_of_the_tiny_study_are_certified(tiny, levers, solver):
    try:
        dataset = Plan.of(solver(tiny, asked(**levers))).dataset
    except InfeasibleError as error:
        pytest.fail(f"{levers} has no plan: {error}")
    certificate = certify(dataset, tiny, asked(**levers))
    assert certificate.ok
    assert abs(certificate.gap) < 1e-5


def test_excluded_technologies_and_overrides_are_certified(tiny):
    scenario = asked(
        overrides=[
            Override(
                "saving_fraction", {"technology": "spray_rinse"}, 0.6, "1", "a supplier's word, told to the author"
            ),
            Override("own_intake_cost", {}, 0.5, "CNY/m3", "a supplier's word, told to the author"),
        ],
        exclude=["metering"],
        saving_target=100,
    )
    dataset = planned(tiny, scenario)
    assert certify(dataset, tiny, scenario).ok
    assert not examine(dataset, tiny, asked(saving_target=100, exclude=["metering"])).ok


@settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_plans_under_any_levers_are_certified_and_cost_what_the_obvious_version_says(tiny, data):
    changes = data.draw(lever_changes(tiny))
    scenario = asked(**changes)
    try:
        dataset = planned(tiny, scenario)
    except InfeasibleError:
        assume(False)
    certificate = certify(dataset, tiny, scenario)
    slow = naive.least_cost(tiny, scenario.resolve(tiny))
    assume(slow.feasible)
    tables = Tables.of(tiny, scenario)
    coefficients = recompute_coefficients(tables)
    tie_break = 1e-6 * start_from(tables, coefficients, base_state(coefficients, 1)).largest.sum()
    assert certificate.lower_bound <= slow.cost + 1e-7 * (1 + abs(slow.cost))
    assert certificate.lower_bound >= slow.cost - tie_break - 1e-7 * (1 + abs(slow.cost))


def test_the_china_study_is_certified_under_levers_of_every_kind(china):
    scenario = asked(
        exclude=["mvr_evaporation"],
        perspective="enterprise",
        saving_target=2600,
        scarcity_value=0.5,
        carbon_price=100,
        investment_subsidy={"paper": 0.3},
        sector_floor={"*": 0.1},
        province_floor={"*": 0.05},
        technology_cap={"water_network_pinch": 0.5},
        rollout_scale=1.1,
        output_scale={"steel": 0.9},
    )
    certificate = certify(planned(china, scenario), china, scenario)
    assert certificate.ok


def test_the_certificate_of_the_reference_says_in_three_lines_what_was_recomputed(china):
    scenario = asked()
    certificate = certify(planned(china, scenario), china, scenario)
    first, second, third = str(certificate).splitlines()
    assert first.startswith("certified: 42 ledger lines and 9")
    assert "largest difference" in second
    assert "cost 432.369" in third
    assert "no plan costs less than 432.369" in third


@pytest.mark.long
def test_the_judges_plan_of_the_reference_is_certified(china):
    assert certify(Plan.of(judge(china, asked())).dataset, china, asked()).ok


@pytest.mark.long
@pytest.mark.parametrize("path", scenario_files(), ids=lambda path: path.stem)
def test_plans_of_all_scenarios_shipped_are_certified(china, path):
    scenario = Scenario.read(path)
    assert certify(planned(china, scenario), china, scenario).ok
