"""A plant's standing as its report tells it: with the words of a language, and figures as people write them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from waterplan.base.formats import NOTHING, amount, digits, quantity, step_of
from waterplan.base.messages import in_language
from waterplan.base.spreadsheet import csv_cell
from waterplan.base.texts import Texts
from waterplan.base.vocabulary import term
from waterplan.plants.standing.standing import Standing
from waterplan.report.documents.policy_foot import spoken_unit

NAME_LENGTH, UNIT_LENGTH = 90, 8
PRODUCTS = 3  # drawn
COLUMN_SPREAD = 10
INTENSITY_MOST = 1e4  # m3/unit
IRR_MOST, PAYBACK_MOST = 10.0, 100.0  # 1/a, a; beyond it the figure says nothing more


@dataclass(frozen=True)
class Told:
    """A standing and the words in which it is told."""

    standing: Standing
    say: Texts

    @property
    def language(self) -> str:
        """The language of the report."""
        return self.say.language

    @property
    def is_mixed(self) -> bool:
        """Whether the plant makes several products."""
        return len(self.standing.products) > 1

    @property
    def is_crowded(self) -> bool:
        """Whether it makes so many that not all can be drawn on two pages."""
        return len(self.standing.products) > PRODUCTS

    def product(self, row: pd.Series) -> str:
        """A row of products by its name, with route and variant where the record gives them."""
        variant = row.get("variant")
        said = [row.get("route"), self.standing.study.variant_name(variant) if isinstance(variant, str) else ""]
        more = [given(str(in_language(one, self.language))) for one in said if isinstance(one, str) and one]
        name = given(self.standing.name(str(row["product"]), self.language))
        return self.say("with_more", name=name, more=self.say("separator").join(more)) if more else name

    def unit(self, product: str) -> str:
        """The unit of output of a product; "" where the study does not have it."""
        known = self.standing.study.products
        return str(known.loc[product, "output_unit"]) if product in known.index else ""

    def per_unit(self, product: str) -> str:
        """The unit of withdrawal per unit of a product; a unit that is a sentence is called a unit."""
        unit = self.unit(product)
        short = unit if 0 < len(unit) <= UNIT_LENGTH else self.say("unit_of_output")
        return spoken_unit(f"m3/{short}", self.language)

    def intensity(self, product: str, value: float) -> tuple[str, str]:
        """Withdrawal per unit of a product, number and unit apart; a large one in a larger unit."""
        if not math.isfinite(value) or value < INTENSITY_MOST:
            return self.quantity(self.per_unit(product), value, 3)
        number, unit = self.volume_apart(value)
        return number, self.per_unit(product).replace("m³", unit, 1)

    def amount(self, kind: str, value: float, most: int = 2) -> str:
        """Number and unit."""
        return amount(kind, value, self.language, most) if math.isfinite(value) else NOTHING

    def volume(self, value: float) -> str:
        """A yearly volume; in whole cubic metres, or in a larger unit with a few digits."""
        number, unit = self.volume_apart(value)
        return f"{number} {unit}".strip()

    def volume_apart(self, value: float) -> tuple[str, str]:
        """A yearly volume, number and unit apart."""
        if not math.isfinite(value):
            return NOTHING, ""
        factor, unit = step_of("m3/a", value, self.language)
        return digits(value * factor, 0 if factor == 1 else 2), unit

    def quantity(self, kind: str, value: float, most: int = 2) -> tuple[str, str]:
        """Number and unit apart."""
        return quantity(kind, value, self.language, most) if math.isfinite(value) else (NOTHING, "")

    def column(self, kind: str, values: Iterable[float]) -> tuple[float, str]:
        """Factor and name of the unit for a column of figures: small enough that those below the largest are told."""
        largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
        return step_of(kind, largest / COLUMN_SPREAD, self.language)

    def grade(self, name: str | float) -> str:
        """A grade, or a level of cleaner production."""
        return NOTHING if pd.isna(name) else self.say(f"grade_{name}")

    def years(self, value: float) -> str:
        """A number of years; a dash where nothing is ever paid back."""
        return digits(value, 1) if math.isfinite(value) and value <= PAYBACK_MOST else NOTHING

    def rate(self, value: float) -> str:
        """A yearly rate."""
        if value > IRR_MOST:
            return self.say("more_than", value=self.amount("share", IRR_MOST, 0))
        return self.amount("share", value, 0)

    def joined(self, names: Iterable[str]) -> str:
        """Names in a row."""
        return self.say("separator").join(names)

    def labels(self, names: str) -> str:
        """Names of the data dictionary, commas between, as people call them."""
        return self.joined(term(name.strip()).label(self.language) for name in names.split(",") if name.strip())


def whole_word(unit: str) -> str:
    """A unit that is not broken at the end of a line."""
    return unit.replace(" ", "\u00a0").replace("/", "/\u2060")


def given(text: str) -> str:
    """A text that a record gives, as the report repeats it: on one line, short, no control signs, never a formula.

    >>> given("=cmd|' /C calc'!A0"), given("a" * 200)[-2:]
    ("'=cmd|' /C calc'!A0", 'a…')
    """
    plain = "".join(sign if sign.isprintable() else " " for sign in text).strip()
    short = plain if len(plain) <= NAME_LENGTH else f"{plain[: NAME_LENGTH - 1]}…"
    return str(csv_cell(short))
