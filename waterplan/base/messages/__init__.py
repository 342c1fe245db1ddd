"""Every sentence that waterplan says, in English and Chinese: one TOML file a room, both languages side by side.

Names, units and meanings of figures are not here but in vocabulary.csv; labels of a study are in its tables.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Protocol, runtime_checkable

HOME = Path(__file__).parent
LANGUAGES = ("en", "zh")
LANGUAGE_VARIABLE = "WATERPLAN_LANGUAGE"
PLAIN = (str, int, float)  # the same in both; to ask a value whether it speaks takes long
BETWEEN = {"en": ", ", "zh": "、"}  # what is listed


@cache
def catalogue(room: str) -> dict[str, dict[str, str]]:
    """The texts of one file: key -> language -> text."""
    return tomllib.loads((HOME / f"{room}.toml").read_text(encoding="utf-8"))


def usual_language() -> str:
    """The language of who runs the command: WATERPLAN_LANGUAGE, or English."""
    asked = os.environ.get(LANGUAGE_VARIABLE, "")[:2].lower()
    return asked if asked in LANGUAGES else LANGUAGES[0]


@runtime_checkable
class Speaking(Protocol):
    """What can be said in either language."""

    def text(self, language: str) -> str: ...


class Message(str):
    """A sentence that is said in the reader's language when it is shown; as a text it is the English one.

    key: ``room.key``, a text of the catalogues; values: what it asks for. Those that can be said in either language
    (messages among them) follow the language, lists are written out. Raises KeyError for a key that is not there or a
    value that is missing.

    >>> shown = Message("page.withdrawal_base", year=2015)
    >>> shown, shown.text("zh"), shown.key
    ('base year 2015', '2015 年（基准年）', 'page.withdrawal_base')
    """

    key: str
    values: Mapping[str, object]

    def __new__(cls, key: str, /, **values: object) -> Message:
        message = super().__new__(cls, _said(key, values, LANGUAGES[0]))
        message.key, message.values = key, values
        return message

    def text(self, language: str = LANGUAGES[0]) -> str:
        """The sentence in a language."""
        return _said(self.key, self.values, language)

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self.key, dict(self.values))


class Name(str):
    """What something is called; as a text its English name.

    >>> Name("beer", "啤酒"), Name("beer", "啤酒").text("zh")
    ('beer', '啤酒')
    """

    chinese: str

    def __new__(cls, english: str, chinese: str) -> Name:
        made = super().__new__(cls, english)
        made.chinese = chinese
        return made

    def text(self, language: str = "en") -> str:
        """The name in a language."""
        return self.chinese if language == "zh" else str(self)

    def __reduce__(self) -> tuple[object, ...]:
        return Name, (str(self), self.chinese)


def _again(key: str, values: dict[str, object]) -> Message:
    return Message(key, **values)


def _said(key: str, values: Mapping[str, object], language: str) -> str:
    room, _, name = key.partition(".")
    return catalogue(room)[name][language].format(**{name: in_language(one, language) for name, one in values.items()})


def in_language(value: object, language: str) -> object:
    """What can be said in either language in this one, a list written out; anything else as it is.

    >>> in_language([Message("page.withdrawal_plan", year=2020), "2030"], "zh"), in_language(2.5, "zh")
    ('2020 年方案、2030', 2.5)
    """
    if type(value) in PLAIN:
        return value
    if isinstance(value, list | tuple):
        return BETWEEN[language].join(str(in_language(one, language)) for one in value)
    return value.text(language) if isinstance(value, Message | Speaking) else value
