"""The charts of a plan as hvPlot objects: for notebooks (bokeh) and for files (matplotlib)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from waterplan.base import palette
from waterplan.planning.plan.lines import FROZEN, MARKET, PLANNED, TURNOVER, Lines
from waterplan.planning.plan.plan import Plan
from waterplan.report.charts.chart_tables import curve_steps, provinces, sectors, technologies
from waterplan.report.charts.chart_words import Words, counted_from_baseline
from waterplan.report.charts.drawing import drawing
from waterplan.report.charts.line_paths import LINE_COLOURS, line_paths, path_ends

LEFT_UNTIL = 0.35  # share of the width up to which what is written at the plan stands to its right


def cost_curve(plan: Plan, curve: xr.Dataset, language: str = "en", backend: str | None = None) -> Any:
    """What the next cubic metre costs at each target, and where the plan stands.

    curve: of :func:`waterplan.planning.curve.curve` for the plan's scenario; its own target does not matter.
    """
    words, d = Words(plan, language), plan.dataset
    factor, unit = words.unit("hm3/a", float(curve["counted_saving"][-1]))
    _, money = words.unit("CNY/m3", 1.0)
    saving, price = counted_from_baseline(plan) * factor, float(d["shadow_price"])
    steps = curve_steps(curve, factor)
    high = max(price * 1.5, float(np.quantile(curve["shadow_price"], 0.9)), 0.5)
    most = float(curve["counted_saving"][-1])
    here = pd.DataFrame({"saving": [saving, saving, 0.0], "price": [0.0, price, price]})
    told = f"{words.say('this_plan', saving=words.amount('hm3/a', saving / factor))}\n{words.amount('CNY/m3', price)}"
    side = "right" if saving > LEFT_UNTIL * most * factor else "left"
    off = 0.012 * most * factor * (-1 if side == "right" else 1)
    note = pd.DataFrame({"saving": [saving + off], "price": [price + 0.1 * high], "text": [told]})
    edge = pd.DataFrame(
        {
            "saving": [most * factor],
            "price": [high * 0.05],
            "text": [words.say("attainable", most=words.amount("hm3/a", most))],
        }
    )
    axes = {
        "xlabel": words.axis("saving_target", unit),
        "ylabel": words.axis("shadow_price", money),
        "xlim": (0.0, most * factor * 1.02),
        "ylim": (0.0, high * 1.1),
        "title": words.title("cost_curve"),
        "legend": False,
    }
    with drawing(backend) as pen:
        area = pen.area(steps, x="saving", y="price", **axes)
        line = pen.table(steps).line(x="saving", y="price", color=palette.ACCENT, **axes)
        target = pen.table(here).line(x="saving", y="price", color=palette.ACCENT, **pen.dashed, **axes)
        dot = pen.table(here.iloc[[1]]).scatter(x="saving", y="price", color=palette.ACCENT, **axes)
        texts = [
            pen.labels(one, "saving", "price", colour, align)
            for one, colour, align in ((note, palette.ACCENT, side), (edge, palette.MUTED, "right"))
        ]
        return area * line * target * dot * texts[0] * texts[1]


def saving_by_sector(plan: Plan, language: str = "en", backend: str | None = None) -> Any:
    """Saving of each sector by level on its reference withdrawal; a sector has its colour, a level its depth.

    The bars of a sector lie on one another, each as long as the savings up to its level together.
    """
    words = Words(plan, language)
    frame = sectors(plan, words)
    unit = words.unit("hm3/a", float(frame["reference"].max()))[1]
    axes = {
        "x": "name",
        "ylabel": words.axis("saving_by_sector", unit),
        "xlabel": "",
        "title": words.title("saving_by_sector"),
        "legend": False,
    }
    with drawing(backend) as pen:
        layers = pen.table(frame).barh(y="reference", color=palette.SOFT, **pen.edge(), **axes)
        for level in reversed(palette.LEVELS):
            layers = layers * pen.bars(frame, f"up_to_{level}", f"colour_{level}", **axes)
        return layers * pen.labels(frame, "name", "reference", align="right", lying=True)


def annual_path(plan: Plan, language: str = "en", backend: str | None = None, lines: Lines | None = None) -> Any:
    """Withdrawal year by year in the reference and in the plan; with ``lines`` along each line that is known."""
    words = Words(plan, language)
    paths = line_paths(plan, lines)
    factor, unit = words.unit("hm3/a", float(paths[FROZEN].max()))
    frame = pd.DataFrame({"year": plan.dataset["year"].values} | {name: path * factor for name, path in paths.items()})
    every = frame[list(paths)].to_numpy()
    spread = max(float(every.max() - every.min()), 1e-9)
    axes = {
        "x": "year",
        "xlabel": "",
        "ylabel": words.say("axis_not_from_zero", unit=unit),
        "ylim": (max(float(every.min()) - 0.25 * spread, 0.0), float(every.max()) + 0.18 * spread),
        "xlim": (frame["year"].iloc[0] - 0.25, frame["year"].iloc[-1] + 0.25),
        "xticks": frame["year"].tolist(),
        "title": words.title("annual_path"),
        "legend": False,
    }
    ends = path_ends(words, paths, factor, spread)
    with drawing(backend) as pen:
        area = pen.area(frame, y=PLANNED, y2=FROZEN, **axes)
        drawn = pen.table(frame).line(y=FROZEN, color=palette.MUTED, **pen.dashed, **axes)
        for name in (TURNOVER, MARKET):
            if name in paths:
                drawn = drawn * pen.table(frame).line(y=name, color=LINE_COLOURS[name], **axes)
        drawn = drawn * pen.table(frame).line(y=PLANNED, color=palette.ACCENT, **axes)
        dots = pen.table(frame.iloc[[-1]]).scatter(y=PLANNED, color=palette.ACCENT, **axes)
        return area * drawn * dots * pen.labels(ends, "year", "at", align="right")


def investment_path(plan: Plan, language: str = "en", backend: str | None = None) -> Any:
    """Investment of each year on the way."""
    words, path = Words(plan, language), plan.dataset["investment_path"][1:]
    factor, unit = words.unit("MCNY", float(path.max()))
    frame = pd.DataFrame({"year": path["year"].values.astype(str), "investment": path.values * factor})
    with drawing(backend) as pen:
        return pen.table(frame).bar(
            x="year", y="investment", xlabel="", ylabel=words.axis("investment_path", unit), legend=False, **pen.edge(),
            color=palette.blend(palette.ACCENT, palette.TILE_DEPTH), title=words.title("investment_path"),
        )  # fmt: skip


def province_map(plan: Plan, language: str = "en", backend: str | None = None) -> Any:
    """A tile for each province: shade is the share of its own withdrawal saved; on it the saving."""
    words = Words(plan, language)
    frame = provinces(plan, words)
    shades = [
        palette.blend(palette.ACCENT, palette.TILE_DEPTH * depth, palette.SOFT) for depth in np.linspace(0, 1, 64)
    ]
    axes = {
        "x": "column",
        "y": "row",
        "xlabel": "",
        "ylabel": "",
        "xaxis": None,
        "yaxis": None,
        "title": words.title("province_map"),
        "cmap": shades,
        "colorbar": False,
    }
    with drawing(backend) as pen:
        tiles = pen.table(frame).heatmap(C="depth", clim=(0.0, 1.0), **pen.edge(palette.CARD), **axes)
        return tiles * pen.labels(frame, "column", "row")


def technologies_bar(plan: Plan, language: str = "en", backend: str | None = None, count: int = 12) -> Any:
    """The technologies that save most, shaded by level, with what a cubic metre of each costs."""
    words = Words(plan, language)
    frame = technologies(plan, words, count)
    unit = words.unit("hm3/a", float(frame["saved"].max() if len(frame) else 0.0))[1]
    axes = {
        "x": "name",
        "xlabel": "",
        "ylabel": words.axis("saving_by_technology", unit),
        "title": words.title("technologies_bar"),
        "legend": False,
    }
    with drawing(backend) as pen:
        bars = pen.bars(frame, "saving", "colour", **axes)
        return bars * pen.labels(frame, "name", "saving", align="left", lying=True)
