"""Compiles the planner's core when waterplan is built or installed; asks for a compiler where the machine has none.

A wheel carries the bundles of the studies that come with waterplan too, so that their tables need not be read again.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def compiler_of(root: str) -> ModuleType:
    """The module that knows how to compile, from its file: waterplan itself cannot be imported yet."""
    file = Path(root, "waterplan", "planning", "core", "compiler.py")
    spec = importlib.util.spec_from_file_location("compiler", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BUNDLED_BY = ["numpy>=2.0", "platformdirs>=4"]  # what reads a study


class CoreHook(BuildHookInterface):
    """One wheel for a platform serves every Python: the core knows nothing of Python."""

    def dependencies(self) -> list[str]:
        return [*compiler_of(self.root).needed(), *BUNDLED_BY]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        compiler_of(self.root).compile_core()
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
        if version == "standard":  # what is installed in place keeps bundles in the user's cache
            build_data["force_include"][self.bundles()] = "waterplan/_shipped/bundles"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        for folder in build_data["force_include"]:
            shutil.rmtree(folder, ignore_errors=True)

    def bundles(self) -> str:
        """A folder with the bundles of the studies in ``data``, made in a process that can import waterplan."""
        folder = tempfile.mkdtemp(prefix="waterplan-bundles-")
        code = "import sys; from pathlib import Path; from waterplan.study.tables.bundle_files import ship; "
        code += "assert ship(*map(Path, sys.argv[1:]))"
        command = [sys.executable, "-c", code, str(Path(self.root, "data")), folder]
        subprocess.run(command, cwd=self.root, check=True)
        return folder
