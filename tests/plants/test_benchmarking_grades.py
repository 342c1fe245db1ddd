"""Grades of plants: which norm holds, product by product and for the mix, by sums in the head and a slow version."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waterplan.base.errors import WaterplanError
from waterplan.planning.plan.norms import norms_in_force
from waterplan.plants.norms.grades import grades, what_is_made
from waterplan.plants.norms.ladders import GRADES, find_ladders, ladders
from waterplan.plants.records.records import Records

BLEACHED = "pulp_bleached_wood"
UNBLEACHED = "unbleached chemical wood pulp (no product of its own)"


def records(sites, products):
    """sites: {(plant, year): {column: volume}}; products: (plant, year, product, variant, output, withdrawal)."""
    index = pd.MultiIndex.from_tuples(sites, names=["plant", "year"])
    columns = ["plant", "year", "product", "variant", "output", "withdrawal"]
    made = pd.DataFrame(products, columns=columns).astype({"output": float, "withdrawal": float})
    made["route"] = ""
    return Records(pd.DataFrame(list(sites.values()), index=index, dtype=float), made, pd.DataFrame(), pd.DataFrame())


def one(product="board", year=2018, output=100.0, variant="", **volumes):
    volumes = volumes or {"withdrawal_surface": 900.0}
    return records({("mill", year): volumes}, [("mill", year, product, variant, output, np.nan)])


def with_norms(study, *rows):
    """The study with norms of board more; a row: norm, rank, grade, variant, value, edition, unit."""
    first = study.norms.iloc[[0]]
    more = [
        first.assign(rank=rank, grade=grade, variant=variant, value=value, year=year, in_force_from=year, unit=unit)
        .assign(in_force_to=pd.array([pd.NA], dtype="Int64"))
        .set_axis(pd.Index([norm], name="norm"))
        for norm, rank, grade, variant, value, year, unit in rows
    ]
    return replace(study, norms=pd.concat([study.norms, *more]))


class TestProducts:
    """Norms of board from 2018 on: leading 6, advanced 8, access 10, limit 12 m3/t."""

    @pytest.mark.parametrize(
        ("withdrawal", "grade"),
        [(600, "leading"), (601, "advanced"), (800, "advanced"), (900, "access"), (1200, "limit"), (1201, "above")],
    )
    def test_a_product_reaches_the_best_grade_that_it_keeps_to(self, tiny, withdrawal, grade):
        row = grades(one(withdrawal_ground=withdrawal), tiny).products.iloc[0]
        assert (row["grade"], row["status"], row["allocation"]) == (grade, "graded", "whole_plant")

    def test_the_gap_to_each_grade_is_told_by_unit_and_by_year(self, tiny):
        row = grades(one(withdrawal_surface=900), tiny).products.iloc[0]
        assert row["intensity"] == 9
        assert [row[f"gap_{grade}"] for grade in GRADES] == [3, 1, -1, -3]
        assert [row[f"gap_volume_{grade}"] for grade in GRADES] == [300, 100, -100, -300]

    def test_the_norm_of_the_plants_year_holds(self, tiny):
        before, after = (grades(one(year=year), tiny).products.iloc[0] for year in (2017, 2018))
        assert (before["norm_limit"], before["grade"]) == (14, "access")
        assert np.isnan(before["norm_advanced"])
        assert (after["norm_limit"], after["grade"]) == (12, "access")
        assert grades(one(year=2011), tiny).products.iloc[0]["status"] == "no_norm"

    def test_a_newer_edition_with_variants_ends_the_older_one_without(self, tiny):
        both = with_norms(tiny, ("T 1-2020", "national", "limit", "white", 9.0, 2020, "m3/t"))
        assert grades(one(year=2020), both).products.iloc[0]["status"] == "variant_missing"
        row = grades(one(year=2020, variant="white"), both).products.iloc[0]
        assert (row["norm_limit"], row["grade"]) == (9, "limit")
        assert np.isnan(row["norm_access"])

    def test_another_norm_fills_the_grades_that_the_newest_does_not_give(self, tiny):
        both = with_norms(tiny, ("Conditions-2020", "national", "limit", "", 11.0, 2020, "m3/t"))
        row = grades(one(year=2020), both).products.iloc[0]
        assert [row[f"norm_{grade}"] for grade in GRADES] == [6, 8, 10, 11]

    def test_a_variant_is_asked_for_and_never_guessed(self, tiny):
        found = grades(one("plate", 2017, withdrawal_surface=500), tiny)
        row = found.products.iloc[0]
        assert row["status"] == found.sites.iloc[0]["status"] == "variant_missing"
        assert pd.isna(row["grade"])
        assert np.isnan(row["norm_limit"])
        assert found.remarks("mill", 2017) == [
            "Plate: its norm has several variants, and none is guessed. Say which in the column variant: cold; hot."
        ]
        assert "请在“定额分类”列注明其一：cold；hot" in found.remarks("mill", 2017)[0].text("zh")

    def test_the_variant_that_the_record_names_decides(self, tiny):
        hot, cold = (grades(one("plate", 2017, variant=name, withdrawal_surface=500), tiny) for name in ("hot", "cold"))
        assert (hot.products["grade"][0], cold.products["grade"][0]) == ("limit", "advanced")
        lost = grades(one("plate", 2017, variant="warm"), tiny)
        assert lost.products["status"][0] == "variant_unknown"
        assert 'no variant "warm". It has: cold; hot' in lost.remarks("mill", 2017)[0]

    def test_where_a_norm_tells_no_variants_apart_it_holds_for_all(self, tiny):
        assert grades(one(variant="white"), tiny).products["grade"][0] == "access"

    def test_where_a_norm_has_a_row_without_variant_that_is_the_product_itself(self, china):
        rows = [grades(one(BLEACHED, 2015, variant=name), china).products.iloc[0] for name in ("", UNBLEACHED)]
        assert [row["norm_limit"] for row in rows] == [90, 60]

    def test_a_product_without_norm_says_so(self, tiny):
        found = grades(one("pulp"), tiny)
        assert found.products["status"][0] == "no_norm"
        assert found.remarks("mill", 2018)[0].startswith("Pulp: no norm of withdrawal is in force in 2018")
        assert grades(one("gold"), tiny).remarks("mill", 2018)[0].startswith("gold is not a product of the study")

    def test_a_norm_in_another_unit_grades_nothing(self, tiny):
        other = with_norms(tiny, ("X-2020", "national", "limit", "", 1.0, 2020, "m3/m3"))
        row = grades(one(year=2020), other).products.iloc[0]
        assert np.isnan(row["norm_limit"])
        assert row["norm_access"] == 10


class TestEstimates:
    def test_study_grades_fill_gaps_and_are_marked(self, china):
        found = grades(one("newsprint", 2015, withdrawal_surface=790), china)
        row = found.products.iloc[0]
        assert [row[f"norm_{grade}"] for grade in GRADES[1:]] == [8, 16, 20]
        assert [row[f"estimate_{grade}"] for grade in GRADES[1:]] == [True, False, False]
        assert (row["grade"], row["grade_estimated"]) == ("access", "advanced")
        assert found.remarks("mill", 2015) == ["Newsprint: estimated by the study, not a norm: advanced."]

    def test_a_study_grade_of_the_whole_product_says_nothing_about_a_variant(self, china):
        row = grades(one("liquor", 2015, variant="finished", withdrawal_surface=650), china).products.iloc[0]
        assert np.isnan(row["norm_advanced"])
        assert row["norm_access"] == 6
        assert (row["grade"], row["grade_estimated"]) == ("limit", "limit")
        assert grades(one("liquor", 2015), china).products["status"][0] == "variant_missing"

    def test_a_product_with_study_grades_alone_has_no_grade_by_norms(self, china):
        found = grades(one("dairy", 2015, withdrawal_surface=400), china)
        assert pd.isna(found.products["grade"][0])
        assert found.products["grade_estimated"][0] == "access"
        assert pd.isna(found.sites["grade"].iloc[0])
        assert found.sites["grade_estimated"].iloc[0] == "access"
        assert found.sites["estimate_access"].iloc[0]


class TestMix:
    """A mill of 2018: 100 t board (limit 12, advanced 8) and 50 t hot plate (limit 6, advanced 4)."""

    def mix(self, withdrawal, metered=(np.nan, np.nan), **others):
        made = [("mill", 2018, "board", "", 100, metered[0]), ("mill", 2018, "plate", "hot", 50, metered[1])]
        return records({("mill", 2018): {"withdrawal_surface": withdrawal, **others}}, made)

    def test_a_mix_is_allowed_the_sum_of_output_times_norm(self, tiny):
        site = grades(self.mix(1350), tiny).sites.iloc[0]
        assert site["allowed_limit"] == 100 * 12 + 50 * 6 == 1500
        assert site["allowed_advanced"] == 100 * 8 + 50 * 4 == 1000
        assert site["ratio_limit"] == pytest.approx(0.9)
        assert (site["gap_volume_limit"], site["gap_volume_advanced"]) == (-150, 350)
        assert (site["grade"], site["status"]) == ("limit", "graded")

    def test_a_grade_that_one_product_lacks_the_mix_lacks(self, tiny):
        site = grades(self.mix(1350), tiny).sites.iloc[0]
        assert np.isnan(site["allowed_access"])
        assert np.isnan(site["ratio_access"])

    def test_products_of_a_mix_are_graded_where_they_are_metered_only(self, tiny):
        rows = grades(self.mix(1350, (1100, np.nan)), tiny).products
        assert rows["intensity"].tolist() == pytest.approx([11, np.nan], nan_ok=True)
        assert rows["grade"][0] == "limit"
        assert pd.isna(rows["grade"][1])
        assert rows["status"].tolist() == ["graded", "no_withdrawal"]
        assert rows["allocation"][0] == "metered"
        assert "Plate: its withdrawal is not known" in grades(self.mix(1350), tiny).remarks("mill", 2018)[1]

    def test_one_product_without_norm_leaves_the_mix_without_grade(self, tiny):
        made = [("mill", 2018, "board", "", 100, 900), ("mill", 2018, "pulp", "", 50, 400)]
        site = grades(records({("mill", 2018): {"withdrawal_surface": 1300}}, made), tiny).sites.iloc[0]
        assert site["status"] == "no_norm"
        assert pd.isna(site["grade"])
        assert np.isnan(site["allowed_limit"])

    def test_own_other_sources_stand_apart_and_are_shown_both_ways(self, tiny):
        site = grades(self.mix(900, withdrawal_rain=100, withdrawal_reclaimed=200), tiny).sites.iloc[0]
        assert (site["withdrawal_graded"], site["withdrawal_all_sources"]) == (900, 1200)
        assert (site["grade"], site["grade_all_sources"]) == ("advanced", "limit")
        assert (site["ratio_advanced"], site["ratio_all_sources_advanced"]) == pytest.approx((0.9, 1.2))

    def test_purchased_and_public_water_are_graded(self, tiny):
        four = dict.fromkeys(("withdrawal_surface", "withdrawal_ground", "withdrawal_public_supply"), 200.0)
        assert grades(one(**four, withdrawal_purchased=300), tiny).products["intensity"][0] == 9

    def test_a_plant_without_any_source_has_no_grade(self, tiny):
        found = grades(one(withdrawal_surface=np.nan), tiny)
        assert found.sites["status"].iloc[0] == found.products["status"][0] == "no_withdrawal"
        assert pd.isna(found.sites["grade"].iloc[0])

    def test_a_product_of_no_plant_is_an_error(self, tiny):
        lost = records({("mill", 2018): {"withdrawal_surface": 1}}, [("mill", 2019, "board", "", 1, 1)])
        with pytest.raises(WaterplanError, match="product of mill in 2019, but no such plant"):
            what_is_made(lost)


class TestLadder:
    def test_provincial_norms_stand_beside_and_decide_nothing(self, tiny):
        more = with_norms(tiny, ("Province P", "provincial", "limit", "", 8.5, 2018, "m3/t"))
        found = grades(one(withdrawal_surface=900), more)
        assert found.products["norm_limit"][0] == 12
        ladder = found.ladder("mill", 2018).set_index(["rank", "grade"])
        assert ladder.loc["national", "graded_on"].tolist() == [True] * 4
        assert not ladder.loc[("provincial", "limit"), "graded_on"]
        assert not ladder.loc[("provincial", "limit"), "meets"]
        assert ladder.loc[("provincial", "limit"), ["gap", "gap_volume"]].tolist() == [0.5, 50]
        assert ladder.loc[("national", "access"), "meets"]

    def test_without_a_variant_all_are_shown_and_none_is_graded_on(self, tiny):
        shown = grades(one("plate", 2017), tiny).ladder("mill", 2017)
        assert set(shown["variant"]) == {"hot", "cold"}
        assert not shown["graded_on"].any()
        assert set(grades(one("plate", 2017, variant="hot"), tiny).ladder("mill", 2017)["variant"]) == {"hot"}

    def test_levels_of_cleaner_production_are_beside_the_ladder(self, china):
        ladder = grades(one("newsprint", 2015), china).ladder("mill", 2015)
        assert set(ladder["grade"]) == {"advanced", "access", "limit", "cp1", "cp2", "cp3"}
        assert set(ladder.loc[ladder["graded_on"], "grade"]) == {"advanced", "access", "limit"}

    def test_what_no_plant_made_is_an_error(self, tiny):
        with pytest.raises(WaterplanError, match="nothing that mill made in 2001"):
            grades(one(), tiny).ladder("mill", 2001)

    @pytest.mark.parametrize("year", [2012, 2015, 2020, 2023])
    def test_each_step_of_each_ladder_is_a_norm_in_force(self, china, year):
        held, known = norms_in_force(china, year), ladders(china, year)
        for number, name in enumerate(known.names):
            for place in np.flatnonzero(~np.isnan(known.value[number])):
                row = held.loc[known.row[number, place]]
                assert (row["product"], row["variant"]) == name
                assert (row["grade"], row["value"]) == (GRADES[place], known.value[number, place])
                assert row["estimate"] == known.estimate[number, place]
                assert row["rank"] != "provincial"


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_all_at_once_is_as_one_by_one(tiny, data):
    """Any mix of plants, years, products and variants in one call is as each plant-year in a call of its own."""
    keys = data.draw(st.lists(st.tuples(st.sampled_from("abc"), st.integers(2010, 2020)), unique=True, min_size=1))
    sites = {key: {"withdrawal_surface": data.draw(st.floats(0, 2000)), "withdrawal_rain": 7.0} for key in keys}
    making = st.tuples(
        st.sampled_from(["board", "plate", "pulp"]), st.sampled_from(["", "hot", "cold"]), st.floats(1, 100),
        st.one_of(st.just(np.nan), st.floats(0, 500)),
    )  # fmt: skip
    products = [(*key, *row) for key in keys for row in data.draw(st.lists(making, max_size=3))]
    together = grades(records(sites, products), tiny)
    for key in keys:
        alone = grades(records({key: sites[key]}, [row for row in products if row[:2] == key]), tiny)
        own = together.products.set_index(["plant", "year"], drop=False)
        own = own[(own["plant"] == key[0]) & (own["year"] == key[1])]
        pd.testing.assert_frame_equal(own.reset_index(drop=True), alone.products, check_dtype=False)
        pd.testing.assert_frame_equal(together.sites.loc[[key]], alone.sites, check_dtype=False)


def test_rows_of_no_year_are_found_nowhere(tiny):
    found = find_ladders(replace(one(), products=one().products.iloc[:0]), tiny)
    assert len(found.ladder) == len(found.status) == 0
