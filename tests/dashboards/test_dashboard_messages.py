"""What the browser may say: the messages of our page and nothing else, bounded before anything is made of it."""

import base64
import contextlib
import gzip
import json
import re
import time
from pathlib import Path

import pytest
from browsing import ROOT
from knocking import Visitor, event, is_alive, memory, said, written

pytest.importorskip("panel")

from dashboards import messages, wire
from dashboards.bounds import MESSAGE_MAX, MESSAGES_AT_ONCE, MESSAGES_PER_SECOND, PLANT_FILE_MAX
from dashboards.link import LINK_MAX
from dashboards.pages.intake import FILE_MAX, STEPS_MAX
from dashboards.plant_form import GROUPS, PRODUCTS_MAX, TECHNOLOGIES_MAX, TEXT_MAX
from dashboards.wire import Incoming, Parcels, RefusedError

MB = 2**20
SENT = re.compile(r'type: "([a-z_]+)"')
ENTRY = re.compile(r"<input (?!type=\"(?:file|number|range|checkbox|radio)\")[^>]*>")


def changed(attr, new, model="p1"):
    return {"events": [{"kind": "ModelChanged", "model": {"id": model}, "attr": attr, "new": new}]}


def packed(megabytes):
    """An array of zeros in Bokeh's writing."""
    data = base64.b64encode(gzip.compress(bytes(megabytes * MB), 9)).decode()
    array = {"type": "bytes", "data": data}
    return {"type": "ndarray", "array": array, "shape": [megabytes * MB], "dtype": "uint8", "order": "little"}


def nested(depth):
    return "[" * depth + "]" * depth


def data(entries):
    """The event of a message of ours, with entries as they stand."""
    entries = [["model", {"id": "p1"}], ["data", {"type": "map", "entries": entries}]]
    return event("data_event", {"type": "map", "entries": entries})


MAP = {"type": "map", "entries": [["type", "undo"]]}
STRANGE = {
    "array": changed("webgl", packed(1)),
    "array in a message of ours": data([["type", "move"], ["lever", packed(1)]]),
    "bytes": data([["type", "move"], ["lever", {"type": "bytes", "data": ""}]]),
    "object": changed("language", {"type": "object", "name": "panel.models.esm.ReactiveESM", "id": "p9"}),
    "range": event("document_ready", {"type": "slice", "start": 0, "stop": 9, "step": 1}),
    "a property that the page does not change": changed("esm", "alert(1)"),
    "no property": changed(None, 1),
    "a root": {"events": [{"kind": "RootRemoved", "model": {"id": "p1"}}]},
    "a title": {"events": [{"kind": "TitleChanged", "title": "x"}]},
    "columns": {"events": [{"kind": "ColumnsStreamed", "model": {"id": "p1"}, "attr": "data", "data": {}}]},
    "another event": event("button_click", {"type": "map", "entries": [["model", {"id": "p1"}]]}),
    "another message": {"events": [{"kind": "MessageSent", "msg_type": "x", "msg_data": "y"}]},
    "a kind that no page sends": said({"type": "receive"}, "p1"),
    "no kind": said({"lever": "x"}, "p1"),
    "no mapping": said(["undo"], "p1"),
    "a long text": said({"type": "move", "lever": "x" * 40_000}, "p1"),
    "a long key": said({"type": "move", "x" * 1000: 1}, "p1"),
    "a huge number": said({"type": "move", "value": 10**300}, "p1"),
    "keys that are no text": event("data_event", {"type": "map", "entries": [[["model"], MAP]]}),
    "too deep": said({"type": "move", "value": [[[[[[[[[[1]]]]]]]]]]}, "p1"),
    "no events": {"events": []},
    "many events": {"events": changed("webgl", True)["events"] * 100},
    "two messages in one": {"events": said({"type": "undo"}, "p1")["events"] * 2},
    "more than events": {**changed("webgl", True), "references": []},
    "nothing": [],
}  # fmt: skip
NO_JSON = {
    "very deep": '{"events":' + nested(200_000) + "}",
    "very many": '{"events":[' + "1," * 200_000 + "1]}",
    "very many digits": '{"events":[' + "9" * 200_000 + "]}",
    "no number": '{"events":[NaN]}',
    "half": '{"events":[',
}


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
    parcels, parts = Parcels(), TestParcels().parts(100_000, {**whole, "seq": 1})
    for part in parts:
        told = take(said({**part, "seq": 1}, "p1")).content["events"][0]["msg_data"]["values"]["entries"][1][1]
        found = parcels.take("a", wire.checked(dict(told["entries"])))
    assert found == {**whole, "seq": 1}


class TestParcels:
    WHOLE = {"type": "plant_file", "name": "厂.csv", "data": "x" * 500_000, "seq": 7}  # noqa: RUF012

    def parts(self, size=100_000, whole=None):
        text = json.dumps(whole or self.WHOLE, ensure_ascii=False)
        found = [text[at : at + size] for at in range(0, len(text), size)]
        return [{"type": "part", "at": at, "of": len(found), "text": one} for at, one in enumerate(found)]

    def test_are_put_together_for_each_visitor(self):
        parcels, other = Parcels(), {"type": "load", "file": "a", "text": "b" * 200_000}
        pairs = zip(self.parts(), self.parts(50_000, other), strict=False)
        outcome = [(parcels.take(1, one), parcels.take(2, two)) for one, two in pairs]
        assert [two for _, two in outcome if two] == [other]
        assert parcels.take(1, self.parts()[-1]) == self.WHOLE

    def test_a_sign_that_came_in_two_is_one_again(self):
        text = json.dumps({"type": "load", "file": "", "text": "水" * 10 + "\ud83d\ude00"}, ensure_ascii=False)
        cut = text.index("\ude00")
        parcels = Parcels()
        parcels.take(1, {"at": 0, "of": 2, "text": text[:cut]})
        assert parcels.take(1, {"at": 1, "of": 2, "text": text[cut:]})["text"] == "水" * 10 + "😀"

    def test_are_refused_out_of_order_without_end_and_of_strange_content(self):
        for wrong in ({"at": 1}, {"at": -1}, {"of": 0}, {"at": True}, {"text": None}):
            with pytest.raises((RefusedError, LookupError)):
                Parcels().take(1, {**self.parts()[0], **wrong})
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
        first, *rest = self.parts()
        for whose in "abc":
            parcels.take(whose, first)
        with pytest.raises(LookupError):
            parcels.take("a", rest[0])
        parcels.take("c", rest[0])


class TestServer:
    """A real one, with what a visitor of it could send."""

    @pytest.fixture
    def visitor(self, server):
        visitor = Visitor(server[0])
        visitor.open()
        return visitor

    def test_an_array_of_a_third_of_a_gigabyte_in_a_small_message_is_not_unpacked(self, visitor):
        before = memory(visitor.address)[0]
        with visitor.connect() as line:
            line.join()
            line.tell(changed("webgl", packed(320)))
            assert line.answer() is None
        assert is_alive(visitor.address)
        assert memory(visitor.address)[1] < max(before, memory(visitor.address)[0]) + 250 * MB

    @pytest.mark.parametrize("what", ["array in a message of ours", "a property that the page does not change"])
    def test_the_connection_is_closed_without_a_word_of_where(self, visitor, what):
        with visitor.connect() as line:
            line.join()
            line.tell(STRANGE[what])
            assert line.answer() is None

    def test_deep_and_huge_texts_close_the_connection_and_nothing_else(self, visitor):
        for text in NO_JSON.values():
            visitor.open()
            with visitor.connect() as line:
                line.join()
                line.tell(text)
                assert line.answer() is None
        visitor.open()
        with visitor.connect() as line:
            line.tell("x" * (MESSAGE_MAX + 1))
            assert line.answer() is None
        assert is_alive(visitor.address)

    def test_fragments_of_one_message_are_counted_together(self, visitor):
        with visitor.connect() as line:
            try:
                line.send("x" * 400_000, first=0)
                for _ in range(9):
                    line.send("x" * 400_000, opcode=0, first=0)
            except OSError:
                pass
            assert line.answer() is None

    def test_packed_frames_are_not_taken(self, visitor):
        asked = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
        with visitor.connect(**asked) as line:
            assert "sec-websocket-extensions" not in line.headers
            line.send(gzip.compress(bytes(1000)), first=0xC0)
            assert line.answer() is None

    def test_a_message_that_fails_is_told_without_paths(self, visitor):
        with visitor.connect() as line:
            line.join()
            line.tell(said({"type": "undo"}, "p999999999"))
            header, content = line.answer()
        assert header["msgtype"] == "ERROR"
        assert content == {"text": "failed", "traceback": None}

    def test_more_messages_than_a_page_sends_are_slowed_down_and_hold_up_nobody(self, visitor):
        asked = 4 * MESSAGES_AT_ONCE
        with visitor.connect() as line:
            line.join()
            start = time.monotonic()
            for _ in range(asked):
                line.tell(changed("webgl", True))
            answered = 0
            while time.monotonic() < start + 4 and line.answer("OK") is not None:
                answered += 1
            took = time.monotonic() - start
            assert answered <= MESSAGES_AT_ONCE + MESSAGES_PER_SECOND * took + 5
            assert is_alive(visitor.address)

    def test_connecting_again_does_not_give_a_visitor_more_messages(self, visitor):
        start, answered = time.monotonic(), 0
        for _ in range(3):
            visitor.open()
            with visitor.connect() as line:
                line.join()
                line.socket.settimeout(0.5)
                for _ in range(MESSAGES_AT_ONCE):
                    line.tell(changed("webgl", True))
                with contextlib.suppress(TimeoutError):
                    while line.message() is not None:
                        answered += 1
        took = time.monotonic() - start
        assert answered <= MESSAGES_AT_ONCE + MESSAGES_PER_SECOND * took + 5

    def test_the_whole_page_is_not_asked_for_again_and_again(self, visitor):
        with visitor.connect() as line:
            for _ in range(20):
                line.tell({}, kind="PULL-DOC-REQ")
            given = 0
            while line.answer("PULL-DOC-REPLY") is not None:
                given += 1
            assert 1 <= given <= 3

    def test_a_long_file_comes_in_parts(self, visitor):
        whole = {"type": "load", "file": "long.toml", "text": "# " + "x" * 240_000, "seq": 5}
        with visitor.connect() as line:
            model = line.join()
            for part in TestParcels().parts(100_000, whole):
                line.tell(said({**part, "seq": 5}, model))
            while (found := line.answer("PATCH-DOC")) is not None:
                if '["seq", 5]' in json.dumps(found[1]):
                    break
            assert found is not None


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
