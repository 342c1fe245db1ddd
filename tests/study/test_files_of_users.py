"""Hostile files at every door but that of records (test_records_hostile): told in words, bounded in time and memory."""

import json
import subprocess
import sys

import pytest
from places import ROOT

pytest.importorskip("panel")

from screens import Screen

from waterplan.base.toml_text import DEPTH_MAX, TomlError, read_toml

SECONDS, MEBIBYTES = 10, 2048  # of processor time, so that the load of a machine does not count; of memory
DEEP = "a." * 120_000 + "a = 1\n"
TOML = {
    "dotted keys": DEEP,
    "dotted quoted keys": '"a" . ' * 100_000 + "a = 1\n",
    "a dotted header": "[" + "a." * 400_000 + "a]\n",
    "nested arrays": "a = " + "[" * 400_000,
    "nested tables": "a = " + "{a=" * 200_000,
    "a number of many digits": "a = " + "9" * 900_000,
    "many keys": "".join(f"k{n} = 1\n" for n in range(70_000)),
    "many tables": "[[set]]\n" * 110_000,
    "a header of spaces": '["' + " " * 900_000 + '!"]\n',
    "a header of spaces and more": "[" + " " * 900_000 + "!\n",
    "no end": '"' * 900_001,
    "NUL": "\0" * 900_000,
    "NUL in a text": 'title = "a\0b"\n',
    "100 MB": "#" * 100_000_000,
    "not text": b"\xff\xfe" * 1000,
    "wide": 'title = "x"\n'.encode("utf-16"),
}
FEATURE = '{"features":[{"properties":{"province":"hebei"},"geometry":{"type":"Polygon","coordinates":[[%s]]}}]}'
GEOJSON = {
    "nested": "[" * 3_000_000,
    "a large number": FEATURE % f"[1{'0' * 400}, 1]",
    "digits": "1" * 3_900_000,
    "empty lists": '{"features":[' + "[]," * 1_000_000 + "[]]}",
    "no point": FEATURE % "null",
    "100 MB": " " * 100_000_000,
    "NUL": "\0" * 1000,
}
LEVERS = {
    "a million columns": b"a," * 1_000_000 + b"a\n" + b"1," * 1_000_000 + b"1\n",
    "a million cells in a row": b"carbon_price\n" + b"1," * 1_000_000 + b"1\n",
    "a million cells later": b"carbon_price\n1\n" + b"1," * 1_000_000 + b"1\n",
    "very many cells": b"carbon_price\n" + b"1\n" * 25_000_000,
    "one cell": b"carbon_price\n" + b"x" * 150_000_000,
    "an open quotation mark": b'carbon_price\n"' + b"x\n" * 50_000_000,
    "NUL": b"\0" * 10_000_000,
    "wide": "carbon_price\n1\n".encode("utf-16"),
    "not text": b"\xff\xd8\xff\xe0" * 100_000,
}
TABLES = {
    "1.2 GB": 1_200_000_000,
    "NUL": b"\0" * 1_000_000,
    "a million columns": b"technology," * 1_000_000,
    "a million rows": b"a,b\n" * 1_000_000,
    "one cell": b"technology\n" + b"x" * 20_000_000,
    "an open quotation mark": b'technology\n"' + b"x\n" * 5_000_000,
    "wide": "technology\n".encode("utf-16"),
}
DOORS = """
import json, re, resource, sys, time
from pathlib import Path
from waterplan import Design, Scenario, Study, open_study
from waterplan.planning.batch.levers_table import read_table
from waterplan.base.errors import WaterplanError
from waterplan.study.outline import read_outline
from dashboards.passwords import Users, read_secret
china = open_study("china-2015")
def levers(path):
    columns, problems = read_table(Path(path))
    if problems: raise WaterplanError(str(problems[0]))
doors = {"scenario": Scenario.read, "design": Design.read, "users": Users.read, "secret": read_secret,
         "outline": lambda path: read_outline(path, china), "levers": levers, "study": Study.read}
held = lambda name: int(re.search(name + ":\\\\s*(\\\\d+)", Path("/proc/self/status").read_text())[1])
for line in sys.stdin:
    door, path = json.loads(line)
    Path("/proc/self/clear_refs").write_text("5")
    before, started = held("VmRSS"), time.process_time()
    try:
        doors[door](path)
        told = "read"
    except WaterplanError as error:
        told = str(error)[:400]
    except BaseException as error:
        told = f"CRASH {type(error).__name__}: {error}"[:400]
    seconds = time.process_time() - started
    print(json.dumps([told, seconds, (held("VmHWM") - before) // 1024]), flush=True)
"""


class Doors:
    """A process that opens files as its doors do, and is weighed."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", DOORS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=ROOT,
        )  # fmt: skip

    def opens(self, door, path):
        self.process.stdin.write(json.dumps([door, str(path)]) + "\n")
        self.process.stdin.flush()
        told, seconds, grown = json.loads(self.process.stdout.readline())
        assert not told.startswith("CRASH"), told
        assert seconds < SECONDS
        assert grown < MEBIBYTES
        return told


@pytest.fixture(scope="module")
def doors():
    made = Doors()
    yield made
    made.process.kill()
    made.process.communicate()


def written(path, content):
    if isinstance(content, int):
        with path.open("wb") as stream:
            stream.truncate(content)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("name", TOML)
@pytest.mark.parametrize("door", ["scenario", "design", "users"])
def test_toml_of_every_door_is_refused_in_words(doors, door, name, tmp_path):
    told = doors.opens(door, written(tmp_path / "given.toml", TOML[name]))
    assert told != "read"
    assert "given.toml" in told


@pytest.mark.parametrize("name", TOML)
def test_toml_of_a_study_is_refused_in_words(doors, name, copy):
    written(copy.folder / "study.toml", TOML[name])
    assert "study.toml" in doors.opens("study", copy.folder)


@pytest.mark.parametrize("name", GEOJSON)
def test_an_outline_is_refused_in_words(doors, name, tmp_path):
    assert "given.geojson" in doors.opens("outline", written(tmp_path / "given.geojson", GEOJSON[name]))


@pytest.mark.parametrize("name", LEVERS)
def test_a_table_of_levers_is_refused_in_words(doors, name, tmp_path):
    assert doors.opens("levers", written(tmp_path / "given.csv", LEVERS[name])) != "read"


def test_a_row_of_more_cells_than_levers_is_refused(doors, tmp_path):
    told = doors.opens("levers", written(tmp_path / "given.csv", b"carbon_price\n100,2000\n"))
    assert "row 2 has 2 cells; the first row names 1" in told


def test_a_small_parquet_file_of_very_many_rows_is_refused(doors, tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    rows = pa.table({"carbon_price": pa.array([1.0]).take(pa.array([0] * 1_000_000))})
    with pq.ParquetWriter(tmp_path / "given.parquet", rows.schema) as writer:
        for _ in range(60):
            writer.write_table(rows)
    assert (tmp_path / "given.parquet").stat().st_size < 10_000_000
    assert "20,000,000 cells" in doors.opens("levers", tmp_path / "given.parquet")


@pytest.mark.parametrize("kind", ["string", "large_string", "binary"])
def test_a_small_parquet_file_of_one_long_text_again_and_again_is_refused(doors, kind, tmp_path):
    """10,000 times 200,000 signs: 100 kB on the disk, 2 GB where each stands for itself."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    text = b"x" * 200_000 if kind == "binary" else "x" * 200_000
    rows = pa.table({"perspective": pa.array([text] * 1000, getattr(pa, kind)())})
    with pq.ParquetWriter(tmp_path / "given.parquet", rows.schema) as writer:
        for _ in range(10):
            writer.write_table(rows)
    assert (tmp_path / "given.parquet").stat().st_size < 1_000_000
    assert "a text of more than 200 signs" in doors.opens("levers", tmp_path / "given.parquet")


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("table", ["technologies", "prices"])
def test_a_table_of_a_study_is_refused_in_words(doors, table, name, copy):
    written(copy.folder / f"{table}.csv", TABLES[name])
    assert f"{table}.csv" in doors.opens("study", copy.folder)


@pytest.mark.parametrize("door", ["scenario", "design", "users", "secret", "outline", "levers"])
def test_a_device_without_end_is_not_read_to_its_end(doors, door, tmp_path):
    path = tmp_path / {"outline": "x.geojson", "levers": "x.csv"}.get(door, "x.toml")
    path.symlink_to("/dev/zero")
    assert doors.opens(door, path) != "read"


def test_a_scenario_that_a_visitor_loads_cannot_stop_the_server(answers, facts, shipped):
    screen = Screen(answers, facts, shipped)
    screen.settle()
    for text in (DEEP, "a = " + "[" * 100_000, "a = " + "9" * 200_000):
        board = screen.send("load", text=text, file="x.toml")
        assert board["notice"]["key"] == "notice_no_toml"


def test_keys_may_be_as_deep_as_anybody_writes_them():
    read_toml(".".join("a" * DEPTH_MAX) + " = 1")
    read_toml("a = [" + "1.5, " * 1000 + "]")
    read_toml("a = '" + "http://a.b.c/d.e " * 100 + "'")
    with pytest.raises(TomlError, match="at line 2") as caught:
        read_toml("b = 1\n" + "a." * DEPTH_MAX + "a = 1")
    assert caught.value.line == 2
