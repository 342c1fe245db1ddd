"""The examples in docstrings say what comes out."""

import doctest
import importlib

import pytest
from places import ROOT

WITH_EXAMPLES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for place in ("waterplan", "dashboards")
    for path in sorted((ROOT / place).rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_module_are_true(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0, f"{found.failed} of {found.attempted} examples of {name}: see the output above"
