"""waterplan: least-cost industrial water saving, with a source for every number.

.. code-block:: python

    from waterplan import Scenario, make_plan, open_study

    plan = make_plan(open_study(), Scenario.read("scenarios/reference.toml"))

The names below are the public ones. Each is loaded when first asked for, so the import itself costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from waterplan import errors
    from waterplan.scenario import Scenario
    from waterplan.study import Study, open_study

__version__ = "0.1.0"
__all__ = ["Scenario", "Study", "__version__", "errors", "open_study"]

_HOME = {
    "Scenario": "waterplan.scenario",
    "Study": "waterplan.study",
    "open_study": "waterplan.study",
    "errors": "waterplan.errors",
}


def __getattr__(name: str) -> Any:
    """The public name, from the module where it lives (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'waterplan' has no attribute {name!r}")
    module = import_module(_HOME[name])
    value = module if module.__name__ == f"waterplan.{name}" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
