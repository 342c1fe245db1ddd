"""Each extra alone: every command works, or says which extra it needs."""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys

import pytest
from installing import PROJECT, REFUSED, ROOT, STUDY, lowest, packages, page_of, wrong

from waterplan.base.extras import BRINGS, MissingExtraError, missing_extra, need
from waterplan.base.texts import Texts
from waterplan.cli import main

QUICK = {  # extras alone -> parts of the command lines that concern them; all where there are none
    (): ("",),
    ("report",): ("plant.html", "report.pdf"),
    ("batch",): ("batch design",),
    ("peers",): ("--pool",),
}  # with the pages alone, commands are as with nothing
PAGES = """
import sys
from smoke import hide
hide({missing!r})
from waterplan.cli import main
sys.exit(main({words!r}))
"""
SERVE = ["dashboard", "--port", "0", "--study", str(STUDY)]


@pytest.mark.parametrize(
    "extras", [(), *(pytest.param(one, marks=pytest.mark.long) for one in QUICK if one)],
    ids=lambda extras: "".join(extras) or "none",
)  # fmt: skip
def test_every_command_works_or_names_the_extra_that_it_needs(extras, tmp_path):
    there = set(extras)
    assert wrong(sys.executable, tmp_path, there, packages(there), QUICK[extras], PYTHONPATH=str(ROOT)) == {}


def test_the_pages_need_no_other_extra(tmp_path):
    serve = PAGES.format(missing=packages({"dashboard"}), words=SERVE)
    paths = f"{ROOT}{os.pathsep}{ROOT / 'tests' / 'support'}"
    assert "waterplan" in page_of([sys.executable, "-c", serve], tmp_path, PYTHONPATH=paths)


@pytest.mark.parametrize(
    ("extras", "words", "extra"),
    [
        (set(), (), "dashboard"),
        ({"batch", "peers"}, (), "dashboard"),
        ({"dashboard"}, ("--pool", "pool.sqlite"), "peers"),
        ({"dashboard"}, ("--runs", "."), "batch"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_pages_say_which_extra_is_missing(extras, words, extra, language, monkeypatch, capsys):
    for package in packages(extras):
        monkeypatch.setitem(sys.modules, package, None)
    assert main([*SERVE, *words, "--language", language]) == REFUSED
    assert capsys.readouterr().err == f"{Texts('extras', language)(extra)}\n"


@pytest.mark.parametrize("extra", BRINGS)
def test_the_words_name_the_extra_in_both_languages(extra):
    assert all(f"pip install 'waterplan[{extra}]'" in Texts("extras", language)(extra) for language in ("en", "zh"))


@pytest.mark.parametrize(
    ("name", "package"), [("robust", "zarr"), ("run_batch", "distributed"), ("PeerPool", "alembic")]
)
def test_a_public_name_whose_extra_is_missing_says_so(name, package):
    told = (
        f"import sys; sys.modules[{package!r}] = None\nimport waterplan\n"
        f"try: waterplan.{name}\nexcept waterplan.base.extras.MissingExtraError as error: print(error)"
    )
    run = subprocess.run(
        [sys.executable, "-c", f"import waterplan.base.extras\n{told}"], capture_output=True, text=True
    )
    assert re.search(r"pip install 'waterplan\[(batch|peers)\]'", run.stdout), run.stderr


def test_a_module_that_no_extra_brings_is_no_missing_extra():
    assert missing_extra(ModuleNotFoundError("No module named 'numpi'", name="numpi")) is None


def test_the_first_package_that_is_missing_names_its_extra(monkeypatch):
    need("hvplot", "zarr")
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(MissingExtraError, match="Batches and robust answers") as missing:
        need("hvplot", "zarr")
    assert "批量求解" in missing.value.text("zh")


def _imported() -> set[str]:
    """Every top name that the product imports, by statement or by ``import_module`` with a text."""
    names = set()
    for path in [*ROOT.glob("waterplan/**/*.py"), *ROOT.glob("dashboards/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {one.name for one in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module)
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_module":
                names |= {one.value for one in node.args if isinstance(one, ast.Constant)}
    return {name.partition(".")[0] for name in names} - {"waterplan", "dashboards"} - set(sys.stdlib_module_names)


def _plain(requirement: str) -> str:
    return re.split(r"[\[>=<]", requirement)[0].lower().replace("_", "-")


def test_everything_that_is_imported_is_declared_in_the_extra_that_brings_it():
    homes = importlib.metadata.packages_distributions()
    core = {_plain(one) for one in PROJECT["dependencies"]}
    optional = {package for names in BRINGS.values() for package in names}
    shared = {"jinja2"}  # comes with Panel, and with Dask
    by_name = {name: {one.lower().replace("_", "-") for one in homes[name]} for name in _imported() | optional}
    assert {name for name in _imported() - optional - shared if not by_name[name] & core} == set(), (
        "neither needed nor of an extra"
    )
    for extra, names in BRINGS.items():
        declared = {_plain(one) for one in PROJECT["optional-dependencies"][extra]}
        assert declared <= set.union(*(by_name[name] for name in names)), f"{extra}: nothing of it is imported"
        brought = {"bokeh", "param", "distributed", "tornado"}  # by Panel, and by Dask's own extra
        assert set(names) - brought == {name for name in names if by_name[name] & declared} - brought, extra


def test_every_lower_bound_is_one_version():
    assert [one for one in lowest() if not re.fullmatch(r"[\w-]+==\d+(\.\d+)*", one, re.I)] == []
