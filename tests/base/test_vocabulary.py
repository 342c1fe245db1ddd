"""The data dictionary: one word for one thing, and every figure of the shipped study fits it."""

import csv
import re
from dataclasses import fields

import pytest
from places import ROOT

from waterplan.base.errors import WaterplanError
from waterplan.base.vocabulary import FILE, KINDS, Term, of_kind, term, terms
from waterplan.study.scenario.levers import LEVERS

STUDY = ROOT / "data" / "china-2015"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def rows(table):
    with (STUDY / f"{table}.csv").open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def rows_of(item):
    return [row for row in rows(item.table) if not item.variable or row["variable"] == item.variable]


def test_no_two_terms_have_the_same_name():
    with FILE.open(encoding="utf-8", newline="") as lines:
        names = [row["name"] for row in csv.DictReader(lines)]
    assert len(names) == len(set(names)) == len(terms())


def test_the_columns_of_the_file_are_the_fields_of_a_term():
    with FILE.open(encoding="utf-8", newline="") as lines:
        assert set(next(csv.reader(lines))) == {field.name for field in fields(Term)}


def test_every_term_is_of_a_known_kind_and_every_kind_has_terms():
    assert {item.kind for item in terms().values()} == set(KINDS)
    assert sum(len(of_kind(kind)) for kind in KINDS) == len(terms())


@pytest.mark.parametrize("item", terms().values(), ids=lambda item: item.name)
def test_every_term_has_a_label_and_a_meaning_in_both_languages(item):
    assert item.label("en")
    assert item.meaning("en")
    assert CHINESE.search(item.label("zh"))
    assert CHINESE.search(item.meaning("zh"))
    assert not CHINESE.search(item.label_en + item.meaning_en)
    half_width = re.search(r"[\u4e00-\u9fff][,;:]|[,;:][\u4e00-\u9fff]", item.label_zh + item.meaning_zh)
    assert half_width is None, "Chinese text has full-width signs"


@pytest.mark.parametrize("item", terms().values(), ids=lambda item: item.name)
def test_a_name_is_lower_case_and_its_dims_are_terms(item):
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", item.name)
    for dim in item.dims:
        assert term(dim).kind == "dimension" or dim == "perspective"


@pytest.mark.parametrize("item", of_kind("input"), ids=lambda item: item.name)
def test_every_row_of_the_shipped_study_has_the_unit_and_the_bounds_of_its_input(item):
    output_units = {row["product"]: row["output_unit"] for row in rows("products")}
    found = rows_of(item)
    assert found
    for row in found:
        assert row["unit"] == item.unit_of(output_units.get(row.get("product", ""), ""))
        assert item.lower <= float(row["low"]) <= float(row["value"]) <= float(row["high"]) <= item.upper
        assert all(row[dim] for dim in item.dims)


def test_every_value_row_of_the_shipped_study_belongs_to_an_input():
    known = {(item.table, item.variable) for item in of_kind("input")}
    others = {"norms", "targets", "enterprises", "observations", "water_fees"}
    tables = [path.stem for path in sorted(STUDY.glob("*.csv")) if path.stem not in others]
    found = {(table, row.get("variable", "")) for table in tables for row in rows(table) if "value" in row}
    assert found == known


@pytest.mark.parametrize("item", of_kind("lever"), ids=lambda item: item.name)
def test_a_default_lies_within_its_bounds_and_on_a_step(item):
    assert item.acts_on in ("price", "bound", "coefficient")
    if item.choices or item.name == "excluded":
        return
    assert item.lower is not None
    assert item.step > 0
    if isinstance(item.default, float):
        assert item.lower <= item.default
        assert item.upper is None or item.default <= item.upper
        steps = (item.default - item.lower) / item.step
        assert steps == pytest.approx(round(steps))


@pytest.mark.parametrize(
    ("name", "dims", "default", "lower", "upper", "step"),
    [
        ("saving_target", (), None, 0, None, 10),
        ("discount_rate", (), None, 0, 0.25, 0.005),
        ("hurdle_rate", (), None, 0, 0.4, 0.005),
        ("technology_cost_scale", ("technology",), 1, 0.5, 2, 0.05),
        ("electricity_price_scale", (), 1, 0.5, 2, 0.05),
        ("water_price_scale", (), 1, 0.5, 5, 0.05),
        ("carbon_price", (), 0, 0, 500, 5),
        ("water_tax", (), 0, 0, 10, 0.1),
        ("investment_subsidy", ("sector",), 0, 0, 0.8, 0.05),
        ("barrier_cost", (), 0, 0, 5, 0.1),
        ("scarcity_value", (), 0, 0, 10, 0.1),
        ("sector_floor", ("sector",), 0, 0, 1, 0.005),
        ("province_floor", ("province",), 0, 0, 1, 0.005),
        ("technology_floor", ("technology",), 0, 0, 1, 0.05),
        ("technology_cap", ("technology",), 1, 0, 1, 0.05),
        ("investment_cap", (), "none", 0, None, 100),
        ("electricity_cap", (), "none", 0, None, 10),
        ("rollout_scale", (), 1, 0, 1.3, 0.05),
        ("alternative_share_max", (), 0.3, 0, 0.6, 0.05),
        ("output_scale", ("sector",), 1, 0.7, 1.3, 0.01),
    ],
)
def test_numeric_levers_have_the_range_of_the_planning_model(name, dims, default, lower, upper, step):
    lever = term(name)
    assert (lever.dims, lever.default, lever.lower, lever.upper, lever.step) == (dims, default, lower, upper, step)


def test_levers_of_words_have_the_choices_of_the_planning_model():
    assert term("perspective").choices == ("programme", "enterprise", "society")
    assert term("cost_accounting").choices == ("water_share", "full_credit")
    assert term("perspective").default == "programme"
    assert term("cost_accounting").default == "water_share"
    assert term("count_alternative_supply").default is True


def test_the_levers_of_the_dictionary_are_the_fields_of_the_resolved_levers():
    assert [lever.name for lever in of_kind("lever")] == list(LEVERS)


def test_a_unit_per_output_takes_the_unit_of_the_product():
    assert term("intensity").unit_of("100 m") == "m3/100 m"
    assert term("output").unit_of("t") == "t/a"
    assert term("water_price").unit_of("t") == "CNY/m3"


def test_an_unknown_name_brings_the_nearest():
    with pytest.raises(WaterplanError, match=r'Did you mean "shadow_price"\?'):
        term("shadow_prise")


def test_an_unknown_kind_brings_the_nearest_and_the_list():
    with pytest.raises(WaterplanError, match=r'Did you mean "lever"\? Kinds: dimension, input'):
        of_kind("levr")
