"""Node, and the tools that it runs over the browser's modules: `make test` installs them, `.ci/run` Node as well."""

import json
import shutil
import subprocess

import pytest
from places import ROOT

NODE, TOOLS = shutil.which("node"), ROOT / "node_modules" / ".bin"

with_node = pytest.mark.skipif(NODE is None, reason="node is not installed")
with_tools = pytest.mark.skipif(NODE is None or not TOOLS.is_dir(), reason="node_modules is not installed")


def in_node(script: str, given: object = None):
    """What a module that is given as text says on its standard output, as JSON; ``given`` is its first argument."""
    words = [NODE, "--input-type=module", "--eval", script, "--", json.dumps(given)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
