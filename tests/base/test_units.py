"""Units are converted at the door; what cannot be converted is refused with what can."""

import pytest

from waterplan.base.units import UnitError, factor
from waterplan.base.vocabulary import of_kind


@pytest.mark.parametrize(
    ("unit", "canonical", "expected"),
    [
        ("万t", "t/a", 1e4), ("万吨", "t/a", 1e4), ("10^4 t", "t/a", 1e4), ("1e4 t", "t/a", 1e4),
        ("10⁴ t/a", "t/a", 1e4),
        ("×10^4 t/a", "t/a", 1e4), ("10000 t/年", "t/a", 1e4), ("thousand t/a", "t/a", 1e3), ("Mt/a", "t/a", 1e6),
        ("亿m³", "hm3/a", 100), ("亿立方米/年", "hm3/a", 100), ("万m3/a", "hm3/a", 0.01), ("m³/a", "hm3/a", 1e-6),
        ("万元", "CNY/a", 1e4), ("亿元/a", "CNY/a", 1e8), ("MCNY/a", "CNY/a", 1e6),
        ("元/m3", "CNY/m3", 1), ("元/m³", "CNY/m3", 1), ("分/m³", "CNY/m3", 0.01), ("元/kWh", "CNY/kWh", 1),
        ("元 per m³/a", "CNY per m3/a", 1), ("万元/(万m³/a)", "CNY per m3/a", 1),
        ("元/GJ", "CNY/MJ", 1e-3), ("t/MWh", "kg/kWh", 1), ("kgCO2/kWh", "kg/kWh", 1), ("千瓦时/m3", "kWh/m3", 1),
        ("GJ/m3", "MJ/m3", 1e3), ("kWh/m3", "MJ/m3", 3.6), ("%", "1", 0.01), ("%/a", "1/a", 0.01), ("年", "a", 1),
        ("m3/100m", "m3/100 m", 1), ("m3/km", "m3/100 m", 0.1), ("km/a", "100 m/a", 10),
    ],
)  # fmt: skip
def test_a_written_unit_is_brought_to_the_canonical_one(unit, canonical, expected):
    assert factor(unit, canonical) == pytest.approx(expected, rel=1e-14)


def test_every_canonical_unit_of_the_dictionary_stays_as_it_is():
    for term in of_kind("input"):
        for output_unit in ("t", "100 m", "hm3 of 2015 withdrawal", "件"):
            unit = term.unit_of(output_unit)
            assert factor(unit, unit) == 1
            assert factor(f" {unit} ", unit) == 1


def test_an_output_unit_that_nobody_knows_converts_to_its_multiples():
    assert factor("万件", "件/a") == 1e4
    assert factor("m3/万件", "m3/件") == 1e-4
    with pytest.raises(UnitError, match="Write m3/件"):
        factor("m3/台", "m3/件")


@pytest.mark.parametrize(
    ("unit", "canonical", "allowed"),
    [
        ("kg", "hm3/a", "Write hm3/a or 万m³/a or 亿m³/a"),
        ("m3", "m3/t", "Write m3/t"),
        ("CNY/m3", "CNY per m3/a", "Write CNY per m3/a or 元 per m³/a"),
        ("hm3/d", "hm3/a", "Write hm3/a"),
        ("%", "1/a", "Write 1/a or %/a"),
        ("USD/m3", "CNY/m3", "Write CNY/m3 or 元/m³"),
        ("10", "1", "Write 1 or %"),
        ("0 t", "t/a", "Write t/a"),
        ("t/0 a", "t/a", "Write t/a"),
        ("10^t", "t/a", "Write t/a"),
        ("1e400 t", "t/a", "Write t/a"),
        ("(((", "1", "Write 1 or %"),
        ("/", "1", "Write 1 or %"),
        ("千" * 70, "1", "Write 1 or %"),
    ],
)
def test_a_unit_that_cannot_be_converted_is_refused_with_those_that_can(unit, canonical, allowed):
    with pytest.raises(UnitError, match=f"cannot be brought to.*{allowed}"):
        factor(unit, canonical)


def test_no_unit_is_not_taken_for_the_canonical_one():
    with pytest.raises(UnitError, match=r'empty. Write 1 or % \("1" is the unit of shares\)'):
        factor(" ", "1")


def test_an_endless_unit_is_refused_before_it_is_read():
    with pytest.raises(UnitError, match="1000 characters are not a unit"):
        factor("m" * 1000, "hm3/a")


@pytest.mark.parametrize(("unit", "size"), [("KL", 1.0), ("万KL", 1e4), ("千升", 1.0), ("立方", 1.0), ("万立方", 1e4)])
def test_usual_ways_to_write_a_cubic_metre_are_understood(unit, size):
    assert factor(unit, "m3") == size
