"""The tables behind the cards of the Benchmark page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from waterplan.base import messages
from waterplan.base.errors import WaterplanError
from waterplan.base.messages import Message, in_language
from waterplan.base.texts import Texts
from waterplan.base.vocabulary import term, terms
from waterplan.study.tables.translations import cell_in

ROOM = "benchmark_page"
LABELLED = {"product": "products", "end_use": "end_uses", "technology": "technologies"}
STEPS = (
    "product", "end_use", "technology", "level", "capacity", "saving", "investment", "running_cost", "energy_cost",
    "charges_saved", "net_benefit", "annual_cost", "levelised_cost", "lifetime", "payback", "npv", "irr",
)  # fmt: skip
SAID = {"grade": ("grades", ROOM), "rank": (ROOM,), "place_basis": (ROOM,), "level": ("dashboard",)}  # where texts are
SWITCHES = ("estimate", "graded_on", "meets", "both_gain")
Columns = list[tuple[str, Sequence[Any]]]


def table(standing: Any, card: str, language: str) -> Columns:
    """The table behind a card. Raises KeyError for another card."""
    return TABLES[card](standing, language)


def _columns(frame: pd.DataFrame, names: Sequence[str], standing: Any, language: str) -> Columns:
    """Columns of a frame under their names in the language, labels of the study by name, missing cells empty."""
    return [
        (_heading(name, language), [_told(name, value, standing, language) for value in frame[name]])
        for name in names
        if name in frame
    ]


def _heading(name: str, language: str) -> str:
    """The page's own heading of a column, or the name of the data dictionary."""
    own = messages.catalogue(ROOM).get(f"col_{name}")
    if own is not None:
        return own[language]
    return term(name).label(language) if name in terms() else name


def _told(name: str, value: Any, standing: Any, language: str) -> Any:
    say = Texts(ROOM, language)
    if name in LABELLED:
        frame = getattr(standing.study, LABELLED[name])
        return str(frame.loc[value, f"name_{language}"]) if value in frame.index else str(value)
    if name in ("indicator", "from", "to", "missing"):
        parts = [part for part in str(value).split(", ") if part]
        return Texts("grades", language)("between").join(_flow_or_term(part, language) for part in parts)
    for room in SAID.get(name, ()):
        if f"{name}_{value}" in messages.catalogue(room):
            return Texts(room, language)(f"{name}_{value}")
    if name == "variant":
        return in_language(standing.study.variant_name(str(value)), language)
    if name == "reason":
        return value.text(language)
    if name in SWITCHES:
        return None if pd.isna(value) else say("is_so" if value else "is_not_so")
    if isinstance(value, tuple):
        return "; ".join(value)
    if not isinstance(value, str) and pd.isna(value):
        return None
    return value if isinstance(value, str) else float(value)


def _flow_or_term(name: str, language: str) -> str:
    own = messages.catalogue(ROOM).get(f"flow_{name}")
    return own[language] if own else term(name).label(language)


def _ladder(standing: Any, language: str) -> Columns:
    names = ("product", "variant", "rank", "norm", "edition", "grade", "value", "unit", "estimate", "graded_on",
             "meets", "gap", "gap_volume", "basis", "checked")  # fmt: skip
    told = {
        name: [cell_in(row, name, language) for _, row in standing.ladder.iterrows()] for name in ("variant", "norm")
    }
    return _columns(standing.ladder.assign(**told), names, standing, language)


def _places(standing: Any, language: str) -> Columns:
    frame = standing.places.rename(columns={"basis": "place_basis"})
    names = ("product", "route", "percentile", "lower", "upper", "place_basis", "count", "reason")
    return _columns(frame, names, standing, language)


def _indicators(standing: Any, language: str) -> Columns:
    frame = standing.indicators.reset_index()
    columns = _columns(frame, ("indicator", "value", "missing"), standing, language)
    found = [term(str(name)) for name in frame["indicator"]]
    unit = (_heading("unit", language), [one.unit for one in found])
    return [*columns, unit, (_heading("meaning", language), [one.meaning(language) for one in found])]


def _balance(standing: Any, language: str) -> Columns:
    frame = standing.flows.rename(columns={"source": "from", "target": "to"})
    return _columns(frame, ("from", "to", "volume"), standing, language)


def _steps(standing: Any, language: str) -> Columns:
    if standing.plan is None:
        raise WaterplanError(standing.plan_fault)
    return _columns(standing.plan.steps, STEPS, standing, language)


def _curve(standing: Any, language: str) -> Columns:
    if standing.curve is None:
        raise WaterplanError(standing.plan_fault)
    names = ("saving", "price", "annual_cost", "investment", "added")
    return _columns(standing.curve, names, standing, language)


def _contract(standing: Any, language: str) -> Columns:
    if standing.contract is None:
        raise WaterplanError(Message("benchmark_page.no_contract"))
    frame = standing.contract.reset_index().rename(columns={"lower": "share_lower", "upper": "share_upper"})
    return _columns(frame, ("term", "share_lower", "share_upper", "both_gain"), standing, language)


TABLES = {
    "ladder": _ladder, "places": _places, "indicators": _indicators, "balance": _balance, "plan": _steps,
    "curve": _curve, "contract": _contract,
}  # fmt: skip
