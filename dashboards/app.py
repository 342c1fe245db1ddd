"""The pages in a browser: one Panel component a visitor, answers shared by all, and the server around them."""

from __future__ import annotations

import asyncio
import atexit
import functools
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import panel as pn
import param
from bokeh.document import Document
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop

import waterplan
from waterplan import Planner, open_study
from waterplan.study.outline import read_outline
from waterplan.study.study import shipped

from . import bounds, heap
from .answers import THREADS, Answers
from .doors import Doors, run
from .facts import Facts
from .gate import Gate, OAuthGate
from .logs import start_logs
from .option_faults import POOL_WAIT, in_a_link, listen
from .owners import Owners, from_where
from .passwords import Users, read_secret
from .routes import keep_to, routes
from .scripts import BROWSER, ENTRY
from .serving import Startup, Stay, Stays, harden
from .session import Session, fitting, open_scenarios
from .stores import Stores
from .wire import Parcels, checked

SHEETS = ("board.css", "plant.css")


ENDING = 2.0  # s for what is under way when the server is asked to end
REST = 150  # ms without a move after which reasons are looked for: a page that has much else to do draws as long


class Board(pn.custom.JSComponent):
    """Everything on the page: texts come once a language, numbers once a move."""

    page = param.Dict(default={})
    board = param.Dict(default={})
    curve = param.Dict(default={})
    anyway = param.Dict(default={})
    on_top = param.Dict(default={})
    words = param.Dict(default={})
    reasons = param.Dict(default={})
    ways = param.Dict(default={})
    compare = param.Dict(default={})
    rows = param.Dict(default={})
    runs = param.Dict(default={})
    plant = param.Dict(default={})

    _esm = ENTRY
    _stylesheets = [(BROWSER / name).read_text(encoding="utf-8") for name in SHEETS]  # noqa: RUF012

    def __init__(self, session: Session, stay: Stay, parcels: Parcels, **params: Any):
        super().__init__(sizing_mode="stretch_both", **params)
        self._session, self._stay, self._parcels = session, stay, parcels

    def _handle_msg(self, data: Any) -> None:
        self._stay.messages += 1
        said = checked(data)
        if said["type"] != "part":
            self._session.receive(said)
            return
        try:
            whole = self._parcels.take(self._stay, said)
        except LookupError:  # it gave way to others
            notice = {"key": "notice_gave_way", "detail": ""}
            self._session.show("notice", {"seq": said.get("seq"), "notice": notice})
            return
        if whole is not None:
            self._session.receive(whole)

    def show(self, name: str, content: dict[str, Any]) -> None:
        """Sends content to the browser; what has a name of its own is kept for a browser that comes back."""
        if name in self.param:
            setattr(self, name, content)
        else:
            self._send_msg({"name": name, "content": content})


@dataclass
class Pages:
    """What visitors share; called, it makes the page of a new one."""

    answers: Answers
    facts: Facts
    shipped: dict[str, Any]
    read_only: bool = False
    language: str = "en"
    pool: Any = None
    stays: Stays = field(default_factory=Stays)
    parcels: Parcels = field(default_factory=Parcels)

    def __call__(self) -> Board:
        stay = self.stays.come()
        session = Session(self.answers, self.facts, self.shipped, self.read_only, self.language, self.pool)
        board = Board(session, stay, self.parcels)
        document = pn.state.curdoc
        session.address = from_where(document.session_context) if document is not None else None
        soon, later = functools.partial(_soon, document, _loop()), functools.partial(_later, document)
        session.start(_query(), board.show, soon, later, waits=document is not None)
        if document is not None:
            document.template_variables.setdefault("dist_url", "static/extensions/panel/")  # never a CDN

            def leave(_context: Any) -> None:
                session.close()
                self.parcels.drop(stay)
                stay.end()

            document.on_session_destroyed(leave)
        return board

    def close(self) -> bool:
        """Ends the threads, and lets go of the pool; whether nothing is under way any more."""
        is_idle = self.answers.close(ENDING)
        if self.pool is not None:
            self.pool.close()
        return is_idle

    def are_ready(self) -> bool:
        """Whether the first plan is known."""
        first = next(iter(self.shipped.values()), None)
        return first is None or self.answers.known(first) is not None


def _query() -> str:
    given = pn.state.session_args.items()
    return urlencode({key: [value.decode("utf-8", "replace") for value in values] for key, values in given}, doseq=True)


def _loop() -> IOLoop | None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:  # a page that is made outside a server
        return None
    return IOLoop.current()


def _soon(document: Document | None, loop: IOLoop | None, run: Any) -> None:
    """On the loop, from any thread: what a thread gives a document that Panel holds just then may be lost."""
    if document is None or document.session_context is None or loop is None:
        run()
    else:
        loop.add_callback(document.add_next_tick_callback, run)


def _later(document: Document | None, run: Any) -> None:
    if document is None or document.session_context is None:
        run()
    else:
        document.add_timeout_callback(run, REST)


def build(
    study: str = "china-2015",
    scenarios: str | None = None,
    read_only: bool = False,
    language: str = "en",
    workers: int = THREADS,
    outline_map: str | None = None,
    runs: str | None = None,
    pool: str | None = None,
    told: Callable[[], None] = lambda: None,
) -> Pages:
    """Everything that visitors share is made here, once, the first plan last.

    told: called once all that was asked for is known to be as it must be, before the first plan.
    """
    opened = open_scenarios(scenarios)
    planner = Planner(open_study(study))
    folder = Path(study) if Path(study).is_dir() else shipped(study)
    outline = None if outline_map is None else read_outline(outline_map, planner.study, folder)
    known = fitting(opened, planner.study, scenarios)
    peers = None if pool is None else waterplan.PeerPool.open(pool, wait=POOL_WAIT)
    told()
    answers, facts = Answers(planner, workers), Facts.of(planner, outline)
    answers.stores = Stores(None if runs is None else Path(runs))
    for scenario in list(known.values())[:1]:
        answers.plan(scenario)
        answers.curve(scenario)
    return Pages(answers, facts, known, read_only, language, peers)


def get_server(
    pages: Pages, port: int, address: str, provider: Any = None, origins: list[str] | None = None, **options: Any
) -> Any:
    """The server around the pages, not yet started. options: of Panel's ``get_server``."""
    if provider is not None:
        options["auth_provider"] = provider
    owners = Owners()
    HTTPServer.configure(Doors)
    allowed = origins or [f"{host}:{port}" for host in {in_a_link(address), "localhost", "127.0.0.1"}]
    server = pn.io.server.get_server(
        {"/": pages.__call__},  # Panel asks a function, and draws any other object
        port=port,
        address=address,
        title="waterplan",
        location=False,
        websocket_origin=[one for one in allowed if "[" not in one],  # Bokeh knows no other address
        secret_key=owners.key,
        sign_sessions=True,
        session_token_expiration=bounds.TOKEN_SECONDS,
        websocket_max_message_size=bounds.MESSAGE_MAX,
        websocket_ping_interval=bounds.PING_SECONDS,
        websocket_ping_timeout=bounds.PING_SECONDS,
        keep_alive_milliseconds=0,  # Tornado's pings are answered or the connection is closed; Bokeh's only ask
        use_xheaders=True,  # behind a proxy: whether the visitor came by https, and from where
        language=pages.language,
        **options,
    )
    server._tornado._websocket_origins.update(one for one in allowed if "[" in one)
    listed = routes(server._tornado, owners, pages.are_ready)
    keep_to(server._tornado, listed)
    harden(server)
    return server


def gate(basic_auth: str | None, cookie_secret_file: str | None, language: str) -> tuple[Any, dict[str, Any]]:
    """Who lets visitors in, and what Panel needs to know of it; nobody unless asked. Raises PasswordError."""
    if basic_auth is not None:
        return Gate(Users.read(basic_auth), language), {"cookie_secret": read_secret(cookie_secret_file)}
    if pn.config.oauth_provider:
        given = read_secret(cookie_secret_file) if cookie_secret_file else pn.config.cookie_secret
        return OAuthGate(language), {"cookie_secret": given or read_secret(None)}
    return None, {}


def _leave() -> None:
    """Ends the process under what is still made in threads, which Python would wait for: nobody is there to take it.

    Folders of files half made go as at any end; a pool undoes what was not yet whole.
    """
    atexit._run_exitfuncs()  # no public name does that, and a usual end would first join the executors' threads
    sys.stdout.flush()
    os._exit(0)


def serve(
    study: str = "china-2015",
    scenarios: str | None = None,
    port: int = 5006,
    address: str = "127.0.0.1",
    workers: int = THREADS,
    show: bool = False,
    read_only: bool = False,
    language: str = "en",
    origins: list[str] | None = None,
    basic_auth: str | None = None,
    cookie_secret_file: str | None = None,
    log_format: str = "text",
    outline_map: str | None = None,
    runs: str | None = None,
    pool: str | None = None,
    told: Callable[[int], None] = lambda port: None,
    sockets: list[socket.socket] | None = None,
) -> None:
    """Serves the pages until it is interrupted; port 0 is any that is free, and ``told`` learns which.

    sockets: those of the port, where it is listened on already.
    """
    heap.settle()
    start_logs(log_format)
    bounds.allow_connections()
    provider, options = gate(basic_auth, cookie_secret_file, language)
    pn.extension(notifications=False)
    startup = Startup(sockets or listen(port, address), language)
    asked = (study, scenarios, read_only, language, workers, outline_map, runs, pool)

    def make() -> Pages:
        made = build(*asked, told=lambda: told(startup.port))
        heap.stay()
        return made

    pages = startup.wait_for(make)
    try:
        run(get_server(pages, startup.port, address, provider, origins, show=show, **options))
    finally:
        is_idle = pages.close()
    if not is_idle:
        _leave()
