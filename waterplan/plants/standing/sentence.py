"""The sentence of a standing where nothing needs saying."""

from __future__ import annotations

from waterplan.base.messages import Message

NOTHING = Message("standing.nothing")  # empty in either language, and so false
