"""How fast the pages answer: slider to last repaint in a real browser, many visitors at once, and the first paint.

``python benchmarks/dashboard.py`` starts the dashboard, drives it with Chromium and prints a table; it needs the extras
``dashboard`` and ``test``, and Chromium.
"""

from __future__ import annotations

import random
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

from dashboards.answers import Answers
from dashboards.facts import Facts
from dashboards.session import Session, shipped_scenarios
from waterplan import Planner, open_study

ROOT = Path(__file__).parents[1]
MOVES = 50
GONE = 50.0  # s after which the server has let sessions go that nobody joined
LEVERS = (
    ("saving_target", "", 40),
    ("discount_rate", "", 50),
    ("rollout_scale", "", 20),
    ("sector_floor", "paper", 20),
)
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
MOVE = """([lever, label, to]) => new Promise((done) => {
  const find = (node) => { for (const one of node.querySelectorAll('*')) {
    if (one.matches(`input[type=range][data-lever=${lever}][data-label='${label}']`)) return one;
    if (one.shadowRoot) { const inside = find(one.shadowRoot); if (inside) return inside; } } return null; };
  const slider = find(document), board = slider.getRootNode().querySelector('.waterplan'), start = performance.now();
  new MutationObserver((_, watch) => requestAnimationFrame(() => setTimeout(() => {
    watch.disconnect(); done(performance.now() - start); }))).observe(board, { attributeFilter: ['data-drawn'] });
  slider.value = Number(slider.min) + to * (Number(slider.max) - Number(slider.min));
  slider.dispatchEvent(new Event('input', { bubbles: true, composed: true })); })"""


@contextmanager
def serving() -> Iterator[tuple[str, psutil.Process]]:
    """A dashboard of its own: address and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "waterplan", "dashboard", "--port", str(port)], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}/readiness", timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield address, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait()


def percentiles(values: list[float]) -> str:
    """Median, 95th percentile and largest."""
    ordered = sorted(values)
    late = ordered[min(int(len(ordered) * 0.95), len(ordered) - 1)]
    return f"p50 {statistics.median(ordered):5.0f} ms, p95 {late:5.0f} ms, most {ordered[-1]:5.0f} ms"


def moves(page: Page, address: str) -> None:
    """Slider to last repaint, 50 different places of each lever."""
    dice = random.Random(1)
    for lever, label, _ in LEVERS:
        page.goto(f"{address}/?v=1&saving_target={dice.randrange(1500, 2500)}")
        page.wait_for_selector("[data-headline]")
        if label:
            page.locator("[data-group=sector] > summary").click()
            page.locator(f"[data-of={lever}] > summary").click()
        page.wait_for_timeout(2500)
        times = []
        for _ in range(MOVES):
            times.append(page.evaluate(MOVE, [lever, label, dice.uniform(0.05, 0.4 if label else 0.75)]))
            page.wait_for_timeout(200)
        print(f"{lever + (' ' + label if label else ''):24} {percentiles(times)}")


def first_paint(page: Page, address: str) -> None:
    """From asking for the address to numbers on the screen, warm."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        page.goto(address)
        page.wait_for_selector("[data-headline]")
        times.append((time.perf_counter() - start) * 1000)
    print(f"{'first paint':24} {percentiles(times)}")


def crowd(visitors: int, seconds: float = 20.0) -> None:
    """Each visitor one move in two seconds, every scenario new: how long the server side takes."""
    answers = Answers(Planner(open_study()))
    facts, shipped = Facts.of(answers.planner), shipped_scenarios(answers)
    times: list[float] = []
    ending = time.monotonic() + seconds

    def visit(seed: int) -> None:
        dice, arrived = random.Random(seed), threading.Event()
        session = Session(answers, facts, shipped)
        session.start("", lambda name, _: arrived.set() if name == "board" else None, lambda run: run())
        time.sleep(dice.uniform(0, 2))
        while time.monotonic() < ending:
            arrived.clear()
            start = time.perf_counter()
            name, low, high = dice.choice(
                [("saving_target", 500, 4000), ("discount_rate", 0.0, 0.2), ("carbon_price", 0, 400)]
            )
            session.receive({"type": "move", "lever": name, "value": dice.uniform(low, high)})
            arrived.wait(30)
            times.append((time.perf_counter() - start) * 1000)
            time.sleep(max(2.0 - (time.perf_counter() - start), 0))
        session.close()

    threads = [threading.Thread(target=visit, args=(n,)) for n in range(visitors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.close()
    print(f"{f'{visitors} visitors':24} {percentiles(times)}, {len(times)} moves")


def memory(address: str, server: psutil.Process, visitors: int = 40) -> None:
    """What sessions hold, and what of it comes back once they have ended."""
    for _ in range(3):
        urllib.request.urlopen(address).close()
    time.sleep(GONE)
    before = server.memory_info().rss
    for _ in range(visitors):
        urllib.request.urlopen(address).close()
    held = server.memory_info().rss - before
    time.sleep(GONE)
    kept = server.memory_info().rss - before
    each = f"{held / visitors / 1e6:.1f} MB each; {kept / visitors / 1e6:.1f} MB each once gone"
    print(f"{f'{visitors} sessions':24} {each}")


def main() -> None:
    """All of it."""
    with serving() as (address, server):
        memory(address, server)
    with serving() as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        first_paint(page, address)
        moves(page, address)
        browser.close()
    for visitors in (10, 40, 80, 160, 320):
        crowd(visitors)


if __name__ == "__main__":
    main()
