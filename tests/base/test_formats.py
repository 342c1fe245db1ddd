"""Numbers are written alike in Python and in the browser."""

import json
import math
from decimal import ROUND_HALF_UP, Decimal

import pytest
from browsing import CHROMIUM, QUIET
from hypothesis import given
from hypothesis import strategies as st
from places import ROOT

from waterplan.base.formats import UNITS, digits, fixed, quantity
from waterplan.report.pages.layout import number

WORDS = ROOT / "dashboards" / "browser" / "words.js"
AWKWARD = (
    0.0, -0.0, 1000.5, 1001.5, 999.95, 999.94999, 99.995, 9.9995, 0.0005, 0.00049, -0.0005, -0.0004, 1.0005, 2.675,
    1.005, 0.125, -1000.5, 12345678.5, 1e15, 4503599627370497.5, 1e-12, -1e-300, 0.1 + 0.2, 1 / 3, 2 / 3, 1e20,
    1234.5, 100.05, 10.005, 432.3709063826, 5e-324, 8.5, 0.5, 1.5, 2.5,
)  # fmt: skip
MISSING = (math.nan, math.inf, -math.inf)


def in_a_browser(expression: str):
    """What an expression is where the words of the pages are loaded; units of both languages are at hand."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        try:
            words = WORDS.read_text(encoding="utf-8")
            return browser.new_page().evaluate(f"() => {{ {words}\n return {expression}; }}")
        finally:
            browser.close()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_python_and_the_browser_write_the_same_numbers_and_units():
    cases = [(value, most) for value in AWKWARD for most in range(4)]
    units = [(kind, language, value) for kind in UNITS for language in ("en", "zh") for value in AWKWARD]
    steps = {language: {kind: found[language] for kind, found in UNITS.items()} for language in ("en", "zh")}
    written = in_a_browser(
        f"""[{json.dumps(cases)}.map(([value, most]) => digits(value, most)),
             {json.dumps(units)}.map(([kind, language, value]) => {{
               now.page = {{ units: {json.dumps(steps)}[language] }}; return quantity(kind, value); }}),
             [NaN, Infinity, -Infinity, null].map((value) => digits(value))]"""
    )
    assert written[0] == [digits(value, most) for value, most in cases]
    assert [tuple(one) for one in written[1]] == [quantity(kind, value, language) for kind, language, value in units]
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
