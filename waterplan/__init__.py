"""waterplan: least-cost industrial water saving, with a source for every number.

.. code-block:: python

    from waterplan import open_scenario, open_study, solve

    plan = solve(open_study("china-2015"), open_scenario("reference").with_levers(saving_target=2500))

The public names stand in ``__init__.pyi``. Each is loaded when first asked for, so the import itself costs nothing.
"""

from waterplan.base.late import late_names

__version__ = "0.2.0"
__getattr__, _names = late_names(__name__, __file__)
__all__ = [*_names, "__version__"]  # noqa: PLE0604


def __dir__() -> list[str]:
    return sorted(__all__)
