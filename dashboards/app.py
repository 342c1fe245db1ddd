"""The pages in a browser: one Panel component a visitor, answers shared by all, and the server around them."""

from __future__ import annotations

import functools
import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import panel as pn
import param
from bokeh.document import Document

from waterplan import Planner, open_study

from .answers import THREADS, Answers
from .facts import Facts
from .serving import Ready, harden
from .session import Session, shipped_scenarios

log = logging.getLogger("waterplan.dashboard")
BROWSER = Path(__file__).parent / "browser"
SCRIPTS = ("words.js", "charts.js", "cards.js", "levers.js", "tables.js", "panel.js", "menus.js", "board.js")


REST = 120  # ms without a move after which reasons are looked for


def scripts() -> str:
    """The browser's side in one module; the files share one scope in this order."""
    return "\n".join((BROWSER / name).read_text(encoding="utf-8") for name in SCRIPTS if (BROWSER / name).exists())


class Board(pn.custom.JSComponent):
    """Everything on the page: texts come once a language, numbers once a move."""

    page = param.Dict(default={})
    board = param.Dict(default={})
    curve = param.Dict(default={})
    words = param.Dict(default={})
    reasons = param.Dict(default={})
    ways = param.Dict(default={})
    compare = param.Dict(default={})
    rows = param.Dict(default={})

    _esm = scripts()
    _stylesheets = [(BROWSER / "board.css").read_text(encoding="utf-8")]  # noqa: RUF012

    def __init__(self, session: Session, **params: Any):
        super().__init__(sizing_mode="stretch_both", **params)
        self._session = session

    def _handle_msg(self, data: Any) -> None:
        self._session.receive(data)

    def show(self, name: str, content: dict[str, Any]) -> None:
        """Sends content to the browser; what has a name of its own is kept for a browser that comes back."""
        if name in self.param:
            setattr(self, name, content)
        else:
            self._send_msg({"name": name, "content": content})


def visit(answers: Answers, facts: Facts, shipped: dict[str, Any], read_only: bool, language: str) -> Board:
    """The page of a new visitor."""
    session = Session(answers, facts, shipped, read_only, language)
    board = Board(session)
    document = pn.state.curdoc
    session.start(_query(), board.show, functools.partial(_soon, document), functools.partial(_later, document))
    if document is not None:
        document.template_variables.setdefault("dist_url", "static/extensions/panel/")  # in every worker, never a CDN
        document.on_session_destroyed(lambda _context: session.close())
    return board


def _query() -> str:
    given = pn.state.session_args.items()
    return urlencode({key: [value.decode("utf-8", "replace") for value in values] for key, values in given}, doseq=True)


def _soon(document: Document | None, run: Any) -> None:
    if document is None or document.session_context is None:
        run()
    else:
        document.add_next_tick_callback(run)


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
) -> Any:
    """A function that makes a visitor's page; everything that visitors share is made here, once."""
    planner = Planner(open_study(study))
    answers, facts = Answers(planner, workers), Facts.of(planner)
    shipped = shipped_scenarios(answers, scenarios)
    for scenario in list(shipped.values())[:1]:
        answers.plan(scenario)
        answers.curve(scenario)

    def pages() -> Board:
        return visit(answers, facts, shipped, read_only, language)

    return pages


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
) -> None:
    """Serves the pages until it is interrupted; port 0 is any that is free."""
    pn.extension(notifications=False)
    pages = build(study, scenarios, read_only, language, workers)
    server = pn.io.server.get_server(
        {"/": pages},
        port=port,
        address=address,
        title="waterplan",
        liveness=True,
        extra_patterns=[("/readiness", Ready)],
        websocket_origin=origins or [f"{host}:{port}" for host in {address, "localhost", "127.0.0.1"}],
        show=show,
        session_token_expiration=3600,
    )
    harden(server)
    server.run_until_shutdown()
