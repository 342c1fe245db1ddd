"""Figures as people of each language write them: units by size (from a value on, a factor and a name), and digits.

The pages in the browser write numbers by the same rules (numbers.js).
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal

from waterplan.base.vocabulary import Term

Steps = list[tuple[float, float, str]]

UNITS: dict[str, dict[str, Steps]] = {
    "hm3/a": {"en": [(0, 1, "hm³")], "zh": [(0, 0.01, "亿m³")]},
    "m3/a": {"en": [(0, 1, "m³"), (1e8, 1e-6, "hm³")], "zh": [(0, 1, "m³"), (1e4, 1e-4, "万m³"), (1e8, 1e-8, "亿m³")]},
    "CNY": {
        "en": [(0, 1, "CNY"), (1e4, 1e-3, "k CNY"), (1e6, 1e-6, "M CNY"), (1e10, 1e-9, "bn CNY")],
        "zh": [(0, 1, "元"), (1e4, 1e-4, "万元"), (1e8, 1e-8, "亿元")],
    },
    "CNY/a": {
        "en": [(0, 1, "CNY/a"), (1e4, 1e-3, "k CNY/a"), (1e6, 1e-6, "M CNY/a")],
        "zh": [(0, 1, "元/年"), (1e4, 1e-4, "万元/年"), (1e8, 1e-8, "亿元/年")],
    },
    "MCNY": {"en": [(0, 1, "M CNY"), (1e4, 1e-3, "bn CNY")], "zh": [(0, 100, "万元"), (100, 0.01, "亿元")]},
    "MCNY/a": {"en": [(0, 1, "M CNY/a")], "zh": [(0, 100, "万元/年"), (1000, 0.01, "亿元/年")]},
    "CNY/m3": {"en": [(0, 1, "CNY/m³")], "zh": [(0, 1, "元/m³")]},
    "CNY/t": {"en": [(0, 1, "CNY/t")], "zh": [(0, 1, "元/t")]},
    "CNY/a per CNY": {"en": [(0, 1, "CNY/a per CNY")], "zh": [(0, 1, "元/年每元")]},
    "CNY/kWh": {"en": [(0, 1, "CNY/kWh")], "zh": [(0, 1, "元/kWh")]},
    "GWh/a": {"en": [(0, 1, "GWh/a")], "zh": [(0, 0.01, "亿kWh/年")]},
    "TJ/a": {"en": [(0, 1, "TJ/a"), (1e4, 1e-3, "PJ/a")], "zh": [(0, 1, "TJ/年"), (1e4, 1e-3, "PJ/年")]},
    "kt/a": {"en": [(0, 1, "kt/a")], "zh": [(0, 0.1, "万t/年")]},
    "1/a": {"en": [(0, 100, "%")], "zh": [(0, 100, "%")]},
    "share": {"en": [(0, 100, "%")], "zh": [(0, 100, "%")]},
    "scale": {"en": [(0, 1, "×")], "zh": [(0, 1, "倍")]},
}
EXACT = Context(prec=400)  # no float has more digits before the point and three after it
NOTHING, MINUS = "–", "\u2212"
DIGITS = ((1000, 0), (100, 1), (10, 2), (0, 3))  # from a size on, digits after the point
LEVER_UNITS = {"MCNY": {"en": (1, "M CNY"), "zh": (0.01, "亿元")}}


def unit_kind(term: Term) -> str:
    """The key of UNITS for a term: shares of 1 are percent, scales are multiples.

    >>> from waterplan.base.vocabulary import term
    >>> unit_kind(term("sector_floor")), unit_kind(term("rollout_scale"))
    ('share', 'scale')
    """
    if term.unit == "1":
        return "scale" if term.name.endswith("_scale") else "share"
    return term.unit


def units(language: str) -> dict[str, list[list[object]]]:
    """The steps of every unit in a language."""
    return {kind: [list(step) for step in by_language[language]] for kind, by_language in UNITS.items()}


def lever_unit(term: Term, language: str) -> tuple[float, str]:
    """Factor and name of the unit in which a lever is moved: one for all its values."""
    kind = unit_kind(term)
    if kind in LEVER_UNITS:
        return LEVER_UNITS[kind][language]
    if kind in UNITS:
        _, factor, name = UNITS[kind][language][0]
        return factor, name
    return 1.0, term.unit


def fixed(size: float, places: int) -> str:
    """A size with so many digits after the point, thousands apart. Halves of the written number go up, as in school and
    in browsers (Python alone would round the binary number, and exact halves to even).

    >>> fixed(1000.5, 0), fixed(1.0005, 3), fixed(0.125, 2)
    ('1,001', '1.001', '0.13')
    """
    exact = Decimal(repr(float(size))).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, EXACT)
    return f"{exact:,f}"


def digits(value: float, most: int = 3) -> str:
    """A number in four digits, though none before the point is dropped; at most some after it, and a true minus.

    >>> digits(20406.13), digits(43.25), digits(-0.1816, 2), digits(-0.001, 2), digits(0.0), digits(float("nan"))
    ('20,406', '43.25', '−0.18', '0.00', '0', '–')
    """
    if not math.isfinite(value):
        return NOTHING
    if value == 0:
        return "0"
    size = abs(value)
    told = fixed(size, min(next(after for least, after in DIGITS if size >= least), most))
    return f"{MINUS}{told}" if value < 0 and told.strip("0.,") else told


def step_of(kind: str, value: float, language: str) -> tuple[float, str]:
    """Factor and name of the unit that suits the size of a canonical value; kind: a key of UNITS, or any unit.

    >>> step_of("hm3/a", 2000.0, "zh"), step_of("MCNY", 12000.0, "en")
    ((0.01, '亿m³'), (0.001, 'bn CNY'))
    """
    steps = UNITS[kind][language] if kind in UNITS else [(0.0, 1.0, kind)]
    fitting = [step for step in steps if abs(value) >= step[0]] or steps[:1]
    return fitting[-1][1], fitting[-1][2]


def quantity(kind: str, value: float, language: str, most: int = 3) -> tuple[str, str]:
    """Number and unit of a canonical value.

    >>> quantity("hm3/a", 2000.0, "en"), quantity("hm3/a", 2000.0, "zh"), quantity("MCNY/a", 432.4, "zh")
    (('2,000', 'hm³'), ('20.00', '亿m³'), ('43,240', '万元/年'))
    """
    factor, unit = step_of(kind, value, language)
    return digits(value * factor, most), unit


def amount(kind: str, value: float, language: str, most: int = 3) -> str:
    """Number and unit as one text.

    >>> amount("share", 0.098, "en", 1), amount("CNY/m3", 1.0822, "zh", 2)
    ('9.8%', '1.08 元/m³')
    """
    number, unit = quantity(kind, value, language, most)
    return f"{number}{unit}" if unit == "%" else f"{number} {unit}"
