"""Contracts: sums in the head, flows that add up, and the region where both sides gain."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from one_plant import YEAR, records_of

from waterplan.base.errors import WaterplanError
from waterplan.plants.measures.contract import Guaranteed, Project, Shared, missed_saving, region, settle
from waterplan.plants.measures.finance import internal_rate_of_flows
from waterplan.plants.measures.plant_plan import PlantPlanner
from waterplan.plants.measures.plant_study import plant_study

PROJECT = Project(investment=100.0, saving=1000.0, saving_value=50.0, running_cost=10.0, life=5)


@st.composite
def projects(draw):
    return Project(
        investment=draw(st.integers(0, 1000)) * 1.0,
        saving=draw(st.integers(0, 1000)) * 1.0,
        saving_value=draw(st.integers(1, 500)) * 1.0,
        running_cost=draw(st.integers(-100, 200)) * 1.0,
        life=draw(st.integers(1, 20)),
    )


@st.composite
def contracts(draw, life):
    term = draw(st.integers(1, life))
    rates = {name: draw(st.integers(0, 30)) / 100 for name in ("company_rate", "enterprise_rate")}
    if draw(st.booleans()):
        invests = draw(st.integers(0, 10)) / 10
        return Shared(draw(st.integers(0, 100)) / 100, term, invests, draw(st.booleans()), **rates)
    share, fee = draw(st.integers(0, 10)) / 10, draw(st.integers(0, 50)) * 1.0
    return Guaranteed(draw(st.integers(0, 1000)) * 1.0, term, share, draw(st.integers(0, 15)) / 10, fee, **rates)


def test_shared_savings_are_a_sum_in_the_head():
    """The company pays 100 and for three years receives 0.8 * 50 = 40 and pays 10; then all 40 are the enterprise's."""
    outcome = settle(PROJECT, Shared(0.8, 3, company_rate=0.0, enterprise_rate=0.0))
    assert outcome.flows["company"].tolist() == [-100, 30, 30, 30, 0, 0]
    assert outcome.flows["enterprise"].tolist() == [0, 10, 10, 10, 40, 40]
    assert (outcome.company_npv, outcome.enterprise_npv) == (-10, 110)
    assert not outcome.both_gain
    assert outcome.company_irr == pytest.approx(internal_rate_of_flows(np.array([-100.0, 30, 30, 30])))
    assert np.isnan(outcome.enterprise_irr)


def test_guaranteed_savings_are_a_sum_in_the_head():
    """Half of the promised saving is missed: the enterprise earns 25 - 10 and is paid 0.9 * 50 - 25 = 20 for it."""
    contract = Guaranteed(120.0, 2, guaranteed_share=0.9, company_rate=0.0, enterprise_rate=0.0)
    kept, missed = settle(PROJECT, contract), settle(PROJECT, contract, achieved=0.5)
    assert kept.flows["company"].tolist() == [20, 0, 0, 0, 0, 0]
    assert kept.flows["enterprise"].tolist() == [-120, 40, 40, 40, 40, 40]
    assert missed.flows["company"].tolist() == [20, -20, -20, 0, 0, 0]
    assert missed.flows["enterprise"].tolist() == [-120, 35, 35, 15, 15, 15]


def naive_enterprise(project, contract, achieved):
    """What the enterprise pays and earns, clause by clause."""
    value, running = achieved * project.saving_value, project.running_cost
    missed = max(0.0, getattr(contract, "guaranteed_share", 0.0) - achieved) * project.saving_value
    if isinstance(contract, Shared):
        flows = [-(1 - contract.company_invests) * project.investment]
        during = value * (1 - contract.share) - (0.0 if contract.company_runs else running)
    else:
        flows = [-contract.price]
        during = value - running - contract.fee + contract.compensation * missed
    return flows + [during if year <= contract.term else value - running for year in range(1, project.life + 1)]


@given(data=st.data(), project=projects(), achieved=st.integers(0, 15))
def test_the_flows_of_both_sides_add_up_to_the_projects(data, project, achieved):
    contract = data.draw(contracts(project.life))
    flows = settle(project, contract, achieved / 10).flows
    enterprise = np.array(naive_enterprise(project, contract, achieved / 10))
    assert flows["enterprise"].to_numpy() == pytest.approx(enterprise)
    assert contract.company_flows(project, achieved / 10) + enterprise == pytest.approx(project.flows(achieved / 10))


@given(data=st.data(), project=projects())
def test_both_gain_inside_the_region_and_one_loses_outside(data, project):
    contract = data.draw(contracts(project.life))
    bounds = region(project, contract, [contract.term]).loc[contract.term]
    name = "share" if isinstance(contract, Shared) else "price"
    unit = 1.0 if name == "share" else max(project.investment, 1.0)

    def gains(value):
        outcome = settle(project, replace(contract, **{name: value}))
        return min(outcome.company_npv, outcome.enterprise_npv)

    small = 1e-7 * unit
    if bounds["both_gain"]:
        middle = (bounds["lower"] + bounds["upper"]) / 2
        assert all(gains(value) >= -1e-6 * unit * project.saving_value for value in (bounds["lower"], middle))
        assert gains(bounds["upper"]) >= -1e-6 * unit * project.saving_value
    else:
        assert all(gains(value) < 0 for value in np.linspace(0, 1, 21) * unit)
    for outside in (bounds["lower"] - 1e-3 * unit - small, bounds["upper"] + 1e-3 * unit + small):
        if name == "price" or 0 <= outside <= 1:
            assert gains(outside) < 0


def test_the_smallest_share_is_the_annuity_of_investment_over_the_saved_value():
    """(100 / annuity(0.08, T) + 10) / 50; the enterprise, which invests nothing, gains at any share here."""
    bounds = region(PROJECT, Shared(0.5, 1))
    for term in range(1, 6):
        annuity = sum(1.08**-year for year in range(1, term + 1))
        assert bounds.loc[term, "lower"] == pytest.approx((100 / annuity + 10) / 50)
    assert (bounds["upper"] == 1).all()
    assert bounds["both_gain"].tolist() == [False, False, True, True, True]


@given(project=projects(), share=st.integers(0, 100), rate=st.integers(0, 20))
def test_a_longer_term_never_needs_a_larger_share_where_the_company_only_invests(project, share, rate):
    contract = Shared(share / 100, 1, company_runs=False, company_rate=rate / 100)
    lower = region(project, contract)["lower"]
    assert (np.diff(lower) <= 1e-12).all()


def test_a_missed_saving_falls_on_both_in_shared_and_on_the_company_in_guaranteed_savings():
    shares = [1.0, 0.9, 0.7, 0.5]
    shared = missed_saving(PROJECT, Shared(0.9, 5), shares)
    assert (np.diff(shared["company_npv"]) < 0).all()
    assert (np.diff(shared["enterprise_npv"]) < 0).all()
    assert shared["saving"].tolist() == [1000, 900, 700, 500]
    guaranteed = missed_saving(PROJECT, Guaranteed(130.0, 5), shares)
    assert (np.diff(guaranteed["company_npv"]) < 0).all()
    assert guaranteed["enterprise_npv"].to_numpy() == pytest.approx(guaranteed["enterprise_npv"].iloc[0])


def test_who_is_paid_first_has_no_rate_of_return():
    flows = np.array([20.0, -5.0, -5.0])
    assert np.isnan(internal_rate_of_flows(flows))
    assert internal_rate_of_flows(-np.array([110.0, -121.0])) == pytest.approx(0.1)


def test_a_saving_without_value_leaves_nothing_to_share():
    bounds = region(replace(PROJECT, saving_value=0.0), Shared(0.5, 3), [3])
    assert np.isnan(bounds.loc[3, "lower"])
    assert not bounds.loc[3, "both_gain"]


def test_a_plants_plan_becomes_the_project_with_the_same_money(tiny):
    plant = plant_study(records_of({"board": (1e5, None)}, ground=1e6), "mill", YEAR, tiny)
    plan = PlantPlanner(plant).paying_back(6)
    project = Project.of(plan)
    assert project.life == plan.steps["lifetime"].min() == 10
    assert project.flows()[1] == pytest.approx(plan.totals["net_benefit"])
    assert project.flows()[0] == -plan.totals["outlay"]
    assert project.saving == pytest.approx(plan.saving)
    with pytest.raises(WaterplanError, match="nothing to make a contract about"):
        Project.of(PlantPlanner(plant).within_budget(0))


@pytest.mark.parametrize(
    ("contract", "achieved", "match"),
    [
        (Shared(1.2, 3), 1.0, "share is 1.2"),
        (Shared(0.5, 6), 1.0, "project's life 5"),
        (Shared(0.5, 3), -0.1, "achieved is -0.1"),
        (Shared(0.5, 3, company_rate=7.0), 1.0, "company_rate is 7"),
        (Guaranteed(float("nan"), 3), 1.0, "price must be finite"),
        (Guaranteed(1.0, 3, guaranteed_share=1.5), 1.0, "guaranteed_share is 1.5"),
    ],
)
def test_a_contract_that_cannot_be_is_refused(contract, achieved, match):
    with pytest.raises(WaterplanError, match=match):
        settle(PROJECT, contract, achieved)


@pytest.mark.parametrize("change", [{"investment": -1.0}, {"saving": float("inf")}, {"life": 0}, {"life": 101}])
def test_a_project_that_cannot_be_is_refused(change):
    with pytest.raises(WaterplanError, match="A project"):
        replace(PROJECT, **change)
