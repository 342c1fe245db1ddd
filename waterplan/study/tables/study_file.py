"""study.toml: title, years, currency, and the lever defaults that belong to a study."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from waterplan.base.errors import suggest
from waterplan.base.toml_text import TomlError, read_toml
from waterplan.base.vocabulary import Term, of_kind
from waterplan.study.tables.path_faults import not_a_file
from waterplan.study.tables.schema import TEXT_LENGTH_MAX
from waterplan.study.tables.sheet import Findings, read_text

FILE = "study.toml"
BYTES_MAX = 64 * 1024
YEARS = (1900, 2200)
HORIZON_MAX = 100
CURRENCY = "CNY"
TEXTS = ("title", "description", "currency")
YEAR_KEYS = ("base_year", "target_year", "price_year")
REQUIRED = ("title", *YEAR_KEYS, "currency", "levers")

Settings = dict[str, Any]


def read_settings(path: Path, findings: Findings) -> Settings | None:
    """The checked content of a study.toml; None, and why in findings, if anything in it is wrong."""
    if not not_a_file(path) and path.stat().st_size > BYTES_MAX:
        findings.add(f"more than {BYTES_MAX // 1024} KiB; it holds a title, years and lever defaults only.")
        return None
    text = read_text(path, findings)
    if text is None:
        return None
    try:
        settings = read_toml(text)
    except TomlError as error:
        findings.add(f"not TOML: {error}.", error.line)
        return None
    before = len(findings.problems)
    lines = text.splitlines()
    _check_keys(settings, lines, findings)
    levers = settings.get("levers", {})
    if isinstance(levers, dict):
        _check_levers(levers, lines, findings)
    elif "levers" in settings:
        findings.add(f"got {levers!r}. Write a table: [levers], and below it saving_target = 2000.", 0, "levers")
    return settings if len(findings.problems) == before else None


def _check_keys(settings: Settings, lines: list[str], findings: Findings) -> None:
    for key in REQUIRED:
        if key not in settings:
            near = suggest(key, [other for other in settings if other not in (*TEXTS, *YEAR_KEYS, "levers")])
            findings.add(f"missing.{near} study.toml needs {', '.join(REQUIRED)}.", 0, key)
    for key, value in settings.items():
        row = _line(key, lines)
        if key in TEXTS:
            if not isinstance(value, str) or not value.strip() or len(value) > TEXT_LENGTH_MAX:
                findings.add(f"got {_shown(value)}. Write a text of at most {TEXT_LENGTH_MAX} characters.", row, key)
        elif key in YEAR_KEYS:
            if type(value) is not int or not YEARS[0] <= value <= YEARS[1]:
                findings.add(
                    f"got {_shown(value)}. Write a year, a whole number from {YEARS[0]} to {YEARS[1]}.", row, key
                )
        elif key != "levers":
            known = (*TEXTS, *YEAR_KEYS, "levers")
            findings.add(f"no such setting.{suggest(key, known)} Known: {', '.join(known)}.", row, key)
    base, target = settings.get("base_year"), settings.get("target_year")
    if type(base) is int and type(target) is int and not 1 <= target - base <= HORIZON_MAX:
        message = f"got {_shown(target)}. It lies 1 to {HORIZON_MAX} years after base_year {_shown(base)}."
        findings.add(message, _line("target_year", lines), "target_year")
    currency = settings.get("currency")
    if isinstance(currency, str) and currency.strip() and currency != CURRENCY:
        message = f"got {_shown(currency)}. Money is counted in {CURRENCY}: convert the tables, and say the rate in the"
        findings.add(f"{message} sources.", _line("currency", lines), "currency")


def _check_levers(levers: Settings, lines: list[str], findings: Findings) -> None:
    known = {term.name: term for term in of_kind("lever")}
    needed = [name for name, term in known.items() if term.default is None]
    for name in needed:
        if name not in levers:
            findings.add(
                f"missing under [levers]. Its default belongs to the study: {known[name].meaning_en}.", 0, name
            )
    for name, value in levers.items():
        row = _line(name, lines)
        if name not in known:
            findings.add(f"not a lever.{suggest(name, known)} waterplan describe --kind lever lists them.", row, name)
        elif message := _wrong_default(known[name], value):
            findings.add(f"got {_shown(value)}. {message}", row, name)


def _wrong_default(lever: Term, value: object) -> str | None:
    """What is wrong with a value as the default of a lever, or None."""
    if set(lever.choices) == {"true", "false"}:
        return None if isinstance(value, bool) else "Write true or false."
    if lever.choices:
        return None if value in lever.choices else f"Allowed: {', '.join(lever.choices)}."
    if lever.default == "none" and value == "none":
        return None
    if lever.name == "excluded" or isinstance(value, bool) or not isinstance(value, int | float):
        return "A default is one number for all labels; write what differs by label in a scenario."
    lower = -float("inf") if lever.lower is None else lever.lower
    upper = float("inf") if lever.upper is None else lever.upper
    if not lower <= value <= upper or abs(value) == float("inf"):
        return f"Allowed: {lower:g} to {upper:g} {lever.unit}.".replace(" 1.", ".")
    return None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _line(key: str, lines: list[str]) -> int:
    """The line where a key is set, 0 if it is not found."""
    pattern = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
    return next((number for number, line in enumerate(lines, start=1) if pattern.match(line)), 0)
