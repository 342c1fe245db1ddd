"""Flows through a plant as bands whose widths are volumes: what comes in at the left, what goes out at the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from waterplan.base import palette
from waterplan.report.charts.canvas import POINTS_PER_MM, Canvas, fitted, text_width, wrapped
from waterplan.report.charts.drawing import FONT_SIZE

NODE, GAP, MIDDLE = 5.0, 5.0, 84.0  # pt; the height of the middle
SLOT = 2 * FONT_SIZE * 1.22 + 1.0  # room for a label of two lines
LABELS = 0.29  # share of the width on each side, at most
BAND_ALPHA = 0.62
DASH = "2 1.4"


@dataclass(frozen=True)
class Flow:
    """A flow into or out of the middle: its name, volume, the volume as written, colour, and whether it is a gap."""

    name: str
    volume: float
    written: str
    colour: str
    is_gap: bool = False


def sankey(
    middle: tuple[str, str], into: Sequence[Flow], out: Sequence[Flow], alternative: str, language: str = "en",
    width: float = 106.0, tall: float = MIDDLE,
) -> str:  # fmt: skip
    """Flows into and out of a node as an SVG element; middle: its name and volume as written; width in mm; tall: height
    of the node [pt].

    Bands on either side are as wide as their volumes: both sides are drawn to one scale.
    """
    wide = width * POINTS_PER_MM
    whole = max(sum(flow.volume for flow in side) for side in (into, out)) or 1.0
    scale = tall / whole
    rows = max(_slots(side, scale) for side in (into, out))
    height = max(rows, tall) + 2 * FONT_SIZE * 1.3 + 4
    canvas = Canvas(wide, height, language)
    margins = [_label_room(side, wide) for side in (into, out)]
    x = (margins[0] + NODE, (margins[0] + wide - margins[1]) / 2, wide - margins[1] - NODE)
    bottom = height - 2 * FONT_SIZE * 1.3 - 4
    heart = (bottom - tall) / 2
    for side, is_left in ((into, True), (out, False)):
        _side(canvas, side, x, scale, bottom, heart, is_left)
    canvas.box(x[1] - NODE / 2, heart, NODE, tall, palette.INK)
    for number, told in enumerate(middle):
        y = height - FONT_SIZE * 1.3 * (1 - number) - 2.5
        canvas.text(x[1], y, told, palette.INK if number == 0 else palette.MUTED, "center", bold=number == 0)
    return canvas.svg(alternative)


def _slots(side: Sequence[Flow], scale: float) -> float:
    return sum(max(flow.volume * scale, SLOT) for flow in side) + GAP * max(len(side) - 1, 0)


def _label_room(side: Sequence[Flow], wide: float) -> float:
    longest = max((text_width(text) for flow in side for text in (flow.name, flow.written)), default=0.0)
    return min(longest + 6, LABELS * wide)


def _side(
    canvas: Canvas, side: Sequence[Flow], x: tuple[float, float, float], scale: float, bottom: float, heart: float,
    is_left: bool,
) -> None:  # fmt: skip
    edge, inner = (x[0], x[1] - NODE / 2) if is_left else (x[2], x[1] + NODE / 2)
    y = (bottom - _slots(side, scale)) / 2
    at = heart
    for flow in side:
        thick = flow.volume * scale
        slot = max(thick, SLOT)
        top = y + (slot - thick) / 2
        _band(canvas, flow, (edge, top), (inner, at), thick)
        canvas.box(edge - NODE if is_left else edge, top, NODE, max(thick, 0.7), flow.colour)
        _label(canvas, flow, edge - NODE - 4 if is_left else edge + NODE + 4, y + slot / 2, is_left)
        y += slot + GAP
        at += thick


def _band(canvas: Canvas, flow: Flow, start: tuple[float, float], end: tuple[float, float], thick: float) -> None:
    (x0, y0), (x1, y1) = start, end
    bend = (x0 + x1) / 2
    thick = max(thick, 0.5)
    path = (
        f"M{x0:.2f},{y0:.2f} C{bend:.2f},{y0:.2f} {bend:.2f},{y1:.2f} {x1:.2f},{y1:.2f} L{x1:.2f},{y1 + thick:.2f} "
        f"C{bend:.2f},{y1 + thick:.2f} {bend:.2f},{y0 + thick:.2f} {x0:.2f},{y0 + thick:.2f} Z"
    )
    title = f"{flow.name}: {flow.written}"
    if flow.is_gap:
        canvas.shape(path, palette.CARD, edge=flow.colour, title=title)
    else:
        canvas.shape(path, palette.blend(flow.colour, BAND_ALPHA * 0.6), title=title)


def _label(canvas: Canvas, flow: Flow, x: float, y: float, is_left: bool) -> None:
    align = "right" if is_left else "left"
    room = x if is_left else canvas.width - x
    lines = wrapped(flow.name, room)
    told = [(line, palette.INK) for line in lines] + [(fitted(flow.written, room), palette.MUTED)]
    first = y - FONT_SIZE * 1.22 * (len(told) - 1) / 2 + FONT_SIZE * 0.35
    for number, (text, colour) in enumerate(told):
        canvas.text(x, first + number * FONT_SIZE * 1.22, text, colour, align)


def colours_of(names: Sequence[str], graded: Sequence[str], lost: Sequence[str]) -> Mapping[str, str]:
    """The colour of each flow: graded sources in the accent, other sources green, what is lost orange, the rest grey.

    >>> colours_of(["leaked", "rain"], graded=[], lost=["leaked"])["leaked"] == palette.SECTORS[5]
    True
    """
    found = {}
    for name in names:
        if name in graded:
            found[name] = palette.ACCENT
        elif name in lost:
            found[name] = palette.SECTORS[5]
        else:
            found[name] = palette.SECTORS[2] if name.startswith("withdrawal_") else palette.MUTED
    return found
