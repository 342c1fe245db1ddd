"""The extras: which one brings which optional package, and the words where a package is not installed."""

from __future__ import annotations

from importlib.util import find_spec

from waterplan.base.errors import WaterplanError
from waterplan.base.messages import Message

BRINGS = {
    "dashboard": ("panel", "param", "bokeh", "tornado"),
    "report": ("hvplot", "holoviews", "matplotlib", "weasyprint"),
    "batch": ("dask", "distributed", "tornado", "numcodecs", "pyarrow", "SALib", "zarr"),
    "peers": ("sqlalchemy", "alembic", "psycopg"),
}  # as they are imported; the names under which they are installed are in pyproject.toml
CHARTS = ("hvplot", "holoviews", "matplotlib")


class MissingExtraError(WaterplanError, ImportError):
    """A package that only an extra brings is not installed."""

    def __init__(self, extra: str):
        super().__init__(Message(f"extras.{extra}"))
        self.extra = extra


def need(*packages: str) -> None:
    """Raises MissingExtraError for the first of some packages that is not installed."""
    for package in packages:
        if find_spec(package) is None:
            raise MissingExtraError(_extra_of(package))


def missing_extra(error: ModuleNotFoundError) -> MissingExtraError | None:
    """What an import that failed asks for; None where no extra brings what it did not find."""
    package = (error.name or "").partition(".")[0]
    return MissingExtraError(_extra_of(package)) if any(package in names for names in BRINGS.values()) else None


def _extra_of(package: str) -> str:
    return next(extra for extra, names in BRINGS.items() if package in names)
