"""Units at the door: what to multiply a written value by to get the canonical unit.

Inside waterplan every quantity stands in the unit of the data dictionary, so no factor appears anywhere. A unit is
read as products and quotients of parts; a part is a number or a word of scale (``10^4``, ``1e4``, ``万``, ``亿``,
``million``) before a unit (``t``, ``吨``, ``m3``, ``m³``, ``hm3``, ``CNY``, ``元``, ``kWh`` ...). A name that waterplan
does not know, such as the output unit of a product, is a unit of its own and converts to itself and its multiples.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from waterplan.base.errors import either
from waterplan.base.messages import Message

UNIT_LENGTH_MAX = 80
WHOLE_VOLUMES = (1.0, 1e6)  # hm3/a; a province's one industry, and more than the world's

SCALES = {
    "million": 1e6, "thousand": 1e3, "billion": 1e9,
    "十": 1e1, "百": 1e2, "千": 1e3, "万": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7, "亿": 1e8, "万亿": 1e12,
}  # fmt: skip

# word: (dimension, size in the first unit of that dimension)
WORDS: dict[str, tuple[str, float]] = {
    "m3": ("volume", 1.0), "hm3": ("volume", 1e6), "km3": ("volume", 1e9), "l": ("volume", 1e-3), "L": ("volume", 1e-3),
    "立方米": ("volume", 1.0), "方": ("volume", 1.0), "升": ("volume", 1e-3), "kL": ("volume", 1.0),
    "kl": ("volume", 1.0), "KL": ("volume", 1.0), "立方": ("volume", 1.0),
    "t": ("mass", 1.0), "kt": ("mass", 1e3), "Mt": ("mass", 1e6), "kg": ("mass", 1e-3), "g": ("mass", 1e-6),
    "tonne": ("mass", 1.0), "tonnes": ("mass", 1.0), "吨": ("mass", 1.0), "公斤": ("mass", 1e-3),
    "千克": ("mass", 1e-3),
    "kgCO2": ("mass", 1e-3), "tCO2": ("mass", 1.0), "gCO2": ("mass", 1e-6),
    "m": ("length", 1.0), "km": ("length", 1e3), "米": ("length", 1.0), "公里": ("length", 1e3),
    "CNY": ("money", 1.0), "RMB": ("money", 1.0), "yuan": ("money", 1.0), "元": ("money", 1.0),
    "MCNY": ("money", 1e6), "kCNY": ("money", 1e3), "分": ("money", 0.01), "角": ("money", 0.1), "USD": ("dollar", 1.0),
    "美元": ("dollar", 1.0),
    "MJ": ("energy", 1.0), "kJ": ("energy", 1e-3), "J": ("energy", 1e-6), "GJ": ("energy", 1e3), "TJ": ("energy", 1e6),
    "PJ": ("energy", 1e9), "Wh": ("energy", 3.6e-3), "kWh": ("energy", 3.6), "MWh": ("energy", 3.6e3),
    "GWh": ("energy", 3.6e6), "TWh": ("energy", 3.6e9), "千瓦时": ("energy", 3.6), "度": ("energy", 3.6),
    "兆焦": ("energy", 1.0), "吉焦": ("energy", 1e3), "千焦": ("energy", 1e-3), "焦": ("energy", 1e-6),
    "a": ("time", 1.0), "yr": ("time", 1.0), "year": ("time", 1.0), "years": ("time", 1.0), "年": ("time", 1.0),
    "%": ("", 1e-2), "‰": ("", 1e-3),
}  # fmt: skip

SHOWN = {  # what to offer where a unit is not understood, by the canonical one
    "hm3/a": ("万m³/a", "亿m³/a", "10^4 m3/a"),
    "CNY/a": ("万元/a", "亿元/a", "MCNY/a"),
    "t/a": ("万t/a", "10^4 t/a", "kt/a"),
    "CNY/m3": ("元/m³", "分/m³"),
    "CNY per m3/a": ("元 per m³/a", "元/(m³/a)"),
    "CNY/kWh": ("元/kWh", "CNY/MWh"),
    "kWh/m3": ("MWh/m3", "MJ/m3"),
    "MJ/m3": ("GJ/m3", "kWh/m3"),
    "CNY/MJ": ("元/GJ", "CNY/GJ"),
    "kg/kWh": ("t/MWh", "kgCO2/kWh"),
    "kg/MJ": ("t/GJ", "kgCO2/MJ"),
    "1": ("%",),
    "1/a": ("%/a",),
}

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_NUMBER = re.compile(
    r"(?:10\^(?P<power>[0-9]{1,2})(?![0-9])|(?P<plain>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?))\s*"
)
_SCALE = re.compile("|".join(sorted(map(re.escape, SCALES), key=len, reverse=True)))

Dimensions = dict[str, int]


class UnitError(ValueError):
    """A unit cannot be brought to the canonical one; ``message`` says which can."""

    def __init__(self, message: Message):
        super().__init__(message)
        self.message = message


@lru_cache(maxsize=4096)
def factor(unit: str, canonical: str) -> float:
    """What to multiply a value in ``unit`` by to get the ``canonical`` unit.

    Raises UnitError with units that are allowed.

    >>> factor("亿m³/a", "hm3/a"), factor("万t", "t"), factor("%", "1")
    (100.0, 10000.0, 0.01)
    """
    if unit == canonical:
        return 1.0
    allowed = _allowed(canonical)
    if not unit.strip():
        raise UnitError(Message("units.empty", allowed=allowed))
    if len(unit) > UNIT_LENGTH_MAX:
        raise UnitError(Message("units.too_long", signs=len(unit), allowed=allowed))
    goal, goal_dimensions = _read(canonical, frozenset())
    size, dimensions = _read(unit, frozenset(goal_dimensions))
    if set(goal_dimensions) - {"time"} and goal_dimensions.get("time") == -1 and "time" not in dimensions:
        dimensions = {**dimensions, "time": -1}
    bare = not dimensions and size != 1 and "%" not in unit and "‰" not in unit
    if dimensions != goal_dimensions or size <= 0 or bare:
        raise UnitError(Message("units.another_kind", unit=unit, canonical=canonical, allowed=allowed))
    return float(f"{size / goal:.15g}")


def _allowed(canonical: str) -> object:
    return either(list(dict.fromkeys([canonical, *SHOWN.get(canonical, ())])))


def _read(unit: str, own: frozenset[str]) -> tuple[float, Dimensions]:
    """Size and dimensions of a unit; ``own`` are names, unknown to waterplan, that the canonical unit uses."""
    text = re.sub(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: "10^" + found[1].translate(_SUPERSCRIPTS), unit)
    text = unicodedata.normalize("NFKC", text).strip().removeprefix("×").strip()
    whole = re.match(r"(.+?)\s+per\s+(.+)", text)
    if whole:
        return _divide(_read(whole[1], own), _read(whole[2], own))
    inside = re.fullmatch(r"([^()]+)/\(([^()]+)\)", text)
    if inside:
        return _divide(_read(inside[1], own), _read(inside[2], own))
    first, *rest = text.split("/")
    size, dimensions = _product(first, own)
    for part in rest:
        size, dimensions = _divide((size, dimensions), _product(part, own))
    return size, dimensions


def _divide(above: tuple[float, Dimensions], below: tuple[float, Dimensions]) -> tuple[float, Dimensions]:
    if not below[0]:
        return 0.0, {}
    dimensions = {name: above[1].get(name, 0) - below[1].get(name, 0) for name in {*above[1], *below[1]}}
    return above[0] / below[0], {name: power for name, power in dimensions.items() if power}


def _product(text: str, own: frozenset[str]) -> tuple[float, Dimensions]:
    """Size and dimensions of parts joined by a dot or a star."""
    size, dimensions = 1.0, dict[str, int]()
    for part in re.split(r"(?<!\d)[·*×]", text):
        part_size, name = _part(part.strip(), own)
        size *= part_size
        if name:
            dimensions[name] = dimensions.get(name, 0) + 1
    return size, dimensions


def _part(text: str, own: frozenset[str]) -> tuple[float, str]:
    """Size and dimension of a number or word of scale before a unit.

    >>> _part("10^4 t", frozenset())
    (10000.0, 'mass')
    """
    if not text:
        return 0.0, ""
    if text in own:
        return 1.0, text
    if text in WORDS:
        return WORDS[text][1], WORDS[text][0]
    number = _NUMBER.match(text)
    if number:
        size = 10.0 ** int(number["power"]) if number["power"] else float(number["plain"])
        rest = text[number.end() :].strip()
    elif scale := _SCALE.match(text):
        size, rest = SCALES[scale[0]], text[scale.end() :].strip()
    else:
        return 1.0, text
    if not rest:
        return size, ""
    further, name = _part(rest, own)
    return size * further, name


def whole_volume(withdrawal: float) -> float:
    """The volume that tolerances are shares of [hm3/a], of a study that withdraws so much: 1 hm3/a, and smaller or
    larger where the study is.

    >>> whole_volume(20000.0), whole_volume(0.25), whole_volume(4e6), whole_volume(0.0)
    (1.0, 0.25, 4.0, 1.0)
    """
    least, most = WHOLE_VOLUMES
    return withdrawal / min(max(withdrawal, least), most) if withdrawal > 0 else 1.0
