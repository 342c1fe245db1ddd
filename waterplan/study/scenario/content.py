"""What stands in a scenario file, key by key: read into the fields of a scenario, and all that is wrong in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from waterplan.base.errors import PROBLEMS_MAX, Problem, suggest
from waterplan.base.messages import Message
from waterplan.study.scenario.levers import LEVERS, check_levers, lever_problems, shown
from waterplan.study.scenario.overrides import is_text, read_overrides
from waterplan.study.scenario.scenario_file import row_of

KEYS = ("title", "why", "extends", "levers", "set", "exclude")
LANGUAGES = ("en", "zh")
TEXT_MAX = {"title": 200, "why": 5000}


def read_content(
    content: Mapping[str, Any], file: str, rows: Mapping[str, int]
) -> tuple[dict[str, Any], list[Problem]]:
    """The fields of a scenario from one file's content, without what is wrong, and what that is."""
    unknown = [str(key) for key in content if key not in KEYS][:PROBLEMS_MAX]
    problems = [Problem(file, row_of(rows, key), key, _no_such_key(key)) for key in unknown]
    texts: dict[str, str] = {}
    for key in ("title", "why"):
        found, message = _texts(content.get(key, ""), TEXT_MAX[key])
        texts |= {key: found.get("en") or found.get("zh", ""), f"{key}_zh": found.get("zh", "")}
        problems += [Problem(file, row_of(rows, key), key, message)] if message else []
    levers = content.get("levers", {})
    if not isinstance(levers, Mapping):
        message = Message("scenario.levers_no_table", given=shown(levers))
        problems.append(Problem(file, row_of(rows, "levers"), "levers", message))
        levers = {}
    checked = check_levers(levers)
    places = _places(file, rows, levers)
    problems += lever_problems(places, [fault for _, faults in checked.values() for fault in faults])
    overrides, wrong = read_overrides(content.get("set", []), file, rows)
    exclude = content.get("exclude", [])
    if not isinstance(exclude, Sequence) or isinstance(exclude, str) or not all(isinstance(t, str) for t in exclude):
        message = Message("scenario.exclude_no_list", given=shown(exclude))
        problems.append(Problem(file, row_of(rows, "exclude"), "exclude", message))
        exclude = []
    places |= {f"exclude.{name}": (file, row_of(rows, "exclude")) for name in exclude}
    good = {name: plain for name, (plain, faults) in checked.items() if not faults}
    fields = {"levers": good, "overrides": tuple(overrides), "exclude": tuple(exclude), "file": file, "places": places}
    return {**texts, **fields}, problems + wrong


def _places(file: str, rows: Mapping[str, int], levers: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
    """Where each lever is set, and each label of it."""
    names = [f"levers.{name}" for name in levers]
    names += [
        f"levers.{name}.{label}" for name, value in levers.items() if isinstance(value, Mapping) for label in value
    ]
    return {"": (file, 0), **{name: (file, row_of(rows, name)) for name in names}}


def _no_such_key(key: str) -> Message:
    if key == "expected":
        return Message("scenario.key_expected")
    if key in LEVERS:
        return Message("scenario.key_of_lever", key=key)
    return Message("scenario.no_key", near=suggest(key, KEYS), keys=KEYS)


def _texts(value: object, most: int) -> tuple[dict[str, str], Message | None]:
    """A text by language, and what is wrong with it."""
    given = dict(value) if isinstance(value, Mapping) else {"en": value}
    texts = {language: text.strip() for language, text in given.items() if isinstance(text, str)}
    if not set(given) <= set(LANGUAGES) or len(texts) < len(given):
        return {}, Message("scenario.no_texts", given=shown(value))
    if any(not is_text(text) for text in texts.values()):
        return {}, Message("scenario.half_a_sign")
    longest = max((len(text) for text in texts.values()), default=0)
    return texts, Message("scenario.text_too_long", signs=longest, most=most) if longest > most else None
