"""Scenarios: what may be written, what it means, and what is said when it is wrong."""

import math
import pickle

import numpy as np
import pytest
from scenario_files import SECTORS

from waterplan.base.errors import ScenarioError
from waterplan.study.scenario import Scenario, open_scenario, parse_setting


class TestLevers:
    def test_a_scenario_that_says_nothing_has_the_defaults(self, china):
        levers = Scenario().resolve(china)
        assert (levers.saving_target, levers.discount_rate, levers.hurdle_rate) == (2000, 0.08, 0.15)
        assert (levers.perspective, levers.cost_accounting) == ("programme", "water_share")
        assert levers.count_alternative_supply is True
        assert levers.investment_cap == levers.electricity_cap == math.inf
        assert levers.alternative_share_max == 0.3
        assert levers.technology_cap.tolist() == [1.0] * 87
        assert not levers.excluded.any()

    def test_a_number_for_a_labelled_lever_means_all_labels(self, china):
        assert Scenario(levers={"sector_floor": 0.1}).resolve(china).sector_floor.tolist() == [0.1] * 5

    def test_a_table_sets_the_labels_it_names_and_leaves_the_others(self, china):
        floor = Scenario(levers={"sector_floor": {"paper": 0.1}}).resolve(china).sector_floor
        assert dict(zip(SECTORS, floor, strict=True)) == {**dict.fromkeys(SECTORS, 0.0), "paper": 0.1}

    def test_a_star_stands_for_all_other_labels(self, china):
        floor = Scenario(levers={"sector_floor": {"*": 0.05, "paper": 0.1}}).resolve(china).sector_floor
        assert dict(zip(SECTORS, floor, strict=True)) == {**dict.fromkeys(SECTORS, 0.05), "paper": 0.1}

    def test_no_cap_is_written_none_and_is_infinite(self, china):
        scenario = Scenario(levers={"investment_cap": "none", "electricity_cap": math.inf})
        assert scenario.levers == {"investment_cap": "none", "electricity_cap": "none"}
        assert scenario.resolve(china).investment_cap == math.inf

    def test_a_target_has_no_upper_bound_before_the_study_is_solved(self, china):
        assert Scenario(levers={"saving_target": 1e6}).resolve(china).saving_target == 1e6

    def test_excluded_technologies_are_marked(self, china):
        levers = Scenario(exclude=("mvr_evaporation",)).resolve(china)
        assert [name for name, out in zip(china.technologies.index, levers.excluded, strict=True) if out] == [
            "mvr_evaporation"
        ]

    def test_resolved_arrays_cannot_be_written_to(self, china):
        levers = Scenario(levers={"sector_floor": {"paper": 0.1}}).resolve(china)
        for array in (levers.sector_floor, levers.technology_cap, levers.excluded):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0

    @pytest.mark.parametrize(
        ("lever", "value", "help_"),
        [
            ("saving_targt", 2500, r'"saving_targt" is not a lever\. Did you mean "saving_target"\?'),
            ("zzz", 1, r"Levers: saving_target, baseline, "),
            ("water_price", 3, r"input of the study, not a lever: override it in a \[\[set\]\] table"),
            ("excluded", ["mvr_evaporation"], r"at the top of the file: exclude = \[\.\.\.\]"),
            ("water_tax", 11, r"got 11; allowed: 0 to 10 CNY/m3\. Choose a value within"),
            ("saving_target", -1, r"got -1; allowed: 0 or more hm3/a"),
            ("investment_cap", -5.5, r'got -5\.5; allowed: 0 or more MCNY, or "none"'),
            ("output_scale", 2, r"allowed: 0\.7 to 1\.3\. For data on another basis use \[\[set\]\] with factor"),
            ("carbon_price", math.nan, r"got nan; .* Give a finite number"),
            ("carbon_price", math.inf, r"got inf; .* Give a finite number"),
            ("carbon_price", 10**400, r"Give a finite number"),
            ("carbon_price", "50", r'got "50"; .* Give a finite number'),
            ("carbon_price", True, r"got True; .* Give a finite number"),
            ("carbon_price", None, r"got None; .* Give a finite number"),
            ("carbon_price", {"paper": 5}, r"one value for all: 0 to 500 CNY/t"),
            ("sector_floor", {"paper": 1.5}, r"levers\.sector_floor\.paper: got 1\.5; allowed: 0 to 1\."),
            ("perspective", "enterprises", r'allowed: "programme" or .* Did you mean "enterprise"\?'),
            ("perspective", 3, r'allowed: "programme" or "enterprise" or "society"'),
            ("count_alternative_supply", "true", r'got "true"; allowed: true or false'),
            ("count_alternative_supply", 1, r"got 1; allowed: true or false"),
        ],
    )
    def test_a_wrong_lever_is_told_what_is_allowed(self, lever, value, help_):
        with pytest.raises(ScenarioError, match=help_):
            Scenario(levers={lever: value})

    def test_a_label_that_the_study_lacks_brings_the_nearest(self, china):
        with pytest.raises(ScenarioError, match=r'"papr" is not a sector of the study\. Did you mean "paper"\?'):
            Scenario(levers={"sector_floor": {"papr": 0.1}}).resolve(china)

    def test_a_label_near_to_nothing_brings_the_list(self, china):
        with pytest.raises(ScenarioError, match=r"The list is provinces\.csv"):
            Scenario(levers={"province_floor": {"xyzzy": 0.1}}).resolve(china)

    def test_an_unknown_exclusion_brings_the_nearest(self, china):
        with pytest.raises(ScenarioError, match=r'exclude: "mvr_evaporaton" .* Did you mean "mvr_evaporation"\?'):
            Scenario(exclude=("mvr_evaporaton",)).resolve(china)

    def test_a_floor_above_the_cap_of_a_technology_is_refused(self, china):
        levers = {"technology_floor": {"mvr_evaporation": 0.5}, "technology_cap": 0.4}
        with pytest.raises(ScenarioError, match=r"mvr_evaporation: floor 0\.5 is above technology_cap 0\.4\. Lower"):
            Scenario(levers=levers).resolve(china)

    def test_everything_wrong_with_levers_and_overrides_is_said_at_once(self, china):
        scenario = Scenario.from_mapping(
            {
                "levers": {"sector_floor": {"papr": 0.1}},
                "exclude": ["mvr"],
                "set": [{"name": "water_price", "where": {"province": "hebay"}, "factor": 2, "source": "guess"}],
            }
        )
        with pytest.raises(ScenarioError) as caught:
            scenario.check(china)
        assert len(caught.value.problems) == 4


class TestWithLevers:
    def test_a_lever_is_changed_and_the_rest_stays(self):
        scenario = Scenario(title="x", levers={"carbon_price": 50}).with_levers(saving_target=2500)
        assert scenario.levers == {"carbon_price": 50, "saving_target": 2500}
        assert scenario.title == "x"

    def test_a_label_is_changed_and_the_other_labels_stay(self):
        scenario = Scenario(levers={"sector_floor": 0.05}).with_levers(sector_floor={"paper": 0.1})
        assert scenario.with_levers(sector_floor={"steel": 0.2}).levers == {
            "sector_floor": {"*": 0.05, "paper": 0.1, "steel": 0.2}
        }

    def test_a_number_replaces_all_labels(self):
        assert Scenario(levers={"sector_floor": {"paper": 0.1}}).with_levers(sector_floor=0).levers == {
            "sector_floor": 0
        }

    def test_none_takes_a_lever_back_to_its_default(self):
        assert Scenario(levers={"carbon_price": 50}).with_levers(carbon_price=None) == Scenario()

    def test_excluded_replaces_the_exclusions(self):
        scenario = Scenario(exclude=("a", "b")).with_levers(excluded=["b"])
        assert scenario.exclude == ("b",)
        assert scenario.with_levers(excluded=None).exclude == ()

    @pytest.mark.parametrize("value", [None, 5])
    def test_a_misspelt_lever_brings_the_nearest(self, value):
        with pytest.raises(ScenarioError, match=r'Did you mean "carbon_price"\?'):
            Scenario().with_levers(carbon_prise=value)

    def test_the_first_scenario_is_left_as_it_was(self):
        first = Scenario(levers={"sector_floor": {"paper": 0.1}})
        first.with_levers(sector_floor={"paper": 0.2})
        assert first.levers == {"sector_floor": {"paper": 0.1}}


class TestSettings:
    @pytest.mark.parametrize(
        ("text", "meant"),
        [
            ("saving_target=9000", ("saving_target", 9000)),
            ("sector_floor.paper=0.1", ("sector_floor", {"paper": 0.1})),
            ("sector_floor = {paper = 0.1, steel = 0.2}", ("sector_floor", {"paper": 0.1, "steel": 0.2})),
            ("perspective=society", ("perspective", "society")),
            ("count_alternative_supply=false", ("count_alternative_supply", False)),
            ("investment_cap=none", ("investment_cap", "none")),
            ("excluded=mvr_evaporation, coke_dry_quenching", ("excluded", ["mvr_evaporation", "coke_dry_quenching"])),
        ],
    )
    def test_a_setting_is_a_lever_and_a_value(self, text, meant):
        assert parse_setting(text) == meant

    @pytest.mark.parametrize(
        ("written", "number"),
        [(".13", 0.13), ("-.5", -0.5), ("+.5", 0.5), ("1.", 1), ("1.e3", 1000), ("1e3", 1000), ("+0.1", 0.1),
         ("1_000", 1000), ("２５００", 2500), ("．５", 0.5), ("－１．５", -1.5), ("−3", -3)],
    )  # fmt: skip
    def test_numbers_are_read_as_people_write_them(self, written, number):
        assert parse_setting(f"saving_target={written}") == ("saving_target", number)
        assert parse_setting(f"sector_floor={{paper = {written}}}") == ("sector_floor", {"paper": number})

    @pytest.mark.parametrize("written", ["1,000", "1，000", "1,000.5"])
    def test_commas_in_a_number_are_told(self, written):
        with pytest.raises(ScenarioError, match=r"--set: 1 problem\n.* Write the number without commas\."):
            Scenario().with_settings([f"saving_target={written}"])

    @pytest.mark.parametrize("written", ["nan", "-inf", "inf", "..5", "1..2", "5%", "0.1.2", "1\nwater_tax = 2", "[1]"])
    def test_what_is_no_number_is_refused(self, written):
        with pytest.raises(ScenarioError, match=r"(?s)--set: 1 problem\n  levers\.saving_target: got .* finite number"):
            Scenario().with_settings([f"saving_target={written}"])

    @pytest.mark.parametrize("text", ["saving_target", "=5", "saving_target=", ""])
    def test_what_is_no_setting_brings_an_example(self, text):
        with pytest.raises(
            ScenarioError, match=r"write lever=value, such as saving_target=2500 or sector_floor\.paper"
        ):
            parse_setting(text)

    def test_settings_of_one_lever_add_up(self):
        scenario = Scenario().with_settings(["sector_floor.paper=0.1", "sector_floor.steel=0.2", "water_tax=1"])
        assert scenario.levers == {"sector_floor": {"paper": 0.1, "steel": 0.2}, "water_tax": 1}

    def test_all_wrong_settings_are_said_at_once(self):
        with pytest.raises(ScenarioError, match="--set: 3 problems") as caught:
            Scenario().with_settings(["saving_targt=1", "water_tax=99", "x"])
        assert len(caught.value.problems) == 3

    def test_nan_is_not_a_setting(self):
        with pytest.raises(ScenarioError, match="Give a finite number"):
            Scenario().with_settings(["water_tax=nan"])

    def test_a_setting_is_said_once(self):
        with pytest.raises(ScenarioError, match=r"saving_target: set more than once\. Say it once"):
            Scenario().with_settings(["saving_target=1", "saving_target = 2"])
        for again in ("sector_floor.paper=0.2", "sector_floor={paper = 0.2}", "sector_floor=0.2"):
            with pytest.raises(ScenarioError, match=r"sector_floor.*: set more than once\. Say it once"):
                Scenario().with_settings(["sector_floor.paper=0.1", again])
        assert Scenario().with_settings(["sector_floor=0.1", "sector_floor.paper=0.2"]).levers == {
            "sector_floor": {"*": 0.1, "paper": 0.2}
        }
        labels = ["sector_floor.paper=0.1", "sector_floor.steel=0.1"]
        assert Scenario().with_settings(labels).levers == {"sector_floor": {"paper": 0.1, "steel": 0.1}}


class TestWhereAFaultStands:
    """What only a study can show is told at the place where it was written, however many places there are."""

    def told(self, china, scenario):
        with pytest.raises(ScenarioError) as caught:
            scenario.check(china)
        return [(problem.file.rpartition("/")[2], problem.row, problem.column) for problem in caught.value.problems]

    @pytest.fixture
    def layered(self, write):
        write("below.toml", 'title = "a"\nexclude = ["mvr"]\n\n[levers.sector_floor]\npaper = 0.1\npapr = 0.1\n')
        return Scenario.read(write("above.toml", 'title = "b"\nextends = "below.toml"\n[levers]\nwater_tax = 1\n'))

    def test_a_file_that_is_extended_is_named_with_its_line(self, china, layered):
        assert self.told(china, layered) == [
            ("below.toml", 2, "exclude"),
            ("below.toml", 6, "levers.sector_floor.papr"),
        ]

    def test_a_setting_is_not_blamed_on_the_file(self, china, layered):
        good = layered.with_levers(sector_floor=0.1, excluded=())
        place = ("--set", 0, "levers.province_floor.hebe")
        assert self.told(china, good.with_settings(["province_floor.hebe=.1"])) == [place]
        assert self.told(china, good.with_settings(["excluded=mvr"])) == [("--set", 0, "exclude")]

    def test_python_and_other_doors_are_named(self, china, layered):
        good = layered.with_levers(sector_floor=0.1, excluded=())
        place = "levers.sector_floor.stel"
        assert self.told(china, good.with_levers(sector_floor={"stel": 0.1})) == [("with_levers", 0, place)]
        assert self.told(china, good.with_levers_of("lever", {"sector_floor": {"stel": 0.1}})) == [("lever", 0, place)]
        with pytest.raises(ScenarioError, match="with_levers: 1 problem"):
            good.with_levers(water_tax=99)

    def test_what_is_set_over_a_fault_of_a_file_is_at_its_own_place(self, china, layered):
        moved = layered.with_levers(excluded=()).with_settings(["sector_floor.papr=0.2"])
        assert self.told(china, moved) == [("--set", 0, "levers.sector_floor.papr")]


def test_a_scenario_survives_a_journey_to_another_process(china):
    scenario = open_scenario("bulletin_basis").with_levers(sector_floor={"paper": 0.1})
    assert pickle.loads(pickle.dumps(scenario)).digest(china) == scenario.digest(china)


def test_numbers_of_numpy_are_numbers():
    assert Scenario(levers={"water_tax": np.float32(0.5), "carbon_price": np.int64(5)}).levers == {
        "water_tax": 0.5,
        "carbon_price": 5.0,
    }


def test_a_floor_on_an_excluded_technology_contradicts_itself(china):
    content = {"title": "t", "levers": {"technology_floor": 0.1}, "exclude": ["leak_control_cross"]}
    scenario = Scenario.from_mapping(content)
    with pytest.raises(ScenarioError, match="Set its floor to 0, or let it in"):
        scenario.resolve(china)
