"""Every address that the server answers, on one list. What Panel or another library adds is taken away again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bokeh.server
import panel
from tornado.routing import PathMatches, Rule
from tornado.web import Application, RequestHandler

from . import bounds
from .gate import LOGIN, LOGOUT
from .handlers import Asset, Contained, Missing, Page, Script, Socket
from .owners import Owners
from .scripts import PLACE
from .scripts import SCRIPTS as OWN
from .serving import Alive, Ready
from .turnstile import Turnstile

BOKEH, PANEL = Path(bokeh.server.__file__).parent / "static", Path(panel.__file__).parent / "dist"
SCRIPTS = ("js/bokeh.min.js", "js/bokeh-gl.min.js", "js/bokeh-widgets.min.js", "js/bokeh-tables.min.js")
PARTS = (  # of Panel that our page loads; a star stands for a version
    "panel.min.js", "css/loading.css", "bundled/theme/default.css", "bundled/theme/dark.css",
    "bundled/theme/native.css", "images/apple-touch-icon.png",
    "bundled/reactiveesm/es-module-shims*/dist/es-module-shims.min.js",
)  # fmt: skip


class UnlistedRouteError(RuntimeError):
    """The server would answer addresses that are not on the list, or not answer some that are."""


@dataclass(frozen=True)
class Route:
    """An address that is answered: by whom, how it may be asked, and whether a visitor must have signed in."""

    path: str
    handler: type[RequestHandler]
    methods: tuple[str, ...] = ("GET",)
    is_open: bool = False
    given: Mapping[str, Any] = field(default_factory=dict)

    def rule(self, prefix: str) -> Rule:
        """The route as Tornado has it; its handler cannot end the process, and takes no other method."""
        parts = (self.handler,) if issubclass(self.handler, Contained) else (Contained, self.handler)
        kind = type(self.handler.__name__, parts, {"SUPPORTED_METHODS": self.methods})
        return Rule(PathMatches(prefix + self.path), kind, dict(self.given))


def files() -> dict[str, Path]:
    """The files that the page loads, by their names below /static/."""
    found = {name: BOKEH / name for name in SCRIPTS}
    for name in PARTS:
        found |= {f"extensions/panel/{path.relative_to(PANEL).as_posix()}": path for path in PANEL.glob(name)}
    return {name: path for name, path in found.items() if path.is_file()}


def routes(application: Any, owners: Owners, is_ready: Callable[[], bool]) -> list[Route]:
    """The list. Only what says so is answered to whom has not signed in, where signing in is asked for."""
    context = application.applications["/"]
    given = {"application_context": context, "bokeh_websocket_path": f"{application.prefix}/ws"}
    shared = {"owners": owners, "pace": bounds.Pace(bounds.PAGES_PER_SECOND, bounds.PAGES_AT_ONCE)}
    page = type("Page", (Page,), shared)
    socket = type("Socket", (Socket,), {**shared, "turnstile": Turnstile()})
    listed = [
        Route("/?", page, given=given),
        Route("/ws", socket, given=given),
        Route(f"/{PLACE}/(.*)", Script, ("GET", "HEAD"), given={"files": OWN}),
        Route("/static/(.*)", Asset, ("GET", "HEAD"), given={"files": files()}),
        Route("/(favicon.ico)", Asset, ("GET", "HEAD"), given={"files": {"favicon.ico": PANEL / "images/favicon.ico"}}),
        Route("/liveness", Alive, is_open=True),
        Route("/readiness", Ready, is_open=True, given={"is_ready": is_ready}),
    ]
    methods = {LOGIN: ("GET", "POST"), LOGOUT: ("GET",)}
    for path, handler in application.auth_provider.endpoints:
        listed.append(Route(path, handler, methods[path], is_open=True))
    return listed


def keep_to(application: Any, listed: list[Route]) -> None:
    """Has the application answer what is on the list, and 404 to anything else."""
    application.wildcard_router.rules.clear()
    application.wildcard_router.add_rules([route.rule(application.prefix) for route in listed])
    application.settings["default_handler_class"] = Missing
    check(application, listed)


def check(application: Application, listed: list[Route]) -> None:
    """Raises UnlistedRouteError if the application would answer anything that is not on the list."""
    prefix = getattr(application, "prefix", "")
    known = {(f"{prefix}{route.path}".rstrip("$") + "$", route.handler.__name__) for route in listed}
    found = set(answered(application))
    if found != known or application.settings.get("default_handler_class") is not Missing:
        raise UnlistedRouteError(sorted(found - known), sorted(known - found))


def answered(application: Application) -> Iterator[tuple[str, str]]:
    """Pattern and handler of every address that an application answers."""
    routers = [application.default_router]
    while routers:
        for rule in routers.pop().rules:
            if hasattr(rule.target, "rules"):
                routers.append(rule.target)
            else:
                pattern = rule.matcher.regex.pattern if isinstance(rule.matcher, PathMatches) else repr(rule.matcher)
                yield pattern, getattr(rule.target, "__name__", repr(rule.target))
