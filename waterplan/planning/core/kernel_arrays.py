"""What the core reads and fills in: plain arrays, checked when they are handed over, and the records of their places.

The fields of each class stand in the order of the struct of the same name in core.h.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, fields
from functools import cache, cached_property
from typing import Any, Self

import numpy as np

from waterplan.base.messages import Message
from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index

KINDS = {"Array": np.dtype(np.float64), "Index": np.dtype(np.int64)}
NUMBERS = {"float": ctypes.c_double, "int": ctypes.c_int64}


def place(array: np.ndarray[Any, Any], kind: str, name: str) -> int:
    """Where an array lies. Raises TypeError unless it is contiguous, aligned and of the kind that the core reads."""
    if array.dtype != KINDS[kind] or not (array.flags.c_contiguous and array.flags.aligned):
        given = f"{array.dtype}, strides {array.strides}"
        raise TypeError(Message("planner_errors.kernel_array", name=name, given=given, allowed=str(KINDS[kind])))
    return int(array.__array_interface__["data"][0])


class Handed:
    """Arrays and numbers that the core reads where they lie, and which stay there as long as this is kept."""

    @cached_property
    def record(self) -> Any:
        """The places of the arrays, as the core takes them; made when they are first handed over."""
        own: Any = type(self)
        kinds, layout = _layout(own)
        given = ((name, kind, getattr(self, name)) for name, kind in kinds.items())
        places = [place(value, kind, name) if kind in KINDS else value for name, kind, value in given]
        return ctypes.byref(layout(*places))

    def changed(self, **changed: Any) -> Self:
        """The same with other arrays or numbers in some fields, handed over without looking at all others again."""
        own: Any = type(self)
        other = object.__new__(own)
        kinds, layout = _layout(own)
        vars(other).update(vars(self), **changed)
        record = layout.from_buffer_copy(self.record._obj)
        for name, value in changed.items():
            kind = kinds[name]
            setattr(record, name, place(value, kind, name) if kind in KINDS else value)
        vars(other)["record"] = ctypes.byref(record)
        return other

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "record"}  # places are of this process


@cache
def _layout(record: type[Any]) -> tuple[dict[str, str], type[ctypes.Structure]]:
    """The kind of each field of a class, and the struct that is handed over for it."""
    kinds = {field.name: str(field.type) for field in fields(record)}
    types = [(name, NUMBERS.get(kind, ctypes.c_void_p)) for name, kind in kinds.items()]
    return kinds, type(record.__name__, (ctypes.Structure,), {"_fields_": types})


@dataclass(frozen=True)
class Pairs(Handed):
    """Volumes and limits of a scenario [packed; hm3/a, shares]; ``local_start`` to ``supply_start`` say where the rows
    of a pair begin, app_start those of a local.

    start, built, on_site, replaced [pair]: what existing plants withdraw at the start after level 1, what plants built
    since do, and what the site saves and sources replace already; source_share [pair_supply]: which source does.
    """

    start: Array
    built: Array
    on_site: Array
    replaced: Array
    local_start: Index
    local_use: Index
    gross_flow: Array
    app_start: Index
    site_start: Index
    site_limit: Array
    site_together: Array
    supply_start: Index
    supply_limit: Array
    source_share: Array
    alternative_share: Array
    count_supply: float
    unit: float


@dataclass(frozen=True)
class Costs(Handed):
    """What capacity costs and what a saved m3 earns besides the price [packed; CNY/m3].

    behind [pair]: what a m3 that is less behind the site earns beside credits, by limits on pools and on other sources.
    """

    app: Array
    site: Array
    supply: Array
    use_credit: Array
    site_credit: Array
    supply_credit: Array
    behind: Array


@dataclass(frozen=True)
class Uses(Handed):
    """The uses of a scenario and the stored dictionaries of each [packed by use].

    rows: basic variables of a use's dictionaries. Moves of use u stand from move_start[u]: move_from and move_to are
    configurations, move_members the bit mask of what is added. Its dictionaries stand from entry_start[u]. What moves
    alone decide begins at entry_place in the flat ``dictionary`` (shape rows + apps, moves: basic rows, then those of
    the shares) and at entry_basis in ``basis``, and stores with the same moves have it together; of entries that have
    joined since it begins at ~entry_place in ``late_dictionary``, ~entry_basis in ``late_basis``. The rest is of this
    store: ``amount`` (values of the basic rows) from entry_amount, ``value`` (saving, then the shares) from
    entry_value, and ``reduced`` (for each nonbasic variable its gain in saving, then in shares) from entry_reduced.
    """

    app_start: Index
    saving_fraction: Array
    added_share: Array
    rows: Index
    move_start: Index
    move_from: Index
    move_to: Index
    move_members: Index
    entry_start: Index
    entry_place: Index
    entry_basis: Index
    dictionary: Array
    basis: Index
    late_dictionary: Array
    late_basis: Index
    entry_value: Index
    value: Array
    entry_amount: Index
    amount: Array
    entry_reduced: Index
    reduced: Array


@dataclass(frozen=True)
class Answers(Handed):
    """The decisions of all pairs to the last price asked, and how far each holds.

    share [local app], use_saving [local]: per unit of gross flow; site_saving, supply: hm3/a; counted [pair] hm3/a;
    cost [pair] MCNY/a. entry, low, high, spent [local]: the stored dictionary in use, the worths between which the
    choice stands, and what it costs (net of credits) per unit of gross flow.
    """

    share: Array
    use_saving: Array
    site_saving: Array
    supply: Array
    counted: Array
    cost: Array
    entry: Index
    low: Array
    high: Array
    spent: Array


def fresh_answers(pairs: Pairs, costs: Costs, entry: Index) -> Answers:
    """Answers that hold for no price yet; ``entry`` [local] says where to look first."""
    locals_, count = len(pairs.local_use), len(pairs.start)
    return Answers(
        share=np.zeros(len(costs.app)),
        use_saving=np.zeros(locals_),
        site_saving=np.zeros(len(costs.site)),
        supply=np.zeros(len(costs.supply)),
        counted=np.zeros(count),
        cost=np.zeros(count),
        entry=entry.copy(),
        low=np.full(locals_, np.inf),
        high=np.full(locals_, -np.inf),
        spent=np.zeros(locals_),
    )
