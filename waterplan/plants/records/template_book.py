"""The template as a workbook: a guide, four sheets to fill in, lists to choose from and an example; no macros."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import xlsxwriter

from waterplan.base.messages import LANGUAGES, in_language
from waterplan.base.texts import Texts
from waterplan.planning.plan.files.workbook import FONT, TEXT_IS_TEXT
from waterplan.plants.records.balance import BALANCE_TOLERANCE
from waterplan.plants.records.headers import SHEETS, label
from waterplan.plants.records.record_cells import YEARS
from waterplan.plants.records.template_columns import PARTS, Asked, asked
from waterplan.plants.records.template_example import example
from waterplan.study.study import Study

EXAMPLE_COLUMNS, EXAMPLE_WIDTH = 60, 20
ROWS = 2000  # that lists and checks reach down to; reading takes more
A4 = 9
KEYS = 2  # plant and year stay in view
LINE, HEADING_HEIGHT, WIDTHS = 18, 36, (12, 34)
COMMENT = {"x_scale": 2.2, "y_scale": 1.2}
GUIDE = ("sheets", "required_mark", "units", "empty", "balance", "values", "names")
GUIDE_WIDTHS = (16, 34, 10, 12, 90)
LISTED = ("provinces", "products", "technologies", "end_uses")
COLUMN_OF = {"provinces": "province", "products": "product", "technologies": "technology", "end_uses": "end_use"}
NUMBER, WHOLE, SHARE, TEXT = "#,##0.######", "0", "0.0##%", "@"


@dataclass
class _Book:
    """The workbook as it is written."""

    book: xlsxwriter.Workbook
    study: Study
    language: str
    lists: dict[str, str] = field(default_factory=dict)  # catalogue: the cells that hold its names

    def __post_init__(self) -> None:
        font = {"font_name": FONT[self.language], "valign": "top"}
        heading = {**font, "bold": True, "text_wrap": True, "border": 1, "border_color": "#9AA8B2"}
        looks: Mapping[str, Mapping[str, object]] = {
            "title": {**font, "bold": True, "font_size": 14},
            "warning": {**font, "bold": True, "font_color": "#9C2A1B"},
            "text": font,
            "wrapped": {**font, "text_wrap": True},
            "required": {**heading, "bg_color": "#CFE3F2"},
            "optional": {**heading, "bg_color": "#F2F4F5", "bold": False},
            **{how: {**font, "num_format": how} for how in (NUMBER, WHOLE, SHARE, TEXT)},
        }
        self.looks = {name: self.book.add_format(dict(look)) for name, look in looks.items()}

    def say(self, key: str, **values: object) -> str:
        """A text of the template, by its whole key."""
        return Texts("plants", self.language)(key, **values)

    def sheet(self, table: str) -> Any:
        """A new sheet under the name by which reading knows it; on paper all its columns stand side by side."""
        made = self.book.add_worksheet(sheet_name(table, self.language))
        made.set_landscape()
        made.set_paper(A4)
        made.fit_to_pages(1, 0)
        return made


def sheet_name(table: str, language: str) -> str:
    """The name of a sheet of the template."""
    return SHEETS[table][LANGUAGES.index(language)]


def pack_book(study: Study, language: str) -> bytes:
    """The content of the workbook."""
    packed = io.BytesIO()
    book = xlsxwriter.Workbook(packed, TEXT_IS_TEXT)
    made = _Book(book, study, language)
    book.set_properties({"title": made.say("template_title")})
    guide = made.sheet("notes")
    parts = {table: made.sheet(table) for table in PARTS}
    _lists(made, made.sheet("lists"))
    _example(made, made.sheet("example"))
    _guide(made, guide)
    for table, sheet in parts.items():
        _to_fill_in(made, sheet, asked(table, language))
    parts["sites"].activate()
    book.close()
    return packed.getvalue()


def _guide(made: _Book, sheet: Any) -> None:
    """How to fill in, then every column with unit and meaning."""
    sheet.hide_gridlines(2)
    for place, width in enumerate(GUIDE_WIDTHS):
        sheet.set_column(place, place, width)
    sheet.write_string(0, 0, made.say("template_title"), made.looks["title"])
    row = 2
    for key in GUIDE:
        text = made.say(f"template_{key}", tolerance=f"{BALANCE_TOLERANCE:.0%}")
        sheet.merge_range(row, 0, row, len(GUIDE_WIDTHS) - 1, "", made.looks["wrapped"])
        sheet.write_string(row, 0, text, made.looks["wrapped"])
        sheet.set_row(row, LINE * (1 + _width(text) // sum(GUIDE_WIDTHS)))
        row += 1
    row += 1
    for place, key in enumerate(("sheet", "column", "required", "unit", "meaning")):
        sheet.write_string(row, place, made.say(f"template_{key}"), made.looks["required"])
    for table in PARTS:
        for column in asked(table, made.language):
            row += 1
            needed = made.say("template_required" if column.required else "template_optional")
            name = label(column.name, made.language)
            cells = (sheet_name(table, made.language), name, needed, column.unit, column.meaning)
            for place, text in enumerate(cells):
                sheet.write_string(row, place, text, made.looks["wrapped"])


def _to_fill_in(made: _Book, sheet: Any, columns: Sequence[Asked]) -> None:
    """Headings with what they mean, and below them checks and lists to choose from."""
    sheet.freeze_panes(1, KEYS)
    sheet.set_row(0, HEADING_HEIGHT)
    places = {column.name: place for place, column in enumerate(columns)}
    for place, column in enumerate(columns):
        width = min(max(WIDTHS[0], _width(column.heading) + 2), WIDTHS[1])
        wide = column.kind.startswith("of ") or column.name in ("plant", "variant")
        sheet.set_column(place, place, WIDTHS[1] if wide else width, made.looks[_number_format(column)])
        needed = "required" if column.required else "optional"
        sheet.write_string(0, place, column.heading, made.looks[needed])
        note = f"{column.meaning}\n({made.say(f'template_{needed}')})"
        sheet.write_comment(0, place, note, {**COMMENT, "font_name": FONT[made.language], "author": ""})
        rule = _rule(made, column, places)
        if rule:
            sheet.data_validation(1, place, ROWS, place, rule)


def _number_format(column: Asked) -> str:
    if column.kind == "number":
        return SHARE if column.name == "share" else NUMBER
    return WHOLE if column.kind == "year" else TEXT


def _rule(made: _Book, column: Asked, places: Mapping[str, int]) -> dict[str, object]:
    """What Excel offers or asks for in a column; a name of a list may also be typed, in either language."""
    if column.kind.startswith("of "):
        return {"validate": "list", "source": made.lists[column.kind.removeprefix("of ")], "show_error": False}
    if column.name == "variant" and made.lists["variants"]:
        product = xlsxwriter.utility.xl_col_to_name(places["product"])
        return {"validate": "list", "source": made.lists["variants"].format(product=f"${product}2"),
                "show_error": False}  # fmt: skip
    if column.name == "output_unit":
        return {"validate": "list", "source": made.lists["units"], "show_error": False}
    if column.kind == "year":
        bounds = dict(zip(("minimum", "maximum"), YEARS, strict=True))
        lower, upper = YEARS
        said = {"error_message": made.say("template_wrong_year", lower=lower, upper=upper)}
        return {"validate": "integer", "criteria": "between", **bounds, **said}
    if column.kind == "number":
        most = {"criteria": "between", "minimum": 0, "maximum": 1} if column.name == "share" else {
            "criteria": ">=", "value": 0}  # fmt: skip
        return {"validate": "decimal", **most, "error_message": made.say("template_wrong_number")}
    return {}


def _lists(made: _Book, sheet: Any) -> None:
    """All names to choose from, each with its key; and the variants of norms, product by product."""
    sheet.freeze_panes(1, 0)
    at = 0
    for catalogue in LISTED:
        frame = getattr(made.study, catalogue)
        names = [str(name) for name in frame[f"name_{made.language}"]]
        columns: dict[str, list[str]] = {label(COLUMN_OF[catalogue], made.language): names}
        if catalogue == "products":
            columns[label("output_unit", made.language)] = [str(unit) for unit in frame["output_unit"]]
        columns[made.say("template_key")] = [str(key) for key in frame.index]
        made.lists[catalogue] = _listed(made, sheet, at, columns)
        at += len(columns) + 1
    units = list(dict.fromkeys(str(unit) for unit in made.study.products["output_unit"]))
    usual = ["t", "万t"] if made.language == "zh" else ["t", "10^4 t"]
    offered = [*usual, *(unit for unit in units if unit not in usual)]
    made.lists["units"] = _listed(made, sheet, at, {label("output_unit", made.language): offered})
    at += 2
    named = made.study.products[f"name_{made.language}"]
    norms = made.study.norms[["product", "variant"]].drop_duplicates()
    pairs = sorted(
        (str(named[product]), str(in_language(made.study.variant_name(variant), made.language)))
        for product, variant in norms.itertuples(index=False)
        if isinstance(variant, str) and variant
    )
    columns = {label("product", made.language): [name for name, _ in pairs]}
    columns[label("variant", made.language)] = [variant for _, variant in pairs]
    _listed(made, sheet, at, columns)
    made.lists["variants"] = _variants_of_the_row(sheet_name("lists", made.language), at, len(pairs)) if pairs else ""


def _listed(made: _Book, sheet: Any, at: int, columns: Mapping[str, Sequence[str]]) -> str:
    """Writes columns side by side; the cells of the first, as a list to choose from."""
    for place, (heading, cells) in enumerate(columns.items(), start=at):
        sheet.set_column(place, place, min(max(WIDTHS[0], *map(_width, [heading, *cells])), 60))
        sheet.write_string(0, place, heading, made.looks["required"])
        for row, text in enumerate(cells, start=1):
            sheet.write_string(row, place, text, made.looks["text"])
    count = len(next(iter(columns.values())))
    column = xlsxwriter.utility.xl_col_to_name(at)
    return f"='{sheet_name('lists', made.language)}'!${column}$2:${column}${count + 1}"


def _variants_of_the_row(lists: str, at: int, count: int) -> str:
    """The cells of the variants of the product of a row; their rows stand together, product by product."""
    product, variant = (xlsxwriter.utility.xl_col_to_name(place) for place in (at, at + 1))
    named = f"'{lists}'!${product}$2:${product}${count + 1}"
    first = f"'{lists}'!${variant}$2"
    return f"=OFFSET({first},MATCH({{product}},{named},0)-1,0,COUNTIF({named},{{product}}),1)"


def _example(made: _Book, sheet: Any) -> None:
    """A plant made up, in the tables of the other sheets; reading leaves this sheet out."""
    sheet.write_string(0, 0, made.say("template_example_only"), made.looks["warning"])
    sheet.set_column(0, EXAMPLE_COLUMNS, EXAMPLE_WIDTH)
    row = 2
    for table, records in example(made.study, made.language).items():
        sheet.write_string(row, 0, sheet_name(table, made.language), made.looks["title"])
        columns = asked(table, made.language)
        sheet.set_row(row + 1, HEADING_HEIGHT)
        for place, column in enumerate(columns):
            sheet.write_string(
                row + 1, place, column.heading, made.looks["required" if column.required else "optional"]
            )
        row += 2
        for record in records:
            for place, column in enumerate(columns):
                value = record.get(column.name)
                if isinstance(value, str):
                    sheet.write_string(row, place, value, made.looks["text"])
                elif value is not None:
                    sheet.write_number(row, place, value, made.looks[_number_format(column)])
            row += 1
        row += 1


def _width(text: str) -> int:
    """Columns of a text: a Chinese sign takes two."""
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in text)
