"""What a reader of a plant's plan must know: assumptions and what was left out, as sentences in either language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from waterplan.base.texts import Texts

ROOM = "plant_plan"


@dataclass(frozen=True)
class Labels:
    """What things of a catalogue are called in either language."""

    en: tuple[str, ...]
    zh: tuple[str, ...]

    @classmethod
    def of(cls, catalogue: pd.DataFrame, keys: Iterable[str]) -> Labels:
        """The labels of keys; the key itself where the catalogue does not have it."""
        known = list(keys)
        english, chinese = (
            tuple(str(catalogue.loc[key, name]) if key in catalogue.index else key for key in known)
            for name in ("name_en", "name_zh")
        )
        return cls(english, chinese)

    def text(self, language: str = "en") -> str:
        """All of them in a row."""
        return Texts(ROOM, language)("between").join(getattr(self, language))


@dataclass(frozen=True)
class Remark:
    """One sentence of messages/plant_plan.toml with the values to fill in; labels among them follow the language."""

    key: str
    values: dict[str, object] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """The sentence."""
        told = {
            name: value.text(language) if isinstance(value, Labels | Remark) else value
            for name, value in self.values.items()
        }
        return Texts(ROOM, language)(self.key, **told)
