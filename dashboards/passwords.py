"""Who may sign in: a TOML file of names and salted hashes. No password is written, logged or given as an argument."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from waterplan.base.errors import WaterplanError
from waterplan.base.messages import Message
from waterplan.base.plain_files import NotPlainError, TooLargeError, read_plain, why_unreadable
from waterplan.base.toml_text import TomlError, read_toml
from waterplan.base.whole_files import write_whole

NAME = re.compile(r"[\w.@+-]{1,64}")
SHORTEST, LONGEST = 8, 256  # signs of a password
FILE_MAX = 1_000_000
COST = (16_384, 8, 1)  # of scrypt: some 50 ms and 16 MB a try
COST_MAX = (1 << 17, 8, 4)  # 128 MB
DECOY = secrets.token_bytes(32)


class PasswordError(WaterplanError):
    """A file of users, a name or a password that cannot be used."""


def hash_of(password: str) -> str:
    """What is kept of a password: ``scrypt$n$r$p$salt$hash``, with a salt of its own.

    >>> hash_of("salt water") == hash_of("salt water")
    False
    """
    salt = secrets.token_bytes(16)
    return "$".join(("scrypt", *map(str, COST), _text(salt), _text(_scrypt(password, salt, COST))))


@dataclass(frozen=True)
class Users:
    """Names and hashes."""

    hashes: dict[str, str]

    @classmethod
    def read(cls, path: str | Path) -> Users:
        """The users of a file: ``[users]``, then ``name = "scrypt$..."``. Raises PasswordError."""
        try:
            users = read_toml(_text_of(path)).get("users")
        except TomlError as error:
            raise _refusal(path, Message("files.toml", reason=error.message)) from None
        if not isinstance(users, dict) or not users:
            raise PasswordError(Message("passwords.no_users", path=path))
        for place, (name, kept) in enumerate(users.items(), 1):
            if not NAME.fullmatch(name) or _parts(kept) is None:  # what stands there is not repeated
                raise PasswordError(Message("passwords.no_hash", path=path, place=place))
        return cls(dict(users))

    def admits(self, name: str, password: str) -> bool:
        """Whether the password is that of the name; takes as long when there is no such name."""
        parts = _parts(self.hashes.get(name) or self._somebody(name))
        assert parts is not None
        cost, salt, wanted = parts
        is_right = hmac.compare_digest(_scrypt(password[:LONGEST], salt, cost), wanted)
        return is_right and name in self.hashes and len(password) <= LONGEST

    def voucher(self, name: str) -> str:
        """What says that a user signed in with his present password, and nothing of it. Raises KeyError."""
        return hmac.new(self.hashes[name].encode(), name.encode(), hashlib.sha256).hexdigest()

    def is_voucher(self, text: str, name: str) -> bool:
        """Whether a text says that of a user there is."""
        return name in self.hashes and hmac.compare_digest(text.encode(), self.voucher(name).encode())

    def _somebody(self, name: str) -> str:
        """Whose hash is tried for a name that nobody has: always the same, so that it costs what theirs cost."""
        known = list(self.hashes.values())
        words = name.encode("utf-8", "surrogatepass")
        return known[int.from_bytes(hmac.digest(DECOY, words, "sha256")[:8], "big") % len(known)]


def add_user(path: str | Path, name: str, password: str) -> None:
    """Writes a user into a file that only its owner may read, or a new password of his. Raises PasswordError."""
    if not NAME.fullmatch(name):
        raise PasswordError(Message("passwords.no_name"))
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordError(Message("passwords.no_password", least=SHORTEST, most=LONGEST, given=len(password)))
    path = Path(path)
    hashes = Users.read(path).hashes if path.exists() else {}
    lines = [f"{json.dumps(user, ensure_ascii=False)} = {json.dumps(kept)}"
             for user, kept in sorted({**hashes, name: hash_of(password)}.items())]  # fmt: skip
    write_whole(path, "\n".join(("[users]", *lines, "")).encode(), mode=0o600)


def read_secret(path: str | Path | None) -> str:
    """What signs cookies: 32 signs or more of a file; without one, new at each start. Raises PasswordError."""
    if path is None:
        return secrets.token_urlsafe(48)
    secret = _text_of(path).strip()
    if len(secret) < 32:
        raise PasswordError(Message("passwords.no_secret", path=path))
    return secret


def check_private(path: str | Path) -> None:
    """Raises PasswordError where every account of the machine may read or change a file; its group may be let in."""
    mode = stat.S_IMODE(Path(path).stat().st_mode)
    if os.name == "posix" and mode & stat.S_IRWXO:
        raise PasswordError(Message("passwords.not_private", path=path, mode=f"{mode:04o}"))


def _text_of(path: str | Path) -> str:
    """The text of a plain file; a pipe is not waited for. Raises PasswordError."""
    try:
        return read_plain(path, FILE_MAX).decode("utf-8")
    except TooLargeError:
        raise PasswordError(Message("passwords.too_large", path=path, most=FILE_MAX)) from None
    except NotPlainError:
        raise PasswordError(Message("passwords.not_plain", path=path)) from None
    except OSError as error:
        raise _refusal(path, why_unreadable(error)) from None
    except UnicodeDecodeError:
        raise _refusal(path, Message("files.not_utf8")) from None


def _refusal(path: str | Path, message: Message) -> PasswordError:
    return PasswordError(Message("errors.at", place=path, message=message))


def _scrypt(password: str, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    n, r, p = cost
    written = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(written, salt=salt, n=n, r=r, p=p, maxmem=256 * n * r * p, dklen=32)


def _parts(kept: object) -> tuple[tuple[int, int, int], bytes, bytes] | None:
    """Cost, salt and hash of what was kept; None if it is something else."""
    parts = kept.split("$") if isinstance(kept, str) else []
    if len(parts) != 6 or parts[0] != "scrypt" or not all(number.isdecimal() for number in parts[1:4]):
        return None
    n, r, p = map(int, parts[1:4])
    allowed = all(1 <= given <= most for given, most in zip((n, r, p), COST_MAX, strict=True))
    if not allowed or n < 2 or n & (n - 1):
        return None
    try:
        salt, wanted = (base64.b64decode(part, validate=True) for part in parts[4:])
    except ValueError:
        return None
    return ((n, r, p), salt, wanted) if len(salt) >= 8 and len(wanted) == 32 else None


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
