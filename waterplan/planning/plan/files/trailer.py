"""The digest of a NetCDF file at its own end: readers of HDF5 pass over what follows, and damage anywhere is found out.

It is compared before any reader of HDF5 sees a byte, because those may crash on a damaged file.
"""

from __future__ import annotations

import hashlib

DIGEST = "sha256 in the last 82 bytes"  # an attribute of the file: a digest that was cut off is missed
HEAD = b"\nwaterplan sha256 "
LENGTH = len(HEAD) + 64


def with_digest(content: bytes) -> bytes:
    """The content of a file, and its digest at the end."""
    return content + HEAD + hashlib.sha256(content).hexdigest().encode()


def is_sound(content: bytes) -> bool:
    """Whether a file is as it was written; a file that was saved without a digest counts as sound."""
    if HEAD not in content[-2 * LENGTH :] and DIGEST.encode() not in content:
        return True
    return content == with_digest(content[:-LENGTH])
