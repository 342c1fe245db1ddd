"""Compiles the core: all sources beside this file become one shared library beside them.

Needs Python and a C++ compiler: that of CXX, c++, g++ or clang++, and where there is none, the package ``ziglang``.
Used by hatch_build.py when waterplan is installed, and by ``make`` when a source is newer.
Imports nothing of waterplan.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
LIBRARY = FOLDER / "_core.so"
ZIG = "ziglang>=0.14"
FLAGS = (
    "-std=c++17", "-O3", "-fPIC", "-fvisibility=hidden", "-fno-exceptions", "-fno-rtti",
    "-ffp-contract=off",  # the same digits from every compiler and on every processor
    "-fno-math-errno", "-fno-trapping-math",
    "-Wall", "-Wextra", "-Wno-psabi",
)  # fmt: skip


def own_compiler() -> list[str] | None:
    """The command of this machine's C++ compiler; None where there is none."""
    if os.environ.get("CXX"):
        return shlex.split(os.environ["CXX"])
    found = next(filter(None, map(shutil.which, ("c++", "g++", "clang++"))), None)
    return [found] if found else None


def needed() -> list[str]:
    """The packages that have to be there to compile."""
    return [] if own_compiler() else [ZIG]


def digest() -> str:
    """What the library says of its sources: that it was compiled from these."""
    content = hashlib.sha256()
    for file in sorted([*FOLDER.glob("*.cpp"), *FOLDER.glob("*.h")]):
        content.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return content.hexdigest()[:32]


def command(target: Path) -> list[str]:
    """What compiles the sources into a file."""
    sources = [str(file) for file in sorted(FOLDER.glob("*.cpp"))]
    linking = ["-Wl,--as-needed"] if sys.platform == "linux" else []
    compiler = own_compiler()
    if compiler is None:
        compiler, linking = [sys.executable, "-m", "ziglang", "c++", "-mcpu=baseline"], ["-s", "-nostdlib++"]
    return [*compiler, *FLAGS, f"-DWATERPLAN_DIGEST={digest()}", "-shared", *sources, "-o", str(target), *linking]


def compile_core() -> Path:
    """Compiles; the library takes its place when it is whole, and whoever has the old one open keeps it."""
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix=".compiling-") as folder:
        made = Path(folder) / LIBRARY.name
        subprocess.run(command(made), check=True)
        made.replace(LIBRARY)
    return LIBRARY


def is_current() -> bool:
    """Whether the library is there and says that it was compiled from these sources."""
    return LIBRARY.exists() and digest().encode() in LIBRARY.read_bytes()


def bring_up_to_date() -> None:
    """Compiles if the sources have changed, so that installing on a machine without a compiler is enough."""
    if is_current():
        LIBRARY.touch()
    elif own_compiler() is None and importlib.util.find_spec("ziglang") is None:
        sys.exit(f"There is no C++ compiler to compile the planner's core: install one, or pip install '{ZIG}'.")
    else:
        compile_core()


if __name__ == "__main__":
    bring_up_to_date()
