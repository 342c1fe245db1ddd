"""Every sentence that waterplan prints, in English and Chinese: one TOML file a room, both languages side by side.

Names, units and meanings of figures are not here but in vocabulary.csv; labels of a study are in its tables.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from waterplan.base.errors import WaterplanError

HOME = Path(__file__).parent
LANGUAGES = ("en", "zh")
LANGUAGE_VARIABLE = "WATERPLAN_LANGUAGE"


@cache
def catalogue(room: str) -> dict[str, dict[str, str]]:
    """The texts of one file: key -> language -> text."""
    return tomllib.loads((HOME / f"{room}.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Texts:
    """The texts of one room in one language; called with a key and the values to fill in.

    Raises WaterplanError for another language, KeyError for a key that the catalogue does not have or a value that a
    text asks for and is not given.

    >>> Texts("page", "en")("year", year=2020)
    'in 2020'
    """

    room: str
    language: str = "en"

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise WaterplanError(f'language "{self.language}": there is {" and ".join(LANGUAGES)}.')

    def __call__(self, key: str, /, **values: object) -> str:
        return catalogue(self.room)[key][self.language].format(**values)


def usual_language() -> str:
    """The language of who runs the command: WATERPLAN_LANGUAGE, or English."""
    asked = os.environ.get(LANGUAGE_VARIABLE, "")[:2].lower()
    return asked if asked in LANGUAGES else LANGUAGES[0]
