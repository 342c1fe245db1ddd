"""A drawing as SVG, written by hand: text stays text, and everything that comes from outside is escaped.

For charts that no plotting library draws as they should look on a page: flows, ladders, places. Lengths are in points
of the size at which the drawing stands; the document may scale it.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from waterplan.base import palette
from waterplan.report.charts.drawing import FONT_SIZE, SVG, fonts_of

POINTS_PER_MM = 72 / 25.4
WIDE, USUAL = 1.0, 0.57  # width of a sign by its size
WIDTHS = {  # of the usual fonts without serifs
    "ijl'|": 0.24, "ftI.,:;!/[] ": 0.29, "r-()·": 0.35, "ckvxyszJ": 0.51, "FTZ": 0.62, "ABEKPSVXY&": 0.68,
    "CDHNRUw": 0.74, "GOQ": 0.79, "mM": 0.85, "%": 0.9, "W": 0.96, "…—": 1.0,
}  # fmt: skip
WIDTH = {sign: width for signs, width in WIDTHS.items() for sign in signs}
CUT = "…"
ANCHORS = {"left": "start", "center": "middle", "right": "end"}

Point = tuple[float, float]


def text_width(text: str, size: float = FONT_SIZE, bold: bool = False) -> float:
    """Width of a text, about; never much less than it will be.

    >>> text_width("水", 10), round(text_width("il", 10), 1)
    (10.0, 4.8)
    """
    return sum(map(_sign_width, text)) * size * (1.06 if bold else 1.0)


def _sign_width(sign: str) -> float:
    if unicodedata.east_asian_width(sign) in "WF":
        return WIDE
    return WIDTH.get(sign, USUAL)


def fitted(text: str, room: float, size: float = FONT_SIZE, bold: bool = False) -> str:
    """A text that takes no more than some width; what is cut off is marked.

    >>> fitted("water balance", 30, 7)
    'water…'
    """
    if text_width(text, size, bold) <= room:
        return text
    while text and text_width(text + CUT, size, bold) > room:
        text = text[:-1]
    return f"{text.rstrip()}{CUT}"


def wrapped(text: str, room: float, size: float = FONT_SIZE, lines: int = 2) -> list[str]:
    """A text in a few lines of some width, broken at blanks or between Chinese signs; the last one may be cut."""
    found = [""]
    for piece in _pieces(text):
        if found[-1] and text_width(found[-1] + piece.rstrip(), size) > room and len(found) < lines:
            found.append("")
        found[-1] += piece if found[-1] else piece.lstrip()
    return [fitted(line.rstrip(), room, size) for line in found]


def _pieces(text: str) -> list[str]:
    pieces, word = [], ""
    for sign in text:
        if unicodedata.east_asian_width(sign) in "WF" and sign not in "，。；：、）”":
            if word:
                pieces.append(word)
            word = sign
        else:
            word += sign
            if sign == " ":
                pieces.append(word)
                word = ""
    return [*pieces, word] if word else pieces


@dataclass
class Canvas:
    """A drawing of some width and height [pt], in a language, filled piece by piece."""

    width: float
    height: float
    language: str = "en"
    pieces: list[str] = field(default_factory=list)

    def _add(self, tag: str, content: str = "", **attributes: object) -> None:
        told = "".join(
            f' {name.replace("_", "-")}="{_told(value)}"'
            for name, value in attributes.items()
            if value not in ("", None)
        )
        self.pieces.append(f"<{tag}{told}>{content}</{tag}>")

    def box(
        self, x: float, y: float, width: float, height: float, colour: str = "", edge: str = "", dash: str = "",
        round_: float = 0.0, alpha: float = 1.0, title: str = "",
    ) -> None:  # fmt: skip
        """A rectangle."""
        if width <= 0 or height <= 0:
            return
        self._add(
            "rect", _titled(title), x=x, y=y, width=width, height=height, rx=round_ or "", fill=colour or "none",
            stroke=edge, stroke_width=0.7 if edge else "", stroke_dasharray=dash,
            fill_opacity=alpha if alpha < 1 else "",
        )  # fmt: skip

    def line(self, *points: Point, colour: str = palette.MUTED, width: float = 0.6, dash: str = "") -> None:
        """A line through points."""
        told = " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
        self._add(
            "polyline", points=told, fill="none", stroke=colour, stroke_width=width, stroke_dasharray=dash,
            stroke_linejoin="round",
        )  # fmt: skip

    def shape(self, path: str, colour: str, alpha: float = 1.0, edge: str = "", title: str = "") -> None:
        """A filled path in SVG's own words."""
        self._add(
            "path", _titled(title), d=path, fill=colour, fill_opacity=alpha if alpha < 1 else "", stroke=edge,
            stroke_width=0.7 if edge else "",
        )  # fmt: skip

    def dot(self, x: float, y: float, radius: float, colour: str, edge: str = "") -> None:
        """A filled circle."""
        self._add("circle", cx=x, cy=y, r=radius, fill=colour, stroke=edge, stroke_width=1.0 if edge else "")

    def text(
        self, x: float, y: float, text: str, colour: str = palette.INK, align: str = "left", size: float = FONT_SIZE,
        bold: bool = False, halo: bool = False,
    ) -> None:  # fmt: skip
        """A text whose baseline is at y; ``halo`` keeps it legible on lines."""
        if not text:
            return
        if halo:
            room = text_width(text, size, bold)
            left = x - {"left": 0.0, "center": room / 2, "right": room}[align]
            self.box(left - 1, y - size * 0.86, room + 2, size * 1.12, palette.CARD)
        self._add(
            "text", html.escape(text), x=x, y=y, fill=colour, font_size=size, text_anchor=ANCHORS[align],
            font_weight="bold" if bold else "", style=self._family,
        )  # fmt: skip

    def lines(self, x: float, y: float, texts: Sequence[str], leading: float = 1.25, **style: object) -> None:
        """Several lines of text from a first baseline on."""
        size = float(style.get("size", FONT_SIZE))  # type: ignore[arg-type]
        for number, text in enumerate(texts):
            self.text(x, y + number * size * leading, text, **style)  # type: ignore[arg-type]

    @property
    def _family(self) -> str:
        return "font-family: " + ", ".join([*(f"'{font}'" for font in fonts_of(self.language)), "sans-serif"])

    def svg(self, alternative: str) -> str:
        """The drawing as an element for a document; ``alternative`` is read to those who cannot see it."""
        told = html.escape(alternative)
        return (
            f'<svg xmlns="{SVG}" viewBox="0 0 {_told(self.width)} {_told(self.height)}" role="img" '
            f'aria-label="{told}" class="chart"><title>{told}</title>{"".join(self.pieces)}</svg>'
        )


def _told(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return html.escape(str(value))


def _titled(title: str) -> str:
    return f"<title>{html.escape(title)}</title>" if title else ""
