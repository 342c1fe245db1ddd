"""What can be told of a store that was made before there were digests: what cannot be what was written.

A chunk that decodes to the right size may still hold another number; nobody can tell.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numcodecs import get_codec
from numcodecs.blosc import Blosc

HEAD_OF_BLOSC = struct.Struct("<4xIII")  # bytes unpacked, of a block, and packed
LAST_SIGN, SURROGATES = 0x10FFFF, (0xD800, 0xDFFF)


def decodes(content: bytes, array: Mapping[str, Any]) -> bool:
    """Whether the content of a chunk is one of its array, by what the array says of itself."""
    try:
        dtype = np.dtype(array["dtype"])
        wanted = math.prod(array["chunks"]) * dtype.itemsize
        compressor = get_codec(array["compressor"]) if array.get("compressor") else None
        if isinstance(compressor, Blosc) and not array.get("filters") and not _fits(content, wanted):
            return False
        found: Any = content if compressor is None else compressor.decode(content)
        for said in reversed(array.get("filters") or ()):
            found = get_codec(said).decode(found)
        if dtype.kind == "O":
            return len(found) == math.prod(array["chunks"])
        held = bytes(memoryview(found))
        return len(held) == wanted and (dtype.kind != "U" or _are_signs(held, dtype))
    except Exception:  # damaged, which can fail anywhere in a codec
        return False


def _fits(content: bytes, wanted: int) -> bool:
    """Whether packed content says of itself what it must, before anything is made as large as it says."""
    unpacked, _, packed = HEAD_OF_BLOSC.unpack_from(content)
    return bool(unpacked == wanted and packed == len(content))


def _are_signs(content: bytes, dtype: np.dtype) -> bool:
    signs = np.frombuffer(content, dtype=np.dtype("u4").newbyteorder(dtype.byteorder))
    first, last = SURROGATES
    return not ((signs > LAST_SIGN) | ((signs >= first) & (signs <= last))).any()


def files_of_chunk(metadata: Mapping[str, Any], number: str) -> list[str]:
    """The files of a chunk of runs: one of each array that is written chunk by chunk."""
    length = metadata[".zattrs"]["chunk"]
    files = []
    for key, array in metadata.items():
        name, _, kind = key.rpartition("/")
        dims = metadata.get(f"{name}/.zattrs", {}).get("_ARRAY_DIMENSIONS", [])
        if kind == ".zarray" and "/" not in name and dims[:1] == ["run"] and array["chunks"][0] == length:
            files.append(f"{name}/{'.'.join([number, *['0'] * (len(dims) - 1)])}")
    return files


def says_the_same(one: object, other: object) -> bool:
    """Whether two contents of JSON are the same, where NaN is itself."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
