"""Charts of a plan as hvPlot objects, each with a title that says what to see and a text alternative.

>>> sorted(KINDS)[:3]
['annual_path', 'cost_curve', 'investment_path']
"""

from waterplan.report.charts.chart_words import Words
from waterplan.report.charts.drawing import svg
from waterplan.report.charts.plots import (
    annual_path,
    cost_curve,
    investment_path,
    province_map,
    saving_by_sector,
    technologies_bar,
)
from waterplan.report.charts.vector import KINDS, draw

__all__ = [
    "KINDS",
    "Words",
    "annual_path",
    "cost_curve",
    "draw",
    "investment_path",
    "province_map",
    "saving_by_sector",
    "svg",
    "technologies_bar",
]
