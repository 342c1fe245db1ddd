"""The columns of the template: heading, unit, meaning, and whether one must be filled in."""

from __future__ import annotations

from dataclasses import dataclass

from waterplan.base.texts import Texts
from waterplan.base.vocabulary import term
from waterplan.plants.records.headers import LAYOUTS, MARK, REQUIRED, TERM_OF, VOLUME, canonical_unit, label

PARTS = ("sites", "products", "technologies", "end_uses")  # sheets of a workbook
UNITS = {  # in which the template asks, by canonical unit; whoever counts otherwise changes the heading
    VOLUME: {"en": "m³", "zh": "万m³"},
    "CNY/a": {"en": "CNY", "zh": "万元"},
    "CNY/m3": {"en": "CNY/m³", "zh": "元/m³"},
    "CNY/kWh": {"en": "CNY/kWh", "zh": "元/kWh"},
    "CNY/MJ": {"en": "CNY/GJ", "zh": "元/GJ"},
}
OPEN = {"en": (" (", ")"), "zh": ("（", "）")}
SAID_APART = {"year": "template_year", "output_unit": "template_output_unit"}


@dataclass(frozen=True)
class Asked:
    """One column: its name in Records, the heading as the template writes it, and what stands in the guide.

    unit: "" where the cells are no amounts, or have the unit beside them. kind: as in headers.LAYOUTS.
    """

    name: str
    heading: str
    unit: str
    meaning: str
    required: bool
    kind: str


def asked(layout: str, language: str) -> list[Asked]:
    """The columns of a layout in the order of the template."""
    return [_asked(name, layout, language) for name in LAYOUTS[layout]]


def _asked(name: str, layout: str, language: str) -> Asked:
    kind = LAYOUTS[layout][name].removesuffix("?")
    unit = "" if kind != "number" or name == "output" else UNITS.get(canonical_unit(name), {}).get(language, "")
    opening, closing = OPEN[language]
    required = name in REQUIRED[layout] or name == "output_unit"  # reading also takes a unit in the heading
    heading = label(name, language) + (f"{opening}{unit}{closing}" if unit else "") + (MARK if required else "")
    if name in SAID_APART:
        meaning = Texts("plants", language)(SAID_APART[name])
    else:
        meaning = term(TERM_OF.get(name, name)).meaning(language)
    return Asked(name, heading, unit, meaning, required, kind)
