"""What binds, at which price, and how far that price holds: every end of a range is planned again."""

import math

import pytest

from waterplan.base.errors import InfeasibleError
from waterplan.planning.explain.limit_prices import NEAR, binding_limits
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Override, Scenario

NAMES = {"saving_target": "shadow_price"}
QUESTIONS = {
    "target": {"saving_target": 60},
    "sector floor": {"saving_target": 60, "sector_floor": {"steel": 0.15}},
    "province floors": {"saving_target": 60, "province_floor": {"north": 0.2, "south": 0.1}},
    "technology floor and cap": {
        "saving_target": 100, "technology_floor": {"dry_cooling": 0.3}, "technology_cap": {"spray_rinse": 0.2},
    },
    "investment cap and pool": {"saving_target": 200, "investment_cap": 3000},
    "electricity cap": {"saving_target": 120, "electricity_cap": 35},
}  # fmt: skip


def asked(**levers) -> Scenario:
    return Scenario.from_mapping({"title": "test", "levers": levers})


def moved(scenario: Scenario, row, value: float) -> Scenario:
    """The scenario with a limit at another value, written as anybody would write it."""
    if row["kind"] != "pool":
        return scenario.with_levers(**{row["kind"]: {row["label"]: value} if row["label"] else value})
    where = {"technology": "reclaimed_water", "province": row["province"]}
    factor = Override("supply_potential", where, factor=value, source="a guess of this test")
    return Scenario(title="test", levers=scenario.levers, overrides=(factor,))


def price(planner: Planner, scenario: Scenario, row) -> float:
    """The price of a limit in the plan of a scenario; infinite where there is none."""
    try:
        duals, s = planner.solve(scenario).duals, planner.structure
    except InfeasibleError:
        return math.inf
    found = getattr(duals, NAMES.get(row["kind"], row["kind"]))
    if row["kind"] == "pool":
        return float(found[s.pools.index(row["label"]), s.provinces.index(row["province"])])
    labels = {"sector_floor": s.sectors, "province_floor": s.provinces}.get(row["kind"], s.technologies)
    return float(found[labels.index(row["label"])]) if row["label"] else float(found)


@pytest.fixture(scope="module", params=QUESTIONS)
def found(request, planner):
    """A scenario, and its binding limits."""
    scenario = asked(**QUESTIONS[request.param])
    return scenario, binding_limits(planner, planner.solve(scenario))


def test_every_limit_with_a_price_is_listed_once(found, planner):
    scenario, limits = found
    duals = planner.solve(scenario).duals.__dict__
    priced = sum(int((value > 1e-6).sum()) if hasattr(value, "sum") else int(value > 1e-6) for value in duals.values())
    assert len(limits) == priced == len(limits.drop_duplicates(["kind", "label", "province"]))


def test_the_questions_bind_what_they_are_called_after(planner):
    kinds = [set(binding_limits(planner, planner.solve(asked(**q)), 0)["kind"]) for q in QUESTIONS.values()]
    assert {"saving_target", "sector_floor", "province_floor", "technology_floor", "technology_cap", "investment_cap",
            "electricity_cap", "pool"} == set().union(*kinds)  # fmt: skip


def test_within_the_range_the_price_holds_and_beyond_it_does_not(found, planner):
    scenario, limits = found
    for row in limits.to_dict("records"):
        for side, beyond in (("from", "fails_below"), ("to", "fails_above")):
            end, told = row[f"holds_{side}"], row[f"price_{side}"]
            within = end + 1e-7 * (row["value"] - end)  # where a step ends both prices are right
            found_there = [price(planner, moved(scenario, row, place), row) for place in (end, within)]
            assert min(abs(one - told) for one in found_there) <= 1e-6
            assert abs(told - row["price"]) <= NEAR * row["price"] * (1 + 1e-6)
            if math.isnan(row[beyond]):
                assert row[f"ends_{side}"] == "lever"
            else:
                out = price(planner, moved(scenario, row, row[beyond]), row)
                assert abs(out - row["price"]) > NEAR * row["price"]
                assert row[f"ends_{side}"] == ("no_plan" if out == math.inf else "price")


def test_a_range_lies_around_todays_value_and_is_told_in_both_measures(found):
    for row in found[1].to_dict("records"):
        assert row["holds_from"] <= row["value"] <= row["holds_to"]
        assert row["bound_to"] == pytest.approx(row["holds_to"] / row["value"] * row["bound"])


def test_the_exact_stretch_of_the_target_is_that_of_the_technology_at_the_margin(planner):
    """Metering saves 30 at board, 5 at pulp and 121 x 0.05 / 0.95 at plate for less than the drum filter, whose 25 at
    pulp take a twentieth each from metering there. So the price is (1 - 0.05 x 0.3) / 0.95."""
    (row,) = binding_limits(planner, planner.solve(asked(saving_target=60))).to_dict("records")
    metering = 30 + 5 + 121 * 0.05 / 0.95
    assert row["price"] == pytest.approx((1 - 0.05 * 0.3) / 0.95, abs=2e-6)
    assert row["exact_from"] == pytest.approx(metering, abs=1e-6)
    assert row["exact_to"] == pytest.approx(metering + 25 * 0.95, abs=1e-6)


def test_a_floor_is_told_as_a_share_and_as_water(planner):
    limits = binding_limits(planner, planner.solve(asked(saving_target=60, sector_floor={"steel": 0.15})), 0)
    row = limits.set_index("kind").loc["sector_floor"]
    assert (row["label"], row["value"], row["unit"]) == ("steel", 0.15, "hm3/a")
    assert row["bound"] == pytest.approx(0.15 * 121)


def test_without_ranges_nothing_is_planned_again(planner, monkeypatch):
    result = planner.solve(asked(saving_target=60))
    monkeypatch.setattr(planner, "solve", None)
    assert binding_limits(planner, result, 0)["holds_from"].isna().all()


def test_where_nothing_binds_the_table_is_empty(planner):
    assert binding_limits(planner, planner.solve(asked(saving_target=0))).empty


def test_progress_counts_to_the_end(planner):
    told = []
    binding_limits(planner, planner.solve(asked(saving_target=60)), told=lambda done, of: told.append((done, of)))
    assert told == [(1, 1)]
