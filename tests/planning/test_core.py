"""The compiled core: where it comes from, what is said where it is not there, and what it refuses to read."""

import importlib.util
import re
import subprocess
import sys
from dataclasses import fields
from types import SimpleNamespace

import numpy as np
import pytest
from places import ROOT, TINY

from waterplan.base.errors import WaterplanError
from waterplan.cli.entry import main
from waterplan.planning.core import compiler, kernel_arrays, library
from waterplan.planning.core.kernel_arrays import Costs, Handed, place
from waterplan.planning.core.library import CoreError
from waterplan.planning.curve.pools import Blocks
from waterplan.planning.planner.dictionaries import Sampled, Vertices
from waterplan.planning.planner.lanes import Lanes
from waterplan.planning.planner.light import Accounts, Asked, Floors, Money
from waterplan.planning.planner.steps import Steps
from waterplan.planning.planner.walk import Levels

RECORDS = [
    kernel_arrays.Pairs, Costs, kernel_arrays.Uses, kernel_arrays.Answers, Sampled, Vertices, Steps, Levels, Blocks,
    Lanes, Money, Asked, Floors, Accounts,
]  # fmt: skip
READS_A_STUDY = ["numpy>=2.0", "platformdirs>=4"]  # for the bundles in a wheel
IN_C = {"Array": "double*", "Index": "int64_t*", "float": "double", "int": "int64_t"}


@pytest.fixture
def another_core(tmp_path, monkeypatch):
    """A place for another library than the one that was compiled; the own one is opened again afterwards."""
    monkeypatch.setattr(compiler, "LIBRARY", tmp_path / "_core.so")
    library.core.cache_clear()
    yield tmp_path / "_core.so"
    library.core.cache_clear()


@pytest.fixture
def no_compiler(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)


def hook():
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.CoreHook


def in_c(record):
    """Kind and name of each field of a struct, as the sources declare it; an array of three stands for three fields."""
    sources = "\n".join(file.read_text(encoding="utf-8") for file in sorted(compiler.FOLDER.glob("*.[hc]*")))
    body = re.search(rf"struct {record.__name__} {{\n(.*?)\n}};", sources, re.DOTALL)[1]
    found = []
    for kind, names in re.findall(r"^ +(?:const )?(double|int64_t)(.*?);", body, re.MULTILINE):
        for declared in names.split(","):
            name, times = re.fullmatch(r"\s*(\*?\s*\w+)(?:\[(\d)\])?", declared).groups()
            found += [(f"{kind}*" if "*" in name else kind, name.strip("* "))] * int(times or 1)
    return found


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_what_is_handed_over_has_the_fields_that_the_core_reads_in_its_order(record):
    there = in_c(record)
    assert [kind for kind, _ in there] == [IN_C[field.type] for field in fields(record)]
    for (_, name), field in zip(there, fields(record), strict=True):
        assert name in field.name, record


def test_every_record_is_looked_at():
    assert set(Handed.__subclasses__()) == set(RECORDS)


@pytest.mark.parametrize(
    ("array", "given"),
    [
        (np.zeros(3, dtype=np.float32), "float32"),
        (np.zeros(3, dtype=np.int64), "int64"),
        (np.zeros(6)[::2], r"float64, strides \(16,\)"),
    ],
)
def test_the_core_refuses_an_array_that_it_would_misread(array, given):
    good = np.zeros(3)
    with pytest.raises(TypeError, match=f"cannot read supply: got {given}"):
        _ = Costs(good, good, array, good, good, good, good).record
    with pytest.raises(TypeError, match="contiguous float64"):
        place(array, "Array", "cost")


def test_a_core_that_is_not_there_is_told_with_what_to_do(another_core):
    with pytest.raises(WaterplanError, match=r"is not there .*make core compiles it") as caught:
        library.core()
    assert "make core" in caught.value.text("zh")
    assert "编译核心" in caught.value.text("zh")


def test_a_command_without_a_core_says_so_and_ends_as_other_errors_do(another_core, capsys):
    assert main(["plan", "reference", "--study", str(TINY), "--no-confirm"]) == CoreError.exit_code
    assert "install waterplan again" in capsys.readouterr().err


def test_a_core_that_is_none_of_this_machine_is_told_with_what_to_do(another_core):
    another_core.write_bytes(b"MZ")
    with pytest.raises(WaterplanError, match=r"cannot be opened.*damaged: install waterplan again"):
        library.core()


def test_a_core_of_other_sources_is_not_used(another_core, monkeypatch):
    another_core.write_bytes(compiler.FOLDER.joinpath("_core.so").read_bytes())
    library.core()
    library.core.cache_clear()
    monkeypatch.setattr(compiler, "digest", lambda: "another")
    with pytest.raises(WaterplanError, match=r"made from other sources .*make core compiles it anew"):
        library.core()


def needed_to_build() -> list[str]:
    return hook().dependencies(SimpleNamespace(root=str(ROOT)))


def test_where_there_is_a_compiler_the_build_needs_only_what_reads_a_study(tmp_path, monkeypatch):
    found = tmp_path / "g++"
    found.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    assert compiler.own_compiler() == [str(found)]
    assert needed_to_build() == READS_A_STUDY
    monkeypatch.setenv("CXX", "ccache clang++")
    assert compiler.command(tmp_path / "core.so")[:2] == ["ccache", "clang++"]


def test_where_there_is_no_compiler_the_build_asks_for_one(no_compiler, tmp_path):
    assert needed_to_build() == [compiler.ZIG, *READS_A_STUDY]
    assert compiler.command(tmp_path / "core.so")[:4] == [sys.executable, "-m", "ziglang", "c++"]


def test_a_core_that_cannot_be_compiled_leaves_the_old_one_in_its_place(another_core, monkeypatch):
    another_core.write_bytes(b"old")
    monkeypatch.setenv("CXX", f"{sys.executable} -c 1/0")
    with pytest.raises(subprocess.CalledProcessError):
        compiler.compile_core()
    assert another_core.read_bytes() == b"old"
    assert not list(compiler.FOLDER.glob(".compiling-*"))


def test_the_core_is_compiled_again_only_when_its_sources_have_changed(another_core, no_compiler, monkeypatch):
    """So make asks for no compiler on a machine that has none, right after installing."""
    another_core.write_bytes(compiler.FOLDER.joinpath("_core.so").read_bytes())
    compiler.bring_up_to_date()
    monkeypatch.setattr(compiler, "digest", lambda: "another")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"no C\+\+ compiler .* pip install 'ziglang"):
        compiler.bring_up_to_date()


@pytest.mark.long
def test_a_wheel_is_made_where_there_is_no_compiler(no_compiler, tmp_path):
    pip = (sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check")
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", tmp_path / "made", ROOT], check=True)
    compiled = next((tmp_path / "made").glob("waterplan-*.whl"))
    subprocess.run([*pip, "install", "--no-deps", "--target", tmp_path / "site", compiled], check=True)
    script = "import sys; sys.path.insert(0, sys.argv[1]); from waterplan.planning.core import library; library.core()"
    subprocess.run([sys.executable, "-I", "-c", script, tmp_path / "site"], check=True, cwd=tmp_path)
