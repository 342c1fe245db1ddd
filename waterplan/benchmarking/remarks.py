"""What a reader of a plant's plan must know: assumptions and what was left out, as sentences in either language."""

from __future__ import annotations

from dataclasses import dataclass, field

from waterplan.messages import Texts

ROOM = "plant_plan"


@dataclass(frozen=True)
class Remark:
    """One sentence of messages/plant_plan.toml with the values to fill in."""

    key: str
    values: dict[str, object] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """The sentence."""
        return Texts(ROOM, language)(self.key, **self.values)
