"""What is wrong with a plan that starts from turnover or market has its words in the certificate."""

from unittest.mock import patch

import naive_stages
import numpy as np
import pytest
from certifying_stages import in_canonical_units, staged_plan, with_accounts
from places import ROOT
from spoiling import Copy
from told_whole import tell_whole

from waterplan.base.errors import CertificateError
from waterplan.planning.certificate import certify, examine, stage_starts

PULLED = {"baseline": "market", "saving_target": 20, "count_from": "baseline", "barrier_scale": 0.5, "water_tax": 1.0}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "tiny"
    return in_canonical_units(tell_whole(Copy(ROOT / "tests" / "tiny_study", folder)))


@pytest.fixture(scope="module")
def study(copy):
    return copy.read()


@pytest.fixture(scope="module")
def stated(study, copy):
    """A plan in which the programme takes from what the market did, and its scenario."""
    return staged_plan(study, copy.folder, **PULLED)


def put(name, change, **labels):
    """Changes the largest figure of a variable, of rows with these labels."""

    def put_it(plan):
        values = plan[name].values.copy()
        rows = np.ones(len(values), dtype=bool)
        for column, label in labels.items():
            rows &= plan[column].values == label
        values[~rows] = 0
        place = np.unravel_index(np.argmax(np.abs(values)), values.shape)
        values = plan[name].values.copy()
        values[place] = change(values[place])
        plan[name] = plan[name].dims, values

    return put_it


def turned(name):
    """The groups the other way round."""

    def turn(plan):
        plan[name] = plan[name].dims, plan[name].values[..., ::-1]

    return turn


def scaled(name, factor):
    def scale(plan):
        plan[name] = plan[name].dims, plan[name].values * factor

    return scale


def away(name):
    def change(plan):
        del plan[name]

    return change


METERING = {"market_choice_technology": "metering"}
TAMPERED = {
    "a market that goes beyond the roll-out": (
        put("market_step_flow", lambda flow: 1.05 * flow),
        "market_steps_keep_within_the_roll_out.*group",
    ),
    "a market of more plants than there are": (
        put("market_step_flow", lambda flow: flow + 1000),
        "market_steps_leave_from_plants_that_exist.*group",
    ),
    "a market below nought": (put("market_step_flow", lambda _: -1.0), "market_no_step_is_negative"),
    "a market that is no number": (put("market_choice_volume", lambda _: np.nan), "market_no_"),
    "a site technology of the market beyond its share": (
        put("market_choice_volume", lambda volume: volume + 1, **METERING),
        "market_site_keeps_within_each_limit.* metering",
    ),
    "sites that save more than all there is": (
        put("market_choice_volume", lambda volume: volume + 1000, **METERING),
        "market_planned_withdrawal_is_not_negative",
    ),
    "a pool overdrawn by the market": (
        put("market_choice_volume", lambda volume: volume + 6, market_choice_technology="reclaimed_water"),
        "market_supply_keeps_within_the_pool.* municipal, north",
    ),
    "a pool overdrawn by what the market draws and the programme together": (
        put("choice_volume", lambda volume: volume + 1, choice_technology="reclaimed_water"),
        "\n  supply_keeps_within_the_pool.* municipal",
    ),
    "a market without a price of its pool": (
        scaled("market_pool_price", 0.0),
        "market_cost_meets_the_lower_bound_of_its_prices",
    ),
    "a price of the market below nought": (
        put("market_pool_price", lambda price: price - 1 - 2 * price),
        "market_no_price_is_negative",
    ),
    "a market of the wrong groups": (turned("market_choice_volume"), "market_site_keeps.*market_cost_meets"),
    "a programme of the wrong groups": (turned("step_flow_by_group"), "steps_keep_within_the_roll_out|steps_leave"),
    "groups that do not add up": (scaled("choice_volume", 0.99), "site_saving|supply"),
    "steps by group that do not add up": (scaled("step_flow", 0.9), "flow_of_a_step_is_that_of_its_groups"),
    "a market that is not told": (away("market_step_flow"), "The plan has no market_step_flow"),
    "a cost of the market a little off": (scaled("market_cost", 1.001), "market_cost: the plan states"),
    "a turnover a little off": (scaled("turnover_withdrawal", 1.001), "turnover_withdrawal at .*: the plan states"),
    "a market line a little off": (scaled("market_withdrawal", 1.001), "market_withdrawal at .*: the plan states"),
    "savings of the market a little off": (scaled("market_saving_by_technology", 1.001), "market_saving_by_technology"),
    "consumption a little off": (scaled("consumption_saved", 1.001), "\n  consumption_saved: the plan states"),
    "consumption of the market a little off": (scaled("market_consumption_saved", 1.1), "market_consumption_saved:"),
    "consumption that is not told": (away("consumption_saved"), "consumption_saved at missing from the plan"),
    "a shadow price too high": (scaled("shadow_price", 1.1), "\n  cost_meets_the_lower_bound_of_its_prices"),
}  # fmt: skip


@pytest.mark.parametrize("case", TAMPERED)
def test_a_tampered_plan_fails_with_the_right_words(study, stated, case):
    change, words = TAMPERED[case]
    plan, scenario = stated
    wrong = plan.copy(deep=True)
    change(wrong)
    with pytest.raises(CertificateError, match=rf"(?s){words}"):
        certify(wrong, study, scenario)


def test_a_market_in_which_nothing_is_done_that_pays_is_feasible_but_not_the_cheapest(study, copy):
    """Enterprises with twice the barriers do less: all limits are kept and all accounts are right."""
    told = {"baseline": "market", "saving_target": 100, "barrier_scale": 2.0}
    plan, scenario = staged_plan(study, copy.folder, **told, pretended={"barrier_scale": 1.0})
    failures = [failure.name for failure in examine(plan, study, scenario).failures]
    assert failures == ["market_cost_meets_the_lower_bound_of_its_prices"]


def test_a_programme_for_more_than_is_asked_is_not_the_cheapest(study, copy):
    told = {"baseline": "market", "saving_target": 30, "count_from": "baseline"}
    plan, scenario = staged_plan(study, copy.folder, **told, pretended={"saving_target": 25})
    failures = [failure.name for failure in examine(plan, study, scenario).failures]
    assert failures == ["cost_meets_the_lower_bound_of_its_prices"]


class WithoutNewPlants(naive_stages.Year):
    """A year in which the withdrawal of plants built since the base year is forgotten."""

    def __init__(self, *args):
        super().__init__(*args)
        self.new = dict.fromkeys(self.new, 0.0)


@pytest.mark.parametrize("baseline", ["turnover", "market"])
def test_a_plan_that_forgets_new_plants_misses_its_target(study, copy, baseline):
    target = {"turnover": 260, "market": 280}[baseline]
    plan, scenario = staged_plan(study, copy.folder, baseline=baseline, saving_target=target, year_of=WithoutNewPlants)
    with pytest.raises(CertificateError, match="saving_meets_target"):
        certify(plan, study, scenario)


def test_a_plan_that_does_not_take_off_what_it_displaces_fails(study, stated):
    plan, scenario = stated
    with patch.object(stage_starts, "_real", lambda tables, coefficients, start, decisions, end: decisions.book):
        wrong = with_accounts(plan, study, scenario)
    for name in ("saving_by_level", "saving_by_technology", "planned_withdrawal", "counted_saving"):
        assert name in {failure.name for failure in examine(wrong, study, scenario).failures}


LIMITS = {
    "value_added_cut": ({"value_added_cut": 0.45}, "withdrawal_per_value_added_falls"),
    "non_conventional_min": ({"non_conventional_min": {"middle": 0.5}}, "other_sources_reach_minimum.* middle"),
    "count_from": ({"count_from": "frozen", "saving_target": 300}, "saving_meets_target"),
    "sector_floor": ({"sector_floor": {"*": 0.6}}, "saving_reaches_sector_floor"),
}


@pytest.mark.parametrize("lever", LIMITS)
def test_a_plan_of_another_scenario_breaks_the_limits_of_this_one(study, copy, lever):
    pretended, words = LIMITS[lever]
    plan, scenario = staged_plan(study, copy.folder, **PULLED, pretended=pretended)
    with pytest.raises(CertificateError, match=words):
        certify(plan, study, scenario)


@pytest.mark.parametrize("name", ["value_added_cut_price", "non_conventional_min_price"])
def test_prices_of_the_newer_limits_are_part_of_the_proof(study, copy, name):
    plan, scenario = staged_plan(
        study, copy.folder, baseline="turnover", saving_target=0, value_added_cut=0.36,
        non_conventional_min={"north": 0.03, "south": 0.02},
    )  # fmt: skip
    assert certify(plan, study, scenario).ok
    for wrong, words in ((0.9 * plan[name], "bound_of_its_prices"), (plan[name] - 10, "no_price_is_negative"),
                         (plan[name] * np.nan, "no_price_is_negative")):  # fmt: skip
        with pytest.raises(CertificateError, match=words):
            certify(plan.assign({name: wrong}), study, scenario)
    with pytest.raises(CertificateError, match="bound_of_its_prices"):
        certify(plan.drop_vars(name), study, scenario)
