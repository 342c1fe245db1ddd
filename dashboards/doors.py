"""Where connections come in: so many at once, each given so long, and nothing that happens in one ends the process."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, RequestStartLine, ResponseStartLine
from tornado.ioloop import PeriodicCallback
from tornado.iostream import IOStream

from . import bounds

log = logging.getLogger("waterplan.dashboard")
LIMITS: dict[str, Any] = {
    "idle_connection_timeout": bounds.HEADER_SECONDS,
    "body_timeout": bounds.BODY_SECONDS,
    "max_body_size": bounds.BODY_MAX,
    "max_buffer_size": bounds.BUFFER_MAX,
}


class Doors(HTTPServer):
    """Tornado's server with a limited number of connections. Websockets, once open, are sessions and counted there."""

    def initialize(self, *args: Any, **options: Any) -> None:
        super().initialize(*args, **{**LIMITS, **options})
        self._silent: dict[IOStream, None] = {}  # connections that have not told a request, the oldest first
        self._answered: dict[IOStream, float] = {}  # those that have, and since when
        self._sweep = PeriodicCallback(self._close_late, 5_000)

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        if not self._sweep.is_running():
            self._sweep.start()
        if len(self._silent) + len(self._answered) >= bounds.CONNECTIONS_MAX:
            self._close(next(iter(self._silent or self._answered)))
        self._silent[stream] = None
        super().handle_stream(stream, address)

    def start_request(self, server_conn: Any, request_conn: Any) -> HTTPMessageDelegate:
        stream = server_conn.stream
        if self._answered.pop(stream, None) is not None:
            self._silent[stream] = None

        def told() -> None:
            if self._silent.pop(stream, self) is None:
                self._answered[stream] = time.monotonic()

        return _Told(super().start_request(server_conn, request_conn), told)

    def on_close(self, server_conn: Any) -> None:
        self._forget(server_conn.stream)
        super().on_close(server_conn)

    def stop(self) -> None:
        self._sweep.stop()
        super().stop()

    def _forget(self, stream: IOStream) -> None:
        self._silent.pop(stream, None)
        self._answered.pop(stream, None)

    def _close(self, stream: IOStream) -> None:
        self._forget(stream)
        stream.close()

    def _close_late(self) -> None:
        oldest = time.monotonic() - bounds.ANSWER_SECONDS
        for stream in [one for one, since in self._answered.items() if since < oldest]:
            self._close(stream)


class _Told(HTTPMessageDelegate):
    """Passes a request on, and says when its header is there."""

    def __init__(self, behind: HTTPMessageDelegate, told: Callable[[], None]):
        self.behind, self.told = behind, told

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        self.told()
        return self.behind.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        return self.behind.data_received(chunk)

    def finish(self) -> None:
        self.behind.finish()

    def on_connection_close(self) -> None:
        self.behind.on_connection_close()


def run(server: Any) -> None:
    """Runs a server until the process is told to end: by a signal, and by nothing that a handler raises."""
    loop, told = server.io_loop, asyncio.Event()

    def end() -> None:
        told.set()
        loop.stop()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: loop.add_callback_from_signal(end))
    server.start()
    while not told.is_set():
        try:
            loop.start()
        except (SystemExit, KeyboardInterrupt):  # what asyncio passes on from anything that runs on the loop
            log.exception("something wanted to end the server")
    server.stop()
