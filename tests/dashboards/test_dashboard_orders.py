"""Orders of visitors, as a session and as a server take them: bounds, who is held up, and what ends with whom."""

import gc
import os
import signal
import subprocess
import sys
import time
import tomllib
import urllib.request
import weakref
from contextlib import suppress

import psutil
import pytest

pytest.importorskip("panel")

from browsing import ROOT, free_port, serving
from screens import Screen
from visiting import Visit

from dashboards.jobs import BOUNDS, ORDER, POOL, REPORT, WORK
from waterplan.base.messages import HOME

LONG = 60  # s, for what must come at all
FILES = {"type": "table", "card": "curve", "form": "csv"}


@pytest.fixture
def server():
    """A dashboard of its own, as its command starts it."""
    with serving() as running:
        yield running


def always():
    return True


def test_a_visitor_who_orders_too_much_is_told_so_and_holds_up_nobody(answers, facts, shipped):
    hasty, calm = (Screen(answers, facts, shipped) for _ in range(2))
    for screen in (hasty, calm):
        screen.settle()
        screen.settle("reasons")
    told = []
    hasty.session._show = lambda name, content: told.append((name, content))
    for n in range(30):
        hasty.session.receive({**FILES, "seq": n})
    refused = [content["notice"]["key"] for name, content in told if name == "notice" and content["notice"]]
    most = BOUNDS[ORDER].waiting + 1
    assert len(refused) >= 30 - most - 1  # the first may be done meanwhile
    assert set(refused) == {"notice_busy"}
    calm.seen.pop("rows", None)
    calm.session.receive({"type": "view", "page": "data", "seq": 1})
    assert calm.settle("rows")["total"] > 0
    for _ in range(6000):
        while hasty.later:
            hasty.later.pop(0)()
        files = [content for name, content in told if name == "file"]
        if len(files) == 30 - len(refused):
            break
        time.sleep(0.01)
    assert len(files) == 30 - len(refused)


def test_light_files_do_not_wait_for_heavy_ones_nor_a_plant_for_other_work(answers, facts, shipped, gate):
    for visitor in range(20):
        for taken in (WORK, REPORT, POOL):
            answers.jobs.ask(taken, visitor, lambda: gate.wait(LONG), always)
    screen = Screen(answers, facts, shipped)
    screen.settle()
    for message in ({"type": "export", "kind": "toml"}, {"type": "export", "kind": "csv"}, FILES,
                    {"type": "view", "page": "benchmark"}, {"type": "plant_example"}):  # fmt: skip
        screen.seen.clear()
        screen.session.receive(message)
        name = "file" if message["type"] in ("export", "table") else "plant"
        for _ in range(6000):
            while screen.later:
                screen.later.pop(0)()
            if name in screen.seen:
                break
            time.sleep(0.01)
        assert name in screen.seen, message
    screen.seen.clear()
    screen.session.receive({"type": "export", "kind": "excel"})
    assert "excel" in str([job.key for job in answers.jobs.lanes[REPORT]._alike.values()])


def test_the_words_say_how_many_may_wait():
    texts = tomllib.loads((HOME / "dashboard.toml").read_text(encoding="utf-8"))["notice_busy"]
    assert BOUNDS[ORDER].waiting == 4
    assert "Four" in texts["en"]
    assert "四个" in texts["zh"]


def test_nothing_waits_for_a_session_that_has_ended(answers, facts, shipped):
    screen = Screen(answers, facts, shipped)
    screen.settle()
    screen.settle("reasons")
    for _ in range(5):
        screen.session.receive(FILES)
    screen.session.close()
    later, session = screen.later, weakref.ref(screen.session)
    later.clear()
    for name in answers.jobs.lanes:
        assert answers.jobs.ask(name, "another", lambda: "done", always).result(LONG) == "done"
    del screen
    deadline = time.monotonic() + LONG
    while session() is not None and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.05)
    assert session() is None
    assert later == []


ENDLESS = """
import sys, tempfile, threading
import dashboards.app as app

made = app.build

def build(*words, **options):
    pages, begun = made(*words, **options), threading.Event()
    def work():
        with tempfile.TemporaryDirectory():
            begun.set()
            threading.Event().wait()
    pages.answers.jobs.ask("report", 1, work, lambda: True)
    begun.wait()
    return pages

app.build = build
app.serve(port=int(sys.argv[1]))
"""


def test_a_server_that_is_told_to_end_does_not_wait_for_what_is_under_way(tmp_path):
    port, folder = free_port(), tmp_path / "tmp"
    folder.mkdir()
    command = [sys.executable, "-c", ENDLESS, str(port)]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "TMPDIR": str(folder)}) as running:
        try:
            for _ in range(10 * LONG):
                with suppress(OSError):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/readiness", timeout=2).close()
                    break
                time.sleep(0.2)
            assert len(list(folder.iterdir())) == 1
            running.send_signal(signal.SIGTERM)
            assert running.wait(LONG) == 0  # it was for ever
        finally:
            running.kill()
    assert list(folder.iterdir()) == []


def memory(address):
    """Bytes of the server that this process started on the port of an address."""
    port = address.rpartition(":")[2]
    (server,) = [one for one in psutil.Process().children() if port in one.cmdline()]
    return server.memory_info().rss


def test_reports_of_a_visitor_who_leaves_do_not_hold_up_the_data_page_of_another(server):
    address, log = server
    with Visit(address) as hasty:
        for n in range(30):
            hasty.send(type="move", lever="saving_target", value=2000 + 10 * n)
            hasty.send(type="export", kind=("report_pdf", "report_html", "excel")[n % 3], seq=n)
        for n in range(10 * BOUNDS[ORDER].waiting):  # some may be done meanwhile
            hasty.send(**FILES, seq=n)
        hasty.wait_for("notice_busy")
    with Visit(address) as calm:
        for text in ("price", "cost", "share"):
            asked = time.monotonic()
            calm.send(type="rows", text=text, page=0, seq=500)
            calm.wait_for('"attr":"rows"')
            assert time.monotonic() - asked < 15
    assert memory(address) < 2**31
    assert "Traceback" not in log.read_text()
