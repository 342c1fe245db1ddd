"""Commands whose modules are loaded already: a process that has them forks for each, so that none loads them anew.

``commands_at_once(folder)`` gives a folder for a shell's PATH. Its ``waterplan`` asks the process: the same arguments,
folder, environment, standard streams and exit code; a fork, and so a process of its own.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

NEEDED = (
    "pandas", "xarray", "pyomo.environ", "highspy", "openpyxl", "waterplan.cli.entry", "waterplan.planning.plan.plan",
    "waterplan.planning.planner.judge", "waterplan.planning.certificate.certificate", "waterplan.report",
)  # fmt: skip
MESSAGE_MAX = 1 << 20
CLIENT = """#!{python} -SE
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as asked:
    asked.connect({address!r})
    asked.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    said = json.dumps({{"words": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}}).encode()
    socket.send_fds(asked, [said], [0, 1, 2])
    asked.shutdown(socket.SHUT_WR)
    sys.exit(int(asked.recv(8) or b"70"))
"""


@contextlib.contextmanager
def commands_at_once(folder):
    """The folder with the ``waterplan`` that is quick."""
    address = str(folder / "at_once")
    server = subprocess.Popen([sys.executable, __file__, address], stdout=subprocess.PIPE)
    try:
        assert server.stdout.readline() == b"ready\n"
        binaries = folder / "binaries"
        binaries.mkdir()
        command = binaries / "waterplan"
        command.write_text(CLIENT.format(python=sys.executable, address=address))
        command.chmod(0o755)
        yield binaries
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def serve(address):
    """Loads what commands need, and forks for each that is asked for."""
    for name in NEEDED:
        importlib.import_module(name)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        os.write(1, b"ready\n")
        while True:
            asked, _ = listening.accept()
            with asked:
                if os.fork() == 0:
                    listening.close()
                    answer(asked)


def answer(asked):
    """Runs a command as its own process would, and says how it ended."""
    said, streams, *_ = socket.recv_fds(asked, MESSAGE_MAX, 3)
    while more := asked.recv(MESSAGE_MAX):
        said += more
    wanted = json.loads(said)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    sys.argv = ["waterplan", *wanted["words"]]
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(at, mode, closefd=False) for at, mode in enumerate("rww"))
    code = 1
    try:
        code = importlib.import_module("waterplan.cli").main()
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        atexit._run_exitfuncs()
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        asked.send(str(int(code or 0)).encode())
        os._exit(0)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    serve(sys.argv[1])
