"""The one door of the pool: what may come in, from whatever side; the bounds are those of the reader of records.

Problems are all told at once, and repeat no figure.
"""

from __future__ import annotations

import math
import os
import reprlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from numbers import Real
from pathlib import Path

import numpy as np
import pandas as pd

from waterplan.base.errors import DataError, Problem, WaterplanError
from waterplan.base.messages import Message
from waterplan.base.vocabulary import term
from waterplan.plants.records.balance import REUSED
from waterplan.plants.records.record_cells import SMALLEST, YEARS
from waterplan.plants.records.records import GRADED, KEY, OTHER_SOURCES, Records
from waterplan.plants.records.totals import is_total
from waterplan.study.study import Study
from waterplan.study.tables.schema import LABEL_LENGTH_MAX

KEY_VARIABLE = "WATERPLAN_PEER_KEY"
THE_KEY = Message("peer_pool.the_key")
SHORTEST, LONGEST = 40, 200  # characters of a key
FILE = "records"
VOLUMES = (*GRADED, *OTHER_SOURCES, *REUSED)
NEEDED = (*KEY, "product", "output")
OUTPUT_MAX, VOLUME_MAX, INTENSITY_MAX = (
    float(term(name).upper or math.inf) for name in ("plant_output", "product_withdrawal", "intensity")
)


def checked(records: Records) -> Records:
    """Records that the pool can take: numbers as numbers, words as words. Raises DataError with all problems."""
    if not isinstance(records, Records) or not all(
        isinstance(table, pd.DataFrame) for table in (records.sites, records.products)
    ):
        raise DataError([Problem(FILE, 0, "", Message("peer_pool.no_records", kind=_kind(records)))])
    missing = [name for name in NEEDED if name not in records.products]
    if missing or records.sites.index.nlevels != len(KEY):
        names = missing or [Message("peer_pool.index_of_sites")]
        raise DataError([Problem(FILE, 0, "", Message("peer_pool.columns_missing", names=names))])
    problems = [*_keys(records.sites.index), *_volumes(records.sites), *_products(records)]
    if problems:
        raise DataError(problems)
    given = {name: _floats(records.sites[name]) for name in VOLUMES if name in records.sites}
    made = records.products.assign(
        output=_floats(records.products["output"]),
        withdrawal=_floats(_column(records.products, "withdrawal")),
        route=[word(value) for value in _column(records.products, "route")],
    )
    return replace(records, sites=records.sites.assign(**given), products=made)


def checked_published(study: Study) -> pd.DataFrame:
    """A study's published enterprises: enterprise, product, year, intensity and reuse rate are as they must be."""
    if not isinstance(getattr(study, "enterprises", None), pd.DataFrame):
        raise DataError([Problem("study", 0, "", Message("peer_pool.no_study", kind=_kind(study)))])
    enterprises, problems = study.enterprises.reset_index(), []
    for row, one in enumerate(enterprises.to_dict("records"), start=1):
        faults = {
            "enterprise": _name(one["enterprise"]),
            "product": _name(one["product"]),
            "year": _year(one["year"]),
            "intensity": _amount(one["intensity"], INTENSITY_MAX, "intensity", is_needed=True),
            "reuse_rate": _amount(one["reuse_rate"], 1.0),
        }
        problems += [Problem("enterprises", row, column, fault) for column, fault in faults.items() if fault]
    if problems:
        raise DataError(problems)
    return enterprises


def checked_key(key: object, where: str = THE_KEY) -> str:
    """A key that has the form of one. Raises WaterplanError, which does not repeat it."""
    if not isinstance(key, str):
        raise WaterplanError(Message("peer_pool.key_no_text", kind=_kind(key), least=SHORTEST, most=LONGEST))
    if not SHORTEST <= len(key) <= LONGEST or not all(one.isascii() and one.isprintable() for one in key):
        raise WaterplanError(Message("peer_pool.key_wrong", where=where, variable=KEY_VARIABLE))
    return key


def checked_plant(plant: object) -> str:
    """A plant's name that may be looked for; any text, for older pools hold odd ones. Raises WaterplanError."""
    if not isinstance(plant, str):
        raise WaterplanError(Message("peer_pool.plant_no_text", kind=_kind(plant)))
    return plant


def checked_cell(cell: object) -> list[str]:
    """Product, route and size class that may be asked about. Raises WaterplanError."""
    parts = list(cell) if isinstance(cell, list | tuple) else []
    if not 1 <= len(parts) <= 3 or _name(parts[0]) or any(part != "" and _name(part) for part in parts[1:]):
        raise WaterplanError(Message("peer_pool.cell_wrong", got=reprlib.repr(cell)))
    return parts


def checked_path(path: object) -> Path:
    """A path that the system can hold. Raises DataError."""
    try:
        given = os.fspath(path)  # type: ignore[call-overload]
        if isinstance(given, str) and b"\0" not in os.fsencode(given):
            return Path(given)
    except (TypeError, UnicodeError):
        pass
    raise DataError([Problem("path", 0, "", Message("peer_pool.path_wrong", got=reprlib.repr(path)))])


def checked_output(output: float | None) -> float | None:
    """An output that may be asked about, None where it is not said. Raises WaterplanError."""
    if fault := _amount(output, OUTPUT_MAX, "output", nought=False):
        raise WaterplanError(Message("peer_pool.output_wrong", fault=fault))
    return None if number(output) is None else number(output)


def checked_release(release: object, newest: int) -> int:
    """The number of a release that there is; the newest for None. Raises WaterplanError."""
    wanted = newest if release is None else release
    if newest == 0:
        raise WaterplanError(Message("peer_pool.no_release"))
    if isinstance(wanted, bool) or not isinstance(wanted, int | np.integer) or not 1 <= wanted <= newest:
        raise WaterplanError(Message("peer_pool.no_such_release", given=str(wanted)[:LABEL_LENGTH_MAX], newest=newest))
    return int(wanted)


def is_countable(intensity: float, output: float | None, withdrawal: float | None) -> bool:
    """Whether figures that stand in the pool are such as come in by the door; those of older pools may not be."""
    return not (
        _amount(intensity, math.inf, is_needed=True)
        or _amount(output, OUTPUT_MAX, nought=False)
        or _amount(withdrawal, VOLUME_MAX)
    )


def number(value: object) -> float | None:
    """A number as a float; None where it is missing."""
    return None if _is_missing(value) else float(value)  # type: ignore[arg-type]


def word(value: object) -> str:
    """A word, empty where it is missing."""
    return "" if _is_missing(value) else str(value)


def _kind(given: object) -> str:
    """What is told of a value that may be a key in the wrong place."""
    return type(given).__name__


def _keys(index: pd.Index) -> Iterator[Problem]:
    named = [key for key in index if isinstance(key[0], str)]
    if len(set(named)) < len(named):
        yield Problem(FILE, 0, "plant", Message("peer_pool.site_twice"))
    for row, (plant, year) in enumerate(index, start=1):
        for column, fault in (("plant", _plant(plant)), ("year", _year(year))):
            if fault:
                yield Problem(FILE, row, column, fault)


def _volumes(sites: pd.DataFrame) -> Iterator[Problem]:
    for column in VOLUMES:
        if column in sites:
            upper = term(column).upper
            for row, value in enumerate(sites[column], start=1):
                if fault := _amount(value, VOLUME_MAX if upper is None else upper, "volume"):
                    yield Problem(FILE, row, column, fault)


def _products(records: Records) -> Iterator[Problem]:
    made, known = records.products, set(records.sites.index)
    columns = (*(_column(made, name) for name in ("plant", "year", "product", "route", "output", "withdrawal")),)
    seen: set[tuple[object, ...]] = set()
    for row, (plant, year, product, route, output, withdrawal) in enumerate(zip(*columns, strict=True), start=1):
        faults = {
            "product": _name(product),
            "route": None if _is_missing(route) or route == "" else _name(route),
            "output": _amount(output, OUTPUT_MAX, "output", is_needed=True, nought=False),
            "withdrawal": _amount(withdrawal, VOLUME_MAX, "volume"),
        }
        yield from (Problem(FILE, row, column, fault) for column, fault in faults.items() if fault)
        if (plant, year) not in known:
            yield Problem(FILE, row, "plant", Message("peer_pool.no_such_site"))
        key = (plant, year, product, word(route))
        if faults["product"]:  # it may be of a kind that cannot be looked for
            continue
        if key in seen:
            yield Problem(FILE, row, "product", Message("peer_pool.product_twice"))
        seen.add(key)


def _name(value: object) -> Message | None:
    if not isinstance(value, str) or not value.strip():
        return Message("peer_pool.no_name")
    if len(value) > LABEL_LENGTH_MAX or not value.isprintable():
        return Message("peer_pool.name_odd", most=LABEL_LENGTH_MAX)
    return None


def _plant(value: object) -> Message | None:
    fault = _name(value)
    return fault or (Message("peer_pool.total_row") if is_total(str(value)) else None)


def _year(value: object) -> Message | None:
    is_number = isinstance(value, Real | np.number) and not isinstance(value, bool)
    if is_number and YEARS[0] <= value <= YEARS[1] and value == int(value):  # type: ignore[operator, call-overload]
        return None
    return Message("peer_pool.no_year", lower=YEARS[0], upper=YEARS[1])


def _amount(
    value: object, upper: float, of: str = "", *, is_needed: bool = False, nought: bool = True
) -> Message | None:
    """What is wrong with an amount. ``of``: volume, output or intensity, for the unit; nought: whether it may be 0."""
    if _is_missing(value):
        return Message("peer_pool.must_be_there") if is_needed else None
    if isinstance(value, bool | np.bool_ | complex) or not isinstance(value, Real | np.number):
        return Message("peer_pool.no_number")
    if (nought and value == 0) or (SMALLEST <= value <= upper and value < math.inf):  # type: ignore[operator]
        return None
    key = "peer_pool.nought_or_from" if nought else "peer_pool.from_to"
    unit = Message(f"peer_pool.unit_{of}") if of else ""
    allowed = Message(key, least=f"{SMALLEST:g}", most=f"{upper:g}", unit=unit)
    if not 0 < value < math.inf:  # type: ignore[operator]
        return Message("peer_pool.negative" if nought else "peer_pool.not_above_nought", allowed=allowed)
    return Message("peer_pool.out_of_bounds", allowed=allowed)


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, Real) and value != value)


def _column(table: pd.DataFrame, name: str) -> Iterable[object]:
    return table[name] if name in table else [None] * len(table)


def _floats(values: Iterable[object]) -> list[float]:
    return [math.nan if (given := number(value)) is None else given for value in values]
