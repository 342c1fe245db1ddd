"""The charts as SVG for documents: size, and what each asks of matplotlib beyond the look that all share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from waterplan.base import palette
from waterplan.base.errors import WaterplanError
from waterplan.base.messages import Message
from waterplan.planning.plan.lines import FROZEN, MARKET, PLANNED, TURNOVER, Lines
from waterplan.planning.plan.plan import Plan
from waterplan.report.charts import plots
from waterplan.report.charts.chart_words import Words
from waterplan.report.charts.drawing import FONT_SIZE, MATPLOTLIB, svg
from waterplan.report.charts.line_paths import LINE_COLOURS

LETTER = 0.58  # width of a Latin sign by its size; a Chinese one takes two
TILE = ((0.24, 5.6, "bold"), (-0.06, 6.0, "normal"), (-0.33, 4.7, "normal"))  # line by line: height, size, weight


class Kind(NamedTuple):
    """How a chart is made, its usual size [mm], and what remains to be set."""

    make: Callable[..., Any]
    width: float
    height: float
    finish: Callable[[Any], None]


def draw(
    kind: str,
    plan: Plan,
    language: str = "en",
    curve: xr.Dataset | None = None,
    width: float = 0.0,
    height: float = 0.0,
    lines: Lines | None = None,
) -> str:
    """A chart of a plan as an SVG element; kind: one of KINDS; ``curve`` for the cost curve; size in mm.

    lines: of :func:`waterplan.explain.lines_of`, for the path of each line.

    Raises WaterplanError for another kind, and where hvPlot is not installed.
    """
    words = Words(plan, language)
    if kind not in KINDS or (kind == "cost_curve" and curve is None):
        raise WaterplanError(Message("charts.unknown_chart", name=kind, known=list(KINDS)))
    made = KINDS[kind]
    given: dict[str, Any] = {"curve": curve} if kind == "cost_curve" else {}
    given |= {"lines": lines} if kind == "annual_path" else {}
    plot = made.make(plan, language=language, backend=MATPLOTLIB, **given)
    size = {"width": width or made.width, "height": height or made.height}
    told = words.alternative(kind, given.get("curve"), lines)
    return svg(plot, told, name=kind, language=language, finish=made.finish, **size)


def _finish_curve(axes: Any) -> None:
    _fill(axes, left=0.075, right=0.985, top=0.9, bottom=0.16)
    note, edge = axes.texts
    _grid(axes, "y")
    _title_of_height(axes)
    note.set_linespacing(1.35)
    axes.lines[1].set_linewidth(0.8)
    note.set_fontweight("bold")
    for text in (note, edge):
        _halo(text)


def _finish_sectors(axes: Any) -> None:
    _fill(axes, left=0.0, right=1.0, top=0.99, bottom=0.01)
    axes.spines["bottom"].set_visible(False)
    axes.set_xlabel("")
    axes.set_ylabel("")
    axes.set_xticks([])
    names = [label.get_text() for label in axes.get_yticklabels()]
    axes.set_yticks([])
    most = max(bar.get_width() for bar in axes.patches) or 1.0  # where nothing is withdrawn
    axes.set_xlim(0, most)
    axes.set_ylim(-0.4, len(names) - 0.42)
    for bar in axes.patches:
        bar.set_y(bar.get_y() + bar.get_height() / 2 - 0.28)
        bar.set_height(0.36)
    for place, (name, text) in enumerate(zip(names, axes.texts, strict=True)):
        _place(text, most, place + 0.2, "right", palette.MUTED)
        axes.text(0, place + 0.2, name, ha="left", va="bottom", color=palette.INK, size=FONT_SIZE)


def _finish_path(axes: Any) -> None:
    _fill(axes, left=0.115, right=0.985, top=0.9, bottom=0.12)
    texts = list(axes.texts)
    _grid(axes, "y")
    _title_of_height(axes)
    names = [FROZEN, *((TURNOVER, MARKET)[: len(texts) - 2]), PLANNED]
    for text, name in zip(texts, names, strict=True):
        text.set_color(LINE_COLOURS[name])
        _halo(text)
    texts[-1].set_fontweight("bold")


def _finish_investment(axes: Any) -> None:
    _fill(axes, left=0.1, right=0.985, top=0.9, bottom=0.16)
    _grid(axes, "y")
    _title_of_height(axes)


def _finish_map(axes: Any) -> None:
    _fill(axes, left=0.0, right=1.0, top=1.0, bottom=0.0)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_xticks([])
    axes.set_yticks([])
    places = np.array([text.get_position() for text in axes.texts])
    (left, low), (right, high) = places.min(axis=0) - 0.5, places.max(axis=0) + 0.5
    axes.set_xlim(left, right)
    axes.set_ylim(low, high)
    for mesh in axes.collections:
        mesh.set_linewidth(1.6)
    for text in list(axes.texts):
        _split_tile(axes, text)


def _finish_technologies(axes: Any) -> None:
    _fill(axes, left=0.36, right=0.98, top=0.99, bottom=0.1)
    longest = max((bar.get_width() for bar in axes.patches), default=1.0)
    axes.set_xlim(0, longest * 1.35)
    for place, text in enumerate(axes.texts):
        _place(text, text.get_position()[0] + longest / 100, place, "left", palette.INK)
        text.set_va("center")


def _fill(axes: Any, left: float, right: float, top: float, bottom: float) -> None:
    """The axes fill the figure up to some shares of it."""
    axes.set_position((left, bottom, right - left, top - bottom))


def _grid(axes: Any, axis: str) -> None:
    axes.grid(visible=True, axis=axis, color=palette.LINE, linewidth=0.6)


def _title_of_height(axes: Any) -> None:
    """The name of the vertical axis lies at its top, where it is read without turning the head."""
    name = axes.get_ylabel()
    axes.set_ylabel("")
    axes.text(0, 1.015, name, transform=axes.transAxes, color=palette.MUTED, size=FONT_SIZE - 0.5, va="bottom")


def _halo(text: Any) -> None:
    text.set_fontsize(FONT_SIZE)


def _place(text: Any, x: float, y: float, side: str, colour: str) -> None:
    text.set_position((x, y))
    text.set_ha(side)
    text.set_va("bottom")
    text.set_color(colour)
    text.set_fontsize(FONT_SIZE)


def _split_tile(axes: Any, text: Any) -> None:
    """The three lines of a tile, each in its own size, from its upper left corner."""
    (x, y), lines = text.get_position(), text.get_text().split("\n")
    text.remove()
    lines = lines if len(lines) == len(TILE) else []
    room = 72 * 0.88 * axes.figure.get_figwidth() * axes.get_position().width / abs(np.diff(axes.get_xlim())[0])  # pt
    for line, (down, size, weight) in zip(lines, TILE, strict=False):
        size = min(size, room / max(LETTER * len(line.encode("gbk", "replace")), 1))
        axes.text(x - 0.43, y + down, line, size=size, weight=weight, color=palette.INK, va="center", ha="left")


KINDS = {
    "cost_curve": Kind(plots.cost_curve, 87, 54, _finish_curve),
    "saving_by_sector": Kind(plots.saving_by_sector, 87, 54, _finish_sectors),
    "annual_path": Kind(plots.annual_path, 87, 46, _finish_path),
    "investment_path": Kind(plots.investment_path, 87, 40, _finish_investment),
    "province_map": Kind(plots.province_map, 87, 66, _finish_map),
    "technologies_bar": Kind(plots.technologies_bar, 178, 70, _finish_technologies),
}
