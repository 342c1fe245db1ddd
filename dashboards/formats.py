"""Units as people of each language write them, by size: from a canonical value on, a factor and a name."""

from __future__ import annotations

from waterplan.vocabulary import Term

Steps = list[tuple[float, float, str]]

UNITS: dict[str, dict[str, Steps]] = {
    "hm3/a": {"en": [(0, 1, "hm³")], "zh": [(0, 0.01, "亿m³")]},
    "MCNY": {"en": [(0, 1, "M CNY"), (1e4, 1e-3, "bn CNY")], "zh": [(0, 100, "万元"), (100, 0.01, "亿元")]},
    "MCNY/a": {"en": [(0, 1, "M CNY/a")], "zh": [(0, 100, "万元/年"), (1000, 0.01, "亿元/年")]},
    "CNY/m3": {"en": [(0, 1, "CNY/m³")], "zh": [(0, 1, "元/m³")]},
    "CNY/t": {"en": [(0, 1, "CNY/t")], "zh": [(0, 1, "元/t")]},
    "CNY/kWh": {"en": [(0, 1, "CNY/kWh")], "zh": [(0, 1, "元/kWh")]},
    "GWh/a": {"en": [(0, 1, "GWh/a")], "zh": [(0, 0.01, "亿kWh/年")]},
    "TJ/a": {"en": [(0, 1, "TJ/a"), (1e4, 1e-3, "PJ/a")], "zh": [(0, 1, "TJ/年"), (1e4, 1e-3, "PJ/年")]},
    "kt/a": {"en": [(0, 1, "kt/a")], "zh": [(0, 0.1, "万t/年")]},
    "1/a": {"en": [(0, 100, "%")], "zh": [(0, 100, "%")]},
    "share": {"en": [(0, 100, "%")], "zh": [(0, 100, "%")]},
    "scale": {"en": [(0, 1, "×")], "zh": [(0, 1, "倍")]},
}
LEVER_UNITS = {"MCNY": {"en": (1, "M CNY"), "zh": (0.01, "亿元")}}


def unit_kind(term: Term) -> str:
    """The key of UNITS for a term: shares of 1 are percent, scales are multiples.

    >>> from waterplan.vocabulary import term
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
