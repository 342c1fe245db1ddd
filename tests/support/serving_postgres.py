"""A private PostgreSQL for tests: a cluster in a folder of its own, on a socket there and no port."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ACCOUNT = "postgres"  # PostgreSQL refuses to run as root


def binaries() -> Path:
    """The newest PostgreSQL of this machine; says what to install if there is none."""
    found = [Path(path) for path in Path("/usr/lib/postgresql").glob("*/bin")]
    if shutil.which("initdb"):
        found.append(Path(str(shutil.which("initdb"))).parent)
    assert found, "there is no PostgreSQL to test with: apt-get install postgresql"
    return max(found, key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0)


@contextmanager
def cluster() -> Iterator[str]:
    """The URL of a new database server; it and its folder are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # a socket's path has to be short
    account = ACCOUNT if os.geteuid() == 0 else None
    if account:
        owner = pwd.getpwnam(account)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data = folder / "data"

    def run(program: str, *words: str) -> None:
        command = [str(binaries() / program), "-D", str(data), *words]
        log = folder / f"{program}.out"
        with log.open("w") as out:  # a pipe would stay open as long as the server runs
            done = subprocess.run(
                command, user=account, cwd=folder, stdout=out, stderr=out, env={"LC_ALL": "C.UTF-8"}, check=False
            )
        assert done.returncode == 0, log.read_text()

    try:
        run("initdb", "-U", "pool", "--auth=trust", "--encoding=UTF8", "--no-sync")
        settings = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c log_statement=all"
        run("pg_ctl", "-w", "-l", str(folder / "server.log"), "-o", settings, "start")
        try:
            yield f"postgresql://pool@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
