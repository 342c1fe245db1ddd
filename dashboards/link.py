"""The address of a view: the whole scenario in the query of the URL, versioned and readable, and safe to open.

``?v=1&page=plan&lang=zh&theme=dark&f=reference&saving_target=2500&sector_floor=paper:0.1,food:0.05&x=mvr_evaporation``.
Levers that stand at their default are left out; ``f`` names the shipped scenario whose title it bears (others write the
title, ``t`` and ``tz``); overrides are packed in ``set``; each pinned scenario is one ``pin`` with the same content.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from waterplan import Scenario, Study
from waterplan.errors import WaterplanError
from waterplan.vocabulary import of_kind

from .state import LANGUAGES, PAGES, PINS_MAX, THEMES, State

Shipped = Mapping[str, Scenario]
VERSION = "1"
LINK_MAX, PACKED_MAX = 24_000, 60_000
VIEW = ("v", "page", "lang", "theme", "pin")
LEVERS = {lever.name: lever for lever in of_kind("lever") if lever.name != "excluded"}


class LinkError(WaterplanError):
    """An address that holds no scenario of this study."""


def encode_scenario(scenario: Scenario, shipped: Shipped) -> str:
    """A scenario as a query string."""
    names = [name for name, known in shipped.items() if _words(known) == _words(scenario)]
    titles = [("f", names[0])] if names else [("t", scenario.title), ("tz", scenario.title_zh)]
    query: list[tuple[str, str]] = [(key, text) for key, text in titles if text]
    for name, value in scenario.levers.items():
        query.append((name, _written(value)))
    if scenario.exclude:
        query.append(("x", ",".join(scenario.exclude)))
    if scenario.overrides:
        content = json.dumps([o.as_mapping() for o in scenario.overrides], ensure_ascii=False, separators=(",", ":"))
        query.append(("set", base64.urlsafe_b64encode(zlib.compress(content.encode(), 9)).decode().rstrip("=")))
    return urlencode(query, safe=":,*")


def _words(scenario: Scenario) -> tuple[str, ...]:
    return (scenario.title, scenario.title_zh, scenario.why, scenario.why_zh)


def decode_scenario(query: str, study: Study, shipped: Shipped) -> Scenario:
    """The scenario of such a query. Raises LinkError if it is damaged or does not fit the study."""
    try:
        return _scenario(dict(parse_qsl(query, max_num_fields=64)), study, shipped)
    except ValueError as error:
        raise LinkError(str(error)) from None


def scenario_of(query: str, study: Study, shipped: Shipped) -> Scenario:
    """The scenario of the query of a whole view. Raises LinkError if it is damaged or does not fit the study."""
    if len(query) > LINK_MAX:
        raise LinkError(f"{len(query)} signs; {LINK_MAX} is the most.")
    try:
        pairs = dict(parse_qsl(query, max_num_fields=128))
    except ValueError as error:
        raise LinkError(str(error)) from None
    return _scenario({key: value for key, value in pairs.items() if key not in VIEW}, study, shipped)


def encode(state: State, shipped: Shipped) -> str:
    """The query of a whole view."""
    view = [("v", VERSION), ("page", state.page), ("lang", state.language), ("theme", state.theme)]
    pins = [("pin", encode_scenario(pin, shipped)) for pin in state.pins]
    parts = (urlencode(view), encode_scenario(state.scenario, shipped), urlencode(pins))
    return "&".join(part for part in parts if part)


def decode(query: str, state: State, shipped: Shipped) -> None:
    """Puts a view into a state. Raises LinkError if the query is damaged; then nothing but harmless parts is taken."""
    if not query:
        return
    if len(query) > LINK_MAX:
        raise LinkError(f"{len(query)} signs; {LINK_MAX} is the most.")
    try:
        pairs = parse_qsl(query, max_num_fields=128)
    except ValueError as error:
        raise LinkError(str(error)) from None
    given = dict(pairs)
    for key, name, allowed in (("lang", "language", LANGUAGES), ("theme", "theme", THEMES), ("page", "page", PAGES)):
        if given.get(key) in allowed:
            setattr(state, name, given[key])
    pins = [value for key, value in pairs if key == "pin"]
    rest = {key: value for key, value in given.items() if key not in VIEW}
    if not rest and not pins:
        return
    if given.get("v") != VERSION:
        raise LinkError(f"version {given.get('v', '?')[:20]!r}; this is version {VERSION}.")
    scenario = _scenario(rest, state.study, shipped)
    pinned = [decode_scenario(pin, state.study, shipped) for pin in pins[:PINS_MAX]]
    state.scenario = state.origin = scenario
    state.pins = pinned


def _scenario(given: Mapping[str, str], study: Study, shipped: Shipped) -> Scenario:
    unknown = [key for key in given if key not in LEVERS and key not in ("f", "t", "tz", "x", "set")]
    if unknown:
        raise LinkError(f"{unknown[0][:40]!r} is not known.")
    title, title_zh, why, why_zh = _words(shipped[given["f"]]) if given.get("f") in shipped else (
        given.get("t", ""), given.get("tz", ""), "", "")  # fmt: skip
    try:
        content: dict[str, Any] = {
            "title": {"en": title, **({"zh": title_zh} if title_zh else {})},
            "why": {"en": why, **({"zh": why_zh} if why_zh else {})},
            "levers": {name: _read(name, given[name]) for name in LEVERS if name in given},
        }
        if given.get("x"):
            content["exclude"] = given["x"].split(",")
        if given.get("set"):
            content["set"] = _unpacked(given["set"])
        scenario = Scenario.from_mapping(content, "link")
        scenario.check(study)
    except WaterplanError as error:
        raise LinkError(str(error)) from None
    except (ValueError, TypeError, KeyError, RecursionError, zlib.error) as error:
        raise LinkError(f"damaged ({type(error).__name__}).") from None
    return scenario


def _written(value: Any) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{label}:{_written(item)}" for label, item in value.items())
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _read(name: str, text: str) -> Any:
    if ":" in text:
        return {label: _value(item) for label, item in (part.split(":", 1) for part in text.split(","))}
    return _value(text)


def _value(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text)
    except ValueError:
        return text


def _unpacked(text: str) -> Any:
    packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    reader = zlib.decompressobj()
    content = reader.decompress(packed, PACKED_MAX)
    if reader.unconsumed_tail or not reader.eof:
        raise ValueError("too long")
    return json.loads(content)
