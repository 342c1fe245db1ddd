"""The memory of the process: what threads are given, what goes back, and how little is kept of an answer."""

import json
import logging
import pickle
import re
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import psutil
import pytest
from browsing import ROOT, serving
from knocking import Visitor, said

pytest.importorskip("panel")

from dashboards import heap, logs
from dashboards.answers import KEPT, Answers
from dashboards.jobs import BOUNDS, REPORT, WORK, Bounds, Lane
from waterplan import open_scenario

LONG = 60  # s, for what must come at all
MIB = 2**20
KEPT_MAX = 32 * MIB  # of all answers that are kept
SOAK_MAX, LEFT_MAX = 1200, 300  # MiB at most; more than at the start when the visitor has left
ARENAS = """
import ctypes, sys, threading
import numpy as np
from dashboards import heap
if "settled" in sys.argv:
    heap.settle()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.fopen.restype = ctypes.c_void_p
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
libc.fclose.argtypes = [ctypes.c_void_p]
all_here = threading.Barrier(6)
def work():
    libc.malloc(1000)
    all_here.wait()
threads = [threading.Thread(target=work) for _ in range(6)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
np.ones(2_000_000)  # freed: from now on glibc lays what is smaller into an arena
def tell(path):
    file = libc.fopen(path.encode(), b"w")
    libc.malloc_info(0, file)
    libc.fclose(file)
tell(sys.argv[1])
held = [np.ones(500_000) for _ in range(10)]
tell(sys.argv[2])
"""
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="another C library")


def parcelled(tmp_path, *words):
    """Arenas of a process whose threads asked for memory, and how many of ten new arrays lie outside of them."""
    before, after = tmp_path / "before.xml", tmp_path / "after.xml"
    subprocess.run([sys.executable, "-c", ARENAS, str(before), str(after), *words], cwd=ROOT, check=True)
    outside = [int(re.search(r'type="mmap" count="(\d+)"', path.read_text())[1]) for path in (before, after)]
    return after.read_text().count("<heap nr="), outside[1] - outside[0]


@on_linux
def test_threads_share_few_arenas_and_large_arrays_lie_outside_of_them(tmp_path):
    arenas, outside = parcelled(tmp_path, "settled")
    assert arenas <= heap.ARENAS
    assert outside == 10
    arenas, outside = parcelled(tmp_path)
    assert arenas > heap.ARENAS
    assert outside == 0


def test_memory_goes_back_when_the_outcome_of_a_job_is_known():
    done, went_back = [], threading.Event()
    made = Lane("test", Bounds(1, 1, after=lambda: (done.append(outcome.done()), went_back.set())))
    may_go = threading.Event()
    outcome = made.ask("a", lambda: may_go.wait(LONG), lambda: True)
    may_go.set()
    assert went_back.wait(LONG)
    assert done == [True]
    made.close()


def test_documents_are_made_one_at_a_time_and_leave_nothing():
    assert BOUNDS[REPORT].threads == 1
    assert (BOUNDS[REPORT].after, BOUNDS[WORK].after) == (heap.clear, heap.give_back)


def test_parts_that_hold_each_other_are_cleared():
    class Part:
        pass

    one = Part()
    one.itself = one
    known = weakref.ref(one)
    del one
    heap.clear()
    assert known() is None


def test_all_answers_that_are_kept_take_little(planner_of_china):
    answers, scenario = Answers(planner_of_china, workers=1), open_scenario("reference")
    technology = planner_of_china.structure.technologies[0]
    answers.plan(scenario), answers.curve(scenario), answers.words(scenario), answers.reasons(scenario)
    answers.rests(scenario, "annual_cost", {}), answers.why(scenario, technology, "zh")
    sizes = [len(pickle.dumps(one)) for one in answers._kept._kept.values()]
    answers.close()
    assert len(sizes) == 6
    assert KEPT * max(sizes) < KEPT_MAX


def record(name, level, line):
    return logging.LogRecord(name, level, "place.py", line, "words", None, None)


def test_a_warning_of_a_library_is_told_once_and_an_error_each_time():
    once = logs.Once()
    told = [once.filter(record(*one)) for one in [
        ("weasyprint", logging.WARNING, 1), ("weasyprint", logging.WARNING, 1), ("weasyprint", logging.WARNING, 2),
        ("weasyprint", logging.ERROR, 1), ("weasyprint", logging.ERROR, 1),
        ("waterplan.dashboard", logging.WARNING, 1), ("waterplan.dashboard", logging.WARNING, 1),
    ]]  # fmt: skip
    assert told == [True, False, True, True, True, True, True]


def test_that_it_is_not_ready_yet_is_no_error_in_the_log():
    with serving() as (_, log):
        assert "kind=readiness method=GET status=503" in (text := log.read_text())
        assert " ERROR " not in text


def memory(process):
    """MiB that a process has, and had at most."""
    told = Path(f"/proc/{process.pid}/status").read_text()
    return [int(re.search(rf"{name}:\s+(\d+)", told)[1]) / 1024 for name in ("VmRSS", "VmHWM")]


@pytest.mark.long
@on_linux
def test_one_visitor_who_orders_everything_leaves_little_behind():
    orders = [{"type": "export", "kind": kind} for kind in ("excel", "netcdf", "report_html", "report_pdf")]
    orders += [{"type": "behind", "card": "curve"}, {"type": "why", "technology": "cip_optimisation"}]
    with serving() as (address, _):
        port = address.rpartition(":")[2]
        process = next(one for one in psutil.Process().children() if port in one.cmdline())
        visitor = Visitor(address)
        visitor.open()
        line = visitor.connect()
        model = line.join()
        start, _ = memory(process)
        for turn in range(6):
            moved = {"type": "move", "lever": "saving_target", "value": 1000 + 100 * turn, "seq": 10 * turn}
            line.tell(said(moved, model))
            for order in orders:
                line.tell(said({**order, "seq": 10 * turn + 1}, model))
            files = 0
            while files < 4:
                files += '["name", "file"]' in json.dumps(line.message()[1])
        line.close()
        assert memory(process)[1] < SOAK_MAX
        until = time.monotonic() + LONG
        while (left := memory(process)[0]) > start + LEFT_MAX:
            assert time.monotonic() < until, (start, left)
            time.sleep(0.5)
