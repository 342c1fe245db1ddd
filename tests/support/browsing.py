"""A dashboard as its command starts it, and a browser that visits it: fixtures and words of the browser's tests.

Every visit fails on console errors, failed requests, requests that leave the app and tracebacks of the server.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from places import ROOT

from waterplan import Plan

CHROMIUM = shutil.which("chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 60_000  # ms, on a machine that does other things too

in_browser = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]


def expectations():
    """Playwright's ``expect``, patient; the module is skipped where Playwright or Panel is not installed."""
    pytest.importorskip("panel")
    expect = pytest.importorskip("playwright.sync_api").expect
    expect.set_options(timeout=PATIENCE)
    return expect


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(*words, port=None):
    """The dashboard as its command starts it; its address, and what it logs."""
    port = port or free_port()
    log = Path(os.environ.get("TMPDIR", "/tmp")) / f"waterplan-dashboard-{port}.log"
    command = [sys.executable, "-m", "waterplan", "dashboard", "--port", str(port), *words]
    with log.open("w") as out:
        server = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(1500):
            assert server.poll() is None, log.read_text()
            try:
                urllib.request.urlopen(f"{address}/readiness", timeout=2).close()
                break
            except OSError:
                time.sleep(0.2)
        else:
            raise AssertionError(f"not ready in time: {log.read_text()}")
        yield address, log
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)
        log.unlink()


@contextmanager
def serving_by(script):
    """A dashboard that a script starts, which prints its port; address and process. It ends well when it is told to."""
    server = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8",
                              stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}", server.pid
        assert server.poll() is None
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


@pytest.fixture(scope="session")
def server():
    """One dashboard for all tests; its address and its log."""
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def browser():
    """Chromium, for one file of tests."""
    with pytest.importorskip("playwright.sync_api").sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture
def visit(server, browser):
    """Opens a page for a visitor of his own; fails on console errors, outside requests and server tracebacks."""
    address, log = server
    before = len(log.read_text())  # what others did there before
    faults, contexts = [], []

    def watch(page):
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
        page.on("request", lambda request: is_outside(request.url) and faults.append(f"outside: {request.url}"))

    def is_outside(url):
        parts = urlsplit(url)
        return parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != urlsplit(address).netloc

    def opened(query="", **options):
        context = browser.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        watch(page)
        page.goto(f"{address}/{query}")
        expectations()(page.locator(".waterplan")).to_have_attribute("data-drawn", re.compile(r"\d"), timeout=PATIENCE)
        return page

    opened.faults = faults
    yield opened
    for context in contexts:
        context.close()
    assert faults == [], faults
    told = log.read_text()[before:]
    assert "Traceback" not in told, told


def headline(page, name="annual_cost"):
    """One of the numbers at the top."""
    return page.locator(f"[data-headline={name}]")


def shows(page, planner, scenario):
    """Waits until the page has the numbers of the scenario's plan, as ``waterplan plan --json`` gives them.

    scenario: or a function that gives the one that is wanted now, asked each time anew.
    """
    read = "all => all.map(one => [one.dataset.headline, Number(one.dataset.value)])"
    deadline = time.monotonic() + PATIENCE / 1000
    asked = None
    while True:
        now = scenario() if callable(scenario) else scenario
        if now != asked:
            asked, told = now, Plan.of(planner.solve(now)).headline()
        wanted = {name: told[name] for name in ("annual_cost", "shadow_price", "counted_saving", "investment")}
        shown = dict(page.locator("[data-headline]").evaluate_all(read))
        if {name: shown.get(name) for name in wanted} == pytest.approx(wanted, rel=1e-9, abs=1e-9):
            return
        assert time.monotonic() < deadline, f"the page shows {shown}, the plan is {wanted}"
        page.wait_for_timeout(20)


def slider(page, lever, label=""):
    """The slider of a lever."""
    return page.locator(f"input[type=range][data-lever={lever}][data-label='{label}']")


def position(page, lever, label=""):
    """Where a slider stands, in the unit of the page."""
    return float(slider(page, lever, label).input_value())


def broken_rules(page):
    """Rules of accessibility that the page breaks, and where; axe is asked."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    return [
        (rule["id"], node["target"], node["html"][:160])
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]
