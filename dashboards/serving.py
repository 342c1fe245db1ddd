"""The server's manners: security headers on every answer."""

from __future__ import annotations

import logging
from typing import Any

from tornado.httputil import HTTPHeaders
from tornado.iostream import StreamClosedError
from tornado.web import OutputTransform, RequestHandler
from tornado.websocket import WebSocketClosedError

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


class Ready(RequestHandler):
    """Says that visitors can be served: the study is read and the first plan is known."""

    def get(self) -> None:
        self.set_header("Content-Type", "application/json")
        self.write({"ready": True})


class NobodyThere(logging.Filter):
    """Leaves out that a page was closed while something was written to it."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, WebSocketClosedError | StreamClosedError)


def harden(server: Any) -> None:
    """Puts the security headers on a Panel server, and keeps closed pages out of its log."""
    for name in ("asyncio", "tornado.application", "bokeh.server.views.ws"):
        logging.getLogger(name).addFilter(NobodyThere())
    server._tornado.add_transform(SecurityHeaders)
