"""From a table to an hvPlot object, and from an hvPlot object to SVG in which text stays text.

hvPlot, HoloViews and Matplotlib are loaded when a chart is first made. They keep one backend for the whole process, so
one chart is made or drawn at a time.
"""

from __future__ import annotations

import io
import re
import threading
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pandas as pd

from waterplan.base import palette
from waterplan.base.extras import CHARTS, need

LATIN = ("Inter", "Segoe UI", "Helvetica Neue", "Arial", "Liberation Sans")
CHINESE = ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei")
FONTS = {"en": (*LATIN, *CHINESE, "DejaVu Sans"), "zh": (*CHINESE, *LATIN, "DejaVu Sans")}
PALE = 0.09
FONT_SIZE = 7.0  # pt, at the size at which charts stand in a report
SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
BOKEH, MATPLOTLIB = "bokeh", "matplotlib"
PLOTTING = "holoviews.plotting.{}"
ONE_AT_A_TIME = threading.RLock()

Finish = Callable[[Any], None]


def modules() -> tuple[Any, Any]:
    """hvplot and holoviews. Raises WaterplanError that says what to install where they are missing."""
    need(*CHARTS)
    hvplot, holoviews = import_module("hvplot"), import_module("holoviews")
    for name in (BOKEH, "mpl"):
        import_module(PLOTTING.format(name))
    return hvplot, holoviews


@dataclass(frozen=True)
class Pen:
    """What draws: ``table`` opens a table for hvPlot; styles by the names that the backend has for them."""

    backend: str
    hvplot: Any
    holoviews: Any

    def table(self, frame: pd.DataFrame) -> Any:
        """A table with the methods of hvPlot: line, area, barh, heatmap and others.

        Text columns become plain objects: strings of Arrow, the default of pandas 3 with pyarrow, break heat maps.
        """
        texts = {name: object for name, kind in frame.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)}
        return self.hvplot.hvPlotTabular(frame.astype(texts))

    def bars(self, frame: pd.DataFrame, y: str, colours: str, **options: Any) -> Any:
        """Lying bars, each in the colour of its row."""
        plot = self.table(frame).barh(y=y, hover_cols=[colours], **options, **self.edge())
        if self.backend == MATPLOTLIB:
            return plot.opts(hooks=[_painted(frame[colours].tolist())], backend=MATPLOTLIB)
        return plot.opts(color=self.holoviews.dim(colours), backend=BOKEH)

    def area(self, frame: pd.DataFrame, **options: Any) -> Any:
        """A pale area of the accent, without an edge."""
        plot = self.table(frame).area(**options)
        if self.backend == MATPLOTLIB:
            return plot.opts(hooks=[_pale], backend=MATPLOTLIB)
        return plot.opts(fill_color=palette.ACCENT, fill_alpha=PALE, line_color=None, backend=BOKEH)

    def labels(
        self, frame: pd.DataFrame, x: str, y: str, colour: str = palette.INK, align: str = "center", lying: bool = False
    ) -> Any:
        """Texts at places, on lying bars too; hvPlot's own labels fail with matplotlib."""
        texts = self.holoviews.Labels(frame, [x, y], "text").opts(invert_axes=lying, backend=self.backend)
        if self.backend == MATPLOTLIB:
            return texts.opts(color=colour, horizontalalignment=align, backend=MATPLOTLIB)
        return texts.opts(text_color=colour, text_align=align, text_font_size="9pt", backend=BOKEH)

    @property
    def dashed(self) -> dict[str, Any]:
        """A dashed line."""
        return {"linestyle": "dashed"} if self.backend == MATPLOTLIB else {"line_dash": "dashed"}

    def edge(self, colour: str = "") -> dict[str, Any]:
        """An edge of a colour, or none."""
        if self.backend == MATPLOTLIB:
            return {"edgecolor": colour or "none"}
        return {"line_color": colour or None}


def _painted(colours: list[str]) -> Callable[[Any, Any], None]:
    """Paints the bars made last, row by row: holoviews gives all bars of matplotlib the first colour."""

    def paint(plot: Any, element: Any) -> None:
        for bar, colour in zip(plot.handles["axis"].patches[-len(colours) :], colours, strict=True):
            bar.set_facecolor(colour)

    return paint


def _pale(plot: Any, element: Any) -> None:
    """The area made last in a pale accent: matplotlib's own cycle of colours wins over what hvPlot is told."""
    area = plot.handles["axis"].collections[-1]
    area.set(facecolor=palette.ACCENT, edgecolor="none", alpha=PALE)


@contextmanager
def drawing(backend: str | None) -> Iterator[Pen]:
    """A pen for a backend: bokeh, matplotlib, or None: the one in use."""
    hvplot, holoviews = modules()
    with ONE_AT_A_TIME:
        before = holoviews.Store.current_backend
        holoviews.Store.set_current_backend(backend or before)
        try:
            yield Pen(holoviews.Store.current_backend, hvplot, holoviews)
        finally:
            holoviews.Store.set_current_backend(before)


def svg(
    plot: Any,
    alternative: str,
    width: float,
    height: float,
    name: str = "chart",
    language: str = "en",
    finish: Finish | None = None,
) -> str:
    """An hvPlot object made for matplotlib as an SVG element, of some millimetres, that can stand in a document.

    Text stays text, in the first font of its reader that suits the language; ``alternative`` is read to those who
    cannot see it; ``name`` keeps the names inside apart from other charts'. ``finish`` gets the axes of matplotlib for
    what remains to be set.
    """
    _, holoviews = modules()
    matplotlib = import_module("matplotlib")
    with ONE_AT_A_TIME, matplotlib.rc_context(_settings(name, language)), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # text stays text: its reader has the font
        figure = holoviews.render(plot, backend=MATPLOTLIB)
        figure.set_size_inches(width / 25.4, height / 25.4)
        axes = figure.axes[0]
        axes.set_title("")
        _calm(axes)
        if finish is not None:
            finish(axes)
        content = io.BytesIO()
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None}, facecolor="none")
        import_module("matplotlib.pyplot").close(figure)
    return _inline(content.getvalue().decode(), name, alternative, fonts_of(language))


def known_fonts() -> set[str]:
    """The fonts of this machine."""
    return {font.name for font in import_module("matplotlib.font_manager").fontManager.ttflist}


def fonts_of(language: str) -> list[str]:
    """Fonts for a language, those of this machine first: WeasyPrint takes the first of a chart, or none of them."""
    known = known_fonts()
    return sorted(FONTS[language], key=lambda font: font not in known)


def _settings(name: str, language: str) -> dict[str, Any]:
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "font.family": [font for font in fonts_of(language) if font in known_fonts()] or ["sans-serif"],
        "font.size": FONT_SIZE,
        "axes.unicode_minus": True,
    }


def _calm(axes: Any) -> None:
    """The look that all charts share: no frame, quiet ticks and grid."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(palette.MUTED)
    axes.spines["bottom"].set_linewidth(0.6)
    axes.tick_params(labelsize=FONT_SIZE, colors=palette.MUTED, length=0, pad=3)
    axes.set_facecolor("none")
    axes.set_axisbelow(True)
    axes.grid(visible=False)
    axes.set_aspect("auto")
    for line in axes.lines:
        line.set_linewidth(1.1)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_size(FONT_SIZE)
        label.set_color(palette.MUTED)


def _inline(text: str, name: str, alternative: str, fonts: list[str]) -> str:
    """The svg element alone, with a title and a role, sized by the document, its names apart from other charts'."""
    family = ", ".join([*(f"'{font}'" for font in fonts), "sans-serif"])
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    root = ET.fromstring(text)  # written by matplotlib just now
    for child in [child for child in root if child.tag.endswith("metadata")]:
        root.remove(child)
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', text))
    for element in root.iter():
        for key, value in list(element.attrib.items()):
            if key == "id":
                element.attrib.pop(key)
                if value in used:
                    element.set(key, f"{name}-{value}")
            elif "#" in value and any(one in value for one in used):
                element.set(key, re.sub(r"(^#|url\(#)", rf"\g<1>{name}-", value))
        if element.tag == f"{{{SVG}}}text":
            _set_family(element, family)
    root.attrib.pop("width", None)
    root.attrib.pop("height", None)
    root.set("role", "img")
    root.set("aria-label", alternative)
    root.set("class", "chart")
    title = ET.Element(f"{{{SVG}}}title")
    title.text = alternative
    root.insert(0, title)
    return ET.tostring(root, encoding="unicode")


def _set_family(element: ET.Element, family: str) -> None:
    """Text in the fonts of its reader: of ``font: 600 7px 'A'`` or ``font-family: 'A'`` size and weight stay."""
    style = re.sub(r"font-family:[^;]*;?\s*", "", element.get("style", ""))
    whole = re.search(r"font:\s*(?:(\w+)\s+)?([\d.]+px)[^;]*;?", style)
    if whole:
        weight = f"font-weight: {whole[1]}; " if whole[1] else ""
        style = style.replace(whole[0], f"{weight}font-size: {whole[2]};")
    element.set("style", f"font-family: {family}; {style.strip()}")
