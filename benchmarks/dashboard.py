"""How fast the pages answer: slider to last repaint in a real browser, many visitors at once, and the first paint.

The dashboard is started as a process of its own and driven with Chromium, on the same cores. ``python
benchmarks/dashboard.py`` measures and prints; it needs the extras ``dashboard`` and ``test``, and Chromium.
"""

from __future__ import annotations

import math
import random
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from measuring import table
from playwright.sync_api import Page, sync_playwright

from dashboards.answers import Answers
from dashboards.facts import Facts
from dashboards.session import Session, shipped_scenarios
from waterplan import Planner, Study, open_study

Row = tuple[str, ...]
ROOT = Path(__file__).parents[1]
MOVES = 50
VISITORS = (1, 10, 40, 80, 160, 320)
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
    watch.disconnect(); const drawn = performance.now() - start;
    const look = () => board.querySelector('.updating') ? requestAnimationFrame(look)
      : done([drawn, performance.now() - start]);
    look(); }))).observe(board, { attributeFilter: ['data-drawn'] });
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


def row(what: str, values: Sequence[float], median: float = math.inf, late: float = math.inf) -> Row:
    """Median, 95th percentile and largest [ms], and whether the bars are met."""
    ordered = sorted(values)
    found = statistics.median(ordered), ordered[min(int(len(ordered) * 0.95), len(ordered) - 1)]
    bars = [f"{name} {bar:g} ms" for name, bar in (("p50", median), ("p95", late)) if bar < math.inf]
    met = "met" if found[0] <= median and found[1] <= late else "**missed**"
    judged = f"{', '.join(bars)}: {met}" if bars else ""
    return what, *(f"{value:.0f} ms" for value in (*found, ordered[-1])), str(len(ordered)), judged


def moves(page: Page, address: str) -> list[Row]:
    """Slider to last repaint, 50 different places of each lever; and until nothing is marked "updating" any more."""
    dice, rows = random.Random(1), []
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
        drawn, settled = zip(*times, strict=True)
        name = f"{lever} {label}".strip()
        rows.append(row(f"{name}: to the last repaint", drawn, 150, 350))
        rows.append(row(f"{name}: until curve, words and reasons are there", settled, late=500))
    return rows


def first_paint(page: Page, address: str) -> Row:
    """From asking for the address to numbers on the screen, warm."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        page.goto(address)
        page.wait_for_selector("[data-headline]")
        times.append((time.perf_counter() - start) * 1000)
    return row("first paint, warm", times, late=3000)


def crowd(visitors: int, seconds: float = 20.0) -> Row:
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
    told = "1 visitor" if visitors == 1 else f"{visitors} visitors"
    return row(told, times, late={1: 50, 40: 500}.get(visitors, math.inf))


def memory(address: str, server: psutil.Process, visitors: int = 40) -> str:
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
    told = f"{held / 1e6:.0f} MB together, {kept / 1e6:.0f} MB once they are gone"
    return f"{visitors} sessions hold {told} (bar 8 MB each)."


def run(_: Study, quick: bool) -> str:
    """The section of RESULTS.md."""
    with serving() as (address, server):
        held = "" if quick else memory(address, server)
    with serving() as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        in_browser = [first_paint(page, address), *moves(page, address)]
        browser.close()
    at_once = [crowd(visitors, 8.0 if quick else 20.0) for visitors in ((1, 40) if quick else VISITORS)]
    head = ("", "p50", "p95", "most", "number", "bar")
    return (
        f"## Dashboard\n\nIn Chromium on the same cores, every move a scenario that nobody asked for before.\n\n"
        f"{table(head, in_browser)}\n\nOn the server, without a browser: each visitor moves once in two seconds, every "
        f"scenario is new.\n\n{table(head, at_once)}\n\n{held}\n"
    )


if __name__ == "__main__":
    print(run(open_study(), False))
