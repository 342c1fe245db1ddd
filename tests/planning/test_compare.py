"""Plans side by side: what was asked differently, what came out, and what cannot be compared."""

import math
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from waterplan.base.errors import WaterplanError
from waterplan.planning.plan.comparison import compare
from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Scenario
from waterplan.study.scenario.overrides import Override
from waterplan.study.study import Study


@pytest.fixture(scope="module")
def sixty(planner):
    return Plan.of(planner.solve(Scenario(title="Sixty", levers={"saving_target": 60})))


@pytest.fixture(scope="module")
def seventy(planner):
    floors = {"saving_target": 70, "sector_floor": {"steel": 0.1}, "investment_cap": 1e6}
    return Plan.of(planner.solve(Scenario(title="Seventy", levers=floors, exclude=("dry_cooling",))))


def rows_of(comparison):
    """name.where -> values."""
    inputs = comparison.inputs.reset_index()
    return {f"{row['name']}.{row['where']}".rstrip("."): tuple(row[4:]) for _, row in inputs.iterrows()}


class TestInputs:
    def test_the_levers_that_differ_stand_by_label_and_no_others(self, sixty, seventy):
        assert rows_of(compare([sixty, seventy])) == {
            "saving_target": (60, 70),
            "sector_floor.steel": (0, 0.1),
            "investment_cap": (math.inf, 1e6),
            "excluded.dry_cooling": ("", True),
        }

    def test_a_default_written_out_is_no_difference(self, sixty, planner):
        written = Plan.of(planner.solve(Scenario(title="Written", levers={"saving_target": 60, "discount_rate": 0})))
        compared = compare([sixty, written])
        assert compared.inputs.empty
        assert "none: the plans answer the same question" in str(compared)

    def test_figures_set_otherwise_stand_with_their_place_and_unit(self, sixty, planner):
        overrides = (
            Override("intensity", {"product": ("board",)}, value=9.0, unit="m3/t", source="measured by us in 2016"),
            Override("output_growth", {}, factor=2.0, source="a guess of the tests"),
        )
        changed = Plan.of(planner.solve(replace(sixty.scenario, title="Changed", overrides=overrides)))
        compared = compare([sixty, changed])
        assert rows_of(compared) == {"intensity.product board": ("", "9 m3/t"), "output_growth": ("", "x 2")}
        assert "as in the study" in str(compared)

    def test_another_study_with_the_same_labels_is_an_input_that_differs(self, sixty, tiny, copy):
        text = (copy.folder / "technology_values.csv").read_text(encoding="utf-8")
        (copy.folder / "technology_values.csv").write_text(
            text.replace("lifetime,20,", "lifetime,19,"), encoding="utf-8"
        )
        other = Study.read(copy.folder)
        compared = compare([sixty, Plan.of(Planner(other).solve(sixty.scenario))])
        rows = rows_of(compared)
        assert rows["study_digest"] == (tiny.digest, other.digest)
        assert rows["lifetime"][0] == ""
        assert rows["lifetime"][1] == int((other.values["lifetime"] != tiny.values["lifetime"]).sum()) > 0


class TestResults:
    def test_results_have_the_dim_plan_and_the_plans_own_numbers(self, sixty, seventy):
        results = compare([sixty, seventy]).results
        assert results["plan"].values.tolist() == ["Sixty", "Seventy"]
        for plan, name in ((sixty, "Sixty"), (seventy, "Seventy")):
            one = results.sel(plan=name, drop=True)
            for variable in one.data_vars:
                np.testing.assert_array_equal(one[variable].values, plan.dataset[variable].values)
        assert results["saving_by_sector"].dims == ("plan", "sector")
        assert results["saving_by_sector"].attrs["units"] == "hm3/a"

    def test_the_difference_is_to_the_first(self, sixty, seventy):
        difference = compare([seventy, sixty, seventy]).difference
        assert difference["saving"].values == pytest.approx([0, -10, 0], abs=1e-6)
        steel = [float(plan.dataset["saving_by_sector"].sel(sector="steel")) for plan in (seventy, sixty)]
        assert float(difference["saving_by_sector"].isel(plan=1).sel(sector="steel")) == pytest.approx(
            steel[1] - steel[0]
        )

    def test_the_headline_sums_what_has_labels(self, sixty, seventy):
        headline = compare([sixty, seventy]).headline()
        assert headline["reference_withdrawal"].values == pytest.approx([521, 521])
        assert headline["base_withdrawal"].values == pytest.approx([500, 500])
        assert headline["investment"].values.tolist() == pytest.approx(
            [float(plan.dataset["investment"].sum()) for plan in (sixty, seventy)]
        )
        assert all(array.dims == ("plan",) for array in headline.data_vars.values())

    def test_what_changes_most_comes_first_and_what_does_not_change_not_at_all(self, sixty, seventy):
        compared = compare([sixty, seventy])
        change = np.abs(seventy.dataset["saving_by_technology"] - sixty.dataset["saving_by_technology"])
        shown = compared.most_changed("saving_by_technology", 3)["technology"].values.tolist()
        assert shown == change.sortby(change, ascending=False)["technology"].values[:3].tolist()
        assert compare([sixty, sixty]).most_changed("saving_by_technology").sizes["technology"] == 0

    def test_plans_of_one_title_get_numbers_and_any_number_of_plans_will_do(self, sixty, seventy):
        many = compare([sixty, seventy, sixty, sixty, seventy])
        assert many.results["plan"].values.tolist() == ["Sixty", "Seventy", "Sixty (2)", "Sixty (3)", "Seventy (2)"]
        assert compare([sixty, seventy], ["a.nc", "b.nc"]).results["plan"].values.tolist() == ["a.nc", "b.nc"]

    def test_labels_in_another_order_are_brought_into_the_order_of_the_first(self, sixty):
        turned = replace(sixty, dataset=sixty.dataset.isel(technology=slice(None, None, -1)))
        difference = compare([sixty, turned]).difference
        assert float(np.abs(difference["saving_by_technology"]).max()) == 0


class TestRefusal:
    @pytest.mark.parametrize("count", [0, 1])
    def test_one_plan_is_no_comparison(self, sixty, count):
        with pytest.raises(WaterplanError, match=f"at least two plans; got {count}"):
            compare([sixty] * count)

    def test_each_plan_needs_a_name(self, sixty):
        with pytest.raises(WaterplanError, match="2 plans and 1 names"):
            compare([sixty, sixty], ["a"])

    def test_labels_of_another_study_are_named_with_the_nearest(self, sixty):
        labels = ["metring" if label == "metering" else label for label in sixty.dataset["technology"].values.tolist()]
        other = replace(sixty, dataset=sixty.dataset.assign_coords(technology=labels))
        with pytest.raises(WaterplanError) as told:
            compare([sixty, other], ["one", "two"])
        assert str(told.value) == (
            '"one" and "two" cannot be compared: technology "metering" is not in "two", and 1 more labels stand in one '
            'of them only. Did you mean "metring"? Their studies list different things; solve both scenarios with one '
            "study."
        )

    def test_fewer_labels_are_not_cut_to_what_both_have(self, sixty):
        fewer = replace(sixty, dataset=sixty.dataset.isel(province=[0, 1]))
        with pytest.raises(WaterplanError, match='province "south" is not in "b"'):
            compare([sixty, fewer], ["a", "b"])
        with pytest.raises(WaterplanError, match='province "south" is not in "a"'):
            compare([fewer, sixty], ["a", "b"])

    @pytest.mark.parametrize(("key", "value"), [("currency", "EUR"), ("price_year", 2020)])
    def test_money_of_two_kinds_is_not_compared(self, sixty, key, value):
        other = replace(sixty, dataset=sixty.dataset.assign_attrs({key: value}))
        with pytest.raises(WaterplanError, match=f"{value} in the second, so their money is not the same money"):
            compare([sixty, other])


class TestText:
    def test_inputs_come_before_results_and_every_plan_has_its_difference(self, sixty, seventy):
        text = str(compare([sixty, seventy]))
        lines = text.splitlines()
        assert lines[:3] == ["PLANS", "  1  Sixty", "  2  Seventy"]
        assert lines.index("INPUTS THAT DIFFER") < lines.index("RESULTS")
        shown = {line[:46].strip(): line[46:].split() for line in lines}
        assert shown["saving target [hm3/a]"] == ["60.00", "70.00"]
        assert shown["cap on investment [MCNY]"] == ["none", "1,000,000"]
        assert shown["excluded: dry_cooling"] == ["no", "yes"]
        assert shown["saving [hm3/a]"] == ["60.00", "70.00", "+10.00"]
        assert shown["withdrawal, reference [hm3/a]"] == ["521.0", "521.0", "="]

    def test_no_cap_is_said_in_chinese(self, sixty, seventy):
        text = compare([sixty, seventy]).text("zh")
        assert "不限" in text
        assert "none" not in text

    def test_many_plans_go_into_blocks_that_fit_a_terminal(self, sixty, seventy):
        text = str(compare([sixty, seventy] * 4))
        assert max(map(len, text.splitlines())) <= 120
        assert " 8 - 1" in text

    def test_a_lever_that_differs_for_all_labels_in_the_same_way_takes_one_line(self, sixty, planner):
        scaled = Plan.of(planner.solve(sixty.scenario.with_levers(technology_cost_scale=1.5)))
        lines = [line for line in str(compare([sixty, scaled])).splitlines() if "(all)" in line]
        assert [line.split()[-2:] for line in lines] == [["1.000", "1.500"]]

    def test_chinese_is_there_and_names_come_from_the_study(self, sixty, seventy):
        text = compare([sixty, seventy]).text("zh")
        for part in ("不同的输入", "影子价格", "造纸", "钢铁"):
            assert part in text

    def test_a_title_cannot_command_the_terminal(self, sixty):
        nasty = replace(sixty, dataset=sixty.dataset.assign_attrs(title="\x1b]0;owned\x07\x1b[2J\nRESULTS"))
        text = str(compare([sixty, nasty]))
        assert "\x1b" not in text
        assert "\x07" not in text
        assert text.splitlines().count("RESULTS") == 1

    def test_the_plans_are_not_changed(self, sixty, seventy):
        before = sixty.dataset.copy(deep=True)
        str(compare([sixty, seventy]))
        xr.testing.assert_identical(sixty.dataset, before)
