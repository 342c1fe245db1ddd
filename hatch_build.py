"""Compiles the planner's core when waterplan is built or installed; asks for a compiler where the machine has none."""

from __future__ import annotations

import importlib.util
import sysconfig
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


class CoreHook(BuildHookInterface):
    """One wheel for a platform serves every Python: the core knows nothing of Python."""

    def dependencies(self) -> list[str]:
        return compiler_of(self.root).needed()

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        compiler_of(self.root).compile_core()
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
