"""Places on a scale from 0 to 100, the best at the left: a dot, an interval, and on what each rests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from waterplan.base import palette
from waterplan.report.charts.canvas import POINTS_PER_MM, Canvas, fitted, text_width, wrapped
from waterplan.report.charts.drawing import FONT_SIZE

HEAD, TRACK, LINE, GAP, AXIS = 11.0, 6.0, 8.8, 6.0, 12.0  # pt
INSET = 3.0
FIFTHS = (20, 40, 60, 80)
INTERVAL_DEPTH, SMALL = 0.3, FONT_SIZE - 0.6


@dataclass(frozen=True)
class Place:
    """Where something stands: label, the place and its interval (NaN where unknown), as written, and on what it rests.

    Without place and interval ``basis`` says why there is none.
    """

    label: str
    place: float
    low: float
    high: float
    written: str
    basis: str

    @property
    def is_known(self) -> bool:
        """Whether there is something to draw."""
        return not all(math.isnan(value) for value in (self.place, self.low, self.high))


def places(
    found: Sequence[Place], ends: tuple[str, str], alternative: str, language: str = "en", width: float = 68.0
) -> str:
    """Scales under one another as an SVG element; ends: what 0 and 100 mean; width in mm."""
    wide = width * POINTS_PER_MM
    told = [wrapped(one.basis, wide, SMALL, lines=3) if one.basis else [] for one in found]
    heights = [
        HEAD + (TRACK + 4 if one.is_known else 0.0) + LINE * len(lines) for one, lines in zip(found, told, strict=True)
    ]
    known = any(one.is_known for one in found)
    canvas = Canvas(wide, sum(heights) + GAP * max(len(found) - 1, 0) + (AXIS if known else 0.0), language)
    top = 0.0
    if known:
        canvas.text(0, 6.5, ends[0], palette.MUTED, size=SMALL)
        canvas.text(wide, 6.5, ends[1], palette.MUTED, "right", size=SMALL)
        top = AXIS
    for one, lines, height in zip(found, told, heights, strict=True):
        _draw(canvas, one, lines, top)
        top += height + GAP
    return canvas.svg(alternative)


def _draw(canvas: Canvas, one: Place, lines: Sequence[str], top: float) -> None:
    written = text_width(one.written, bold=True)
    canvas.text(0, top + 7, fitted(one.label, canvas.width - written - 6, bold=True), bold=True)
    canvas.text(canvas.width, top + 7, one.written, palette.ACCENT, "right", bold=True)
    y = top + HEAD
    if one.is_known:
        span = canvas.width - 2 * INSET
        canvas.box(0, y, canvas.width, TRACK, palette.SOFT, round_=TRACK / 2)
        for fifth in FIFTHS:
            x = INSET + span * fifth / 100
            canvas.line((x, y), (x, y + TRACK), colour=palette.CARD, width=0.8)
        low, high = (INSET + span * value / 100 for value in (one.low, one.high))
        if not math.isnan(low + high):
            depth = palette.blend(palette.ACCENT, INTERVAL_DEPTH)
            canvas.box(low - 1, y, max(high - low, 0.0) + 2, TRACK, depth, round_=1.6)
        if not math.isnan(one.place):
            x = INSET + span * min(max(one.place, 0.0), 100.0) / 100
            canvas.dot(x, y + TRACK / 2, TRACK / 2 + 0.9, palette.ACCENT, palette.CARD)
        y += TRACK + 4
    canvas.lines(0, y + 5.5, lines, leading=LINE / SMALL, colour=palette.MUTED, size=SMALL)
