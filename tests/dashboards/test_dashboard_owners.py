"""Whose a session is: a link carries none, and a stolen token opens nothing."""

import base64
import json
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from browsing import ROOT, serving
from knocking import Visitor, get

pytest.importorskip("panel")

from bokeh.util.token import generate_jwt_token, get_token_payload
from tornado.web import HTTPError

from dashboards import bounds
from dashboards.owners import Owners

USERS = {"zhang.wei": "salt and water 42", "li.na": "water and salt 24"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A server with two users."""
    path = tmp_path_factory.mktemp("users") / "users.toml"
    for name, password in USERS.items():
        words = [sys.executable, "-m", "waterplan", "dashboard", "--basic-auth", str(path), "--add-user", name]
        subprocess.run(words, input=f"{password}\n", check=True, capture_output=True, encoding="utf-8", cwd=ROOT)
    with serving("--basic-auth", str(path)) as (address, _):
        yield address


@pytest.fixture(scope="module")
def open_to_all(server):
    return server[0]


def signed_in(address, name):
    return Visitor(address, name, USERS[name])


def told_by(token):
    text = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def with_name(name):
    """A token that says another session, unsigned."""
    return base64.urlsafe_b64encode(json.dumps({"session_id": name, "session_expiry": 2**33}).encode()).decode()


def test_a_link_with_a_session_is_refused_to_whom_is_signed_in_and_to_whom_is_not(guarded, open_to_all):
    visitor = signed_in(guarded, "zhang.wei")
    for query in ("?bokeh-session-id=mine", "?v=1&bokeh-session-id=", "?bokeh-token=x", "?bokeh%2Dsession%2Did=mine"):
        assert get(guarded, f"/{query}")[0] == 403
        assert visitor._ask(f"/{query}")[0] == 403
        assert get(open_to_all, f"/{query}")[0] == 403
    assert get(open_to_all, "/", **{"Bokeh-Session-Id": "mine"})[0] == 403


def test_not_even_a_session_that_the_server_made_is_opened_by_its_name(open_to_all):
    maker = Visitor(open_to_all)
    maker.open()
    name = told_by(maker.token)["session_id"]
    assert get(open_to_all, f"/?bokeh-session-id={name}")[0] == 403
    assert get(open_to_all, f"/?bokeh-token={maker.token}")[0] == 403


def test_each_page_is_a_session_of_its_own_with_one_cookie_of_the_browser(open_to_all):
    visitor = Visitor(open_to_all)
    visitor.open()
    first, cookie = told_by(visitor.token)["session_id"], visitor.cookies["waterplan_visitor"]
    visitor.open()
    assert told_by(visitor.token)["session_id"] != first
    assert visitor.cookies["waterplan_visitor"] == cookie
    line = get(open_to_all, "/")[1]["Set-Cookie"]
    assert "HttpOnly" in line
    assert "SameSite=Lax" in line


def test_a_page_holds_none_of_the_cookies_and_headers_of_its_request(guarded):
    visitor = signed_in(guarded, "zhang.wei")
    text = visitor.open()
    assert visitor.cookies["user"] not in text
    assert set(get_token_payload(visitor.token)) == {"arguments", "owner", "from", "session_expiry"}


class TestTokens:
    def test_of_another_user_is_refused(self, guarded):
        one, other = signed_in(guarded, "zhang.wei"), signed_in(guarded, "li.na")
        one.open()
        other.open()
        assert other.connect(one.token) == 403
        other.cookies["waterplan_visitor"] = one.cookies["waterplan_visitor"]
        assert other.connect(one.token) == 403

    def test_of_the_same_user_in_another_browser_is_refused(self, guarded):
        one, other = signed_in(guarded, "zhang.wei"), signed_in(guarded, "zhang.wei")
        one.open()
        other.open()
        assert other.connect(one.token) == 403

    def test_of_another_browser_is_refused_where_nobody_signs_in(self, open_to_all):
        one, other, nobody = Visitor(open_to_all), Visitor(open_to_all), Visitor(open_to_all)
        one.open()
        other.open()
        assert other.connect(one.token) == 403
        assert nobody.connect(one.token) == 403

    @pytest.mark.parametrize("change", ["name", "last sign", "no signature", "nothing", "no token", "bomb"])
    def test_that_the_server_did_not_make_are_refused(self, open_to_all, change):
        visitor = Visitor(open_to_all)
        visitor.open()
        name = told_by(visitor.token)["session_id"]
        forged = {
            "name": with_name("made.up") + "." + visitor.token.split(".")[1],
            "last sign": visitor.token[:-2] + ("AA" if visitor.token[-2:] != "AA" else "BB"),
            "no signature": with_name(name),
            "nothing": "x",
            "no token": "..",
            "bomb": with_name(name) + "." + "A" * 40_000,
        }[change]
        assert visitor.connect(forged) == 403

    def test_of_another_start_of_the_server_is_refused(self, open_to_all, guarded):
        stranger = Visitor(open_to_all)
        stranger.open()
        visitor = signed_in(guarded, "zhang.wei")
        assert visitor.connect(stranger.token) == 403

    def test_opens_one_websocket_at_a_time_and_again_after_it_was_lost(self, open_to_all):
        visitor = Visitor(open_to_all)
        visitor.open()
        with visitor.connect() as first:
            assert visitor.connect() == 403
            first.tell({}, kind="PULL-DOC-REQ")
            assert first.answer("PULL-DOC-REPLY") is not None
        until = time.monotonic() + 60
        while (again := visitor.connect()) == 403:
            assert time.monotonic() < until
            time.sleep(0.1)
        with again:
            again.join()

    def test_does_not_open_after_signing_out(self, guarded):
        visitor = signed_in(guarded, "zhang.wei")
        visitor.open()
        _, headers, _ = visitor._ask("/logout")
        visitor._keep(headers)
        assert visitor.connect() == 403


def test_a_cookie_that_was_copied_before_signing_out_stays_good_as_the_docs_say(guarded):
    visitor = signed_in(guarded, "zhang.wei")
    visitor.open()
    copied = dict(visitor.cookies)
    visitor._keep(visitor._ask("/logout")[1])
    assert visitor._ask("/")[0] == 302
    visitor.cookies = copied
    assert visitor._ask("/")[0] == 200


def asking(user, cookie):
    """Who asks for a page."""
    request = SimpleNamespace(arguments={}, protocol="https", remote_ip="10.0.0.1")
    return SimpleNamespace(current_user=user, request=request, get_cookie=lambda _name: cookie * 43)


def test_what_a_visitor_asked_is_known_of_all_his_pages_and_connections():
    owners = Owners()
    tokens = [owners.make(asking("zhang.wei", "a"))[1] for _ in range(2)]
    before = owners.share(tokens[0]).rest.ask()
    owners.share(tokens[0]).rest.answered(0.0)
    assert owners.share(tokens[1]).rest.ask() == pytest.approx(before - 1, abs=0.5)
    for other in (asking("li.na", "a"), asking("zhang.wei", "b")):
        assert owners.share(owners.make(other)[1]).rest.ask() == before


def test_of_visitors_beyond_counting_the_one_who_opened_nothing_for_longest_is_forgotten(monkeypatch):
    monkeypatch.setattr(bounds, "VISITORS_MAX", 2)
    owners = Owners()
    first, second, third = (owners.make(asking("zhang.wei", cookie))[1] for cookie in "abc")
    known = [owners.share(token) for token in (first, second, first, third)]
    assert owners.share(first) is known[0]
    assert owners.share(second) is not known[1]


def test_an_expired_token_is_refused():
    """Of a minute ago; the other tests of tokens run against a real server."""
    owners, visitor = Owners(), asking("zhang.wei", "a")
    name, token = owners.make(visitor)
    assert owners.name(visitor, token) == name
    content = get_token_payload(token)
    del content["session_expiry"]
    old = generate_jwt_token(name, owners.key, True, content, expiration=-60)
    assert owners.is_signed(old)
    with pytest.raises(HTTPError):
        owners.name(visitor, old)
