"""Same content, same digest; other content, another digest. And a scenario costs an interactive planner nothing."""

import copy
import json
import timeit

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from waterplan.base.vocabulary import of_kind, term
from waterplan.study.scenario import Scenario
from waterplan.study.study import open_study

SOURCE = "Provincial tariff notice, read on site"
STUDY = open_study()
LABELS = {
    "sector": list(STUDY.sectors.index),
    "province": list(STUDY.provinces.index),
    "technology": list(STUDY.technologies.index),
}
LEVERS = {lever.name: lever for lever in of_kind("lever") if lever.name != "excluded"}


def values_of(lever):
    """Values that a lever may have; floors stay below 0.5 and caps above it, so that they do not cross."""
    if lever.choices:
        return st.sampled_from([True, False] if lever.default is True else lever.choices)
    lower = 0.5 if lever.name == "technology_cap" else lever.lower
    upper = 0.5 if lever.name == "technology_floor" else lever.upper
    number = st.floats(lower, 1e5 if upper is None else upper).map(lambda x: round(x, 6))
    if not lever.dims:
        return number
    return number | st.dictionaries(st.sampled_from(LABELS[lever.dims[0]]), number, min_size=1, max_size=4)


@st.composite
def levers(draw):
    names = draw(st.lists(st.sampled_from(sorted(LEVERS)), unique=True, max_size=6))
    return {name: draw(values_of(LEVERS[name])) for name in names}


prices = st.dictionaries(st.sampled_from(LABELS["province"]), st.floats(0, 100), max_size=3)


def scenario(levers, prices, exclude=()):
    overrides = [
        {"name": "water_price", "where": {"province": place}, "value": price, "unit": "CNY/m3", "source": SOURCE}
        for place, price in prices.items()
    ]
    return Scenario.from_mapping({"levers": levers, "set": overrides, "exclude": list(exclude)})


def default(name):
    return STUDY.lever_defaults.get(name, term(name).default)


@settings(max_examples=60, deadline=None)
@given(levers(), prices, st.lists(st.sampled_from(LABELS["technology"]), max_size=3))
def test_neither_order_nor_format_nor_title_counts(levers, prices, exclude):
    levers.pop("technology_floor" if exclude else "", None)  # a floor on what is excluded is refused
    first = scenario(levers, prices, exclude)
    turned = {
        name: dict(reversed(value.items())) if isinstance(value, dict) else value
        for name, value in reversed(levers.items())
    }
    second = scenario(turned, dict(reversed(prices.items())), [*reversed(exclude), *exclude])
    content = json.loads(json.dumps({**second.to_mapping(), "title": "Another", "why": "for fun"}))
    third = Scenario.from_mapping(content)
    assert first.digest(STUDY) == second.digest(STUDY) == third.digest(STUDY)


@settings(max_examples=60, deadline=None)
@given(levers(), st.sampled_from(sorted(LEVERS)))
def test_a_default_written_out_changes_nothing(levers, name):
    levers.pop(name, None)
    said = scenario({**levers, name: default(name)}, {})
    assert said.digest(STUDY) == scenario(levers, {}).digest(STUDY)


@settings(max_examples=60, deadline=None)
@given(levers(), st.sampled_from(sorted(name for name, lever in LEVERS.items() if lever.dims)), st.data())
def test_a_number_for_all_labels_and_each_label_written_out_are_the_same(levers, name, data):
    number = data.draw(values_of(LEVERS[name]).filter(lambda value: isinstance(value, float)))
    written_out = dict.fromkeys(LABELS[LEVERS[name].dims[0]], number)
    assert scenario({**levers, name: number}, {}).digest(STUDY) == scenario({**levers, name: written_out}, {}).digest(
        STUDY
    )


@settings(max_examples=60, deadline=None)
@given(levers(), st.sampled_from(sorted(LEVERS)), st.data())
def test_another_value_of_a_lever_is_another_digest(levers, name, data):
    lever = LEVERS[name]
    first = data.draw(values_of(lever))
    second = data.draw(values_of(lever))
    one, other = (scenario({**levers, name: value}, {}) for value in (first, second))
    same = repr(getattr(one.resolve(STUDY), name)) == repr(getattr(other.resolve(STUDY), name))
    assert (one.digest(STUDY) == other.digest(STUDY)) == same


@settings(max_examples=60, deadline=None)
@given(levers(), prices)
def test_a_scenario_written_as_toml_is_read_again_the_same(levers, prices):
    first = scenario(levers, prices)
    assert Scenario.from_mapping(json.loads(json.dumps(first.to_mapping()))) == first
    assert tomli_w.dumps(first.to_mapping()) == first.to_toml()


def digest(*tables, **content):
    sets = [{"source": SOURCE, **table} for table in tables]
    return Scenario.from_mapping({**content, "set": sets}, is_saved=True).digest(STUDY)


def price(value, unit="CNY/m3", **more):
    return {"name": "water_price", "where": {"province": "hebei"}, "value": value, "unit": unit, **more}


def test_the_unit_in_which_a_value_is_written_does_not_count():
    assert digest(price(5.0)) == digest(price(500.0, "分/m³"))


def test_every_label_written_out_is_the_same_as_none():
    value = {"name": "water_price", "value": 3, "unit": "CNY/m3"}
    assert digest(value) == digest({**value, "where": {"province": LABELS["province"]}})


def test_an_override_that_another_one_replaces_does_not_count():
    assert digest(price(4.0), price(5.0)) == digest(price(5.0)) != digest(price(5.0), price(4.0))


def test_a_figure_without_labels_counts_like_any_other():
    heat = {"name": "heat_price", "unit": "CNY/MJ"}
    assert len({digest(), digest({**heat, "value": 0.03}), digest({**heat, "value": 0.06})}) == 3


@pytest.mark.parametrize(
    "other", [price(5.1), price(5.0, high=6), price(5.0, basis="measured"), price(5.0, source="read in a letter")]
)
def test_another_value_range_basis_or_source_is_another_digest(other):
    assert digest(other) != digest(price(5.0))


def test_an_exclusion_is_another_digest():
    assert digest(exclude=["mvr_evaporation"]) != digest()


def test_the_digest_includes_that_of_the_study():
    other = copy.copy(STUDY)
    vars(other)["digest"] = "another"
    assert Scenario().digest(other) != Scenario().digest(STUDY)


def test_a_digest_is_64_hexadecimal_digits():
    assert len(bytes.fromhex(Scenario().digest(STUDY))) == 32


@pytest.mark.parametrize(
    ("what", "milliseconds"),
    [
        (lambda scenario: scenario.resolve(STUDY), 0.2),
        (lambda scenario: scenario.digest(STUDY), 0.3),
        (lambda scenario: scenario.with_levers(saving_target=2100, water_tax=1), 0.2),
    ],
    ids=["resolve", "digest", "with_levers"],
)
def test_a_move_of_a_lever_costs_a_fraction_of_a_millisecond(what, milliseconds):
    moved = Scenario(levers={"saving_target": 2500, "carbon_price": 50, "discount_rate": 0.06})
    what(moved)
    best = min(timeit.repeat(lambda: what(moved), number=50, repeat=5)) / 50
    assert best * 1000 < milliseconds
