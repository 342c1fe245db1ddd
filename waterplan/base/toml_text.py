"""TOML of users: what cannot be read, or would take for ever to read, is one kind of fault with a sentence."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from waterplan.base.messages import Message

DEPTH_MAX = 50
PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
TOO_DEEP = re.compile(  # tomllib takes the square of the time for it; this reads each sign a few times at most
    rf"(?<![\w-]){PART}(?:[ \t]*+\.[ \t]*+{PART}){{{DEPTH_MAX}}}"
)


class TomlError(ValueError):
    """A text that is not TOML as it may be; message: why, as a sentence; line: where, 0 if that is not known."""

    def __init__(self, message: Message, line: int = 0):
        super().__init__(message)
        self.message, self.line = message, line


def read_toml(text: str) -> dict[str, Any]:
    """The content of a TOML text. Raises TomlError.

    >>> read_toml("levers.saving_target = 2500")
    {'levers': {'saving_target': 2500}}
    """
    deep = TOO_DEEP.search(text)
    if deep:
        line = text.count("\n", 0, deep.start()) + 1
        raise TomlError(Message("files.toml_key", parts=DEPTH_MAX, line=line), line)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise TomlError(Message("files.toml_brackets")) from None
    except ValueError as error:  # besides what tomllib calls its own: a number of more digits than Python reads
        found = re.search(r"at line (\d+)", str(error))
        raise TomlError(Message("files.toml_words", words=str(error)), int(found[1]) if found else 0) from None
