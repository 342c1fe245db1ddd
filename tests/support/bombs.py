"""Workbooks that would fill memory, small as files; and reading them in a process of its own, which is weighed."""

import io
import json
import random
import subprocess
import sys
import zipfile

from spoilt_files import book, repacked, replaced, shared

SHEET, STRINGS, STYLES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"
BOOK, TYPES = "xl/workbook.xml", "[Content_Types].xml"
FORMAT = b'<conditionalFormatting sqref="A1"><cfRule type="cellIs" priority="1" dxfId="#"/></conditionalFormatting>'
LISTED = (b'<sheet name="#" sheetId="#" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
          b' r:id="rId1"/>')  # fmt: skip


def uneven(count, pattern, seed=1):
    """A piece of XML many times with a number that differs, so that it does not pack too tightly."""
    numbers = random.Random(seed)
    return b"".join(pattern.replace(b"#", b"%d" % numbers.randrange(10**9)) for _ in range(int(count)))


def in_sheet(inside):
    return replaced(SHEET, b"</sheetData>", inside + b"</sheetData>")


def behind_rows(tag, inside):
    tag = tag.encode()
    return replaced(SHEET, b"</sheetData>", b"</sheetData><%s>%s</%s>" % (tag, inside, tag))


def in_part(part, before, inside, content=None):
    """A workbook with something put before a tag of a part."""
    before = before.encode()
    return repacked(content, {part: lambda old: old.replace(before, inside + before)})


def row(number, cells):
    return b'<row r="%d">%s</row>' % (number, cells)


def packed(name, inside):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr(name, inside)
    return made.getvalue()


def nested():
    """A packed file in a packed file, six deep."""
    content = packed("0.txt", b"0" * 10_000_000)
    for level in range(6):
        content = packed(f"{level}.zip", content)
    return content


def lying():
    """A packed part that says it is small and is not."""
    said, true = (1000).to_bytes(4, "little"), (20_000_000).to_bytes(4, "little")
    content = repacked(add=[("xl/media/image1.png", b"0" * 20_000_000)])
    assert content.count(true) == 2
    return content.replace(true, said)


def laughs():
    """The billion laughs: entities made of ten entities each, ten deep."""
    told = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "lol">'
    for level in range(1, 10):
        told += b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10)
    return repacked(shared(), {STRINGS: lambda _: told + b"]><sst><si><t>&l9;</t></si></sst>"})


def laughs_in_a_row():
    """One long entity, many times."""
    told = b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 100_000 + b'">]><sst><si><t>' + b"&b;" * 100_000 + b"</t></si></sst>"
    return repacked(shared(), {STRINGS: lambda _: told})


def bombs(much):
    """Name -> content, made when it is asked for. much: 1 for as large as may pass the limits, or a part of it."""
    return {
        "a part of 110 MB": lambda: repacked(add=[("xl/media/image1.bmp", b"0" * 110_000_000)]),
        "a part packed tightly": lambda: repacked(add=[("xl/media/image1.bmp", b"0" * 20_000_000)]),
        "two thousand parts": lambda: repacked(add=[(f"xl/x{number}.xml", b"<a/>") for number in range(2000)]),
        "packed six deep": nested,
        "a size that lies": lying,
        "billion laughs": laughs,
        "one entity many times": laughs_in_a_row,
        "a dimension of all cells": lambda: replaced(SHEET, b"A1:I2", b"A1:XFD1048576"),
        "a row far below": lambda: in_sheet(row(10**9, b"<c><v>1</v></c>")),
        "a row of too many cells": lambda: in_sheet(row(3, uneven(200_000, b"<c><v>#</v></c>"))),
        "a row of as many cells as may be": lambda: in_sheet(row(3, uneven(32_000, b"<c><v>#</v></c>"))),
        "cells in every row": lambda: in_sheet(
            b"".join(row(n, uneven(48 * much, b"<c><v>#</v></c>", n)) for n in range(3, 20_000))),
        "rows without numbers": lambda: in_sheet(uneven(1_300_000 * much, b'<row><c t="#"/></row>')),
        "other tags among the rows": lambda: in_sheet(uneven(2_500_000 * much, b"<a b='#'/>")),
        "merged cells": lambda: behind_rows("mergeCells", uneven(99_000 * much, b'<mergeCell ref="A#:B1"/>')),
        "too many merged cells": lambda: behind_rows("mergeCells", uneven(900_000 * much, b'<mergeCell ref="A1:B#"/>')),
        "rules of validation": lambda: behind_rows(
            "dataValidations", uneven(90_000 * much, b'<dataValidation sqref="A1" errorTitle="#"/>')),
        "hyperlinks": lambda: behind_rows("hyperlinks", uneven(90_000 * much, b'<hyperlink ref="A1" display="#"/>')),
        "conditional formats": lambda: behind_rows("x", uneven(30_000 * much, FORMAT)),
        "columns": lambda: in_part(
            SHEET, "<sheetData>", b"<cols>" + uneven(90_000 * much, b'<col min="1" max="2" width="#"/>') + b"</cols>"),
        "nested tags": lambda: behind_rows("x", b"<x>" * 45_000 + b"</x>" * 45_000),
        "attributes": lambda: behind_rows("x", b"<x %s/>" % b"".join(b'a%d="" ' % n for n in range(400_000))),
        "attributes of a row": lambda: in_sheet(b"<row r='3' %s/>" % b"".join(b'a%d=">" ' % n for n in range(400_000))),
        "an instruction": lambda: in_part(STRINGS, "</sst>", b"<?x " + b"<a" * 2_000_000 + b"?>", shared()),
        "a comment": lambda: in_part(STRINGS, "</sst>", b"<!--" + b"<a" * 2_000_000 + b"-->", shared()),
        "styles": lambda: in_part(STYLES, "</cellXfs>", uneven(240_000 * much, b'<xf fontId="0" numFmtId="#"/>')),
        "fonts": lambda: in_part(STYLES, "</fonts>", uneven(80_000 * much, b'<font><name val="#"/></font>')),
        "nested styles": lambda: in_part(STYLES, "</fonts>", b"<font>" * 30_000 + b"</font>" * 30_000),
        "names": lambda: in_part(BOOK, "<calcPr", b"<definedNames>%s</definedNames>" % uneven(
            120_000 * much, b'<definedName name="n#">1</definedName>')),
        "sheets": lambda: in_part(BOOK, "</sheets>", uneven(240_000 * much, LISTED)),
        "content types": lambda: in_part(
            TYPES, "</Types>", uneven(240_000 * much, b'<Override PartName="/#" ContentType="a"/>')),
        "shared strings": lambda: in_part(STRINGS, "</sst>", uneven(950_000 * much, b"<si><t>#</t></si>"), shared()),
        "one long string": lambda: in_part(
            STRINGS, "</sst>", b"<si><t>%s</t></si>" % random.Random(3).randbytes(4_000_000).hex().encode(), shared()),
        "commas": lambda: b"a" + b"," * 2**26,
        "quotation marks": lambda: b"a" + b'"' * 2**26,
        "tabs": lambda: b"a" + b"\t" * 2**26,
        "line ends": lambda: b"a" + b"\n" * 2**26,
        "line ends in quotation marks": lambda: b'"a' + b"\n" * 2**26 + b'"',
        "one cell": lambda: b"a" * 2**26,
        "one cell in GB18030": lambda: "红".encode("gb18030") * 2**24,
    }  # fmt: skip


READER = """
import json, re, resource, sys
from pathlib import Path
from waterplan.base.errors import DataError
from waterplan.study.study import open_study
from waterplan.plants.records.reader import read_records
resource.setrlimit(resource.RLIMIT_CPU, (600, 600))
study = open_study("china-2015")
held = lambda name: int(re.search(name + ":\\\\s*(\\\\d+)", Path("/proc/self/status").read_text())[1])
for path in ["GOOD", *sys.argv[1:]]:
    content = Path(sys.argv[1] if path == "GOOD" else path).read_bytes()
    Path("/proc/self/clear_refs").write_text("5")  # the most that was held is counted anew
    before = held("VmRSS")
    try:
        told = f"read {len(read_records(content, study, 'f').sites)}"
    except DataError as error:
        told = str(error)
    if path != "GOOD":
        print(json.dumps([told, (held("VmHWM") - before) // 1024]), flush=True)
"""


def weighed(much, folder):
    """Name -> what reading says, and by how many MiB the process grew for it."""
    places = []
    for number, make in enumerate([book, *bombs(much).values()]):
        places.append(folder / f"{number}")
        places[-1].write_bytes(make())
    done = subprocess.run(
        [sys.executable, "-c", READER, *map(str, places)], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return dict(zip(["a good one", *bombs(much)], told, strict=True))
