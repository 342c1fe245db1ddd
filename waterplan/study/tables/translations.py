"""What cells of a study are called in Chinese: its column ``name_zh`` beside ``name``, English where that is empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from waterplan.base.messages import Name

if TYPE_CHECKING:
    import pandas as pd


def named(row: Mapping[str, Any] | pd.Series, column: str) -> Name:
    """What a row says in a column, in both languages; nothing where it is empty.

    >>> named({"title": "Yearbook", "title_zh": "年鉴"}, "title").text("zh"), named({"title": "A"}, "title").text("zh")
    ('年鉴', 'A')
    """
    english, chinese = (_text(row.get(name)) for name in (column, f"{column}_zh"))
    return Name(english, chinese or english)


def cell_in(row: Mapping[str, Any] | pd.Series, column: str, language: str) -> str:
    """What a row says in a column, in a language."""
    return named(row, column).text(language)


def names_of(frame: pd.DataFrame, column: str) -> dict[str, Name]:
    """What each text of a column is called; one that is empty is left out."""
    chinese = frame.get(f"{column}_zh", frame[column])
    pairs = dict(zip(frame[column], chinese, strict=True))
    return {english: Name(english, _text(name) or english) for english, name in pairs.items() if _text(english)}


def _text(cell: Any) -> str:
    return cell if isinstance(cell, str) else ""
