"""The server around the pages: who may come in, what is logged, how it ends, and nginx before it."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from browsing import ROOT, free_port, in_browser, serving

from waterplan.base.errors import WaterplanError

pytest.importorskip("panel")
NAME, PASSWORD, MARK = "zhang.wei", "salt and water 42", "distinctive_scenario_title"
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_words):
        return None


def ask(address, form=None, **headers):
    """Status, headers and text of an answer; redirects are not followed."""
    content = urllib.parse.urlencode(form).encode() if form else None
    request = urllib.request.Request(address, content, headers)
    try:
        answer = urllib.request.build_opener(NoRedirect).open(request, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.headers, answer.read().decode("utf-8", "replace")


@pytest.fixture(scope="module")
def users(tmp_path_factory):
    """A file of users, made by the command."""
    path = tmp_path_factory.mktemp("users") / "users.toml"
    words = [sys.executable, "-m", "waterplan", "dashboard", "--basic-auth", str(path), "--add-user", NAME]
    done = subprocess.run(words, input=f"{PASSWORD}\n", capture_output=True, encoding="utf-8", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert PASSWORD not in path.read_text(encoding="utf-8") + done.stdout + done.stderr
    return path


@pytest.fixture(scope="module")
def guarded(users):
    """A server that asks who comes, and its log as JSON."""
    with serving("--basic-auth", str(users), "--log-format", "json") as running:
        yield running


def test_nobody_sees_the_pages_without_signing_in(guarded):
    status, headers, _ = ask(f"{guarded[0]}/")
    assert status in (302, 303)
    assert "/login" in headers["Location"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sign_in_page_loads_nothing_from_outside(guarded, language):
    status, headers, text = ask(f"{guarded[0]}/login?lang={language}")
    assert status == 200
    assert not re.search(r"https?://", text)
    assert ("登录" in text) == (language == "zh")
    assert "default-src 'self'" in headers["Content-Security-Policy"]


def test_a_wrong_password_is_refused_and_the_right_one_admitted(guarded):
    form = {"username": NAME, "password": "something else", "next": "/"}
    assert ask(f"{guarded[0]}/login", form)[0] == 401
    assert ask(f"{guarded[0]}/login", {**form, "username": "nobody"})[0] == 401
    status, headers, _ = ask(f"{guarded[0]}/login", {**form, "password": PASSWORD})
    assert status == 303
    cookies = headers.get_all("Set-Cookie")
    assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie for cookie in cookies)
    assert ask(f"{guarded[0]}/", Cookie="; ".join(cookie.split(";")[0] for cookie in cookies))[0] == 200


def test_who_has_not_signed_in_is_no_error_in_the_log(guarded):
    address, log = guarded
    for _ in range(3):
        assert ask(f"{address}/")[0] == 302
    text = log.read_text(encoding="utf-8")
    assert '"status":302' in text
    assert '"traceback"' not in text


@pytest.mark.parametrize("address", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:go()"])
def test_signing_in_never_leads_to_another_server(guarded, address):
    status, headers, _ = ask(f"{guarded[0]}/login", {"username": NAME, "password": PASSWORD, "next": address})
    assert (status, headers["Location"]) == (303, "/")


def test_another_site_cannot_sign_somebody_in(guarded):
    form = {"username": NAME, "password": PASSWORD}
    assert ask(f"{guarded[0]}/login", form, Origin="https://evil.example")[0] == 403


def test_what_comes_in_a_query_is_text(guarded):
    hostile = urllib.parse.quote('"><script>alert(1)</script>')
    assert "<script>alert" not in ask(f"{guarded[0]}/login?next=/{hostile}&lang={hostile}")[2]


def test_the_log_is_json_without_who_and_what(guarded):
    address, log = guarded
    ask(f"{address}/login?next=/%3Ft={MARK}&user={NAME}")
    ask(f"{address}/no/such/{MARK}")
    ask(f"{address}/login", {"username": NAME, "password": PASSWORD, "next": f"/?t={MARK}"})
    lines = [line for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
    events = [json.loads(line) for line in lines]
    assert {"request", "sign_in"} <= {event["event"] for event in events}
    text = log.read_text(encoding="utf-8")
    for secret in (MARK, NAME, PASSWORD, "salt"):
        assert secret not in text
    assert all("127.0.0.1" not in line for line in lines)


def test_a_file_of_users_that_is_none_is_refused_in_words(tmp_path):
    (tmp_path / "users.toml").write_text('[users]\nme = "plain password"\n', encoding="utf-8")
    words = [
        sys.executable,
        "-m",
        "waterplan",
        "dashboard",
        "--port",
        "0",
        "--basic-auth",
        str(tmp_path / "users.toml"),
    ]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", cwd=ROOT, timeout=60)
    assert done.returncode == WaterplanError.exit_code
    assert "scrypt" in done.stderr
    assert "plain password" not in done.stderr


def test_it_is_alive_before_it_is_ready_and_ends_when_it_is_told_to():
    port = free_port()
    words = [sys.executable, "-m", "waterplan", "dashboard", "--port", str(port), "--workers", "2"]
    server = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen = []
    try:
        until = time.monotonic() + 240
        while time.monotonic() < until:
            try:
                alive, ready = (ask(f"http://127.0.0.1:{port}/{name}")[0] for name in ("liveness", "readiness"))
            except OSError:
                time.sleep(0.05)
                continue
            seen.append((alive, ready))
            if ready == 200:
                break
            time.sleep(0.1)
        assert seen[-1] == (200, 200)
        assert all(alive == 200 for alive, _ in seen)
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) is not None
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))  # nobody holds it any more


def test_a_port_that_is_taken_is_told_in_words():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        words = [sys.executable, "-m", "waterplan", "dashboard", "--port", str(port)]
        done = subprocess.run(words, capture_output=True, encoding="utf-8", cwd=ROOT, timeout=60)
    assert done.returncode == WaterplanError.exit_code
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr


class TestSessions:
    pytestmark = in_browser

    def test_a_session_ends_after_its_page_is_closed(self, browser):
        with serving("--log-format", "json") as (address, log):
            contexts = [browser.new_context() for _ in range(3)]
            for context in contexts:
                context.new_page().goto(address)
            for context in contexts:
                context.close()
            for _ in range(300):
                ended = [json.loads(line) for line in log.read_text().splitlines() if '"session_end"' in line]
                if len(ended) == 3:
                    break
                time.sleep(0.2)
            assert sorted(event["session"] for event in ended) == [1, 2, 3]
            assert ended[-1]["open"] == 0


class TestNginx:
    @pytest.fixture
    def proxy(self, server, tmp_path):
        """nginx with the file of the docs before a real server, with a certificate of its own."""
        assert Path(NGINX).exists(), "install nginx-light"
        port, behind = free_port(), urllib.parse.urlsplit(server[0]).port
        certificate, key = tmp_path / "own.pem", tmp_path / "own.key"
        names = ["-subj", "/CN=localhost", "-days", "2", "-nodes", "-newkey", "rsa:2048"]
        subprocess.run(["openssl", "req", "-x509", *names, "-keyout", key, "-out", certificate], check=True,
                       capture_output=True)  # fmt: skip
        text = (ROOT / "docs" / "deploy" / "nginx.conf").read_text(encoding="utf-8")
        for here, there in (
            ("127.0.0.1:5006", f"127.0.0.1:{behind}"),
            ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
            ("/etc/ssl/water.example.org.pem", str(certificate)),
            ("/etc/ssl/water.example.org.key", str(key)),
            ("water.example.org", "localhost"),
        ):
            assert here in text
            text = text.replace(here, there)
        folders = "".join(
            f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        whole = (
            f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\nhttp {{ {folders}\n{text} }}"
        )
        (tmp_path / "nginx.conf").write_text(whole, encoding="utf-8")
        os.chmod(tmp_path, 0o755)
        process = subprocess.Popen([NGINX, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")])
        try:
            yield port, behind
        finally:
            process.terminate()
            process.wait(20)

    @staticmethod
    def _get(port, behind, path, **headers):
        """Status, headers and content by TLS; of a websocket no content."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        for _ in range(100):
            connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=30)
            try:
                connection.request("GET", path, headers={"Host": f"localhost:{behind}", **headers})
                with connection.getresponse() as answer:
                    content = b"" if answer.status == 101 else answer.read()
                    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content
            except ConnectionRefusedError:
                time.sleep(0.1)
            finally:
                connection.close()
        raise AssertionError("nginx does not answer")

    def test_the_page_comes_by_tls_compressed_and_with_its_headers(self, proxy):
        packed = {"Accept-Encoding": "gzip"}
        status, headers, _ = self._get(*proxy, "/", **packed)
        assert status == 200
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["strict-transport-security"].startswith("max-age")
        status, headers, _ = self._get(*proxy, "/static/js/bokeh.min.js", **packed)
        assert (status, headers["content-encoding"]) == (200, "gzip")

    def test_the_websocket_passes(self, proxy):
        keys = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
        keys |= {"Sec-WebSocket-Key": "d2F0ZXJwbGFuLXdhdGVyIQ==", "Origin": f"http://localhost:{proxy[1]}"}
        _, headers, page = self._get(*proxy, "/")
        token = re.search(r'"token":"([^"]+)"', page.decode())
        assert token, "the page has no session"
        assert "Secure" in headers["set-cookie"]
        keys |= {"Sec-WebSocket-Protocol": f"bokeh, {token[1]}"}
        assert self._get(*proxy, "/ws", **keys)[0] == 403
        assert self._get(*proxy, "/ws", **keys, Cookie=headers["set-cookie"].split(";")[0])[0] == 101

    def test_an_address_that_is_not_on_the_list_is_not_there(self, proxy):
        for path in ("/components/this/x/css/y", "/metadata", "/static/../../etc/passwd", "/?bokeh-session-id=x"):
            assert self._get(*proxy, path)[0] in (400, 403, 404)
