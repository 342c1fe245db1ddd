"""How messages of the browser come: Bokeh's writing, taken apart here and bounded before anything is made.

Bokeh's own reading makes arrays, bytes and models of what a message asks for. Here a message is text in a form that the
page has; what is left of it, plain values, is written anew before Bokeh sees it. Everything else is refused.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from bokeh.core.types import ID
from bokeh.protocol.message import Message
from bokeh.protocol.messages.patch_doc import patch_doc
from bokeh.protocol.messages.pull_doc_req import pull_doc_req

from .bounds import PARTS_MAX, PLANT_FILE_MAX
from .messages import KINDS

HEADER_MAX = 300  # signs
MARKS_MAX = 100_000  # places at which a value begins, counted before anything is made
DEPTH_MAX = 8
KEY_MAX = 200
WHOLE = 10**21  # a browser writes larger numbers with an exponent
NAME = re.compile(r"[\w-]{1,64}", re.ASCII)

SIGNS = 32_000  # of a message's texts together, but for these
SIGNS_OF = {"plant_file": PLANT_FILE_MAX * 4 // 3 + 1000, "history": 2_600_000, "load": 260_000, "plant_form": 300_000}
PART_SIGNS = 150_000  # of a part of a message
SIGNS_OF["part"] = PART_SIGNS + 100
ABOUT_THE_BROWSER = frozenset(  # what Panel's scripts tell of the window; heard, and not kept
    ("dark_mode", "device_pixel_ratio", "language", "timezone", "timezone_offset", "webdriver", "webgl")
)
EVENTS_MAX = len(ABOUT_THE_BROWSER)  # of a message: what is told of the window comes together, anything else alone
NUMBERS = {"nan": math.nan, "+inf": math.inf, "-inf": -math.inf}


class RefusedError(ValueError):
    """Something that our page does not send."""


class Incoming:
    """Puts the messages of one connection together, each of three texts: header, metadata and content."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    @property
    def is_last(self) -> bool:
        """Whether the next text completes a message."""
        return len(self._texts) == 2

    def take(self, text: str | bytes) -> Message[Any] | None:
        """The message that a text completes, as Bokeh may have it. Raises RefusedError."""
        place = len(self._texts)
        if not isinstance(text, str) or (place == 0 and len(text) > HEADER_MAX) or (place == 1 and text != "{}"):
            raise RefusedError
        self._texts.append(text)
        if place < 2:
            return None
        header, _, content = self._texts
        self._texts = []
        return _message(read(header), read(content))


def read(text: str) -> Any:
    """What a text of JSON says. Raises RefusedError if it is none, or would make too much."""
    if text.count("[") + text.count("{") + text.count(",") > MARKS_MAX:
        raise RefusedError
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise RefusedError from None


def checked(said: Any) -> dict[str, Any]:
    """A message of our page, of a kind and a size that it has. Raises RefusedError."""
    if not isinstance(said, dict) or not isinstance(said.get("type"), str) or said["type"] not in KINDS:
        raise RefusedError
    if _signs(said, DEPTH_MAX) > SIGNS_OF.get(said["type"], SIGNS):
        raise RefusedError
    return said


class Parcels:
    """Messages that are too long for one go and come in parts; all of them together are bounded."""

    def __init__(self, most: int = PARTS_MAX) -> None:
        self.most = most
        self._begun: dict[Any, list[str]] = {}  # by whose it is; whose last part came first, first

    def take(self, whose: Any, said: Mapping[str, Any]) -> dict[str, Any] | None:
        """The message that a part completes, or None. Raises RefusedError, LookupError if earlier parts are gone."""
        at, of, text = said.get("at"), said.get("of"), said.get("text")
        if type(at) is not int or type(of) is not int or not isinstance(text, str) or not 0 <= at < of:
            raise RefusedError
        parts = self._begun.pop(whose, None)
        parts = [] if at == 0 else parts
        if parts is None or len(parts) != at:
            raise LookupError
        parts.append(text)
        if sum(map(len, parts)) > 2 * max(SIGNS_OF.values()):
            raise RefusedError
        if at + 1 == of:
            return checked(read(_joined(parts)))
        self._begun[whose] = parts
        while sum(len(one) for begun in self._begun.values() for one in begun) > self.most:
            del self._begun[next(iter(self._begun))]
        return None

    def drop(self, whose: Any) -> None:
        """Nothing more comes from there."""
        self._begun.pop(whose, None)


def _joined(parts: list[str]) -> str:
    """The whole text; a sign that a browser writes as two may have come in two parts."""
    text = "".join(parts)
    if text.isascii():
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise RefusedError from None


def _no_constant(name: str) -> None:
    raise RefusedError(name)


def _message(header: Any, content: Any) -> Message[Any]:
    if not isinstance(header, dict) or set(header) != {"msgid", "msgtype"} or not _is_name(header["msgid"]):
        raise RefusedError
    if header["msgtype"] == "PULL-DOC-REQ" and content == {}:
        return pull_doc_req(header, {}, {})  # type: ignore[arg-type]
    if header["msgtype"] != "PATCH-DOC" or not isinstance(content, dict) or set(content) != {"events"}:
        raise RefusedError
    events = content["events"]
    if not isinstance(events, list) or not 1 <= len(events) <= EVENTS_MAX:
        raise RefusedError
    heard = [event for event in map(_event, events) if event is not None]
    if len(heard) > 1:
        raise RefusedError
    return patch_doc(header, {}, {"events": heard})  # type: ignore[arg-type,typeddict-item]


def _event(event: Any) -> dict[str, Any] | None:
    """An event as Bokeh may have it, None if it is only heard."""
    if not isinstance(event, dict):
        raise RefusedError
    if event.get("kind") == "ModelChanged":
        attr = event.get("attr")
        if not isinstance(attr, str) or attr not in ABOUT_THE_BROWSER or isinstance(event.get("new"), dict | list):
            raise RefusedError
        return None
    told = event.get("msg_data")
    if set(event) != {"kind", "msg_type", "msg_data"} or event["kind"] != "MessageSent" or not isinstance(told, dict):
        raise RefusedError
    if event["msg_type"] != "bokeh_event" or set(told) != {"type", "name", "values"} or told["type"] != "event":
        raise RefusedError
    values = _plain(told["values"], DEPTH_MAX + 1)
    if told["name"] == "document_ready" and values == {}:
        return _bokeh_event("document_ready")
    if told["name"] != "data_event" or not isinstance(values, dict) or set(values) != {"model", "data"}:
        raise RefusedError
    return _bokeh_event("data_event", ["model", {"id": values["model"]}], ["data", _written(checked(values["data"]))])


def _bokeh_event(name: str, *entries: Any) -> dict[str, Any]:
    values = {"type": "map", "entries": list(entries)}
    return {"kind": "MessageSent", "msg_type": "bokeh_event",
            "msg_data": {"type": "event", "name": name, "values": values}}  # fmt: skip


def _plain(value: Any, depth: int) -> Any:
    """A value of Bokeh's writing without it; of a reference to a model its name."""
    if depth == 0:
        raise RefusedError
    if isinstance(value, list):
        return [_plain(one, depth - 1) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"id"} and _is_name(value["id"]):
        return ID(value["id"])
    if value.get("type") == "number" and set(value) == {"type", "value"} and isinstance(value["value"], str):
        if value["value"] not in NUMBERS:
            raise RefusedError
        return NUMBERS[value["value"]]
    if value.get("type") != "map" or not set(value) <= {"type", "entries"}:
        raise RefusedError
    entries = value.get("entries", [])
    if not isinstance(entries, list) or not all(isinstance(entry, list) and len(entry) == 2 for entry in entries):
        raise RefusedError
    if not all(isinstance(key, str) for key, _ in entries):
        raise RefusedError
    return {key: _plain(one, depth - 1) for key, one in entries}


def _written(value: Any) -> Any:
    """A plain value in Bokeh's writing."""
    if isinstance(value, dict):
        return {"type": "map", "entries": [[key, _written(one)] for key, one in value.items()]}
    if isinstance(value, list):
        return [_written(one) for one in value]
    return value


def _signs(value: Any, depth: int) -> int:
    """How long the texts of a value are together. Raises RefusedError if it is nested too deeply, or a huge number."""
    if depth == 0 or (isinstance(value, int) and abs(value) > WHOLE):
        raise RefusedError
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(_signs(one, depth - 1) for one in value)
    if isinstance(value, dict):
        if any(len(key) > KEY_MAX for key in value):
            raise RefusedError
        return sum(len(key) + _signs(one, depth - 1) for key, one in value.items())
    return 0


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and NAME.fullmatch(value) is not None
