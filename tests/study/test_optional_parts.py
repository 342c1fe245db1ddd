"""What a study may leave out: an older one reads as it did, one that tells it reads it whole, half of it is refused."""

import json

import numpy as np
import pytest
from places import TESTS
from spoiling import Copy

from waterplan import Plan, Planner, Scenario, open_study
from waterplan.base.errors import ScenarioError
from waterplan.base.messages import in_language
from waterplan.base.vocabulary import of_kind
from waterplan.cli.entry import main
from waterplan.planning.plan.norms import basis_of_study, norms_in_force
from waterplan.study.tables.schema import PARTS, TABLES

NAMES = [name for names in PARTS.values() for name in names]
VERSIONS = sorted(path for path in (TESTS / "kept").iterdir() if path.is_dir())


def told(copy: Copy) -> list[tuple[str, int, str, str]]:
    """What is wrong: file, row, column, and the first words."""
    return [(one.file.rpartition("/")[2], one.row, one.column, str(one.message)) for one in copy.problems()]


def only(copy: Copy) -> tuple[str, int, str, str]:
    (one,) = told(copy)
    return one


class TestLeftOut:
    def test_what_is_not_told_is_missing_and_never_zero(self, tiny):
        for name in set(NAMES) - {"barrier"}:
            assert np.isnan(tiny.values[name]).all()
        assert tiny.values["barrier"].shape == (2, 0)
        assert [len(getattr(tiny, name)) for name in ("norm_editions", "observations", "water_fees")] == [0, 0, 0]
        assert tiny.parts_missing == list(PARTS)

    def test_the_names_of_its_later_columns_are_empty_and_english_is_said(self, tiny):
        assert set(tiny.sources["title_zh"]) == set(tiny.norms["checked"]) == {""}
        assert tiny.title_in("zh") == tiny.title == "A tiny country with round numbers"
        assert "Round numbers for sums in the head" in basis_of_study(tiny, "zh")

    @pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.name)
    def test_studies_of_older_versions_keep_their_digests(self, version):
        attrs = Plan.open(version / "plan-tiny.nc", own := open_study(version / "study")).dataset.attrs
        assert own.digest == attrs["study_digest"]

    def test_what_may_be_left_out_is_all_that_the_tables_say_so(self):
        later = {(name, column) for name, table in TABLES.items() for column in table.later_columns}
        assert later == {
            ("sources", "title_zh"), ("sources", "publisher_zh"), ("norms", "norm_zh"), ("norms", "variant_zh"),
            ("norms", "checked"),
        }  # fmt: skip
        assert {name for name, table in TABLES.items() if table.optional} == {
            "barriers", "norm_editions", "observations", "water_fees",
        }  # fmt: skip
        assert not any(term.acts_on for term in of_kind("input") if term.name in NAMES)

    @pytest.mark.parametrize("column", ["norm_zh", "variant_zh", "checked"])
    def test_a_column_alone_may_be_missing(self, whole, column):
        header, *records = whole.records("norms")
        at = header.index(column)
        whole.write("norms", [[cell for n, cell in enumerate(row) if n != at] for row in (header, *records)])
        assert set(whole.read().norms[column]) == {""}


class TestTold:
    def test_all_of_it_is_read(self, whole):
        study = whole.read()
        assert study.parts_missing == []
        assert study.values["retirement_rate"].values.tolist() == [0.5, 0.1, 0.2]
        assert study.values["new_intensity_ratio"].values.tolist() == [0.5, 0.8, 1.0]
        assert study.values["value_added_growth"].values.tolist() == [0.1, 0.0]
        assert study.values["return_share"].values.tolist() == [0.75, 0.25, 1.0, 0.5]
        depletion = study.values["depletion_share"].to_series().dropna()
        assert depletion.to_dict() == {"reclaimed_water": 0.0, "electrosorption": 0.5}
        assert study.values["group"].values.tolist() == list("12345")
        assert study.values["barrier"].sel(sector="paper").values.tolist() == [0.1, 0.2, 0.4, 0.8, 1.6]
        assert study.trace("barrier", sector="steel", group="2").row["value"] == 0.4

    def test_records_have_their_types_and_units(self, whole):
        study = whole.read()
        assert study.norm_editions.loc[1, "values_in_study"]
        assert study.norm_editions["checked"].tolist() == ["2026-11-30", ""]
        assert study.observations["has_break"].tolist() == [False, True]
        assert study.observations["calibrated"].tolist() == [True, False]
        fees = study.water_fees
        assert fees["value"].tolist() == [0.5, 2.0]  # 20,000 yuan for ten thousand cubic metres
        assert set(fees["unit"]) == {"CNY/m3"}

    def test_chinese_is_said_where_there_is_chinese(self, whole):
        study = whole.read()
        assert (study.title_in("zh"), study.title_in("en")) == ("微型国家", "A tiny country with round numbers")
        assert in_language(study.description, "zh") == "只为心算"
        assert in_language(study.variant_name("hot"), "zh") == "热轧"
        held = norms_in_force(study, 2018)
        assert set(held.loc[held["norm"] == "T 2-2015", "norm_zh"]) == {"微型标准2-2015"}
        assert set(held.loc[held["norm"] == "T 1-2018", "checked"]) == {"2026-11-30"}

    @pytest.mark.parametrize(
        ("table", "cells", "new"),
        [
            ("barriers", {"sector": "paper", "group": "3"}, {"high": "0.5"}),
            ("sources", {"source": "yearbook"}, {"title_zh": "年鉴"}),
            ("norms", {"norm": "T 1-2018", "grade": "limit"}, {"checked": "2026-12-01"}),
            ("water_fees", {"water_source": "surface"}, {"note": "old"}),
            ("observations", {"observation": "all_2015_2017"}, {"calibrated": "1"}),
            ("norm_editions", {"part": "3"}, {"replaces": "T 3-2010"}),
        ],
    )
    def test_each_of_it_counts_in_the_digest(self, whole, table, cells, new):
        before = whole.read().digest
        whole.set(table, whole.row(table, **cells), **new)
        assert whole.read().digest != before

    def test_the_chinese_title_counts_in_the_digest(self, whole):
        before = whole.read().digest
        settings = whole.folder / "study.toml"
        settings.write_text(settings.read_text(encoding="utf-8").replace("微型国家", "小国"), encoding="utf-8")
        assert whole.read().digest != before

    def test_no_plan_depends_on_it(self, tiny, whole):
        scenario = Scenario(levers={"saving_target": 60})
        before, after = (Plan.of(Planner(study).solve(scenario)).dataset for study in (tiny, whole.read()))
        for name, array in before.variables.items():
            assert np.array_equal(array.values, after[name].values, equal_nan=array.dtype.kind == "f")

    def test_a_scenario_may_set_it_where_the_study_tells_it(self, tiny, whole):
        one = {"name": "barrier", "where": {"sector": "paper", "group": "5"}, "value": 3, "unit": "CNY/m3"}
        scenario = Scenario.from_mapping({"set": [{**one, "source": "A survey of ten paper mills"}]})
        assert not scenario.remarks(study := whole.read())  # what comes anyway rests on it
        assert scenario.trace(study, "barrier", sector="paper", group="5").row["value"] == 3
        with pytest.raises(ScenarioError, match="group"):
            scenario.trace(tiny, "barrier", sector="paper", group="5")


class TestHalf:
    @pytest.mark.parametrize(
        ("table", "cells", "lacks"),
        [
            ("product_values", {"product": "pulp", "variable": "retirement_rate"}, 'product "pulp"'),
            ("product_values", {"product": "pulp", "variable": "new_intensity_ratio"}, 'product "pulp"'),
            ("sector_values", {"sector": "steel", "variable": "value_added_growth"}, 'sector "steel"'),
            ("end_use_values", {"end_use": "site", "variable": "return_share"}, 'end_use "site"'),
            ("technology_values", {"technology": "electrosorption", "variable": "depletion_share"}, "electrosorption"),
            ("barriers", {"sector": "steel", "group": "5"}, "sector and group steel, 5"),
        ],
    )
    def test_a_part_is_there_for_every_label_or_not_at_all(self, whole, table, cells, lacks):
        whole.delete(table, whole.row(table, **cells))
        file, _, _, message = only(whole)
        assert file == f"{table}.csv"
        assert lacks in message
        assert f"has no {cells.get('variable', 'barrier')}." in message
        assert "told for all or not at all: add the row, or take the others out" in message

    def test_plants_that_close_are_told_with_those_that_are_new(self, copy):
        for product in ("board", "pulp", "plate"):
            copy.add("product_values", product, "retirement_rate", *["0.1", "0", "1", "1/a", "assumed", "by_hand"], "")
        found = told(copy)
        assert len(found) == 3
        assert all("has no new_intensity_ratio" in message for *_, message in found)

    def test_groups_are_counted_without_a_gap(self, whole):
        for sector in ("paper", "steel"):
            whole.delete("barriers", whole.row("barriers", sector=sector, group="2"))
        assert "from 1 to 5, and there is none of number 2" in only(whole)[3]

    @pytest.mark.parametrize(
        ("group", "said"), [("", "empty"), ("0", "Groups are counted"), ("01", "Groups are counted")]
    )
    def test_a_barrier_has_a_group(self, whole, group, said):
        row = whole.set("barriers", whole.row("barriers", sector="paper", group="5"), group=group)
        file, line, column, message = only(whole)
        assert (file, line, column) == ("barriers.csv", row, "group")
        assert said in message

    def test_barriers_have_a_column_of_groups(self, whole):
        whole.write("barriers", [[row[0], *row[2:]] for row in whole.records("barriers")])
        assert only(whole)[:3] == ("barriers.csv", 1, "group")

    def test_only_sources_of_water_have_a_share_that_no_basin_loses(self, whole):
        row = whole.add(
            "technology_values", "metering", "depletion_share", *["0", "0", "1", "1", "assumed", "by_hand"], ""
        )
        file, line, _, message = only(whole)
        assert (file, line) == ("technology_values.csv", row)
        assert "only supply technologies have a depletion_share" in message

    @pytest.mark.parametrize(
        ("table", "cells", "wrong"),
        [
            ("end_use_values", {"variable": "return_share"}, {"value": "1.11", "high": "1.11"}),
            ("product_values", {"variable": "retirement_rate"}, {"high": "1.2"}),
            ("product_values", {"variable": "new_intensity_ratio"}, {"low": "0"}),
            ("product_values", {"variable": "new_intensity_ratio"}, {"high": "1.01"}),
            ("technology_values", {"variable": "depletion_share"}, {"low": "-0.1"}),
            ("barriers", {"group": "1"}, {"low": "-1"}),
            ("water_fees", {"water_source": "surface"}, {"high": "101"}),
        ],
    )
    def test_figures_keep_their_bounds(self, whole, table, cells, wrong):
        row = whole.set(table, whole.row(table, **cells), **wrong)
        assert row in {line for file, line, *_ in told(whole) if file == f"{table}.csv"}

    def test_a_share_that_would_return_may_be_above_one(self, whole):
        whole.set("end_use_values", whole.row("end_use_values", variable="return_share"), value="1.1", high="1.1")
        assert whole.problems() == []

    @pytest.mark.parametrize(
        ("table", "cells", "new", "said"),
        [
            ("norms", {"norm": "T 1-2018"}, {"checked": "30.11.2026"}, "YYYY-MM-DD"),
            ("norms", {"norm": "T 1-2018"}, {"checked": "2026-02-30"}, "YYYY-MM-DD"),
            ("norms", {"variant": "hot"}, {"variant_zh": "冷轧"}, "Give it one Chinese name"),
            ("norms", {"norm": "T 2-2015"}, {"norm_zh": ""}, "Give it one Chinese name"),
            ("norms", {"norm": "T 2-2015"}, {"rank": "enterprize"}, "enterprise"),
            ("norm_editions", {"part": "1"}, {"products": "board; pulpe"}, 'mean "pulp"'),
            ("norm_editions", {"part": "1"}, {"values_in_study": "0"}, "has figures of"),
            ("norm_editions", {"part": "3"}, {"values_in_study": "1"}, "has no norm"),
            ("norm_editions", {"part": "3"}, {"source": "year_book"}, 'mean "yearbook"'),
            ("observations", {"observation": "all_2015_2017"}, {"year_to": "2014"}, "2014 is before year_from 2015"),
            ("observations", {"observation": "all_2015_2017"}, {"high": "-0.2"}, "low -0.1 is above high -0.2"),
            ("observations", {"observation": "all_2015_2017"}, {"statistics": "hearsay"}, "bulletin"),
            ("observations", {"observation": "all_2015_2017"}, {"source": ""}, "empty"),
            ("water_fees", {"water_source": "surface"}, {"province": "nord"}, "north"),
            ("water_fees", {"water_source": "surface"}, {"unit": "CNY/t"}, "CNY/m3"),
            ("water_fees", {"water_source": "surface"}, {"value": "2"}, "got 2, outside its own low..high"),
        ],
    )
    def test_what_is_wrong_in_it_is_told_where_it_stands(self, whole, table, cells, new, said):
        whole.set(table, whole.row(table, **cells), **new)
        found = told(whole)
        assert [file for file, *_ in found] == [f"{table}.csv"] * len(found)
        assert any(said in message for *_, message in found), found

    def test_a_folder_of_the_name_of_a_table_is_not_taken_for_a_table_left_out(self, copy):
        (copy.folder / "barriers.csv").mkdir()
        assert only(copy)[0] == "barriers.csv"


def test_check_says_what_a_study_does_not_tell(copy, whole, capsys):
    assert main(["check", str(whole.folder), "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["without"], content["observations"], content["water_fees"]) == ([], 2, 2)
    (whole.folder / "barriers.csv").unlink()
    assert main(["check", str(whole.folder)]) == 0
    assert "not told: What enterprises do by themselves (barrier)" in capsys.readouterr().out
    assert main(["check", str(whole.folder), "--language", "zh"]) == 0
    assert "未给出：企业自发节水（barrier）" in capsys.readouterr().out
