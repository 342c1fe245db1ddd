"""What columns and things of a study are called, told in the language of whoever reads it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import cache, reduce
from pathlib import Path

import pandas as pd

from waterplan.base.messages import Message, Name

FORMER = Path(__file__).with_name("former_names.csv")


def names_in(catalogue: pd.DataFrame, keys: Iterable[str]) -> list[Name]:
    """What keys of a catalogue of a study are called; the key itself where the catalogue does not have it."""
    known = zip(catalogue.index, catalogue["name_en"], catalogue["name_zh"], strict=True)
    called = {key: Name(english, chinese if isinstance(chinese, str) and chinese else english)
              for key, english, chinese in known}  # fmt: skip
    return [called.get(key, Name(key, key)) for key in map(str, keys)]


@cache
def former_names(catalogue: str) -> dict[str, str]:
    """What templates of versions before called things of a catalogue (norms: their variants), and the keys of these."""
    with FORMER.open(encoding="utf-8", newline="") as lines:
        return {row["name_zh"]: row["key"] for row in csv.DictReader(lines) if row["catalogue"] == catalogue}


def key_name(catalogue: pd.DataFrame, key: str) -> Name:
    """A key as it is to who reads English, and to who reads Chinese what is called so."""
    return Name(key, names_in(catalogue, [key])[0].chinese)


def in_a_row(parts: Iterable[str]) -> str:
    """What is listed with semicolons between, for it has commas of its own; "" if there is nothing."""
    return reduce(lambda before, one: Message("plants.and", before=before, one=one) if before else one, parts, "")
