"""Checks every cell of a table by the kind of its column (schema.py): all problems at once, nothing guessed.

Plain arrays, not pandera: a check works on the different texts of a column (a few hundred) instead of on its
thousands of rows, and a message wants what a schema library does not carry: the line in the file (a quoted note may
span several), the nearest name, the unit as written. Reading and checking the whole shipped study takes about as long
as importing pandera.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date

import numpy as np

from waterplan.base.errors import nearest, suggest
from waterplan.base.messages import Message
from waterplan.study.tables.schema import CATALOGUE_OF, CHOICES, LABEL_LENGTH_MAX, TEXT_LENGTH_MAX, Table
from waterplan.study.tables.sheet import Findings, Mask, Sheet, numbered

Labels = Mapping[str, Sequence[str] | None]
Explainer = Callable[[str], Message | None]

FAULTS_IN_A_COLUMN_MAX = 100
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
LABEL = re.compile(r"\w[\w.-]*")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
GROUP_NUMBER = re.compile(r"[1-9][0-9]?")
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
        codes, texts = numbered(sheet.columns[name])
        explain = _explainer(kind.rstrip("?"), labels, variables, sheet.table)
        wrong: dict[int, Message] = {}
        for code, text in enumerate(texts):
            if not text:
                if not kind.endswith("?"):
                    wrong[code] = _empty(name, kind)
            elif (message := explain(text)) is not None:
                wrong[code] = message
                if len(wrong) == FAULTS_IN_A_COLUMN_MAX:
                    findings.add(Message("tables.too_many_faults"), 0, name)
                    break
        for code, message in wrong.items():
            at = (codes == code) & readable
            findings.add_rows(sheet.row[at], name, message)
            sheet.sound[at] = False
        _repair(sheet, name, kind, labels, variables, {texts[code] for code in wrong})
        if kind.rstrip("?") in ("number", *WHOLE_NUMBERS):
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
            named = [part for part in key if part]
            message = Message("tables.same_keys", keys=sheet.table.keys, row=sheet.row[first], named=named)
            findings.add(message, int(sheet.row[number]), sheet.table.keys[0])
            sheet.sound[number] = False


def _repair(sheet: Sheet, name: str, kind: str, labels: Labels, variables: Sequence[str], wrong: set[str]) -> None:
    known = variables if kind == "variable" else labels.get(kind.rstrip("?").removeprefix("of "))
    if known is None or not wrong or kind.rstrip("?") == "of sources":
        return
    near = {text: found for text in wrong if (found := nearest(text, known))}
    sheet.guessed |= np.isin(sheet.columns[name], list(wrong))
    sheet.columns[name] = np.array([near.get(text, text) for text in sheet.columns[name]], dtype=object)


def _empty(name: str, kind: str) -> Message:
    keys = {"of sources": "tables.empty_source", "number": "tables.empty_number", "unit": "tables.empty_unit"}
    if kind in keys:
        return Message(keys[kind])
    if kind in CHOICES:
        return Message("tables.empty_choice", allowed=CHOICES[kind])
    return Message("tables.empty", name=name)


def _explainer(kind: str, labels: Labels, variables: Sequence[str], table: Table) -> Explainer:
    """A function that says what is wrong with a text in a column of a kind, or None."""
    if kind.startswith("many "):
        return _each_of(_explainer(f"of {kind.removeprefix('many ')}", labels, variables, table))
    if kind.startswith("of "):
        catalogue = kind.removeprefix("of ")
        key = {other: name for name, other in CATALOGUE_OF.items()}.get(catalogue, "source")
        return _one_of(labels.get(catalogue), "tables.not_listed", what=Message(f"tables.a_{key}"), catalogue=catalogue)
    if kind == "variable":
        return _one_of(variables, "tables.no_variable", file=table.file, allowed=variables)
    if kind in CHOICES:
        return _one_of(CHOICES[kind], "tables.not_allowed", allowed=CHOICES[kind])
    checks: dict[str, Explainer] = {
        "label": _wrong_label, "number": _wrong_number, "flag": _wrong_flag, "date": _wrong_date, "group": _wrong_group,
    }  # fmt: skip
    return checks.get(kind) or (_wrong_whole(*WHOLE_NUMBERS[kind]) if kind in WHOLE_NUMBERS else _wrong_text)


def _one_of(known: Sequence[str] | None, wrong: str, **values: object) -> Explainer:
    """wrong: the key of what is said of a text that is not known, with the nearest that is."""
    members = None if known is None else frozenset(known)

    def explain(text: str) -> Message | None:
        if members is None or text in members:
            return None
        near = suggest(text, known or ()) if len(text) <= LABEL_LENGTH_MAX else ""
        return Message(wrong, given=_short(text), near=near, **values)

    return explain


def _each_of(explain: Explainer) -> Explainer:
    """What is wrong with the first of several labels that is none."""

    def explain_all(text: str) -> Message | None:
        return next((fault for one in text.split(";") if (fault := explain(one.strip()))), None)

    return explain_all


def _wrong_label(text: str) -> Message | None:
    if len(text) > LABEL_LENGTH_MAX:
        return Message("tables.name_too_long", signs=len(text), most=LABEL_LENGTH_MAX)
    if not LABEL.fullmatch(text):
        return Message("tables.no_name", given=_short(text))
    return None


def _wrong_flag(text: str) -> Message | None:
    return None if text in ("0", "1") else Message("tables.no_flag", given=_short(text))


def _wrong_date(text: str) -> Message | None:
    try:
        is_day = bool(DAY.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        is_day = False
    return None if is_day else Message("tables.no_date", given=_short(text))


def _wrong_group(text: str) -> Message | None:
    return None if GROUP_NUMBER.fullmatch(text) else Message("tables.no_group", given=_short(text))


def _wrong_text(text: str) -> Message | None:
    if len(text) <= TEXT_LENGTH_MAX:
        return None
    return Message("tables.text_too_long", signs=len(text), most=TEXT_LENGTH_MAX)


def _wrong_number(text: str) -> Message | None:
    if NUMBER.fullmatch(text) and np.isfinite(float(text)):
        return None
    bare = re.sub(r"[, ](?=[0-9]{3}(?![0-9]))", "", text).replace(",", ".")
    hint = Message("tables.meant_number", bare=bare) if bare != text and NUMBER.fullmatch(bare) else ""
    hint = Message("tables.percent_sign") if text.endswith("%") else hint
    return Message("tables.no_number", given=_short(text), hint=hint)


def _wrong_whole(lower: int, upper: int) -> Explainer:
    def explain(text: str) -> Message | None:
        number = _number(text)
        if lower <= number <= upper and number == int(number):
            return None
        return Message("tables.no_whole", given=_short(text), lower=lower, upper=upper)

    return explain


def _number(text: str) -> float:
    return float(text) if NUMBER.fullmatch(text) and np.isfinite(float(text)) else np.nan


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
