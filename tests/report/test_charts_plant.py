"""Charts that are drawn by hand: bands and bars are as large as their figures, labels stay inside, names are text."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waterplan.report.charts.canvas import Canvas, fitted, text_width, wrapped
from waterplan.report.charts.cost_steps import Piece, Term, cost_steps, round_values, sharing
from waterplan.report.charts.grade_ladder import BESIDE, ESTIMATE, NORM, PLANT, Ladder, Step, ladder
from waterplan.report.charts.sankey import NODE, Flow, sankey
from waterplan.report.charts.scale import Place, places

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>"&'


def parts(text, tag):
    return list(ET.fromstring(text).iter(f"{SVG}{tag}"))


def numbers(element, *names):
    return [float(element.get(name)) for name in names]


def flows(volumes):
    return [Flow(f"flow {n}", volume, f"{volume:g} m³", "#4348b0") for n, volume in enumerate(volumes)]


VOLUMES = st.lists(st.floats(1.0, 1e7), min_size=1, max_size=8)


@settings(deadline=None)  # the fonts of the machine are looked up once
@given(into=VOLUMES, shares=st.lists(st.floats(0.05, 1.0), min_size=1, max_size=5))
def test_what_enters_is_as_wide_as_what_leaves_and_both_as_the_site(into, shares):
    out = [sum(into) * share / sum(shares) for share in shares]
    text = sankey(("site", ""), flows(into), flows(out), "water in and out", tall=100.0)
    nodes = [numbers(box, "x", "height") for box in parts(text, "rect") if float(box.get("width")) == NODE]
    middle = [height for _, height in nodes if height == 100.0]
    edges = sorted({x for x, _ in nodes})
    assert middle
    for x in (edges[0], edges[-1]):
        drawn = [height for at, height in nodes if at == x]
        small = sum(height <= 0.7 for height in drawn)  # hair lines stay visible
        assert sum(drawn) == pytest.approx(100.0, abs=0.02 * len(drawn) + 0.7 * small)


def test_bands_are_to_one_scale():
    text = sankey(("site", ""), flows([300.0, 100.0]), flows([400.0]), "water", tall=80.0)
    heights = sorted(float(box.get("height")) for box in parts(text, "rect"))
    assert heights == pytest.approx([20.0, 60.0, 80.0, 80.0])


def test_bars_of_a_ladder_are_as_long_as_their_values():
    steps = [Step("a", "GB", 10.0, "10", NORM), Step("b", "", 20.0, "20", ESTIMATE), Step("c", "", 40.0, "40", PLANT),
             Step("d", "Hebei", 5.0, "5", BESIDE)]  # fmt: skip
    boxes = parts(ladder([Ladder("Board", "m³/t", steps)], "norms"), "rect")
    bars = [float(box.get("width")) for box in boxes if box.get("rx")]
    assert bars == pytest.approx([bars[2] / 4, bars[2] / 2, bars[2], bars[2] / 8], abs=0.02)


@pytest.mark.parametrize(("low", "high", "place"), [(20.0, 60.0, 40.0), (0.0, 0.0, 0.0), (80.0, 100.0, float("nan"))])
def test_a_place_stands_within_its_scale(low, high, place):
    text = places([Place("Board", place, low, high, "x", "basis")], ("0", "100"), "place", width=100.0)
    width = float(ET.fromstring(text).get("viewBox").split()[2])
    for dot in parts(text, "circle"):
        x, radius = numbers(dot, "cx", "r")
        assert x - radius + 1.5 >= 0
        assert x + radius - 1.5 <= width
        assert x == pytest.approx(3 + (width - 6) * place / 100, abs=0.02)
    assert bool(parts(text, "circle")) == (place == place)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(1e-3, 1e6), st.floats(-1e3, 1e3)), min_size=1, max_size=12),
)
def test_steps_of_any_size_stay_inside_the_drawing(found):
    steps = [Piece(width, height, n) for n, (width, height) in enumerate(found, start=1)]
    most = sum(piece.width for piece in steps) * 1.3
    text = cost_steps(steps, steps, most, ("saving", "cost"), ("plan", "most"), "curve")
    root = ET.fromstring(text)
    width, height = map(float, root.get("viewBox").split()[2:])
    for box in parts(text, "rect"):
        x, y, wide, tall = numbers(box, "x", "y", "width", "height")
        assert -0.1 <= x <= x + wide <= width + 1
        assert -0.1 <= y <= y + tall <= height + 0.1
    assert "nan" not in text


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_round_and_between_the_ends(low, span):
    ticks = round_values(low, low + span)
    assert len(ticks) <= 7
    assert all(low - 1e-6 * span <= tick <= low + span * (1 + 1e-6) for tick in ticks)


def test_a_term_at_which_both_cannot_gain_has_no_column():
    terms = [Term(1, 1.2, 1.0), Term(2, 0.5, 1.0), Term(3, float("nan"), float("nan"))]
    text = sharing(terms, (2, 0.75), ("term", "share"), "contract")
    assert sum(box.get("rx") is not None for box in parts(text, "rect")) == 1
    assert len(parts(text, "circle")) == 1


@settings(deadline=None)
@given(st.text(max_size=60), st.floats(20.0, 300.0))
def test_a_text_is_never_wider_than_its_room(text, room):
    assert text_width(fitted(text, room)) <= room
    assert all(text_width(line) <= room for line in wrapped(text, room))


def test_a_cut_is_marked_and_what_fits_is_whole():
    assert fitted("water", 100) == "water"
    assert fitted("a very long name of a norm", 40).endswith("…")


def test_names_are_text_in_every_drawing():
    canvas = Canvas(100, 20)
    canvas.text(0, 10, HOSTILE)
    drawn = [
        canvas.svg(HOSTILE),
        sankey((HOSTILE, HOSTILE), [Flow(HOSTILE, 1.0, HOSTILE, "#000000")], flows([1.0]), HOSTILE),
        ladder([Ladder(HOSTILE, HOSTILE, [Step(HOSTILE, HOSTILE, 1.0, HOSTILE, NORM)], HOSTILE)], HOSTILE),
        places([Place(HOSTILE, 1.0, 0.0, 2.0, HOSTILE, HOSTILE)], (HOSTILE, HOSTILE), HOSTILE),
    ]
    for text in drawn:
        assert "<script" not in text
        assert ET.fromstring(text).get("aria-label") == HOSTILE
        assert not re.search(r"<(image|use|a|foreignObject)\b", text)
