"""Addresses that the server answers: those on the list and no other, whatever Panel adds; and nothing asked ends it."""

import http.client
import json
import re
import signal
import subprocess
import sys
import time

import pytest
from browsing import ROOT
from knocking import get, is_alive
from test_dashboard_owners import guarded  # noqa: F401  a fixture

pytest.importorskip("panel")

from dashboards.scripts import PLACE, SCRIPTS, digest

OPEN = {"/liveness", "/readiness"}
LISTED = {"/?$", "/ws$", f"/{PLACE}/(.*)$", "/static/(.*)$", "/(favicon.ico)$", "/liveness$", "/readiness$"}
STRANGE = [
    "/components/unittest.__main__/x/css/y",
    "/components/this/x/css/y",
    "/components/panel.viewable/Viewable/_stylesheets/css/loading.css",
    "/metadata",
    "/autoload.js?bokeh-autoload-element=x",
    "/autoloadXjs?bokeh-autoload-element=x",
    "/rest/session_info",
    "/admin",
    "/static/extensions/panel/../../../../../../etc/passwd",
    "/static/..%2f..%2f..%2f..%2fetc/passwd",
    "/static//etc/passwd",
    "/static/js/bokeh.js",
    "/static/js/bokeh.min.js%00",
    "/static/js/bokeh.min.js/",
    "/static/js",
    "/static/extensions/panel/bundled/theme/material.css",
    "/static/extensions/",
    "//evil.example/",
    "http://evil.example/",
    "/ws/",
    "/index.html",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/login/..",
    "/liveness/x",
    "/_static/x",
    "/\\",
]
FAULTY = """
from dashboards import app, doors

ERRORS = [SystemExit(3), KeyboardInterrupt(), RuntimeError("secret")]

class Stub(app.Pages):
    def are_ready(self):
        ERRORS.append(ERRORS.pop(0))
        raise ERRORS[-1]

def on_the_loop():
    raise SystemExit(4)

server = app.get_server(Stub(None, None, {}), 0, "127.0.0.1")
server.io_loop.call_later(0.2, on_the_loop)
print(server.port, flush=True)
doors.run(server)
print("ended as told", flush=True)
"""
LISTING = """
import json
import panel as pn
from tornado.web import RequestHandler
from dashboards import app, gate, passwords, routes
from dashboards.owners import Owners

told = {}
pn.config.oauth_provider = "generic"
for kind, provider in {"nobody": None, "names": gate.Gate(passwords.Users({})), "oauth": gate.OAuthGate()}.items():
    server = app.get_server(app.Pages(None, None, {}), 0, "127.0.0.1", provider, cookie_secret="x" * 32)
    application = server._tornado
    found = sorted(routes.answered(application))
    listed = routes.routes(application, Owners(), lambda: True)
    routes.check(application, listed)
    methods = {rule.matcher.regex.pattern: rule.target.SUPPORTED_METHODS for rule in application.wildcard_router.rules}
    application.add_handlers(".*", [("/added", RequestHandler)])
    try:
        routes.check(application, listed)
        refused = False
    except routes.UnlistedRouteError as error:
        refused = "/added" in str(error)
    told[kind] = [found, [route.path for route in listed if route.is_open], refused, methods]
origins = app.get_server(app.Pages(None, None, {}), 0, "127.0.0.1", origins=["[::1]:5006", "a.example"])
told["origins"] = sorted(origins._tornado.websocket_origins)
own = app.get_server(app.Pages(None, None, {}), 0, "127.0.0.1")
told["own"] = sorted(name.rpartition(":")[0] for name in own._tornado.websocket_origins)
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def listing():
    """What servers of each way to sign in answer."""
    done = subprocess.run([sys.executable, "-c", LISTING], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_pages_of_the_origins_asked_for_may_connect_and_of_no_others(listing):
    assert listing["origins"] == ["[::1]:5006", "a.example:80"]
    assert listing["own"] == ["127.0.0.1", "localhost"]


@pytest.mark.parametrize("kind", ["nobody", "names", "oauth"])
def test_the_server_answers_what_is_on_the_list_and_does_not_start_with_more(listing, kind):
    found, is_open, refused, methods = listing[kind]
    signing = set() if kind == "nobody" else {"/login$", "/logout$"}
    assert {pattern for pattern, _ in found} == LISTED | signing
    assert len(found) == len(LISTED | signing)
    assert set(is_open) == OPEN | {pattern[:-1] for pattern in signing}
    assert refused
    assert {one for pattern, allowed in methods.items() if pattern != "/login$" for one in allowed} == {"GET", "HEAD"}


def test_whatever_else_is_asked_for_is_not_there_and_ends_nothing(guarded):  # noqa: F811
    for path in STRANGE:
        status, headers, text = get(guarded, path)
        assert status in (302, 400, 404), (path, status)
        if status == 302:  # a file's name is told to nobody who has not signed in
            assert path.startswith("/static")
            assert headers["Location"].startswith("/login")
        assert "Traceback" not in text
        assert str(ROOT) not in text
    assert is_alive(guarded)


def test_nobody_who_has_not_signed_in_gets_more_than_the_four_open_addresses(guarded):  # noqa: F811
    for path in ("/liveness", "/readiness", "/login", "/logout"):
        assert get(guarded, path)[0] == 200
    for path in ("/", "/?v=1", "/static/js/bokeh.min.js", f"/{PLACE}/board.js", "/favicon.ico"):
        status, headers, _ = get(guarded, path)
        assert status == 302
        assert "login" in headers["Location"]
    assert get(guarded, "/ws")[0] == 403


def test_a_file_that_is_not_on_the_list_is_not_there(server):
    for path in [path for path in STRANGE if path.startswith("/static")]:
        assert get(server[0], path)[0] == 404, path


def test_the_files_that_the_page_asks_for_are_there(server):
    page = get(server[0], "/")[2]
    paths = re.findall(r'(?:src|href)="((?:static|\./)[^"]+)"', page)
    assert len(paths) > 5
    for path in paths:
        assert get(server[0], "/" + path.removeprefix("./").replace("^", "%5E"))[0] == 200, path


def test_our_modules_are_served_with_the_policy_of_the_page_and_may_be_kept_as_their_address_has_their_digest(server):
    for name, text in SCRIPTS.items():
        status, headers, told = get(server[0], f"/{PLACE}/{name}")
        assert (status, told) == (200, text.decode("utf-8"))
        assert headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert set(SCRIPTS) == {path.name for path in (ROOT / "dashboards" / "browser").glob("*.js")}
    older = PLACE.replace(PLACE.rpartition("/")[2], "0" * 16)
    for path in (
        f"{older}/board.js",
        f"{PLACE}/",
        f"{PLACE}/board.css",
        f"{PLACE}/messages.d.ts",
        f"{PLACE}/../../app.py",
    ):
        assert get(server[0], f"/{path}")[0] == 404, path


def test_a_module_that_changes_has_all_of_them_at_another_address():
    assert digest({"a.js": b"1", "b.js": b"2"}) != digest({"a.js": b"1", "b.js": b"3"})
    assert digest({"a.js": b"1", "b.js": b""}) != digest({"a.js": b"1b.js"})
    assert PLACE.endswith(digest(SCRIPTS))


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_no_other_method_is_taken(guarded, method):  # noqa: F811
    for path in ("/", "/ws", "/liveness", "/logout", "/components/this/x/css/y"):
        overridden = {"X-HTTP-Method-Override": "GET", "X-Method-Override": "GET"}
        assert get(guarded, f"{path}?_method=GET", method, **overridden)[0] in (404, 405), path


def test_what_was_not_understood_is_told_in_both_languages(server):
    assert "no such page" in get(server[0], "/nowhere?lang=en")[2]
    assert "没有此页面" in get(server[0], "/nowhere?lang=zh")[2]


def test_nothing_that_a_handler_raises_ends_the_server():
    server = subprocess.Popen([sys.executable, "-c", FAULTY], cwd=ROOT, encoding="utf-8",
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        address = f"http://127.0.0.1:{int(server.stdout.readline())}"
        for _ in range(6):
            status, _, text = get(address, "/readiness")
            assert status == 500
            assert "secret" not in text
            assert "Traceback" not in text
            time.sleep(0.2)
        assert is_alive(address)
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
        assert server.stdout.read() == "ended as told\n"
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def test_a_request_without_a_path_of_its_own_is_no_request(server):
    connection = http.client.HTTPConnection(server[0].removeprefix("http://"), timeout=60)
    connection.putrequest("GET", "*")
    connection.endheaders()
    assert connection.getresponse().status in (400, 404)
    connection.close()
