"""--help says everything in the language asked for, wherever it is asked for, and no line is wider than a terminal."""

import re

import pytest
import typer
from chinese import assert_chinese
from places import TINY

from waterplan.base.messages import catalogue
from waterplan.cli.app import app
from waterplan.cli.entry import main
from waterplan.report.pages.layout import width

ROOT = typer.main.get_command(app)
COMMANDS = [
    "",
    *(name for name in ROOT.commands if name != "peers"),
    "peers",
    *(f"peers {name}" for name in ROOT.commands["peers"].commands),
]
OPTION = re.compile(r"^  (-[\w-]+(?:, --[\w-]+)?)", re.MULTILINE)  # as a row begins
HEADINGS = (
    "usage",
    "arguments",
    "options",
    "commands",
    "required",
    "default",
    "environment",
    "whole",
    "number",
    "help",
)
ENGLISH = [catalogue("usage")[key]["en"].partition("{")[0].strip() for key in HEADINGS]
PLACEHOLDERS = catalogue("usage")["placeholders"]["en"].split()


@pytest.fixture(autouse=True)
def _no_language(monkeypatch):
    monkeypatch.delenv("WATERPLAN_LANGUAGE", raising=False)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def said(capsys):
    """What a command prints on stdout."""

    def run(words: str) -> str:
        assert main(words.split()) == 0
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("command", COMMANDS)
def test_in_chinese_all_of_it_is_chinese(said, command):
    page = said(f"--language zh {command} --help")
    assert_chinese(page)
    assert [word for word in ENGLISH if word in page] == []
    without_commands = "\n".join(line for line in page.splitlines() if "waterplan " not in line)
    assert [word for word in PLACEHOLDERS if re.search(rf"(?<![\w]){word}(?![\w])", without_commands)] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_both_languages_tell_the_same_options_and_defaults(said, command):
    english, chinese = said(f"{command} --help"), said(f"--language zh {command} --help")
    assert re.search("[\u4e00-\u9fff]", english) is None
    assert OPTION.findall(english) == OPTION.findall(chinese)
    numbers = re.compile(r"\[(?:default: |默认值：)(\d[\d.]*)\]")
    assert numbers.findall(" ".join(english.split())) == numbers.findall("".join(chinese.split()))


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in ("", "peers")])
def test_the_language_may_stand_before_the_command_or_behind_it_or_in_the_environment(said, monkeypatch, command):
    before = said(f"--language zh {command} --help")
    if "--language" in said(f"{command} --help"):
        assert said(f"{command} --help --language zh") == said(f"{command} --language zh --help") == before
    monkeypatch.setenv("WATERPLAN_LANGUAGE", "zh_CN.UTF-8")
    assert said(f"{command} --help") == before
    assert said(f"--language en {command} --help") != before


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("command", COMMANDS)
def test_no_line_but_examples_is_wider_than_a_terminal(said, command, language):
    page = said(f"--language {language} {command} --help").splitlines()
    kept = [n for n, line in enumerate(page) if line in ("  Examples:", "  示例：")]
    assert [line for line in page[: kept[0] if kept else None] if width(line) > 80] == []


def test_the_language_before_a_command_is_that_of_its_answer_unless_it_has_one_of_its_own(said):
    words = f"plan reference --no-confirm --study {TINY}"
    assert "取水量" in said(f"--language zh {words}")
    assert "withdrawal" in said(f"--language zh {words} --language en")


def test_a_command_line_without_a_command_is_answered_with_the_help_or_the_commands(capsys, monkeypatch):
    monkeypatch.setenv("WATERPLAN_LANGUAGE", "zh")
    for words in ([], ["peers"]):
        assert main(words) == 2
        told = capsys.readouterr().err
        assert main([*words, "--help"]) == 0
        assert told == capsys.readouterr().out
    assert main(["--language", "zh"]) == 2
    assert "请给出命令：batch、benchmark" in capsys.readouterr().err


def test_what_has_to_be_given_is_told_and_what_numbers_may_be(said):
    page = said("--language zh report --help")
    assert "情景  情景文件，或自带情景的名称。 [必填]" in page
    assert "-o, --output 报告.HTML|.PDF" in page
    assert "[默认值：5006] [0 至 65535 的整数]" in said("--language zh dashboard --help")
    assert "[default: 5006] [a whole number from 0 to 65535]" in " ".join(said("dashboard --help").split())
