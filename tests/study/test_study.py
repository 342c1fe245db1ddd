"""The study: labelled arrays of what the tables say, and the way back from a number to its row and source."""

import shutil

import numpy as np
import pytest
from spoiling import Copy

from waterplan.base.errors import DataError, WaterplanError
from waterplan.base.vocabulary import of_kind
from waterplan.planning.model.structure import MEMBERS_MAX
from waterplan.study.study import Study, open_study, shipped
from waterplan.study.tables.schema import TECHNOLOGIES_AT_AN_END_USE_MAX


def test_the_shipped_study_has_the_size_its_readme_says(china):
    sizes = {dim: china.values.sizes[dim] for dim in ("sector", "product", "end_use", "province", "technology")}
    assert sizes == {"sector": 5, "product": 65, "end_use": 24, "province": 31, "technology": 87}
    assert (china.base_year, china.target_year, china.price_year, china.currency) == (2015, 2020, 2015, "CNY")
    assert china.lever_defaults == {"saving_target": 2000, "discount_rate": 0.08, "hurdle_rate": 0.15}
    assert china.name == "china-2015"


def test_reference_withdrawal_of_the_shipped_study_is_the_published_check_figure(china):
    values = china.values
    years = china.target_year - china.base_year
    made = values["output"] * (1 + values["output_growth"]) ** years
    sector = values["intensity_factor"].sel(sector=china.products["sector"].to_xarray())
    assert float((made * values["intensity"] * sector).sum()) / 1e6 == pytest.approx(20406.13, abs=0.005)


def test_reference_withdrawal_of_the_tiny_study_is_what_its_readme_does_by_hand(tiny):
    values = tiny.values
    made = values["output"] * (1 + values["output_growth"]) ** 2
    factor = values["intensity_factor"].sel(sector=tiny.products["sector"].to_xarray())
    reference = (made * values["intensity"] * factor).transpose("product", "province") / 1e6
    expected = [[100, 80, 120], [100, np.nan, np.nan], [np.nan, 60.5, 60.5]]
    np.testing.assert_allclose(reference.values, expected)


@pytest.mark.parametrize("term", of_kind("input"), ids=lambda term: term.name)
def test_every_input_of_the_dictionary_is_an_array_with_its_dims_unit_and_label(china, term):
    for numbers in (china.values, china.low, china.high):
        assert numbers[term.name].dims == term.dims
        assert numbers[term.name].attrs == {"units": term.unit, "long_name": term.label_en}
        assert numbers[term.name].notnull().any()


def test_where_the_tables_have_no_row_the_arrays_have_no_number(tiny):
    assert np.isnan(tiny.values["output"].sel(product="pulp", province="south"))
    assert np.isnan(tiny.values["supply_potential"].sel(technology="electrosorption")).all()
    assert tiny.values["penetration_base"].sel(technology="dry_cooling", product="board", end_use="cooling") == 0


def test_labels_stand_in_the_order_of_the_catalogues_and_technologies_carry_what_the_model_asks(tiny):
    technology = tiny.values["technology"]
    assert list(technology.values) == list(tiny.technologies.index)
    assert str(technology.sel(technology="metering")["level"].values) == "site"
    assert str(technology.sel(technology="dry_cooling")["exclusive_group"].values) == "cooling_system"
    assert list(technology.values[technology["joint_product"].values]) == ["drum_filter"]
    assert list(technology.values[technology["pool"].values == "municipal"]) == ["reclaimed_water"]


def test_every_value_row_of_the_files_is_a_row_of_the_study(china):
    lines = sum(
        len((shipped() / file).read_text(encoding="utf-8").splitlines()) - 1 for file in set(china.rows["file"])
    )
    assert len(china.rows) == lines
    assert (china.rows[["name", "unit", "basis", "source", "file"]] != "").all().all()


def test_the_readme_of_the_shipped_study_counts_its_assumptions_rightly(china):
    said = (shipped() / "README.md").read_text(encoding="utf-8")
    count = china.rows["basis"].value_counts()
    parts = [f"{count[basis]} ({count[basis] / len(china.rows):.0%})" for basis in ("assumed", "estimated", "reported")]
    assert "measured" not in count
    wanted = f"Of the {len(china.rows)} value rows {parts[0]} are assumed, {parts[1]} estimated and {parts[2]} reported"
    assert wanted.replace("%", " %") in said
    sources = china.sources.loc[china.rows["source"]]
    assert f"{(sources['kind'] == 'estimate').mean():.0%}".replace("%", " % of the rows name an estimate") in said
    assert f"and {(sources['verified'] == 'yes').mean():.0%}".replace("%", " % a document") in said


def test_values_are_converted_together_with_their_range(tiny):
    row = tiny.trace("output", product="plate", province="south").row
    assert (row["written"], row["value"], row["low"], row["high"], row["unit"]) == ("1000 万t", 1e7, 8e6, 1.2e7, "t/a")
    assert tiny.low["output"].sel(product="plate", province="south") == 8e6
    assert tiny.high["output"].sel(product="plate", province="south") == 1.2e7


def test_records_keep_what_is_empty_empty(tiny):
    assert tiny.norms.loc["T 1-2012", "in_force_to"].tolist() == [2017, 2017]
    assert tiny.norms.loc["T 1-2018", "in_force_to"].isna().all()
    assert np.isnan(tiny.enterprises.loc["South Board Works", "reuse_rate"])
    assert tiny.norms["variant"].tolist().count("") == 6


def test_a_number_is_traced_to_its_row_and_source(china):
    trace = china.trace("saving_fraction", technology="cip_optimisation", product="beer")
    line = (shipped() / trace.row["file"]).read_text(encoding="utf-8").splitlines()[trace.row["row"] - 1]
    assert line.startswith(f"cip_optimisation,beer,{trace.row['end_use']},saving_fraction,{trace.row['value']:g}")
    assert trace.source.name == trace.row["source"]
    assert f"applicability.csv, row {trace.row['row']}" in str(trace)
    assert trace.source["title"] in str(trace)


def test_the_trace_of_a_price_needs_no_label(tiny):
    assert "heat_price: 0.05 CNY/MJ" in str(tiny.trace("heat_price"))


def test_the_word_of_the_table_is_enough_where_the_labels_say_which_table(tiny):
    assert tiny.trace("value_added", province="north").row["name"] == "province_value_added"
    assert tiny.trace("value_added", sector="paper").row["name"] == "sector_value_added"
    assert tiny.trace("withdrawal", sector="paper").row["value"] == 400
    assert tiny.trace("investment", technology="metering").row["name"] == "investment_per_m3"


@pytest.mark.parametrize(
    ("name", "labels", "help_given"),
    [
        ("saving_fractoin", {}, 'Did you mean "saving_fraction"'),
        ("value_added", {}, r"stands in several tables: sector_value_added \(sector\) or province_value_added"),
        ("shadow_price", {}, "is a dual, not an input of the study"),
        ("intensity", {"product": "bord"}, 'product "bord" is not in the study. Did you mean "board"'),
        ("intensity", {"colour": "red"}, "has no colour. Its labels: product"),
        ("heat_price", {"product": "board"}, "has no product. Its labels: none"),
        ("output", {"product": "pulp", "province": "south"}, "no such row, and missing never means zero"),
        ("intensity", {}, "3 rows fit. Say product, such as product=board; product=pulp"),
        (
            "saving_fraction",
            {"technology": "dry_cooling"},
            "2 rows fit. Say product and end_use, such as product=board end_use=cooling",
        ),
    ],
)
def test_a_trace_that_cannot_be_followed_says_how_to_ask(tiny, name, labels, help_given):
    with pytest.raises(WaterplanError, match=help_given):
        tiny.trace(name, **labels)


def test_a_study_opens_by_name_and_by_folder(china, tmp_path):
    assert open_study("china-2015").digest == china.digest
    assert open_study(shutil.copytree(shipped(), tmp_path / "elsewhere")).digest == china.digest


def test_a_study_that_does_not_exist_is_answered_with_the_shipped_names():
    with pytest.raises(DataError, match='Did you mean "china-2015"'):
        open_study("china-2051")
    with pytest.raises(DataError, match=r"no such folder\. A study is a folder of tables"):
        Study.read("nowhere/at-all")


def test_the_model_combines_as_many_technologies_as_the_checks_let_in():
    assert TECHNOLOGIES_AT_AN_END_USE_MAX == MEMBERS_MAX


def test_the_digest_does_not_depend_on_the_order_of_rows(tiny, copy: Copy):
    for table in ("applicability", "sources", "technology_values", "output", "norms"):
        header, *records = copy.records(table)
        copy.write(table, [header, *reversed(records)])
    assert copy.read().digest == tiny.digest


def test_the_digest_does_not_depend_on_how_a_number_or_a_table_is_written(tiny, copy: Copy):
    copy.replace("output.csv", "1000,800,1200,万t", "10000000.0,8e6,12.0E6,t/a")
    copy.replace("prices.csv", "heat_price,0.05,", 'heat_price,"5.0e-2",')
    copy.replace("study.toml", "saving_target = 60", "saving_target = 60.0  # hm3/a")
    header, *records = copy.records("technologies")
    copy.write("technologies", [record[::-1] for record in (header, *records)], encoding="gb18030")
    assert copy.read().digest == tiny.digest


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("prices.csv", "heat_price,0.05,", "heat_price,0.051,"),
        ("prices.csv", "0.04,0.06", "0.04,0.061"),
        ("prices.csv", "assumed,by_hand", "estimated,by_hand"),
        ("norms.csv", "2018,board,limit,,12", "2018,board,limit,,12.5"),
        ("technologies.csv", "Drum filter", "Drum filters"),
        ("study.toml", "saving_target = 60", "saving_target = 61"),
        ("study.toml", "target_year = 2017", "target_year = 2018"),
    ],
)
def test_the_digest_changes_with_the_content(tiny, copy: Copy, file, old, new):
    copy.replace(file, old, new)
    assert copy.read().digest != tiny.digest


def test_what_is_no_folder_is_told_in_words(tmp_path):
    file, loop = tmp_path / "study", tmp_path / "loop"
    file.write_text("", encoding="utf-8")
    loop.symlink_to(loop)
    for read in (Study.read, open_study):
        with pytest.raises(DataError, match="this is a file, not a folder"):
            read(file)
        with pytest.raises(DataError, match="cannot be reached: Too many levels of symbolic links"):
            read(loop)


def test_a_study_cannot_be_reassigned(tiny):
    with pytest.raises(AttributeError, match="cannot assign"):
        tiny.title = "another"
