"""What hostile files cannot do: run anything, reach out, fill memory, or come back as a formula or as markup."""

import csv
import io
import os
import sys
from html.parser import HTMLParser

import numpy as np
import openpyxl
import pytest
import test_records_spoilt as texts
import test_records_spoilt_books as books
from bombs import bombs, weighed
from conftest import is_number
from hypothesis import given, settings
from hypothesis import strategies as st
from spoilt_files import line, one, shared, table

from waterplan import benchmark, plant_standing, read_records, write_benchmark
from waterplan.base.errors import DataError
from waterplan.planning.plan.files.single import pack_table
from waterplan.report.documents.plant_report import plant_report

HELD_MOST = 400  # MiB, for files of at most 128 MiB
HOSTILE = [
    "=cmd|' /C calc'!A0", "=1+1", "+1+1", "-2+3", "@SUM(A1)", '=HYPERLINK("http://x","y")', '=DDE("cmd";"/C calc")',
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)", "&lt;b&gt;",
    "javascript:x", "http://evil.example/", "mailto:x@y", "[Red]A1", "'=1+1", "{plant}", "%(plant)s", "_x000D_x",
    "../../etc/passwd",
]  # fmt: skip


def read(name, study):
    """Records of one plant under a name, from text and from a workbook."""
    quoted = '"' + name.replace('"', '""') + '"'
    return [read_records(each, study) for each in (one(plant=quoted), shared(plant=name))]


@pytest.mark.parametrize("name", HOSTILE)
class TestNames:
    def test_they_are_read_as_they_stand(self, china, name):
        assert [records.sites.index[0][0] for records in read(name, china)] == [name, name]

    def test_written_as_csv_none_begins_a_formula(self, china, name):
        plants = read(name, china)[0].sites.index.get_level_values("plant").tolist()
        content = pack_table("csv", [("plant", plants), (name, [1.0])])
        for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))):
            assert not [text for text in row if text.startswith(("=", "+", "-", "@", "\t", "\r"))]
        assert name in content.decode() or name.replace('"', '""') in content.decode()

    def test_written_as_a_workbook_they_are_texts_without_links(self, china, name):
        plants = read(name, china)[0].sites.index.get_level_values("plant").tolist()
        content = pack_table("xlsx", [("plant", plants), (name, [1.0])], title=name, note=name)
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        found = {cell.value: cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)}
        assert all(cell.data_type == "s" and cell.hyperlink is None for cell in found.values())
        assert name in found

    def test_messages_repeat_them_without_markup_or_line_ends(self, china, name):
        quoted = '"' + name.replace('"', '""') + '"'
        for content in (one(product=quoted), one(province=quoted), one(withdrawal_surface=quoted), one(year=quoted)):
            with pytest.raises(DataError) as refused:
                read_records(content, china, f"{name}.csv")
            told = [one.file + one.text(language) for one in refused.value.problems for language in ("en", "zh")]
            assert not set("".join(told)) & set("<>\n\r\x1b")

    def test_conversions_repeat_them_without_markup(self, china, name):
        head = ",".join(texts.HEAD) + ",备注"
        quoted = '"' + name.replace('"', '""') + '"'
        content = f"{quoted},,,,,,,,,\n{head}\n{line()},x\n".encode()
        told = read_records(content, china, f"{name}.csv").conversions
        assert len(told) >= 2
        assert not {sign for each in told for text in (each.file, each.sheet, each.column, each.written, each.became)
                    for sign in text} & set("<>\n\r\x1b")  # fmt: skip


class Markup(HTMLParser):
    """What a browser would make of a page: its tags with their attributes, and the text outside scripts and styles."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text, self.within = [], "", ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.within = tag

    def handle_endtag(self, tag):
        self.within = ""

    def handle_data(self, data):
        if self.within not in ("script", "style"):
            self.text += data


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_shows_names_as_text(china, language):
    pay = "<script>alert(1)</script>"
    image = '"><img src=x onerror=alert(1)>'
    cells = line(plant=pay, withdrawal_surface=2e8, consumed=1.2e8, discharged=6e7, leaked=2e7, output=5e7)
    quoted = '"' + image.replace('"', '""') + '"'
    head = ",".join(texts.HEAD)
    records = read_records(table(f"{cells},{quoted},{quoted}", head=f"{head},owner,route").encode(), china)
    page = Markup(plant_report(plant_standing(records, pay, 2020, china), language))
    assert pay in page.text
    assert not [tag for tag, given in page.tags if any(name.startswith("on") for name in given)]
    assert not [given for tag, given in page.tags if tag == "script" or given.get("src") == "x"]


ALL = {**{f"text {name}": given[0] for name, given in (texts.REFUSED | texts.CLEAN).items()},
       **{f"book {name}": given[0] for name, given in (books.REFUSED | books.CLEAN).items()}}  # fmt: skip
WATCHED = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect",
           "socket.getaddrinfo", "os.remove", "os.rename", "os.mkdir", "shutil.", "pickle.find_class", "ctypes.dlopen",
           "urllib.Request", "exec", "compile")  # fmt: skip
seen, watching = [], []


def watch(event, given):
    if watching and event.startswith(WATCHED):
        seen.append((event, given))
    elif watching and event == "open" and given[0] is not None:
        path, mode, flags = given
        writes = bool(mode and set(mode) & set("wax+")) or bool((flags or 0) & (os.O_WRONLY | os.O_RDWR))
        if writes or not str(path).endswith((".py", ".pyc", ".toml", ".csv")):
            seen.append((event, given))


@pytest.fixture(scope="module", autouse=True)
def _watch():
    sys.addaudithook(watch)  # it stays, and does nothing unless it is asked to


def test_more_than_fifty_spoilt_files_are_read_and_none_runs_writes_or_reaches_anything(china):
    """Python itself tells of every file, process and connection (audit hooks); imports are done in the first round."""
    assert len(ALL) > 50
    for content in ALL.values():
        end_of(content, china)
    watching.append(True)
    try:
        for content in ALL.values():
            end_of(content, china)
    finally:
        watching.clear()
    assert seen == []


def test_the_watch_sees_what_is_done(tmp_path):
    watching.append(True)
    try:
        (tmp_path / "written").write_text("x")
        eval("1 + 1")
    finally:
        watching.clear()
    assert {event for event, _ in seen} >= {"open", "compile"}
    seen.clear()


def end_of(content, study):
    try:
        return read_records(content, study).sites.index.tolist()
    except DataError as error:
        return str(error)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return weighed(0.1, tmp_path_factory.mktemp("bombs"))


@pytest.mark.parametrize("name", bombs(0))
def test_a_bomb_takes_little_memory(weights, name):
    told, held = weights[name]
    assert held < HELD_MOST
    assert told


@pytest.mark.long
def test_bombs_as_large_as_may_pass_take_little_memory(tmp_path):
    heavy = {name: held for name, (_, held) in weighed(1.0, tmp_path).items() if held >= HELD_MOST}
    assert heavy == {}


@pytest.mark.parametrize(
    "name",
    [
        "a part of 110 MB",
        "a part packed tightly",
        "a size that lies",
        "billion laughs",
        "a row far below",
        "a row of too many cells",
        "attributes of a row",
        "an instruction",
        "a comment",
        "commas",
    ],
)
def test_what_cannot_be_a_table_is_not_opened(weights, name):
    assert not weights[name][0].startswith("read")


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_tables_of_all_plants_hold_hostile_names_as_texts(china, tmp_path, ending):
    rows = [line(plant='"' + name.replace('"', '""') + '"') for name in HOSTILE]
    records = read_records(table(*rows).encode(), china)
    path = tmp_path / f"told.{ending}"
    write_benchmark(benchmark(records, china), path)
    begins = ("=", "+", "-", "@", "\t", "\r")
    if ending == "csv":
        written = [file.read_text(encoding="utf-8-sig") for file in ([path] if path.is_file() else path.iterdir())]
        cells = [cell for text in written for row in csv.reader(io.StringIO(text)) for cell in row]
        assert not [cell for cell in cells if cell.startswith(begins) and not is_number(cell)]
    else:
        book = openpyxl.load_workbook(path)
        found = [cell for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
        assert all(cell.data_type == "s" and cell.hyperlink is None for cell in found)
        cells = [cell.value for cell in found]
    assert {name for name in HOSTILE if name in cells or f"'{name}" in cells} == set(HOSTILE)


PIECES = st.sampled_from([
    b"=1+1", b"nan", b"1e999", b'"', b",", b"\n", b"\r", b"\0", "\u202e".encode(), "企业".encode(), b"(m3)",
    "（万m³）".encode(),
    "10⁴".encode(), b"-", b"%", b"2020", b"1,000", b"beer", b"<b>", b"\xef\xbb\xbf", b";", b"*", b"#DIV/0!", b"share",
    b"\xff", b"technology", b"x" * 5000,
])  # fmt: skip
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 9), PIECES), min_size=1, max_size=5)


@given(CHANGES, st.sampled_from([one(), texts.CHINESE.encode(), texts.GB, table(line(), line(plant="B")).encode()]))
@settings(max_examples=200, deadline=None)
def test_a_table_changed_anywhere_ends_in_sound_records_or_in_words(china, changes, content):
    for place, left_out, piece in changes:
        at = int(place * len(content))
        content = content[:at] + piece + content[at + left_out :]
    records, told = None, ""
    try:
        records = read_records(content, china)
    except DataError as error:
        told = str(error)
    assert not set(told) & set("<>\x1b\0")
    if records is None:
        return
    volumes = records.sites.select_dtypes("number").to_numpy(float)
    assert not (np.isinf(volumes) | (volumes < 0)).any()
    assert (records.products["output"] > 0).all()
    assert set(records.products["product"]) <= set(china.products.index)
    assert all(plant and plant.isprintable() for plant, _ in records.sites.index)
