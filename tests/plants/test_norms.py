"""The plan beside norms: which norm holds, and what may be compared."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from waterplan.planning.plan.norms import intensity_beside_norms, norms_in_force
from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.planner import Planner
from waterplan.plants.norms.ladders import GRADES, ladders
from waterplan.study.scenario import Scenario


@pytest.fixture(scope="module")
def dataset(tiny):
    return Plan.of(Planner(tiny).solve(Scenario(levers={"saving_target": 60}))).dataset


def with_norms(study, **changes):
    """The study with the first norm of board written once more, changed."""
    row = study.norms.iloc[[0]].assign(**{name: value for name, value in changes.items() if name != "norm"})
    row.index = pd.Index([changes.get("norm", "Another norm")], name="norm")
    return replace(study, norms=pd.concat([study.norms, row]))


def only(frame):
    assert len(frame) == 1
    return frame.iloc[0]


def grades(study, year, product="board"):
    held = norms_in_force(study, year)
    held = held[(held["product"] == product) & (held["rank"] == "national")]
    return {(row.variant, row.grade): row.value for row in held.itertuples()}


class TestNorms:
    def test_the_edition_in_force_in_the_year_holds(self, tiny):
        assert grades(tiny, 2011) == {}
        assert grades(tiny, 2017) == {("", "limit"): 14, ("", "access"): 11}
        assert grades(tiny, 2018) == {
            ("", "limit"): 12,
            ("", "access"): 10,
            ("", "advanced"): 8,
            ("", "leading"): 6,
        }

    def test_of_two_editions_in_force_the_newer_one_holds_grade_by_grade(self, tiny):
        both = with_norms(tiny, norm="T 1-2016", year=2016, in_force_from=2016, value=13.0)
        assert grades(both, 2017) == {("", "limit"): 13, ("", "access"): 11}

    def test_variants_stand_side_by_side_and_none_is_chosen(self, tiny):
        assert grades(tiny, 2017, "plate") == {
            ("hot", "limit"): 6,
            ("hot", "advanced"): 4,
            ("cold", "limit"): 8,
            ("cold", "advanced"): 6,
        }

    def test_provincial_norms_stand_beside_the_national_one_each_by_its_name(self, tiny):
        two = with_norms(with_norms(tiny, norm="P 1", rank="provincial", value=9.0), norm="P 2", rank="provincial")
        held = norms_in_force(two, 2017)
        provincial = held[held["rank"] == "provincial"]
        assert dict(zip(provincial["norm"], provincial["value"], strict=True)) == {"P 1": 9, "P 2": 14}
        assert grades(two, 2017) == grades(tiny, 2017)

    def test_grades_of_the_study_are_marked_as_estimates_and_replace_no_norm(self, tiny):
        held = norms_in_force(with_norms(tiny, norm="study grade", rank="study", year=2017, value=1.0), 2017)
        limits = held[(held["product"] == "board") & (held["grade"] == "limit")]
        assert dict(zip(limits["estimate"], limits["value"], strict=True)) == {False: 14, True: 1}

    def test_intensity_stands_beside_each_grade_with_its_unit(self, tiny, dataset):
        beside = intensity_beside_norms(dataset, tiny)
        board = beside[beside["product"] == "board"].set_index("grade")
        saved = float(dataset["saving_by_choice"].sel(product="board").sum())
        assert board["base_intensity"].tolist() == pytest.approx([10, 10])
        assert board["planned_intensity"].tolist() == pytest.approx([(300 - saved) / 30] * 2)
        assert board["grade_value"].to_dict() == {"access": 11, "limit": 14}
        assert set(board["intensity_unit"]) == set(board["grade_unit"]) == {"m3/t"}
        assert board["base_meets"].to_dict() == {"access": True, "limit": True}

    def test_a_mean_above_the_grade_does_not_meet_it(self, tiny, dataset):
        beside = intensity_beside_norms(dataset, tiny)
        plate = beside[beside["product"] == "plate"].set_index(["variant", "grade"])
        assert plate["base_intensity"].unique() == pytest.approx([5])
        assert plate["base_meets"].to_dict() == {
            ("cold", "advanced"): True,
            ("cold", "limit"): True,
            ("hot", "advanced"): False,
            ("hot", "limit"): True,
        }

    def test_a_product_without_norms_has_a_row_and_no_verdict(self, tiny, dataset):
        beside = intensity_beside_norms(dataset, tiny)
        pulp = only(beside[beside["product"] == "pulp"])
        assert pulp["base_intensity"] == pytest.approx(20)
        assert pd.isna(pulp["grade_value"])
        assert pd.isna(pulp["base_meets"])
        assert pd.isna(pulp["planned_meets"])

    def test_a_grade_in_another_unit_gives_no_verdict(self, tiny, dataset):
        beside = intensity_beside_norms(dataset, with_norms(tiny, norm="P", rank="provincial", unit="m3/m3"))
        assert pd.isna(only(beside[beside["rank"] == "provincial"])["planned_meets"])

    def test_each_product_of_the_shipped_study_has_a_row_and_no_grade_comes_twice(self, china):
        held = norms_in_force(china, 2020)
        keys = ["product", "rank", "variant", "grade"]
        assert not held[held["rank"] != "provincial"].duplicated(keys).any()
        steel = held[(held["product"] == "steel_bf_bof") & (held["grade"] == "limit") & (held["rank"] == "national")]
        assert only(steel)["norm"] == "GB/T 18916.2-2012"
        later = norms_in_force(china, 2022)
        steel = later[(later["product"] == "steel_bf_bof") & (later["grade"] == "limit") & (later["variant"] != "")]
        assert set(steel["norm"]) == {"GB/T 18916.2-2022"}

    def test_the_published_figure_of_one_enterprise_is_no_grade(self, tiny):
        led = with_norms(tiny, norm="leading enterprise", rank="enterprise", year=2017, grade="leading", value=5.0)
        pd.testing.assert_frame_equal(norms_in_force(led, 2017), norms_in_force(tiny, 2017))
        known = ladders(led, 2017)
        assert known.names == ladders(tiny, 2017).names
        assert np.array_equal(known.value, ladders(tiny, 2017).value, equal_nan=True)

    def test_a_leader_of_the_shipped_study_grades_nobody(self, china):
        led = china.norms.reset_index()
        led = led[led["rank"] == "enterprise"]
        assert len(led) == 6
        for row in led.itertuples():
            held = norms_in_force(china, row.in_force_from)
            assert row.norm not in set(held["norm"])

    @pytest.mark.parametrize("year", [2005, 2012, 2016, 2020, 2022, 2023, 2024, 2026])
    def test_the_newest_national_norm_in_force_in_the_year_holds_and_estimates_fill_what_it_leaves(self, china, year):
        known = ladders(china, year)
        steps = {
            (*name, GRADES[place]): (known.value[number, place], bool(known.estimate[number, place]))
            for number, name in enumerate(known.names)
            for place in np.flatnonzero(~np.isnan(known.value[number]))
        }
        rows = [row for row in china.norms.reset_index().to_dict("records") if row["grade"] in GRADES]
        rows = [
            row for row in rows
            if row["in_force_from"] <= year and (pd.isna(row["in_force_to"]) or row["in_force_to"] >= year)
        ]  # fmt: skip
        national = [row for row in rows if row["rank"] == "national"]
        series = {(row["product"], row["norm"].rpartition("-")[0], row["year"]) for row in national}
        national = [  # a new edition of a norm replaces the older one whole
            row for row in national
            if not any((row["product"], row["norm"].rpartition("-")[0]) == one[:2] and one[2] > row["year"] and one[1]
                       for one in series)
        ]  # fmt: skip
        by_norms = {key: value for key, (value, is_estimate) in steps.items() if not is_estimate}
        assert set(by_norms) == {(row["product"], row["variant"], row["grade"]) for row in national}
        for key, value in by_norms.items():
            same = [row for row in national if (row["product"], row["variant"], row["grade"]) == key]
            newest = max(row["year"] for row in same)
            assert value in [row["value"] for row in same if row["year"] == newest]
        own = {(row["product"], row["variant"], row["grade"], row["value"]) for row in rows if row["rank"] == "study"}
        assert {(*key, value) for key, (value, is_estimate) in steps.items() if is_estimate} <= own

    @pytest.mark.parametrize(
        ("product", "last", "grades"),
        [("beer", 2023, {"access", "limit"}), ("tissue", 2022, {"access", "limit"}), ("ethylene", 2023, {"limit"})],
    )
    def test_where_a_norm_was_replaced_and_its_successor_not_read_the_old_grade_goes_on_as_an_estimate(
        self, china, product, last, grades
    ):
        before, after = ladders(china, last), ladders(china, last + 1)
        old, new = before.place[product, ""], after.place[product, ""]
        for place in map(GRADES.index, grades):
            assert after.value[new, place] == before.value[old, place]
            assert (before.estimate[old, place], after.estimate[new, place]) == (False, True)

    def test_every_norm_of_the_shipped_study_has_its_chinese_names(self, china):
        norms = china.norms.reset_index()
        assert (norms["norm_zh"] != "").all()
        assert (norms.loc[norms["variant"] != "", "variant_zh"] != "").all()
