"""The certificate of plans that start from turnover and market: what the plain implementation plans, it proves."""

import numpy as np
import pytest
from certifying import asked, planned
from certifying_stages import in_canonical_units, staged_plan
from naive_stages import State, Tables, Year, fresh, volumes
from places import ROOT
from spoiling import Copy
from told_whole import tell_whole

from waterplan.base.vocabulary import terms
from waterplan.planning.certificate import Statement, certify, examine
from waterplan.planning.certificate.bound import lower_bound, no_prices
from waterplan.planning.certificate.certificate import stages
from waterplan.planning.certificate.coefficients import recompute_coefficients
from waterplan.planning.certificate.tables import Tables as Numbers

CHINA = ROOT / "data" / "china-2015"
OTHERS = {"north": 0.03, "south": 0.02}
LEVERS = [
    {"baseline": "frozen", "saving_target": 60},
    {"baseline": "frozen", "saving_target": 0, "value_added_cut": 0.26, "non_conventional_min": OTHERS},
    {"baseline": "turnover", "saving_target": 0},
    {"baseline": "turnover", "saving_target": 150},
    {"baseline": "turnover", "saving_target": 40, "count_from": "baseline", "perspective": "enterprise"},
    {"baseline": "turnover", "saving_target": 0, "value_added_cut": 0.36, "non_conventional_min": OTHERS},
    {"baseline": "market", "saving_target": 100},
    {"baseline": "market", "saving_target": 170, "carbon_price": 100.0, "rollout_scale": 1.1},
    {"baseline": "market", "saving_target": 30, "count_from": "baseline"},
    {"baseline": "market", "saving_target": 150, "count_alternative_supply": False, "perspective": "enterprise"},
    {"baseline": "market", "saving_target": 20, "count_from": "baseline", "barrier_scale": 0.5, "water_tax": 1.0},
    {"baseline": "market", "saving_target": 20, "count_from": "baseline", "non_conventional_min": OTHERS},
    {"baseline": "market", "saving_target": 0, "value_added_cut": 0.43, "water_tax": 1.0, "barrier_scale": 0.5,
     "non_conventional_min": {"north": 0.05}},
]  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "tiny"
    return in_canonical_units(tell_whole(Copy(ROOT / "tests" / "tiny_study", folder)))


@pytest.fixture(scope="module")
def study(copy):
    return copy.read()


@pytest.mark.parametrize("levers", LEVERS, ids=lambda levers: "-".join(map(str, levers.values())))
def test_what_the_plain_implementation_plans_is_certified_to_the_last_digits(study, copy, levers):
    plan, scenario = staged_plan(study, copy.folder, **levers)
    certificate = certify(plan, study, scenario)
    assert certificate.cost == pytest.approx(plan.attrs["cost"], abs=1e-9)
    assert abs(certificate.gap) < 1e-9
    if levers["baseline"] == "market":
        assert float(plan["market_cost"]) == pytest.approx(plan.attrs["market_cost"], abs=1e-9)


@pytest.mark.parametrize("levers", [*LEVERS[2:], {"baseline": "market", "saving_target": 170, "scarcity_value": 1,
                                                  "perspective": "enterprise", "investment_subsidy": 0.1,
                                                  "sector_floor": {"*": 0.1}}])  # fmt: skip
def test_what_the_planner_plans_is_certified(study, levers):
    scenario = asked(**levers)
    certificate = certify(planned(study, scenario), study, scenario)
    assert abs(certificate.gap) < 1e-5


def test_lines_of_turnover_and_market_are_those_of_the_plain_implementation(study, copy):
    plan, _ = staged_plan(study, copy.folder, baseline="market", saving_target=30, count_from="baseline")
    tables = Tables(copy.folder)
    year = Year(tables, "market")
    for (product, province), old in year.existing.items():
        here = {"product": product, "province": province}
        turnover = float(plan["turnover_withdrawal"].loc[here])
        assert turnover == pytest.approx(old + year.new[product, province])
        reference, market = (float(plan[f"{name}_withdrawal"].loc[here]) for name in ("reference", "market"))
        assert reference >= turnover - 1e-9 >= market - 2e-9
    assert float(plan["turnover_withdrawal"].sum()) == pytest.approx(fresh(tables, State(tables), year))
    saved = float((plan["market_withdrawal"] - plan["planned_withdrawal"]).sum())
    assert saved == pytest.approx(30) == pytest.approx(float(plan["counted_saving"]))
    by_itself = float((plan["turnover_withdrawal"] - plan["market_withdrawal"]).sum())
    assert float(plan["market_saving_by_technology"].sum()) == pytest.approx(by_itself)


def test_a_programme_takes_from_what_the_market_put_on_sites(study, copy):
    """Steps before a site leave less for the technologies there: their line is below nought, and the sum is right."""
    levers = LEVERS[10]
    plan, _ = staged_plan(study, copy.folder, **levers)
    assert float(plan["saving_by_level"].loc["site"]) < 0
    assert float(plan["saving_by_level"].sum()) == pytest.approx(20)


def test_consumption_saved_by_hand(study, copy):
    """Metering on a site saves 0.5 of its saving (return_share of the site 0.5), reclaimed water nothing."""
    plan, _ = staged_plan(study, copy.folder, baseline="market", saving_target=0)
    steps = plan["market_step_flow"].sum(("province", "group")).values
    end_use = plan["market_step_end_use"].values
    saved = plan["market_saving_by_technology"].to_series()
    on_site = saved[["metering", "biological_reuse", "membrane_reuse"]].sum()
    assert len(steps)
    assert set(end_use) == {"washing"}
    at_uses = saved.sum() - on_site - saved[["reclaimed_water", "electrosorption"]].sum()
    told = 0.25 * at_uses + 0.5 * on_site + 0.5 * saved["electrosorption"]
    assert float(plan["market_consumption_saved"]) == pytest.approx(told)


def test_subsidies_of_the_market_are_in_the_public_budget(study, copy):
    """The plain implementation has no subsidies: decisions without them are still feasible, and cost less."""
    plan, scenario = staged_plan(
        study, copy.folder, baseline="market", saving_target=0, pretended={"investment_subsidy": 0.01}
    )
    assert float(plan["public_market_subsidy"]) > 0
    parts = [name for name in plan if str(name).startswith("public_") and name != "public_budget"]
    assert float(plan["public_budget"]) == pytest.approx(sum(float(plan[name]) for name in parts))
    failures = {failure.name for failure in examine(plan, study, scenario).failures}
    assert failures <= {"market_cost_meets_the_lower_bound_of_its_prices"}


@pytest.mark.parametrize("levers", [LEVERS[1], LEVERS[5], *LEVERS[10:]], ids=lambda levers: levers["baseline"])
def test_whatever_the_prices_no_lower_bound_passes_the_cost(study, copy, levers):
    plan, scenario = staged_plan(study, copy.folder, **levers)
    tables = Numbers.of(study, scenario)
    coefficients = recompute_coefficients(tables)
    stage, market, _ = stages(Statement.of(plan), tables, coefficients)
    wild = np.random.default_rng(1)
    costs = [(tables, stage.start, plan.attrs["cost"])]
    if market is not None:
        costs.append((market.tables, market.start, plan.attrs["market_cost"]))
    for numbers, start, cost in costs:
        for _ in range(20):
            prices = {
                name: wild.uniform(0, 3) * wild.integers(0, 2, price.shape) if "_cap_price" not in name or
                name == "value_added_cut_price" else price
                for name, price in no_prices(numbers).items()
            }  # fmt: skip
            assert lower_bound(prices, numbers, coefficients, start) <= cost + 1e-9


def test_with_frozen_baseline_consumption_need_not_be_stated_but_must_be_right(study):
    scenario = asked(saving_target=60)
    plan = planned(study, scenario)
    assert certify(plan, study, scenario).ok
    told = staged_and_told(plan, study, scenario)
    certify(plan.assign(consumption_saved=told), study, scenario)
    wrong = examine(plan.assign(consumption_saved=told + 0.1), study, scenario)
    assert [failure.name for failure in wrong.failures] == ["consumption_saved"]


def staged_and_told(plan, study, scenario):
    """Consumption saved by levels 1 and 2: 1 less return_share of each end use."""
    saved = plan["saving_by_technology"].to_series()
    on_site = saved[["metering", "biological_reuse", "membrane_reuse"]].sum()
    assert saved[["reclaimed_water", "electrosorption", "hybrid_cooling", "dry_cooling"]].sum() == 0
    return 0.25 * (saved.sum() - on_site) + 0.5 * on_site


def test_groups_of_the_same_barrier_are_as_good_as_none(tmp_path):
    """Five groups alike do together what one does: turnover and a market that is asked of all at once."""
    copy = in_canonical_units(tell_whole(Copy(ROOT / "tests" / "tiny_study", tmp_path / "tiny")))
    header, *records = copy.records("barriers")
    records = [[*record[:2], "0.4", "0.4", "0.4", *record[5:]] for record in records]
    copy.write("barriers", [header, *records])
    study = copy.read()
    many, scenario = staged_plan(study, copy.folder, baseline="market", saving_target=170)
    assert certify(many, study, scenario).ok
    copy.write("barriers", [header, *(record for record in records if record[1] == "1")])
    study = copy.read()
    one, scenario = staged_plan(study, copy.folder, baseline="market", saving_target=170)
    assert certify(one, study, scenario).ok
    for name in ("market_withdrawal", "planned_withdrawal"):
        assert float(one[name].sum()) == pytest.approx(float(many[name].sum()))
    assert float(one["annual_cost"]) == pytest.approx(float(many["annual_cost"]))


def test_every_result_of_a_baseline_is_a_word_of_the_dictionary(study, copy):
    plan, _ = staged_plan(study, copy.folder, baseline="market", saving_target=170)
    known = terms()
    for name, one in plan.data_vars.items():
        if not {"step", "choice", "market_step", "market_choice"} & set(one.dims):
            assert known[str(name)].dims == one.dims


TOLD = (  # baseline, counted from, target: line that comes anyway, planned, cost; see data/china-2015/README.md
    ("turnover", "frozen", 2000, (19697.507, 18406.132, -0.2682)),
    ("turnover", "baseline", 1000, (19697.507, 18697.507, -253.2454)),
    ("market", "frozen", 3000, (17951.983, 17406.132, 629.3812)),
)


@pytest.mark.long
@pytest.mark.parametrize(("baseline", "count_from", "target", "told"), TOLD)
def test_the_figures_of_the_readme_are_certified(china, baseline, count_from, target, told):
    plan, scenario = staged_plan(china, CHINA, baseline=baseline, count_from=count_from, saving_target=target)
    certificate = certify(plan, china, scenario)
    line, planned_withdrawal, cost = told
    assert float(plan[f"{baseline}_withdrawal"].sum()) == pytest.approx(line, abs=6e-4)
    assert float(plan["planned_withdrawal"].sum()) == pytest.approx(planned_withdrawal, abs=6e-4)
    assert certificate.cost == pytest.approx(cost, abs=6e-5)
    assert abs(certificate.gap) < 1e-9
    if baseline == "market":
        assert float(plan["market_consumption_saved"]) == pytest.approx(404.70, abs=6e-3)


def test_volumes_of_a_state_without_groups_are_those_of_the_plain_implementation(study, copy):
    """N and M of turnover: what existing plants withdraw, and with new ones."""
    _, scenario = staged_plan(study, copy.folder, baseline="turnover", saving_target=0)
    tables, numbers = Tables(copy.folder), Numbers.of(study, scenario)
    coefficients = recompute_coefficients(numbers)
    existing, all_plants, _ = volumes(tables, State(tables), Year(tables, "turnover"))
    assert coefficients.existing_withdrawal.sum() == pytest.approx(sum(existing.values()))
    left = coefficients.existing_withdrawal + coefficients.new_withdrawal
    assert left.sum() == pytest.approx(sum(all_plants.values()))
