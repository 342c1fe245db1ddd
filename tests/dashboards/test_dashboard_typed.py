"""Messages by type: what is not one of ours is refused, and the browser's types are those of the handlers."""

from __future__ import annotations

import re
from typing import get_args, get_type_hints

import pytest

pytest.importorskip("panel")

from dashboards.declarations import PLACE, declarations
from dashboards.messages import FIELDS, KINDS, read_message
from dashboards.session import HANDLERS
from waterplan.base.messages import catalogue

GOOD = {
    "move": {"lever": "saving_target", "label": "", "value": 2400, "seq": 3},
    "unpin": {"place": 0},
    "apply": {"settings": {"rollout_scale": 1.2}},
    "history": {"origin": "f=reference", "past": ["f=reference"], "ahead": []},
    "view": {"page": "data", "language": "zh", "theme": "dark"},
    "table": {"card": "map", "form": "csv", "of": "", "dim": "", "label": ""},
    "plant_goal": {"lever": "plant_goal", "kind": "budget", "value": 1e6},
    "plant_give": {"consent": True, "key": "k"},
}
WRONG = [
    ("move", {"lever": 5}),
    ("move", {"value": [1]}),
    ("move", {"value": {"hebei": 1}}),
    ("move", {"label": 7}),
    ("move", {"seq": "3"}),
    ("move", {"seq": True}),
    ("move", {"more": 1}),
    ("unpin", {"place": 1.5}),
    ("unpin", {"place": True}),
    ("unpin", {"place": float("nan")}),
    ("apply", {"settings": [1]}),
    ("history", {"past": "f=reference"}),
    ("history", {"past": [5]}),
    ("view", {"page": "admin"}),
    ("view", {"language": "fr"}),
    ("table", {"form": "exe"}),
    ("plant_goal", {"kind": "magic"}),
    ("plant_give", {"consent": "true"}),
    ("plant_give", {"consent": 1}),
]


@pytest.mark.parametrize("kind", GOOD)
def test_a_message_of_the_page_is_read_as_it_is(kind):
    said = {"type": kind, **GOOD[kind]}
    assert read_message(said) == said


def test_an_optional_key_that_is_null_is_left_out_but_no_value_that_may_be_null_is_mistaken():
    assert read_message({"type": "move", "lever": "x", "label": None, "value": None}) == {"type": "move", "lever": "x"}


@pytest.mark.parametrize(("kind", "wrong"), WRONG, ids=str)
def test_a_message_of_other_keys_or_kinds_of_values_is_refused(kind, wrong):
    with pytest.raises(ValueError, match=f"^{kind}$"):
        read_message({"type": kind, **GOOD[kind], **wrong})


@pytest.mark.parametrize("kind", GOOD)
def test_a_message_that_lacks_what_it_needs_is_refused(kind):
    fields = FIELDS[kind]
    needed = [key for key in GOOD[kind] if "NotRequired" not in str(fields[key])]
    for key in needed:
        with pytest.raises(ValueError, match=f"^{kind}$"):
            read_message({"type": kind, **GOOD[kind]} | {key: None})
        with pytest.raises(ValueError, match=f"^{kind}$"):
            read_message({"type": kind, **{other: one for other, one in GOOD[kind].items() if other != key}})


@pytest.mark.parametrize("said", [{}, {"type": None}, {"type": "receive"}, {"type": "__class__"}, {"type": ["move"]}])
def test_what_has_no_type_of_ours_is_no_message(said):
    with pytest.raises(ValueError, match=f"^{re.escape(str(said.get('type')))}$"):
        read_message(said)


def test_every_message_has_a_handler_that_takes_it():
    assert set(HANDLERS) == KINDS - {"part"}, "parts are put together before"
    for kind, handler in HANDLERS.items():
        taken = list(get_type_hints(handler).values())[1]
        assert kind in get_args(get_type_hints(taken)["type"])


def test_unknown_messages_are_left_alone_and_strange_ones_refused_in_words(screen):
    before = dict(screen.seen)
    for said in (None, 5, [], {}, {"type": "receive"}, {"type": "close"}, {"type": ["undo"]}):
        screen.session.receive(said)
    assert screen.seen == before
    screen.session.receive({"type": "unpin", "place": "x"})
    assert screen.settle()["notice"] == {"key": "notice_refused", "detail": ""}
    assert set(catalogue("dashboard")["notice_refused"]) == {"en", "zh"}


def test_the_types_of_the_browser_are_written_from_the_messages():
    assert PLACE.read_text(encoding="utf-8") == declarations(), "python -m dashboards.declarations"
    assert all(f'"{kind}"' in declarations() for kind in KINDS)
