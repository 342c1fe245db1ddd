"""Overrides packed into an address, and how many of them a message of the browser may bring."""

from __future__ import annotations

import base64
import functools
import json
import zlib
from typing import Any

from waterplan import Scenario
from waterplan.base.messages import Message

PACKED_MAX = 1_000_000  # bytes unpacked, of all that one message brings
OVERRIDES_MAX = 1000  # of a scenario on the pages; a file for the command line may have more
TOGETHER_MAX = 2000  # of all scenarios that one message brings, those they share counted once

Overrides = tuple[Any, ...]


class TooManyError(ValueError):
    """More overrides than a scenario or a message may bring."""


@functools.lru_cache(maxsize=16)
def pack(overrides: Overrides) -> str:
    """Overrides as text; packed once while levers move. Raises TooManyError."""
    check(len(overrides))
    content = json.dumps(Scenario(overrides=overrides).to_mapping()["set"], ensure_ascii=False, separators=(",", ":"))
    written = content.encode()
    if len(written) > PACKED_MAX:
        raise TooManyError(Message("link.overrides_bytes", bytes=len(written), most=PACKED_MAX))
    return base64.urlsafe_b64encode(zlib.compress(written, 9)).decode().rstrip("=")


def check(count: int, most: int = OVERRIDES_MAX) -> None:
    """Raises TooManyError if that is more than a scenario may have on the pages."""
    if count > most:
        raise TooManyError(Message("link.overrides_count", count=f"{count:,}", most=f"{most:,}"))


class Unpacking:
    """The overrides of one message: what is there twice is unpacked once and shared, all together are bounded."""

    def __init__(self) -> None:
        self._bytes, self._overrides = PACKED_MAX, TOGETHER_MAX
        self._known: dict[str, Overrides] = {}

    def overrides(self, text: str) -> Overrides:
        """The overrides of a text. Raises TooManyError, ScenarioError if they are wrong, ValueError if damaged."""
        if text not in self._known:
            tables = self._tables(text)
            found = Scenario.from_mapping({"set": tables}, "link", is_saved=True).overrides
            self._overrides -= len(found)
            self._known[text] = found
        return self._known[text]

    def _tables(self, text: str) -> Any:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        reader = zlib.decompressobj()
        content = reader.decompress(packed, max(self._bytes, 1))
        if reader.unconsumed_tail or not reader.eof:
            raise TooManyError(Message("link.overrides_over", most=PACKED_MAX))
        self._bytes -= len(content)
        tables = json.loads(content)
        if isinstance(tables, list):
            check(len(tables))
            check(len(tables) + TOGETHER_MAX - self._overrides, TOGETHER_MAX)
        return tables
