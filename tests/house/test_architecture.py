"""The shape of the house: who may import whom, and how long a file and a function may be."""

import ast
import graphlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import ROOT

import waterplan

PACKAGE = ROOT / "waterplan"
WINGS = {  # from the ground up; a wing imports from wings above it here, a room also from rooms in rows above its own
    "base": [
        {"messages"},
        {"errors"},
        {"texts", "units", "vocabulary", "palette", "plain_files", "toml_text"},
        {"formats", "spreadsheet", "whole_files", "extras", "highs"},
        {"late"},
    ],
    "study": [{"tables"}, {"study"}, {"scenario", "outline"}],
    "planning": [
        {"model", "certificate"},
        {"solver", "core"},
        {"plan"},
        {"planner"},
        {"curve"},
        {"explain"},
        {"batch"},
        {"uncertainty"},
    ],
    "plants": [{"records"}, {"norms"}, {"peers", "measures"}, {"pool"}, {"standing"}],
    "report": [{"commands", "charts"}, {"pages", "documents"}],
    "cli": [],  # one module a command
    "__main__": [],
}
ROOMS_OF_THE_PAGES = [  # dashboards/, from the ground up, after all wings but the commands
    {"bounds", "heap", "state", "packed", "passwords", "turns", "logs", "board", "reasons", "scripts"},
    {"anyway", "jobs", "plant_form", "plant_tables", "plant_view"},
    {"kept", "messages", "link", "facts", "shelf", "turnstile", "doors", "option_faults"},
    {"tables", "stores", "plants", "wire", "owners", "declarations"},
    {"answers", "behind", "gate"},
    {"visit", "exports", "serving", "handlers"},
    {"pages", "routes"},
    {"session"},
    {"app"},
]
ORDER = {wing: place for place, wing in enumerate(WINGS)}
ROW = {f"{wing}.{room}": row for wing, rows in WINGS.items() for row, rooms in enumerate(rows) for room in rooms}
IMPORTED_IN_A_FUNCTION = {  # (file, what): why it may not stand at the top
    (
        "waterplan/planning/planner/judge.py",
        "waterplan.planning.model.build",
    ): "Pyomo and what it brings is needed only where somebody asks for the model that can be read",
    ("waterplan/cli/__init__.py", "waterplan.cli.entry"): "so that Ctrl-C is answered while the commands are loaded",
    ("dashboards/bounds.py", "resource"): "Windows has no such module",
}
LINES_IN_A_FILE, LINES_IN_A_FUNCTION = 350, 60
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
PAGES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(ROOT.glob("dashboards/**/*.py"))
}
EVERY_MODULE = MODULES | PAGES
ALL_FILES = [*EVERY_MODULE.values(), *sorted(ROOT.glob("docs/*.py"))]


def imported(node: ast.AST, module: str) -> Iterator[str]:
    """Full names that an import statement mentions; after a package's name the module meant."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        package = module if EVERY_MODULE.get(module, Path()).name == "__init__.py" else module.rpartition(".")[0]
        above = ".".join(package.split(".")[: len(package.split(".")) + 1 - node.level]) if node.level else ""
        home = ".".join(part for part in (above, node.module) if part)
        for alias in node.names:
            inner = f"{home}.{alias.name}"
            yield inner if inner in EVERY_MODULE or home == "waterplan" else home


def own_imports(path: Path, module: str, house: str = "waterplan") -> set[str]:
    names = {name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) for name in imported(node, module)}
    return {name for name in names if name.split(".")[0] == house}


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def wing(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def room(module: str) -> str:
    return ".".join(module.split(".")[1:3])


OWN = {module: own_imports(path, module) for module, path in MODULES.items() if module != "waterplan"}
OF_PAGES = {
    module: own_imports(path, module, "dashboards") - {module} for module, path in PAGES.items() if "." in module
}
ROW_OF_PAGES = {name: place for place, row in enumerate(ROOMS_OF_THE_PAGES) for name in row}
PUBLIC = {"waterplan", *(f"waterplan.{name}" for name in waterplan.__all__)}
THROUGH_THE_FRONT_DOOR = {"cli", "__main__"}  # they use the public names, each loaded only when it is asked for


def is_below(name: str, module: str) -> bool:
    """Whether a module may import a name: of a wing above its own, of its own room, or of a row above that."""
    if wing(name) != wing(module):
        return ORDER.get(wing(name), len(ORDER)) < ORDER.get(wing(module), len(ORDER))
    return wing(name) == "cli" or room(name) == room(module) or ROW.get(room(name), 99) < ROW.get(room(module), -1)


@pytest.mark.parametrize("module", OWN)
def test_modules_import_only_from_wings_and_rooms_below_their_own(module):
    if room(module) != wing(module) and wing(module) != "cli":
        assert room(module) in ROW, f"{module} has no row: give it one in WINGS, and in the contract of the house"
    front_door = PUBLIC if wing(module) in THROUGH_THE_FRONT_DOOR else {"waterplan.__version__"}
    for name in OWN[module] - front_door:
        assert is_below(name, module), f"{module} imports {name}"


def test_each_module_has_a_name_of_its_own():
    nouns = Counter(path.stem for module, path in MODULES.items() if wing(module) != "cli")
    of_pages = Counter(path.stem for path in PAGES.values())
    assert {noun for noun, count in (*nouns.items(), *of_pages.items()) if count > 1} == {"__init__"}


@pytest.mark.parametrize("graph", [OWN, OF_PAGES], ids=["waterplan", "dashboards"])
def test_no_module_imports_itself_in_a_circle(graph):
    among = {module: {name for name in names if name in graph} for module, names in graph.items()}
    graphlib.TopologicalSorter(among).prepare()


@pytest.mark.parametrize("module", OF_PAGES)
def test_pages_import_only_from_rooms_below_their_own(module):
    """What is imported for the types alone counts."""
    own = [name for row in ROOMS_OF_THE_PAGES for name in row]
    assert sorted(own) == sorted({wing(name) for name in OF_PAGES}), "each room has one row"
    for name in OF_PAGES[module]:
        assert wing(name) == wing(module) or ROW_OF_PAGES[wing(name)] < ROW_OF_PAGES[wing(module)], f"imports {name}"


@pytest.mark.parametrize("module", EVERY_MODULE)
def test_imports_stand_at_the_top(module):
    path = EVERY_MODULE[module]
    for function in functions(path):
        hidden = {name for node in ast.walk(function) for name in imported(node, module)}
        allowed = {name for name in hidden if (path.relative_to(ROOT).as_posix(), name) in IMPORTED_IN_A_FUNCTION}
        assert hidden == allowed, f"{path.name}, {function.name}: imports {hidden - allowed} in a function"


def test_pages_import_nothing_of_the_commands_and_nothing_private():
    for module, path in PAGES.items():
        names = own_imports(path, module)
        assert not {name for name in names if wing(name) == "cli" or "._" in name}, path.relative_to(ROOT)


@pytest.mark.parametrize("path", ALL_FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_and_functions_stay_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < LINES_IN_A_FILE, "split the file"
    for function in functions(path):
        manual = function.body[0] if ast.get_docstring(function) else None  # not counted
        lines = function.end_lineno - function.lineno + 1
        lines -= manual.end_lineno - manual.lineno + 1 if manual else 0
        assert lines < LINES_IN_A_FUNCTION, f"{function.name} has {lines} lines"
