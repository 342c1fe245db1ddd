"""What the browser may say: the messages of our page and nothing else, bounded before anything is made of it."""

import contextlib
import json
import re
from pathlib import Path

import pytest
from browsing import ROOT
from knocking import event, said, written
from strange_messages import NO_JSON, STRANGE, changed, data, nested, parts_of

pytest.importorskip("panel")

from dashboards import messages, wire
from dashboards.bounds import PLANT_FILE_MAX
from dashboards.link import LINK_MAX
from dashboards.pages.intake import FILE_MAX, STEPS_MAX
from dashboards.plant_form import GROUPS, PRODUCTS_MAX, TECHNOLOGIES_MAX, TEXT_MAX
from dashboards.wire import Incoming, Parcels, RefusedError

SENT = re.compile(r'type: "([a-z_]+)"')
ENTRY = re.compile(r"<input (?!type=\"(?:file|number|range|checkbox|radio)\")[^>]*>")


def take(content, metadata="{}", **header):
    incoming, found = Incoming(), None
    text = content if isinstance(content, str) else json.dumps(content)
    for part in (json.dumps({"msgid": "A1", "msgtype": "PATCH-DOC", **header}), metadata, text):
        found = incoming.take(part)
    return found


@pytest.mark.parametrize("what", [*STRANGE, *NO_JSON])
def test_what_our_page_does_not_send_is_refused_before_bokeh_sees_it(what):
    with pytest.raises(RefusedError):
        take({**STRANGE, **NO_JSON}[what])


@pytest.mark.parametrize(
    "header", [{"msgtype": "PUSH-DOC"}, {"msgtype": "SERVER-INFO-REQ"}, {"msgtype": "ACK"}, {"msgtype": "ERROR"},
               {"num_buffers": 1}, {"msgid": 1}, {"msgid": "x" * 100}, {"msgid": "x" * 1000}, {"reqid": "1"}],
)  # fmt: skip
def test_messages_of_other_types_and_with_buffers_are_refused(header):
    with pytest.raises(RefusedError):
        take(changed("webgl", True), **header)


def test_texts_that_are_no_message_are_refused():
    for metadata in ("{ }", '{"a":1}', "[]"):
        with pytest.raises(RefusedError):
            take(changed("webgl", True), metadata)
    with pytest.raises(RefusedError):
        Incoming().take(b"{}")


def test_what_our_page_sends_is_written_anew_and_about_the_window_nothing_is_kept():
    window = [changed(attr, True)["events"][0] for attr in sorted(wire.ABOUT_THE_BROWSER)]
    assert take({"events": window}).content == {"events": []}
    ready = event("document_ready", {"type": "map"})
    assert take(ready).content == event("document_ready", {"type": "map", "entries": []})
    move = said({"type": "move", "lever": "saving_target", "label": "", "value": 2400.5, "seq": 1}, "p1016")
    assert take(move).content == move
    form = said({"type": "plant_form", "form": {"products": [{"output": "1", "more": [None, True]}]}, "seq": 2}, "p1")
    assert take(form).content == form
    lost = said({"type": "rows", "page": 1}, "p1")
    lost["events"][0]["msg_data"]["values"]["entries"][1][1]["entries"][1][1] = {"type": "number", "value": "nan"}
    value = take(lost).content["events"][0]["msg_data"]["values"]["entries"][1][1]["entries"][1][1]
    assert value != value


def test_the_kinds_that_are_allowed_are_those_that_the_page_sends():
    scripts = [path.read_text(encoding="utf-8") for path in Path(ROOT, "dashboards/browser").glob("*.js")]
    assert {kind for script in scripts for kind in SENT.findall(script)} == messages.KINDS


def test_no_text_that_is_typed_or_pasted_is_longer_than_a_message_may_be():
    scripts = [path.read_text(encoding="utf-8") for path in Path(ROOT, "dashboards/browser").glob("*.js")]
    entries = [entry for script in scripts for entry in ENTRY.findall(script) if "data-act-search" not in entry]
    assert len(entries) >= 5
    assert [entry for entry in entries if int((re.search(r'maxlength="(\d+)"', entry) or [0, 10**9])[1]) > 400] == []


FORM_TEXT = "水" * TEXT_MAX
PRODUCT = dict.fromkeys(("product", "output", "scale", "withdrawal", "variant", "route"), FORM_TEXT)
LARGEST = [
    {"type": "history", "origin": "x" * LINK_MAX, "past": ["x" * LINK_MAX] * STEPS_MAX, "ahead": ["x" * LINK_MAX]},
    {"type": "load", "file": "水" * 255, "text": "x" * (FILE_MAX + 1)},
    {"type": "plant_file", "name": "水" * 255, "data": "x" * (PLANT_FILE_MAX * 4 // 3 + 4)},
    {"type": "plant_form", "form": {
        **dict.fromkeys(("plant", "year", "province", "volume"), FORM_TEXT),
        "values": {name: FORM_TEXT for group in GROUPS.values() for name in group},
        "products": [PRODUCT] * PRODUCTS_MAX, "technologies": [FORM_TEXT] * TECHNOLOGIES_MAX}},
]  # fmt: skip


@pytest.mark.parametrize("whole", LARGEST, ids=lambda whole: whole["type"])
def test_the_largest_that_the_page_sends_of_a_kind_is_taken(whole):
    parcels, parts = Parcels(), parts_of({**whole, "seq": 1})
    for part in parts:
        told = take(said({**part, "seq": 1}, "p1")).content["events"][0]["msg_data"]["values"]["entries"][1][1]
        found = parcels.take("a", wire.checked(dict(told["entries"])))
    assert found == {**whole, "seq": 1}


class TestParcels:
    WHOLE = {"type": "plant_file", "name": "厂.csv", "data": "x" * 500_000, "seq": 7}  # noqa: RUF012

    def test_are_put_together_for_each_visitor(self):
        parcels, other = Parcels(), {"type": "load", "file": "a", "text": "b" * 200_000}
        pairs = zip(parts_of(self.WHOLE), parts_of(other, 50_000), strict=False)
        outcome = [(parcels.take(1, one), parcels.take(2, two)) for one, two in pairs]
        assert [two for _, two in outcome if two] == [other]
        assert parcels.take(1, parts_of(self.WHOLE)[-1]) == self.WHOLE

    def test_a_sign_that_came_in_two_is_one_again(self):
        text = json.dumps({"type": "load", "file": "", "text": "水" * 10 + "\ud83d\ude00"}, ensure_ascii=False)
        cut = text.index("\ude00")
        parcels = Parcels()
        parcels.take(1, {"at": 0, "of": 2, "text": text[:cut]})
        assert parcels.take(1, {"at": 1, "of": 2, "text": text[cut:]})["text"] == "水" * 10 + "😀"

    def test_are_refused_out_of_order_without_end_and_of_strange_content(self):
        for wrong in ({"at": 1}, {"at": -1}, {"of": 0}, {"at": True}, {"text": None}):
            with pytest.raises((RefusedError, LookupError)):
                Parcels().take(1, {**parts_of(self.WHOLE)[0], **wrong})
        endless, part = Parcels(), {"of": 10_000, "text": "x" * 10_000_000}
        assert [endless.take(1, {"at": at, **part}) for at in (0, 1)] == [None, None]
        with pytest.raises(RefusedError):
            endless.take(1, {"at": 2, **part})
        with pytest.raises(RefusedError):
            Parcels().take(1, {"at": 0, "of": 1, "text": '{"type":"receive"}'})
        with pytest.raises(RefusedError):
            Parcels().take(1, {"at": 0, "of": 1, "text": '{"type":"undo","x":' + nested(200_000) + "}"})

    def test_the_one_that_waits_longest_gives_way(self):
        parcels = Parcels(most=250_000)
        first, *rest = parts_of(self.WHOLE)
        for whose in "abc":
            parcels.take(whose, first)
        with pytest.raises(LookupError):
            parcels.take("a", rest[0])
        parcels.take("c", rest[0])


def test_written_is_what_the_page_writes():
    assert written({"a": [1, {"b": None}]}) == {
        "type": "map",
        "entries": [["a", [1, {"type": "map", "entries": [["b", None]]}]]],
    }


WHOLE = [data([["type", "undo"], ["value", {"type": "number", "value": "nan"}]]), changed("dark_mode", True)]


def texts_of(value, path=()):
    """Where the texts of a message stand."""
    if isinstance(value, str):
        yield path
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from texts_of(one, (*path, key))


@pytest.mark.parametrize("strange", [["a"], [], {"a": 1}, {}, None, 7, 1.5, True], ids=repr)
@pytest.mark.parametrize(("content", "path"), [(one, path) for one in WHOLE for path in texts_of(one)])
def test_what_is_no_text_where_one_belongs_is_refused_or_taken_and_nothing_else(content, path, strange):
    spoilt = json.loads(json.dumps(content))
    place = spoilt
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = strange
    incoming = Incoming()
    incoming.take(json.dumps({"msgid": "A1", "msgtype": "PATCH-DOC"}))
    incoming.take("{}")
    with contextlib.suppress(RefusedError):
        incoming.take(json.dumps(spoilt))


@pytest.mark.parametrize("strange", [["a"], {"a": 1}, None, 7, True], ids=repr)
@pytest.mark.parametrize("field", ["msgid", "msgtype"])
def test_a_header_of_something_else_than_texts_is_refused(field, strange):
    incoming = Incoming()
    incoming.take(json.dumps({"msgid": "A1", "msgtype": "PATCH-DOC", field: strange}))
    incoming.take("{}")
    with pytest.raises(RefusedError):
        incoming.take(json.dumps(WHOLE[0]))
