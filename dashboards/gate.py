"""Signing in by Panel's means, with pages of our own: nothing from outside, in both languages, hashes for passwords."""

from __future__ import annotations

import asyncio
import logging
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jinja2
import panel as pn
from panel.auth import BasicAuthProvider, LogoutHandler, OAuthProvider
from tornado.web import HTTPError, RequestHandler

from waterplan.base.messages import LANGUAGES
from waterplan.base.texts import Texts

from .owners import forget_visitor
from .passwords import LONGEST, Users
from .turns import Asked, TurnedAwayError, Turns

log = logging.getLogger("waterplan.gate")
LOGIN, LOGOUT = "/login", "/logout"
NEXT_MAX = 30_000
KEYS = ("user", "password", "enter", "again", "wrong", "too_many")
OWN_NAMES = {"en": "English", "zh": "中文"}
NAME_MAX = 64  # signs of a name; what is longer is nobody's
DAYS = 1  # that a visitor stays signed in
BROWSER = "waterplan_browser"  # cookie of a browser that signed in, with the name: it need not wait behind strangers
BROWSER_DAYS = 180
TURNED_AWAY_SECONDS = 0.5  # before it is told, so that it is not asked again at once
VOUCHER = "waterplan_voucher"  # cookie that says by which password a user signed in

_jinja = jinja2.Environment(autoescape=True, loader=jinja2.FileSystemLoader(Path(__file__).parent))


def sheet(title: str, words: str, language: str, **content: Any) -> str:
    """One page before the pages. title, words: names of texts."""
    say = Texts("gate", language)
    texts = {key: say(key) for key in KEYS}
    told = {"title": say(title), "words": say(words) if words else "", "language": language, "texts": texts}
    return _jinja.get_template("gate.html").render(**told, **content)


def language_of(asked: str, address: str, accepted: str, usual: str) -> str:
    """The language asked for, that of the address behind the gate, that of the browser, or the usual one."""
    try:
        wanted = parse_qs(urlsplit(address).query, max_num_fields=200).get("lang", [""])[-1] if address else ""
    except ValueError:  # of too many fields, or no address
        wanted = ""
    return next((name for name in (asked, wanted, accepted[:2].lower()) if name in LANGUAGES), usual)


def is_own(address: str) -> bool:
    """Whether an address leads to this server: a path, and nothing that a browser reads as another host."""
    plain = address.isprintable() and "\\" not in address and len(address) <= NEXT_MAX
    return plain and address.startswith("/") and not address.startswith("//")


class Sheet:
    """A page in place of one of Panel's templates, which load from outside."""

    def __init__(self, title: str, words: str, language: str):
        self.html = sheet(title, words, language, action=LOGIN)

    def render(self, **_content: Any) -> str:
        return self.html


class SignIn(RequestHandler):
    """Asks for name and password. Tries wait for each other, so that guessing is slow."""

    users: Users
    usual: str = "en"
    turns: Turns

    def get(self) -> None:
        self._ask(self.get_argument("next", "/"))

    async def post(self) -> None:
        origin = self.request.headers.get("Origin")
        if origin is not None and origin.partition("://")[2] != self.request.host:
            raise HTTPError(403)
        name = self.get_body_argument("username", "")[: NAME_MAX + 1]
        password = self.get_body_argument("password", "", strip=False)[: LONGEST + 1]
        address = self.get_body_argument("next", "/")
        try:
            admits = await self.turns.admits(Asked(name, password, str(self.request.remote_ip), self._browser(name)))
        except TurnedAwayError:
            await asyncio.sleep(TURNED_AWAY_SECONDS)
            log.info("sign_in", extra={"outcome": "turned_away"})
            self.set_status(429)
            self.set_header("Retry-After", "2")
            self._ask(address, trouble="too_many")
            return
        log.info("sign_in", extra={"outcome": "admitted" if admits else "refused"})
        if not admits:
            self.set_status(401)
            self._ask(address, trouble="wrong")
            return
        self._let_in(name)
        self.redirect(address if is_own(address) else "/", status=303)

    def _browser(self, name: str) -> str:
        """The mark of a browser that signed in as this name before; nothing for any other."""
        kept = self.get_secure_cookie(BROWSER, max_age_days=BROWSER_DAYS) or b""
        mark, _, known = kept.decode("utf-8", "replace").partition(" ")
        return mark if known == name else ""

    def _let_in(self, name: str) -> None:
        mark = self._browser(name) or secrets.token_urlsafe(16)
        marks = {
            "user": (name, DAYS),
            VOUCHER: (self.users.voucher(name), DAYS),
            BROWSER: (f"{mark} {name}", BROWSER_DAYS),
        }
        for cookie, (value, days) in marks.items():
            self.set_secure_cookie(cookie, value, expires_days=days, httponly=True, samesite="Lax",
                                   secure=self.request.protocol == "https", path=pn.config.cookie_path)  # fmt: skip

    def _ask(self, address: str, trouble: str = "") -> None:
        address = address if is_own(address) else "/"
        accepted = self.request.headers.get("Accept-Language", "")
        language = language_of(self.get_argument("lang", ""), address, accepted, self.usual)
        other = next(name for name in LANGUAGES if name != language)
        link = f"{LOGIN}?{urlencode({'lang': other, 'next': address})}"
        self.set_header("Cache-Control", "no-store")
        self.write(sheet("sign_in", "", language, asks=True, action=LOGIN, next=address, other=link,
                         other_name=OWN_NAMES[other], trouble=trouble))  # fmt: skip

    def write_error(self, status_code: int, **_kwargs: Any) -> None:
        self.finish(sheet("not_admitted", "explain_refused", self.usual, action=LOGIN))


class SignOut(LogoutHandler):
    """Forgets who it was; what he had open does not open again."""

    def get(self) -> None:
        forget_visitor(self)
        self.clear_cookie(VOUCHER, path=pn.config.cookie_path)
        super().get()
        self.set_header("Cache-Control", "no-store")


def _sign_out(provider: Any) -> Any:
    return type("SignOut", (SignOut,), {"_logout_template": provider._logout_template, "_login_endpoint": LOGIN})


def _own_sheets(provider: Any, language: str) -> None:
    provider._error_template = Sheet("not_admitted", "explain_refused", language)
    provider._logout_template = Sheet("signed_out", "explain_out", language)


class Gate(BasicAuthProvider):
    """Panel's provider for names and passwords."""

    def __init__(self, users: Users, language: str = "en"):
        self.users = users
        self._sign_in = type("SignIn", (SignIn,), {"users": users, "usual": language, "turns": Turns(users.admits)})
        super().__init__(login_endpoint=LOGIN, logout_endpoint=LOGOUT)
        _own_sheets(self, language)

    @property
    def get_user(self) -> Any:
        """Who asks, if he is a user still and his password is the one that he signed in with."""
        signed_in = super().get_user
        return lambda handler: signed_in(handler) if self._knows(handler) else None

    def _knows(self, handler: RequestHandler) -> bool:
        name, voucher = (handler.get_secure_cookie(cookie, max_age_days=DAYS) or b"" for cookie in ("user", VOUCHER))
        return self.users.is_voucher(voucher.decode("utf-8", "replace"), name.decode("utf-8", "replace"))

    @property
    def login_handler(self) -> Any:
        return self._sign_in

    @property
    def logout_handler(self) -> Any:
        return _sign_out(self)


class OAuthGate(OAuthProvider):
    """Panel's provider for OAuth, with our pages for errors and for having signed out."""

    def __init__(self, language: str = "en"):
        super().__init__(login_endpoint=LOGIN, logout_endpoint=LOGOUT)
        _own_sheets(self, language)

    @property
    def logout_handler(self) -> Any:
        return _sign_out(self)
