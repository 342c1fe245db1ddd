"""Levers as the words of a command line: ``saving_target=2500``, ``sector_floor.paper=.1``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from waterplan.base.errors import Problem, ScenarioError, must_be
from waterplan.base.messages import Message
from waterplan.base.toml_text import TomlError, read_toml
from waterplan.study.scenario.levers import EXCLUDED, OTHERS, shown

ORIGIN = "--set"
BEFORE_THE_POINT = re.compile(r"(?<![\w.])\.(?=[0-9])")
AFTER_THE_POINT = re.compile(r"(?<=[0-9])\.(?![0-9])")


def parse_setting(text: str) -> tuple[str, Any]:
    """A lever and its value from the words of a command line.

    Raises ScenarioError if it is not ``lever=value`` or ``lever.label=value``.

    >>> parse_setting("sector_floor.paper=.1"), parse_setting("saving_target=9000")
    (('sector_floor', {'paper': 0.1}), ('saving_target', 9000))
    """
    must_be(text, str, ORIGIN, Message("scenario.a_setting"), ScenarioError)
    name, equals, written = (part.strip() for part in text.partition("="))
    if not equals or not name or not written:
        message = Message("scenario.no_setting", given=shown(text))
        raise ScenarioError([Problem(ORIGIN, 0, "", message)])
    value = _value(written)
    lever, dot, label = name.partition(".")
    if lever == EXCLUDED and isinstance(value, str):
        value = [word.strip() for word in value.split(",")]
    return lever, {label: value} if dot else value


def _value(written: str) -> Any:
    """What is written, as TOML; numbers also as people write them (``.1``, ``1.``, digits of full width)."""
    plain = unicodedata.normalize("NFKC", written).replace("\N{MINUS SIGN}", "-")
    plain = AFTER_THE_POINT.sub(".0", BEFORE_THE_POINT.sub("0.", plain))
    for text in (written, plain):
        try:
            content = read_toml(f"value = {text}")
        except TomlError:
            continue
        if len(content) == 1:
            return content["value"]
    return written


def read_settings(settings: Iterable[str]) -> tuple[list[tuple[str, Any]], list[Problem]]:
    """Levers and values in their order, and what is wrong: no setting, or a lever or a label of it said twice."""
    found: list[tuple[str, Any]] = []
    problems: list[Problem] = []
    said: dict[str, set[str]] = {}
    for setting in settings:
        try:
            lever, value = parse_setting(setting)
        except ScenarioError as error:
            problems += error.problems
            continue
        before, now = said.setdefault(lever, set()), _labels(value)
        if before & now or (before and OTHERS in now):
            label = "" if OTHERS in now else f".{sorted(before & now)[0]}"
            problems.append(Problem(ORIGIN, 0, f"{lever}{label}", Message("scenario.said_twice")))
        before |= now
        found.append((lever, value))
    return found, problems


def _labels(value: Any) -> set[str]:
    """The labels that a value is for; OTHERS where it is for all, so that it leaves nothing of what was said before."""
    return set(map(str, value)) if isinstance(value, Mapping) else {OTHERS}
