"""What one visitor, or a thousand, can take of the server: so much, and the others are still served.

The bounds are made small here, so that a few connections reach them; the server is a real one.
"""

import base64
import contextlib
import socket
import threading
import time
import zlib
from urllib.parse import urlencode, urlsplit

import pytest
from browsing import serving_by
from knocking import FORM, Visitor, get, is_alive
from test_dashboard_owners import USERS, guarded  # noqa: F401  a fixture

pytest.importorskip("panel")

CONNECTIONS, SECONDS, SESSIONS, UNUSED, OPENS = 20, 3, 5, 3, 6
SMALL = f"""
from dashboards import bounds
bounds.CONNECTIONS_MAX, bounds.SESSIONS_MAX, bounds.UNUSED_MAX = {CONNECTIONS}, {SESSIONS}, {UNUSED}
bounds.HEADER_SECONDS = bounds.BODY_SECONDS = bounds.PING_SECONDS = {SECONDS}
bounds.ANSWER_SECONDS, bounds.PAGES_AT_ONCE = 2 * {SECONDS}, 1000
bounds.OPENS_PER_SECOND, bounds.OPENS_AT_ONCE = 0.1, {OPENS}
import panel as pn
from dashboards import app, doors, logs
logs.start_logs()
pn.extension(notifications=False)
pages = app.build("tests/tiny_study", workers=2)
server = app.get_server(pages, 0, "127.0.0.1")
print(server.port, flush=True)
doors.run(server)
pages.close()
"""


@pytest.fixture(scope="module")
def small():
    """The address of a server with small bounds."""
    with serving_by(SMALL) as (address, _):
        yield address


def line(address, text=b""):
    """A connection that has said so much."""
    opened = socket.create_connection((urlsplit(address).hostname, urlsplit(address).port), timeout=60)
    opened.sendall(text)
    return opened


def is_closed(opened):
    """Waits until the other side has closed."""
    try:
        while opened.recv(65_536):
            pass
    except ConnectionError:
        return True
    return True


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: here\r\nX-Slow: ",
        b"POST /login HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\nusername=",
        b"POST /nowhere HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_a_request_that_does_not_come_to_an_end_is_given_up(small, begun):
    with contextlib.closing(line(small, begun)) as slow:
        start = time.monotonic()
        for _ in range(4 * SECONDS):  # byte by byte
            try:
                slow.sendall(b"x" if begun else b"")
            except OSError:
                break
            time.sleep(0.5)
        assert is_closed(slow)
        assert time.monotonic() - start < 60


def test_a_large_body_is_not_read(small):
    asked = b"POST /login HTTP/1.1\r\nHost: here\r\nContent-Length: 100000000\r\n\r\n"
    with contextlib.closing(line(small, asked)) as large:
        try:
            for _ in range(200):
                large.sendall(b"x" * 65_536)
        except OSError:
            return
        pytest.fail("13 MB were taken")


def test_connections_that_say_nothing_give_way_to_those_that_do(small):
    silent = [line(small, b"GET / HTTP/1.1\r\n") for _ in range(3 * CONNECTIONS)]
    try:
        assert is_alive(small)
        assert is_closed(silent[0])
    finally:
        for one in silent:
            one.close()


def test_who_takes_no_answer_gives_way(small):
    asked = b"GET /static/js/bokeh.min.js HTTP/1.1\r\nHost: here\r\n\r\n"
    greedy = []
    for _ in range(2 * CONNECTIONS):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.settimeout(60)
        one.connect((urlsplit(small).hostname, urlsplit(small).port))
        one.sendall(asked)
        greedy.append(one)
    try:
        assert is_alive(small)
    finally:
        for one in greedy:
            one.close()


def test_pages_that_nobody_comes_back_for_give_way_and_come_again_when_they_do(small):
    first = Visitor(small)
    first.open()
    for _ in range(4 * UNUSED):
        Visitor(small).open()
    with first.connect() as again:
        again.join()


def test_a_full_server_says_so_in_both_languages_and_has_room_again(small):
    lines = []
    try:
        for _ in range(SESSIONS):
            visitor = Visitor(small)
            visitor.open()
            lines.append(visitor.connect())
        for language, words in (("en", "full"), ("zh", "已满")):
            status, headers, text = get(small, f"/?lang={language}")
            assert status == 503
            assert words in text
            assert headers["Retry-After"]
        assert is_alive(small)
    finally:
        for one in lines:
            one.close()
    until = time.monotonic() + 60
    while get(small, "/")[0] != 200:
        assert time.monotonic() < until
        time.sleep(0.5)


def test_who_opens_websockets_all_the_time_is_refused_and_others_are_not(small):
    first, opened = Visitor(small), 0
    for _ in range(3 * OPENS):
        first.open()
        line = first.connect()
        if line == 503:
            break
        opened += 1
        line.close()
    assert line == 503
    assert opened >= OPENS
    other = Visitor(small)
    other.open()
    with other.connect() as line:
        line.join()


def test_a_websocket_that_does_not_answer_pings_is_closed(small):
    visitor = Visitor(small)
    visitor.open()
    with visitor.connect() as silent:
        assert silent.answer() is None  # frames are read, pings are left unanswered


def packed(text):
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


EMPTY = packed("[" + ",".join(["{}"] * 326_666) + "]")
PRICE = '{"name":"water_price","where":{"province":"p"},"factor":1,"source":"read on our site"}'
MANY = packed("[" + ",".join([PRICE] * 9_000) + "]")


@pytest.mark.parametrize("query", [f"v=1&set={EMPTY}", "v=1" + f"&pin=set%3D{EMPTY}" * 4, f"v=1&set={MANY}"],
                         ids=["empty tables", "in pins", "valid tables"])  # fmt: skip
def test_a_link_of_many_overrides_holds_nobody_up(small, query):
    statuses = []
    opening = threading.Thread(target=lambda: statuses.append(get(small, f"/?{query}")[0]))
    opening.start()
    longest, until = 0.0, time.monotonic() + 4
    while time.monotonic() < until:
        start = time.monotonic()
        assert is_alive(small)
        longest = max(longest, time.monotonic() - start)
        time.sleep(0.05)
    opening.join()
    assert longest < 2
    assert statuses == [200]


def tries(address, count, name, statuses):
    """Wrong sign-ins, all at once."""
    bodies = [urlencode({"username": name(at), "password": f"wrong {at}"}) for at in range(count)]
    threads = [
        threading.Thread(target=lambda body=body: statuses.append(get(address, "/login", "POST", body, **FORM)[0]))
        for body in bodies
    ]
    for thread in threads:
        thread.start()
    return threads


@pytest.mark.parametrize("name", [lambda at: f"nobody.{at}", pytest.param(lambda _at: "li.na", marks=pytest.mark.long),
                                  lambda _at: "zhang.wei"],
                         ids=["many names", "another name", "the same name"])  # fmt: skip
def test_forty_wrong_sign_ins_do_not_hold_up_a_right_one(guarded, name):  # noqa: F811
    statuses = []
    threads = tries(guarded, 40, name, statuses)
    time.sleep(0.3)
    start = time.monotonic()
    Visitor(guarded, "zhang.wei", USERS["zhang.wei"])
    took = time.monotonic() - start
    assert is_alive(guarded)
    for thread in threads:
        thread.join()
    assert took < 10
    assert set(statuses) <= {401, 429}
    assert len(statuses) == 40


def test_guessing_at_one_name_is_slow(guarded):  # noqa: F811
    start, checked = time.monotonic(), 0
    while time.monotonic() < start + 12:
        body = urlencode({"username": "li.na", "password": f"guess {checked}"})
        checked += get(guarded, "/login", "POST", body, **FORM)[0] == 401
    assert checked <= 32  # a few at once, then two a second
    Visitor(guarded, "li.na", USERS["li.na"])


def test_what_cannot_be_read_of_a_request_is_answered_in_words(guarded):  # noqa: F811
    assert get(guarded, "/login", "POST", "username=a&password=b", Origin="http://[", **FORM)[0] == 403
    assert get(guarded, "/login?next=%2F%3F" + "a%3D1%26" * 250)[0] == 200
    status, _, text = get(guarded, "/zzz?lang=%ff")
    assert status == 404
    assert "no such page" in text
