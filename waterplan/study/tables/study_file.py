"""study.toml: title, years, currency, and the lever defaults that belong to a study."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from waterplan.base.errors import suggest
from waterplan.base.messages import Message
from waterplan.base.plain_files import TooLargeError, why_unreadable
from waterplan.base.toml_text import TomlError, read_toml
from waterplan.base.vocabulary import Meaning, Term, of_kind
from waterplan.study.tables.path_faults import not_a_file
from waterplan.study.tables.schema import TEXT_LENGTH_MAX
from waterplan.study.tables.sheet import Findings, read_text

FILE = "study.toml"
BYTES_MAX = 64 * 1024
YEARS = (1900, 2200)
HORIZON_MAX = 100
CURRENCY = "CNY"
TEXTS = ("title", "title_zh", "description", "description_zh", "currency")
YEAR_KEYS = ("base_year", "target_year", "price_year")
REQUIRED = ("title", *YEAR_KEYS, "currency", "levers")

Settings = dict[str, Any]


def read_settings(path: Path, findings: Findings) -> Settings | None:
    """The checked content of a study.toml; None, and why in findings, if anything in it is wrong."""
    if not not_a_file(path) and path.stat().st_size > BYTES_MAX:
        too_large = TooLargeError()
        too_large.size, too_large.most = path.stat().st_size, BYTES_MAX
        findings.add(Message("tables.settings_too_large", fault=why_unreadable(too_large)))
        return None
    text = read_text(path, findings)
    if text is None:
        return None
    try:
        settings = read_toml(text)
    except TomlError as error:
        findings.add(Message("files.toml", reason=error.message), error.line)
        return None
    before = len(findings.problems)
    lines = text.splitlines()
    _check_keys(settings, lines, findings)
    levers = settings.get("levers", {})
    if isinstance(levers, dict):
        _check_levers(levers, lines, findings)
    elif "levers" in settings:
        findings.add(Message("tables.levers_no_table", given=_shown(levers)), 0, "levers")
    return settings if len(findings.problems) == before else None


def _check_keys(settings: Settings, lines: list[str], findings: Findings) -> None:
    for key in REQUIRED:
        if key not in settings:
            near = suggest(key, [other for other in settings if other not in (*TEXTS, *YEAR_KEYS, "levers")])
            findings.add(Message("tables.setting_missing", near=near, needed=REQUIRED), 0, key)
    for key, value in settings.items():
        row = _line(key, lines)
        if key in TEXTS:
            if not isinstance(value, str) or not value.strip() or len(value) > TEXT_LENGTH_MAX:
                findings.add(Message("tables.setting_text", given=_shown(value), most=TEXT_LENGTH_MAX), row, key)
        elif key in YEAR_KEYS:
            if type(value) is not int or not YEARS[0] <= value <= YEARS[1]:
                years = {"first": YEARS[0], "last": YEARS[1]}
                findings.add(Message("tables.setting_year", given=_shown(value), **years), row, key)
        elif key != "levers":
            known = (*TEXTS, *YEAR_KEYS, "levers")
            findings.add(Message("tables.no_setting", near=suggest(key, known), known=known), row, key)
    base, target = settings.get("base_year"), settings.get("target_year")
    if type(base) is int and type(target) is int and not 1 <= target - base <= HORIZON_MAX:
        message = Message("tables.target_year", given=_shown(target), most=HORIZON_MAX, base=_shown(base))
        findings.add(message, _line("target_year", lines), "target_year")
    currency = settings.get("currency")
    if isinstance(currency, str) and currency.strip() and currency != CURRENCY:
        message = Message("tables.currency", given=_shown(currency), counted=CURRENCY)
        findings.add(message, _line("currency", lines), "currency")


def _check_levers(levers: Settings, lines: list[str], findings: Findings) -> None:
    known = {term.name: term for term in of_kind("lever")}
    needed = [name for name, term in known.items() if term.default is None]
    for name in needed:
        if name not in levers:
            findings.add(Message("tables.default_missing", meaning=Meaning(known[name])), 0, name)
    for name, value in levers.items():
        row = _line(name, lines)
        if name not in known:
            findings.add(Message("tables.no_lever", near=suggest(name, known)), row, name)
        elif message := _wrong_default(known[name], value):
            findings.add(Message("tables.wrong_default", given=_shown(value), message=message), row, name)


def _wrong_default(lever: Term, value: object) -> Message | None:
    """What is wrong with a value as the default of a lever, or None."""
    if set(lever.choices) == {"true", "false"}:
        return None if isinstance(value, bool) else Message("tables.true_or_false")
    if lever.choices:
        return None if value in lever.choices else Message("tables.allowed", allowed=lever.choices)
    if lever.default == "none" and value == "none":
        return None
    if lever.name == "excluded" or isinstance(value, bool) or not isinstance(value, int | float):
        return Message("tables.one_number")
    lower = -float("inf") if lever.lower is None else lever.lower
    upper = float("inf") if lever.upper is None else lever.upper
    if not lower <= value <= upper or abs(value) == float("inf"):
        unit = "" if lever.unit == "1" else f" {lever.unit}"
        return Message("tables.allowed_span", lower=f"{lower:g}", upper=f"{upper:g}", unit=unit)
    return None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _line(key: str, lines: list[str]) -> int:
    """The line where a key is set, 0 if it is not found."""
    pattern = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
    return next((number for number, line in enumerate(lines, start=1) if pattern.match(line)), 0)
