"""Files of plants' records, to be spoilt: as text, as workbooks, and as packed files rewritten part by part."""

import io
import zipfile

import openpyxl
import pytest
import xlsxwriter
from chinese import assert_chinese

from waterplan import read_records
from waterplan.base.errors import DataError
from waterplan.base.messages import in_language

HEAD = ("plant", "year", "province", "withdrawal_surface (m3)", "consumed (m3)", "discharged (m3)", "leaked (m3)",
        "product", "output (t)")  # fmt: skip
ROW = ("Red Star", 2020, "hebei", 100, 60, 30, 10, "steel_bf_bof", 50)
CHINESE = ("企业,年份,省份,地表水取水量(万m³),耗水量(万m³),排水量(万m³),漏失水量(万m³),产品,产品产量(t)\n"
           "红星钢厂,2020,河北,100,60,30,10,长流程普通钢(高炉-转炉),50\n")  # fmt: skip
PLACES = {name.partition(" ")[0]: place for place, name in enumerate(HEAD)}


def line(**cells):
    """The good row with other cells; values are written as they are, quoted by who gives them."""
    return ",".join(str(cells.get(name, ROW[place])) for name, place in PLACES.items())


def table(*lines, head=""):
    return "\n".join([head or ",".join(HEAD), *(lines or [line()])]) + "\n"


def one(**cells):
    """A table of the good row with other cells."""
    return table(line(**cells)).encode()


def headed(old, new):
    """The good table with something else in its heading."""
    head = ",".join(HEAD)
    assert old in head
    return table(head=head.replace(old, new)).encode()


def book(change=None, rows=(ROW,), head=HEAD):
    """The good table as a workbook; change: what is done to its sheet."""
    made = openpyxl.Workbook()
    for row in (head, *rows):
        made.active.append(list(row))
    if change:
        change(made.active)
    saved = io.BytesIO()
    made.save(saved)
    return saved.getvalue()


def shared(**cells):
    """The good table as a workbook whose texts are shared strings, as Excel writes them; plant is string 9."""
    saved = io.BytesIO()
    made = xlsxwriter.Workbook(saved, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = made.add_worksheet()
    for place, name in enumerate(HEAD):
        sheet.write(0, place, name)
        sheet.write(1, place, cells.get(name.partition(" ")[0], ROW[place]))
    made.close()
    return saved.getvalue()


def cell(place, value, number_format=None):
    def change(sheet):
        sheet[place] = value
        if number_format:
            sheet[place].number_format = number_format

    return book(change)


def repacked(content=None, change=None, add=(), leave_out=(), method=zipfile.ZIP_DEFLATED):
    """A workbook with parts changed (part -> function of its bytes), added (part, content) or left out."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content or book())) as old, zipfile.ZipFile(made, "w", method) as new:
        for part in old.infolist():
            if part.filename not in leave_out:
                inside = old.read(part)
                new.writestr(part.filename, (change or {}).get(part.filename, lambda same: same)(inside))
        for name, inside in add:
            new.writestr(name, inside)
    return made.getvalue()


def replaced(part, old, new):
    """A workbook in whose part some bytes stand for others."""

    def change(inside):
        assert old in inside, (part, old)
        return inside.replace(old, new)

    return repacked(change={part: change})


def refused(content, study, name, row, column, says):
    """The problems with which a file is refused; one of them stands at a row and column and says something."""
    with pytest.raises(DataError) as caught:
        read_records(content, study, name)
    problems = caught.value.problems
    here = [one for one in problems if one.row == row and column in one.column and says in one.message]
    assert here, "\n".join(map(str, problems[:10]))
    assert not set(str(caught.value)) & set("<>\x1b\0")
    return problems


def refused_in_chinese(content, study, name):
    """Fails unless every problem of a file is told in Chinese."""
    with pytest.raises(DataError) as caught:
        read_records(content, study, name)
    for problem in caught.value.problems:
        assert_chinese(in_language(problem.message, "zh"))
