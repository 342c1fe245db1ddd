"""A sentence about a plant's standing that can be said in either language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from waterplan.base.texts import Texts

ROOM = "standing"


@dataclass(frozen=True)
class Said:
    """A sentence of messages/standing.toml with the values to fill in; without a key it says nothing and is false.

    >>> bool(Said()), str(Said())
    (False, '')
    """

    key: str = ""
    values: Mapping[str, object] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """The sentence; empty if there is none."""
        if not self.key:
            return ""
        told = {name: value.text(language) if isinstance(value, Said) else value for name, value in self.values.items()}
        return Texts(ROOM, language)(self.key, **told)

    def __bool__(self) -> bool:
        return bool(self.key)

    def __str__(self) -> str:
        return self.text()


NOTHING = Said()
