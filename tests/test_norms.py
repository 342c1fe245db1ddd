"""The plan beside norms and observed outcomes: which norm holds, what may be compared, on which basis."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from waterplan.planning.plan.norms import basis_of_study, intensity_beside_norms, norms_in_force, outcomes_beside_plan
from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Scenario


@pytest.fixture(scope="module")
def dataset(tiny):
    return Plan.of(Planner(tiny).solve(Scenario(levers={"saving_target": 60}))).dataset


def with_norms(study, **changes):
    """The study with the first norm of board written once more, changed."""
    row = study.norms.iloc[[0]].assign(**{name: value for name, value in changes.items() if name != "norm"})
    row.index = pd.Index([changes.get("norm", "Another norm")], name="norm")
    return replace(study, norms=pd.concat([study.norms, row]))


def with_outcome(study, **changes):
    """The study with its observed outcome changed."""
    outcome = study.targets[study.targets["kind"] == "outcome"].assign(**changes)
    return replace(study, targets=outcome)


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


class TestOutcomes:
    def test_an_intensity_of_a_sector_stands_beside_that_of_its_products_together(self, tiny, dataset):
        row = only(outcomes_beside_plan(dataset, tiny))
        saved = float(dataset["saving_by_sector"].sel(sector="paper"))
        assert (row["observed"], row["observed_unit"], row["comparison"]) == (9, "m3/t", "level")
        assert row["planned"] == pytest.approx((400 - saved) / 35)
        assert row["planned_unit"] == "m3/t"

    def test_the_basis_of_either_side_is_named(self, tiny, dataset):
        row = only(outcomes_beside_plan(dataset, tiny))
        assert row["observed_basis"] == "A yearbook of the tiny country, Tiny bureau of statistics"
        assert row["planned_basis"] == basis_of_study(tiny)
        assert (
            basis_of_study(tiny) == "surveyed enterprises of the study's sectors (Round numbers for sums in the head)"
        )

    def test_an_intensity_of_a_product_stands_beside_the_products_own(self, tiny, dataset):
        row = only(outcomes_beside_plan(dataset, with_outcome(tiny, where="plate", sector="steel")))
        assert row["planned"] == pytest.approx(float(dataset["planned_intensity"].sel(product="plate")))

    @pytest.mark.parametrize(
        ("changes", "remark"),
        [
            ({"unit": "m3/100 m"}, "no intensity in this unit"),
            ({"year": 2016}, "The plan is for 2017"),
            ({"variable": "reuse_rate"}, "no such quantity"),
            ({"variable": "cut_per_industrial_value_added", "base_year": 2010}, "starts from 2015"),
            ({"variable": "cut_per_industrial_value_added", "base_year": 2015, "year": 2020}, "The plan is for 2017"),
            ({"variable": "industrial_use", "unit": "hm3/a"}, "another basis than the study"),
        ],
    )
    def test_what_cannot_be_compared_is_shown_alone_with_the_reason(self, tiny, dataset, changes, remark):
        row = only(outcomes_beside_plan(dataset, with_outcome(tiny, **changes)))
        assert row["comparison"] == "none"
        assert np.isnan(row["planned"])
        assert row["planned_unit"] == row["planned_basis"] == ""
        assert remark in row["remark"]

    def test_a_cut_of_all_industry_stands_beside_what_the_plan_takes_off_the_reference(self, tiny, dataset):
        cut = {"variable": "cut_per_industrial_value_added", "where": "industry", "sector": "", "unit": "1"}
        row = only(outcomes_beside_plan(dataset, with_outcome(tiny, **cut, base_year=2015, value=0.2)))
        assert (row["comparison"], row["observed"]) == ("change", 0.2)
        assert row["planned"] == pytest.approx(float(dataset["saving"]) / 521)
        north = with_outcome(tiny, **(cut | {"where": "north"}), base_year=2015, province="north")
        saved = float(dataset["saving_by_province"].sel(province="north"))
        assert only(outcomes_beside_plan(dataset, north))["planned"] == pytest.approx(saved / 200)

    def test_volumes_on_two_bases_are_never_divided_only_their_changes_stand_side_by_side(self, tiny, dataset):
        use = {"variable": "industrial_use", "where": "industry", "sector": "", "unit": "hm3/a", "base_year": pd.NA}
        first = with_outcome(tiny, **use, year=2015, value=1000.0).targets.rename(index=lambda name: "first")
        last = with_outcome(tiny, **use, year=2017, value=900.0).targets
        rows = outcomes_beside_plan(dataset, replace(tiny, targets=pd.concat([first, last])))
        assert rows["comparison"].tolist() == ["none", "none", "change"]
        change = rows.iloc[2]
        assert change["observed"] == pytest.approx(-0.1)
        assert change["planned"] == pytest.approx((521 - float(dataset["saving"])) / 500 - 1)
        assert "Never divide one volume by the other" in change["remark"]

    def test_the_remarks_are_there_in_chinese(self, tiny, dataset):
        row = only(outcomes_beside_plan(dataset, tiny, "zh"))
        assert row["planned_quantity"] == "方案单位产品取水量"
        assert "口径" in row["planned_basis"]
