"""One term of the field is called one thing in Chinese, wherever it is said: glossary.csv holds every catalogue."""

import csv
import re
from pathlib import Path

import pytest

from waterplan.base.messages import HOME, catalogue
from waterplan.base.vocabulary import terms

GLOSSARY = HOME.parent / "glossary.csv"
NAMES = re.compile(  # what stands in both languages as it is: values, keys of tables, options, what is typed
    r"\{[^}]*\}|\w*[_=\[\]./:]\w[\w=\[\]./:]*|\"[^\"]*\"|waterplan [a-z]+|(?<![\w-])--?[a-z][\w-]*"
)


def glossary() -> list[tuple[re.Pattern[str], dict[str, str]]]:
    """The terms, longer ones first: a longer one is not taken for a shorter one in it."""
    with GLOSSARY.open(encoding="utf-8", newline="") as lines:
        rows = sorted(csv.DictReader(lines), key=lambda row: -len(row["english"]))
    return [(re.compile(rf"(?<![\w-]){re.escape(row['english'])}(?![\w-])", re.IGNORECASE), row) for row in rows]


TERMS = glossary()


def vocabulary() -> dict[str, tuple[str, str]]:
    """Labels and meanings of the data dictionary."""
    labels = {f"{name}, label": (one.label_en, one.label_zh) for name, one in terms().items()}
    return labels | {f"{name}, meaning": (one.meaning_en, one.meaning_zh) for name, one in terms().items()}


def texts(room: str) -> dict[str, tuple[str, str]]:
    """The texts of a catalogue; examples to type are the same in both languages."""
    if room == "vocabulary":
        return vocabulary()
    return {key: (one["en"], one["zh"]) for key, one in catalogue(room).items() if not key.endswith("_examples")}


def otherwise(english: str, chinese: str) -> list[str]:
    """Terms of the English text that the Chinese one says otherwise, or not at all."""
    left, found = NAMES.sub("·", english), []
    for pattern, row in TERMS:
        if pattern.search(left):
            left = pattern.sub("·", left)
            said = (*row["chinese"].split("|"), row["english"])  # a label that is listed as it stands in the tables
            found += [row["english"]] * (not any(word in chinese for word in said))
    return found


ROOMS = ["vocabulary", *sorted(path.stem for path in Path(HOME).glob("*.toml"))]


@pytest.mark.parametrize("room", ROOMS)
def test_every_term_is_called_in_chinese_as_the_glossary_says(room):
    assert {key: found for key, both in texts(room).items() if (found := otherwise(*both))} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_no_term_is_called_what_it_must_not_be(room):
    never = {word for _, row in TERMS for word in row["never"].split("|") if word}
    assert {key: word for key, (_, chinese) in texts(room).items() for word in never if word in chinese} == {}


def test_every_term_says_where_it_is_from():
    assert [row["english"] for _, row in TERMS if not (row["chinese"] and row["source"])] == []


def test_a_term_that_is_said_otherwise_is_found():
    assert otherwise("withdrawal of a sector", "行业用水") == ["withdrawal"]
    assert otherwise("water reuse rate", "循环利用") == ["water reuse rate"]
