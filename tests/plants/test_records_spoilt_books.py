"""Spoilt workbooks of plants' records: each ends in words that say where and what to do, or in clean values."""

import datetime
import io
import zipfile
import zlib

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName
from spoilt_files import ROW, book, cell, one, refused, refused_in_chinese, repacked, replaced, shared

from waterplan import read_records
from waterplan.base.errors import DataError

SHEET, STRINGS, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
TYPES, THEME = "[Content_Types].xml", "xl/theme/theme1.xml"
SURFACE = "withdrawal_surface (m3)"
BLUE = ("Blue", *ROW[1:])


def changed(change):
    """The good workbook after something was done to it as a whole."""
    made = openpyxl.load_workbook(io.BytesIO(book()))
    change(made)
    saved = io.BytesIO()
    made.save(saved)
    return saved.getvalue()


def stored(value):
    """D2 as a program writes it, with something else for what is stored there."""
    return repacked(cell("D2", 1234), {SHEET: lambda old: old.replace(b"<v>1234</v>", value)})


def bytes_set(start, at, to):
    """The good workbook with a byte of every header of a part changed: what a damaged or locked file looks like."""
    content = bytearray(book())
    place = content.find(start)
    while place >= 0:
        content[place + at] ^= to
        place = content.find(start, place + 4)
    return bytes(content)


def packed(name, inside):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as parts:
        parts.writestr(name, inside)
    return made.getvalue()


def titled(*titles):
    """The good sheet under each title."""

    def change(made):
        made.active.title = titles[0]
        for title in titles[1:]:
            made.copy_worksheet(made.active).title = title

    return changed(change)


def hidden(title):
    def change(made):
        made.active.title, made.active.sheet_state = title, "hidden"
        made.create_sheet("Products" if title == "Sites" else "other")

    return changed(change)


def lower(made):
    """Two rows above the headings, the first with a title over four columns."""
    made.active.insert_rows(1, 2)
    made.active["A1"] = "Report of the works"
    made.active.merge_cells("A1:D1")


LOCKED = bytes_set(b"PK\x01\x02", 8, 1)
FILES = {  # name: (content, row, column, what is said)
    "not a workbook": (b"PK\x03\x04 and nothing more", 0, "", "damaged, or not written by a spreadsheet program"),
    "cut off": (book()[:-200], 0, "", "damaged"),
    "cut in half": (book()[: len(book()) // 2], 0, "", "damaged"),
    "a byte changed": (bytes_set(b"PK\x01\x02", 16, 255), 0, "", "damaged"),
    "locked": (LOCKED, 0, "", "protected by a password. Save it without one"),
    "packed in another way": (repacked(method=zipfile.ZIP_LZMA), 0, "", "damaged"),
    "a picture renamed": (b"\x89PNG\r\n\x1a\n" + zlib.compress(b"x"), 0, "", "a picture"),
    "a packed CSV": (packed("plants.csv", one()), 0, "", "a packed file that is not an Excel workbook"),
    "OpenDocument": (packed("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), 0, "", "OpenDocument"),
    "binary workbook": (repacked(add=[("xl/workbook.bin", b"x")]), 0, "", "(.xlsb). Save it as .xlsx"),
    "macros": (repacked(add=[("xl/vbaProject.bin", b"x")]), 0, "", "contains macros. Save it as .xlsx without them"),
    "macros by type": (
        repacked(change={TYPES: lambda old: old.replace(
            b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
            b"application/vnd.ms-excel.sheet.macroEnabled.main+xml")}), 0, "", "contains macros"),
    "macro sheet": (repacked(add=[("xl/macrosheets/sheet1.xml", b"<a/>")]), 0, "", "contains macros"),
    "external links": (repacked(add=[("xl/externalLinks/externalLink1.xml", b"<a/>")]), 0, "", "break the links"),
    "DDE": (
        repacked(add=[("xl/externalLinks/externalLink1.xml", b"<a><ddeLink ddeService='cmd'/></a>")]), 0, "",
        "contains links to other workbooks"),
    "embedded files": (repacked(add=[("xl/embeddings/oleObject1.bin", b"x")]), 0, "", "embedded files or controls"),
    "controls": (repacked(add=[("xl/activeX/activeX1.xml", b"<a/>")]), 0, "", "embedded files or controls"),
    "a program inside": (repacked(add=[("xl/media/run.exe", b"MZ")]), 0, "", "embedded files or controls"),
    "a workbook inside": (repacked(add=[("xl/media/image1.png", book())]), 0, "", "embedded files or controls"),
    "connections": (repacked(add=[("xl/connections.xml", b"<a/>")]), 0, "", "connections to data outside"),
    "a path upwards": (repacked(add=[("../../tmp/evil.xml", b"<a/>")]), 0, "", "unpacked outside its folder"),
    "a path from the root": (repacked(add=[("/etc/cron.d/evil", b"x")]), 0, "", "unpacked outside its folder"),
    "a path of Windows": (repacked(add=[("..\\..\\evil.xml", b"<a/>")]), 0, "", "unpacked outside its folder"),
    "entities": (repacked(shared(), {STRINGS: lambda old: b'<!DOCTYPE a [<!ENTITY b "c">]>' + old}), 0, "", "entities"),
    "entities outside": (
        repacked(change={SHEET: lambda old: b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + old}), 0, "",
        "contains a DOCTYPE or entities"),
    "entities in the theme": (repacked(change={THEME: lambda _: b"<!DOCTYPE a []><a/>"}), 0, "", "a DOCTYPE"),
    "entities in UTF-16": (
        repacked(shared(), {STRINGS: lambda _: '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a>'.encode("utf-16")}),
        0, "", "damaged"),
    "entities in UTF-7": (
        repacked(shared(), {STRINGS: lambda _: b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE'}), 0, "",
        "damaged"),
    "no sheet": (repacked(leave_out=[SHEET]), 0, "", "which sheet has the records?"),
    "no book": (repacked(leave_out=[BOOK]), 0, "", "cannot be opened as a workbook"),
    "no strings": (repacked(shared(), leave_out=[STRINGS]), 0, "", "cannot be opened as a workbook"),
    "tags that do not close": (replaced(SHEET, b"</sheetData>", b""), 0, "", "Open it in Excel and save it again"),
    "a string that is not there": (
        repacked(shared(), {SHEET: lambda old: old.replace(b't="s"><v>9<', b't="s"><v>999999<')}), 0, "",
        "cannot be opened as a workbook"),
    "rows out of order": (replaced(SHEET, b'row r="2"', b'row r="1"'), 0, "", "not built as a spreadsheet program"),
    "a row of minus five": (replaced(SHEET, b'row r="2"', b'row r="-5"'), 0, "", "not built as a spreadsheet program"),
    "a remark in the XML": (replaced(SHEET, b"<sheetData>", b"<!-- x --><sheetData>"), 0, "", "not built as"),
    "tables in comments": (replaced(SHEET, b"<sheetData>", b"<!-- <sheetData> --><sheetData>"), 0, "", "not built as"),
}  # fmt: skip
SHEETS = {
    "two tables": (titled("one", "two"), 0, "", "leave a single visible one. Now: one, two."),
    "the same sheet in two languages": (titled("Sites", "企业"), 0, "", "the same table as sheet Sites. Leave one"),
    "hidden sheet": (hidden("Sites"), 0, "", "this sheet is hidden. Unhide it if it holds, or delete it."),
    "sixty sheets": (
        changed(lambda made: [made.create_sheet(f"s{n}") for n in range(60)]), 0, "", "more than 50 sheets"),
    "nothing in it": (changed(lambda made: made.active.delete_rows(1, 2)), 0, "", "empty"),
    "headings alone": (book(rows=()), 0, "", "nothing is filled in"),
    "a row far below": (replaced(SHEET, b'row r="2"', b'row r="30000"'), 30000, "", "more than 20000 rows, blank ones"),
    "a second row far below": (
        replaced(SHEET, b"</sheetData>", b'<row r="30000"><c r="A30000"><v>1</v></c></row></sheetData>'), 30000, "",
        "Delete what is below the table"),
    "a cell far to the right": (replaced(SHEET, b'r="I2"', b'r="XFD2"'), 0, "", "right of the 200 columns"),
    "headings merged": (book(lambda sheet: sheet.merge_cells("A1:B1")), 1, "plant", "merged cells. Unmerge them"),
    "amounts merged sideways": (
        book(lambda sheet: sheet.merge_cells("D2:E2")), 2, SURFACE, "merged cells. Unmerge them and write each cell."),
    "amounts merged over two plants": (
        book(lambda sheet: sheet.merge_cells("D2:D3"), rows=(ROW, BLUE)), 2, SURFACE, "merged cells. Unmerge them"),
    "everything merged": (
        replaced(SHEET, b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'), 1,
        "plant", "merged cells"),
}  # fmt: skip
CELLS = {
    "formula": (cell("D2", "=50+50"), 2, "D", "a formula. Copy the cell and paste it as a value"),
    "formula with its value": (stored(b"<f>50+50</f><v>100</v>"), 2, "D", "a formula"),
    "formula of an array": (stored(b'<f t="array" ref="D2">50+50</f><v>100</v>'), 2, "D", "a formula"),
    "formula that is shared": (stored(b'<f t="shared" ref="D2" si="0">50+50</f><v>100</v>'), 2, "D", "a formula"),
    "formula for a name": (cell("A2", '=HYPERLINK("http://x","y")'), 2, "A", "a formula"),
    "error": (cell("D2", "#DIV/0!"), 2, "D", "an error of the spreadsheet. Correct the formula"),
    "date": (cell("D2", datetime.datetime(2020, 1, 2)), 2, "D", "a date where a number"),
    "time": (cell("D2", datetime.time(3, 4)), 2, "D", "a date where a number"),
    "duration": (cell("D2", datetime.timedelta(hours=30)), 2, "D", "a date where a number"),
    "date as text": (cell("D2", "2020-01-02"), 2, SURFACE, "a date where a number"),
    "number shown as a date": (cell("D2", 100, "yyyy-mm-dd"), 2, "D", "Set the format of the cell to General"),
    "number that is no date": (cell("D2", 1e9, "yyyy-mm-dd"), 2, "D", "an error of the spreadsheet"),
    "year shown as a date": (cell("B2", datetime.datetime(2020, 1, 1)), 2, "B", "a date where a number"),
    "truth": (cell("D2", True), 2, "D", "TRUE or FALSE"),
    "percentage": (cell("D2", 1.0, "0%"), 2, SURFACE, '"100%" is not a number'),
    "endless number": (stored(b"<v>1e999</v>"), 2, "D", "an error of the spreadsheet"),
    "no number": (stored(b"<v>abc</v>"), 0, "", "cannot be opened as a workbook"),
    "five thousand digits": (stored(b"<v>%s</v>" % (b"9" * 5000)), 0, "", "cannot be opened as a workbook"),
    "text of 32,767 signs": (cell("A2", "x" * 32767), 2, "A", "text of more than 4000 characters. Shorten it"),
    "name from right to left": (cell("A2", "Red\u202eratS"), 2, "plant", "invisible characters"),
    "negative": (cell("D2", -100), 2, SURFACE, "got -100 m3/a. A quantity is never negative"),
}
REFUSED = {f"{group}: {name}": given for group, table_of in
           {"file": FILES, "sheet": SHEETS, "cell": CELLS}.items() for name, given in table_of.items()}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_words_that_say_where_and_what_to_do(china, name):
    content, row, column, says = REFUSED[name]
    problems = refused(content, china, "plants.xlsx", row, column, says)
    assert all(one.file.startswith("plants.xlsx") for one in problems)


@pytest.mark.parametrize("name", REFUSED)
def test_in_chinese_too(china, name):
    refused_in_chinese(REFUSED[name][0], china, "plants.xlsx")


def test_the_sheet_is_named_and_no_markup_with_it(china):
    titled_so = repacked(cell("D2", -100), {BOOK: lambda old: old.replace(b'"Sheet"', b'"&lt;b&gt;Works"')})
    with pytest.raises(DataError, match=r"plants.xlsx \[‹b›Works\]: 1 problem\n  row 2, withdrawal_surface"):
        read_records(titled_so, china, "plants.xlsx")


def linked(sheet):
    sheet["A2"].hyperlink = "http://evil.example/"
    sheet["A2"].value = "Red Star"


def commented(sheet):
    sheet["A2"].comment = Comment("<script>", "x")


CLEAN = {  # name: (content, plant, what is reported)
    "as it should be": (book(), "Red Star", ""),
    "shared strings": (shared(), "Red Star", ""),
    "junk behind": (book() + b"junk" * 100, "Red Star", ""),
    "header in row 3 below a merged title": (changed(lower), "Red Star", "above the headings: not read"),
    "hidden row": (
        book(lambda sheet: setattr(sheet.row_dimensions[2], "hidden", True)), "Red Star", "hidden rows: read like"),
    "hidden column": (
        book(lambda sheet: setattr(sheet.column_dimensions["D"], "hidden", True)), "Red Star", "hidden column: read"),
    "plants merged down": (
        book(lambda sheet: sheet.merge_cells("A2:A3"), rows=(ROW, (None, 2021, *ROW[2:]))), "Red Star",
        "holds for the merged rows 2-3"),
    "another sheet": (titled("Report 2020", "Notes"), "Red Star", ""),
    "sheet of a strange name": (
        repacked(cell("C2", "Hebei"), {BOOK: lambda old: old.replace(b'"Sheet"', b'"&lt;script&gt;"')}), "Red Star",
        "hebei"),
    "no styles": (repacked(leave_out=["xl/styles.xml"]), "Red Star", ""),
    "a link from a cell": (book(linked), "Red Star", ""),
    "a remark on a cell": (book(commented), "Red Star", ""),
    "a name that points outside": (
        changed(lambda made: made.defined_names.add(DefinedName("x", attr_text="'http://evil/[a.xls]s'!$A$1"))),
        "Red Star", ""),
    "formula as text": (shared(plant="=cmd|' /C calc'!A0"), "=cmd|' /C calc'!A0", ""),
    "script as text": (shared(plant="<script>x()</script>"), "<script>x()</script>", ""),
    "a number for a name": (cell("A2", 123), "123", ""),
    "an escape that is text": (
        repacked(shared(plant="Red"), {STRINGS: lambda old: old.replace(b">Red<", b">_x001b_[31mRed<")}),
        "_x001b_[31mRed", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CLEAN)
def test_it_is_read_to_clean_values(china, name):
    content, plant, reported = CLEAN[name]
    records = read_records(content, china)
    assert records.sites.index[0] == (plant, 2020)
    volumes = ["withdrawal_surface", "consumed", "discharged", "leaked"]
    assert records.sites[volumes].iloc[0].tolist() == [100, 60, 30, 10]
    assert records.products["output"].iloc[0] == 50
    assert any(one.became.startswith(reported) for one in records.conversions)
    assert not set("".join(one.sheet + one.column + one.written for one in records.conversions)) & set("<>\x1b\0")
