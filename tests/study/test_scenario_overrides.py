"""Overrides of study figures: rows meant, units converted, sources asked for, and what must still hold afterwards."""

import numpy as np
import pytest
from overriding import SOURCE, overridden

from waterplan.base.errors import ScenarioError
from waterplan.study.scenario import Scenario, apply_overrides, override_range
from waterplan.study.study import open_study


@pytest.fixture(scope="module")
def study():
    return open_study()


def changed(study, *tables, **common):
    """The values after overrides, by name and labels, where they differ from the study's."""
    values = apply_overrides(study, overridden(*tables, **common))
    found = {}
    for name, after in values.data_vars.items():
        before = study.values[name]
        for place in np.argwhere((after.values != before.values) & ~np.isnan(before.values)):
            labels = [str(before[dim].values[n]) for dim, n in zip(before.dims, place, strict=True)]
            found[" ".join([name, *labels])] = float(after.values[tuple(place)])
    return found


class TestWhatIsMeant:
    def test_all_labels_given_mean_one_row(self, study):
        price = {"name": "water_price", "where": {"province": "hebei"}, "value": 5.4, "unit": "CNY/m3"}
        assert changed(study, price) == {"water_price hebei": 5.4}

    def test_a_dim_left_out_means_every_row_there_is(self, study):
        share = {"name": "applicable_share", "where": {"technology": "cip_optimisation"}, "value": 0.5, "unit": "1"}
        values = apply_overrides(study, overridden(share))["applicable_share"].sel(technology="cip_optimisation")
        rows = study.values["applicable_share"].sel(technology="cip_optimisation").notnull()
        assert (values.where(rows) == 0.5).sum() == rows.sum() > 1
        assert values.isnull().equals(~rows), "a row that the study does not have stays missing"

    def test_a_list_means_each_of_its_labels(self, study):
        price = {"name": "water_price", "where": {"province": ["hebei", "henan"]}, "value": 5.4, "unit": "CNY/m3"}
        assert changed(study, price) == {"water_price hebei": 5.4, "water_price henan": 5.4}

    def test_a_figure_without_labels_needs_no_where(self, study):
        assert changed(study, {"name": "heat_price", "value": 50, "unit": "CNY/GJ"}) == {
            "heat_price": pytest.approx(0.05)
        }

    def test_a_factor_multiplies_every_row_and_its_range(self, study):
        twice = overridden({"name": "water_price", "factor": 2})
        low, high = override_range(study, twice)
        for after, before in (
            (apply_overrides(study, twice), study.values),
            (low, study.low),
            (high, study.high),
        ):
            np.testing.assert_allclose(after["water_price"], 2 * before["water_price"])

    def test_a_value_brings_its_own_range_or_has_none(self, study):
        price = {"name": "water_price", "where": {"province": "hebei"}, "value": 5, "unit": "CNY/m3"}
        for extra, expected in (({}, (5, 5)), ({"low": 4, "high": 7}, (4, 7))):
            ranges = override_range(study, overridden({**price, **extra}))
            assert tuple(float(part["water_price"].sel(province="hebei")) for part in ranges) == expected

    def test_a_later_override_wins_and_factors_multiply(self, study):
        first = {"name": "water_price", "factor": 0.5}
        second = {"name": "water_price", "where": {"province": "hebei"}, "value": 5, "unit": "CNY/m3"}
        third = {"name": "water_price", "where": {"province": ["hebei", "henan"]}, "factor": 2}
        after, before = changed(study, first, second, third), study.values["water_price"]
        assert after["water_price hebei"] == 10
        assert "water_price henan" not in after, "half of it, and that twice, is the study's"
        assert after["water_price hubei"] == float(before.sel(province="hubei")) / 2

    @pytest.mark.parametrize(
        ("name", "where", "meant"),
        [
            ("value_added", {"province": "hebei"}, "province_value_added"),
            ("value_added", {"sector": "steel"}, "sector_value_added"),
            ("withdrawal", {"sector": "steel"}, "sector_withdrawal"),
            ("investment", {"technology": "mvr_evaporation"}, "investment_per_m3"),
            ("output", {"product": "beer"}, "output"),
        ],
    )
    def test_the_name_in_the_tables_is_understood_where_the_labels_tell_which(self, name, where, meant):
        assert overridden({"name": name, "where": where, "factor": 1}).overrides[0].name == meant

    def test_without_overrides_the_values_are_those_of_the_study(self, study):
        assert apply_overrides(study, Scenario()) is study.values

    def test_the_study_is_left_as_it_was(self, study):
        before = study.values.copy(deep=True)
        apply_overrides(study, overridden({"name": "water_price", "factor": 2}))
        assert study.values.identical(before)

    def test_units_and_names_of_variables_are_kept(self, study):
        after = apply_overrides(study, overridden({"name": "water_price", "factor": 2}))
        assert after["water_price"].attrs == study.values["water_price"].attrs
        assert list(after.data_vars) == list(study.values.data_vars)

    def test_factors_that_lead_beyond_all_numbers_are_out_of_bounds(self, study):
        vast = {"name": "electricity_price", "factor": 1e308}
        with pytest.raises(ScenarioError, match=r"electricity_price of .* would be inf .*allowed: 0 to 10"):
            apply_overrides(study, overridden(vast, vast))


class TestUnits:
    @pytest.mark.parametrize(
        ("table", "expected"),
        [
            ({"name": "intensity", "where": {"product": "beer"}, "value": 4, "unit": "m3/m3"}, 4),
            ({"name": "intensity", "where": {"product": "coking"}, "value": 1.5, "unit": "m3/t"}, 1.5),
            ({"name": "output_growth", "where": {"product": "beer"}, "value": 3, "unit": "%/a"}, 0.03),
            (
                {
                    "name": "supply_potential",
                    "where": {"technology": "municipal_reclaimed_water", "province": "hebei"},
                    "value": 1.2,
                    "unit": "亿m³/a",
                },
                120,
            ),
            (
                {
                    "name": "output",
                    "where": {"product": "steel_bf_bof", "province": "hebei"},
                    "value": 20000,
                    "unit": "万t/a",
                },
                2e8,
            ),
        ],
    )
    def test_a_value_is_brought_to_the_canonical_unit(self, study, table, expected):
        assert list(changed(study, table).values()) == [pytest.approx(expected)]

    def test_a_unit_that_cannot_be_converted_is_refused_with_those_that_can(self, study):
        price = {"name": "water_price", "where": {"province": "hebei"}, "value": 5.4, "unit": "CNY/t"}
        with pytest.raises(ScenarioError, match=r"set 1, unit: .*CNY/m3"):
            apply_overrides(study, overridden(price))

    def test_one_value_for_products_of_different_units_is_refused(self, study):
        with pytest.raises(ScenarioError, match=r"unit: .*m3/100 m"):
            apply_overrides(study, overridden({"name": "intensity", "value": 4, "unit": "m3/t"}))


class TestSource:
    def test_a_key_of_the_sources_is_a_source(self, study):
        overridden({"name": "water_price", "factor": 1, "source": "mwr_bulletin_2015"}).check(study)

    @pytest.mark.parametrize("words", [SOURCE, "河北省物价局2016年文件"])
    def test_a_few_words_are_a_source(self, study, words):
        overridden({"name": "water_price", "factor": 1, "source": words}).check(study)

    @pytest.mark.parametrize("words", ["guess", "my guess", "mwr_buletin_2015"])
    def test_a_word_is_no_source(self, study, words):
        with pytest.raises(ScenarioError, match="say in a few words who found the figure, where and when"):
            overridden({"name": "water_price", "factor": 1, "source": words}).check(study)

    def test_a_misspelt_key_brings_the_nearest(self, study):
        with pytest.raises(ScenarioError, match=r'Did you mean "mwr_bulletin_2015"\?'):
            overridden({"name": "water_price", "factor": 1, "source": "mwr_buletin_2015"}).check(study)


PRICE = {"name": "water_price", "where": {"province": "hebei"}, "value": 5.4, "unit": "CNY/m3"}


class TestWrittenWrong:
    @pytest.mark.parametrize(
        ("change", "help_"),
        [
            ({"name": "water_prise"}, r'set 1, name: .* Did you mean "water_price"\? waterplan describe --kind input'),
            ({"name": ""}, r"name: missing\. Give the name of an input"),
            ({"name": 5}, r"name: got 5; give text in quotes"),
            ({"name": "carbon_price"}, r'"carbon_price" is a lever: write it under \[levers\]'),
            ({"name": "value_added", "where": {}}, r'Write "sector_value_added" or "province_value_added"'),
            ({"where": {"provinc": "hebei"}}, r'is given by province\. Did you mean "province"\?'),
            ({"where": {"sector": "paper"}}, r"where\.sector: water_price is given by province"),
            ({"where": "hebei"}, r'give labels by dimension, such as \{ province = "hebei" \}'),
            ({"where": {"province": []}}, r"where\.province: .* give a label or a list of labels"),
            ({"where": {"province": [1]}}, r"give a label or a list of labels, in quotes"),
            ({"name": "heat_price"}, r"heat_price is one figure for all, without labels"),
            ({"value": "5.4"}, r'value: got "5\.4"; give a finite number'),
            ({"value": float("nan")}, r"value: got nan; give a finite number"),
            ({"value": True}, r"give a finite number"),
            ({"factor": 2}, r"give either value \(with unit\) or factor"),
            ({"unit": ""}, r'unit: missing\. Give the unit of the value; "1" for shares'),
            ({"source": "  "}, r"source: missing\. Give a key of sources\.csv, or say in words who, where, when"),
            ({"source": "x" * 2001}, r"source: 2001 signs; 2000 is the most"),
            ({"basis": "guessed"}, r"allowed: measured, reported, estimated, assumed"),
            ({"low": 6}, r"low: 6 is above the value 5\.4"),
            ({"high": 5}, r"high: 5 is below the value 5\.4"),
            ({"valu": 5}, r'valu: not a key of \[\[set\]\]\. Did you mean "value"\?'),
        ],
    )
    def test_a_wrong_override_is_told_what_to_do(self, change, help_):
        with pytest.raises(ScenarioError, match=help_):
            overridden({**PRICE, **change})

    @pytest.mark.parametrize(
        ("change", "help_"),
        [
            ({"low": 1}, "a factor multiplies low and high too"),
            ({"unit": "CNY/m3"}, "a factor has no unit"),
            ({"factor": -1}, "give a number of 0 or more"),
        ],
    )
    def test_a_wrong_factor_is_told_what_to_do(self, change, help_):
        with pytest.raises(ScenarioError, match=help_):
            overridden({"name": "water_price", "factor": 2, **change})

    def test_neither_value_nor_factor_is_not_enough(self):
        with pytest.raises(ScenarioError, match="give either value"):
            overridden({"name": "water_price"})

    def test_problems_say_the_line_in_the_file(self, tmp_path):
        path = tmp_path / "a.toml"
        first = '[[set]]\nname = "water_price"\nfactor = 2\nsource = ""\n'
        path.write_text(f'title = "x"\n{first}[[set]]\nname = "heat_prise"\n')
        with pytest.raises(ScenarioError) as caught:
            Scenario.read(path)
        assert {(problem.row, problem.column) for problem in caught.value.problems} >= {
            (5, "set 1, source"),
            (7, "set 2, name"),
        }


class TestAgainstTheStudy:
    @pytest.mark.parametrize(
        ("table", "help_"),
        [
            (
                {**PRICE, "where": {"province": "hebe"}},
                r'set 1, where\.province: "hebe" is not a province .* Did you mean "hebei"\?',
            ),
            (
                {"name": "output", "where": {"product": "steel_bf_bof", "province": "tibet"}, "factor": 2},
                r"no row of output for .*: it is not made there\. A missing row never means zero",
            ),
            (
                {"name": "saving_fraction", "where": {"technology": "cip_optimisation", "product": "coking"},
                 "factor": 1},
                r"not applicable there\. A missing row never means zero, and an override cannot add one",
            ),
            (
                {"name": "supply_potential", "where": {"technology": ["mine_water_utilisation", "mvr_evaporation"]},
                 "factor": 1},
                r"where\.technology: the study has no row .*: the source is not available there",
            ),
            ({**PRICE, "value": 540}, r"water_price of hebei would be 540; allowed: 0 to 100 CNY/m3\. Check figure"),
            ({**PRICE, "low": -1}, r"low: low of water_price of hebei would be -1; allowed: 0 to 100 CNY/m3"),
            ({**PRICE, "high": 101}, r"high: high of water_price of hebei would be 101; allowed: 0 to 100 CNY/m3"),
            ({**PRICE, "value": 5, "high": 90, "unit": "CNY/L"}, r"value: water_price of hebei would be 5000; allowed"),
            (
                {"name": "penetration_max", "where": {"technology": "cip_optimisation", "product": "beer"},
                 "value": 0.9, "high": 101, "unit": "%"},
                r"high: high of penetration_max of cip_optimisation, beer, cleaning would be 1\.01; allowed: 0 to 1\.",
            ),
            ({"name": "water_price", "factor": 1000}, r"factor: .*\(and 30 more\); allowed: 0 to 100 CNY/m3"),
            ({"name": "heat_price", "value": 40, "unit": "CNY/MJ"}, r"heat_price would be 40; allowed: 0 to 10 CNY/MJ"),
            (
                {"name": "end_use_share", "where": {"product": "beer", "end_use": "cleaning"}, "value": 0.3,
                 "unit": "1"},
                r"the end uses of beer now sum to 1\.1\. Set the other end uses too, so that it is 1",
            ),
            (
                {"name": "penetration_base", "where": {"technology": "cip_optimisation", "product": "beer"},
                 "value": 0.8, "unit": "1"},
                r"cip_optimisation, beer, cleaning penetration_base 0\.8 is above penetration_max 0\.74\. Set both",
            ),
        ],
    )  # fmt: skip
    def test_what_the_study_cannot_bear_is_refused(self, study, table, help_):
        with pytest.raises(ScenarioError, match=help_):
            apply_overrides(study, overridden(table))

    def test_members_of_an_exclusive_group_share_the_plants(self, study):
        where = {"technology": ["whitewater_disc_filter", "whitewater_flotation"], "product": "newsprint"}
        tables = [
            {"name": name, "where": where, "value": value, "unit": "1"}
            for name, value in (("applicable_share", 1), ("penetration_max", 0.9), ("penetration_base", 0.6))
        ]
        with pytest.raises(
            ScenarioError, match=r"exclusive group whitewater .* at 1\.2 of plants together; 1 is the most"
        ):
            apply_overrides(study, overridden(*tables))

    def test_the_range_of_a_factor_ends_where_the_variable_does(self, study):
        where = {"technology": "cip_optimisation", "product": "beer"}
        before = study.high["penetration_max"].sel(**where, end_use="cleaning")
        more = 0.99 / float(study.values["penetration_max"].sel(**where, end_use="cleaning"))
        low, high = override_range(study, overridden({"name": "penetration_max", "where": where, "factor": more}))
        assert float(before) * more > 1
        assert float(high["penetration_max"].sel(**where, end_use="cleaning")) == 1
        assert float(low["penetration_max"].sel(**where, end_use="cleaning")) < 0.99

    def test_shares_that_the_check_of_a_study_accepts_are_accepted_here(self, copy):
        copy.set("end_use_shares", 2, value="0.5009")
        rounded = copy.read()
        same = {"name": "end_use_share", "where": {"product": "board", "end_use": "washing"}, "factor": 1}
        assert apply_overrides(rounded, overridden(same)).identical(rounded.values)
        with pytest.raises(ScenarioError, match=r"the end uses of board now sum to 1\.0014"):
            overridden({**same, "factor": 1.001}).check(rounded)

    def test_end_uses_moved_together_are_accepted(self, study):
        tables = [
            {"name": "end_use_share", "where": {"product": "beer", "end_use": end_use}, "value": share, "unit": "1"}
            for end_use, share in (("cleaning", 0.3), ("process", 0.23))
        ]
        assert changed(study, *tables) == {
            "end_use_share beer cleaning": 0.3,
            "end_use_share beer process": 0.23,
        }

    def test_all_that_is_wrong_is_said_at_once(self, study):
        tables = [
            {**PRICE, "where": {"province": "hebe"}},
            {"name": "heat_price", "value": 40, "unit": "CNY/MJ"},
            {"name": "water_price", "factor": 1, "source": "guess"},
        ]
        with pytest.raises(ScenarioError, match=r"x\.toml: 3 problems"):
            apply_overrides(study, overridden(*tables))


class TestRemarks:
    def test_provincial_output_moves_the_total_and_the_reader_is_told(self, study):
        table = {"name": "output", "where": {"product": "beer", "province": "hebei"}, "factor": 2}
        (sentence,) = overridden(table).remarks(study)
        assert "output of beer sums to" in sentence
        assert "the optimisation counts provincial output" in sentence

    def test_national_output_moves_no_plan_and_the_reader_is_told(self, study):
        (sentence,) = overridden({"name": "national_output", "where": {"product": "beer"}, "factor": 2}).remarks(study)
        assert sentence.endswith("no plan depends on it. Set output, by province, instead.")

    def test_nothing_is_said_of_an_override_that_acts(self, study):
        assert overridden({"name": "water_price", "factor": 2}).remarks(study) == []
