"""A printed document: the shell around reports, the parts that they are built from, and its PDF.

Parts take plain text, which is escaped, or :class:`Html`, which other parts made: nothing else stands in a document as
it came. A document is one file and asks for nothing from outside; the PDF is made from the same HTML by WeasyPrint.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from waterplan.base.errors import WaterplanError
from waterplan.base.extras import need
from waterplan.base.messages import Message
from waterplan.base.spreadsheet import QUOTE, csv_cell

STYLE = Path(__file__).with_suffix(".css")
LANGUAGE_TAG = {"en": "en", "zh": "zh-CN"}
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
NUMBER, TEXT = "number", "text"


class Html(str):
    """Text that is markup already, made by the parts below from escaped text."""

    __slots__ = ()


def shown(content: str | Html) -> Html:
    """Content as markup: plain text is escaped.

    >>> shown("<b> & co"), shown(Html("<b>"))
    ('&lt;b&gt; &amp; co', '<b>')
    """
    return content if isinstance(content, Html) else Html(html.escape(str(content)))


def element(tag: str, *content: str | Html, **attributes: str) -> Html:
    """An element; ``class_`` stands for class. No event attributes, links or styles but by those who know.

    >>> element("p", "1 < 2", class_="note")
    '<p class="note">1 &lt; 2</p>'
    """
    told = "".join(f' {name.rstrip("_")}="{html.escape(value)}"' for name, value in attributes.items() if value)
    return Html(f"<{tag}{told}>{''.join(map(shown, content))}</{tag}>")


def section(title: str, *content: str | Html) -> Html:
    """A block under a title that is not broken over pages."""
    return element("section", element("h2", title), *content, class_="block")


def columns(*content: Html, widths: Sequence[float] = ()) -> Html:
    """Blocks side by side, of equal width or as ``widths`` to one another."""
    shares = [100 * width / sum(widths) for width in widths] or [100 / len(content)] * len(content)
    cells = [
        element("div", one, class_="column", style=f"width:{share:.2f}%")
        for one, share in zip(content, shares, strict=True)
    ]
    return element("div", *cells, class_="columns")


def note(*content: str | Html) -> Html:
    """A small remark below something."""
    return element("p", *content, class_="note")


def figure(title: str, chart: str, *notes: str | Html) -> Html:
    """A chart (an SVG element of :func:`waterplan.report.charts.svg`) under a title that says what to see."""
    return element("figure", element("figcaption", title), Html(chart), *(shown(one) for one in notes))


def table(head: Sequence[str], rows: Iterable[Sequence[str | Html]], texts: int = 1, wraps: int = 0) -> Html:
    """A table: the first ``texts`` columns are text, the others numbers; one column, ``wraps``, may break its lines
    (-1: none).

    A table without titles has empty ones. A plain text that a spreadsheet could run has an apostrophe before it.
    """
    kinds = [("" if n == wraps else TEXT) if n < texts else NUMBER for n in range(len(head))]
    titles = element("tr", *(element("th", cell, class_=kind) for cell, kind in zip(head, kinds, strict=True)))
    told = ([*map(_never_a_formula, row[:texts]), *row[texts:]] for row in rows)
    body = [element("tr", *(element("td", cell, class_=k) for cell, k in zip(row, kinds, strict=True))) for row in told]
    parts = [element("thead", titles)] * any(head)
    return element("table", *parts, element("tbody", *body))


def _never_a_formula(cell: str | Html) -> str | Html:
    return cell if isinstance(cell, Html) or cell.startswith(QUOTE) else str(csv_cell(cell))


def headlines(found: Iterable[tuple[str, tuple[str, str], str]]) -> Html:
    """The figures that matter most: label, (number, unit) and a remark of each."""
    boxes = [
        element(
            "div",
            element("span", label, class_="label"),
            element(
                "span",
                element("span", number, class_="number"),
                element("span", "" if unit == "%" else " ", unit, class_="unit"),
                class_="figure",
            ),
            element("span", under, class_="under"),
            class_="headline",
        )
        for label, (number, unit), under in found
    ]
    return element("div", *boxes, class_="headlines")


def bar(parts: Iterable[tuple[float, str]], kind: str = "meter") -> Html:
    """A bar of parts: share of its width and colour of each."""
    pieces = [element("i", style=f"width:{100 * max(share, 0.0):.2f}%;background:{colour}") for share, colour in parts]
    return element("div", *pieces, class_=kind)


def keys(names: Mapping[str, str]) -> Html:
    """What colours mean: name -> colour."""
    found = [element("span", element("i", style=f"background:{c}"), n, class_="key") for n, c in names.items()]
    return element("p", *found, class_="keys")


def document(title: str, language: str, *content: Html) -> str:
    """The whole document as one HTML file that needs nothing from outside, and may ask for nothing."""
    head = element(
        "head",
        Html('<meta charset="utf-8">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{html.escape(POLICY)}">'),
        Html('<meta name="viewport" content="width=device-width">'),
        Html('<meta name="generator" content="waterplan">'),
        element("title", title),
        element("style", Html(STYLE.read_text(encoding="utf-8"))),
    )
    body = element("body", element("main", *content))
    return f"<!DOCTYPE html>\n{element('html', head, body, lang=LANGUAGE_TAG[language])}\n"


def to_pdf(text: str) -> bytes:
    """A document as PDF, with fonts, title, language and tags for reading aloud.

    Raises WaterplanError that says what to install where WeasyPrint or Pango is missing.
    """
    need("weasyprint")
    try:
        weasyprint: Any = import_module("weasyprint")
    except OSError as error:  # Pango is not there
        raise WaterplanError(Message("report.no_pango")) from error

    class Refusing(weasyprint.urls.URLFetcher):
        """Asks nobody: what a document would load is left out."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            return refuse(url)

    made = weasyprint.HTML(string=text, base_url=None, url_fetcher=Refusing()).write_pdf(pdf_tags=True)
    return bytes(made)


def refuse(url: str) -> Any:
    """Fetches nothing."""
    raise ValueError(Message("report.nothing_outside", url=url[:80]))
