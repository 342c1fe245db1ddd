"""A plan as one NetCDF-4 file: nothing is lost on the way, and a file from elsewhere is only data.

Texts are stored as characters of fixed width (small, and their size is known before they are read), numbers as they
are, both compressed. No value is scaled, masked, read as a date or unpickled when a file is opened; what lies outside
the file (links, external storage) is never followed.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import h5py  # type: ignore[import-untyped]
import numpy as np
import xarray as xr

from waterplan.base.errors import DataError, Problem
from waterplan.base.messages import Message
from waterplan.base.plain_files import read_plain, why_unreadable
from waterplan.base.toml_text import TomlError, read_toml
from waterplan.base.vocabulary import Term, term, terms
from waterplan.base.whole_files import write_whole
from waterplan.planning.plan.files.trailer import DIGEST, is_sound, with_digest
from waterplan.planning.plan.stage_variables import OF_STAGES
from waterplan.study.study import Study
from waterplan.study.tables.path_faults import not_a_file

FORMAT = "waterplan plan 1"
FORMAT_ATTRIBUTE, DIGEST_ATTRIBUTE = "format", "file_digest"
MIB = 1024**2
FILE_BYTES_MAX = 256 * MIB
UNPACKED_BYTES_MAX = 1024 * MIB
SIGNATURE = b"\x89HDF\r\n\x1a\n"
KINDS = ("decision", "ledger", "result", "dual")
CARRIED = ("technology_level", "product_sector")
ATTRIBUTES = {
    **dict.fromkeys(("title", "status", "study", "study_digest", "scenario", "scenario_digest", "currency"), str),
    **dict.fromkeys(("base_year", "target_year", "price_year"), int),
}
NUMBER_KINDS, TEXT_KIND = "fiu", "S"

Fault = tuple[str, Message]  # of which variable, and what


def save_dataset(dataset: xr.Dataset, path: str | Path) -> None:
    """Saves a plan as NetCDF, without loss.

    Raises OutputError when the path cannot be written, DataError when an attribute cannot be stored.
    """
    wrong = [
        Problem(str(path), 0, str(name), Message("plan_errors.attribute", given=repr(value)[:60]))
        for name, value in dataset.attrs.items()
        if not _can_be_stored(value)
    ]
    if wrong:
        raise DataError(wrong)
    stored = dataset.assign_attrs({FORMAT_ATTRIBUTE: FORMAT, DIGEST_ATTRIBUTE: DIGEST})
    packed = io.BytesIO()
    encoding = {name: _encoding(variable) for name, variable in dataset.variables.items()}
    stored.to_netcdf(packed, engine="h5netcdf", encoding=encoding)
    write_whole(path, with_digest(packed.getvalue()))


def _can_be_stored(value: object) -> bool:
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _encoding(variable: xr.Variable) -> dict[str, object]:
    packing: dict[str, object] = {"zlib": True, "complevel": 4, "shuffle": True} if variable.dims else {}
    if variable.dtype.kind == "U":
        return {**packing, "dtype": "S1"}
    return {**packing, "_FillValue": None}


def open_dataset(path: str | Path, study: Study) -> xr.Dataset:
    """A plan saved before, of this study.

    Raises DataError when the file is not a plan, lacks something, is too large, or was made of another study.
    """
    file = str(path)
    content = _content(Path(path))
    if not is_sound(content):
        raise _refused(file, Message("files.plan_damaged"))
    _check_storage(content, file)
    try:
        dataset = _unpacked(content)
    except Exception as error:  # a damaged file can fail anywhere in the reader
        raise _damaged(file) from error
    _check_origin(dataset, study, file)
    problems = [Problem(file, 0, name, message) for name, message in _faults(dataset, study)]
    if problems:
        raise DataError(problems)
    del dataset.attrs[FORMAT_ATTRIBUTE]
    if dataset.attrs.pop(DIGEST_ATTRIBUTE, None) is None:
        dataset.attrs[DIGEST_ATTRIBUTE] = "none"  # saved before there were digests: its damage cannot be noticed
    return dataset[[name for name in terms() if name in dataset.data_vars]]


def _content(path: Path) -> bytes:
    if fault := not_a_file(path):
        raise _refused(str(path), Message("plan_errors.no_file", fault=fault))
    try:
        return read_plain(path, FILE_BYTES_MAX)
    except OSError as error:
        raise _refused(str(path), why_unreadable(error)) from None


def _check_storage(content: bytes, file: str) -> None:
    """Raises DataError unless this is NetCDF-4 that keeps plain arrays, all in itself, of a bearable size."""
    if not content.startswith(SIGNATURE):
        raise _refused(file, Message("plan_errors.not_netcdf"))
    try:
        with h5py.File(io.BytesIO(content), "r") as store:
            written = store.attrs.get(FORMAT_ATTRIBUTE)
            faults = list(_storage_faults(store))
    except Exception as error:  # as above
        raise _damaged(file) from error
    if not isinstance(written, str) or written.rpartition(" ")[0] != FORMAT.rpartition(" ")[0]:
        raise _refused(file, Message("plan_errors.not_a_plan"))
    if written != FORMAT:
        raise _refused(file, Message("plan_errors.another_form", given=written[:60], known=FORMAT))
    if faults:
        raise DataError([Problem(file, 0, name, message) for name, message in faults])


def _storage_faults(store: h5py.File) -> Iterator[Fault]:
    size = 0
    for name in store:
        if not isinstance(store.get(name, getlink=True), h5py.HardLink):
            yield name, Message("plan_errors.leads_out")
            continue
        item = store[name]
        if not isinstance(item, h5py.Dataset):
            yield name, Message("plan_errors.a_group")
        elif item.external or item.is_virtual:
            yield name, Message("plan_errors.stored_outside")
        elif item.dtype.kind not in NUMBER_KINDS + TEXT_KIND:
            yield name, Message("plan_errors.another_type")
        else:
            size += item.size * item.dtype.itemsize
    if size > UNPACKED_BYTES_MAX:
        most = UNPACKED_BYTES_MAX // MIB
        yield "", Message("plan_errors.unpacked", size=f"{size / MIB:.0f}", most=most)


def _unpacked(content: bytes) -> xr.Dataset:
    """The Dataset as it is stored: no scaling, masks or dates."""
    with xr.open_dataset(
        io.BytesIO(content), engine="h5netcdf", decode_times=False, decode_timedelta=False, mask_and_scale=False
    ) as stored:
        dataset = stored.load()
    texts = {str(name): variable for name, variable in dataset.variables.items() if variable.dtype.kind == "O"}
    dataset = dataset.assign_coords(
        {name: (v.dims, v.values.astype(str), v.attrs) for name, v in texts.items() if name in dataset.coords}
    ).assign({name: (v.dims, v.values.astype(str), v.attrs) for name, v in texts.items() if name in dataset.data_vars})
    dataset.attrs = {name: value.item() if hasattr(value, "item") else value for name, value in dataset.attrs.items()}
    return dataset.drop_encoding()


def _check_origin(dataset: xr.Dataset, study: Study, file: str) -> None:
    lacking = [name for name, kind in ATTRIBUTES.items() if not isinstance(dataset.attrs.get(name), kind)]
    if lacking:
        raise _refused(file, Message("plan_errors.lacks_attributes", lacking=lacking))
    try:
        read_toml(dataset.attrs["scenario"])
    except TomlError:
        raise _refused(file, Message("plan_errors.no_scenario")) from None
    name, digest = str(dataset.attrs["study"]), str(dataset.attrs["study_digest"])
    if digest != study.digest:
        of = {"name": name[:100], "digest": digest[:64], "here": study.name, "own": study.digest}
        raise _refused(file, Message("plan_errors.another_study", **of))


def _faults(dataset: xr.Dataset, study: Study) -> Iterator[Fault]:
    """What a plan of this study must have and this one has not: (name, message)."""
    expected = [found for found in terms().values() if found.kind in KINDS]
    lacking = [found.name for found in expected if found.name not in dataset.data_vars and found.name not in OF_STAGES]
    lacking += [name for name in CARRIED if name not in dataset.coords]
    if lacking:
        yield "", Message("plan_errors.lacks_variables", lacking=lacking)
    for name in dataset.data_vars:
        if name not in terms():
            yield str(name)[:100], Message("plan_errors.unknown_variable")
    for dim, labels in _labels(study).items():
        if dim in dataset.dims and (dim not in dataset.coords or dataset[dim].values.tolist() != labels):
            yield dim, Message("plan_errors.other_labels")
    for found in expected:
        if found.name in dataset.data_vars:
            yield from _variable_faults(dataset[found.name], found)


def _variable_faults(array: xr.DataArray, found: Term) -> Iterator[Fault]:
    if array.dims != found.dims:
        given, wanted = (dims or Message("plan_errors.nothing") for dims in (array.dims, found.dims))
        yield found.name, Message("plan_errors.other_dims", given=given, wanted=wanted)
    kind = "U" if not found.unit else "f"
    if array.dtype.kind != kind:
        key = "no_text" if kind == "U" else "no_numbers"
        yield found.name, Message(f"plan_errors.{key}", given=str(array.dtype))


def _labels(study: Study) -> dict[str, list[object]]:
    given = {dim: study.values[dim].values.tolist() for dim in ("sector", "product", "province", "technology")}
    words = {name: list(term(name).choices) for name in ("level", "perspective", "cost_line")}
    return {**given, **words, "year": list(range(study.base_year, study.target_year + 1))}


def _refused(file: str, message: Message) -> DataError:
    return DataError([Problem(file, 0, "", message)])


def _damaged(file: str) -> DataError:
    return _refused(file, Message("plan_errors.unreadable_netcdf"))
