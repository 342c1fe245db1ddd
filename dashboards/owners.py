"""Whose a session is: the signed-in user's, in the browser that opened it. Made and signed here, by nobody else.

What an owner asks of the server is counted over all that he opens: connecting again makes nobody new.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from typing import Any

import panel as pn
from bokeh.util.token import (
    check_token_signature,
    generate_jwt_token,
    generate_session_id,
    get_session_id,
    get_token_payload,
)
from tornado.web import HTTPError, RequestHandler

from . import bounds
from .kept import Kept
from .turnstile import Address, Share

COOKIE = "waterplan_visitor"
MADE_HERE = re.compile(r"[\w-]{43}", re.ASCII)
GIVEN = ("bokeh-session-id", "bokeh-token")  # by which Bokeh would open a session that somebody else named


class Owners:
    """Makes sessions for whoever asks for a page, and knows whose one is by its token."""

    def __init__(self) -> None:
        self.key = secrets.token_bytes(32)
        self.connected: set[str] = set()
        self._shares, self._addresses = Kept(bounds.VISITORS_MAX), Kept(bounds.VISITORS_MAX)

    def make(self, handler: RequestHandler) -> tuple[str, str]:
        """Name and token of a new session for who asks, and a cookie if he has none."""
        name = generate_session_id(secret_key=self.key, signed=True)
        content = {
            "arguments": handler.request.arguments,
            "owner": self._owner(handler, _visitor(handler)),
            "from": self._sealed(str(handler.request.remote_ip)),
        }
        token = generate_jwt_token(name, self.key, signed=True, extra_payload=content, expiration=bounds.TOKEN_SECONDS)
        return str(name), token

    def name(self, handler: RequestHandler, token: str | None) -> str:
        """The name of the session that a token opens for who asks. Raises HTTPError 403 if it is not his."""
        if token is None or not self.is_signed(token):
            raise HTTPError(403)
        content = get_token_payload(token)
        given = handler.get_cookie(COOKIE) or ""
        is_his = hmac.compare_digest(str(content.get("owner")), self._owner(handler, given))
        if not is_his or content.get("session_expiry", 0) <= time.time():
            raise HTTPError(403)
        return str(get_session_id(token))

    def share(self, token: str) -> Share:
        """What the owner of a session asks of the server, by its token."""
        found: Share = self._shares.of(get_token_payload(token)["owner"], Share)
        return found

    def address(self, name: str) -> Address:
        """What comes from an address."""
        found: Address = self._addresses.of(name, Address)
        return found

    def is_signed(self, token: str) -> bool:
        """Whether it was made here; nothing of another one is unpacked."""
        try:
            return len(token) <= bounds.TOKEN_MAX and check_token_signature(token, self.key, signed=True)
        except Exception:  # whatever was written there
            return False

    def _owner(self, handler: RequestHandler, visitor: str) -> str:
        return self._sealed(f"{handler.current_user}\0{visitor}")

    def _sealed(self, words: str) -> str:
        return hmac.new(self.key, words.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()


def from_where(context: Any) -> str | None:
    """What stands for the address that a session was asked for from, by its context; nothing outside a server."""
    return None if context is None else context.token_payload.get("from")


def refuse_given_sessions(handler: RequestHandler) -> None:
    """A session is never opened by its name, whoever wrote it into the link. Raises HTTPError 403."""
    if "Bokeh-Session-Id" in handler.request.headers or any(key in handler.request.arguments for key in GIVEN):
        raise HTTPError(403)


def forget_visitor(handler: RequestHandler) -> None:
    """What the browser opened before does not open any more."""
    handler.clear_cookie(COOKIE, path=_path())


def _visitor(handler: RequestHandler) -> str:
    known = handler.get_cookie(COOKIE)
    if known is not None and MADE_HERE.fullmatch(known):
        return known
    made = secrets.token_urlsafe(32)
    cookie: dict[str, Any] = {"httponly": True, "samesite": "Lax", "secure": handler.request.protocol == "https"}
    handler.set_cookie(COOKIE, made, path=_path(), **cookie)
    return made


def _path() -> str:
    return str(pn.config.cookie_path or "/")
