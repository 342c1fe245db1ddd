"""Places among peers and in the reference distribution: by counting, by other libraries, and laws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares
from scipy.stats import binomtest, lognorm, norm

from waterplan.base.errors import WaterplanError
from waterplan.plants.norms.ladders import GRADES, ladders
from waterplan.plants.peers.peers import (
    PEERS_NEEDED,
    THEMSELVES,
    percentile,
    published_peers,
    wilson,
)
from waterplan.plants.peers.reference import POINTS, SHARES, fit, references
from waterplan.plants.records.records import Records


def records(rows):
    """Rows: plant, year, product, route, intensity; 10 t each."""
    made = pd.DataFrame(rows, columns=["plant", "year", "product", "route", "intensity"])
    made = made.assign(variant="", output=10.0, withdrawal=10.0 * made.pop("intensity").astype(float))
    sites = made[["plant", "year"]].drop_duplicates().set_index(["plant", "year"])
    return Records(sites.assign(withdrawal_surface=1e6), made, pd.DataFrame(), pd.DataFrame())


def peers(rows):
    return pd.DataFrame(rows, columns=["plant", "product", "route", "intensity"])


def eleven(product="board", route=""):
    return peers([(f"peer {n}", product, route, float(n)) for n in range(1, 12)])


class TestPeers:
    def test_the_place_is_the_share_of_peers_that_make_do_with_less(self, tiny):
        row = percentile(records([("mill", 2018, "board", "", 3.5)]), tiny, eleven()).iloc[0]
        assert row["place"] == pytest.approx(100 * 3 / 11)
        assert (row["basis"], row["peers"], row["needed"]) == ("peers", 11, PEERS_NEEDED)

    def test_the_interval_is_wilsons(self, tiny):
        row = percentile(records([("mill", 2018, "board", "", 3.5)]), tiny, eleven()).iloc[0]
        known = binomtest(3, 11).proportion_ci(method="wilson")
        assert (row["place_low"], row["place_high"]) == pytest.approx((100 * known.low, 100 * known.high))

    @pytest.mark.parametrize(("less", "count"), [(0, 10), (10, 10), (1, 400)])
    def test_the_interval_agrees_with_scipy_at_the_ends_too(self, less, count):
        known = binomtest(less, count).proportion_ci(method="wilson")
        low, high = wilson(np.array([less]), np.array([count]))
        assert (low[0], high[0]) == pytest.approx((known.low, known.high))

    def test_the_same_intensity_counts_half(self, tiny):
        row = percentile(records([("mill", 2018, "board", "", 4.0)]), tiny, eleven()).iloc[0]
        assert row["place"] == pytest.approx(100 * 3.5 / 11)

    def test_a_plant_is_no_peer_of_its_own(self, tiny):
        row = percentile(records([("peer 5", 2018, "board", "", 3.5)]), tiny, eleven()).iloc[0]
        assert (row["peers"], row["place"]) == (10, pytest.approx(100 * 3 / 10))
        row = percentile(records([("peer 2", 2018, "board", "", 3.5)]), tiny, eleven()).iloc[0]
        assert row["place"] == pytest.approx(100 * 2 / 10)

    def test_columns_that_peers_lack_are_named(self, tiny):
        with pytest.raises(WaterplanError, match="the columns route, intensity are missing"):
            percentile(records([("mill", 2018, "board", "", 3.5)]), tiny, eleven()[["plant", "product"]])

    def test_plants_of_another_route_or_product_are_no_peers(self, tiny):
        mixed = pd.concat([eleven(), eleven(route="recycled").assign(intensity=0.1), eleven("plate")])
        rows = percentile(records([("mill", 2018, "board", route, 3.5) for route in ("", "recycled")]), tiny, mixed)
        assert rows["place"].tolist() == pytest.approx([100 * 3 / 11, 100])

    def test_with_too_few_peers_the_reference_stands_in_and_says_so(self, tiny):
        rows = records([("mill", 2018, "board", "", 8.0)])
        enough, few = (percentile(rows, tiny, eleven()[:count]).iloc[0] for count in (10, 9))
        assert (enough["basis"], few["basis"], few["peers"]) == ("peers", "reference", 9)
        assert percentile(rows, tiny).iloc[0]["place"] == few["place"]

    def test_without_peers_and_reference_there_is_no_place(self, tiny):
        row = percentile(records([("mill", 2011, "board", "", 8.0)]), tiny).iloc[0]
        assert pd.isna(row["basis"])
        assert np.isnan([row["place"], row["place_low"], row["place_high"]]).all()

    def test_peers_that_stand_twice_or_have_no_intensity_are_refused(self, tiny):
        rows = records([("mill", 2018, "board", "", 8.0)])
        with pytest.raises(WaterplanError, match="stands twice"):
            percentile(rows, tiny, pd.concat([eleven(), eleven()]))
        with pytest.raises(WaterplanError, match="missing, negative or infinite"):
            percentile(rows, tiny, eleven().assign(intensity=np.nan))

    def test_plants_are_peers_of_each_other_by_their_newest_year(self, tiny):
        """Ten of 5 and one that came from 1 to 9: all are better than that one, which is no peer of its own."""
        others = [(f"mill {n}", 2018, "board", "", 5) for n in range(10)]
        found = percentile(
            records([*others, ("a", 2016, "board", "", 1), ("a", 2018, "board", "", 9)]), tiny, THEMSELVES
        )
        assert found.loc[found["plant"] == "a", ["place", "peers"]].to_numpy().tolist() == [[0, 10], [100, 10]]
        assert found.loc[found["plant"] != "a", "place"].to_numpy() == pytest.approx(45)  # nine the same, one worse

    def test_published_enterprises_are_peers_once_each(self, china):
        found = published_peers(china)
        assert len(found) < len(china.enterprises) == 18
        assert not found.duplicated(["plant", "product"]).any()
        hengyang = found[found["plant"].str.contains("Hengyang")]
        assert hengyang["intensity"].tolist() == [4.3]
        assert found.groupby("product").size().max() < PEERS_NEEDED


def place_by_counting(intensity, others):
    """Place of an intensity among those of others, and its interval [percent]."""
    less = sum(other < intensity for other in others) + sum(other == intensity for other in others) / 2
    low, high = wilson(np.array([less]), np.array([len(others)]))
    return 100 * less / len(others), 100 * low[0], 100 * high[0]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_all_at_once_is_counting_one_by_one(tiny, data):
    level = st.sampled_from([1.0, 2.0, 3.0, 4.5])
    keys = st.tuples(st.sampled_from([f"p{n}" for n in range(15)]), st.sampled_from(["board", "pulp"]), st.just(""))
    pool = peers([(*key, data.draw(level)) for key in data.draw(st.lists(keys, unique=True, max_size=30))])
    asked = [(p, 2018, product, r, data.draw(level)) for p, product, r in data.draw(st.lists(keys, unique=True))]
    found = percentile(records(asked or [("x", 2018, "board", "", 1.0)]), tiny, pool)
    for (plant, _, product, route, intensity), row in zip(asked, found.itertuples(), strict=False):
        same = pool[(pool["product"] == product) & (pool["route"] == route) & (pool["plant"] != plant)]
        assert row.peers == len(same)
        if len(same) >= PEERS_NEEDED:
            expected = place_by_counting(intensity, same["intensity"].to_numpy())
            assert (row.place, row.place_low, row.place_high) == pytest.approx(expected)


class TestReference:
    def points(self, **values):
        row = np.array([[values.get(name, np.nan) for name in POINTS]])
        return row, ~np.isnan(row)

    def test_two_points_are_met_exactly(self):
        log_median, spread = fit(*self.points(access=10, limit=20))
        assert np.exp(log_median[0]) == pytest.approx(10)
        assert spread[0] == pytest.approx(np.log(2) / norm.ppf(0.8))

    def test_a_lognormal_is_found_again_from_its_grades_and_mean(self):
        true = lognorm(s=0.4, scale=12.0)
        given_points = {grade: true.ppf(share) for grade, share in SHARES.items()} | {"mean": true.mean()}
        log_median, spread = fit(*self.points(**given_points))
        assert (np.exp(log_median[0]), spread[0]) == pytest.approx((12, 0.4), abs=1e-6)

    def test_one_point_is_too_few(self):
        assert np.isnan(fit(*self.points(limit=20))).all()

    def test_grades_that_do_not_differ_end_at_the_least_spread(self):
        assert fit(*self.points(access=30, limit=30))[1][0] == pytest.approx(0.05)

    @pytest.mark.parametrize("product", ["newsprint", "linerboard", "cane_sugar", "steel_bf_bof"])
    def test_the_fit_is_the_least_squares_of_another_library(self, china, product):
        known, number = ladders(china, 2015), ladders(china, 2015).place[product, ""]
        mean = float(china.values["intensity"].sel(product=product))
        grade = [(SHARES[name], value) for name, value in zip(GRADES, known.value[number], strict=True) if value > 0]

        def misses(x):
            return [np.log(value) - x[0] - x[1] * norm.ppf(share) for share, value in grade] + [
                np.log(mean) - x[0] - x[1] ** 2 / 2
            ]

        best = least_squares(misses, [np.log(mean), 0.4], xtol=1e-14, ftol=1e-14, gtol=1e-14).x
        made = references(china, 2015)
        assert (made.log_median[number, 0], made.spread[number, 0]) == pytest.approx(tuple(best), abs=1e-6)

    def test_a_mean_of_all_variants_is_not_one_variants_own(self, tiny, china):
        known = ladders(tiny, 2017)
        means = references(tiny, 2017).points - np.isfinite(known.value).sum(axis=1)  # points beside the grades
        assert means[known.place["plate", "hot"]] == 0
        assert means[known.place["board", ""]] == 1
        assert not np.isnan(references(china, 2015).log_median[:, 0]).any()

    def test_the_range_is_that_of_the_fits_without_one_point(self, tiny):
        rows = records([("mill", 2018, "board", "", 9.0)])
        row = percentile(rows, tiny).iloc[0]
        values = {"leading": 6, "advanced": 8, "access": 10, "limit": 12, "mean": 10}
        places = []
        for left_out in values:
            kept = {name: value for name, value in values.items() if name != left_out}
            log_median, spread = fit(*self.points(**kept))
            places.append(100 * norm.cdf((np.log(9) - log_median[0]) / spread[0]))
        assert row["place_low"] == pytest.approx(min(places))
        assert row["place_high"] == pytest.approx(max(places))
        assert row["place_low"] < row["place"] < row["place_high"]

    def test_two_points_have_no_range(self, tiny):
        named = records([("mill", 2017, "plate", "", 5.0)])
        named.products["variant"] = "hot"
        row = percentile(named, tiny).iloc[0]
        assert row["place"] == pytest.approx(100 * norm.cdf(norm.ppf(0.2) + _share_of_way(4, 5, 6)))
        assert np.isnan(row["place_low"])


def _share_of_way(advanced, value, limit):
    """From z(0.2) at the advanced grade to z(0.8) at the limit, on a logarithmic scale."""
    return (norm.ppf(0.8) - norm.ppf(0.2)) * np.log(value / advanced) / np.log(limit / advanced)
