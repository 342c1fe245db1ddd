"""Fills in templates as a plant would, with openpyxl or as text."""

import csv
import io
import re

import openpyxl


class Filled:
    """A template as a workbook; sheets and columns are named as its reader sees them."""

    def __init__(self, template: bytes):
        self.book = openpyxl.load_workbook(io.BytesIO(template))

    def columns(self, sheet):
        """Heading without its mark and unit -> heading as written, with its column."""
        first = next(self.book[sheet].iter_rows(max_row=1))
        return {bare(cell.value): (cell.value, cell.column) for cell in first if cell.value}

    def add(self, sheet, **cells):
        """One row below those that are there."""
        columns, page = self.columns(sheet), self.book[sheet]
        row = next(n for n in range(2, 10_000) if page.cell(n, 1).value is None)
        for name, value in cells.items():
            page.cell(row, columns[name][1]).value = value
        return self

    def rename(self, sheet, name, heading):
        """Another heading for a column, as for another unit."""
        self.book[sheet].cell(1, self.columns(sheet)[name][1]).value = heading
        return self

    def content(self):
        saved = io.BytesIO()
        self.book.save(saved)
        return saved.getvalue()


def bare(heading):
    """A heading without its mark and what stands in brackets at its end."""
    return re.split(r"（|\s?\(", heading.strip("*"))[0]


def filled_csv(template: bytes, rows, headings=None) -> bytes:
    """The flat template with rows, each heading (bare) -> cell; headings: bare -> another heading."""
    header = next(csv.reader(io.StringIO(template.decode("utf-8-sig"))))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([(headings or {}).get(bare(name), name) for name in header])
    names = [bare(name) for name in header]
    for row in rows:
        assert set(row) <= set(names), set(row) - set(names)
        writer.writerow([row.get(name, "") for name in names])
    return b"\xef\xbb\xbf" + text.getvalue().encode()
