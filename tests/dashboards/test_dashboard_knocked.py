"""A real server, with what a visitor of it could send."""

import contextlib
import gzip
import json
import time

import pytest
from knocking import Visitor, is_alive, memory, said
from strange_messages import MB, NO_JSON, STRANGE, changed, packed, parts_of

pytest.importorskip("panel")

from dashboards.bounds import MESSAGE_MAX, MESSAGES_AT_ONCE, MESSAGES_PER_SECOND


@pytest.fixture
def visitor(server):
    visitor = Visitor(server[0])
    visitor.open()
    return visitor


def test_an_array_of_a_third_of_a_gigabyte_in_a_small_message_is_not_unpacked(visitor):
    before = memory(visitor.address)[0]
    with visitor.connect() as line:
        line.join()
        line.tell(changed("webgl", packed(320)))
        assert line.answer() is None
    assert is_alive(visitor.address)
    assert memory(visitor.address)[1] < max(before, memory(visitor.address)[0]) + 250 * MB


@pytest.mark.parametrize("what", ["array in a message of ours", "a property that the page does not change"])
def test_the_connection_is_closed_without_a_word_of_where(visitor, what):
    with visitor.connect() as line:
        line.join()
        line.tell(STRANGE[what])
        assert line.answer() is None


def test_deep_and_huge_texts_close_the_connection_and_nothing_else(visitor):
    """What else is refused is tested with the messages; here what a parser could fall over, and what is too long."""
    for text in (NO_JSON["very deep"], "x" * (MESSAGE_MAX + 1)):
        visitor.open()
        with visitor.connect() as line:
            line.join()
            line.tell(text)
            assert line.answer() is None
    assert is_alive(visitor.address)


def test_fragments_of_one_message_are_counted_together(visitor):
    with visitor.connect() as line:
        try:
            line.send("x" * 400_000, first=0)
            for _ in range(9):
                line.send("x" * 400_000, opcode=0, first=0)
        except OSError:
            pass
        assert line.answer() is None


def test_packed_frames_are_not_taken(visitor):
    asked = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    with visitor.connect(**asked) as line:
        assert "sec-websocket-extensions" not in line.headers
        line.send(gzip.compress(bytes(1000)), first=0xC0)
        assert line.answer() is None


def test_a_message_that_fails_is_told_without_paths(visitor):
    with visitor.connect() as line:
        line.join()
        line.tell(said({"type": "undo"}, "p999999999"))
        header, content = line.answer()
    assert header["msgtype"] == "ERROR"
    assert content == {"text": "failed", "traceback": None}


def test_more_messages_than_a_page_sends_are_slowed_down_and_hold_up_nobody(visitor):
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


def test_connecting_again_does_not_give_a_visitor_more_messages(visitor):
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


def test_the_whole_page_is_not_asked_for_again_and_again(visitor):
    with visitor.connect() as line:
        for _ in range(20):
            line.tell({}, kind="PULL-DOC-REQ")
        given = 0
        while line.answer("PULL-DOC-REPLY") is not None:
            given += 1
        assert 1 <= given <= 3


def test_a_long_file_comes_in_parts(visitor):
    whole = {"type": "load", "file": "long.toml", "text": "# " + "x" * 240_000, "seq": 5}
    with visitor.connect() as line:
        model = line.join()
        for part in parts_of(whole):
            line.tell(said({**part, "seq": 5}, model))
        while (found := line.answer("PATCH-DOC")) is not None:
            if '["seq", 5]' in json.dumps(found[1]):
                break
        assert found is not None
