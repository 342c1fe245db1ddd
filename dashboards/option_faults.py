"""What is wrong with the options of a server, all at once, before anything is made that takes long."""

from __future__ import annotations

import errno
import ipaddress
import os
import re
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from tornado.netutil import bind_sockets

import waterplan
from waterplan.base.errors import DataError, Problem, ProblemsError, ScenarioError, WaterplanError
from waterplan.base.messages import LANGUAGES, Message
from waterplan.base.plain_files import why_unreadable, words_of
from waterplan.study.outline import OWN, read_rings
from waterplan.study.tables.path_faults import not_a_folder

from .passwords import Users, check_private, read_secret

NO_PORT = (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL)
ORIGIN = re.compile(r"(?P<host>[\w-]+(\.[\w-]+)*|\[[0-9A-Fa-f:.]+\])(:(?P<port>\d{1,5}))?", re.ASCII)
PORT_MAX = 65535
HERE = "localhost"
POOL_WAIT = 5.0  # s for somebody else who writes in the pool; then a page does without it


class OptionsError(WaterplanError):
    """Several options that cannot be, told one after the other; the exit code is that of the first."""

    def __init__(self, errors: Sequence[WaterplanError]):
        super().__init__(errors)
        self.errors, self.exit_code = tuple(errors), errors[0].exit_code

    def text(self, language: str = LANGUAGES[0]) -> str:
        """What is wrong with each, in a language."""
        return "\n".join(error.text(language) for error in self.errors)

    def __str__(self) -> str:
        return self.text()


def checked_port(
    port: int,
    address: str,
    *,
    scenarios: str | None = None,
    runs: str | None = None,
    outline_map: str | None = None,
    origins: Sequence[str] | None = None,
    basic_auth: str | None = None,
    cookie_secret_file: str | None = None,
    pool: str | None = None,
) -> list[socket.socket]:
    """Sockets that listen already, if everything that can be known without the study is as it must be.

    Raises WaterplanError of the kind of the fault, OptionsError for several; then nothing listens, and no file is made.
    """
    sockets: list[socket.socket] = []
    checks: list[tuple[Callable[[str], object], str | None]] = [
        (lambda address: sockets.extend(listen(port, address)), address),
        *((_check_origin, origin) for origin in origins or ()),
        (_check_scenarios, scenarios), (_check_runs, runs), (_check_outline, outline_map), (_check_users, basic_auth),
        (_check_secret, cookie_secret_file), (_check_pool, pool),
    ]  # fmt: skip
    errors = [error for check, given in checks if given is not None and (error := _fault(check, given))]
    if not errors:
        return sockets
    for one in sockets:
        one.close()
    raise errors[0] if len(errors) == 1 else OptionsError(errors)


def listen(port: int, address: str) -> list[socket.socket]:
    """Sockets of an address; port 0 is any that is free. Raises WaterplanError where nobody can listen."""
    try:
        if not address:  # Tornado would listen on all of them
            raise UnicodeError
        return bind_sockets(port, address, reuse_port=False)
    except UnicodeError:  # none, or longer than the name of a machine can be
        error: OSError = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    except OSError as found:
        if found.errno not in NO_PORT and not isinstance(found, socket.gaierror):
            raise
        error = found
    raise WaterplanError(Message("commands.no_port", reason=words_of(error), address=address, port=port)) from None


def in_a_link(address: str) -> str:
    """An address as it stands in a link.

    >>> in_a_link("::1"), in_a_link("127.0.0.1")
    ('[::1]', '127.0.0.1')
    """
    return f"[{address}]" if ":" in address else address


def _fault(check: Callable[[str], object], given: str) -> WaterplanError | None:
    try:
        check(given)
    except WaterplanError as error:
        return error
    return None


def _check_origin(given: str) -> None:
    """A host with or without a port, and no pattern of hosts: that would let pages of others in.

    A lone word is more often a slip than the name of a machine; with a port it is meant.
    """
    found = ORIGIN.fullmatch(given)
    if found is None or not _is_host(found["host"]) or not 1 <= int(found["port"] or 80) <= PORT_MAX:
        raise WaterplanError(Message("commands.no_origin", given=given))
    if not found["port"] and found["host"] != HERE and not set(found["host"]) & set(".["):
        raise WaterplanError(Message("commands.lone_origin", given=given))


def _is_host(host: str) -> bool:
    """Whether digits and dots, or what stands in brackets, are an address; any other word may be a name."""
    try:
        if host.startswith("["):
            ipaddress.IPv6Address(host[1:-1])
        elif host.rpartition(".")[2].isdecimal():
            ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def _check_scenarios(given: str) -> None:
    _check_folder("--scenarios", given, ScenarioError)
    if not any(Path(given).glob("*.toml")):
        raise refusal("--scenarios", given, Message("commands.no_scenarios"), ScenarioError)


def _check_runs(given: str) -> None:
    _check_folder("--runs", given, DataError)


def _check_folder(option: str, given: str, kind: type[ProblemsError]) -> None:
    fault = not_a_folder(Path(given)) if given else Message("files.no_such_folder")
    if fault:
        raise refusal(option, given, fault, kind)
    try:
        os.scandir(given).close()
    except OSError as error:
        raise refusal(option, given, why_unreadable(error), kind) from None


def refusal(option: str, given: str, message: Message, kind: type[ProblemsError]) -> ProblemsError:
    """What is wrong with an option, as an error of a kind."""
    return kind([Problem(f'{option} "{given}"', 0, "", message)])


def _check_outline(given: str) -> None:
    if given != OWN:
        read_rings(Path(given))


def _check_users(path: str) -> None:
    Users.read(path)
    check_private(path)


def _check_secret(path: str) -> None:
    read_secret(path)
    check_private(path)


def _check_pool(url: str) -> None:
    waterplan.PeerPool.check(url, POOL_WAIT)
