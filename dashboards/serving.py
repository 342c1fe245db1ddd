"""The server's manners: security headers on every answer, probes, and an open port before the first plan."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar

from tornado.httputil import HTTPHeaders
from tornado.ioloop import IOLoop
from tornado.web import Application, OutputTransform, RequestHandler

from .doors import Doors
from .gate import sheet
from .logs import tell_request

log = logging.getLogger("waterplan.dashboard")
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss: blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; frame-ancestors 'self'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class SecurityHeaders(OutputTransform):
    """Adds the headers to every answer of the server."""

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        for name, value in HEADERS.items():
            headers[name] = value
        headers.pop("Server", None)
        return status_code, headers, chunk


class Alive(RequestHandler):
    """Says that the process answers, and no more: it makes no page."""

    def get(self) -> None:
        self.write({"alive": True})


class Ready(RequestHandler):
    """Says whether visitors can be served: the first plan is known."""

    def initialize(self, is_ready: Callable[[], bool]) -> None:
        self.is_ready = is_ready

    def get(self) -> None:
        ready = self.is_ready()
        self.set_status(200 if ready else 503)
        self.write({"ready": ready})


class Starting(RequestHandler):
    """What a visitor sees before there is anything to see."""

    def initialize(self, language: str) -> None:
        self.language = language

    def get(self) -> None:
        self.set_status(503)
        self.set_header("Retry-After", "3")
        self.set_header("Cache-Control", "no-store")
        self.write(sheet("starting", "explain_start", self.language, waits=True))


class Stays:
    """How many are here, as numbers: who they are is not known. Used on the event loop only."""

    def __init__(self) -> None:
        self.open = 0
        self.count = 0

    def come(self) -> Stay:
        """A new visitor, told in the log."""
        self.count += 1
        self.open += 1
        log.info("session_start", extra={"session": self.count, "open": self.open})
        return Stay(self, self.count)


class Stay:
    """One visitor from start to end."""

    def __init__(self, stays: Stays, number: int):
        self.stays, self.number, self.messages = stays, number, 0
        self._since = time.monotonic()
        self._is_over = False

    def end(self) -> None:
        """The visitor has left, told in the log once."""
        if self._is_over:
            return
        self._is_over = True
        self.stays.open -= 1
        told = {"session": self.number, "messages": self.messages, "open": self.stays.open}
        log.info("session_end", extra={**told, "seconds": round(time.monotonic() - self._since, 1)})


class Startup:
    """Makes what visitors share in a thread, while the port answers that it is alive and not yet ready."""

    policy: ClassVar[dict[str, Any]] = {"transforms": [SecurityHeaders], "log_function": tell_request}

    def __init__(self, sockets: list[socket.socket], language: str):
        handlers: list[Any] = [("/liveness", Alive), ("/readiness", Ready, {"is_ready": lambda: False})]
        handlers.append(("/.*", Starting, {"language": language}))
        self.port = sockets[0].getsockname()[1]
        self._server = Doors(Application(handlers, **self.policy))
        self._server.add_sockets(sockets)

    def wait_for(self, make: Callable[[], Any]) -> Any:
        """What ``make`` makes; the port is free again afterwards. Raises what it raises."""
        loop = IOLoop.current()
        made: list[Any] = []
        failed: list[BaseException] = []

        def work() -> None:
            try:
                made.append(make())
            except BaseException as error:
                failed.append(error)
            loop.add_callback(loop.stop)

        threading.Thread(target=work, name="startup", daemon=True).start()
        try:
            loop.start()
        finally:
            self._server.stop()
            loop.run_sync(self._server.close_all_connections)
        if failed:
            raise failed[0]
        return made[0]


def harden(server: Any) -> None:
    """Puts the security headers on a Panel server, and our line a request in place of Tornado's."""
    server._tornado.add_transform(SecurityHeaders)
    server._tornado.settings["log_function"] = tell_request
