"""Checks every cell of a table by the kind of its column (schema.py): all problems at once, nothing guessed.

Plain arrays, not pandera: a check works on the different texts of a column (a few hundred) instead of on its
thousands of rows, and a message wants what a schema library does not carry: the line in the file (a quoted note may
span several), the nearest name, the unit as written. Reading and checking the whole shipped study takes about as long
as importing pandera.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from waterplan.base.errors import suggest
from waterplan.study.tables.schema import CATALOGUE_OF, CHOICES, LABEL_LENGTH_MAX, TEXT_LENGTH_MAX, Table
from waterplan.study.tables.sheet import Findings, Mask, Sheet

Labels = Mapping[str, Sequence[str] | None]

FAULTS_IN_A_COLUMN_MAX = 100
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
LABEL = re.compile(r"\w[\w.-]*")
WHOLE_NUMBERS = {"year": (1900, 2200), "whole": (0, 1000)}


def check_cells(sheet: Sheet, labels: Labels, variables: Sequence[str], findings: Findings) -> None:
    """Checks every cell by the kind of its column; fills sheet.numbers, marks unsound records, repairs labels.

    labels: what each catalogue lists (None: not known, its labels are then not checked). variables: of this table.
    """
    readable = sheet.sound.copy()
    for name, kind in sheet.table.columns.items():
        if name in sheet.missing:
            if kind == "number":
                sheet.sound[:] = False
                sheet.numbers[name] = np.full(len(sheet), np.nan)
            continue
        codes, texts = pd.factorize(sheet.columns[name])
        explain = _explainer(kind.removesuffix("?"), labels, variables, sheet.table)
        wrong: dict[int, str] = {}
        for code, text in enumerate(texts):
            if not text:
                if not kind.endswith("?"):
                    wrong[code] = _empty(name, kind)
            elif (message := explain(text)) is not None:
                wrong[code] = message
                if len(wrong) == FAULTS_IN_A_COLUMN_MAX:
                    findings.add("more than a hundred different faults; the rest is not listed.", 0, name)
                    break
        for code, message in wrong.items():
            at = (codes == code) & readable
            findings.add_rows(sheet.row[at], name, message)
            sheet.sound[at] = False
        _repair(sheet, name, kind, labels, variables, {texts[code] for code in wrong})
        if kind.removesuffix("?") in ("number", *WHOLE_NUMBERS):
            size = np.array([_number(text) for text in texts] or [np.nan])
            sheet.numbers[name] = size[codes] if len(codes) else np.empty(0)
    _check_keys(sheet, readable, findings)


def _check_keys(sheet: Sheet, readable: Mask, findings: Findings) -> None:
    """No two records have the same keys."""
    seen: dict[tuple[str, ...], int] = {}
    keys = [sheet.columns[name] for name in sheet.table.keys]
    whole = readable & ~sheet.guessed
    for number, key in enumerate(zip(*keys, strict=True)):
        if not whole[number] or not key[0]:
            continue
        first = seen.setdefault(key, number)
        if first != number:
            named = ", ".join(part for part in key if part)
            message = f"the same {', '.join(sheet.table.keys)} as in row {sheet.row[first]} ({named}). Leave one."
            findings.add(message, int(sheet.row[number]), sheet.table.keys[0])
            sheet.sound[number] = False


def _repair(sheet: Sheet, name: str, kind: str, labels: Labels, variables: Sequence[str], wrong: set[str]) -> None:
    known = variables if kind == "variable" else labels.get(kind.removesuffix("?").removeprefix("of "))
    if known is None or not wrong or kind.removesuffix("?") == "of sources":
        return
    near = {text: found[0] for text in wrong if (found := re.findall(r'"(.*)"', suggest(text, known)))}
    sheet.guessed |= np.isin(sheet.columns[name], list(wrong))
    sheet.columns[name] = np.array([near.get(text, text) for text in sheet.columns[name]], dtype=object)


def _empty(name: str, kind: str) -> str:
    if kind == "of sources":
        return (
            "empty. Give a key of sources.csv; if it is your estimate, add a source that says how, "
            'and set basis to "assumed".'
        )
    if kind == "number":
        return 'empty. Missing never means zero: write a number (value, low and high may be equal), or "0".'
    if kind == "unit":
        return 'empty. Write the unit; "1" is the unit of shares.'
    if kind in CHOICES:
        return f"empty. Allowed: {', '.join(CHOICES[kind])}."
    return f"empty. Every row needs its {name}."


def _explainer(kind: str, labels: Labels, variables: Sequence[str], table: Table) -> Callable[[str], str | None]:
    """A function that says what is wrong with a text in a column of a kind, or None."""
    if kind.startswith("of "):
        catalogue = kind.removeprefix("of ")
        key = {other: name for name, other in CATALOGUE_OF.items()}.get(catalogue, "source")
        article = "an" if key[0] in "aeiou" else "a"
        return _one_of(labels.get(catalogue), f"is not {article} {key}.", f"The list is {catalogue}.csv.")
    if kind == "variable":
        return _one_of(variables, f"is not a variable of {table.file}.", f"Allowed: {', '.join(variables)}.")
    if kind in CHOICES:
        return _one_of(CHOICES[kind], "is not allowed.", f"Allowed: {', '.join(CHOICES[kind])}.")
    checks: dict[str, Callable[[str], str | None]] = {
        "label": _wrong_label,
        "number": _wrong_number,
        "flag": lambda text: None if text in ("0", "1") else f'got "{_short(text)}". Write 1 for yes, 0 for no.',
    }
    return checks.get(kind) or (_wrong_whole(*WHOLE_NUMBERS[kind]) if kind in WHOLE_NUMBERS else _wrong_text)


def _one_of(known: Sequence[str] | None, wrong: str, allowed: str) -> Callable[[str], str | None]:
    members = None if known is None else frozenset(known)

    def explain(text: str) -> str | None:
        if members is None or text in members:
            return None
        near = suggest(text, known or ()) if len(text) <= LABEL_LENGTH_MAX else ""
        return f'"{_short(text)}" {wrong}{near} {allowed}'

    return explain


def _wrong_label(text: str) -> str | None:
    if len(text) > LABEL_LENGTH_MAX:
        return f"{len(text)} characters; a name has at most {LABEL_LENGTH_MAX}."
    if not LABEL.fullmatch(text):
        return f'"{_short(text)}" is not a name. Use letters, digits, "_", "-" and ".", without blanks.'
    return None


def _wrong_text(text: str) -> str | None:
    return None if len(text) <= TEXT_LENGTH_MAX else f"{len(text)} characters; at most {TEXT_LENGTH_MAX} are read."


def _wrong_number(text: str) -> str | None:
    if NUMBER.fullmatch(text) and np.isfinite(float(text)):
        return None
    bare = re.sub(r"[, ](?=[0-9]{3}(?![0-9]))", "", text).replace(",", ".")
    hint = f" Did you mean {bare}?" if bare != text and NUMBER.fullmatch(bare) else ""
    hint = " The percent sign belongs into unit." if text.endswith("%") else hint
    return f'"{_short(text)}" is not a number.{hint} Write digits with a decimal point, such as 0.25 or 1.2e6.'


def _wrong_whole(lower: int, upper: int) -> Callable[[str], str | None]:
    def explain(text: str) -> str | None:
        number = _number(text)
        if lower <= number <= upper and number == int(number):
            return None
        return f'got "{_short(text)}". Write a whole number from {lower} to {upper}.'

    return explain


def _number(text: str) -> float:
    return float(text) if NUMBER.fullmatch(text) and np.isfinite(float(text)) else np.nan


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
