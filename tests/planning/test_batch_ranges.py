"""The study's own low to high: what is drawn, what moves together, and what still holds."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import triang

from waterplan.planning.batch.groups import BY, Groups
from waterplan.planning.batch.ranges import GAP, Ranges, sampled_inputs
from waterplan.planning.batch.sampling import METHODS, unit_points
from waterplan.planning.batch.triangular import LOGARITHM, LOGIT, PLAIN, Triangular
from waterplan.study.scenario import Scenario

SCALES = {PLAIN: lambda x: x, LOGARITHM: np.log, LOGIT: lambda x: np.log(x / (1 - x))}


@pytest.fixture(scope="module")
def ranges(tiny):
    return Ranges.of(tiny)


@pytest.fixture(scope="module")
def ranges_of_china(china):
    return Ranges.of(china)


def numbers_for(ranges, seed):
    return np.random.default_rng(seed).random(len(ranges.rows))


@given(st.lists(st.floats(0.01, 0.99), min_size=3, max_size=3, unique=True), st.sampled_from(sorted(SCALES)))
def test_low_and_high_are_the_5_and_95_percent_points_and_the_value_is_the_most_likely(ends, scale):
    low, value, high = sorted(ends)
    one = Triangular.of(np.array([value]), np.array([low]), np.array([high]), np.array([scale]))
    there = SCALES[scale]
    least, most = one.least[0], one.most[0]
    independent = triang((there(value) - least) / (most - least), loc=least, scale=most - least)
    assert independent.cdf(there(low)) == pytest.approx(0.05, abs=1e-9)
    assert independent.cdf(there(high)) == pytest.approx(0.95, abs=1e-9)
    for share in (0.01, 0.05, 0.3, 0.5, 0.95, 0.99):
        assert there(one.at(np.array([share]))[0]) == pytest.approx(independent.ppf(share), rel=1e-6, abs=1e-9)


@given(st.floats(0.02, 0.9))
def test_a_value_that_is_its_own_low_or_high_has_its_spread_on_the_other_side(value):
    low, high = np.array([value, value / 2]), np.array([value + 0.05, value])
    both = Triangular.of(np.array([value, value]), low, high, np.array([PLAIN, PLAIN]))
    assert both.at(np.array([0.05, 0.95])) == pytest.approx([value, value])
    assert both.at(np.array([0.95, 0.05])) == pytest.approx([value + 0.05, value / 2])


def test_nothing_drawn_is_the_study_itself(ranges):
    arrays = ranges.draw(np.full(len(ranges.rows), np.nan))
    assert all(np.array_equal(arrays[name], value, equal_nan=True) for name, value in ranges.values.items())


def test_every_figure_with_a_spread_is_drawn_and_no_other(tiny, ranges):
    known = tiny.rows[tiny.rows["name"].isin(sampled_inputs()) & (tiny.rows["high"] > tiny.rows["low"])]
    plain = ranges.rows[ranges.rows["name"] != GAP]
    assert plain.groupby("name").size().to_dict() == known.groupby("name").size().to_dict()
    moved = ranges.draw(np.full(len(ranges.rows), 0.9))
    before = ranges.values
    changed = {name for name in before if not np.array_equal(moved[name], before[name], equal_nan=True)}
    assert changed <= {"penetration_max" if name == GAP else name for name in ranges.rows["name"]}


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6))
def test_what_is_drawn_keeps_every_rule_of_the_tables(ranges_of_china, seed):
    study, before = ranges_of_china.study, ranges_of_china.values
    now = ranges_of_china.draw(numbers_for(ranges_of_china, seed))
    assert np.nansum(now["end_use_share"], axis=1) == pytest.approx(np.ones(len(study.products)), abs=1e-9)
    made = np.nansum(now["output"], axis=1)
    assert made / np.nansum(before["output"], axis=1) == pytest.approx(
        now["national_output"] / before["national_output"], rel=1e-9
    )
    gap = now["penetration_max"] - now["penetration_base"]
    assert np.nanmin(gap) >= 0
    assert np.nanmax(now["penetration_max"]) <= 1
    installed = pd.DataFrame(
        np.nan_to_num(now["applicable_share"] * now["penetration_base"]).reshape(len(study.technologies), -1)
    )
    groups = study.technologies["exclusive_group"].fillna("").to_numpy()
    together = installed[groups != ""].groupby(groups[groups != ""]).sum()
    assert together.to_numpy().max() <= 1 + 1e-9
    for name, array in now.items():
        assert (np.isnan(array) == np.isnan(before[name])).all(), name


def test_factors_of_provinces_leave_the_withdrawal_of_a_sector_as_it_is(china, ranges_of_china):
    only = ranges_of_china.rows["name"] == "intensity_factor"
    now = ranges_of_china.draw(np.where(only, numbers_for(ranges_of_china, 5), np.nan))
    for sector in china.sectors.index:
        products = (china.products["sector"] == sector).to_numpy()
        place = list(china.sectors.index).index(sector)

        def withdrawal(values, products=products, place=place):
            volume = values["output"][products] * values["intensity"][products, None]
            return np.nansum(volume * values["intensity_factor"][:, place])

        assert withdrawal(now) == pytest.approx(withdrawal(ranges_of_china.values), rel=1e-9)


def test_base_year_and_largest_penetration_move_together(ranges):
    rows = ranges.rows
    up = ranges.draw(np.where(rows["name"] == "penetration_base", 0.9, np.nan))
    before = ranges.values
    moved = up["penetration_base"] > before["penetration_base"]
    assert moved.any()
    gap = (before["penetration_max"] - before["penetration_base"])[moved]
    assert (up["penetration_max"] - up["penetration_base"])[moved] == pytest.approx(
        np.minimum(gap, 1 - up["penetration_base"][moved])
    )


def test_a_common_factor_moves_all_figures_of_its_group_and_no_other(ranges):
    groups = Groups.of(ranges)
    chosen = groups.names.index("saving_fraction of metering")
    shares = groups.shares(np.where(np.arange(len(groups.names)) == chosen, 0.05, np.nan))
    rows = ranges.rows
    member = (rows["name"] == "saving_fraction") & (rows["technology"] == "metering")
    assert (~np.isnan(shares) == member.to_numpy()).all()
    now = ranges.draw(shares)["saving_fraction"].reshape(-1)[rows["cell"][member]]
    assert now == pytest.approx(rows["low"][member].to_numpy())


def test_figures_by_product_move_by_sector_and_the_finest_groups_are_single_figures(ranges, tiny):
    names = Groups.of(ranges).names
    assert {name for name in names if name.startswith("intensity of")} == {
        f"intensity of {sector}" for sector in tiny.sectors.index
    } & set(names)
    counts = {by: len(Groups.of(ranges, by).names) for by in BY}
    assert counts["variable"] <= counts["kind"] <= counts["technology"] < counts["row"] == len(ranges.rows)


def test_independent_figures_make_the_reference_look_far_more_certain_than_common_factors(china, ranges_of_china):
    """The reason for common factors: 50 draws of the withdrawal of the country."""

    def spread(by):
        groups = Groups.of(ranges_of_china, by, ["intensity", "intensity_factor", "national_output"])
        totals = []
        for point in unit_points("sobol", 50, len(groups.names), 1):
            v = ranges_of_china.draw(groups.shares(point))
            sectors = [list(china.sectors.index).index(name) for name in china.products["sector"]]
            totals.append(np.nansum(v["output"] * v["intensity"][:, None] * v["intensity_factor"][:, sectors].T))
        return np.std(totals) / np.mean(totals)

    assert spread("technology") > 1.5 * spread("row")


def test_overrides_of_a_scenario_are_what_is_drawn_around(tiny):
    override = {"name": "electricity_price", "where": {"province": "north"}, "value": 0.9, "low": 0.8, "high": 1.0}
    scenario = Scenario.from_mapping(
        {"title": "x", "set": [{**override, "unit": "CNY/kWh", "source": "a price made up for this test"}]}
    )
    rows = Ranges.of(tiny, scenario).rows
    here = rows[(rows["name"] == "electricity_price") & (rows["province"] == "north")].iloc[0]
    assert (here["value"], here["low"], here["high"]) == (0.9, 0.8, 1.0)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_points_and_each_dimension_is_covered_evenly(method):
    points = unit_points(method, 64, 3, 7)
    assert (points == unit_points(method, 64, 3, 7)).all()
    assert not (points == unit_points(method, 64, 3, 8)).all()
    first = points[:: 5 if method == "saltelli" else 1]
    assert np.histogram(first[:, 1], bins=8, range=(0, 1))[0] == pytest.approx(np.full(8, 8), abs=0)


def test_a_sample_of_another_kind_or_of_a_wrong_size_is_refused():
    with pytest.raises(ValueError, match="allowed: latin_hypercube, sobol, saltelli"):
        unit_points("halton", 8, 2, 1)
    with pytest.raises(ValueError, match="such as 128"):
        unit_points("saltelli", 100, 2, 1)
