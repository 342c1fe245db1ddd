"""No text of any table that is written is run by a spreadsheet, and numbers stay numbers."""

import csv
import io
import math
import unicodedata
from dataclasses import replace
from html.parser import HTMLParser

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from one_plant import records_of
from pooling import Owners

from waterplan.base.errors import DataError
from waterplan.base.spreadsheet import QUOTE, could_run, csv_cell, pack_csv
from waterplan.planning.plan.files.single import pack_table
from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.planner import Planner
from waterplan.plants.pool.rules import Rules
from waterplan.plants.standing.benchmark import benchmark
from waterplan.plants.standing.benchmark_files import write_benchmark
from waterplan.report.documents.document import Html, table
from waterplan.report.documents.report_files import write_report
from waterplan.study.scenario import Scenario
from waterplan.study.study import open_study

RUN = ("=1+1", "+1", "-1", "@SUM(A1)", "|calc", "\n=1", "\t=1", "\r=1", "  =1", "\u00a0=1", "\u3000=1", "\u200b=1",
       "\ufeff=1", "\u202e=1", "\u2060\u200d =1", "\u2800=1", "\u3164=1", "\x00=1", "\x0b=1", "\ufe0f=1", "\u2028=1",
       "＝1", "＋1", "－1", "＠1", "｜1", "﹣1", "﹢1", "﹦1", "﹫1", " ＝1", "\tx", "\rx", "\nx",
       "'=1", "''=1")  # fmt: skip
HARMLESS = ("", "plain", "a=b", "1-2", "O'Hara", "'tis", "–", "\u22121", "企业", "3 + 4", " spaced", "#1", "%")
NAMED = {
    "technologies": ("name_en", "name_zh", "description"),
    "sectors": ("name_en", "name_zh"),
    "provinces": ("name_en", "name_zh"),
    "sources": ("title", "publisher", "note"),
}
SIGNS = st.sampled_from([*"=+-@|'＝－a1 ", "\t", "\r", "\n", "\0", "\ufeff", "\u200b", "\u3164", "企"])
TEXTS = st.one_of(st.text(max_size=12), st.lists(SIGNS, max_size=8).map("".join))


def read_back(content):
    """The texts of a CSV file as they were meant."""
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [[cell[1:] if cell.startswith(QUOTE) and could_run(cell[1:]) else cell for cell in row] for row in rows]


def runs(cell):
    """Whether a spreadsheet runs a cell, by a rule of its own: what is left after all that cannot be seen."""
    bare = "".join(sign for sign in cell if unicodedata.category(sign)[0] not in "ZCM" and sign not in "\u2800\u3164")
    return bare[:1] != "" and unicodedata.normalize("NFKC", bare[0]) in "=+-@|"


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("text", RUN)
def test_what_could_run_is_quoted(text):
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_other_texts_stay_as_they_are(text):
    assert csv_cell(text) == text


@given(TEXTS)
def test_nothing_runs_and_what_was_meant_can_be_told(text):
    (cell,) = next(iter(csv.reader(io.StringIO(pack_csv([text], ()).decode("utf-8-sig"), newline=""))), [""])
    assert not runs(cell)
    shown = text.encode("utf-8", "replace").decode()
    assert read_back(pack_csv([text, "x"], ()))[0][0] == shown


@given(st.one_of(st.integers(), st.floats(), st.booleans()))
def test_numbers_stay_numbers(value):
    assert csv_cell(value) == ("" if isinstance(value, float) and math.isnan(value) else value)
    assert type(csv_cell(-1.5)) is float
    assert read_back(pack_csv(["v"], [[-1.5], [None], [float("nan")]])) == [["v"], ["-1.5"], [""], [""]]


class Cells(HTMLParser):
    """The texts of the cells of a page's tables."""

    def __init__(self, page):
        super().__init__()
        self.found, self.inside = [], False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag in ("td", "th"):
            self.found.append("")
        self.inside = tag in ("td", "th") or (self.inside and tag != "table")

    def handle_endtag(self, tag):
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data):
        if self.inside:
            self.found[-1] += data


def cells_of(path):
    """Every cell of a file that could be a text: of a workbook those that are not held as texts fail at once."""
    if path.suffix == ".csv":
        return [cell for row in csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"))) for cell in row]
    if path.suffix == ".html":
        return Cells(path.read_text(encoding="utf-8")).found
    cells = [cell for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for cell in row]
    texts = [cell for cell in cells if isinstance(cell.value, str)]
    assert all(cell.data_type == "s" and cell.hyperlink is None for cell in texts)
    assert all(cell.data_type in "ns" for cell in cells)
    return []


@pytest.mark.parametrize("text", ["=1+1", " ＝1+1", "\u200b@SUM(A1)", "|calc"])
def test_every_writer_of_tables_of_a_plan_is_safe(text, copy, tmp_path):
    for file, columns in NAMED.items():
        path = copy.folder / f"{file}.csv"
        with path.open(encoding="utf-8", newline="") as lines:
            head, *rows = csv.reader(lines)
        places = [head.index(column) for column in columns]
        rows = [[f"{text}{number}" if at in places else cell for at, cell in enumerate(row)]
                for number, row in enumerate(rows)]  # fmt: skip
        with path.open("w", encoding="utf-8", newline="") as lines:
            csv.writer(lines).writerows([head, *rows])
    planner = Planner(open_study(copy.folder))
    result = planner.solve(Scenario(title=text, why=text, levers={"saving_target": 60}))
    plan = Plan.of(result)
    plan.to_csv(tmp_path / "tables")
    plan.to_excel(tmp_path / "plan.xlsx")
    write_report(result, tmp_path / "report.html", "en", planner)
    (tmp_path / "one.csv").write_bytes(pack_table("csv", [(text, [text, "x"]), ("n", [-1.0, None])], text, text))
    (tmp_path / "one.xlsx").write_bytes(pack_table("xlsx", [(text, [text, "x"]), ("n", [-1.0, None])], text, text))
    written = [*(tmp_path / "tables").glob("*.csv"), *tmp_path.glob("*.*")]
    assert len(written) > 10
    found = {path.name: [cell for cell in cells_of(path) if runs(cell) and not is_number(cell)] for path in written}
    assert {name: cells for name, cells in found.items() if cells} == {}
    assert f"'{text}" in cells_of(tmp_path / "one.csv")
    assert any(text.strip("\u200b ") in cell for cell in cells_of(tmp_path / "report.html"))


@pytest.mark.parametrize("text", [text for text in RUN if "\0" not in text])
def test_tables_of_plants_are_safe(text, tiny, tmp_path):
    made = records_of({"board": (1e5, None)}, ground=1.3e6)
    records = replace(made, sites=made.sites.rename(index={"mill": text}), products=made.products.assign(plant=text))
    for name in ("plants.csv", "plants.xlsx"):
        write_benchmark(benchmark(records, tiny), tmp_path / name)
        assert not [cell for cell in cells_of(tmp_path / name) if runs(cell) and not is_number(cell)]
    assert f"'{text}" in cells_of(tmp_path / "plants.csv")


def test_what_an_owner_gave_a_pool_is_safe(tmp_path):
    owners, taken = Owners(tmp_path / "pool.sqlite", Rules(k=1)), []
    for text in RUN:
        try:
            owners.says("a", ("mill", text, "", 2e6, 4.0))
        except DataError:  # what cannot be seen is no name
            continue
        taken.append(text)
        owners.pool.export_own(tmp_path / "own.csv", owners.keys["a"])
        assert f"'{text}" in cells_of(tmp_path / "own.csv")
        assert not [cell for cell in cells_of(tmp_path / "own.csv") if runs(cell) and not is_number(cell)]
    assert len(taken) > 15


def test_a_table_of_a_report_quotes_its_texts_once_and_leaves_markup_and_numbers():
    made = table(["", "n"], [["=1", "−5"], ["'=2", "+3"], [Html("<b>-</b>"), "-1"]])
    assert Cells(made).found[2:] == ["'=1", "−5", "'=2", "+3", "-", "-1"]
