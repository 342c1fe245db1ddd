"""The certificate names what is wrong with a plan: tampered figures, decisions, prices and bounds."""

import numpy as np
import pytest
import xarray as xr
from certifying import EVERY_LINE, asked, planned

from waterplan.base.errors import CertificateError
from waterplan.base.vocabulary import terms
from waterplan.planning.certificate import Statement, certify, examine
from waterplan.planning.certificate.bound import lower_bound, read_prices
from waterplan.planning.certificate.coefficients import recompute_coefficients
from waterplan.planning.certificate.stage_starts import base_state, start_from
from waterplan.planning.certificate.tables import Tables


@pytest.fixture(scope="module")
def plan(tiny):
    return planned(tiny, asked(**EVERY_LINE))


OF_BASELINES = ("choice_", "turnover_", "market_", "consumption_", "public_market_")  # see test_certificate_stages.py


def accounted():
    return [
        name
        for name, term in terms().items()
        if term.kind in ("ledger", "result") and not name.startswith(("step_", *OF_BASELINES))
    ]


def changed(plan, name, change):
    """A plan with the largest figure of a variable changed."""
    copy = plan.copy(deep=True)
    values = copy[name].values
    place = np.unravel_index(np.nanargmax(np.abs(values)), values.shape)
    values[place] = change(values[place])
    return copy


@pytest.mark.parametrize("name", accounted())
def test_a_ledger_line_a_little_off_fails(tiny, plan, name):
    wrong = changed(plan, name, lambda value: value * 1.0001 + 1e-3)
    with pytest.raises(CertificateError, match=rf"\n  {name}( at .*)?: the plan states"):
        certify(wrong, tiny, asked(**EVERY_LINE))


def test_every_ledger_line_that_is_not_a_number_fails(tiny, plan):
    wrong = plan
    for name in accounted():
        wrong = changed(wrong, name, lambda value: np.nan)
    lines = {line.name for line in examine(wrong, tiny, asked(**EVERY_LINE)).lines if not line.holds}
    assert lines == set(accounted())


def put(name, volume, **labels):
    def change(plan):
        plan[name].loc[labels] = volume(float(plan[name].loc[labels]))

    return change


def step(column, value, **labels):
    """Changes a column of the first step with these labels."""

    def change(plan):
        found = np.ones(plan.sizes["step"], dtype=bool)
        for dim, label in labels.items():
            found &= plan[f"step_{dim}"].values == label
        row = np.flatnonzero(found)[0]
        name = f"step_{column}"
        values = plan[name].values.astype(object if isinstance(value, str) else float)
        values[row] = value if isinstance(value, str) else value * values[row]
        plan[name] = ("step", values.astype(str) if isinstance(value, str) else values)

    return change


def attribute(name, change):
    def put_it(plan):
        plan.attrs[name] = change(plan.attrs[name])

    return put_it


def away(name):
    def change(plan):
        del plan[name]

    return change


def extra(plan):
    plan["profit"] = 1.0


def price(name, change):
    def put_it(plan):
        plan[name] = change(plan[name])

    return put_it


def all_of(*changes):
    def change(plan):
        for one in changes:
            one(plan)

    return change


NORTH = {"product": "board", "province": "north"}
TAMPERED = {
    "a step more than the roll-out": (step("flow", 1.01, technology="drum_filter"), "steps_keep_within_the_roll_out"),
    "a step backwards": (step("flow", -1.0, technology="drum_filter"), "no_step_is_negative"),
    "a step that is not a number": (step("flow", np.nan, technology="drum_filter"), "no_step_is_negative"),
    "a step from a configuration without plants": (
        step("configuration", "counter_current", technology="spray_rinse"),
        "steps_leave_from_plants_that_exist.* board, .*washing, counter_current",
    ),
    "a step from a configuration that is not one": (
        step("configuration", "drum_filter", technology="spray_rinse"),
        "steps_leave_from_plants_that_exist",
    ),
    "a step to two technologies of one group": (
        step("configuration", "dry_cooling", technology="hybrid_cooling"),
        "steps_lead_to_configurations_that_exist",
    ),
    "a step that adds what plants have": (
        step("configuration", "spray_rinse", technology="spray_rinse"),
        "steps_lead_to_configurations_that_exist",
    ),
    "a step where the technology is not listed": (
        step("end_use", "cooling", technology="spray_rinse"),
        "steps_are_of_technologies_listed",
    ),
    "a step where nothing is made": (
        step("province", "south", technology="drum_filter"),
        "steps_are_of_technologies_listed",
    ),
    "a step of an unknown technology": (
        step("technology", "magic", technology="drum_filter"),
        'technology "magic", which the study does not have',
    ),
    "a site saving below nought": (
        put("site_saving", lambda _: -1.0, technology="metering", **NORTH),
        "no_site_saving_is_negative",
    ),
    "a site saving that is not a number": (
        put("site_saving", lambda _: np.nan, technology="metering", **NORTH),
        "no_site_saving_is_negative",
    ),
    "a site technology where it is not listed": (
        put("site_saving", lambda _: 1.0, technology="drum_filter", **NORTH),
        "site_saving_is_of_technologies_available",
    ),
    "one site technology too much": (
        put("site_saving", lambda old: old + 0.01, technology="metering", **NORTH),
        "site_keeps_within_each_limit.* metering, board",
    ),
    "site technologies too much together": (
        put("site_saving", lambda _: 8.0, technology="membrane_reuse", **NORTH),
        "site_keeps_within_the_limit_together",
    ),
    "a pool overdrawn": (
        put("supply", lambda old: old + 0.01, technology="reclaimed_water", **NORTH),
        "supply_keeps_within_the_pool.* municipal, north",
    ),
    "a source where there is none": (
        put("supply", lambda _: 1.0, technology="reclaimed_water", product="board", province="south"),
        "supply_is_of_technologies_available.* south",
    ),
    "one source too much": (
        put("supply", lambda _: 60.0, technology="electrosorption", **NORTH),
        "supply_keeps_within_each_limit",
    ),
    "sources too much together": (
        put("supply", lambda _: 30.0, technology="electrosorption", **NORTH),
        "supply_keeps_within_the_limit_together",
    ),
    "more saved than there is": (
        put("supply", lambda _: 200.0, technology="electrosorption", **NORTH),
        "planned_withdrawal_is_not_negative",
    ),
    "the target missed": (
        put("supply", lambda old: old - 0.01, technology="reclaimed_water", **NORTH),
        "saving_meets_target.*149.99, at least 150",
    ),
    "a lower bound above the cost": (attribute("dual_bound", lambda old: old + 0.1), "no_lower_bound_passes_the_cost"),
    "a lower bound below the cost": (attribute("dual_bound", lambda old: old - 0.1), "cost_meets_the_lower_bound:"),
    "a tie-break that hides a cost": (
        all_of(attribute("tie_break", lambda old: old + 0.1), attribute("dual_bound", lambda old: old + 0.1)),
        "tie_break_is_tiny",
    ),
    "no lower bound": (attribute("dual_bound", lambda _: np.nan), "no_lower_bound_passes_the_cost"),
    "a gap that is not so": (attribute("gap", lambda _: 0.5), r"gap: the plan states 0\.5"),
    "a shadow price too low": (
        price("shadow_price", lambda old: 0.9 * old),
        "cost_meets_the_lower_bound_of_its_prices",
    ),
    "a shadow price too high": (
        price("shadow_price", lambda old: 1.1 * old),
        "cost_meets_the_lower_bound_of_its_prices",
    ),
    "a pool without its price": (price("pool_price", lambda old: 0 * old), "cost_meets_the_lower_bound_of_its_prices"),
    "a price below nought": (price("investment_cap_price", lambda old: old - 1), "no_price_is_negative"),
    "a price that is not a number": (price("shadow_price", lambda old: old * np.nan), "no_price_is_negative"),
    "another study": (attribute("study_digest", lambda _: "0"), "study_digest: the plan states 0"),
    "another scenario": (attribute("scenario_digest", lambda _: "0"), "scenario_digest: the plan states 0"),
    "a line that is missing": (away("investment"), "investment at missing from the plan"),
    "a line that nobody recomputed": (extra, "profit at not recomputed"),
    "decisions that are missing": (away("site_saving"), "The plan has no site_saving"),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_a_tampered_plan_fails_with_the_right_words(tiny, plan, case):
    change, words = TAMPERED[case]
    wrong = plan.copy(deep=True)
    change(wrong)
    with pytest.raises(CertificateError, match=words):
        certify(wrong, tiny, asked(**EVERY_LINE))


OTHER_SCENARIOS = {
    "sector_floor": ({"sector_floor": {"*": 0.4}}, "saving_reaches_sector_floor"),
    "province_floor": ({"province_floor": {"*": 0.4}}, "saving_reaches_province_floor"),
    "technology_floor": ({"technology_floor": {"electrosorption": 0.1}}, "capacity_reaches_technology_floor"),
    "technology_cap": ({"technology_cap": {"spray_rinse": 0.5}}, "capacity_keeps_within_technology_cap"),
    "investment_cap": ({"investment_cap": 100}, "investment_keeps_within_cap"),
    "electricity_cap": ({"electricity_cap": 1}, "electricity_keeps_within_cap"),
    "excluded": ({"exclude": ["metering"]}, "excluded_technologies_are_not_added"),
    "count_alternative_supply": ({"count_alternative_supply": False}, "saving_meets_target"),
    "alternative_share_max": ({"alternative_share_max": 0.05}, "supply_keeps_within_the_limit_together"),
    "rollout_scale": ({"rollout_scale": 0.9}, "steps_keep_within_the_roll_out"),
}


@pytest.mark.parametrize("lever", OTHER_SCENARIOS)
def test_a_plan_of_another_scenario_breaks_the_limits_of_this_one(tiny, plan, lever):
    levers, words = OTHER_SCENARIOS[lever]
    with pytest.raises(CertificateError, match=words):
        certify(plan, tiny, asked(**(EVERY_LINE | levers)))


def test_a_plan_that_keeps_all_limits_and_states_its_cost_rightly_but_is_not_the_cheapest_fails(tiny):
    """A plan for 155 hm3/a presented as the plan for 150: only the prices tell."""
    dearer, scenario = planned(tiny, asked(saving_target=155)), asked(saving_target=150)
    dearer.attrs["scenario_digest"] = scenario.digest(tiny)
    certificate = examine(dearer, tiny, scenario)
    assert [failure.name for failure in certificate.failures] == ["cost_meets_the_lower_bound_of_its_prices"]


def test_whatever_the_prices_the_lower_bound_does_not_pass_the_least_cost(tiny, plan):
    scenario = asked(**EVERY_LINE)
    tables = Tables.of(tiny, scenario)
    coefficients = recompute_coefficients(tables)
    start = start_from(tables, coefficients, base_state(coefficients, 1))
    wild = np.random.default_rng(1)
    for _ in range(20):
        guess = plan.copy(deep=True)
        for name in [name for name in guess if terms()[name].kind == "dual"]:
            guess[name] = guess[name] * 0 + wild.uniform(0, 3) * wild.integers(0, 2, guess[name].shape)
        bound = lower_bound(read_prices(Statement.of(guess), tables), tables, coefficients, start)
        assert bound <= float(plan["objective"]) + 1e-9


def test_a_long_list_of_faults_is_cut(tiny, plan):
    wrong = plan.copy(deep=True)
    for name in accounted():
        wrong[name] = xr.full_like(wrong[name], 1e6)
    with pytest.raises(CertificateError, match="and 30 more"):
        certify(wrong, tiny, asked(**EVERY_LINE))
