"""Every sentence exists in both languages, is used, and asks for the same figures in both."""

import ast
import csv
import pickle
import re
import string
from pathlib import Path

import pytest
from places import ROOT

from waterplan.base.errors import DataError, Problem, WaterplanError
from waterplan.base.messages import HOME, LANGUAGES, Message, catalogue, usual_language
from waterplan.base.texts import Texts
from waterplan.base.vocabulary import terms
from waterplan.study.study import shipped

SOURCES = [*sorted((ROOT / "waterplan").rglob("*.py")), *sorted((ROOT / "dashboards").rglob("*.py"))]
ROOMS = sorted(path.stem for path in HOME.glob("*.toml"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def words_in_the_code() -> tuple[set[str], set[str]]:
    """Every text in the code that could be a key, and the beginnings of keys that are put together from a label."""
    words, beginnings = set(), set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.update((node.value, node.value.rpartition(".")[2]))  # a message says its room as well
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                beginnings.add(str(node.values[0].value).rpartition(".")[2])
    for path in sorted((ROOT / "dashboards").rglob("*.js")):
        words.update(found := set(re.findall(r"[\"`]([\w]+)[\"`$]", path.read_text(encoding="utf-8"))))
        beginnings |= found
    return words, {word for word in beginnings if word.endswith("_")}


def words_of_the_data() -> set[str]:
    """Words that stand in tables and are told in either language: units, kinds of technologies, variants of norms."""
    kinds = csv.DictReader((shipped() / "technologies.csv").read_text(encoding="utf-8").splitlines())
    norms = csv.DictReader((shipped() / "norms.csv").read_text(encoding="utf-8").splitlines())
    return {term.unit for term in terms().values()} | {row["kind"] for row in kinds} | {row["variant"] for row in norms}


WORDS, BEGINNINGS = words_in_the_code()
WORDS |= words_of_the_data()


def asked(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("room", ROOMS)
def test_every_text_is_there_in_both_languages(room):
    def whole(texts: dict[str, str]) -> bool:
        filled = {bool(text) for text in texts.values()}  # a text may be empty, but then in both
        return set(texts) == set(LANGUAGES) and len(filled) == 1

    assert [key for key, texts in catalogue(room).items() if not whole(texts)] == []


@pytest.mark.parametrize("room", ROOMS)
def test_both_languages_tell_the_same_figures(room):
    differing = {key: texts for key, texts in catalogue(room).items() if asked(texts["en"]) != asked(texts["zh"])}
    assert differing == {}


@pytest.mark.parametrize("room", ROOMS)
def test_english_is_not_chinese(room):
    assert [key for key, texts in catalogue(room).items() if CHINESE.search(texts["en"])] == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_text_is_used(room):
    unused = [key for key in catalogue(room) if key not in WORDS and not key.startswith(tuple(BEGINNINGS))]
    assert unused == []


def test_every_text_that_the_code_asks_for_by_name_exists():
    """``say("key")``: the key stands in a room of that file."""
    missing = []
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        rooms = [
            str(call.args[0].value)
            for call in calls
            if getattr(call.func, "id", "") == "Texts" and call.args and isinstance(call.args[0], ast.Constant)
        ]
        known = {key for room in rooms for key in catalogue(room)}
        said = [call.args[0].value for call in calls if _says(call)]
        missing += [(path.name, key) for key in said if rooms and key not in known]
    assert missing == []


def _says(call: ast.Call) -> bool:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    return name == "say" and bool(call.args) and isinstance(call.args[0], ast.Constant)


def test_a_text_that_does_not_exist_is_not_passed_over():
    with pytest.raises(KeyError, match="no_such_text"):
        Texts("page", "en")("no_such_text")


@pytest.mark.parametrize(
    ("asked", "given"), [("zh", "zh"), ("zh_CN.UTF-8", "zh"), ("EN", "en"), ("fr", "en"), ("", "en")]
)
def test_the_usual_language_is_that_of_the_environment(monkeypatch, asked, given):
    monkeypatch.setenv("WATERPLAN_LANGUAGE", asked)
    assert usual_language() == given


def test_a_language_that_is_not_spoken_is_told():
    with pytest.raises(WaterplanError, match='language "fr": there are en, zh'):
        Texts("page", "fr")


SPOKEN = re.compile(r"(Error|Problem|Finding|Remark|must_be)$")  # what a sentence is given to


def sentences_in(path: Path) -> list[str]:
    """Literals of more than one word, and texts put together, that are given to an error, a problem or a remark."""
    found = []
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and SPOKEN.search(getattr(call.func, "id", getattr(call.func, "attr", ""))):
            for given in [*call.args, *(keyword.value for keyword in call.keywords)]:
                found += [f"{path.relative_to(ROOT)}:{one.lineno}" for one in _literals(given)]
    return found


def _literals(given: ast.AST) -> list[ast.expr]:
    """Texts with a space in them, as they stand in an argument; not those within a call of its own."""
    if isinstance(given, ast.Constant):
        return [given] if isinstance(given.value, str) and " " in given.value.strip() else []
    if isinstance(given, ast.JoinedStr):
        return [given] if any(_literals(part) for part in given.values if isinstance(part, ast.Constant)) else []
    if isinstance(given, ast.Call):
        return []
    return [one for part in ast.iter_child_nodes(given) for one in _literals(part)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_sentence_stands_in_the_code(path):
    assert sentences_in(path) == []


def test_every_message_exists_and_is_given_what_it_asks_for():
    wrong = []
    for path in SOURCES:
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Message"):
                continue
            key = call.args[0]
            if isinstance(key, ast.Constant) and all(keyword.arg for keyword in call.keywords):
                room, _, name = str(key.value).partition(".")
                given = {keyword.arg for keyword in call.keywords}
                text = catalogue(room).get(name) if room in ROOMS else None
                if text is None or asked(text["en"]) - given:
                    wrong.append((f"{path.relative_to(ROOT)}:{call.lineno}", key.value))
    assert wrong == []


def test_a_message_is_english_as_a_text_and_follows_the_language_with_all_that_is_in_it():
    inner = Message("errors.did_you_mean", name="steel")
    message = Message("errors.got", kind="str", given="[stel]", allowed=[inner, "paper"])
    assert message == 'got str [stel]; give  Did you mean "steel"?, paper.'
    assert message.text("zh") == "得到的是 str [stel]；请给出您是否想写“steel”？、paper。"
    again = pickle.loads(pickle.dumps(message))
    assert (again, again.key, again.text("zh")) == (message, "errors.got", message.text("zh"))


def test_problems_are_told_in_the_language_of_the_reader_and_survive_the_way_from_a_worker():
    error = DataError(
        [Problem("a.csv", 2, "unit", Message("errors.did_you_mean", name="kg")), Problem("a.csv", 3, "", "x")]
    )
    assert error.text("zh").splitlines() == ["a.csv：2 个问题", "  第 2 行“unit”：您是否想写“kg”？", "  第 3 行：x"]
    assert pickle.loads(pickle.dumps(error)).text("zh") == error.text("zh")
