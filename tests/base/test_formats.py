"""Numbers are written alike in Python and in the browser."""

import math
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st
from scripting import in_node, with_node

from waterplan.base.formats import UNITS, digits, fixed, quantity
from waterplan.report.pages.layout import number

AWKWARD = (
    0.0, -0.0, 1000.5, 1001.5, 999.95, 999.94999, 99.995, 9.9995, 0.0005, 0.00049, -0.0005, -0.0004, 1.0005, 2.675,
    1.005, 0.125, -1000.5, 12345678.5, 1e15, 4503599627370497.5, 1e-12, -1e-300, 0.1 + 0.2, 1 / 3, 2 / 3, 1e20,
    1234.5, 100.05, 10.005, 432.3709063826, 5e-324, 8.5, 0.5, 1.5, 2.5,
)  # fmt: skip
MISSING = (math.nan, math.inf, -math.inf)


WRITTEN = """
import { now } from "./dashboards/browser/now.js";
import { digits, quantity } from "./dashboards/browser/numbers.js";
const { numbers, quantities, steps } = JSON.parse(process.argv[1]);
const inLanguage = ([kind, name, value]) => { now.page = { units: steps[name] }; return quantity(kind, value); };
const missing = [NaN, Infinity, -Infinity, null].map((value) => digits(value));
console.log(JSON.stringify([numbers.map(([value, most]) => digits(value, most)), quantities.map(inLanguage), missing]));
"""


@with_node
def test_python_and_the_browser_write_the_same_numbers_and_units():
    numbers = [(value, most) for value in AWKWARD for most in range(4)]
    asked = [(kind, language, value) for kind in UNITS for language in ("en", "zh") for value in AWKWARD]
    steps = {language: {kind: found[language] for kind, found in UNITS.items()} for language in ("en", "zh")}
    written = in_node(WRITTEN, {"numbers": numbers, "quantities": asked, "steps": steps})
    assert written[0] == [digits(value, most) for value, most in numbers]
    assert [tuple(one) for one in written[1]] == [quantity(kind, value, language) for kind, language, value in asked]
    assert written[2] == [*(digits(value) for value in MISSING), digits(math.nan)]


@given(st.floats(min_value=0, max_value=1e15), st.integers(min_value=0, max_value=6))
def test_a_number_is_rounded_as_it_is_written(size, places):
    """A half of the shortest decimal that stands for it goes up."""
    told = Decimal(fixed(size, places).replace(",", ""))
    apart = told - Decimal(repr(size))
    half = Decimal(5).scaleb(-places - 1)
    assert -half < apart <= half
    assert told == told.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def test_the_printed_page_rounds_alike():
    assert [number(value) for value in (1000.5, 2.5, 0.5, -0.5, -0.4)] == ["1,001", "3", "1", "-1", "0"]
    assert [number(2.675, 2), number(2.675, 2, sign=True), number(-0.001, 2, sign=True)] == ["2.68", "+2.68", "0.00"]
