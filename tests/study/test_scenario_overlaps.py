"""Figures set more than once: refused where an override is left without effect, told where a part is set again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waterplan.base.errors import ScenarioError
from waterplan.study.scenario import Override, Scenario
from waterplan.study.scenario.overlaps import covered

WORDS = "Provincial tariff notice of May"


def price(value, province=None, **more):
    where = {"where": {"province": province}} if province else {}
    return {"name": "water_price", **where, "value": value, "unit": "CNY/m3", "source": WORDS, **more}


def factor(number, province=None):
    table = price(0, province, factor=number)
    return {key: item for key, item in table.items() if key not in ("value", "unit")}


def scenario(*tables):
    return Scenario.from_mapping({"title": "x", "set": list(tables)}, "x.toml")


@pytest.mark.parametrize(
    "tables",
    [
        (price(5, "hebei"), price(9, "hebei")),
        (price(5, "hebei"), price(5, "hebei")),
        (price(5, "hebei"), price(9, ["henan", "hebei"])),
        (price(5, "hebei"), price(9)),
        (factor(2, "hebei"), price(9, "hebei")),
        (factor(2), price(9)),
    ],
    ids=["other figure", "same figure", "in a list", "by all", "after a factor", "all after all"],
)
def test_an_override_without_effect_is_refused_and_both_places_are_named(tables):
    with pytest.raises(ScenarioError, match="set 1, name: water_price is set more than once: set 2 sets every figure"):
        scenario(*tables)


def test_the_line_of_both_is_told(write):
    tables = "".join(
        f'[[set]]\nname = "heat_price"\nvalue = {n}\nunit = "CNY/MJ"\nsource = "{WORDS}"\n' for n in (1, 2)
    )
    with pytest.raises(ScenarioError, match=r"row 2, set 1, name: .* set 2 in row 7 sets every figure of set 1 again"):
        Scenario.read(write("a.toml", f'title = "x"\n{tables}'))


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ((price(5), price(9, "hebei")), "water_price: set 2 sets figures again that set 1 sets (1)"),
        ((price(5), factor(2, ["hebei", "henan"])), "water_price: set 2 multiplies figures that set 1 sets (2)"),
        ((price(5, "hebei"), factor(2, "hebei")), "water_price: set 2 multiplies figures that set 1 sets (1)"),
        ((price(5, ["hebei", "henan"]), price(9, ["henan", "hubei"])), "set 2 sets figures again that set 1 sets (1)"),
    ],
)
def test_a_part_set_again_is_told(china, tables, says):
    (sentence,) = scenario(*tables).remarks(china)
    assert says in sentence
    chinese = sentence.text("zh")
    assert "set 1" in chinese
    assert "数值" in chinese or "系数" in chinese


def test_figures_that_do_not_meet_are_no_remark(china):
    assert scenario(price(5, "hebei"), price(9, "henan")).remarks(china) == []


def test_a_scenario_may_set_again_what_it_extends(china, write):
    lines = ["name", "value", "unit", "source"]
    table = {"name": '"heat_price"', "unit": '"CNY/MJ"', "source": f'"{WORDS}"'}
    text = {n: "[[set]]\n" + "".join(f"{key} = {({**table, 'value': n})[key]}\n" for key in lines) for n in (0.1, 0.2)}
    write("below.toml", f'title = "a"\n{text[0.1]}')
    above = Scenario.read(write("above.toml", f'title = "b"\nextends = "below.toml"\n{text[0.2]}'))
    assert float(above.trace(china, "heat_price").row["value"]) == 0.2
    assert above.remarks(china) == []
    flat = Scenario.from_mapping(above.to_mapping())
    assert [override.value for override in flat.overrides] == [0.2], "what has no effect is not written"
    assert flat.digest(china) == above.digest(china)


def test_what_was_saved_with_figures_set_twice_still_opens(china):
    content = {"title": "x", "set": [price(5, "hebei"), price(9, "hebei")]}
    saved = Scenario.from_mapping(content, is_saved=True)
    assert float(saved.trace(china, "water_price", province="hebei").row["value"]) == 9
    assert Scenario.from_mapping(saved.to_mapping()).digest(china) == saved.digest(china)


LABELS = {"technology": ["a", "b"], "product": ["p", "q"], "end_use": ["x", "y"]}
wheres = st.fixed_dictionaries(
    {}, optional={dim: st.lists(st.sampled_from(names), min_size=1, unique=True) for dim, names in LABELS.items()}
)
some = st.builds(
    lambda where, is_value: Override(
        "saving_fraction", where, **({"value": 0.5, "unit": "1"} if is_value else {"factor": 2})
    ),
    wheres,
    st.booleans(),
)


@given(st.lists(some, max_size=6))
def test_what_is_covered_is_what_one_later_value_sets_cell_by_cell(overrides):
    def cells(override):
        at = [[n in override.where.get(dim, names) for n in names] for dim, names in LABELS.items()]
        return np.multiply.outer(np.multiply.outer(at[0], at[1]), at[2]).astype(bool)

    found = covered(overrides)
    for place, one in enumerate(overrides):
        later = [
            n
            for n, other in enumerate(overrides)
            if n > place and other.factor is None and not (cells(one) & ~cells(other)).any()
            and set(other.where) <= set(one.where)
        ]  # fmt: skip
        assert (place in found) == bool(later)
        assert found.get(place) in (later or [None])
