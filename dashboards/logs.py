"""What the server writes about its work: a line an event, as text or JSON, and nothing about who asked or what.

Own events are told with the fields of ``FIELDS``. Of other libraries only the place is told, for their sentences hold
addresses, queries and values; of an error its type, where it came from and a digest by which the same error is known.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import param
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError

OWN = "waterplan"
FIELDS = ("kind", "method", "status", "ms", "session", "open", "messages", "seconds", "outcome")
KINDS = {
    "Page": "page",
    "Socket": "connection",
    "Asset": "static",
    "Alive": "liveness",
    "Ready": "readiness",
    "Starting": "starting",
    "SignIn": "sign_in",
    "SignOut": "sign_out",
}
QUIET = ("static", "liveness", "readiness")  # told only when they fail
NOT_YET = ("readiness", "starting")  # to say 503 is what they are for
FRAMES_MAX = 8

Thrown = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


class Discreet(logging.Formatter):
    """Writes a record without what visitors said."""

    def __init__(self, as_json: bool):
        super().__init__()
        self.as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        told = tell(record)
        if self.as_json:
            return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        fault, event = told.pop("traceback", None), told.pop("event")
        time, level = told.pop("time"), told.pop("level")
        words = [time, level.upper(), event, *(f"{key}={value}" for key, value in told.items())]
        if fault:
            words.append(f"Traceback({fault['digest']}) {fault['type']}: {' > '.join(fault['frames'])}")
        return " ".join(words)


def tell(record: logging.LogRecord) -> dict[str, Any]:
    """What of a record may be told."""
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    told: dict[str, Any] = {"time": time, "level": record.levelname.lower()}
    if record.name.partition(".")[0] == OWN:
        told["event"] = record.getMessage()
        told |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
    else:
        told |= {"event": "library", "library": record.name, "place": f"{record.filename}:{record.lineno}"}
    if record.exc_info:
        told["traceback"] = fault_of(record.exc_info)
    return told


def fault_of(thrown: Thrown) -> dict[str, Any]:
    """An error by its type, its frames and a digest of both; its message may hold what a visitor wrote."""
    kind, _, where = thrown
    frames = [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(where, limit=-FRAMES_MAX)
    ]
    name = kind.__name__ if kind else "None"
    return {"digest": hashlib.sha256("\n".join((name, *frames)).encode()).hexdigest()[:12], "type": name,
            "frames": frames}  # fmt: skip


def tell_request(handler: Any) -> None:
    """A line a request: its kind, method, status and how long it took. Takes the place of Tornado's, which has more."""
    kind = KINDS.get(type(handler).__name__, "other")
    status = handler.get_status()
    if status < 400 and kind in QUIET:
        return
    method = handler.request.method if handler.request.method in ("GET", "HEAD", "POST") else "other"
    level = logging.ERROR if status >= 500 and kind not in NOT_YET else logging.INFO
    took = round(1000 * handler.request.request_time(), 1)
    fields = {"kind": kind, "method": method, "status": status, "ms": took}
    logging.getLogger(f"{OWN}.requests").log(level, "request", extra=fields)


class NobodyThere(logging.Filter):
    """Leaves out that a page was closed while something was written to it."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, WebSocketClosedError | StreamClosedError)


class Once(logging.Filter):
    """Leaves out what another library says again from the same place, unless it is an error: the line is the same."""

    def __init__(self) -> None:
        super().__init__()
        self._told: set[tuple[str, str, int]] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] == OWN or record.levelno >= logging.ERROR or record.exc_info:
            return True
        place = record.name, record.pathname, record.lineno
        if place in self._told:
            return False
        self._told.add(place)
        return True


def start_logs(written: str = "text") -> None:
    """Everything that this process logs goes to stderr, through one handler, discreetly."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Discreet(written == "json"))
    handler.setLevel(logging.INFO)
    handler.addFilter(NobodyThere())
    handler.addFilter(Once())
    root = logging.getLogger()
    param.parameterized.get_logger()  # makes its logger, with a handler of its own
    for known in list(logging.root.manager.loggerDict.values()):
        if isinstance(known, logging.Logger):
            known.handlers.clear()
            known.propagate = True
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OWN).setLevel(logging.INFO)
    logging.captureWarnings(True)
    threading.excepthook = _tell_of_thread


def _tell_of_thread(failed: threading.ExceptHookArgs) -> None:
    thrown: Any = (failed.exc_type, failed.exc_value, failed.exc_traceback)
    logging.getLogger(f"{OWN}.threads").error("a thread failed", exc_info=thrown)
