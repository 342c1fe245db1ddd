"""The pages in a browser, from the command line."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import waterplan
from waterplan.cli.output import tell
from waterplan.errors import WaterplanError
from waterplan.messages import Texts

PLACES = ("waterplan._shipped.dashboards", "dashboards")  # in the installed package, in a checkout


def serve_pages(study: str, scenarios: str | None, language: str, **server: Any) -> None:
    """Serves the pages until it is interrupted. Raises WaterplanError if Panel is not installed."""
    say = Texts("commands", language)
    if find_spec("panel") is None:
        raise WaterplanError(say("no_panel"))
    waterplan.open_study(study)
    tell(say("serving", address=server["address"], port=server["port"]))
    pages().serve(study, scenarios, language=language, **server)


def pages() -> Any:
    """The module that serves the pages, from wherever waterplan runs."""
    checkout = str(Path(waterplan.__file__).parents[1])
    if (Path(checkout) / "dashboards").is_dir() and checkout not in sys.path:
        sys.path.append(checkout)
    package = next(place for place in PLACES if _exists(place))
    return import_module(f"{package}.app")


def _exists(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
