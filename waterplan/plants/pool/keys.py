"""Secret keys of owners, and the digests that the pool keeps instead of them."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from waterplan.base.errors import WaterplanError
from waterplan.base.messages import Message
from waterplan.base.plain_files import read_plain, words_of
from waterplan.base.whole_files import put_new
from waterplan.plants.pool.door import KEY_VARIABLE, checked_key

FILE_MAX = 1000  # bytes of a file with a key, with blanks before and after it
LENGTH = 32  # bytes of chance in a key


def new_key() -> str:
    """A key for an owner, from the system's source of chance; who has it is the owner."""
    return secrets.token_urlsafe(LENGTH)


def digest(salt: str, *words: str) -> str:
    """What the pool keeps of words that it must recognise and should not know: HMAC-SHA-256 under the pool's salt."""
    said = [word.encode("utf-8", "surrogatepass") for word in words]  # a command line can hold what is no text
    told = b"".join(len(one).to_bytes(4, "big") + one for one in said)
    return hmac.new(salt.encode(), told, hashlib.sha256).hexdigest()


def read_key(file: str | Path | None = None) -> str:
    """The key in a file, or in the environment; never in an argument, which others on the machine can read."""
    if file is None:
        key = os.environ.get(KEY_VARIABLE, "")
        where = KEY_VARIABLE
    else:
        where = str(file)
        try:
            key = read_plain(file, FILE_MAX).decode("ascii")
        except (OSError, UnicodeDecodeError):
            raise WaterplanError(Message("peer_pool.key_not_read", file=where)) from None
    return checked_key(key.strip(), where)


def write_key(file: str | Path, key: str) -> None:
    """Writes a key into a new file that only its owner may read. Raises WaterplanError if the file is there."""
    try:
        put_new(Path(file), f"{key}\n".encode("ascii"), mode=0o600)
    except FileExistsError:
        raise WaterplanError(Message("peer_pool.key_there", file=file)) from None
    except OSError as error:
        raise WaterplanError(Message("peer_pool.key_not_made", file=file, reason=words_of(error))) from None
