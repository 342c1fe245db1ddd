"""The address of a view: the whole scenario in the query of the URL, versioned and readable, and safe to open.

``?v=1&page=plan&lang=zh&theme=dark&f=reference&saving_target=2500&sector_floor=paper:0.1,food:0.05&x=mvr_evaporation``.
Levers that stand at their default are left out; ``f`` names the shipped scenario whose words it bears (others write
title and reason, ``t``, ``tz``, ``w`` and ``wz``); overrides are packed in ``set``; each pinned scenario is one ``pin``
with the same content. A scenario that is too large is not cut: the address says ``too_large=1``, and the page says so.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from waterplan import Scenario, Study
from waterplan.base.errors import WaterplanError
from waterplan.base.messages import Message
from waterplan.base.vocabulary import of_kind

from .packed import TOGETHER_MAX, TooManyError, Unpacking, pack
from .state import LANGUAGES, PAGES, PINS_MAX, THEMES, State

Shipped = Mapping[str, Scenario]
VERSION = "1"
LINK_MAX = 24_000  # signs; browsers and servers take more, not all of them much more
FIELDS_MAX = 128
VIEW = ("v", "page", "lang", "theme", "pin", "too_large")
WORDS = {"t": "title", "tz": "title_zh", "w": "why", "wz": "why_zh"}
NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?", re.ASCII)  # as we write one
LEVERS = {lever.name: lever for lever in of_kind("lever") if lever.name != "excluded"}


class LinkError(WaterplanError):
    """An address that holds no scenario of this study. notice: what the page says."""

    notice = "notice_link"


class TooLargeError(LinkError):
    """A scenario that no address can have, or an address that says so."""

    notice = "notice_link_too_large"


def encode_scenario(scenario: Scenario, shipped: Shipped) -> str:
    """A scenario as a query string. Raises LinkError where it is more than an address may have."""
    words = _words(scenario)
    names = [name for name, known in shipped.items() if _words(known) == words]
    query = [("f", names[0])] if names else [(key, words[name]) for key, name in WORDS.items() if words[name]]
    query = query or [("t", "")]  # without words it is still another scenario than none
    for name, value in scenario.levers.items():
        query.append((name, _written(value)))
    if scenario.exclude:
        query.append(("x", ",".join(scenario.exclude)))
    if scenario.overrides:
        query.append(("set", _packed(scenario)))
    return _sized(urlencode(query, safe=":,*"))


def _packed(scenario: Scenario) -> str:
    try:
        return pack(scenario.overrides)
    except TooManyError as error:
        raise TooLargeError(error.args[0]) from None


def _sized(query: str) -> str:
    """A query that an address can have. Raises LinkError."""
    if len(query) > LINK_MAX:
        raise TooLargeError(Message("link.too_long", signs=len(query), most=LINK_MAX))
    return query


def _words(scenario: Scenario) -> dict[str, str]:
    return {name: getattr(scenario, name) for name in WORDS.values()}


def decode_scenario(query: str, study: Study, shipped: Shipped, unpacking: Unpacking | None = None) -> Scenario:
    """The scenario of such a query. Raises LinkError if it is damaged or does not fit the study."""
    return _scenario(dict(_pairs(query)), study, shipped, unpacking or Unpacking())


def _pairs(query: str) -> list[tuple[str, str]]:
    """Keys and values of a query that is not too long; an empty value says nothing but no title. Raises LinkError."""
    try:
        pairs = parse_qsl(_sized(query), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except (TooLargeError, ValueError) as error:
        raise LinkError(error) from None
    _check_once(key for key, _ in pairs if key != "pin")
    return [(key, value) for key, value in pairs if value or key == "t"]


def _check_once(keys: Iterable[str]) -> None:
    """Raises LinkError for what is said twice: of two values neither is meant more than the other."""
    twice = [key for key, count in Counter(keys).items() if count > 1]
    if twice:
        raise LinkError(Message("link.twice", key=repr(twice[0][:40])))


def scenario_of(query: str, study: Study, shipped: Shipped, unpacking: Unpacking | None = None) -> Scenario:
    """The scenario of the query of a whole view. Raises LinkError if it is damaged or does not fit the study.

    unpacking: of the message that brings it, where that brings more.
    """
    pairs = dict(_pairs(query))
    if "too_large" in pairs:
        raise TooLargeError("")
    given = {key: value for key, value in pairs.items() if key not in VIEW}
    return _scenario(given, study, shipped, unpacking or Unpacking())


def encode(state: State, shipped: Shipped) -> tuple[str, str]:
    """The query of a whole view, and what it cannot hold: "" (nothing), "pins" or "scenario"."""
    view = urlencode([("v", VERSION), ("page", state.page), ("lang", state.language), ("theme", state.theme)])
    try:
        alone = _sized(_joined(view, encode_scenario(state.scenario, shipped)))
    except TooLargeError:
        return f"{view}&too_large=1", "scenario"
    together = {id(one.overrides): len(one.overrides) for one in (state.scenario, *state.pins)}
    if sum(together.values()) > TOGETHER_MAX:
        return alone, "pins"
    try:
        pins = urlencode([("pin", encode_scenario(pin, shipped)) for pin in state.pins])
        return _sized(_joined(alone, pins)), ""
    except TooLargeError:
        return alone, "pins"


def encode_step(scenario: Scenario, shipped: Shipped) -> str:
    """A step for the browser to keep; one that is too large says so, and is not given back."""
    try:
        return encode_scenario(scenario, shipped)
    except TooLargeError:
        return "too_large=1"


def addresses(state: State, shipped: Shipped) -> dict[str, str]:
    """For the page: the address of the view, what that cannot hold, and what was opened."""
    query, unlinked = encode(state, shipped)
    return {"link": query, "unlinked": unlinked, "origin": encode_step(state.origin, shipped)}


def look(query: str, state: State) -> None:
    """Takes language, theme and page of an address, which is quickly done; of a damaged one nothing."""
    with suppress(LinkError):
        _look(dict(_pairs(query)), state)


def _look(given: Mapping[str, str], state: State) -> None:
    for key, name, allowed in (("lang", "language", LANGUAGES), ("theme", "theme", THEMES), ("page", "page", PAGES)):
        if given.get(key) in allowed:
            setattr(state, name, given[key])


def _joined(*parts: str) -> str:
    return "&".join(part for part in parts if part)


def decode(query: str, state: State, shipped: Shipped) -> None:
    """Puts a view into a state. Raises LinkError if the query is damaged; then nothing but harmless parts is taken."""
    if not query:
        return
    pairs = _pairs(query)
    given = dict(pairs)
    _look(given, state)
    if "too_large" in given:
        raise TooLargeError("")
    pins = [value for key, value in pairs if key == "pin"]
    rest = {key: value for key, value in given.items() if key not in VIEW}
    if not rest and not pins:
        return
    if given.get("v") != VERSION:
        raise LinkError(Message("link.version", given=repr(given.get("v", "?")[:20]), version=VERSION))
    unpacking = Unpacking()
    scenario = _scenario(rest, state.study, shipped, unpacking)
    pinned = [decode_scenario(pin, state.study, shipped, unpacking) for pin in pins[:PINS_MAX]]
    state.scenario = state.origin = scenario
    state.pins = pinned


def _scenario(given: Mapping[str, str], study: Study, shipped: Shipped, unpacking: Unpacking) -> Scenario:
    unknown = [key for key in given if key not in LEVERS and key not in ("f", *WORDS, "x", "set")]
    if unknown:
        raise LinkError(Message("link.unknown", key=repr(unknown[0][:40])))
    words = {name: given.get(key, "") for key, name in WORDS.items()}
    if "f" in given:  # a scenario that this server does not know leaves its name
        words = _words(shipped[given["f"]]) if given["f"] in shipped else {**words, "title": given["f"]}
    try:
        content: dict[str, Any] = {
            **{name: {"en": words[name], "zh": words[f"{name}_zh"]} for name in ("title", "why")},
            "levers": {name: _read(name, given[name]) for name in LEVERS if name in given},
        }
        if given.get("x"):
            content["exclude"] = given["x"].split(",")
        scenario = Scenario.from_mapping(content, "link", is_saved=True)
        if given.get("set"):
            scenario = replace(scenario, overrides=unpacking.overrides(given["set"]))
        scenario.check(study)
    except (WaterplanError, TooManyError) as error:
        raise LinkError(error.args[0] if isinstance(error, TooManyError) else error) from None
    except (ValueError, TypeError, KeyError, RecursionError, zlib.error):
        raise LinkError(Message("link.damaged")) from None
    return scenario


def _written(value: Any) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{label}:{_written(item)}" for label, item in value.items())
    if isinstance(value, bool):
        return str(value).lower()
    short = f"{value:.12g}" if isinstance(value, float) else str(value)
    return short if not isinstance(value, float) or float(short) == value else repr(value)


def _read(name: str, text: str) -> Any:
    if ":" not in text:
        return _value(text)
    parts = [part.split(":", 1) for part in text.split(",")]
    _check_once(f"{name} of {label}" for label, _ in parts)
    return {label: _value(item) for label, item in parts}


def _value(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    return float(text) if NUMBER.fullmatch(text) else text
