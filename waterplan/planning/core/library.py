"""The shared library of the core: opened when it is first asked, and only if it was compiled from these sources."""

from __future__ import annotations

import ctypes
import math
from ctypes import c_char_p, c_double, c_int64, c_void_p
from functools import cache
from typing import Any

import numpy as np

from waterplan.base.errors import SolverError, WaterplanError
from waterplan.base.messages import Message
from waterplan.planning.core import compiler
from waterplan.planning.core.kernel_arrays import place

PIVOTING, NO_MEMORY = -1, -2


class CoreError(WaterplanError, ImportError):
    """The compiled core is not there, or is of other sources; says what to do."""


class PivotingError(SolverError):
    """Pivoting at an end use did not end."""

    def __init__(self, message: Message | None = None):
        super().__init__(message or Message("planner_errors.pivoting"))


class Column(ctypes.Structure):
    """An array that the core has made."""

    _fields_ = (("data", c_void_p), ("count", c_int64))


# What a function takes: i, f arrays of int64 and float64, r records, o what it fills in beside them, n, d numbers.
ARGUMENTS = {
    "answer": "i n d f r r r r o",
    "walk": "i n d d r r r r r f o",
    "pools": "r d d r r r r r o n f f o",
    "steps": "n r r r f f r f",
    "store": "r r r o",
    "desk": "r r n",
    "light": "n n n d r r r r r f r o",
    "decide": "n r r r r f i r f r",
}
KINDS: dict[str, Any] = {"i": c_void_p, "f": c_void_p, "r": c_void_p, "o": c_void_p, "n": c_int64, "d": c_double}
ARRAYS = {"i": "Index", "f": "Array"}


@cache
def core() -> ctypes.CDLL:
    """The library. Raises CoreError where it is not there or does not fit."""
    file = compiler.LIBRARY
    try:
        library = ctypes.CDLL(str(file))
        library.waterplan_digest.restype = c_char_p
        compiled_from = library.waterplan_digest().decode()
    except (OSError, AttributeError) as error:
        key = "no_core" if not file.exists() else "core_unreadable"
        raise CoreError(Message(f"planner_errors.{key}", file=str(file), told=str(error))) from error
    if compiled_from != compiler.digest():
        raise CoreError(Message("planner_errors.core_of_other_sources", file=str(file)))
    for name, arguments in ARGUMENTS.items():
        function = library[f"waterplan_{name}"]
        function.argtypes, function.restype = [KINDS[kind] for kind in arguments.split()], c_int64
        setattr(library, name, function)
    library.waterplan_release.argtypes, library.waterplan_release.restype = [c_void_p], None
    return library


def call(name: str, *arguments: Any) -> int:
    """What a function of the core found. Raises PivotingError, or MemoryError when none is left; TypeError for arrays
    that the core would misread."""
    given = []
    for n, (kind, argument) in enumerate(zip(ARGUMENTS[name].split(), arguments, strict=True)):
        if kind in ARRAYS:
            given.append(place(argument, ARRAYS[kind], f"{name}[{n}]"))
        else:
            given.append(argument.record if kind == "r" and argument is not None else argument)
    status = int(getattr(core(), name)(*given))
    if status == PIVOTING:
        raise PivotingError
    if status == NO_MEMORY:
        raise MemoryError
    return status


class _Memory:
    """Memory that the core has asked for; given back when no array needs it any more."""

    def __init__(self, place: int, size: int):
        self._place, self._release = place, core().waterplan_release
        self.__array_interface__ = {"data": (place, False), "shape": (size,), "typestr": "|u1", "version": 3}

    def __del__(self) -> None:
        self._release(self._place)


def taken(column: Column, dtype: np.dtype[Any], *width: int) -> np.ndarray[Any, Any]:
    """What the core has made, as an array (rows of a width); its memory is given back when nobody needs it any more."""
    size = column.count * math.prod(width) * dtype.itemsize
    if not size:
        core().waterplan_release(column.data)
        return np.empty((0, *width), dtype)
    array: np.ndarray[Any, Any] = np.asarray(_Memory(column.data, size)).view(dtype)
    return array.reshape(column.count, *width) if width else array
