"""The sentences of one room in one language, for what is written whole: pages, reports, help."""

from __future__ import annotations

from dataclasses import dataclass

from waterplan.base.errors import WaterplanError
from waterplan.base.messages import LANGUAGES, Message, catalogue


@dataclass(frozen=True)
class Texts:
    """The texts of one room in one language; called with a key and the values to fill in.

    Raises WaterplanError for another language, KeyError for a key that the catalogue does not have or a value that a
    text asks for and is not given.

    >>> Texts("page", "en")("withdrawal_base", year=2015)
    'base year 2015'
    """

    room: str
    language: str = "en"

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise WaterplanError(Message("errors.language", given=self.language, languages=LANGUAGES))

    def __call__(self, key: str, /, **values: object) -> str:
        return catalogue(self.room)[key][self.language].format(**values)
