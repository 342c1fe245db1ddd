"""Two small charts of a plant's plan: what each cubic metre costs, step by step; and what a contract may share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from waterplan.base import palette
from waterplan.base.formats import digits
from waterplan.report.charts.canvas import POINTS_PER_MM, Canvas, fitted, text_width
from waterplan.report.charts.drawing import FONT_SIZE

LEFT, RIGHT, TOP, BOTTOM = 25.0, 14.0, 14.0, 24.0  # pt
NOTES = 20.0  # pt above the steps, for what is written there
SMALL = FONT_SIZE - 0.5
TICKS = 5
OUTLIER, LOWEST_SHOWN, OUTSIDE = 2.0, 0.5, 0.12
TALL = 22.0  # pt; room for the number of a bar and its height
DASH = "2 1.6"


@dataclass(frozen=True)
class Axis:
    """A scale from low to high over some points, with its name."""

    name: str
    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value stands, within the axis."""
        share = (min(max(value, self.low), self.high) - self.low) / ((self.high - self.low) or 1.0)
        return self.start + share * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        """Round values on it."""
        return round_values(self.low, self.high)


def round_values(low: float, high: float, most: int = TICKS) -> list[float]:
    """Round values within two ends, at most some.

    >>> round_values(0.0, 9.5)
    [0.0, 2.0, 4.0, 6.0, 8.0]
    """
    rough = max(high - low, 1e-12) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(step * number, 10) for number in range(first, last + 1)]


@dataclass(frozen=True)
class Piece:
    """A step: width, height, and its number in the table (0: not numbered)."""

    width: float
    height: float
    number: int = 0


def cost_steps(
    steps: Sequence[Piece], line: Sequence[Piece], most: float, names: tuple[str, str], notes: tuple[str, str],
    alternative: str, language: str = "en", width: float = 87.0, height: float = 46.0,
) -> str:  # fmt: skip
    """The steps of a plan as bars and the plant's cost curve as a line, both from the left, as an SVG element.

    names: of the two axes; notes: what is written where the plan ends, and where nothing more can be saved.
    """
    canvas = Canvas(width * POINTS_PER_MM, height * POINTS_PER_MM, language)
    low, high = _range([piece.height for piece in (*steps, *line)], [piece.width for piece in (*steps, *line)])
    across = Axis(names[0], 0.0, most * 1.02 or 1.0, LEFT, canvas.width - RIGHT)
    up = Axis(names[1], low, high, canvas.height - BOTTOM, TOP + NOTES)
    _frame(canvas, across, up)
    _bars(canvas, steps, across, up)
    _curve(canvas, line, across, up)
    canvas.line((LEFT, up.at(0)), (canvas.width - RIGHT, up.at(0)), colour=palette.MUTED, width=0.7)
    saved = sum(piece.width for piece in steps)
    for value, told, colour in ((saved, notes[0], palette.ACCENT), (most, notes[1], palette.MUTED)):
        if told and value > 0:
            _mark(canvas, across.at(value), told, colour, up)
    return canvas.svg(alternative)


def _range(heights: Sequence[float], widths: Sequence[float]) -> tuple[float, float]:
    """Lowest and highest price shown: a few dear or very cheap pieces are cut off rather than squeeze the others."""
    known = np.array([height for height in heights if math.isfinite(height)] or [0.0])
    whole = np.array([width for height, width in zip(heights, widths, strict=True) if math.isfinite(height)] or [1.0])
    order = np.argsort(known)
    share = np.cumsum(whole[order]) / whole.sum()
    low, high = (
        float(known[order][min(int(np.searchsorted(share, q)), len(known) - 1)]) for q in (OUTSIDE, 1 - OUTSIDE)
    )
    low, high = min(low * OUTLIER, 0.0), max(high * OUTLIER, LOWEST_SHOWN)
    low, high = max(low, min(float(known.min()), 0.0)), min(high, max(float(known.max()), LOWEST_SHOWN))
    room = 0.06 * (high - low)
    return (low - room if low < 0 else 0.0), high + room


def _frame(canvas: Canvas, across: Axis, up: Axis) -> None:
    for value in up.ticks:
        y = up.at(value)
        canvas.line((LEFT, y), (canvas.width - RIGHT, y), colour=palette.LINE)
        canvas.text(LEFT - 4, y + 2.4, _tick(value, up.ticks), palette.MUTED, "right", SMALL)
    for value in across.ticks:
        canvas.text(across.at(value), up.start + 8.5, _tick(value, across.ticks), palette.MUTED, "center", SMALL)
    canvas.text(0, 6.2, up.name, palette.MUTED, size=SMALL)
    canvas.text((across.start + across.end) / 2, canvas.height - 3, across.name, palette.MUTED, "center", SMALL)


def _tick(value: float, ticks: Sequence[float]) -> str:
    """A tick with as many digits as the ticks need to differ."""
    step = abs(ticks[1] - ticks[0]) if len(ticks) > 1 else abs(value) or 1.0
    after = max(0, -math.floor(math.log10(step) + 1e-9))
    after += not math.isclose(step * 10**after, round(step * 10**after), rel_tol=1e-6)
    told = f"{abs(value):,.{after}f}"
    return f"\u2212{told}" if value < 0 else told


def _bars(canvas: Canvas, steps: Sequence[Piece], across: Axis, up: Axis) -> None:
    start = 0.0
    shown = palette.blend(palette.ACCENT, 0.28)
    for piece in steps:
        left, right = across.at(start), across.at(start + piece.width)
        top, bottom = sorted((up.at(piece.height), up.at(0.0)))
        canvas.box(left, top, max(right - left, 0.6), max(bottom - top, 0.8), shown, palette.CARD)
        told = str(piece.number)
        if piece.number and right - left > text_width(told, SMALL, bold=True) + 1:
            inside = bottom - top > 11
            y = (top + bottom) / 2 + 2.4 if inside else (bottom + 8 if piece.height < 0 else top - 2.4)
            canvas.text((left + right) / 2, y, told, palette.ACCENT, "center", SMALL, bold=True)
        if not up.low <= piece.height <= up.high and bottom - top > TALL:
            told = digits(piece.height, 1)
            y = bottom - 2.5 if piece.height < 0 else top + 6.5
            if right - left > text_width(told, SMALL - 0.8):
                canvas.text((left + right) / 2, y, told, palette.MUTED, "center", SMALL - 0.8)
        start += piece.width


def _curve(canvas: Canvas, line: Sequence[Piece], across: Axis, up: Axis) -> None:
    points, start = [], 0.0
    for piece in line:
        points += [(across.at(start), up.at(piece.height)), (across.at(start + piece.width), up.at(piece.height))]
        start += piece.width
    if points:
        canvas.line(*points, colour=palette.INK, width=0.9)


def _mark(canvas: Canvas, x: float, told: str, colour: str, up: Axis) -> None:
    is_right = x > canvas.width * 0.55
    room = x - LEFT if is_right else canvas.width - x
    y = up.end - (4.0 if colour == palette.ACCENT else 13.5)
    canvas.line((x, up.start), (x, y - 5), colour=colour, width=0.8, dash=DASH)
    at, align = (x - 3, "right") if is_right else (x + 3, "left")
    canvas.text(at, y, fitted(told, room, SMALL), colour, align, SMALL, bold=colour == palette.ACCENT)


@dataclass(frozen=True)
class Term:
    """A term of a contract [a]: the least and the most share [1] at which both sides gain; NaN where they cannot."""

    years: int
    lower: float
    upper: float


def sharing(
    terms: Sequence[Term], chosen: tuple[int, float], names: tuple[str, str], alternative: str, language: str = "en",
    width: float = 87.0, height: float = 28.0,
) -> str:  # fmt: skip
    """For each term the shares at which both sides gain, as columns, with the one chosen; as an SVG element."""
    canvas = Canvas(width * POINTS_PER_MM, height * POINTS_PER_MM, language)
    up = Axis(names[1], 0.0, 100.0, canvas.height - BOTTOM, TOP)
    across = Axis(names[0], 0.4, max(len(terms), 1) + 0.6, LEFT, canvas.width - RIGHT)
    for value in (0, 25, 50, 75, 100):
        y = up.at(value)
        canvas.line((LEFT, y), (canvas.width - RIGHT, y), colour=palette.LINE if value else palette.MUTED)
        canvas.text(LEFT - 4, y + 2.4, digits(value, 0), palette.MUTED, "right", SMALL)
    step = max(1, math.ceil(len(terms) / 12))
    wide = (across.end - across.start) / (len(terms) + 0.2) * 0.62
    for number, term in enumerate(terms, start=1):
        x = across.at(number)
        if (term.years - 1) % step == 0 or term.years == chosen[0]:
            canvas.text(x, up.start + 8.5, str(term.years), palette.MUTED, "center", SMALL)
        if math.isnan(term.lower + term.upper) or term.lower > term.upper:
            canvas.line((x - wide / 4, up.at(50)), (x + wide / 4, up.at(50)), colour=palette.MUTED, dash="1 1.5")
            continue
        top, bottom = up.at(100 * term.upper), up.at(100 * term.lower)
        depth = 0.62 if term.years == chosen[0] else 0.28
        colour = palette.blend(palette.ACCENT, depth)
        canvas.box(x - wide / 2, top, wide, max(bottom - top, 1.2), colour, round_=0.8)
        if term.years == chosen[0]:
            canvas.dot(x, up.at(100 * chosen[1]), 2.6, palette.CARD, palette.ACCENT)
    canvas.text(0, 6.2, up.name, palette.MUTED, size=SMALL)
    canvas.text((across.start + across.end) / 2, canvas.height - 3, across.name, palette.MUTED, "center", SMALL)
    return canvas.svg(alternative)
