"""Scenario files: what may be written, extended and shipped, and what is said when it is wrong."""

import os
import tomllib

import pytest
from scenario_files import titled

from waterplan.base.errors import ScenarioError
from waterplan.study.scenario import Scenario, open_scenario, scenario_files
from waterplan.study.scenario.scenario_file import BYTES_MAX, key_rows


class TestFile:
    def test_a_file_is_read(self, write):
        path = write("a.toml", titled('why = "To see"\nexclude = ["x"]\n[levers]\nwater_tax = 1\n'))
        assert Scenario.read(path) == Scenario("A question", "To see", {"water_tax": 1}, exclude=("x",))

    def test_title_and_reason_may_be_in_both_languages(self, write):
        text = 'title = {en = "Tax", zh = "税"}\n[why]\nen = "Why not"\nzh = "为何不"\n'
        scenario = Scenario.read(write("a.toml", text))
        assert (scenario.title, scenario.headline("zh"), scenario.reason("zh")) == ("Tax", "税", "为何不")

    def test_a_language_that_is_missing_is_replaced_by_the_other(self, write):
        assert Scenario.read(write("a.toml", 'title = {zh = "税"}')).headline("en") == "税"
        assert Scenario.read(write("b.toml", 'title = "Tax"')).headline("zh") == "Tax"

    def test_a_byte_order_mark_is_no_hindrance(self, write):
        assert Scenario.read(write("a.toml", titled(""), "utf-8-sig")).title == "A question"

    @pytest.mark.parametrize(
        ("text", "help_"),
        [
            ("[levers]\nwater_tax = 1", r"title: missing\. Say in a few words what is asked"),
            (titled("levrs = 1"), r'row 2, levrs: not a key .* Did you mean "levers"\?'),
            (titled("water_tax = 1"), r"stands under \[levers\]; put water_tax there"),
            (titled("[expected]\nsaving = 1"), r"see tests/expected_scenarios\.toml"),
            (titled("levers = 3"), r"row 2, levers: got 3; write a table \[levers\]"),
            (titled("[levers]\n\nwater_tax = 11"), r"row 4, levers\.water_tax: got 11; allowed: 0 to 10"),
            (titled("[levers.sector_floor]\npaper = 2"), r"row 3, levers\.sector_floor\.paper: got 2"),
            (titled('exclude = "mvr"'), r'write a list of technologies, such as \["mvr_evaporation"\]'),
            (titled("exclude = [1]"), r"write a list of technologies"),
            (titled("set = 5"), r"write overrides as \[\[set\]\], each with name, where"),
            (f'title = "{"x" * 201}"', r"title: 201 signs; 200 is the most"),
            (titled(f'why = "{"x" * 5001}"'), r"why: 5001 signs; 5000 is the most"),
            ("title = 5", r'title: got 5; give text, or \{ en = "\.\.\.", zh'),
            ('title = {fr = "x"}', r"title: .* give text, or"),
            ("title = 'a'\nwhy == 'b'\n", r"row 2: not TOML: .*at line 2"),
            (titled("x = " + "[" * 5000), r"nested too deeply|not TOML"),
        ],
    )
    def test_what_is_wrong_in_a_file_is_said_with_its_line_and_a_way_out(self, write, text, help_):
        with pytest.raises(ScenarioError, match=help_):
            Scenario.read(write("a.toml", text))

    def test_all_problems_of_all_files_are_said_at_once(self, write):
        write("base.toml", titled("[levers]\nwater_tax = 99\n"))
        text = 'title = "x"\nextends = "base.toml"\nlevrs = 1\n[levers]\ncarbon_prise = 5\nperspective = "x"\n[[set]]\n'
        with pytest.raises(ScenarioError) as caught:
            Scenario.read(write("a.toml", text + 'name = "water_prise"\nvalue = 1\n'))
        problems = caught.value.problems
        assert len(problems) == 7
        assert {problem.file.rpartition("/")[2] for problem in problems} == {"a.toml", "base.toml"}
        assert all(problem.row for problem in problems)

    def test_a_missing_file_brings_the_nearest(self, write):
        path = write("reference.toml", titled(""))
        with pytest.raises(ScenarioError, match=r'no such file\. Did you mean "reference\.toml"\?'):
            Scenario.read(path.with_name("refrence.toml"))

    def test_a_missing_file_far_from_all_brings_the_list(self, write):
        path = write("reference.toml", titled(""))
        with pytest.raises(ScenarioError, match=r"In its folder: reference\.toml"):
            Scenario.read(path.with_name("xyz.toml"))

    def test_another_kind_of_file_is_refused(self, write):
        with pytest.raises(ScenarioError, match=r"a scenario is a \.toml file"):
            Scenario.read(write("a.csv", "x"))

    def test_a_file_in_another_encoding_is_refused(self, write):
        with pytest.raises(ScenarioError, match=r"row 1: not UTF-8\. Save the file as UTF-8"):
            Scenario.read(write("a.toml", 'title = "节水"', "gb18030"))

    def test_an_absurdly_large_file_is_refused(self, write):
        with pytest.raises(
            ScenarioError, match=r"bytes; at most 1,000,000 are read\. A scenario writes only what differs"
        ):
            Scenario.read(write("a.toml", titled("#" * BYTES_MAX)))

    def test_a_folder_is_not_a_scenario(self, tmp_path):
        (tmp_path / "a.toml").mkdir()
        with pytest.raises(ScenarioError, match="this is a folder, not a file"):
            Scenario.read(tmp_path / "a.toml")

    def test_what_comes_from_a_mapping_extends_nothing(self):
        with pytest.raises(ScenarioError, match=r"only a file can extend another\. Use Scenario\.read"):
            Scenario.from_mapping({"extends": "reference.toml"})

    def test_lines_are_found_in_sections_and_tables(self):
        text = '[levers]\nsector_floor = {paper = 1}\n[[set]]\nname = "a"\n[[set]]\n[set.where]\nprovince = "x"\n'
        assert key_rows(text) == {
            "levers": 1, "levers.sector_floor": 2, "set 1": 3, "set 1.name": 4, "set 2": 5, "set 2.where": 6,
            "set 2.where.province": 7,
        }  # fmt: skip


class TestExtends:
    def test_the_file_wins_over_what_it_extends_label_by_label(self, write):
        write("base.toml", titled('exclude = ["a"]\n[levers]\nwater_tax = 1\ncarbon_price = 5\nsector_floor = 0.05\n'))
        text = 'title = "Up"\nextends = "base.toml"\nexclude = ["b"]\n[levers]\nwater_tax = 2\n'
        text += "sector_floor = {paper = 0.1}\n"
        scenario = Scenario.read(write("a.toml", text))
        assert scenario.levers == {"water_tax": 2, "carbon_price": 5, "sector_floor": {"*": 0.05, "paper": 0.1}}
        assert (scenario.title, scenario.exclude) == ("Up", ("a", "b"))

    def test_the_reason_is_not_inherited(self, write):
        write("base.toml", titled('why = "Another question"\n'))
        assert Scenario.read(write("a.toml", titled('extends = "base.toml"'))).why == ""

    def test_a_file_in_a_folder_below_may_be_extended(self, write):
        write("sub/base.toml", titled("[levers]\nwater_tax = 1"))
        assert Scenario.read(write("a.toml", titled('extends = "sub/base.toml"'))).levers == {"water_tax": 1}

    @pytest.mark.parametrize(
        ("name", "help_"),
        [
            ("base.txt", r"row 2, extends: .* a scenario is a \.toml file"),
            ("../base.toml", r"outside the folder of the scenario\. Copy it into that folder"),
            ("/elsewhere/base.toml", r"give a path relative to this file"),
            ("C:/base.toml", r"give a path relative to this file"),
            ("bse.toml", r'there is no file "bse\.toml" beside this one\. Did you mean "base\.toml"\?'),
            ("a.toml", r"in a circle: a\.toml > a\.toml\. Take one extends out"),
            ("b.toml", r"in a circle: a\.toml > b\.toml > a\.toml"),
            ("", r'give the name of a scenario file, such as "reference\.toml"'),
        ],
    )
    def test_what_may_not_be_extended_is_refused(self, write, name, help_):
        write("base.toml", titled(""))
        write("b.toml", titled('extends = "a.toml"'))
        with pytest.raises(ScenarioError, match=help_):
            Scenario.read(write("a.toml", titled(f'extends = "{name}"')))

    def test_a_shipped_scenario_is_extended_by_its_name_from_any_folder(self, write):
        scenario = Scenario.read(write("a.toml", titled('extends = "water_tax"\n[levers]\ncarbon_price = 5')))
        assert scenario.levers == open_scenario("water_tax").levers | {"carbon_price": 5}
        with pytest.raises(ScenarioError, match=r'by its name\. Did you mean "water_tax"\?'):
            Scenario.read(write("b.toml", titled('extends = "water_tx"')))

    def test_a_file_below_a_shipped_name_does_not_open_the_folder_of_the_scenario(self, write):
        write("base.toml", titled(""))
        for name in ("../reference", "scenarios/reference", "../base.toml"):
            with pytest.raises(ScenarioError, match="extends: "):
                Scenario.read(write("sub/a.toml", titled(f'extends = "{name}"')))

    def test_a_link_that_leads_to_itself_is_told_in_words(self, write, tmp_path):
        loop = tmp_path / "loop.toml"
        loop.symlink_to(loop)
        for read in (Scenario.read, open_scenario):
            with pytest.raises(ScenarioError, match="cannot be reached: Too many levels of symbolic links"):
                read(loop)
        with pytest.raises(ScenarioError, match="cannot be reached"):
            open_scenario("x" * 300 + ".toml")
        with pytest.raises(ScenarioError, match=r"extends: .*cannot be reached"):
            Scenario.read(write("a.toml", titled('extends = "loop.toml"')))

    def test_a_folder_or_a_pipe_in_the_place_of_a_scenario_is_said_to_be_one(self, tmp_path):
        (tmp_path / "folder.toml").mkdir()
        os.mkfifo(tmp_path / "pipe.toml")
        with pytest.raises(ScenarioError, match="this is a folder, not a file"):
            Scenario.read(tmp_path / "folder.toml")
        with pytest.raises(ScenarioError, match="this is a pipe or a device, not a file"):
            Scenario.read(tmp_path / "pipe.toml")
        with pytest.raises(ScenarioError, match="this is a folder, not a file"):
            Scenario.read(tmp_path)

    def test_a_link_that_leads_out_of_the_folder_is_refused(self, write):
        outside = write("outside.toml", titled(""))
        path = write("tree/a.toml", titled('extends = "link.toml"'))
        path.with_name("link.toml").symlink_to(outside)
        with pytest.raises(ScenarioError, match="outside the folder of the scenario"):
            Scenario.read(path)

    def test_a_long_chain_is_refused(self, write):
        for step in range(12):
            write(f"s{step}.toml", titled(f'extends = "s{step + 1}.toml"'))
        path = write("s12.toml", titled(""))
        assert Scenario.read(path.with_name("s4.toml")).title
        with pytest.raises(ScenarioError, match=r"more than 8 files one upon the other\. Write the levers into fewer"):
            Scenario.read(path.with_name("s0.toml"))


class TestShipped:
    @pytest.mark.parametrize("path", scenario_files(), ids=lambda path: path.stem)
    def test_a_shipped_scenario_fits_the_shipped_study_and_says_why_in_both_languages(self, path, china):
        scenario = Scenario.read(path)
        scenario.check(china)
        assert scenario.title != scenario.title_zh
        assert scenario.title_zh
        assert len(scenario.why) > 80
        assert len(scenario.why_zh) > 30
        assert Scenario.from_mapping(tomllib.loads(scenario.to_toml())) == scenario

    def test_shipped_scenarios_ask_different_questions(self, china):
        digests = [Scenario.read(path).digest(china) for path in scenario_files()]
        assert len(digests) == len(set(digests)) == 22

    def test_the_reference_is_the_study_as_it_stands(self, china):
        assert open_scenario("reference").digest(china) == Scenario().digest(china)

    def test_guide_named_half_is_about_the_technologies_that_the_guide_names(self, china):
        floors = open_scenario("guide_named_half").levers["technology_floor"]
        named = china.technologies["named_in_guide"].astype(int) == 1
        assert set(floors) == set(china.technologies.index[named])

    def test_equal_floors_are_the_share_that_the_target_is_of_the_reference_withdrawal(self):
        assert open_scenario("equal_sector_floors").levers["sector_floor"] == pytest.approx(2000 / 20406.13, abs=5e-4)
        assert open_scenario("equal_province_floors").levers["province_floor"] == pytest.approx(0.098)

    def test_a_name_far_from_all_brings_the_list(self):
        with pytest.raises(ScenarioError, match=r"no such scenario or file\. Shipped: bulletin_basis, "):
            open_scenario("xyz")

    def test_a_name_near_to_one_brings_it(self):
        with pytest.raises(ScenarioError, match=r'Did you mean "reference"\?'):
            open_scenario("refrence")
