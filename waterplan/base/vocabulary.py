"""The data dictionary: every name that waterplan uses, what it means, its unit, bounds and default.

``vocabulary.csv`` is the single source for checks, command-line help, sliders, axis labels and docs. Columns:

=====================  ================================================================================================
``kind``               dimension, input, lever, of a plan: decision, ledger, result or dual; of the cost curve: curve;
                       of a batch: run; of plants: record (what they report), indicator (what follows from it), standing
                       (grade, place, score) and advice (what a plan for one adds)
``dims``               its dimensions, in order; the lever ``perspective`` is the dimension of ``cost`` at the same time
``unit``               canonical unit; ``output_unit`` in it stands for the unit of each product, see products.csv
``lower, upper``       hard bounds, both included; empty: none (for a lever: what can be attained is the limit)
``step, default``      of a lever: how far a slider moves, and its value if a scenario does not say; an empty default
                       belongs to the study (study.toml)
``choices``            the words allowed, of what is not a number
``acts_on``            of a lever or input: price, bound or coefficient; an input without it is shown or checked, and no
                       plan depends on it
``symbol``             in LaTeX, where formulas use one
``table, variable``    of an input: where it stands in the tables; without variable it is the only one of its table
=====================  ================================================================================================
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from waterplan.base.errors import WaterplanError, suggest
from waterplan.base.messages import Message

KINDS = (
    "dimension", "input", "lever", "decision", "ledger", "result", "dual", "curve", "run", "record", "indicator",
    "standing", "advice",
)  # fmt: skip
FILE = Path(__file__).with_name("vocabulary.csv")
WORDS = {"true": True, "false": False}


@dataclass(frozen=True)
class Term:
    """One name of the data dictionary; the fields are the columns of vocabulary.csv."""

    name: str
    kind: str
    dims: tuple[str, ...]
    unit: str
    lower: float | None
    upper: float | None
    step: float | None
    default: float | bool | str | None
    choices: tuple[str, ...]
    acts_on: str
    symbol: str
    table: str
    variable: str
    label_en: str
    label_zh: str
    meaning_en: str
    meaning_zh: str

    def label(self, language: str = "en") -> str:
        """A few words for an axis or a column, without unit; language en or zh."""
        return self.label_zh if language == "zh" else self.label_en

    def meaning(self, language: str = "en") -> str:
        """A sentence that says what the number is; language en or zh."""
        return self.meaning_zh if language == "zh" else self.meaning_en

    def unit_of(self, output_unit: str = "") -> str:
        """The canonical unit for a product made in ``output_unit``.

        >>> term("intensity").unit_of("t")
        'm3/t'
        """
        return self.unit.replace("output_unit", output_unit) if output_unit else self.unit


@dataclass(frozen=True)
class Meaning:
    """What a name means, within a message: in the reader's language."""

    term: Term

    def text(self, language: str = "en") -> str:
        """The meaning in a language."""
        return self.term.meaning(language)


def _number(text: str) -> float | None:
    return float(text) if text else None


def _default(text: str, choices: tuple[str, ...]) -> float | bool | str | None:
    if text in WORDS:
        return WORDS[text]
    if not text or text == "none" or text in choices:
        return text or None
    return float(text)


@cache
def terms() -> dict[str, Term]:
    """Every term by name, in the order of vocabulary.csv."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        return {row["name"]: _term(row) for row in csv.DictReader(lines)}


def _term(row: dict[str, str]) -> Term:
    choices = tuple(row["choices"].split())
    numbers = {name: _number(row[name]) for name in ("lower", "upper", "step")}
    made = {"dims": tuple(row["dims"].split()), "choices": choices, "default": _default(row["default"], choices)}
    return Term(**{**row, **numbers, **made})  # type: ignore[arg-type]


def term(name: str) -> Term:
    """The term of a name.

    Raises WaterplanError with the nearest name if there is none.

    >>> term("shadow_price").unit
    'CNY/m3'
    """
    found = terms().get(name)
    if found is None:
        raise WaterplanError(Message("errors.no_name", name=name, near=suggest(name, terms())))
    return found


@cache
def _of_kind(kind: str) -> tuple[Term, ...]:
    return tuple(found for found in terms().values() if found.kind == kind)


def of_kind(kind: str) -> list[Term]:
    """The terms of a kind, in the order of vocabulary.csv.

    Raises WaterplanError if there is no such kind.
    """
    if kind not in KINDS:
        raise WaterplanError(Message("errors.no_kind", name=kind, near=suggest(kind, KINDS), kinds=KINDS))
    return list(_of_kind(kind))
