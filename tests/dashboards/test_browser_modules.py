"""The browser's modules are sound: linted, of the right types, and their parts do what their tests say."""

import re
import subprocess

import pytest
from places import ROOT
from scripting import NODE, TOOLS, with_node, with_tools

MODULES = {path.name: path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("dashboards/browser/*.js"))}
IMPORT = re.compile(r'^import \{ [\w, ]+ \} from "\./(\w+\.js)";$', re.MULTILINE)
IMPORTED = {name: set(IMPORT.findall(text)) for name, text in MODULES.items()}
README = (ROOT / "dashboards" / "README.md").read_text(encoding="utf-8")
LINES_IN_A_FILE = 350
UNITS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("tests/browser/*.test.js"))


def run(*words):
    done = subprocess.run([NODE, *words], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_modules_import_only_from_rows_above_their_own_so_that_there_are_no_circles():
    rows = [re.findall(r"`(\w+\.js)`", line.split("|")[1]) for line in README.splitlines() if line.startswith("| `")]
    row_of = {name: row for row, names in enumerate(rows) for name in names}
    assert sorted(row_of) == sorted(MODULES), "each module has a row in dashboards/README.md"
    for name, imported in IMPORTED.items():
        assert [other for other in imported if row_of[other] >= row_of[name]] == [], name


def test_modules_import_only_each_other_and_each_is_needed():
    reached, waiting = set(), ["board.js"]
    while waiting:
        reached.add(name := waiting.pop())
        waiting.extend(IMPORTED[name] - reached)
    assert reached == set(MODULES)
    for name, text in MODULES.items():
        code = re.sub(r"/\*\*.*?\*/", "", text, flags=re.DOTALL)  # types are imported in comments
        assert len(re.findall(r"^import\b|\bimport\(", code, re.MULTILINE)) == len(IMPORT.findall(code)), name


def test_the_modules_stay_short():
    assert [name for name, text in MODULES.items() if text.count("\n") >= LINES_IN_A_FILE] == [], "split the file"


@with_tools
def test_the_modules_and_their_tests_break_no_recommended_rule():
    run(TOOLS / "eslint", "--max-warnings", "0", "dashboards/browser", "tests/browser", "eslint.config.js")


@with_tools
def test_the_modules_use_names_and_messages_as_they_are_declared():
    run(TOOLS / "tsc")


@with_node
@pytest.mark.parametrize("path", UNITS)
def test_the_parts_of_the_modules_do_what_their_tests_say(path):
    told = run("--test", "--test-reporter", "tap", path)
    assert "# fail 0" in told
    assert "# skipped 0" in told
    assert int(told.partition("# pass ")[2].split()[0]) > 3
