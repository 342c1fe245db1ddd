"""Compiled code that was damaged where it is kept is compiled again and never run."""

import os
import subprocess
import sys

import numpy as np
from damaging import KINDS

SUM = """
import sys
import numpy as np
from waterplan.planning.planner.compilation import SealedFiles, compiled

@compiled
def total(values):
    out = 0.0
    for value in values:
        out += value
    return out

print(total(np.arange(5.0)), sum(total.stats.cache_hits.values()))
"""


def test_damaged_code_is_compiled_again(tmp_path):
    script, kept = tmp_path / "total.py", tmp_path / "kept"
    script.write_text(SUM)
    rng = np.random.default_rng(20151120)

    def run():
        told = subprocess.run(
            [sys.executable, script], capture_output=True, text=True, env={**os.environ, "NUMBA_CACHE_DIR": str(kept)}
        )
        assert told.returncode == 0, told.stderr
        return told.stdout.split()

    assert run() == ["10.0", "0"]
    assert run() == ["10.0", "1"]
    files = sorted(kept.rglob("*.nb?"))
    assert len(files) == 2
    for file in files:
        for kind in KINDS:
            content = KINDS[kind](file.read_bytes(), rng)
            file.unlink() if content is None else file.write_bytes(content)
            assert run() == ["10.0", "0"], (file.suffix, kind)
            assert run() == ["10.0", "1"]
