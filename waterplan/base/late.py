"""What is loaded when it is first asked for, so that importing it costs nothing.

The names of a module, each written once, in a stub; and large packages that a module uses in some of its functions.
"""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from waterplan.base.extras import missing_extra
from waterplan.base.messages import Message


def late_names(module: str, file: str) -> tuple[Callable[[str], Any], list[str]]:
    """The ``__getattr__`` of a module (PEP 562), and the names that the stub beside its file imports.

    What is asked for raises AttributeError if the stub does not import it, MissingExtraError if its extra is missing.
    """
    statements = ast.parse(Path(file).with_suffix(".pyi").read_text(encoding="utf-8")).body
    homes = {
        alias.name: str(statement.module)
        for statement in statements
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(Message("errors.no_attribute", module=module, name=name))
        try:
            value = _value(homes[name], name)
        except ModuleNotFoundError as error:
            raise missing_extra(error) or error from None
        setattr(sys.modules[module], name, value)
        return value

    _Package.open(sys.modules[module], homes)
    return load, sorted(homes)


class _Package(types.ModuleType):
    """A package whose names are not hidden by modules of the same name, which Python puts there when it loads them."""

    @classmethod
    def open(cls, package: types.ModuleType, homes: Mapping[str, str]) -> None:
        """Makes a package one of this kind; homes: the module that each of its late names comes from."""
        package.__dict__["_homes"] = homes
        package.__class__ = cls

    def __setattr__(self, name: str, value: Any) -> None:
        is_home = isinstance(value, types.ModuleType) and value.__name__ == f"{self.__name__}.{name}"
        if not (is_home and self.__dict__["_homes"].get(name) == value.__name__):
            super().__setattr__(name, value)


def _value(home: str, name: str) -> Any:
    """What a module calls so, or the module of that name in a package."""
    module = import_module(home)
    return getattr(module, name) if hasattr(module, name) else import_module(f"{home}.{name}")


class _Late(types.ModuleType):
    """Stands for a package until something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


def late_module(name: str) -> Any:
    """A package that is imported when something of it is first asked for. Types know it by a second import:

    .. code-block:: python

        if TYPE_CHECKING:
            import pandas as pd
        else:
            pd = late_module("pandas")
    """
    return _Late(name)
