"""What visitors' own files take of the memory: so much together, nothing of what was refused, and not for long."""

import base64
import gc
import json
import re
import time
from pathlib import Path

import pytest
from browsing import serving_by
from knocking import Visitor as Knocking
from knocking import said
from test_dashboard_plants import MILL, TWO_YEARS, Visitor, answers  # noqa: F401  a fixture

pytest.importorskip("panel")

from dashboards.plants import Work
from dashboards.shelf import Given, Shelf
from waterplan import read_records
from waterplan.base.errors import DataError

MB = 2**20
ROWS, VISITORS = 60_000, 4
HEADINGS = "plant,year,province,withdrawal from surface water (m3),consumed (m3),product,output,output unit\n"
SERVER = """
from dashboards import bounds
bounds.CELLS_MAX = 3_000_000
import panel as pn
from dashboards import app, doors, logs
logs.start_logs()
pn.extension(notifications=False)
pages = app.build("tests/tiny_study", workers=2)
server = app.get_server(pages, 0, "127.0.0.1", unused_session_lifetime_milliseconds=500,
                        check_unused_sessions_milliseconds=500)
print(server.port, flush=True)
doors.run(server)
pages.close()
"""


@pytest.fixture
def shelf(answers):  # noqa: F811
    """That of the visitors, with its own bounds again afterwards."""
    shelf = answers.shelf
    kept = shelf.bytes_max, shelf.cells_max
    yield shelf
    shelf.bytes_max, shelf.cells_max = kept


@pytest.fixture
def two(answers, facts, shipped):  # noqa: F811
    visitors = [Visitor(answers, facts, shipped) for _ in range(2)]
    yield visitors
    for visitor in visitors:
        visitor.session.close()


def faults():
    """Those that this process holds on to, of whatever test."""
    gc.collect()
    return [one for one in gc.get_objects() if isinstance(one, DataError)]


def test_of_a_refused_file_nothing_is_kept_but_what_is_shown(two):
    before = faults()
    assert two[0].upload(TWO_YEARS.replace("hebei", "nowhere"))["state"] == "problems"
    assert [one for one in faults() if not any(one is other for other in before)] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_file_for_which_there_is_no_room_is_refused_in_words_and_what_was_there_stays(two, shelf, facts, language):
    one, other = two
    one.upload(TWO_YEARS)
    other.upload(TWO_YEARS.replace(MILL, "South mill"))
    shelf.bytes_max = 2 * len(TWO_YEARS.encode()) + 100
    other.session.receive({"type": "view", "language": language})
    other.ask("file", "notice", name="x.csv", data=base64.b64encode(b"x" * (len(TWO_YEARS.encode()) + 101)).decode())
    key = other.seen["notice"]["notice"]["key"]
    assert key == "plant_no_room"
    assert {"en": "too many files", "zh": "文件过多"}[language] in facts.page(language)["texts"][key]
    assert other.ask("choose", filter="")["plant"] == "South mill"
    one.session.close()
    assert other.upload(TWO_YEARS + "\n" * 101)["state"] == "ready"


def test_another_file_takes_the_place_of_ones_own(two, shelf):
    shelf.bytes_max = len(TWO_YEARS.encode()) + 10
    for _ in range(3):
        assert two[0].upload(TWO_YEARS)["state"] == "ready"


def test_what_was_read_gives_way_and_is_read_again(two, shelf):
    shelf.cells_max = 1
    one, other = two
    before = one.upload(TWO_YEARS)
    other.upload(TWO_YEARS.replace(MILL, "South mill"))
    assert one.session.part(Work).given.read == {}
    assert other.session.part(Work).given.read
    again = one.ask("choose", filter="")
    assert {**again, "seq": 0} == {**before, "seq": 0}


def test_cells_are_those_of_the_tables_and_of_the_file(china):
    records = read_records(TWO_YEARS.encode(), china)
    assert records.cells == records.sites.size + records.products.size + 2 * len(TWO_YEARS.split("\n")[0].split(","))
    assert Given("file", "", b"", {"en": records, "zh": records}).cells == 2 * records.cells


def test_the_shelf_keeps_nothing_alive():
    shelf = Shelf(bytes_max=10)
    given = Given("file", "", b"0123456789")
    assert shelf.take(given, None)
    assert not shelf.take(Given("file", "", b"0"), None)
    assert shelf.take(Given("form", "", {}), None)
    del given
    assert shelf.take(Given("file", "", b"0123456789"), None)


@pytest.fixture(scope="module")
def served():
    """Address and process of a server whose sessions end soon after their pages."""
    with serving_by(SERVER) as running:
        yield running


def resident(pid):
    """MB of memory that a process has."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def content(number, consumed):
    rows = "".join(f"p{number}_{at},2017,north,1000,{consumed},board,100,t\n" for at in range(ROWS))
    return (HEADINGS + rows).encode()


def upload(line, model, data):
    text = json.dumps({"type": "plant_file", "name": "a.csv", "data": base64.b64encode(data).decode(), "seq": 1})
    parts = [text[at : at + 100_000] for at in range(0, len(text), 100_000)]
    for at, part in enumerate(parts):
        line.tell(said({"type": "part", "at": at, "of": len(parts), "text": part, "seq": 1}, model))


def wait_for(line, seq):
    """What is shown of the plant in answer to a message."""
    while (message := line.message()) is not None:
        text = json.dumps(message[1], separators=(",", ":"))
        if '"attr":"plant"' in text and f'["seq",{seq}]' in text:
            return re.search(r'"state","(\w+)"', text)[1]
    raise AssertionError("closed")


@pytest.mark.parametrize(("consumed", "state"), [(9, "problems"), (1000, "ready")])
def test_large_files_of_some_visitors_take_little_memory_and_it_is_given_back(served, consumed, state):
    address, pid = served
    lines = []
    for number in range(VISITORS + 1):
        visitor = Knocking(address)
        visitor.open()
        line = visitor.connect()
        lines.append(line)
        model = line.join()
        line.tell(said({"type": "view", "page": "benchmark", "seq": 0}, model))
        upload(line, model, content(number, consumed))
        assert wait_for(line, 1) == state
        line.tell(said({"type": "view", "language": "zh", "seq": 2}, model))
        assert wait_for(line, 2) == state
        if number == 0:
            first = resident(pid)
    assert resident(pid) - first < 100
    for line in lines:
        line.close()
    until = time.monotonic() + 20
    while resident(pid) > first + 25:
        assert time.monotonic() < until, resident(pid) - first
        time.sleep(0.5)
