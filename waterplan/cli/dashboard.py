"""The pages in a browser, from the command line."""

from __future__ import annotations

import getpass
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import waterplan
from waterplan.base.errors import WaterplanError
from waterplan.base.extras import BRINGS, need
from waterplan.base.messages import Message
from waterplan.base.texts import Texts
from waterplan.base.whole_files import check_place
from waterplan.cli.output import tell

PLACES = ("waterplan._shipped.dashboards", "dashboards")  # in the installed package, in a checkout
CHECKED = ("origins", "runs", "outline_map", "basic_auth", "cookie_secret_file", "pool")  # before the study is read


def serve_pages(study: str, scenarios: str | None, language: str, **server: Any) -> None:
    """Serves the pages until it is interrupted. Raises WaterplanError for a missing extra or a wrong option."""
    say = Texts("commands", language)
    need(*BRINGS["dashboard"])
    if server.get("pool") is not None:
        need("sqlalchemy", "alembic")
    if server.get("runs") is not None:
        need(*BRINGS["batch"])
    address, checked = server["address"], {name: server.get(name) for name in CHECKED}
    sockets = pages("option_faults").checked_port(server["port"], address, scenarios=scenarios, **checked)

    def told(port: int) -> None:
        tell(say("serving", address=pages("option_faults").in_a_link(address), port=port))

    pages("app").serve(study, scenarios, language=language, told=told, sockets=sockets, **server)


def add_user(path: str | None, name: str, language: str) -> None:
    """Asks for a password, twice at a terminal, and writes it into a file of users as a salted hash."""
    say = Texts("commands", language)
    if path is None:
        raise WaterplanError(Message("commands.users_where", name=name))
    check_place(Path(path))
    if sys.stdin.isatty():
        password = getpass.getpass(say("password"))
        if getpass.getpass(say("password_again")) != password:
            raise WaterplanError(Message("commands.passwords_differ"))
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    pages("passwords").add_user(path, name, password)
    tell(say("user_added", name=name, path=path))


def pages(module: str) -> Any:
    """A module of the pages, from wherever waterplan runs."""
    checkout = str(Path(waterplan.__file__).parents[1])
    if (Path(checkout) / "dashboards").is_dir() and checkout not in sys.path:
        sys.path.append(checkout)
    package = next(place for place in PLACES if _exists(place))
    return import_module(f"{package}.{module}")


def _exists(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
