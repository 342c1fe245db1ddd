"""A ladder of values, the best at the top, with what stands on it: norms, and the plant among them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from waterplan.base import palette
from waterplan.report.charts.canvas import POINTS_PER_MM, Canvas, fitted, text_width
from waterplan.report.charts.drawing import FONT_SIZE

PLANT, NORM, ESTIMATE, BESIDE = KINDS = ("plant", "norm", "estimate", "beside")
ROW, HEAD, GAP = 10.6, 13.0, 5.0  # pt
BAR = {PLANT: 6.4, NORM: 6.4, ESTIMATE: 6.4, BESIDE: 2.6}
LABELS, LABELS_LEAST = 0.5, 80.0  # most share of the width, least pt
NORM_DEPTH, BESIDE_DEPTH, ESTIMATE_DEPTH = 0.34, 0.45, 0.07
DASH = "1.6 1.2"


@dataclass(frozen=True)
class Step:
    """One rung: a label, what it is of (in grey), its value and the value as it is written, and its kind (KINDS)."""

    label: str
    source: str
    value: float
    written: str
    kind: str


@dataclass(frozen=True)
class Ladder:
    """The rungs of one product, or of the whole site, under a title."""

    title: str
    unit: str
    steps: Sequence[Step]
    remark: str = ""


def ladder(found: Sequence[Ladder], alternative: str, language: str = "en", width: float = 106.0) -> str:
    """Ladders under one another as an SVG element; width in mm."""
    wide = width * POINTS_PER_MM
    height = sum(_height(one) for one in found) + GAP * max(len(found) - 1, 0)
    canvas = Canvas(wide, max(height, ROW), language)
    labels = _label_width(found, wide)
    top = 0.0
    for one in found:
        _draw(canvas, one, top, labels)
        top += _height(one) + GAP
    return canvas.svg(alternative)


def _height(one: Ladder) -> float:
    return HEAD + ROW * len(one.steps) + (ROW if one.remark else 0.0)


def _label_width(found: Sequence[Ladder], wide: float) -> float:
    longest = max((_label_room(step) for one in found for step in one.steps), default=0.0)
    return min(max(longest + 6, LABELS_LEAST), LABELS * wide)


def _label_room(step: Step) -> float:
    return text_width(step.label, FONT_SIZE, step.kind == PLANT) + (
        text_width(f"  {step.source}", FONT_SIZE - 0.8) if step.source else 0.0
    )


def _draw(canvas: Canvas, one: Ladder, top: float, labels: float) -> None:
    unit = fitted(one.unit, canvas.width / 2)
    canvas.text(0, top + 7.5, fitted(one.title, canvas.width - text_width(unit) - 10, bold=True), bold=True)
    canvas.text(canvas.width, top + 7.5, unit, palette.MUTED, "right")
    values = [step.value for step in one.steps if math.isfinite(step.value)]
    room = canvas.width - labels - max((text_width(step.written, bold=True) for step in one.steps), default=0.0) - 6
    scale = room / max([*values, 1e-12])
    first = top + HEAD
    here = [step.value for step in one.steps if step.kind == PLANT and math.isfinite(step.value)]
    if here:
        x = labels + here[0] * scale
        bottom = first + ROW * len(one.steps) - 1.5
        canvas.line((x, first), (x, bottom), colour=palette.ACCENT, width=0.6, dash=DASH)
    for number, step in enumerate(one.steps):
        _draw_step(canvas, step, first + ROW * number, labels, scale)
    if one.remark:
        told = fitted(one.remark, canvas.width, FONT_SIZE - 0.6)
        canvas.text(0, first + ROW * len(one.steps) + 6.5, told, palette.MUTED, size=FONT_SIZE - 0.6)


def _draw_step(canvas: Canvas, step: Step, y: float, labels: float, scale: float) -> None:
    plant, base = step.kind == PLANT, y + 7.2
    label = fitted(step.label, labels - 5, bold=plant)
    canvas.text(0, base, label, palette.ACCENT if plant else palette.INK, bold=plant)
    after = text_width(label, bold=plant) + 4
    room = labels - 5 - after
    if step.source and room > 14:
        canvas.text(after, base, fitted(step.source, room, FONT_SIZE - 0.8), palette.MUTED, size=FONT_SIZE - 0.8)
    if not math.isfinite(step.value):
        canvas.text(labels, base, step.written, palette.MUTED)
        return
    thick = BAR[step.kind]
    x, width, at = labels, max(step.value * scale, 0.8), y + (ROW - thick) / 2 - 0.6
    if plant:
        canvas.box(x, at, width, thick, palette.ACCENT, round_=1.0)
    elif step.kind == NORM:
        canvas.box(x, at, width, thick, palette.blend(palette.ACCENT, NORM_DEPTH), round_=1.0)
    elif step.kind == ESTIMATE:
        depth = palette.blend(palette.ACCENT, ESTIMATE_DEPTH)
        canvas.box(x, at, width, thick, depth, palette.ACCENT, DASH, round_=1.0)
    else:
        canvas.box(x, at, width, thick, palette.blend(palette.MUTED, BESIDE_DEPTH), round_=1.0)
    colour = palette.ACCENT if plant else palette.INK
    canvas.text(x + width + 3, base, step.written, colour, bold=plant, halo=True)
