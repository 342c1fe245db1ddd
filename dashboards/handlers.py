"""The page, its websocket and its files: Panel's handlers, with what they take and tell bounded."""

from __future__ import annotations

import asyncio
import logging
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bokeh.protocol.messages.error import error as Error  # noqa: N812
from bokeh.protocol.messages.patch_doc import patch_doc
from bokeh.protocol.messages.pull_doc_req import pull_doc_req
from bokeh.server.protocol_handler import ProtocolHandler
from bokeh.server.views.auth_request_handler import AuthRequestHandler
from panel.io.server import AuthenticatedStaticFileHandler, DocHandler, WSHandler
from tornado.web import HTTPError, RequestHandler, authenticated

from . import bounds
from .gate import language_of, sheet
from .owners import Owners, refuse_given_sessions
from .turnstile import Turnstile
from .wire import Incoming, RefusedError

log = logging.getLogger("waterplan.dashboard")
POLICY_VIOLATION = 1008  # of a websocket
PULLS_MAX = 3  # times that a connection may ask for the whole page; a browser does once
KEPT_SECONDS = 365 * 86_400  # that a browser may keep what never changes
SAID = {403: "forbidden", 404: "missing", 503: "full"}  # what went wrong, by status; anything else failed


class Contained(RequestHandler):
    """A handler that cannot end the process."""

    async def _execute(self, transforms: Any, *args: Any, **named: Any) -> None:
        try:
            await super()._execute(transforms, *args, **named)
        except (SystemExit, KeyboardInterrupt) as error:
            self._handle_request_exception(RuntimeError(type(error).__name__))


class Worded(Contained):
    """A handler that says in words what went wrong, and nothing of where."""

    def write_error(self, status_code: int, **_reasons: Any) -> None:
        accepted = self.request.headers.get("Accept-Language", "")
        asked = self.request.query_arguments.get("lang", [b""])[-1].decode("utf-8", "replace")
        language = language_of(asked, "", accepted, self.settings.get("language", "en"))
        key = SAID.get(status_code, "failed")
        if status_code == 503:
            self.set_header("Retry-After", "5")
        self.set_header("Cache-Control", "no-store")
        self.finish(sheet(key, f"explain_{key}", language, waits=status_code == 503))


class Missing(Worded):
    """Any address that is not on the list."""

    async def prepare(self) -> None:
        raise HTTPError(404)


class Page(Worded, DocHandler):
    """The page. Each makes a session, so that their number and how fast they come are bounded."""

    owners: Owners
    pace: bounds.Pace

    async def get(self, *args: Any, **named: Any) -> None:
        refuse_given_sessions(self)
        drawn = super().get(*args, **named)
        if drawn is not None:  # who has not signed in is sent to do so at once
            await drawn

    async def get_session(self) -> Any:
        if not self.pace.allows():
            raise HTTPError(503)
        await self._make_room()
        name, token = self.owners.make(self)
        return await self.application_context.create_session_if_needed(name, self.request, token)

    async def _make_room(self) -> None:
        sessions = list(self.application_context.sessions)
        unused = [one for one in sessions if not one.connection_count and not one.expiration_blocked]
        if len(unused) >= bounds.UNUSED_MAX or (unused and len(sessions) >= bounds.SESSIONS_MAX):
            unused[0].request_expiration()
            await self.application._cleanup_sessions()  # type: ignore[attr-defined]  # of Bokeh's kind of application
        if len(list(self.application_context.sessions)) >= bounds.SESSIONS_MAX:
            raise HTTPError(503)


class Answering(ProtocolHandler):
    """Has Bokeh answer a message; what fails is told in the log, and to the browser only that it did."""

    async def handle(self, message: Any, connection: Any) -> Any:
        try:
            return await self._handlers[message.msgtype](message, connection)
        except RefusedError:
            log.info("message_refused")
            told = "refused"
        except (Exception, SystemExit, KeyboardInterrupt):
            log.exception("a message failed")
            told = "failed"
        return Error(Error.create_header(message.header["msgid"]), {}, {"text": told, "traceback": None})


class Socket(Worded, WSHandler):
    """The websocket of one page: opened by whom its session belongs to, once at a time."""

    owners: Owners
    turnstile: Turnstile
    pace: bounds.Pace  # of new pages: a session that gave way is made anew
    session_name: str | None = None

    async def prepare(self) -> None:
        words = self.request.headers.get("Sec-WebSocket-Protocol", "").split(",")
        token = words[1].strip() if len(words) == 2 else ""
        if not self.owners.is_signed(token):  # before Panel reads it
            raise HTTPError(403)
        await super().prepare()  # type: ignore[misc]  # Bokeh's own is a coroutine
        if self._finished:
            return
        name = self.owners.name(self, token)
        if name in self.owners.connected:
            raise HTTPError(403)
        if not self.owners.share(token).opens.allows():
            raise HTTPError(503)
        sessions = self.application_context._sessions
        if name not in sessions and (len(sessions) >= bounds.SESSIONS_MAX or not self.pace.allows()):
            raise HTTPError(503)

    def open(self, *args: Any, **named: Any) -> Any:
        name = self.owners.name(self, self._token)
        self._incoming, self._pulls, self._share = Incoming(), 0, self.owners.share(self._token)
        self._from = self.owners.address(str(self.request.remote_ip))
        if name in self.owners.connected:
            self.close(POLICY_VIOLATION)
            return None
        self.session_name = name
        self.owners.connected.add(name)
        self._mark_what_is_written()
        return super().open(*args, **named)

    def _mark_what_is_written(self) -> None:
        """Whatever writes to the browser, Panel past this handler's own method: it was waited for until now."""
        write, told = self.ws_connection.write_message, self._share.rest.told

        def written(*message: Any, **options: Any) -> Any:
            told()
            return write(*message, **options)

        self.ws_connection.write_message = written

    async def _async_open(self, token: str) -> None:
        await super()._async_open(token)
        self.handler = Answering()

    async def on_message(self, fragment: str | bytes) -> None:
        """Nothing is read of a connection while it waits here, so that who sends faster is slowed down."""
        await asyncio.sleep(max(self._share.messages.wait(1 / 3), self._share.bytes.wait(len(fragment))))
        if self._incoming.is_last:
            await self.turnstile.run(self._share.rest, self._from, self._hear(fragment))
        else:
            await self._hear(fragment)

    async def _hear(self, fragment: str | bytes) -> None:
        if self.ws_connection is None:  # it has left while it waited
            return
        try:
            message = self._incoming.take(fragment)
            if message is None:
                return
            self._pulls += isinstance(message, pull_doc_req)
            if (
                self.connection is None or self._pulls > PULLS_MAX
            ):  # nothing is said before we have said that we are there
                raise RefusedError
        except RefusedError:
            log.info("message_refused")
            self.close(POLICY_VIOLATION)
            return
        if isinstance(message, patch_doc) and not message.content["events"]:
            await self.send_message(self.connection.ok(message))
            return
        work = await self._handle(message)
        if work is not None:
            await self._schedule(work)

    def on_close(self) -> None:
        if self.session_name is not None:
            self.owners.connected.discard(self.session_name)
        super().on_close()

    def _internal_error(self, message: str) -> None:
        self.close(POLICY_VIOLATION)

    def _protocol_error(self, message: str) -> None:
        self.close(POLICY_VIOLATION)


class Asset(Worded, AuthenticatedStaticFileHandler):
    """One of the files that the page loads, by its name on the list; no other file can be asked for."""

    def initialize(self, files: Mapping[str, Path]) -> None:
        self.root = files
        self.default_filename = None

    @classmethod
    def get_absolute_path(cls, root: Any, path: str) -> str:
        if path not in root:
            raise HTTPError(404)
        return str(root[path])

    def validate_absolute_path(self, root: Any, absolute_path: str) -> str:
        return absolute_path

    def get_content_type(self) -> str:
        return mimetypes.guess_type(self.absolute_path)[0] or "application/octet-stream"


class Script(Worded, AuthRequestHandler):
    """One of our modules, as it was when the server started. Its address has a digest of them all: it may be kept."""

    def initialize(self, files: Mapping[str, bytes]) -> None:
        self.files = files

    @authenticated
    def get(self, name: str) -> None:
        if name not in self.files:
            raise HTTPError(404)
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Cache-Control", f"private, max-age={KEPT_SECONDS}, immutable")
        self.finish(self.files[name])

    head = get
